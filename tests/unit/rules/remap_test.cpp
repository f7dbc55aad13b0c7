// mremap, except for moves.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios remap(__FILE__, {

{"MREMAP-ARGUMENTS", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mremap 0x1000100001 0x1000 0x1000 -> EINVAL
  by MREMAP-ARGUMENTS
mremap 0x1000100000 0x1000 0 -> EINVAL
  by MREMAP-ARGUMENTS
# A new length that rounds up to 0.
mremap 0x1000100000 0x1000 0xfffffffffffff001 maymove -> EINVAL
  by MREMAP-ARGUMENTS
# Before any area is looked up or unmapped.
mremap 0x1000200000 0x1000 0 to 0x1000100000 -> EINVAL
  by MREMAP-ARGUMENTS
  unchanged
)"},

{"MREMAP-TARGET", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x1000 0x1000 to 0x1000200800 -> EINVAL
  by MREMAP-TARGET
  unchanged
mremap 0x1000100000 0x1000 0x2000 to END-0x1000 -> EINVAL
  by MREMAP-TARGET
mremap 0x1000100000 0x1000 END+0x1000 to 0 -> EINVAL
4.3..6.12| by MREMAP-TARGET
6.18+|     by MREMAP-ARGUMENTS
mremap 0x1000100000 0x1000 END to 0x1000 -> EINVAL
  by MREMAP-TARGET
# All addresses: not an invalid target by itself.
mremap 0x1000100000 0x1000 END to 0 -> EINVAL
  by MREMAP-OVERLAP
mremap 0x1000100000 0x1000 0x1000 to END -> EINVAL
  by MREMAP-TARGET
  unchanged
mremap 0x1000100000 0x1000 0x1000 to END-0x1000 -> ok END-0x1000
  by MREMAP-MOVED
)"},

{"MREMAP-OVERLAP", "all, um", R"(
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x2000 0x2000 to 0x1000101000 -> EINVAL
  by MREMAP-OVERLAP
  unchanged
mremap 0x1000101000 0x1000 0x2000 to 0x1000100000 -> EINVAL
  by MREMAP-OVERLAP
mremap 0x1000100000 0x1000 0x1000 to 0x1000100000 -> EINVAL
  by MREMAP-OVERLAP
  unchanged
# The whole new length counts: up to the source is allowed.
mremap 0x1000102000 0x1000 0x2000 to 0x1000100000 -> ok 0x1000100000
  by MREMAP-MOVED
  area 0x1000100000-0x1000102000 rw account
  area 0x1000103000-0x1000104000 rw account
)"},

{"MREMAP-OVERLAP of nothing", "all, um", R"(
# A source of length 0 overlaps nothing, not even itself: it is unmapped as the target, and then
# there is no area.
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
mremap 0x1000100000 0 0x1000 to 0x1000100000 -> EFAULT
  by MREMAP-NO-AREA
  hit MREMAP-UNMAPS-TARGET
  no MREMAP-OVERLAP
  area none
)"},

{"MREMAP-UNMAPS-TARGET", "4.3..6.12, um", R"(
# M1: the checks of the source come later: target and tail are already unmapped.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x3000 r fixed -> ok 0x1000200000
mremap 0x1000100000 0x2000 0x2000 to 0x1000200000 -> EFAULT
  by MREMAP-ACROSS-AREAS
  hit MREMAP-UNMAPS-TARGET
  area 0x1000100000-0x1000101000 rw account
  area 0x1000202000-0x1000203000 r -
mmap 0x1000101000 0x1000 r fixed -> ok 0x1000101000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
mremap 0x1000100000 0x3000 0x2000 to 0x1000202000 -> EFAULT
  by MREMAP-ACROSS-AREAS
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 r -
)"},

{"MREMAP-UNMAPS-TARGET even if it may not be mapped", "all, um", R"(
# M3: EPERM for a low target comes after the unmapping, in all versions.
with min-addr 0x10000
mmap 0x1000 0x2000 r fixed -> ok 0x1000
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
capable no -> ok
mremap 0x1000100000 0x1000 0x1000 to 0x1000 -> EPERM
  by PLACE-LOW
  hit MREMAP-UNMAPS-TARGET
  area 0x2000-0x3000 r -
  area 0x1000100000-0x1000101000 rw account
)"},

