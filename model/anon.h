// anon_vma identities: new ones, adoption of a neighbour's, and which areas may merge.
#pragma once

#include "model/state.h"

namespace growsdown::model {

/// anon_vma_compatible: 4.3, 6.12 mm/mmap.c, mm/vma.c. `a` ends where `b` starts, and they differ
/// in read, write and execute at most.
template <class D>
bool anonVmaCompatible(const Space<D>& s, const Vma<D>& a, const Vma<D>& b) {
  if (a.end != b.start) return false;
  if (a.object != b.object) return false;
  if ((a.flags & ~vm::access) != (b.flags & ~vm::access)) return false;
  if (b.pgoff != a.pgoff + s.pagesOf(a.start, b.start)) return false;
  return true;
}

/// anon_vma_prepare: 4.3, 6.12 mm/rmap.c; find_mergeable_anon_vma: mm/mmap.c, mm/vma.c. The area
/// above is tried before the area below. A neighbour's anon_vma is adopted only if it was made in
/// this process.
template <class D>
void prepareAnonVma(LoggedSpace<D>& s, Position<D> i) {
  if (s.area(i).anon != 0) return;
  Vma<D> area = s.area(i);
  const auto lends = [](const Vma<D>* neighbour) {
    return neighbour != nullptr && neighbour->anon != 0 && !neighbour->forked;
  };
  if (const Vma<D>* above = s.above(i); lends(above) && anonVmaCompatible(s, area, *above)) {
    s.mark(Rule::anonAdoptAbove);
    area.anon = above->anon;
  } else if (const Vma<D>* below = s.below(i); lends(below) && anonVmaCompatible(s, *below, area)) {
    s.mark(Rule::anonAdoptBelow);
    area.anon = below->anon;
  } else {
    s.mark(Rule::anonNew);
    area.anon = ++s.lastAnon;
  }
  area.forked = false;
  s.replaceWindow(i, area);
}

/// is_mergeable_anon_vma: 4.3, 6.12. `range` is mapped or changed; `neighbour` is the area that it
/// would join.
template <class D>
bool anonVmaMergeable(const Space<D>& s, const Vma<D>& range, const Vma<D>& neighbour) {
  if (range.anon == neighbour.anon) return true;
  if (range.anon == 0) return !neighbour.forked;
  if (neighbour.anon == 0) return s.rules().mergeAdoptsChanged && !range.forked;
  return false;
}

/// can_vma_merge_before/after: 4.3, 6.12.
template <class D>
bool mergeable(const Space<D>& s, const Vma<D>& range, const Vma<D>& lower, const Vma<D>& upper,
               const Vma<D>& neighbour) {
  if (range.flags != neighbour.flags) return false;
  if (lower.object != upper.object) return false;
  if (!anonVmaMergeable(s, range, neighbour)) return false;
  if (upper.pgoff != lower.pgoff + s.pagesOf(lower.start, lower.end)) return false;
  return true;
}

/// The result of a merge of `range` with two neighbours that end and start at its borders.
template <class D>
struct Merge {
  bool below = false;
  bool above = false;
  Vma<D> area; ///< the range, joined with those neighbours
};

/// vma_merge: 4.3 mm/mmap.c; vma_merge_new_range, vma_merge_existing_range: 6.12 mm/vma.c. The area
/// below is preferred. All three become one only if the anon_vmas of both neighbours are equal. A
/// null neighbour does not exist.
template <class D>
Merge<D> mergeRange(LoggedSpace<D>& s, const Vma<D>* below, const Vma<D>& range,
                    const Vma<D>* above, bool preferAbove = false) {
  Merge<D> result;
  result.area = range;
  result.above = above != nullptr && mergeable(s, range, range, *above, *above);
  Vma<D> judged = range; // 6.1's mmap judges the area below against the one above
  if (preferAbove && result.above) {
    judged.anon = above->anon;
    judged.forked = above->forked;
  }
  result.below = below != nullptr && mergeable(s, judged, *below, judged, *below);
  if (result.below && result.above && below->anon != 0 && above->anon != 0 &&
      below->anon != above->anon) {
    s.mark(Rule::mergeNotBoth);
    result.above = false;
  }
  const Vma<D>* const sources[] = {result.below ? below : nullptr, &range,
                                   result.above ? above : nullptr};
  result.area.anon = 0;
  result.area.forked = false;
  for (const Vma<D>* source : sources)
    if (source != nullptr && source->anon != 0 && result.area.anon == 0) {
      result.area.anon = source->anon;
      result.area.forked = source->forked;
    }
  if (result.below) {
    s.mark(result.above ? Rule::mergeBoth : Rule::mergeBelow);
    result.area.start = below->start;
    result.area.pgoff = below->pgoff;
  } else if (result.above) {
    s.mark(Rule::mergeAbove);
  }
  if (result.above) result.area.end = above->end;
  return result;
}

} // namespace growsdown::model
