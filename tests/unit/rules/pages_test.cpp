// handle_mm_fault: which pages become present, and the page tables.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios pages(__FILE__, {

{"ANON-ZERO", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
touch 0x1000100800 r -> ok
  by ANON-ZERO
  area 0x1000100000-0x1000102000 rw account anon none
  page 0x1000100000 zero r
  counts faults 1 resident 1
# S37: without VM_READ too.
mmap 0x1000200000 0x1000 w fixed -> ok 0x1000200000
arm64, amd64| kernel 0x1000200000 r -> ok
arm64, amd64|   by ANON-ZERO
arm64, amd64|   page 0x1000100000 zero r
arm64, amd64|   page 0x1000200000 zero r
)"},

{"ANON-WRITE", "all, um", R"(
mmap 0x1000100000 0x2000 rwx fixed -> ok 0x1000100000
touch 0x1000101fff w -> ok
  by ANON-WRITE
  area 0x1000100000-0x1000102000 rwx account anon a
  page 0x1000101000 anonymous rwx
  counts faults 1
kernel 0x1000100000 w -> ok
  by ANON-WRITE
  page 0x1000100000 anonymous rwx frame f
  page 0x1000101000 anonymous rwx frame g
)"},

{"COW-ZERO", "all, um", R"(
# Read, then written: two faults.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 r -> ok
  counts faults 1
touch 0x1000100000 w -> ok
  by COW-ZERO
  page 0x1000100000 anonymous rw
  counts faults 1
)"},

{"COW-COPY", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
  page 0x1000100000 anonymous rw frame parents
fork -> ok
  page 0x1000100000 anonymous r frame parents inherited
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
touch 0x1000100000 w -> ok
  by COW-COPY
  page 0x1000100000 anonymous rw frame childs
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
)"},

{"COW-REUSE", "all, um", R"(
# F3: an mprotect that changes an area clears the write bit of its private entries. Up to 5.10 the
# next write restores it. Since 6.0 mprotect restores it at once, except for a page that was copied
# for get_user_pages.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
4.3..5.10| mprotect 0x1000100000 0x1000 r -> ok
4.3..5.10|   page 0x1000100000 anonymous r frame f
4.3..5.10| mprotect 0x1000100000 0x1000 rw -> ok
6.1+|      fork -> ok
6.1+|      gup 0x1000100000 r -> ok
  page 0x1000100000 anonymous r frame f
touch 0x1000100000 w -> ok
  by COW-REUSE
  page 0x1000100000 anonymous rw frame f
  counts faults 1
)"},

{"COW-REUSE not after mprotect since 6.0", "6.1+, um", R"(
init area 0x1000100000-0x1000101000 rw account anon 1
init page 0x1000100000 anonymous r frame 1
touch 0x1000100000 w -> ok
  by COW-REUSE
  page 0x1000100000 anonymous rw frame f
  counts faults 1
mprotect 0x1000100000 0x1000 r -> ok
  page 0x1000100000 anonymous r frame f
mprotect 0x1000100000 0x1000 rw -> ok
  page 0x1000100000 anonymous rw frame f
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
  counts faults 0
)"},

{"SHARED-READ", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed,shared -> ok 0x1000100000
  area 0x1000100000-0x1000102000 rw shared pgoff 0 anon none object o
  counts size 2 stack 0 data 0 committed 0 objects 1
touch 0x1000101000 r -> ok
  by SHARED-READ
arm64| page 0x1000101000 shared r frame f
amd64| page 0x1000101000 shared rw frame f
  counts faults 1 object-pages 1
# The object keeps the page.
dontneed 0x1000101000 0x1000 -> ok
  page none
  counts object-pages 1
touch 0x1000101000 w -> ok
4.3, 6.1+| by SHARED-WRITE
5.10|      by SHARED-DIRTY-MAJOR
  page 0x1000101000 shared rw frame f dirty
)"},