{"MREMAP-NO-AREA", "all, um", R"(
# M1 to M3: up to 5.10 an unmapped range can be shrunk, and the area is looked up after the
# unmapping. From 6.1 to 6.12 it is looked up before everything else. Since 6.17 it is looked up
# after the arguments, including the overlap, and before the unmapping.
mmap 0x1000200000 0x1000 r fixed -> ok 0x1000200000
mremap 0x1000100000 0x1000 0x2000 -> EFAULT
  by MREMAP-NO-AREA
mremap 0x10001ff000 0x1000 0x2000 maymove -> EFAULT
  by MREMAP-NO-AREA
  unchanged
4.3..5.10| mremap 0x1000100000 0x2000 0x1000 -> ok 0x1000100000
4.3..5.10|   by MREMAP-SHRINKS
4.3..5.10| mremap 0x1000100000 0x1000 0x1000 -> ok 0x1000100000
6.1+|      mremap 0x1000100000 0x2000 0x1000 -> EFAULT
6.1+|        by MREMAP-NO-AREA
6.1+|      mremap 0x1000100000 0x1000 0x1000 -> EFAULT
  unchanged
mremap 0x1000100000 0x1000 0x1000 to 0x1000200000 -> EFAULT
  by MREMAP-NO-AREA
4.3..5.10| area none
6.1+|      area 0x1000200000-0x1000201000 r -
6.1..6.12|        mremap 0x1000100000 0x1000 0x1000 to 0x1000100000 -> EFAULT
6.1..6.12|          by MREMAP-NO-AREA
4.3..5.10, 6.18+| mremap 0x1000100000 0x1000 0x1000 to 0x1000100000 -> EINVAL
4.3..5.10, 6.18+|   by MREMAP-OVERLAP
)"},

{"MREMAP-ACROSS-AREAS", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 r fixed -> ok 0x1000101000
mremap 0x1000100000 0x2000 0x3000 maymove -> EFAULT
  by MREMAP-ACROSS-AREAS
  unchanged
mremap 0x1000100000 0x1001 0x3000 -> EFAULT
  by MREMAP-ACROSS-AREAS
mremap 0x1000100000 0xfffffffffffff000 0xfffffffffffff000 to 0x1000400000 -> EINVAL
4.3..6.12| by MREMAP-TARGET
6.18+|     by MREMAP-ARGUMENTS
# Shrinking unmaps the tail, over any areas.
mremap 0x1000100000 0x2000 0x1000 -> ok 0x1000100000
  area 0x1000100000-0x1000101000 rw account
)"},

{"MREMAP-DUPLICATE-PRIVATE", "5.10+, um", R"(
# M5
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0 0x1000 maymove -> EINVAL
  by MREMAP-DUPLICATE-PRIVATE
  unchanged
# After the target is unmapped, like all checks of the source; since 6.17 before that.
mmap 0x1000200000 0x1000 r fixed -> ok 0x1000200000
mremap 0x1000100000 0 0x1000 to 0x1000200000 -> EINVAL
  by MREMAP-DUPLICATE-PRIVATE
  area 0x1000100000-0x1000101000 rw account
6.18+| area 0x1000200000-0x1000201000 r -
)"},

{"MREMAP-MOVED a second mapping of an object", "all, um", R"(
# M5: old length 0 of shared memory.
mmap 0x1000100000 0x2000 rw fixed,shared -> ok 0x1000100000
touch 0x1000101000 w -> ok
mremap 0x1000101000 0 0x1000 to 0x1000200000 -> ok 0x1000200000
  by MREMAP-MOVED
  no MREMAP-DUPLICATE-PRIVATE MREMAP-DUPLICATE-UNACCOUNTS
  area 0x1000100000-0x1000102000 rw shared pgoff 0 object o
  area 0x1000200000-0x1000201000 rw shared pgoff 1 object o
  counts size 3 objects 1
touch 0x1000200000 w -> ok
  page 0x1000101000 shared rw frame f dirty
  page 0x1000200000 shared rw frame f dirty
)"},

{"MREMAP-DUPLICATE-UNACCOUNTS", "4.3", R"(
# M5: an empty copy is made; the source loses VM_ACCOUNT, and the charge of all of it.
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
touch 0x1000101000 w -> ok
mremap 0x1000101000 0 0x1000 to 0x1000200000 -> ok 0x1000200000
  by MREMAP-MOVED
  hit MREMAP-DUPLICATE-UNACCOUNTS
  area 0x1000100000-0x1000104000 rw - pgoff 0x1000100 anon a
  area 0x1000200000-0x1000201000 rw account pgoff 0x1000101 anon a
  page 0x1000101000 anonymous rw
  counts size 5 committed 1
munmap 0x1000100000 0x4000 -> ok
  counts committed 1
munmap 0x1000200000 0x1000 -> ok
  counts committed 0
)"},

