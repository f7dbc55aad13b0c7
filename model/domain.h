// The value domain of the rules (law 1). A rule is a template over a domain: over machine words it
// runs, over the symbolic words of proofs/ it is explored and proved.
//
// A domain D has
//   D::Word   addresses, sizes and counts: 64-bit unsigned arithmetic with + - & >> << and the
//             comparisons, also against std::uint64_t; a comparison converts to bool where a
//             condition is asked for (`if`, `&&`, `?:`). What may wrap says so: wrappingSum,
//             wrappingDifference
//   D::Truth  yes or no; converts to bool where a condition is asked for
//   D::Areas  a list of areas: AreaVector, or what can stand for it
//   D::Flags  VM_* flags and protections: & | ~ and == against constants; `flags & bits` converts
//   to
//             bool where a condition is asked for
// Identities (anon_vma, frame, object) and yes-or-no facts of an entry are machine values in every
// domain.
#pragma once

#include "model/areas.h"
#include "trace/words.h"

#include <cstdint>

namespace growsdown::model {

using trace::wrappingDifference;
using trace::wrappingSum;

/// The domain of machine words.
struct Concrete {
  using Word = std::uint64_t;
  using Flags = std::uint32_t;
  using Truth = bool;
  template <class V>
  using Areas = AreaVector<V>;
};

} // namespace growsdown::model
