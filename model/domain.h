// The value domain of the rules (law 1). A rule is a template over a domain. Over machine words it
// runs; over the symbolic words of proofs/ it is explored and proved.
//
// A domain D has
// - D::Word: addresses, sizes and counts. 64-bit unsigned arithmetic with + - & >> << and
//   comparisons, also with std::uint64_t. Sums and differences that may wrap are written
//   wrappingSum and wrappingDifference.
// - D::Truth: yes or no, the result of a comparison.
// - D::Areas: a list of areas with the interface of AreaVector.
// - D::Elements: a list of other things, with the part of std::vector's interface that List has.
// - D::Flags: VM_* flags and protections, with & | ~ and == against constants.
// A truth, and `flags & bits`, convert to bool in a condition (`if`, `&&`, `?:`) and in `decide`.
// Identities (anon_vma, frame, object) are machine values in every domain.
#pragma once

#include "model/areas.h"
#include "model/list.h"
#include "trace/words.h"

#include <cstdint>
#include <type_traits>

namespace growsdown::model {

using trace::wrappingDifference;
using trace::wrappingSum;

/// Converts a truth or flags of the domain to `bool`, as a condition does. In the symbolic domain
/// the explorer decides, and explores the other branch too: each call adds to the paths of a proof.
template <class Fact>
bool decide(const Fact& fact) {
  return static_cast<bool>(fact);
}

/// The domain of machine words.
struct Concrete {
  using Word = std::uint64_t;
  using Flags = std::uint32_t;
  using Truth = bool;
  template <class V>
  using Areas = AreaVector<V>;
  template <class T>
  using Elements = List<T>;
};

/// Whether the rules run on machine words. Checks of preconditions are for these: in a proof the
/// precondition is a requirement of the theorem.
template <class D>
inline constexpr bool isConcrete = std::is_same_v<D, Concrete>;

} // namespace growsdown::model
