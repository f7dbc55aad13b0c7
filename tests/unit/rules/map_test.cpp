// mmap, placement and munmap.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios map(__FILE__, {

{"MAP-FIXED", "all, um", R"(
mmap 0x1000200000 0x1800 rw fixed,growsdown -> ok 0x1000200000
  by MAP-FIXED
  area 0x1000200000-0x1000202000 rw growsdown,account pgoff 0x1000200 anon none
  counts size 2 stack 2 data 0 committed 2 locked 0 tables 0
# S48: another area's guard gap is no obstacle, and a stack may lie directly above another area.
mmap 0x10001ff000 0x1000 rw fixed -> ok 0x10001ff000
  by MAP-FIXED
  area 0x10001ff000-0x1000200000 rw account
  area 0x1000200000-0x1000202000 rw growsdown,account
4.3|   counts size 3 stack 2 data 1 committed 3
5.10+| counts size 3 stack 2 data 1 committed 3
# Read-only, inaccessible and noreserve memory is not accounted; VmData was all private memory once.
mmap 0x1000300000 0x1000 r fixed -> ok 0x1000300000
mmap 0x1000400000 0x1000 none fixed -> ok 0x1000400000
mmap 0x1000500000 0x1000 rw fixed,noreserve -> ok 0x1000500000
mmap 0x1000600000 0x1000 rw fixed,shared -> ok 0x1000600000
4.3|   counts size 7 stack 2 data 4 committed 3
5.10+| counts size 7 stack 2 data 2 committed 3
)"},

{"MAP-FIXED stack and locked", "all, um", R"(
# S52: MAP_STACK is a flag of the area since 6.8, so that a stack without it does not merge.
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
mmap 0x1000100000 0x1000 rw fixed,growsdown,stack -> ok 0x1000100000
4.3..6.1| area 0x1000100000-0x1000102000 rw growsdown,account
6.12+|    area 0x1000100000-0x1000101000 rw growsdown,account,nohugepage
6.12+|    area 0x1000101000-0x1000102000 rw growsdown,account
mmap 0x1000200000 0x2000 rw fixed,locked -> ok 0x1000200000
  by MAP-FIXED
  hit POPULATE-DONE
  counts locked 2 resident 2
)"},

{"MAP-AT-HINT", "all, um", R"(
# A hint is rounded down.
mmap 0x1000100fff 0x1 rw - -> ok 0x1000100000
  by MAP-AT-HINT
  hit PLACE-HINT
  area 0x1000100000-0x1000101000 rw account
)"},

{"MAP-CHOSEN", "all, um", R"(
# Outside the windows: the highest place below mmap_base, or user-mode Linux's lowest place. A hint
# below one page is no hint.
mmap 0xfff 0x1000 rw - -> ok elsewhere
  by MAP-CHOSEN
arm64, amd64| hit PLACE-TOP-DOWN
um|           hit PLACE-BOTTOM-UP
  no PLACE-HINT PLACE-HINT-TAKEN MAP-HINT-RAISED
arm64, amd64| area BASE-0x1000-BASE rw account
# TASK_UNMAPPED_BASE.
um|           area 0x40000000-0x40001000 rw account
)"},

{"MAP-EMPTY", "all, um", R"(
mmap 0x1000100000 0 rw fixed -> EINVAL
  by MAP-EMPTY
# Checked before everything else.
mmap 0x1000100001 0 rw fixed,growsdown,shared -> EINVAL
  by MAP-EMPTY
mmap 0 0 rw - -> EINVAL
  by MAP-EMPTY
  area none
)"},

{"MAP-TOO-LONG", "all, um", R"(
# PAGE_ALIGN of it is 0. A byte that does not round up: too long for the address space.
mmap 0x1000100000 0xffffffffffffffff rw fixed -> ENOMEM
  by MAP-TOO-LONG
mmap 0x1000100000 0xfffffffffffff001 rw - -> ENOMEM
  by MAP-TOO-LONG
mmap 0x1000100000 0xfffffffffffff000 rw fixed -> ENOMEM
  by PLACE-TOO-LONG
  area none
)"},

