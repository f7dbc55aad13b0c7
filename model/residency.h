// mincore: which pages of a range are in memory. It changes nothing.
#pragma once

#include "model/state.h"

#include <cstdint>

namespace growsdown::model {

/// The answer of mincore. The caller knows how many pages it asked about.
template <class D>
struct Residency {
  Errno error = Errno::none;
  typename D::Word first{}; ///< bit i: page i of the range is resident, for the first 64
  typename D::Word after{}; ///< how many of the pages after those are resident
};

/// Counts page `index` of the range as resident.
template <class D>
void addResident(Residency<D>& out, const typename D::Word& index) {
  if (index < trace::listedPages)
    out.first = out.first | (typename D::Word{1} << index);
  else
    out.after = out.after + 1;
}

/// mincore_pte_range, mincore_unmapped_range: 4.3, 6.12 mm/mincore.c. The pages of [start, end),
/// all in one area, in a range that begins at `base`. A present entry counts, the zero page's too.
/// In a shared area a page that its object holds counts without an entry.
template <class D>
void residentIn(LoggedSpace<D>& s, const Vma<D>& area, const typename D::Word& base,
                const typename D::Word& start, const typename D::Word& end, Residency<D>& out) {
  const auto& entries = s.entries;
  std::size_t e = s.firstEntry(start);
  if (area.object == 0) {
    for (; e < entries.size() && entries[e].address < end; ++e)
      addResident(out, s.pagesOf(base, entries[e].address));
    return;
  }
  // A page of an object may leave it, but no entry of that area outlives the page.
  for (const ObjectPage<D>& page : std::as_const(s.objectPages)) {
    if (page.object != area.object || page.index < area.pgoff) continue;
    const auto at = area.start + ((page.index - area.pgoff) << s.pageShift());
    if (at < start || at >= end) continue;
    if (s.entry(at) == nullptr) s.reach(Rule::mincoreShared);
    addResident(out, s.pagesOf(base, at));
  }
}

/// sys_mincore: 4.3, 6.12 mm/mincore.c. `start` without its tag. The pages before a hole are written
/// to the caller's vector, but the answer is ENOMEM. Stacks do not grow: the address below one is a
/// hole, except that 4.3's guard page is a page of the area.
///
/// An empty range is answered by access_ok alone. (x86 from 6.4 to 6.11 asks there only whether the
/// address is of the user's half: not modelled.)
template <class D>
Residency<D> mincore(LoggedSpace<D>& s, const typename D::Word& start,
                     const typename D::Word& length) {
  using Word = typename D::Word;
  if ((start & (s.pageSize() - 1)) != 0) return {s.refuse(Rule::mincoreUnaligned, Errno::einval)};
  // access_ok of user-mode Linux leaves the last byte out: 6.1 arch/um/include/asm/uaccess.h.
  const std::uint64_t limit = s.parameters.taskSize - (s.rules().kernelAsksEntries ? 1 : 0);
  if (length > limit || start > limit - length)
    return {s.refuse(Rule::mincoreBeyondTask, Errno::enomem)};

  Residency<D> out;
  const Word end = start + s.pageUp(length);
  Word from = start;
  if (from < end)
    for (auto i = s.findVma(start);; i = s.next(i)) {
      if (!s.isArea(i) || s.area(i).start > from)
        return {s.refuse(Rule::mincoreHole, Errno::enomem)};
      const Vma<D>& area = s.area(i);
      const Word to = end < area.end ? end : area.end;
      residentIn(s, area, start, from, to, out);
      from = to;
      if (from >= end) break;
    }
  s.mark(Rule::mincoreDone);
  return out;
}

} // namespace growsdown::model
