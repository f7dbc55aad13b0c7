// Unknown states of a process, from which theorems start, and what theorems state about states. All
// functions are compiled once, for both domains, in states.cpp.
#pragma once

#include "model/invariants.h"
#include "proofs/theorems/theorem.h"

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace growsdown::proofs {

namespace vm = trace::vm;

/// Flags of areas by number. Areas without a value have unknown flags.
using FixedFlags = std::vector<std::optional<std::uint32_t>>;

/// The bounds within which areas lie, in bytes.
struct Extent {
  std::uint64_t lowest;
  std::uint64_t highest;
};
/// The whole task. If a trace must be able to start there: a window, outside of which traces have
/// no areas.
Extent extentOf(const Question& q);
inline constexpr std::uint64_t morePages = std::uint64_t{1} << 52;

inline std::uint64_t joined(std::uint64_t high, std::uint64_t low, unsigned) {
  return high + low;
}
/// An unknown 64-bit address, joined from its top byte and the rest, so that rules which remove a
/// tag need no division.
template <class D>
struct TaggedAddress {
  typename D::Word address;
  typename D::Word rest; ///< without the top byte
  bool kernelHalf = false;
};
template <class D>
TaggedAddress<D> anyAddress(Run<D>& run);

/// A page-aligned area that is not empty, within the task's addresses, with any page offset. Its
/// flags are unknown unless `flags` gives them.
template <class D>
model::Vma<D> anyArea(Run<D>& run, const Question& q, const std::string& name,
                      const std::uint32_t* flags = nullptr);

/// A process without areas: any limits and tunables, all capabilities, any counters.
template <class D>
model::Space<D> anyProcess(Run<D>& run, const Question& q);

/// Assumes that the counters include the contribution `of`, in addition to earlier calls.
template <class D>
class Cover {
 public:
  Cover(Run<D>& run, const model::Counters<D>& counters) : run_(run), counters_(counters) {}
  void operator()(const model::Counters<D>& of);
  /// Assumes that there are no other areas.
  void all() const;

 private:
  Run<D>& run_;
  model::Counters<D> counters_;
  model::Counters<D> sum_;
};

/// Assumes that the counters include at least the areas. The process may have other areas that no
/// rule here looks at.
template <class D>
void coverAreas(Run<D>& run, const Question& q, const model::Space<D>& s);

/// A process with `count` areas: in order, disjoint, not empty, page-aligned, within the task's
/// addresses, with any flags and page offsets. Limits, tunables and counters are unknown; the
/// process has all capabilities. No page is present, and no area has an anon_vma.
template <class D>
model::Space<D> anyAreas(Run<D>& run, const Question& q, unsigned count,
                         const FixedFlags& fixed = {});
/// The same, with counters that include the areas.
template <class D>
model::Space<D> anySpace(Run<D>& run, const Question& q, unsigned count,
                         const FixedFlags& fixed = {});

/// The greatest identity (anon_vma, object) that a theorem may give an area of `anyList`.
inline constexpr std::uint64_t lastIdentity = 100;
/// The same with ANY number of areas. `prepare(area, number)` makes the theorem's assumptions about
/// an area; `number` counts the areas that the rules look at. A counterexample for a trace has at
/// most three areas, and a witness only those that were looked at.
template <class D>
model::Space<D> anyList(
    Run<D>& run, const Question& q,
    const std::type_identity_t<std::function<void(model::Vma<D>& area, unsigned number)>>& prepare);

/// The areas of `before` that the rules have looked at while `before` became `s`, as they were.
template <class D>
std::vector<model::Vma<D>> areasBefore(const model::Space<D>& before, const model::Space<D>& s);
/// The contribution of the areas that were removed without becoming known.
template <class D>
model::Counters<D> goneUnknown(const model::Space<D>& s);

/// Whether no area was changed, added or removed. The area at `i` may have been replaced by one
/// area.
template <class D>
bool othersAsBefore(const model::Space<D>& before, const model::Space<D>& s, model::Position<D> i);
/// Whether the list is the same.
template <class D>
bool allAsBefore(const model::Space<D>& before, const model::Space<D>& s);

/// Area number 0 gets no anon_vma or one of its own. Other areas may also get one that was
/// inherited through fork.
template <class D>
void chooseAnonVma(Run<D>& run, model::Vma<D>& area, unsigned number);

/// Assumes that the area is private.
template <class D>
void makePrivate(Run<D>& run, const model::Vma<D>& area);
template <class D>
void makePrivate(Run<D>& run, model::Space<D>& s, std::size_t i);

/// Whether extent, page offset and flags are equal.
template <class D>
typename D::Truth sameArea(const model::Vma<D>& a, const model::Vma<D>& b);
template <class D>
typename D::Truth sameCounters(const model::Counters<D>& a, const model::Counters<D>& b);

/// Whether areas, pages, page tables, objects and counters are equal.
template <class D>
typename D::Truth sameState(const model::Space<D>& a, const model::Space<D>& b);

template <class D>
void outputCounters(Run<D>& run, const model::Counters<D>& c);
template <class D>
void outputAreas(Run<D>& run, const model::Space<D>& s);
/// The error of a step, the areas and counters that it left, and the rules that it passed.
template <class D>
void outputStep(Run<D>& run, trace::Errno error, const model::LoggedSpace<D>& s) {
  run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
  outputAreas(run, s);
  outputCounters(run, s.counters);
  noteRules(run, s);
}

/// Requires the model's invariants of the area list: in order, disjoint, page-aligned, not empty,
/// within the task's addresses.
template <class D>
void requireOrdered(Run<D>& run, const Question& q, const model::Space<D>& s);

/// What a list of areas has at one address.
template <class D>
struct Covered {
  typename D::Truth covered;
  typename D::Flags flags{};
  typename D::Word offset{}; ///< page offset at the address
};
/// Makes no decision: one value for any number of areas.
template <class D>
Covered<D> coveredAt(const Question& q, const model::Space<D>& s, const typename D::Word& address);

} // namespace growsdown::proofs