{"MREMAP-RLIMIT-MEMLOCK", "all, um", R"(
capable no -> ok
limit memlock 0x4fff -> ok
mmap 0x1000100000 0x2000 rw fixed,locked -> ok 0x1000100000
mremap 0x1000100000 0x2000 0x5000 -> EAGAIN
  by MREMAP-RLIMIT-MEMLOCK
  unchanged
mremap 0x1000100000 0x2000 0x4000 -> ok 0x1000100000
  by MREMAP-IN-PLACE
  hit POPULATE-DONE
  counts locked 4 resident 4 size 4 committed 4
mremap 0x1000100000 0x4000 0x5000 -> EAGAIN
  by MREMAP-RLIMIT-MEMLOCK
limit memlock 0x5000 -> ok
mremap 0x1000100000 0x4000 0x5000 -> ok 0x1000100000
mremap 0x1000100000 0x5000 0x4000 -> ok 0x1000100000
# M6: without a change of length the limit is not checked.
limit memlock 0x1000 -> ok
mremap 0x1000100000 0x4000 0x4000 to 0x1000200000 -> ok 0x1000200000
  counts locked 4 resident 4
)"},

{"MREMAP-RLIMIT-MEMLOCK in bytes or pages", "4.3..6.12, um", R"(
# Up to 5.10 the check adds bytes. The sum wraps here to one page, so RLIMIT_AS has to refuse. Later
# kernels count pages.
capable no -> ok
mmap 0x1000100000 0x6000 rw fixed,locked -> ok 0x1000100000
4.3..5.10| mremap 0x1000105000 0x1000 0xffffffffffffc000 -> ENOMEM
4.3..5.10|   by MREMAP-RLIMIT-AS
4.3..5.10|   no MREMAP-RLIMIT-MEMLOCK
6.1..6.12| mremap 0x1000105000 0x1000 0xffffffffffffc000 -> EAGAIN
6.1..6.12|   by MREMAP-RLIMIT-MEMLOCK
  unchanged
)"},

{"MREMAP-RLIMIT-AS", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
limit as 0x4fff -> ok
mremap 0x1000100000 0x2000 0x5000 maymove -> ENOMEM
  by MREMAP-RLIMIT-AS
  unchanged
# A part of the area grows at another address.
mremap 0x1000100000 0x1000 0x4000 maymove -> ENOMEM
  by MREMAP-RLIMIT-AS
mremap 0x1000100000 0x2000 0x4000 -> ok 0x1000100000
  by MREMAP-IN-PLACE
  counts size 4
# M6
limit as 0 -> ok
mremap 0x1000100000 0x4000 0x4000 to 0x1000200000 -> ok 0x1000200000
  by MREMAP-MOVED
mremap 0x1000200000 0x4000 0x3000 -> ok 0x1000200000
)"},

{"MREMAP-RLIMIT-DATA", "5.10+, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
limit data 0x4fff -> ok
mremap 0x1000100000 0x2000 0x5000 maymove -> ENOMEM
  by MREMAP-RLIMIT-DATA
  unchanged
mremap 0x1000100000 0x2000 0x4000 -> ok 0x1000100000
  counts data 4
# A stack is not data.
mmap 0x1000200000 0x1000 rw fixed,growsdown -> ok 0x1000200000
mremap 0x1000200000 0x1000 0x2000 -> ok 0x1000200000
  no MREMAP-RLIMIT-DATA
limit as 0 -> ok
mremap 0x1000100000 0x4000 0x5000 -> ENOMEM
  by MREMAP-RLIMIT-AS
)"},

{"MREMAP-SHRINKS", "all, um", R"(
mmap 0x1000100000 0x4000 rw fixed,populate -> ok 0x1000100000
mmap 0x1000104000 0x1000 r fixed -> ok 0x1000104000
mremap 0x1000100000 0x4000 0x1801 -> ok 0x1000100000
  by MREMAP-SHRINKS
  area 0x1000100000-0x1000102000 rw account
  area 0x1000104000-0x1000105000 r -
  counts size 3 committed 2 resident 2
# Rounded to the same length: nothing.
mremap 0x1000100000 0x1001 0x2000 -> ok 0x1000100000
  by MREMAP-SHRINKS
  unchanged
)"},