{"SHARED-WRITE", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 w -> ok
4.3, 6.1+| by SHARED-WRITE
5.10|      by SHARED-DIRTY-MAJOR
  page 0x1000100000 shared rw frame f dirty
  area 0x1000100000-0x1000102000 rw shared anon none object o
  counts object-pages 1
# FAULT-UM-COMPLETED
um|                          counts faults 2
5.10|                          counts faults 0
4.3, 6.1+ arm64, 6.1+ amd64| counts faults 1
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
# fork copies nothing of it, and nothing is copied on write.
fork -> ok
  page none
touch 0x1000100000 w -> ok
  by SHARED-WRITE
  page 0x1000100000 shared rw frame f dirty
)"},

{"FIRST-WRITE", "arm64, um", R"(
# F4: an entry made by a read is clean; without hardware dirty state its first write is a fault.
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 r -> ok
  page 0x1000100000 shared r frame f
touch 0x1000100000 w -> ok
  by FIRST-WRITE
  page 0x1000100000 shared rw frame f dirty
  counts faults 1
# It stays dirty, so the right returns with the area's right.
mprotect 0x1000100000 0x1000 r -> ok
  page 0x1000100000 shared r frame f dirty
mprotect 0x1000100000 0x1000 rw -> ok
  page 0x1000100000 shared rw frame f dirty
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
# get_user_pages accepts a clean entry of a writable area.
dontneed 0x1000100000 0x1000 -> ok
touch 0x1000100000 r -> ok
gup 0x1000100000 w -> ok
  no FIRST-WRITE
  page 0x1000100000 shared r frame f
)"},

{"FIRST-WRITE not with hardware dirty state", "amd64", R"(
# F4: x86 writes through a clean entry without a fault.
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 r -> ok
  page 0x1000100000 shared rw
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
  no FIRST-WRITE
  page 0x1000100000 shared rw dirty
  counts faults 0
)"},

{"SHARED-DIRTY-MAJOR", "5.10", R"(
# F5: in 5.10 a write fault on an absent entry counts as major if the object's page was clean.
mmap 0x1000100000 0x4000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 w -> ok
  by SHARED-DIRTY-MAJOR
  hit SHARED-DIRTY-MAJOR
  counts faults 0
dontneed 0x1000100000 0x1000 -> ok
touch 0x1000100000 w -> ok
  no SHARED-DIRTY-MAJOR
  counts faults 1
# Read before: still clean.
touch 0x1000101000 r -> ok
  counts faults 1
dontneed 0x1000101000 0x1000 -> ok
touch 0x1000101000 w -> ok
  hit SHARED-DIRTY-MAJOR
  counts faults 0
# Written through the entry of a read: dirty once that entry goes.
touch 0x1000102000 r -> ok
touch 0x1000102000 w -> ok
arm64| by FIRST-WRITE
arm64| counts faults 1
amd64| by ACCESS-PRESENT
amd64| counts faults 0
dontneed 0x1000102000 0x1000 -> ok
touch 0x1000102000 w -> ok
  no SHARED-DIRTY-MAJOR
  counts faults 1
# By the kernel or get_user_pages: dirty as well.
gup 0x1000103000 w -> ok
dontneed 0x1000103000 0x1000 -> ok
touch 0x1000103000 w -> ok
  no SHARED-DIRTY-MAJOR
  counts faults 1
)"},

{"FAULT-AROUND", "all", R"(
# F6: the pages that the object already holds, of 16 pages from the start of the aligned 64 KiB, or
# of the area if that is higher. The area starts 4 pages into its 64 KiB, so its window is 16 pages
# from there.
mmap 0x1000104000 0x18000 rw fixed,shared,populate -> ok 0x1000104000
  counts resident 24 object-pages 24
dontneed 0x1000104000 0x18000 -> ok
  counts resident 0 object-pages 24
touch 0x1000105000 r -> ok
  by FAULT-AROUND
  counts resident 16 faults 1
touch 0x1000113000 r -> ok
  by ACCESS-PRESENT
touch 0x1000114000 r -> ok
# The rest of the area: the aligned 64 KiB at 0x1000110000 reach to its end, 0x100011c000.
  by FAULT-AROUND
  counts resident 24 faults 1
)"},