{"MAP-HINT-RAISED", "all, um", R"(
# The minimum address is the greater of the two, whole pages.
with min-addr 0x3000
with lsm-min-addr 0x7001
mmap 0x2000 0x1000 rw - -> ok 0x8000
  by MAP-AT-HINT
  hit MAP-HINT-RAISED
mmap 0x8000 0x1000 rw - -> ok elsewhere
  no MAP-HINT-RAISED
  hit PLACE-HINT-TAKEN
mmap 0x9000 0x1000 rwx - -> ok 0x9000
  no MAP-HINT-RAISED
mmap 0xfff 0x1000 r - -> ok elsewhere
  no MAP-HINT-RAISED
)"},

{"MAP-HINT-RAISED not at the minimum", "all, um", R"(
mmap 0x1000 0x1000 rw - -> ok 0x1000
  by MAP-AT-HINT
  no MAP-HINT-RAISED
)"},

{"MAP-COUNT", "all, um", R"(
# A count above max_map_count is refused, so there may be one more area than max_map_count.
with max-map-count 2
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x1000 rw fixed -> ok 0x1000200000
mmap 0x1000500000 0x1000 rw fixed,growsdown -> ok 0x1000500000
  counts areas 3
mmap 0x1000400000 0x1000 rw fixed -> ENOMEM
  by MAP-COUNT
  unchanged
# Replacing and merging too.
mmap 0x1000100000 0x1000 rw fixed -> ENOMEM
  by MAP-COUNT
  unchanged
mmap 0x1000101000 0x1000 rw fixed -> ENOMEM
  by MAP-COUNT
# S61: growth does not count areas.
touch 0x10004f0000 w -> ok
  hit GROW-DONE
)"},

{"MAP-REPLACE-MAP-COUNT", "all, um", R"(
with max-map-count 2
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x3000 rw fixed -> ok 0x1000200000
mmap 0x1000101000 0x1000 r fixed -> ENOMEM
  by MAP-REPLACE-MAP-COUNT
  unchanged
# Unmapping at an end makes no hole.
mmap 0x1000102000 0x1000 r fixed -> ok 0x1000102000
  by MAP-FIXED
  counts areas 3
)"},

{"MAP-REPLACE-MAP-COUNT below the limit", "all, um", R"(
with max-map-count 2
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 r fixed -> ok 0x1000101000
  no MAP-REPLACE-MAP-COUNT
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 r -
  area 0x1000102000-0x1000103000 rw account
munmap 0x1000101000 0x1000 -> ok
mmap 0x1000102000 0x3000 rw fixed -> ok 0x1000102000
mmap 0x1000103000 0x1000 r fixed -> ENOMEM
  by MAP-REPLACE-MAP-COUNT
)"},

{"MAP-NOREPLACE", "5.10+, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rw fixed_noreplace -> EEXIST
  by MAP-NOREPLACE
  unchanged
mmap 0x10000ff000 0x1001 rw fixed_noreplace -> EEXIST
  by MAP-NOREPLACE
# S82: before the other arguments are checked.
capable no -> ok
limit memlock 0 -> ok
mmap 0x1000100000 0x1000 rw fixed_noreplace,growsdown,shared,locked -> EEXIST
  by MAP-NOREPLACE
mmap 0x1000100800 0x1000 rw fixed_noreplace -> EINVAL
  by PLACE-UNALIGNED
mmap 0x10000ff000 0x1000 rw fixed_noreplace,growsdown -> ok 0x10000ff000
  by MAP-FIXED
)"},

{"MAP-NOREPLACE-UNKNOWN", "4.3", R"(
# The flag is ignored: the address is a hint, rounded down, and replaced if it is occupied.
mmap 0x1000100800 0x1000 rw fixed_noreplace -> ok 0x1000100000
  by MAP-AT-HINT
  hit MAP-NOREPLACE-UNKNOWN
mmap 0x1000100000 0x1000 rw fixed_noreplace -> ok elsewhere
  by MAP-CHOSEN
  hit MAP-NOREPLACE-UNKNOWN
)"},

