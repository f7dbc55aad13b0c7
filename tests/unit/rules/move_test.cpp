// mremap that moves an area, its entries and its page tables.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios move(__FILE__, {

{"MREMAP-MOVED", "all, um", R"(
# Entries move, the added pages are absent; the old tables are freed, new ones are made.
mmap 0x1000100000 0x3000 rw fixed,locked -> ok 0x1000100000
munlock 0x1000100000 0x3000 -> ok
touch 0x1000102000 w -> ok
dontneed 0x1000101000 0x1000 -> ok
  page 0x1000100000 anonymous rw frame f
  page 0x1000102000 anonymous rw frame g
mremap 0x1000100000 0x3000 0x4000 to 0x1800000000 -> ok 0x1800000000
  by MREMAP-MOVED
  area 0x1800000000-0x1800004000 rw account pgoff 0x1000100 anon a
  page 0x1800000000 anonymous rw frame f
  page 0x1800002000 anonymous rw frame g
  counts size 4 committed 4 tables 2
# Part of an area: the rest stays.
mremap 0x1800001000 0x1000 0x1000 to 0x1800100000 -> ok 0x1800100000
  area 0x1800000000-0x1800001000 rw account pgoff 0x1000100 anon a
  area 0x1800002000-0x1800004000 rw account pgoff 0x1000102 anon a
  area 0x1800100000-0x1800101000 rw account pgoff 0x1000101 anon a
  counts size 4 committed 4
# And back: it merges with both.
mremap 0x1800100000 0x1000 0x1000 to 0x1800001000 -> ok 0x1800001000
  hit MERGE-BOTH
  area 0x1800000000-0x1800004000 rw account pgoff 0x1000100 anon a
)"},

{"MREMAP-MOVED tables of what it moves", "all, um", R"(
# T4: only a block with a table causes a table for its image, even if no page is present in it. An
# image across a border causes two.
mmap 0x1000000000 0x600000 rw fixed -> ok 0x1000000000
touch 0x1000200000 w -> ok
dontneed 0x1000200000 0x1000 -> ok
  counts tables 2 resident 0
mremap 0x1000000000 0x600000 0x600000 to 0x1800100000 -> ok 0x1800100000
  by MREMAP-MOVED
  counts tables 3
mmap 0x1000000000 0x200000 rw fixed -> ok 0x1000000000
touch 0x1000000000 r -> ok
  counts tables 5
# From border to border: one.
mremap 0x1000000000 0x200000 0x200000 to 0x1c00000000 -> ok 0x1c00000000
  counts tables 5
)"},

{"MREMAP-MOVED a whole table", "all, um", R"(
# An aligned GiB whose table holds no tables any more. Since 5.11 the table itself is moved.
mmap 0x840000000 0x40000000 rw fixed -> ok 0x840000000
touch 0x840000000 r -> ok
munmap 0x840000000 0x200000 -> ok
mmap 0x840000000 0x200000 rw fixed -> ok 0x840000000
  counts tables 1 areas 1
mremap 0x840000000 0x40000000 0x40000000 to 0x880000000 -> ok 0x880000000
  by MREMAP-MOVED
4.3..5.10, um|          counts tables 0
6.1+ arm64, 6.1+ amd64| counts tables 1
touch 0x880000000 r -> ok
  counts tables 2
)"},

{"MREMAP-MOVED not a whole table", "all, um", R"(
# Not for less than the GiB, or for a move within the same GiB.
mmap 0x840000000 0x40000000 rw fixed -> ok 0x840000000
touch 0x840000000 r -> ok
munmap 0x840000000 0x200000 -> ok
mremap 0x840200000 0x3fe00000 0x3fe00000 to 0x880200000 -> ok 0x880200000
  by MREMAP-MOVED
  counts tables 0
mmap 0x840000000 0x40000000 r fixed -> ok 0x840000000
touch 0x87fe00000 r -> ok
munmap 0x87fe00000 0x200000 -> ok
mmap 0x87fe00000 0x200000 r fixed -> ok 0x87fe00000
  counts tables 1
mremap 0x840000000 0x40000000 0x40000000 to 0x900200000 -> ok 0x900200000
  counts tables 0
)"},

{"MREMAP-MOVED locked", "all, um", R"(
# M9: the added pages are locked and populated.
mmap 0x1000100000 0x1000 rw fixed,locked -> ok 0x1000100000
mmap 0x10001ff000 0x1000 r fixed -> ok 0x10001ff000
mremap 0x1000100000 0x1000 0x3000 to 0x1000200000 -> ok 0x1000200000
  by MREMAP-MOVED
  area 0x10001ff000-0x1000200000 r -
  area 0x1000200000-0x1000203000 rw locked,account
  counts locked 3 resident 3 size 4 committed 3
mremap 0x1000200000 0x3000 0x1000 to 0x1000300000 -> ok 0x1000300000
  counts locked 1 resident 1 size 2 committed 1
)"},

