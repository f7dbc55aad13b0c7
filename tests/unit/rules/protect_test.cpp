// mprotect, mlock, munlock and madvise(MADV_DONTNEED).
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios protect(__FILE__, {

{"MPROTECT-CHANGED", "all, um", R"(
# F3: entries follow the area. The write bit of private ones is cleared, and since 6.0 restored at
# once.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x1000101000 r -> ok
mprotect 0x1000100000 0x2000 rx -> ok
  by MPROTECT-CHANGED
  area 0x1000100000-0x1000102000 rx account anon a
  page 0x1000100000 anonymous rx frame f
  page 0x1000101000 zero rx
4.3|   counts data 2 committed 2
5.10+| counts data 0 committed 2
mprotect 0x1000100000 0x1001 rw -> ok
  by MPROTECT-CHANGED
  area 0x1000100000-0x1000102000 rw account anon a
4.3..5.10| page 0x1000100000 anonymous r frame f
6.1+|      page 0x1000100000 anonymous rw frame f
  page 0x1000101000 zero r
  counts data 2 committed 2 size 2
mprotect 0x1000100000 0x2000 none -> ok
  page 0x1000100000 anonymous none frame f
  page 0x1000101000 zero none
touch 0x1000100000 r -> SIGSEGV/ACCERR
  by FAULT-ACCERR
)"},

{"MPROTECT-CHANGED of a part", "all, um", R"(
# The pages of the range, and no others.
mmap 0x1000100000 0x3000 rw fixed,populate -> ok 0x1000100000
mprotect 0x1000101000 0x1000 r -> ok
  by MPROTECT-CHANGED
  hit SPLIT-AREA
  page 0x1000100000 anonymous rw
  page 0x1000101000 anonymous r
  page 0x1000102000 anonymous rw
4.3|   counts data 3 committed 3
5.10+| counts data 2 committed 3
)"},

{"MPROTECT-CHANGED inherited pages", "all, um", R"(
# A page that the parent also maps stays write-protected in all versions.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
fork -> ok
mprotect 0x1000100000 0x1000 r -> ok
mprotect 0x1000100000 0x1000 rw -> ok
  by MPROTECT-CHANGED
  page 0x1000100000 anonymous r inherited
touch 0x1000100000 w -> ok
  by COW-COPY
)"},

{"MPROTECT-SAME", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mprotect 0x1000101000 0x1000 rw -> ok
  by MPROTECT-SAME
  unchanged
# Several areas, one of which already has the flags.
mmap 0x1000102000 0x1000 r fixed -> ok 0x1000102000
mprotect 0x1000100000 0x3000 r -> ok
  by MPROTECT-SAME
  hit MPROTECT-CHANGED
mprotect 0x1000100000 0x3000 r -> ok
  by MPROTECT-SAME
  unchanged
)"},

{"MPROTECT-EMPTY", "all, um", R"(
mprotect 0x1000100000 0 rw -> ok
  by MPROTECT-EMPTY
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0 none -> ok
  by MPROTECT-EMPTY
  unchanged
mprotect 0x1000100000 0 none growsdown -> ok
  by MPROTECT-EMPTY
)"},

{"MPROTECT-UNALIGNED", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mprotect 0x1000100001 0x1000 r -> EINVAL
  by MPROTECT-UNALIGNED
  unchanged
mprotect 0x1000100001 0 r -> EINVAL
  by MPROTECT-UNALIGNED
)"},

{"MPROTECT-WRAPS", "all, um", R"(
# Rounded up to 0, or past the top.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0xffffffffffffffff r -> ENOMEM
  by MPROTECT-WRAPS
  unchanged
mprotect 0x1000100000 0xfffffff000000000 r -> ENOMEM
  by MPROTECT-WRAPS
  unchanged
)"},

{"MPROTECT-HOLE", "all, um", R"(
# S59: the areas before the hole are changed.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000103000 0x1000 rw fixed -> ok 0x1000103000
mprotect 0x1000101000 0x3000 r -> ENOMEM
  by MPROTECT-HOLE
  hit MPROTECT-CHANGED
  area 0x1000100000-0x1000101000 rw account
6.12+|    area 0x1000101000-0x1000102000 r -
4.3..6.1| area 0x1000101000-0x1000102000 r account
  area 0x1000103000-0x1000104000 rw account
# A hole at the start: nothing.
mprotect 0x1000102000 0x2000 r -> ENOMEM
  by MPROTECT-HOLE
  unchanged
# At the end.
mprotect 0x1000103000 0x1001 r -> ENOMEM
  by MPROTECT-HOLE
  hit MPROTECT-CHANGED
mprotect 0x1000800000 0x1000 r -> ENOMEM
  by MPROTECT-HOLE
# S65: a stack does not grow for it.
mmap 0x1000800000 0x1000 rw fixed,growsdown -> ok 0x1000800000
mprotect 0x10007ff000 0x2000 r -> ENOMEM
  by MPROTECT-HOLE
  unchanged
)"},

{"MPROTECT-TO-START", "all, um", R"(
# S57: from the middle of a stack, everything below it in the stack changes, too.
mmap 0x1000100000 0x8000 rw fixed,growsdown -> ok 0x1000100000
mprotect 0x1000104000 0x1000 rx growsdown -> ok
  by MPROTECT-CHANGED
  hit MPROTECT-TO-START SPLIT-AREA
6.12+|    area 0x1000100000-0x1000105000 rx growsdown
4.3..6.1| area 0x1000100000-0x1000105000 rx growsdown,account
  area 0x1000105000-0x1000108000 rw growsdown,account
# From below it: nothing grows, and the range begins at the start of the stack.
mprotect 0x10000f0000 0x11000 r growsdown -> ok
  hit MPROTECT-TO-START
6.12+|    area 0x1000100000-0x1000101000 r growsdown
6.12+|    area 0x1000101000-0x1000105000 rx growsdown
4.3..6.1| area 0x1000100000-0x1000101000 r growsdown,account
4.3..6.1| area 0x1000101000-0x1000105000 rx growsdown,account
  area 0x1000105000-0x1000108000 rw growsdown,account
# S58: a range that ends at the start of the stack is a hole.
mprotect 0x10000f0000 0x10000 r growsdown -> ENOMEM
  by MPROTECT-HOLE
  no MPROTECT-TO-START
  unchanged
)"},

{"MPROTECT-NOT-GROWSDOWN", "all, um", R"(
# S58
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mprotect 0x1000101000 0x1000 r growsdown -> EINVAL
  by MPROTECT-NOT-GROWSDOWN
  unchanged
mprotect 0x10000ff000 0x2000 r growsdown -> EINVAL
  by MPROTECT-NOT-GROWSDOWN
  unchanged
)"},

{"MPROTECT-RLIMIT-DATA", "5.10+, um", R"(
# An area that becomes data is limited like a new mapping.
mmap 0x1000100000 0x4000 r fixed -> ok 0x1000100000
limit data 0x2fff -> ok
mprotect 0x1000100000 0x3000 rw -> ENOMEM
  by MPROTECT-RLIMIT-DATA
  unchanged
mprotect 0x1000100000 0x2000 rw -> ok
  counts data 2 committed 2
mprotect 0x1000102000 0x1000 w -> ENOMEM
  by MPROTECT-RLIMIT-DATA
  unchanged
# An area that is already data may stay data above the limit; stacks are not data.
limit data 0x1000 -> ok
mprotect 0x1000100000 0x1000 rwx -> ok
  no MPROTECT-RLIMIT-DATA
mmap 0x1000200000 0x1000 r fixed,growsdown -> ok 0x1000200000
mprotect 0x1000200000 0x1000 rw -> ok
  no MPROTECT-RLIMIT-DATA
)"},

{"MPROTECT-CHARGES", "all, um", R"(
mmap 0x1000100000 0x2000 r fixed -> ok 0x1000100000
  counts committed 0
mprotect 0x1000101000 0x1000 rw -> ok
  by MPROTECT-CHANGED
  hit MPROTECT-CHARGES
  area 0x1000100000-0x1000101000 r -
  area 0x1000101000-0x1000102000 rw account
  counts committed 1
# Charged once only, and neither for noreserve nor for shared memory.
mprotect 0x1000101000 0x1000 rwx -> ok
  no MPROTECT-CHARGES
mmap 0x1000200000 0x1000 r fixed,noreserve -> ok 0x1000200000
mmap 0x1000300000 0x1000 r fixed,shared -> ok 0x1000300000
mprotect 0x1000200000 0x1000 rw -> ok
  no MPROTECT-CHARGES
mprotect 0x1000300000 0x1000 rw -> ok
  no MPROTECT-CHARGES
  counts committed 1
)"},

{"MPROTECT-CHARGES what a limit then refuses", "all, um", R"(
# The charge is returned if the split is refused.
with max-map-count 1
mmap 0x1000100000 0x2000 r fixed -> ok 0x1000100000
mprotect 0x1000101000 0x1000 rw -> ENOMEM
  by SPLIT-MAP-COUNT
  hit MPROTECT-CHARGES
  unchanged
)"},

{"MPROTECT-DROPS-ACCOUNT", "6.12+", R"(
# S69: only an area without an anon_vma returns its charge.
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0x2000 r -> ok
  by MPROTECT-CHANGED
  hit MPROTECT-DROPS-ACCOUNT
  area 0x1000100000-0x1000102000 r -
  area 0x1000102000-0x1000103000 rw account
  counts committed 1
mprotect 0x1000100000 0x2000 rw -> ok
  hit MPROTECT-CHARGES
  area 0x1000100000-0x1000103000 rw account
  counts committed 3
touch 0x1000100000 w -> ok
mprotect 0x1000100000 0x2000 r -> ok
  no MPROTECT-DROPS-ACCOUNT
  area 0x1000100000-0x1000102000 r account anon a
  area 0x1000102000-0x1000103000 rw account anon a
  counts committed 3
)"},

{"MPROTECT-CHANGED keeps the charge before 6.7", "4.3..6.1, um", R"(
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0x2000 r -> ok
  by MPROTECT-CHANGED
  area 0x1000100000-0x1000102000 r account anon none
  area 0x1000102000-0x1000103000 rw account anon none
  counts committed 3
munmap 0x1000100000 0x3000 -> ok
  counts committed 0
)"},

{"MPROTECT-POPULATES", "all, um", R"(
# A locked area that was read-only gets private pages.
mmap 0x1000100000 0x2000 r fixed,locked -> ok 0x1000100000
  page 0x1000100000 zero r
  page 0x1000101000 zero r
mprotect 0x1000100000 0x1000 rw -> ok
  hit MPROTECT-POPULATES COW-ZERO
  area 0x1000100000-0x1000101000 rw locked,account anon a
  area 0x1000101000-0x1000102000 r locked
  page 0x1000100000 anonymous rw
  page 0x1000101000 zero r
# Not if it was writable before.
mprotect 0x1000100000 0x1000 r -> ok
  no MPROTECT-POPULATES
mmap 0x1000200000 0x1000 none fixed -> ok 0x1000200000
mprotect 0x1000200000 0x1000 rw -> ok
  no MPROTECT-POPULATES
  counts resident 2
)"},

{"MLOCK-LOCKS", "all, um", R"(
# Whole pages; VM_LOCKED, VmLck, and the pages are present.
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
mlock 0x1000100fff 0x2 -> ok
  by MLOCK-LOCKS
  area 0x1000100000-0x1000102000 rw locked,account anon a
  area 0x1000102000-0x1000104000 rw account anon none
  page 0x1000100000 anonymous rw
  page 0x1000101000 anonymous rw
  counts locked 2 size 4
mlock 0x1000101000 0x2000 -> ok
  by MLOCK-LOCKS
  area 0x1000100000-0x1000103000 rw locked,account
  area 0x1000103000-0x1000104000 rw account
  counts locked 3 resident 3
mlock 0x1000100000 0x3000 -> ok
  no MLOCK-LOCKS
  unchanged
)"},

{"MLOCK-LOCKS several areas", "all, um", R"(
# Each of them, and then the pages of each: by writes or by reads.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x2000 r fixed -> ok 0x1000102000
mlock 0x1000101000 0x2000 -> ok
  by MLOCK-LOCKS
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 rw locked,account
  area 0x1000102000-0x1000103000 r locked
  area 0x1000103000-0x1000104000 r -
  page 0x1000101000 anonymous rw
  page 0x1000102000 zero r
  counts locked 2
# The first that cannot be populated ends it.
mmap 0x1000100000 0x1000 none fixed -> ok 0x1000100000
dontneed 0x1000103000 0x1000 -> ok
mlock 0x1000100000 0x4000 -> ENOMEM
  by MLOCK-POPULATE-FAILS
  counts locked 4 resident 2
)"},

{"MUNLOCK-UNLOCKS", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed,locked -> ok 0x1000100000
munlock 0x1000101800 0x1 -> ok
  by MUNLOCK-UNLOCKS
  area 0x1000100000-0x1000101000 rw locked,account
  area 0x1000101000-0x1000102000 rw account
  counts locked 1 resident 2
munlock 0x1000100000 0x2000 -> ok
  by MUNLOCK-UNLOCKS
  area 0x1000100000-0x1000102000 rw account
  counts locked 0 resident 2
munlock 0x1000100000 0x2000 -> ok
  no MUNLOCK-UNLOCKS
  unchanged
# A hole, a wrap and an empty range: as mlock. Rights and limits are not checked.
munlock 0x1000101000 0x2000 -> ENOMEM
  by MLOCK-HOLE
capable no -> ok
limit memlock 0 -> ok
munlock 0x1000100000 0x1000 -> ok
munlock 0x1000100000 0 -> ok
  by MLOCK-EMPTY
)"},

{"MLOCK-EMPTY", "all, um", R"(
mlock 0x1000100000 0 -> ok
  by MLOCK-EMPTY
# The length is added to the offset in the page, and wraps to 0.
mlock 0x1000100000 0xffffffffffffffff -> ok
  by MLOCK-EMPTY
mlock 0x1000100fff 0xffffffffffffffff -> ENOMEM
# 0xfff plus this length is 0xffe: one page, where nothing is mapped.
  by MLOCK-HOLE
mlock 0x1000100001 0 -> ENOMEM
  by MLOCK-HOLE
  area none
)"},

{"MLOCK-WRAPS", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mlock 0x1000100000 0xfffffffffffff000 -> EINVAL
  by MLOCK-WRAPS
  unchanged
munlock 0x1000100000 0xfffffffffffff000 -> EINVAL
  by MLOCK-WRAPS
# The limit comes first.
capable no -> ok
mlock 0x1000100000 0xfffffffffffff000 -> ENOMEM
  by MLOCK-RLIMIT-MEMLOCK
)"},

{"MLOCK-HOLE", "all, um", R"(
# The areas before the hole stay locked, and nothing is populated.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mlock 0x1000101000 0x2000 -> ENOMEM
  by MLOCK-HOLE
  hit MLOCK-LOCKS
  no POPULATE-DONE
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 rw locked,account
  page none
  counts locked 1
# S65: no growth.
mmap 0x1000200000 0x1000 rw fixed,growsdown -> ok 0x1000200000
mlock 0x10001ff000 0x2000 -> ENOMEM
  by MLOCK-HOLE
  unchanged
)"},

{"MLOCK-DENIED", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
limit memlock 0 -> ok
mlock 0x1000100000 0x1000 -> ok
  no MLOCK-DENIED
munlock 0x1000100000 0x1000 -> ok
capable no -> ok
mlock 0x1000100000 0x1000 -> EPERM
  by MLOCK-DENIED
  unchanged
mlock 0x1000100000 0 -> EPERM
  by MLOCK-DENIED
limit memlock 1 -> ok
mlock 0x1000100000 0x1000 -> ENOMEM
  by MLOCK-RLIMIT-MEMLOCK
mlock 0x1000100000 0 -> ok
  by MLOCK-EMPTY
)"},

{"MLOCK-RLIMIT-MEMLOCK", "all, um", R"(
# A limit between four and five pages. 4.3 counts pages that are already locked twice.
capable no -> ok
limit memlock 0x4fff -> ok
mmap 0x1000100000 0x8000 rw fixed -> ok 0x1000100000
mlock 0x1000100000 0x5000 -> ENOMEM
  by MLOCK-RLIMIT-MEMLOCK
  unchanged
mlock 0x1000100000 0x3000 -> ok
  counts locked 3
4.3|   mlock 0x1000102000 0x2000 -> ENOMEM
4.3|     by MLOCK-RLIMIT-MEMLOCK
4.3|     unchanged
4.3|   mlock 0x1000103000 0x1000 -> ok
5.10+| mlock 0x1000102000 0x2000 -> ok
5.10+|   by MLOCK-LOCKS
  counts locked 4
mlock 0x1000104000 0x1000 -> ENOMEM
  by MLOCK-RLIMIT-MEMLOCK
# All pages of the range count, whether or not they are mapped.
munlock 0x1000100000 0x4000 -> ok
mlock 0x1000200000 0x5000 -> ENOMEM
  by MLOCK-RLIMIT-MEMLOCK
mlock 0x1000200000 0x4000 -> ENOMEM
  by MLOCK-HOLE
)"},

{"MLOCK-POPULATE-FAILS", "all, um", R"(
# Locked although populating fails: without any right, and beyond a shared object.
mmap 0x1000100000 0x1000 none fixed -> ok 0x1000100000
mlock 0x1000100000 0x1000 -> ENOMEM
  by MLOCK-POPULATE-FAILS
  area 0x1000100000-0x1000101000 none locked
  page none
  counts locked 1
mmap 0x1000200000 0x1000 rw fixed,shared -> ok 0x1000200000
mremap 0x1000200000 0x1000 0x2000 -> ok 0x1000200000
mlock 0x1000200000 0x2000 -> ENOMEM
  by MLOCK-POPULATE-FAILS
  hit SHARED-BEYOND-OBJECT
arm64| page 0x1000200000 shared r
amd64| page 0x1000200000 shared rw
  counts locked 3
)"},

{"DONTNEED-DONE", "all, um", R"(
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x1000101000 w -> ok
touch 0x1000102000 r -> ok
dontneed 0x1000101000 0x1001 -> ok
  by DONTNEED-DONE
  area 0x1000100000-0x1000103000 rw account anon a
  page 0x1000100000 anonymous rw
  counts tables 2 size 3 committed 3
touch 0x1000101000 r -> ok
  by ANON-ZERO
dontneed 0x1000100000 0 -> ok
  by DONTNEED-DONE
  unchanged
)"},

{"DONTNEED-ARGUMENTS", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
dontneed 0x1000100001 0x1000 -> EINVAL
  by DONTNEED-ARGUMENTS
  unchanged
dontneed 0x1000100001 0 -> EINVAL
  by DONTNEED-ARGUMENTS
dontneed 0x1000100000 0xffffffffffffffff -> EINVAL
  by DONTNEED-ARGUMENTS
dontneed 0x1000100000 0xfffffffffffff000 -> EINVAL
  by DONTNEED-ARGUMENTS
  unchanged
)"},

{"DONTNEED-ARGUMENTS of a tagged range", "arm64", R"(
# Since 6.4 the range is checked before its tag is removed; 4.3 removes no tag.
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
4.3, 6.12+| dontneed 0xff00001000100000 0x100000000000000 -> EINVAL
4.3, 6.12+|   by DONTNEED-ARGUMENTS
4.3, 6.12+|   unchanged
5.10..6.1|  dontneed 0xff00001000100000 0x100000000000000 -> ENOMEM
5.10..6.1|    by DONTNEED-HOLE
5.10..6.1|    no DONTNEED-ARGUMENTS
5.10..6.1|    page none
)"},

{"DONTNEED-HOLE", "all, um", R"(
# All mapped areas are emptied.
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed,populate -> ok 0x1000102000
  counts resident 2
dontneed 0x10000ff000 0x4000 -> ENOMEM
  by DONTNEED-HOLE
  counts resident 0
dontneed 0x1000103000 0x1000 -> ENOMEM
  by DONTNEED-HOLE
# An area after the range is not checked, even if it is locked.
mmap 0x1000104000 0x1000 rw fixed,locked -> ok 0x1000104000
dontneed 0x1000103000 0x1000 -> ENOMEM
  by DONTNEED-HOLE
munmap 0x1000104000 0x1000 -> ok
touch 0x1000102000 w -> ok
dontneed 0x1000102000 0x2000 -> ENOMEM
  by DONTNEED-HOLE
  page none
)"},

{"DONTNEED-LOCKED", "all, um", R"(
# Refused at that area; earlier areas are emptied, later ones are not.
mmap 0x1000100000 0x3000 rw fixed,populate -> ok 0x1000100000
mlock 0x1000101000 0x1000 -> ok
dontneed 0x1000100000 0x3000 -> EINVAL
  by DONTNEED-LOCKED
  page 0x1000101000 anonymous rw
  page 0x1000102000 anonymous rw
munlock 0x1000101000 0x1000 -> ok
dontneed 0x1000100000 0x3000 -> ok
  page none
)"},

{"DONTNEED-FREES-TABLE", "6.18+", R"(
# T5: since 6.14 (arm64: 7.0), the table of a block of 2 MiB that lies wholly in the range and in
# one area is freed. The 1 GiB table stays.
mmap 0x1000000000 0x600000 rw fixed -> ok 0x1000000000
touch 0x1000000000 w -> ok
touch 0x1000200000 w -> ok
touch 0x1000400000 w -> ok
  counts tables 4
dontneed 0x1000001000 0x5ff000 -> ok
  by DONTNEED-DONE
  hit DONTNEED-FREES-TABLE
  page 0x1000000000 anonymous rw
  counts tables 2
mprotect 0x1000100000 0x500000 r -> ok
dontneed 0x1000000000 0x600000 -> ok
  no DONTNEED-FREES-TABLE
  counts tables 2 resident 0
)"},

{"DONTNEED-DONE keeps tables", "4.3..6.12, um", R"(
# T5
mmap 0x1000000000 0x200000 rw fixed -> ok 0x1000000000
touch 0x1000000000 w -> ok
dontneed 0x1000000000 0x200000 -> ok
  by DONTNEED-DONE
  no DONTNEED-FREES-TABLE
  counts tables 2 resident 0
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