{"MAP-LOCKED-DENIED", "all, um", R"(
limit memlock 0 -> ok
mmap 0x1000100000 0x1000 rw fixed,locked -> ok 0x1000100000
  counts locked 1
capable no -> ok
mmap 0x1000200000 0x1000 rw fixed,locked -> EPERM
  by MAP-LOCKED-DENIED
  unchanged
mmap 0x1000200000 0x1000 rw fixed,growsdown,shared,locked -> EPERM
  by MAP-LOCKED-DENIED
# A limit of one byte is not 0, but it allows no page.
limit memlock 1 -> ok
mmap 0x1000200000 0x1000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
)"},

{"MAP-RLIMIT-MEMLOCK", "all, um", R"(
capable no -> ok
limit memlock 0x4fff -> ok
mmap 0x1000100000 0x5000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
  area none
mmap 0x1000100000 0x4000 rw fixed,locked -> ok 0x1000100000
  counts locked 4
mmap 0x1000200000 0x1000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
  unchanged
# The replaced pages are not subtracted.
mmap 0x1000100000 0x1000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
  unchanged
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
  counts locked 3
)"},

{"MAP-SHARED-GROWSDOWN", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown,shared -> EINVAL
  by MAP-SHARED-GROWSDOWN
  area none
mmap 0 0x1000 rw growsdown,shared -> EINVAL
  by MAP-SHARED-GROWSDOWN
# Before the limits on the size.
limit as 0 -> ok
mmap 0x1000100000 0x1000 rw fixed,growsdown,shared -> EINVAL
  by MAP-SHARED-GROWSDOWN
)"},

{"MAP-RLIMIT-AS", "all, um", R"(
limit as 0x4fff -> ok
mmap 0x1000100000 0x5000 none fixed -> ENOMEM
  by MAP-RLIMIT-AS
  area none
mmap 0x1000100000 0x4000 none fixed -> ok 0x1000100000
mmap 0 0x1000 none - -> ENOMEM
  by MAP-RLIMIT-AS
# The replaced pages count once.
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
  hit MAP-REPLACES
  counts size 4
mmap 0x1000102000 0x3000 rw fixed -> ENOMEM
  by MAP-RLIMIT-AS
)"},

{"MAP-RLIMIT-DATA", "5.10+, um", R"(
# S28: private, writable, not growing.
limit data 0x4fff -> ok
mmap 0x1000100000 0x5000 rw fixed -> ENOMEM
  by MAP-RLIMIT-DATA
  area none
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
  counts data 4
mmap 0x1000200000 0x1000 w fixed -> ENOMEM
  by MAP-RLIMIT-DATA
mmap 0x1000600000 0x1000 rw fixed,growsdown -> ok 0x1000600000
mmap 0x1000300000 0x1000 rw fixed,shared -> ok 0x1000300000
mmap 0x1000400000 0x1000 rx fixed -> ok 0x1000400000
touch 0x10005f0000 w -> ok
  hit GROW-DONE
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
  counts data 4
# The replaced pages count once; of both limits, RLIMIT_AS is checked first.
limit data 0x6000 -> ok
limit as 0x1b000 -> ok
mmap 0x1000400000 0x4000 rw fixed -> ENOMEM
  by MAP-RLIMIT-DATA
limit as 0 -> ok
mmap 0x1000500000 0x1000 rw fixed -> ENOMEM
  by MAP-RLIMIT-AS
)"},

{"MAP-FIXED no RLIMIT_DATA before 4_7", "4.3", R"(
# S29
limit data 0x1000 -> ok
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
  by MAP-FIXED
mmap 0x1000200000 0x2000 r fixed -> ok 0x1000200000
mprotect 0x1000200000 0x2000 rw -> ok
mremap 0x1000100000 0x2000 0x3000 -> ok 0x1000100000
  counts data 5
)"},