{"MREMAP-IN-PLACE", "all, um", R"(
# Up to the next area, without regard to guard gaps. Since 6.1 the extension merges (M8).
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000106000 0x1000 rw fixed,growsdown -> ok 0x1000106000
mremap 0x1000100000 0x2000 0x6000 -> ok 0x1000100000
  by MREMAP-IN-PLACE
  area 0x1000100000-0x1000106000 rw account pgoff 0x1000100 anon none
  area 0x1000106000-0x1000107000 rw growsdown,account
  counts size 7 committed 7 data 6 stack 1
mmap 0x1000201000 0x1000 rw fixed -> ok 0x1000201000
mmap 0x1000203000 0x1000 rw fixed -> ok 0x1000203000
mremap 0x1000201000 0x1000 0x2000 -> ok 0x1000201000
  by MREMAP-IN-PLACE
  area 0x1000100000-0x1000106000 rw account
  area 0x1000106000-0x1000107000 rw growsdown,account
4.3..5.10| area 0x1000201000-0x1000203000 rw account
4.3..5.10| area 0x1000203000-0x1000204000 rw account
6.1+|      area 0x1000201000-0x1000204000 rw account
  counts size 10 committed 10
# From the middle of an area: its end counts.
mremap 0x1000105000 0x1000 0x1000 -> ok 0x1000105000
mremap 0x1000106000 0x1000 0x3000 maymove -> ok 0x1000106000
  by MREMAP-IN-PLACE
  counts stack 3
)"},

{"MREMAP-IN-PLACE from the middle", "all, um", R"(
mmap 0x1000100000 0x3000 r fixed -> ok 0x1000100000
mremap 0x1000101000 0x2000 0x4000 maymove -> ok 0x1000101000
  by MREMAP-IN-PLACE
  area 0x1000100000-0x1000105000 r - pgoff 0x1000100
  counts size 5 committed 0
# Not if the range ends before the area.
mremap 0x1000101000 0x2000 0x5000 maymove -> ok elsewhere
  by MREMAP-MOVED
  no MREMAP-IN-PLACE
)"},

{"MREMAP-NO-ROOM", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000104000 0x1000 r fixed -> ok 0x1000104000
mremap 0x1000100000 0x2000 0x5000 -> ENOMEM
  by MREMAP-NO-ROOM
  unchanged
mremap 0x1000100000 0x1000 0x2000 -> ENOMEM
  by MREMAP-NO-ROOM
  unchanged
mremap 0x1000100000 0x2000 0x4000 -> ok 0x1000100000
  no MREMAP-NO-ROOM
)"},

{"MREMAP-NO-ROOM at the ends of the address space", "all, um", R"(
# Beyond TASK_SIZE; and (M7) if the area starts below the minimum address.
with min-addr 0x2000
mmap END-0x2000 0x1000 rw fixed -> ok END-0x2000
mremap END-0x2000 0x1000 0x3000 -> ENOMEM
  by MREMAP-NO-ROOM
mremap END-0x2000 0x1000 0x2000 -> ok END-0x2000
mmap 0x1000 0x2000 rw fixed -> ok 0x1000
mremap 0x2000 0x1000 0x2000 -> ok 0x2000
  by MREMAP-IN-PLACE
capable no -> ok
mremap 0x2000 0x2000 0x3000 -> ENOMEM
  by MREMAP-NO-ROOM
  unchanged
mremap 0x2000 0x2000 0x3000 maymove -> ok elsewhere
  by MREMAP-MOVED
# The check is of the area's start, and passes at the minimum.
munmap 0x1000 0x1000 -> ok
mmap 0x2000 0x1000 rw fixed -> ok 0x2000
mremap 0x2000 0x1000 0x2000 -> ok 0x2000
  by MREMAP-IN-PLACE
)"},

{"MREMAP-NO-ROOM for the longest", "all, um", R"(
# M7: the check is of the whole area at its place, so page 0 is part of the length.
mmap 0 END-0x1000 none fixed -> ok 0
arm64, um| mremap 0x1000 END-0x2000 END-0x1000 -> ENOMEM
arm64, um|   by MREMAP-NO-ROOM
arm64, um|   unchanged
arm64, um| munmap 0 0x1000 -> ok
# x86 does not check for addresses below the minimum, but for an end within the user's addresses.
amd64|     mremap 0x1000 END-0x2000 END -> ENOMEM
amd64|       by MREMAP-NO-ROOM
mremap 0x1000 END-0x2000 END-0x1000 -> ok 0x1000
  by MREMAP-IN-PLACE
)"},

