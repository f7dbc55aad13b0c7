// mmap and munmap: validation, placement, replacement, merging.
#pragma once

#include "model/account.h"
#include "model/anon.h"
#include "model/fault.h"
#include "model/state.h"
#include "model/tables.h"

#include <optional>
#include <vector>

namespace growsdown::model {

namespace flag = trace::flag;

/// Erases the elements for which `goes` is true; they follow each other.
template <class Elements, class Goes>
void dropRun(Elements& list, const Goes& goes) {
  const auto first = std::find_if(list.cbegin(), list.cend(), goes);
  list.erase(first, std::find_if_not(first, list.cend(), goes));
}

/// Drops an object that no area maps any longer.
template <class D>
void dropObject(Space<D>& s, std::uint64_t id) {
  for (const Vma<D>& area : std::as_const(s.areas))
    if (area.object == id) return;
  dropRun(s.objects, [&](const Object<D>& o) { return o.id == id; });
  dropRun(s.objectPages, [&](const ObjectPage<D>& p) { return p.object == id; });
}

/// Removes [start, end) from the area list, the counters, the entries and the page tables: the part
/// of munmap that cannot fail. do_munmap and unmap_region: 4.3 mm/mmap.c;
/// vms_complete_munmap_vmas: 6.12 mm/vma.c.
template <class D>
void removeRange(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& end) {
  const auto first = s.findVma(start);
  const auto last = s.firstStartingAt(end, first);
  if (first == last) return;

  std::vector<std::uint64_t> objects;
  Vma<D> kept[2];
  std::size_t keptCount = 0;
  const auto keep = [&](const Vma<D>& piece) {
    GROWSDOWN_CHECK(keptCount < 2);
    kept[keptCount++] = piece;
  };
  const Counters<D> gone =
      sumOver(s, first, last, Counters<D>{}, [&](const Vma<D>& area, Counters<D>& sum) {
        const auto from = area.start < start ? start : area.start;
        const auto to = end < area.end ? end : area.end;
        zap(s, area, from, to);
        accountArea<D>(sum, area.flags, s.pagesOf(from, to));
        if (area.object != 0) objects.push_back(area.object);
        if (area.start < start) keep(s.piece(area, area.start, start));
        if (end < area.end) keep(s.piece(area, end, area.end));
      });
  takeOff(s.counters, gone);
  s.replaceWindow(first, last, kept, keptCount);
  freeTables(s, start, end);
  for (const std::uint64_t object : objects)
    dropObject(s, object);
}

/// Whether a removal is refused: it makes a hole in the middle of one area, and there are too many
/// areas already. do_munmap: 4.3 mm/mmap.c; vms_gather_munmap_vmas: 6.12 mm/vma.c.
template <class D>
bool punchesTooMany(const Space<D>& s, const typename D::Word& start, const typename D::Word& end) {
  const auto i = s.findVma(start);
  if (!s.isArea(i)) return false;
  const Vma<D>& area = s.area(i);
  return area.start < start && end < area.end && s.areaCount() >= s.maxMapCount;
}

/// munmap: do_munmap 4.3 mm/mmap.c; do_vmi_munmap 6.12 mm/vma.c.
template <class D>
Errno munmap(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& length) {
  const std::uint64_t taskSize = s.parameters.taskSize;
  if ((start & (s.pageSize() - 1)) != 0 || start > taskSize || length > taskSize - start)
    return s.refuse(Rule::munmapArguments, Errno::einval);
  const auto size = s.pageUp(length);
  if (size == 0) return s.refuse(Rule::munmapArguments, Errno::einval);
  const auto end = start + size;
  if (punchesTooMany(s, start, end)) return s.refuse(Rule::munmapMapCount, Errno::enomem);
  s.mark(Rule::munmapDone);
  removeRange(s, start, end);
  s.log.decided = Rule::munmapDone;
  return Errno::none;
}

/// Puts a new area into a free range and merges it with its neighbours if that is allowed.
template <class D>
void insertArea(LoggedSpace<D>& s, const Vma<D>& area, bool preferAbove = false) {
  const auto at = s.firstStartingAt(area.start);
  const Vma<D>* below = s.below(at);
  if (below != nullptr && below->end != area.start) below = nullptr;
  const Vma<D>* above = s.isArea(at) && s.area(at).start == area.end ? &s.area(at) : nullptr;
  const Merge<D> merge = mergeRange(s, below, area, above, preferAbove);
  s.replaceWindow(merge.below ? s.previous(at) : at, merge.above ? s.next(at) : at, &merge.area, 1);
}

/// vm_start_gap: 5.10+ include/linux/mm.h. The address above which placement keeps away from an
/// area that grows down; before 4.12 its start.
template <class D>
typename D::Word startGap(const Space<D>& s, const Vma<D>& area) {
  if (!s.rules().placementSeesGap || !(area.flags & vm::growsdown)) return area.start;
  const std::uint64_t gap = s.rules().gapPages * s.pageSize();
  if (area.start < gap) return typename D::Word{0};
  return area.start - gap;
}

/// The addresses that a search in [low, high) may use between area `i` (or the end of the list) and
/// the area below it.
template <class D>
struct Hole {
  typename D::Word bottom;
  typename D::Word top;
};
template <class D>
Hole<D> holeBelow(const Space<D>& s, Position<D> i, const typename D::Word& low,
                  const typename D::Word& high) {
  Hole<D> hole{low, high};
  if (s.isArea(i) && startGap(s, s.area(i)) < hole.top) hole.top = startGap(s, s.area(i));
  if (const Vma<D>* below = s.below(i); below != nullptr && below->end > hole.bottom)
    hole.bottom = below->end;
  return hole;
}

/// The end of what a search downwards may still use after the hole below area `i`. In newer
/// kernels the search first finds a hole that is long enough without the gap of the area above. If
/// that gap reaches into the hole, the search starts again below the gap, so other holes within the
/// gap are lost as well.
template <class D>
typename D::Word limitBelow(const Space<D>& s, Position<D> i, const typename D::Word& length,
                            const typename D::Word& low, const typename D::Word& high) {
  if (!s.rules().placementGapWraps || !s.isArea(i)) return high;
  const auto [bottom, top] = holeBelow(s, i, low, high);
  if (top == high) return high;
  const auto end = s.area(i).start < high ? s.area(i).start : high;
  return end >= bottom && end - bottom >= length ? top : high;
}

/// The highest place for `length` bytes in the hole below area `i`. In newer kernels, if a guard
/// gap reaches down to address 0, the search starts again with the limit 0. The search takes this
/// limit for the end of all addresses. The address that it finds is then no user address.
template <class D>
std::optional<typename D::Word>
highestBelow(LoggedSpace<D>& s, Position<D> i, const typename D::Word& length,
             const typename D::Word& low, const typename D::Word& high) {
  const auto [bottom, top] = holeBelow(s, i, low, high);
  if (top >= bottom && top - bottom >= length) return top - length;
  if (top == 0 && limitBelow<D>(s, i, length, low, high) == 0) {
    s.mark(Rule::placeGapWraps);
    return wrappingDifference(typename D::Word{0}, length);
  }
  return std::nullopt;
}
/// The lowest such place.
template <class D>
std::optional<typename D::Word> lowestBelow(const Space<D>& s, Position<D> i,
                                            const typename D::Word& length,
                                            const typename D::Word& low, std::uint64_t high) {
  const auto [bottom, top] = holeBelow(s, i, low, high);
  if (top >= bottom && top - bottom >= length) return bottom;
  return std::nullopt;
}

/// The first place that `inHole` finds in the hole below area `i`, in the next hole down, and so
/// on.
template <class D, class InHole>
std::optional<typename D::Word> downFrom(const Space<D>& s, Position<D> i, const InHole& inHole) {
  for (;; i = s.previous(i)) {
    if (auto found = inHole(i)) return found;
    if (s.below(i) == nullptr) return std::nullopt;
  }
}
/// The same upwards. The last hole is above all areas.
template <class D, class InHole>
std::optional<typename D::Word> upFrom(const Space<D>& s, Position<D> i, const InHole& inHole) {
  for (;; i = s.next(i)) {
    if (auto found = inHole(i)) return found;
    if (!s.isArea(i)) return std::nullopt;
  }
}

/// unmapped_area_topdown: the highest range of `length` bytes in [low, high) between areas.
template <class D>
std::optional<typename D::Word> searchDown(LoggedSpace<D>& s, const typename D::Word& length,
                                           const typename D::Word& low, std::uint64_t high) {
  typename D::Word limit{high};
  return downFrom<D>(s, s.areas.endPosition(), [&](Position<D> i) {
    const auto found = highestBelow<D>(s, i, length, low, limit);
    if (!found) limit = limitBelow<D>(s, i, length, low, limit);
    return found;
  });
}

/// unmapped_area: the lowest such range.
template <class D>
std::optional<typename D::Word> searchUp(const Space<D>& s, const typename D::Word& length,
                                         const typename D::Word& low, std::uint64_t high) {
  return upFrom<D>(s, s.areas.firstPosition(),
                   [&](Position<D> i) { return lowestBelow<D>(s, i, length, low, high); });
}

/// An address, or why there is none.
template <class D>
struct Placed {
  Errno error = Errno::none;
  typename D::Word address{};
  bool chosen = false; ///< by the kernel, not by the caller
};

/// The end of placement (arch_get_mmap_end). A hint above the window allows all addresses.
template <class D>
std::uint64_t placementEnd(const Space<D>& s, const typename D::Word& hint) {
  if (hint > s.parameters.mapWindow) return s.parameters.taskSize;
  return s.parameters.mapWindow;
}

/// vm_unmapped_area through arch_get_unmapped_area_topdown: 4.3, 6.12 mm/mmap.c; on x86
/// arch/x86/kernel/sys_x86_64.c. Down from mmap_base, and if that finds nothing, up from
/// TASK_UNMAPPED_BASE.
template <class D>
std::optional<typename D::Word> searchAnywhere(LoggedSpace<D>& s, const typename D::Word& length,
                                               std::uint64_t end) {
  const trace::Parameters& p = s.parameters;
  if (s.rules().placementSearchesDown) {
    typename D::Word low{s.pageSize()};
    if (s.rules().placementSearchSparesLow && low < s.effectiveMinAddr)
      low = s.pageUp(s.effectiveMinAddr);
    s.mark(Rule::placeTopDown);
    if (auto found = searchDown(s, length, low, p.mmapBase + (end - p.mapWindow))) return found;
  }
  s.mark(Rule::placeBottomUp);
  return searchUp(s, length, p.unmappedBase, end);
}

/// The first block's start above an address.
template <class D>
typename D::Word blockAbove(const typename D::Word& address, std::uint64_t block) {
  return (address & ~(block - 1)) + block;
}

/// __thp_get_unmapped_area: 6.12 mm/huge_memory.c. Private ranges of whole huge blocks, without a
/// hint, start on such a block.
template <class D>
std::optional<typename D::Word> searchAligned(LoggedSpace<D>& s, const typename D::Word& length) {
  const auto& geometry = s.parameters.geometry;
  const std::uint64_t block = std::uint64_t{1} << geometry.tableShift(geometry.levels - 1);
  if ((length & (block - 1)) != 0) return std::nullopt;
  if (wrappingSum(length, block) < length || length + block > s.parameters.taskSize)
    return std::nullopt;
  const auto found = searchAnywhere<D>(s, length + block, s.parameters.mapWindow);
  if (!found) return std::nullopt;
  s.mark(Rule::placeAligned);
  return blockAbove<D>(*found, block);
}

/// Whether `length` bytes at the hint are free and may be used (arch_get_unmapped_area_topdown).
template <class D>
bool hintFits(LoggedSpace<D>& s, const typename D::Word& hint, const typename D::Word& length,
              std::uint64_t end) {
  if (hint == 0 || end < length || end - length < hint || hint < s.effectiveMinAddr) return false;
  const auto next = s.findVma(hint);
  // An area that contains the hint starts at or below it, so it is not free either.
  const bool fits = !s.isArea(next) || decide(hint + length <= startGap(s, s.area(next)));
  s.mark(fits ? Rule::placeHint : Rule::placeHintTaken);
  return fits;
}

/// get_unmapped_area: 4.3, 6.12 mm/mmap.c; cap_mmap_addr: security/commoncap.c. `hint` is
/// page-aligned unless `fixed`.
template <class D>
Placed<D> getUnmappedArea(LoggedSpace<D>& s, const typename D::Word& hint,
                          const typename D::Word& length, bool fixed, bool shared) {
  const std::uint64_t taskSize = s.parameters.taskSize;
  const auto fail = [&](Rule rule, Errno error) -> Placed<D> {
    return {s.refuse(rule, error), {}, false};
  };
  if (length > taskSize) return fail(Rule::placeTooLong, Errno::enomem);
  const std::uint64_t end = placementEnd(s, hint);
  if (s.rules().placementLengthSparesLow && length > end - s.effectiveMinAddr)
    return fail(Rule::placeTooLong, Errno::enomem);

  Placed<D> placed;
  placed.address = hint;
  if (!fixed) {
    if (!hintFits(s, hint, length, end)) {
      std::optional<typename D::Word> found;
      if (s.rules().alignsHugePlacement && !shared && hint == 0) found = searchAligned(s, length);
      if (!found) found = searchAnywhere(s, length, end);
      if (!found) return fail(Rule::placeNoRoom, Errno::enomem);
      placed.address = *found;
      placed.chosen = true;
    }
  }
  if (placed.address > taskSize - length) return fail(Rule::placeBeyondTask, Errno::enomem);
  if ((placed.address & (s.pageSize() - 1)) != 0) return fail(Rule::placeUnaligned, Errno::einval);
  if (placed.address < s.minAddr && !s.capable) return fail(Rule::placeLow, Errno::eperm);
  return placed;
}

/// Splits the area at `address`, as MAP_FIXED does before it knows whether it will succeed (6.12).
template <class D>
void splitAt(Space<D>& s, const typename D::Word& address) {
  const auto i = s.findVma(address);
  if (!s.isArea(i) || !(s.area(i).start < address)) return;
  const Vma<D> area = s.area(i);
  const Vma<D> parts[] = {s.piece(area, area.start, address), s.piece(area, address, area.end)};
  s.replaceWindow(i, s.next(i), parts, 2);
}

/// mmap_region: 4.3, 6.12 mm/mmap.c. The arguments are valid. Checks limits, replaces what lies in
/// the range, merges.
template <class D>
Errno mapRegion(LoggedSpace<D>& s, const typename D::Word& address, const typename D::Word& length,
                std::uint32_t flags) {
  const auto end = address + length;
  const auto pages = s.pages(length);
  const auto covered = countRange(s, address, end).total; // count_vma_pages_range
  const bool keeps = s.rules().fixedFailureKeeps;

  if (keeps) {
    if (punchesTooMany(s, address, end)) return s.refuse(Rule::mapRegionMapCount, Errno::enomem);
  }
  const typename D::Flags wanted{flags};
  if (exceedsAs<D>(s, pages - covered) || exceedsData<D>(s, wanted, pages - covered)) {
    const Rule rule = exceedsAs<D>(s, pages - covered) ? Rule::mapRlimitAs : Rule::mapRlimitData;
    if (keeps) { // areas are split before the limit is checked
      splitAt(s, address);
      splitAt(s, end);
      if (covered != 0) s.reach(Rule::mapFixedKeepsSplit);
    }
    return s.refuse(rule, Errno::enomem);
  }
  if (!keeps && punchesTooMany(s, address, end))
    return s.refuse(Rule::mapRegionMapCount, Errno::enomem);
  if (covered != 0) s.mark(Rule::mapReplaces);
  removeRange(s, address, end);

  Vma<D> area;
  area.start = address;
  area.end = end;
  if ((flags & vm::write) && !(flags & (vm::shared | vm::noreserve))) {
    flags |= vm::account;
    charge(s, pages);
  }
  area.flags = typename D::Flags{flags};
  area.pgoff = s.pages(address);
  if (flags & vm::shared) {
    area.object = ++s.lastObject;
    area.pgoff = typename D::Word{0};
    s.objects.push_back({area.object, pages});
  }
  insertArea(s, area, s.rules().mmapMergePrefersNext);
  account(s, area.flags, pages);
  if (flags & vm::locked) s.counters.locked = s.counters.locked + pages;
  return Errno::none;
}

/// mmap of anonymous memory: do_mmap, 4.3, 6.12 mm/mmap.c.
template <class D>
Placed<D> mmap(LoggedSpace<D>& s, typename D::Word address, typename D::Word length,
               std::uint32_t prot, std::uint32_t request) {
  const auto fail = [&](Rule rule, Errno error) -> Placed<D> {
    return {s.refuse(rule, error), {}, false};
  };
  if (!s.rules().fixedNoreplace && (request & flag::fixedNoreplace)) {
    s.mark(Rule::mapNoreplaceUnknown);
    request &= ~std::uint32_t{flag::fixedNoreplace};
  }
  const bool fixed = (request & (flag::fixed | flag::fixedNoreplace)) != 0;
  const bool shared = (request & flag::shared) != 0;
  const bool locked = (request & flag::locked) != 0;

  if (length == 0) return fail(Rule::mapEmpty, Errno::einval);
  if (!fixed) { // round_hint_to_min
    address = s.pageDown(address);
    if (address != 0 && address < s.effectiveMinAddr) {
      s.mark(Rule::mapHintRaised);
      address = s.pageUp(s.effectiveMinAddr);
    }
  }
  length = s.pageUp(length);
  if (length == 0) return fail(Rule::mapTooLong, Errno::enomem);
  if (s.areaCount() > s.maxMapCount) return fail(Rule::mapCount, Errno::enomem);

  Placed<D> placed = getUnmappedArea(s, address, length, fixed, shared);
  if (placed.error != Errno::none) return placed;
  const typename D::Word asked = s.rules().noreplaceSeesStartOnly ? 1 : length;
  if ((request & flag::fixedNoreplace) && s.intersects(placed.address, placed.address + asked))
    return fail(Rule::mapNoreplace, Errno::eexist);
  if (locked && !mayLock(s)) return fail(Rule::mapLockedDenied, Errno::eperm);
  if (locked && exceedsMemlock<D>(s, s.pages(length)))
    return fail(Rule::mapRlimitMemlock, Errno::eagain);
  if (shared && (request & flag::growsdown)) return fail(Rule::mapSharedGrowsdown, Errno::einval);

  std::uint32_t flags = prot & vm::access;
  if (shared) flags |= vm::shared;
  if (request & flag::growsdown) flags |= vm::growsdown;
  if (locked) flags |= vm::locked;
  if (request & flag::noreserve) flags |= vm::noreserve;
  if ((request & flag::stack) && s.rules().mapStackIsNohugepage) flags |= vm::nohugepage;

  placed.error = mapRegion<D>(s, placed.address, length, flags);
  if (placed.error != Errno::none) return placed;
  const Rule done = placed.chosen ? Rule::mapChosen : fixed ? Rule::mapFixed : Rule::mapAtHint;
  s.mark(done);
  if ((request & flag::populate) || locked)
    populate<D>(s, placed.address, placed.address + length, true);
  s.log.decided = done;
  return placed;
}

} // namespace growsdown::model