{"MAP-REPLACES", "all, um", R"(
mmap 0x1000100000 0x4000 rw fixed,growsdown,locked -> ok 0x1000100000
mmap 0x1000101000 0x2000 r fixed -> ok 0x1000101000
  by MAP-FIXED
  hit MAP-REPLACES
  no MAP-FIXED-KEEPS-SPLIT
  area 0x1000100000-0x1000101000 rw growsdown,locked,account pgoff 0x1000100 anon a
  area 0x1000101000-0x1000103000 r - pgoff 0x1000101 anon none
  area 0x1000103000-0x1000104000 rw growsdown,locked,account pgoff 0x1000103 anon a
4.3|   counts size 4 stack 2 locked 2 data 2 committed 2 resident 1
5.10+| counts size 4 stack 2 locked 2 data 0 committed 2 resident 2
)"},

{"MAP-FIXED-KEEPS-SPLIT", "6.12+", R"(
# S81: a limit refuses the replacement. The areas that were split for it stay split, and keep their
# pages.
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
touch 0x1000103000 w -> ok
limit as 0x4000 -> ok
mmap 0x1000102000 0x4000 r fixed -> ENOMEM
  by MAP-RLIMIT-AS
  hit MAP-FIXED-KEEPS-SPLIT
  area 0x1000100000-0x1000102000 rw account pgoff 0x1000100 anon a
  area 0x1000102000-0x1000104000 rw account pgoff 0x1000102 anon a
  page 0x1000103000 anonymous rw
  counts size 4 committed 4 areas 2
# The same at the other end.
mmap 0x10000ff000 0x2000 r fixed -> ENOMEM
  by MAP-RLIMIT-AS
  hit MAP-FIXED-KEEPS-SPLIT
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 rw account
  area 0x1000102000-0x1000104000 rw account
# Areas inside the range are not split.
mmap 0x1000104000 0x1000 r fixed -> ENOMEM
  no MAP-FIXED-KEEPS-SPLIT
  unchanged
# Refusals before the limits split nothing.
mmap 0x1000103000 0x1000 rw fixed,growsdown,shared -> EINVAL
  unchanged
)"},

{"MAP-RLIMIT-AS splits nothing before 6.12", "4.3..6.1, um", R"(
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
limit as 0x4000 -> ok
mmap 0x1000102000 0x4000 r fixed -> ENOMEM
  by MAP-RLIMIT-AS
  unchanged
)"},

{"PLACE-TOO-LONG", "all, um", R"(
# Addresses below the minimum count as occupied; x86 does not check that.
mmap 0 END+0x1 none - -> ENOMEM
  by PLACE-TOO-LONG
mmap 0x1000 END-0xfff none fixed -> ENOMEM
arm64, um| by PLACE-TOO-LONG
amd64|     by PLACE-BEYOND-TASK
mmap 0 END-0xfff none - -> ENOMEM
arm64, um| by PLACE-TOO-LONG
amd64|     by PLACE-NO-ROOM
mmap 0x1000 END-0x1000 none fixed -> ok 0x1000
  area 0x1000-END none -
)"},

{"PLACE-TOO-LONG counts the LSM's minimum", "all, um", R"(
with lsm-min-addr 0x10000
arm64, um| mmap 0x1000 END-0xffff none fixed -> ENOMEM
arm64, um|   by PLACE-TOO-LONG
amd64|     mmap 0x1000 END-0xffff none fixed -> ok 0x1000
amd64|       no PLACE-TOO-LONG
mmap 0x1000 END-0x10000 none fixed -> ok 0x1000
)"},

{"PLACE-BEYOND-TASK", "all, um", R"(
mmap END-0x1000 0x1001 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap END 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
# Before the alignment is checked.
mmap END-0xfff 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap 0xffffffffffffffff 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap END-0x1000 0x1000 rw fixed -> ok END-0x1000
)"},

{"PLACE-UNALIGNED", "all, um", R"(
mmap 0x1000100001 0x1000 rw fixed -> EINVAL
  by PLACE-UNALIGNED
# Before the capability is checked.
capable no -> ok
mmap 0x1 0x1000 rw fixed -> EINVAL
  by PLACE-UNALIGNED
  area none
)"},

