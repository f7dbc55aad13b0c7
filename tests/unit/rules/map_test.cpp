// mmap and what it replaces.
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

});
// clang-format on

} // namespace
} // namespace growsdown::rules