{"FAULT-AROUND what is not there", "all, um", R"(
# Fault-around makes no page that the object does not hold; a write maps only its own page.
mmap 0x1000100000 0x4000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x1000102000 w -> ok
  no FAULT-AROUND
  counts resident 2
dontneed 0x1000100000 0x4000 -> ok
touch 0x1000101000 w -> ok
  no FAULT-AROUND
  page 0x1000101000 shared rw dirty
touch 0x1000103000 r -> ok
  by SHARED-READ
  hit FAULT-AROUND
arm64, um| page 0x1000100000 shared r frame f
amd64|     page 0x1000100000 shared rw frame f
  page 0x1000101000 shared rw frame g dirty
arm64, um| page 0x1000102000 shared r frame h
amd64|     page 0x1000102000 shared rw frame h
arm64, um| page 0x1000103000 shared r frame i
amd64|     page 0x1000103000 shared rw frame i
)"},

{"FAULT-AROUND up to the area's end", "all, um", R"(
# The object may hold more than the area maps.
mmap 0x1000100000 0x4000 rw fixed,shared,populate -> ok 0x1000100000
munmap 0x1000102000 0x2000 -> ok
dontneed 0x1000100000 0x2000 -> ok
touch 0x1000100000 r -> ok
  by FAULT-AROUND
arm64| page 0x1000100000 shared r
amd64| page 0x1000100000 shared rw
arm64| page 0x1000101000 shared r
amd64| page 0x1000101000 shared rw
  counts object-pages 4
)"},

{"SHARED-READ objects come and go", "all, um", R"(
# An object exists as long as an area maps some of it.
mmap 0x1000100000 0x2000 rw fixed,shared,populate -> ok 0x1000100000
mmap 0x1000200000 0x1000 rw fixed,shared -> ok 0x1000200000
touch 0x1000200000 r -> ok
  by SHARED-READ
  counts objects 2 object-pages 3
munmap 0x1000100000 0x1000 -> ok
  counts objects 2 object-pages 3
munmap 0x1000101000 0x1000 -> ok
  counts objects 1 object-pages 1
touch 0x1000200000 r -> ok
  by ACCESS-PRESENT
)"},

{"FAULT-AROUND up to the table's end", "all, um", R"(
# The window of 16 pages is cut where the page table ends: 0x1000200000.
mmap 0x10001f8000 0x10000 rw fixed,shared,populate -> ok 0x10001f8000
dontneed 0x10001f8000 0x10000 -> ok
touch 0x10001f8000 r -> ok
  by FAULT-AROUND
  counts resident 8
touch 0x1000200000 r -> ok
  by FAULT-AROUND
  counts resident 16
)"},

{"SHARED-BEYOND-OBJECT", "all, um", R"(
# C, T2: an area that mremap made longer than its object. 4.3 makes both page tables before it
# detects that; later kernels make only the upper one.
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
mremap 0x1000100000 0x1000 0x2000 -> ok 0x1000100000
  area 0x1000100000-0x1000102000 rw shared pgoff 0 object o
touch 0x1000101000 r -> SIGBUS/ADRERR
  by SHARED-BEYOND-OBJECT
  page none
4.3|              counts tables 2
5.10+|            counts tables 1
4.3 arm64|        counts faults 1
4.3 amd64, 5.10+| counts faults 0
touch 0x1000101800 w -> SIGBUS/ADRERR
  by SHARED-BEYOND-OBJECT
kernel 0x1000101000 w -> EFAULT
  by SHARED-BEYOND-OBJECT
gup 0x1000101000 w -> EFAULT
  by SHARED-BEYOND-OBJECT
touch 0x1000100000 w -> ok
4.3, 6.1+| by SHARED-WRITE
5.10|      by SHARED-DIRTY-MAJOR
  counts tables 2
# Fault-around comes before the check: the neighbour is mapped although the access is refused.
dontneed 0x1000100000 0x1000 -> ok
touch 0x1000101000 r -> SIGBUS/ADRERR
  by SHARED-BEYOND-OBJECT
  hit FAULT-AROUND
arm64| page 0x1000100000 shared r
amd64| page 0x1000100000 shared rw
)"},