{"PLACE-LOW", "all, um", R"(
# The sysctl alone; CONFIG_LSM_MMAP_MIN_ADDR is not checked here.
with min-addr 0x2000
with lsm-min-addr 0x10000
mmap 0x1000 0x1000 rw fixed -> ok 0x1000
capable no -> ok
mmap 0x1000 0x1000 rw fixed -> EPERM
  by PLACE-LOW
  unchanged
mmap 0x0 0x5000 rw fixed -> EPERM
  by PLACE-LOW
mmap 0x2000 0x1000 rw fixed -> ok 0x2000
)"},

{"PLACE-HINT", "all, um", R"(
# S49: a hint may end 256 pages below a stack, on 4.3 directly below it. Directly above is allowed.
mmap 0x1000200000 0x1000 rw fixed,growsdown -> ok 0x1000200000
mmap 0x10000ff000 0x1000 r - -> ok 0x10000ff000
  by MAP-AT-HINT
  hit PLACE-HINT
5.10+| mmap 0x1000100000 0x1000 r - -> ok elsewhere
5.10+|   by MAP-CHOSEN
5.10+|   hit PLACE-HINT-TAKEN
4.3|   mmap 0x1000100000 0x1000 r - -> ok 0x1000100000
4.3|   mmap 0x10001ff000 0x1000 r - -> ok 0x10001ff000
4.3|     by MAP-AT-HINT
4.3|     hit PLACE-HINT
mmap 0x1000201000 0x1000 r - -> ok 0x1000201000
  hit PLACE-HINT
)"},

{"PLACE-HINT-TAKEN by a gap down to address 0", "5.10+, um", R"(
# The gap of a stack below page 256 ends at 0.
mmap 0x80000 0x1000 rw fixed,growsdown -> ok 0x80000
mmap 0x1000 0x1000 r - -> ok elsewhere
  hit PLACE-HINT-TAKEN
)"},

{"PLACE-HINT up to the last page", "all, um", R"(
mmap END-0x1000 0x1000 r - -> ok END-0x1000
  hit PLACE-HINT
# A hint that does not fit is ignored.
mmap END-0x2000 0x3000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
mmap 0xffffffffffffffff 0x1000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
)"},

{"PLACE-HINT-TAKEN", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-HINT-TAKEN
mmap 0x10000ff000 0x1001 r - -> ok elsewhere
  hit PLACE-HINT-TAKEN
mmap 0x10000ff000 0x1000 r - -> ok 0x10000ff000
  no PLACE-HINT-TAKEN
)"},

{"PLACE-TOP-DOWN", "all", R"(
# S50: the highest hole is used first. 256 pages below a stack stay free, on 4.3 none. A new stack
# requires no free pages below itself.
mmap 0 0x2000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  no PLACE-BOTTOM-UP
mmap 0 0x1000 rw growsdown -> ok elsewhere
  area BASE-0x3000-BASE-0x2000 rw growsdown,account
  area BASE-0x2000-BASE r -
mmap 0 0x1000 rw - -> ok elsewhere
  hit PLACE-TOP-DOWN
4.3|   area BASE-0x4000-BASE-0x3000 rw account
5.10+| area BASE-0x104000-BASE-0x103000 rw account
  area BASE-0x3000-BASE-0x2000 rw growsdown,account
  area BASE-0x2000-BASE r -
)"},

{"PLACE-TOP-DOWN into a hole that fits", "all", R"(
# A hole of exactly the length, and one that is too short.
mmap 0x1000 BASE-0x1000 none fixed -> ok 0x1000
munmap 0x1000200000 0x2000 -> ok
munmap 0x1000100000 0x3000 -> ok
mmap 0 0x3000 r - -> ok 0x1000100000
  by MAP-CHOSEN
  hit PLACE-TOP-DOWN
  no PLACE-BOTTOM-UP
)"},