{"MREMAP-NO-ROOM with 52 bits", "6.12+ arm64", R"(
# An area below the window's end is checked without a hint above it: it cannot become longer than
# the window.
with va-bits 52
mmap 0x1000 0x1000 r fixed -> ok 0x1000
mremap 0x1000 0x1000 0x1000000000000 -> ENOMEM
  by MREMAP-NO-ROOM
  unchanged
mremap 0x1000 0x1000 0xfffffffff000 -> ok 0x1000
  by MREMAP-IN-PLACE
)"},

{"MREMAP-MAP-COUNT", "4.3..6.18, um", R"(
# One area; a move requires fewer areas than max_map_count - 3.
with max-map-count 4
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x1000 0x2000 maymove -> ENOMEM
  by MREMAP-MAP-COUNT
  unchanged
mremap 0x1000100000 0x2000 0x3000 -> ok 0x1000100000
  by MREMAP-IN-PLACE
)"},

{"MREMAP-MAP-COUNT one more", "4.3..6.18, um", R"(
with max-map-count 5
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x1000 0x2000 maymove -> ok elsewhere
  no MREMAP-MAP-COUNT
)"},

{"MREMAP-MAP-COUNT to a target", "4.3..6.18, um", R"(
# Since 5.2 room for two more areas is required before the target is unmapped.
with max-map-count 7
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x1000 0x1000 to 0x1000200000 -> ok 0x1000200000
  no MREMAP-MAP-COUNT
mmap 0x1000300000 0x1000 r fixed -> ok 0x1000300000
4.3|   mremap 0x1000200000 0x1000 0x1000 to 0x1000300000 -> ok 0x1000300000
4.3|   mmap 0x1000400000 0x1000 r fixed -> ok 0x1000400000
4.3|   mmap 0x1000500000 0x1000 r fixed -> ok 0x1000500000
4.3|   mmap 0x1000600000 0x1000 r fixed -> ok 0x1000600000
4.3|   mmap 0x1000700000 0x1000 r fixed -> ok 0x1000700000
4.3|   mremap 0x1000300000 0x1000 0x1000 to 0x1000700000 -> ENOMEM
4.3|     by MREMAP-MAP-COUNT
# The target is unmapped.
4.3|     hit MREMAP-UNMAPS-TARGET
4.3|     counts areas 4
5.10+| mremap 0x1000200000 0x1000 0x1000 to 0x1000300000 -> ENOMEM
5.10+|   by MREMAP-MAP-COUNT
5.10+|   unchanged
)"},

{"MREMAP-MAP-COUNT for the splits", "7.2", R"(
# Room for two more areas by the first unmapping and two by the move is required of every call,
# including shrinking and growing in place, before the area is looked up.
with max-map-count 4
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x4000 0x3000 -> ENOMEM
  by MREMAP-MAP-COUNT
  unchanged
mremap 0x1000100000 0x4000 0x5000 -> ENOMEM
  by MREMAP-MAP-COUNT
mremap 0x1000200000 0x1000 0x2000 -> ENOMEM
  by MREMAP-MAP-COUNT
mremap 0x1000100000 0x4000 0x4000 to 0x1000200000 -> ENOMEM
  by MREMAP-MAP-COUNT
  unchanged
# After the check of the arguments.
mremap 0x1000100000 0x4000 0x4000 to 0x1000101000 -> EINVAL
  by MREMAP-OVERLAP
mremap 0x1000100000 0x4000 0 -> EINVAL
  by MREMAP-ARGUMENTS
)"},

{"MREMAP-MAP-COUNT no more than the splits", "7.2", R"(
with max-map-count 5
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
mremap 0x1000100000 0x4000 0x3000 -> ok 0x1000100000
  no MREMAP-MAP-COUNT
mremap 0x1000101000 0x1000 0x1000 to 0x1000200000 -> ok 0x1000200000
  counts areas 3
mremap 0x1000200000 0x1000 0x1000 to 0x1000300000 -> ENOMEM
  by MREMAP-MAP-COUNT
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