{"TABLE-MADE", "all, um", R"(
# T1: one table per touched 2 MiB block, and one per 1 GiB block.
mmap 0x1000000000 0x80000000 rw fixed -> ok 0x1000000000
touch 0x1000000000 w -> ok
  hit TABLE-MADE
  counts tables 2
touch 0x10001ff000 w -> ok
  no TABLE-MADE
  counts tables 2
touch 0x1000200000 r -> ok
  hit TABLE-MADE
  counts tables 3
touch 0x1040000000 w -> ok
  counts tables 5
dontneed 0x1000000000 0x80000000 -> ok
4.3..6.12| counts tables 5 resident 0
# DONTNEED-FREES-TABLE frees the tables of the blocks.
6.18+|     counts tables 2 resident 0
)"},

{"TABLE-MADE low addresses", "all, um", R"(
# The 1 GiB table of the lowest addresses belongs to the program.
mmap 0x1ff000 0x1000 rw fixed -> ok 0x1ff000
touch 0x1ff000 w -> ok
  hit TABLE-MADE
  counts tables 1
munmap 0x1ff000 0x1000 -> ok
  hit TABLE-FREED
  counts tables 0
)"},

{"TABLE-MADE even if the fault fails", "4.3", R"(
# T2
mmap 0x1000000000 0x1000 r fixed -> ok 0x1000000000
mmap 0x1000001000 0x1000 rw fixed,growsdown -> ok 0x1000001000
touch 0x1000001000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  hit TABLE-MADE
  counts tables 2
# No table for a refused growth, or for an access that the flags forbid.
touch 0x1000200000 w -> SIGSEGV/MAPERR
  no TABLE-MADE
touch 0x1000000000 w -> SIGSEGV/ACCERR
  no TABLE-MADE
)"},

{"TABLE-MADE for growth where the page is", "all, um", R"(
# 3 MiB further down is another block; the blocks between get no tables.
mmap 0x1000600000 0x1000 rw fixed,growsdown -> ok 0x1000600000
touch 0x1000301000 w -> ok
  hit TABLE-MADE GROW-DONE
  counts tables 2
touch 0x1000600000 w -> ok
  hit TABLE-MADE
  counts tables 3
)"},

{"TABLE-FREED", "all, um", R"(
# T3: an unmapping frees the table of a block without areas, whether or not pages are present.
mmap 0x1000000000 0x400000 rw fixed -> ok 0x1000000000
touch 0x1000000000 w -> ok
touch 0x1000200000 w -> ok
  counts tables 3
munmap 0x1000000000 0x1ff000 -> ok
  no TABLE-FREED
  counts tables 3 resident 1
munmap 0x1000001000 0x1fe000 -> ok
  no TABLE-FREED
munmap 0x1000200000 0x200000 -> ok
  hit TABLE-FREED
  counts tables 2 resident 0
munmap 0x10001ff000 0x1000 -> ok
  by MUNMAP-DONE
  hit TABLE-FREED
  counts tables 0
)"},

{"TABLE-FREED by a replacement", "all, um", R"(
# MAP_FIXED frees before the new area exists.
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
touch 0x1000000000 w -> ok
  counts tables 2
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
  hit TABLE-FREED
  counts tables 0
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