{"PLACE-TOP-DOWN below the minimum address", "all", R"(
# x86's search went down to the first page; mapping there requires the capability.
with min-addr 0x10000
mmap 0x10000 END-0x10000 none fixed -> ok 0x10000
4.3..6.1 amd64|    mmap 0 0x2000 rw - -> ok 0xe000
4.3..6.1 amd64|      by MAP-CHOSEN
4.3..6.1 amd64|      hit PLACE-TOP-DOWN
4.3..6.1 amd64|    capable no -> ok
4.3..6.1 amd64|    mmap 0 0x1000 rw - -> EPERM
4.3..6.1 amd64|      by PLACE-LOW
arm64, 6.12+|      mmap 0 0x2000 rw - -> ENOMEM
arm64, 6.12+|        by PLACE-NO-ROOM
  hit PLACE-TOP-DOWN
)"},

{"PLACE-BOTTOM-UP", "all", R"(
# Everything below mmap_base is occupied. From a quarter of the address space (a third on x86)
# upwards, the first hole is the one above mmap_base.
mmap 0x1000 BASE-0x1000 none fixed -> ok 0x1000
mmap 0 0x2000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-TOP-DOWN PLACE-BOTTOM-UP
  area 0x1000-BASE none -
  area BASE-BASE+0x2000 r -
)"},

{"PLACE-BOTTOM-UP into a hole that fits", "all, um", R"(
mmap 0x1000 END-0x2000 none fixed -> ok 0x1000
munmap BASE+0x100000 0x2000 -> ok
mmap 0 0x2000 r - -> ok elsewhere
  hit PLACE-BOTTOM-UP
  area 0x1000-BASE+0x100000 none -
  area BASE+0x100000-BASE+0x102000 r -
  area BASE+0x102000-END-0x1000 none -
)"},

{"PLACE-BOTTOM-UP in user-mode Linux", "um", R"(
# It has the old layout: upwards from TASK_UNMAPPED_BASE to the first hole. A stack keeps its gap.
mmap 0 0x2000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-BOTTOM-UP
  no PLACE-TOP-DOWN
mmap 0x40104000 0x1000 rw fixed,growsdown -> ok 0x40104000
mmap 0 0x2000 rw - -> ok elsewhere
  area 0x40000000-0x40002000 r -
  area 0x40002000-0x40004000 rw account
  area 0x40104000-0x40105000 rw growsdown,account
mmap 0 0x1000 r - -> ok elsewhere
  hit PLACE-BOTTOM-UP
mmap 0 0x200000 x - -> ok elsewhere
  no PLACE-ALIGNED
  area 0x40000000-0x40002000 r -
  area 0x40002000-0x40004000 rw account
  area 0x40104000-0x40105000 rw growsdown,account
  area 0x40105000-0x40106000 r -
  area 0x40106000-0x40306000 x -
)"},

{"PLACE-ALIGNED", "6.12+", R"(
# Whole blocks of 2 MiB without a hint: the search is for a range with one additional block, and
# takes the aligned block in it. If the range is aligned itself, as below mmap_base on arm64, it
# takes the upper one.
mmap 0 0x200000 rw - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-ALIGNED
arm64| area BASE-0x200000-BASE rw account
# mmap_base is 0x7ffff7fff000.
amd64| area 0x7ffff7c00000-0x7ffff7e00000 rw account
mmap 0 0x200000 r - -> ok elsewhere
  hit PLACE-ALIGNED
arm64| area BASE-0x400000-BASE-0x200000 r -
arm64| area BASE-0x200000-BASE rw account
amd64| area 0x7ffff7a00000-0x7ffff7c00000 r -
amd64| area 0x7ffff7c00000-0x7ffff7e00000 rw account
# Not whole blocks, shared, or with a hint: the highest hole, as in all versions.
mmap 0 0x1ff000 r - -> ok elsewhere
  no PLACE-ALIGNED
mmap 0 0x201000 r - -> ok elsewhere
  no PLACE-ALIGNED
mmap 0 0x200000 r shared -> ok elsewhere
  no PLACE-ALIGNED
mmap 0x1000000000 0x200000 r - -> ok 0x1000000000
  no PLACE-ALIGNED
mmap 0x1000000000 0x200000 r - -> ok elsewhere
  no PLACE-ALIGNED
)"},