{"MREMAP-MOVED by the kernel's choice", "all", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 r fixed -> ok 0x1000101000
mremap 0x1000100000 0x1000 0x2000 maymove -> ok elsewhere
  by MREMAP-MOVED
  hit PLACE-TOP-DOWN
  area 0x1000101000-0x1000102000 r -
  area BASE-0x2000-BASE rw account
)"},

{"MREMAP-REBASES", "all, um", R"(
# S45: an area that was never written gets the page offset of its new place, so it can grow there.
mmap 0x100000 0x2000 rw fixed,growsdown -> ok 0x100000
touch 0x101000 r -> ok
mremap 0x100000 0x2000 0x2000 to 0x1000900000 -> ok 0x1000900000
  by MREMAP-MOVED
  hit MREMAP-REBASES
  no MREMAP-KEEPS-PGOFF
  area 0x1000900000-0x1000902000 rw growsdown,account pgoff 0x1000900 anon none
  page 0x1000901000 zero r
touch 0x10005fc000 w -> ok
  hit GROW-DONE
)"},

{"MREMAP-KEEPS-PGOFF", "all, um", R"(
mmap 0x100000 0x2000 rw fixed,growsdown -> ok 0x100000
touch 0x101000 w -> ok
mremap 0x101000 0x1000 0x1000 to 0x1000900000 -> ok 0x1000900000
  by MREMAP-MOVED
  hit MREMAP-KEEPS-PGOFF
  no MREMAP-REBASES
  area 0x100000-0x101000 rw growsdown,account pgoff 0x100 anon a
  area 0x1000900000-0x1000901000 rw growsdown,account pgoff 0x101 anon a
# Shared memory: the offset in its object, always.
mmap 0x1000100000 0x2000 rw fixed,shared -> ok 0x1000100000
mremap 0x1000101000 0x1000 0x1000 to 0x1000200000 -> ok 0x1000200000
  hit MREMAP-KEEPS-PGOFF
)"},

{"MREMAP-MOVED several areas since 6_17", "6.18+", R"(
# M4: without a change of length, all areas of the range move. Holes stay holes, and areas at the
# image of a hole stay. A hole at the start is refused.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x2000 r fixed -> ok 0x1000102000
mmap 0x1000200000 0x4000 x fixed -> ok 0x1000200000
mremap 0x10000ff000 0x4000 0x4000 to 0x1000200000 -> EFAULT
  by MREMAP-NO-AREA
  unchanged
mremap 0x1000100000 0x3000 0x3000 to 0x1000200000 -> ok 0x1000200000
  by MREMAP-MOVED
  area 0x1000103000-0x1000104000 r -
  area 0x1000200000-0x1000201000 rw account
  area 0x1000201000-0x1000202000 x -
  area 0x1000202000-0x1000203000 r -
  area 0x1000203000-0x1000204000 x -
  counts size 5 committed 1
)"},

{"MREMAP-UNMAPS-TARGET only after all checks since 6_17", "6.18+", R"(
# M3: a refusal keeps the target, except if the target is too low, which is checked later.
with min-addr 0x10000
mmap 0x1000 0x1000 r fixed -> ok 0x1000
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x3000 r fixed -> ok 0x1000200000
mremap 0x1000100000 0x2000 0x3000 to 0x1000200000 -> EFAULT
  by MREMAP-ACROSS-AREAS
  no MREMAP-UNMAPS-TARGET
  unchanged
limit as 0x5000 -> ok
mremap 0x1000100000 0x1000 0x2000 to 0x1000200000 -> ENOMEM
  by MREMAP-RLIMIT-AS
  unchanged
mremap 0x1000300000 0x1000 0x2000 to 0x1000200000 -> EFAULT
  by MREMAP-NO-AREA
  unchanged
mremap 0x1000300000 0x1000 0x2000 to 0x1000300000 -> EINVAL
  by MREMAP-OVERLAP
capable no -> ok
mremap 0x1000100000 0x1000 0x1000 to 0x1000 -> EPERM
  by PLACE-LOW
  hit MREMAP-UNMAPS-TARGET
  area 0x1000100000-0x1000101000 rw account
  area 0x1000200000-0x1000203000 r -
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
