#include "reference/planted.h"

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {
namespace {

constexpr PlantedBug table[] = {
    {Bug::stackLimit, "stack-limit", "RLIMIT_STACK lets an area grow one page too far", "limit"},
    {Bug::addressSpaceLimit, "as-limit", "RLIMIT_AS is one page too generous", "limit"},
    {Bug::memlockLimit, "memlock-limit", "RLIMIT_MEMLOCK is one page too generous", "limit"},
    {Bug::dataLimit, "data-limit", "RLIMIT_DATA is one page too generous", "limit"},
    {Bug::guardStepMissing, "guard-step-missing",
     "a first touch of a stack's lowest page adds no guard page", "guard"},
    {Bug::guardRollsBack, "guard-rolls-back",
     "growth is taken back when the guard page behind it is refused", "guard"},
    {Bug::growsdownNotExempt, "growsdown-not-exempt",
     "a grows-down neighbour is kept away like any other", "guard"},
    {Bug::inaccessibleNotExempt, "inaccessible-not-exempt",
     "an inaccessible neighbour is kept away like any other", "guard"},
    {Bug::gapOnePageShort, "gap-one-page-short", "the guard gap is one page too small", "guard"},
    {Bug::stackCountedAsData, "stack-counted-as-data", "growth is counted in VmData, not in VmStk",
     "counter"},
    {Bug::growthBelowMinAddr, "growth-below-min-addr", "growth does not look at mmap_min_addr",
     "growth"},
    {Bug::growthUndoneOnAccerr, "growth-undone-on-accerr",
     "growth is taken back when the access is then refused", "growth"},
    {Bug::growthKeepsOffset, "growth-keeps-offset", "growth leaves vm_pgoff as it was", "growth"},
    {Bug::lockedGrowthUncounted, "locked-growth-uncounted",
     "growth of a locked area is not counted in VmLck", "counter"},
    {Bug::staleEntry, "stale-entry", "munmap leaves the entry of a range's last page", "entry"},
    {Bug::tableNotFreed, "table-not-freed", "munmap keeps the page tables", "table"},
    {Bug::tableFreedEarly, "table-freed-early",
     "munmap frees a page table although the area above still uses it", "table"},
    {Bug::copyMissing, "copy-missing", "after fork the child writes into its parent's page",
     "entry"},
    {Bug::zeroPageReused, "zero-page-reused", "a write makes the zero page itself writable",
     "entry"},
    {Bug::splitNotRecorded, "split-not-recorded",
     "mprotect of a range changes its area up to the end", "area"},
    {Bug::entriesKeepRights, "entries-keep-rights", "mprotect leaves the page-table entries alone",
     "entry"},
    {Bug::adoptionMissed, "adoption-missed",
     "the first write to an area never adopts its neighbour's anon_vma", "area"},
    {Bug::mergeAcrossFork, "merge-across-fork", "areas inherited through fork merge with new ones",
     "area"},
    {Bug::forkKeepsLocked, "fork-keeps-locked", "a child's areas stay locked", "area"},
    {Bug::commitNotReturned, "commit-not-returned", "munmap does not return what was charged",
     "counter"},
    {Bug::hintIgnoresGap, "hint-ignores-gap", "a hint inside the gap below a stack is honoured",
     "placement"},
    {Bug::moveForgetsWrite, "move-forgets-write",
     "an entry moved by mremap loses its write permission", "entry"},
    {Bug::dontneedOfLocked, "dontneed-of-locked", "MADV_DONTNEED empties locked areas", "area"},
};

} // namespace

std::span<const PlantedBug> plantedBugs() {
  return table;
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