{"PLACE-TOP-DOWN whole huge blocks before 6_7", "4.3..6.1", R"(
# Only in a hole that is long enough.
mmap 0 0x2000 rw - -> ok elsewhere
mmap 0 0x200000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  area BASE-0x202000-BASE-0x2000 r -
  area BASE-0x2000-BASE rw account
)"},

{"PLACE-ALIGNED by mremap", "6.12+", R"(
# The same for a move of whole blocks. The address is aligned; the page offset of the moved range
# (here one page above a border) does not matter for anonymous memory.
mmap 0x1000000000 0x3000 rw fixed -> ok 0x1000000000
mremap 0x1000001000 0x1000 0x400000 maymove -> ok elsewhere
  by MREMAP-MOVED
  hit PLACE-ALIGNED
  area 0x1000000000-0x1000001000 rw account
  area 0x1000002000-0x1000003000 rw account
arm64| area BASE-0x400000-BASE rw account
amd64| area 0x7ffff7a00000-0x7ffff7e00000 rw account pgoff 0x7ffff7a00
mremap 0x1000002000 0x1000 0x401000 maymove -> ok 0x1000002000
  no PLACE-ALIGNED
mmap 0x1000600000 0x2000 rw fixed,shared -> ok 0x1000600000
mremap 0x1000600000 0x1000 0x200000 maymove -> ok elsewhere
  by MREMAP-MOVED
  no PLACE-ALIGNED
)"},

{"PLACE-ALIGNED without room to spare", "6.12+", R"(
# The only hole has 2 MiB and one page: then the mapping is not aligned.
mmap 0x1000 END-0x1000 none fixed -> ok 0x1000
munmap 0x1000101000 0x201000 -> ok
mmap 0 0x200000 r - -> ok 0x1000102000
  by MAP-CHOSEN
  no PLACE-ALIGNED
)"},

{"PLACE-GAP-WRAPS", "6.1+", R"(
# Everything below mmap_base is occupied, except for a hole in the gap of a stack. If the gap begins
# at address 0, the search continues below "0", which is the top of all addresses. The address that
# it finds there is refused, and the hole above mmap_base is never tried.
mmap 0x100000 0x1000 none fixed,growsdown -> ok 0x100000
mmap 0x101000 BASE-0x101000 none fixed -> ok 0x101000
mmap 0 0x1000 r - -> ENOMEM
  by PLACE-BEYOND-TASK
  hit PLACE-GAP-WRAPS
  no PLACE-BOTTOM-UP
  unchanged
mmap 0 0xff000 r - -> ENOMEM
  hit PLACE-GAP-WRAPS
# A length that does not fit into the hole is searched for further up. The same holds if the gap
# begins one page higher.
mmap 0 0x100000 r - -> ok elsewhere
  hit PLACE-BOTTOM-UP
  no PLACE-GAP-WRAPS
munmap 0x100000 0x1000 -> ok
mmap 0x101000 0x1000 none fixed,growsdown -> ok 0x101000
mmap 0 0x1000 rw - -> ok elsewhere
  hit PLACE-BOTTOM-UP
  no PLACE-GAP-WRAPS
)"},

{"PLACE-BOTTOM-UP where a gap ends at address 0", "5.10", R"(
# Before the maple tree such a hole did not count, and the search continued above.
mmap 0x100000 0x1000 none fixed,growsdown -> ok 0x100000
mmap 0x101000 BASE-0x101000 none fixed -> ok 0x101000
mmap 0 0x1000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN PLACE-BOTTOM-UP
  area 0x100000-0x101000 none growsdown
  area 0x101000-BASE none -
  area BASE-BASE+0x1000 r -
)"},

{"PLACE-NO-ROOM", "all, um", R"(
mmap 0x1000 END-0x1000 none fixed -> ok 0x1000
munmap 0x1000100000 0x1000 -> ok
mmap 0 0x2000 r - -> ENOMEM
  by PLACE-NO-ROOM
  unchanged
mmap 0 0x1000 r - -> ok 0x1000100000
  no PLACE-NO-ROOM
mmap 0x1000100000 0x1000 r - -> ENOMEM
  by PLACE-NO-ROOM
  hit PLACE-HINT-TAKEN
)"},

{"MUNMAP-DONE", "all, um", R"(
# Over two areas and the hole between them; the length rounds up, and the rest keeps its flags.
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
mmap 0x1000103000 0x4000 rw fixed,growsdown -> ok 0x1000103000
touch 0x1000104000 w -> ok
touch 0x1000106000 w -> ok
munmap 0x1000101000 0x3001 -> ok
  by MUNMAP-DONE
  area 0x1000100000-0x1000101000 rw growsdown,locked,account pgoff 0x1000100
  area 0x1000105000-0x1000107000 rw growsdown,account pgoff 0x1000105 anon b
  counts areas 2 size 3 stack 3 locked 1 data 0 committed 3
4.3|   page 0x1000106000 anonymous rw
5.10+| page 0x1000100000 anonymous rw
5.10+| page 0x1000106000 anonymous rw
munmap 0x1000102000 0x1000 -> ok
  by MUNMAP-DONE
  unchanged
munmap 0x1000000000 0x1000000000 -> ok
  by MUNMAP-DONE
  area none
  page none
  counts size 0 stack 0 locked 0 committed 0 tables 0
)"},

{"GROW-DONE the upper piece of a stack", "all, um", R"(
# S39
mmap 0x1000100000 0x9000 rw fixed,growsdown -> ok 0x1000100000
munmap 0x1000100000 0x6000 -> ok
touch 0x1000102000 w -> ok
  hit GROW-DONE
5.10+| area 0x1000102000-0x1000109000 rw growsdown,account pgoff 0x1000102
4.3|   area 0x1000101000-0x1000109000 rw growsdown,account pgoff 0x1000101
)"},

{"MUNMAP-ARGUMENTS", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
munmap 0x1000100001 0x1000 -> EINVAL
  by MUNMAP-ARGUMENTS
  unchanged
munmap 0x1000100000 0 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap 0x1000100000 0xffffffffffffffff -> EINVAL
  by MUNMAP-ARGUMENTS
munmap END+0x1000 0x1000 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap END 0x1 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap END-0x1000 0x1001 -> EINVAL
  by MUNMAP-ARGUMENTS
  unchanged
munmap END-0x1000 0x1000 -> ok
  by MUNMAP-DONE
  unchanged
munmap 0 END -> ok
  area none
)"},

{"MUNMAP-MAP-COUNT", "all, um", R"(
# S61: at the limit no hole can be made; ends and whole areas can be unmapped.
with max-map-count 1
mmap 0x1000100000 0x8000 rw fixed -> ok 0x1000100000
munmap 0x1000101000 0x1000 -> ENOMEM
  by MUNMAP-MAP-COUNT
  unchanged
munmap 0x1000100000 0x1000 -> ok
munmap 0x1000107000 0x1000 -> ok
  area 0x1000101000-0x1000107000 rw account pgoff 0x1000101
mmap 0x1000200000 0x3000 rw fixed -> ok 0x1000200000
munmap 0x1000106000 0xfb000 -> ok
  area 0x1000101000-0x1000106000 rw account
  area 0x1000201000-0x1000203000 rw account
munmap 0x1000201000 0x2000 -> ok
munmap 0x1000102000 0x1000 -> ENOMEM
  by MUNMAP-MAP-COUNT
)"},

{"MUNMAP-MAP-COUNT below the limit", "all, um", R"(
with max-map-count 2
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
munmap 0x1000101000 0x1000 -> ok
  no MUNMAP-MAP-COUNT
  counts areas 2
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
