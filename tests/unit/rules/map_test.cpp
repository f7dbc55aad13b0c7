// mmap, placement and munmap.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios map(__FILE__, {

{"MAP-FIXED", both, R"(
mmap 0x1000200000 0x1800 rw fixed,growsdown -> ok 0x1000200000
  by MAP-FIXED
  area 0x1000200000-0x1000202000 rw growsdown,account pgoff 0x1000200 anon none
  counts size 2 stack 2 data 0 committed 2 locked 0 tables 0
# 3.2, S48: the guard gap of others is no obstacle, and a stack may stand right on another area.
mmap 0x10001ff000 0x1000 rw fixed -> ok 0x10001ff000
  by MAP-FIXED
  area 0x10001ff000-0x1000200000 rw account
  area 0x1000200000-0x1000202000 rw growsdown,account
4.3|  counts size 3 stack 2 data 1 committed 3
6.12| counts size 3 stack 2 data 1 committed 3
# Read-only, inaccessible and noreserve memory is not accounted; VmData was everything private once.
mmap 0x1000300000 0x1000 r fixed -> ok 0x1000300000
mmap 0x1000400000 0x1000 none fixed -> ok 0x1000400000
mmap 0x1000500000 0x1000 rw fixed,noreserve -> ok 0x1000500000
mmap 0x1000600000 0x1000 rw fixed,shared -> ok 0x1000600000
4.3|  counts size 7 stack 2 data 4 committed 3
6.12| counts size 7 stack 2 data 2 committed 3
)"},

{"MAP-FIXED stack and locked", both, R"(
# S52: MAP_STACK is a flag of the area since 6.7, so that a stack without it does not merge.
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
mmap 0x1000100000 0x1000 rw fixed,growsdown,stack -> ok 0x1000100000
4.3|  area 0x1000100000-0x1000102000 rw growsdown,account
6.12| area 0x1000100000-0x1000101000 rw growsdown,account,nohugepage
6.12| area 0x1000101000-0x1000102000 rw growsdown,account
mmap 0x1000200000 0x2000 rw fixed,locked -> ok 0x1000200000
  by MAP-FIXED
  hit POPULATE-DONE
  counts locked 2 resident 2
)"},

{"MAP-AT-HINT", both, R"(
# A hint is rounded down.
mmap 0x1000100fff 0x1 rw - -> ok 0x1000100000
  by MAP-AT-HINT
  hit PLACE-HINT
  area 0x1000100000-0x1000101000 rw account
)"},

{"MAP-CHOSEN", both, R"(
# The highest place below mmap_base, which is outside the windows; less than a page is no hint.
mmap 0xfff 0x1000 rw - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-TOP-DOWN
  no PLACE-HINT PLACE-HINT-TAKEN MAP-HINT-RAISED
4.3|  area 0x7ff7fff000-0x7ff8000000 rw account pgoff 0x7ff7fff
6.12| area 0xfffff7eff000-0xfffff7f00000 rw account pgoff 0xfffff7eff
)"},

{"MAP-EMPTY", both, R"(
mmap 0x1000100000 0 rw fixed -> EINVAL
  by MAP-EMPTY
# Before everything else.
mmap 0x1000100001 0 rw fixed,growsdown,shared -> EINVAL
  by MAP-EMPTY
mmap 0 0 rw - -> EINVAL
  by MAP-EMPTY
  area none
)"},

{"MAP-TOO-LONG", both, R"(
# PAGE_ALIGN of it is 0. A byte that does not round up: too long for the address space.
mmap 0x1000100000 0xffffffffffffffff rw fixed -> ENOMEM
  by MAP-TOO-LONG
mmap 0x1000100000 0xfffffffffffff001 rw - -> ENOMEM
  by MAP-TOO-LONG
mmap 0x1000100000 0xfffffffffffff000 rw fixed -> ENOMEM
  by PLACE-TOO-LONG
  area none
)"},

{"MAP-HINT-RAISED", both, R"(
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

{"MAP-HINT-RAISED not at the minimum", both, R"(
mmap 0x1000 0x1000 rw - -> ok 0x1000
  by MAP-AT-HINT
  no MAP-HINT-RAISED
)"},

{"MAP-COUNT", both, R"(
# More than max_map_count areas are refused, so that there may be one more than it says.
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

{"MAP-REPLACE-MAP-COUNT", both, R"(
with max-map-count 2
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x3000 rw fixed -> ok 0x1000200000
mmap 0x1000101000 0x1000 r fixed -> ENOMEM
  by MAP-REPLACE-MAP-COUNT
  unchanged
# At an end no hole is made.
mmap 0x1000102000 0x1000 r fixed -> ok 0x1000102000
  by MAP-FIXED
  counts areas 3
)"},

{"MAP-REPLACE-MAP-COUNT below the limit", both, R"(
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

{"MAP-NOREPLACE", only612, R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rw fixed_noreplace -> EEXIST
  by MAP-NOREPLACE
  unchanged
mmap 0x10000ff000 0x1001 rw fixed_noreplace -> EEXIST
  by MAP-NOREPLACE
# S82: earlier than what is wrong with the rest.
capable no -> ok
limit memlock 0 -> ok
mmap 0x1000100000 0x1000 rw fixed_noreplace,growsdown,shared,locked -> EEXIST
  by MAP-NOREPLACE
mmap 0x1000100800 0x1000 rw fixed_noreplace -> EINVAL
  by PLACE-UNALIGNED
mmap 0x10000ff000 0x1000 rw fixed_noreplace,growsdown -> ok 0x10000ff000
  by MAP-FIXED
)"},

{"MAP-NOREPLACE-UNKNOWN", only43, R"(
# The flag is ignored: a hint, rounded down, and something else where it is taken.
mmap 0x1000100800 0x1000 rw fixed_noreplace -> ok 0x1000100000
  by MAP-AT-HINT
  hit MAP-NOREPLACE-UNKNOWN
mmap 0x1000100000 0x1000 rw fixed_noreplace -> ok elsewhere
  by MAP-CHOSEN
  hit MAP-NOREPLACE-UNKNOWN
)"},

{"MAP-LOCKED-DENIED", both, R"(
limit memlock 0 -> ok
mmap 0x1000100000 0x1000 rw fixed,locked -> ok 0x1000100000
  counts locked 1
capable no -> ok
mmap 0x1000200000 0x1000 rw fixed,locked -> EPERM
  by MAP-LOCKED-DENIED
  unchanged
mmap 0x1000200000 0x1000 rw fixed,growsdown,shared,locked -> EPERM
  by MAP-LOCKED-DENIED
# A limit of one byte is not none, but no page.
limit memlock 1 -> ok
mmap 0x1000200000 0x1000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
)"},

{"MAP-RLIMIT-MEMLOCK", both, R"(
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
# What would be replaced is not subtracted.
mmap 0x1000100000 0x1000 rw fixed,locked -> EAGAIN
  by MAP-RLIMIT-MEMLOCK
  unchanged
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
  counts locked 3
)"},

{"MAP-SHARED-GROWSDOWN", both, R"(
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

{"MAP-RLIMIT-AS", both, R"(
limit as 0x4fff -> ok
mmap 0x1000100000 0x5000 none fixed -> ENOMEM
  by MAP-RLIMIT-AS
  area none
mmap 0x1000100000 0x4000 none fixed -> ok 0x1000100000
mmap 0 0x1000 none - -> ENOMEM
  by MAP-RLIMIT-AS
# What is replaced counts once.
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
  hit MAP-REPLACES
  counts size 4
mmap 0x1000102000 0x3000 rw fixed -> ENOMEM
  by MAP-RLIMIT-AS
)"},

{"MAP-RLIMIT-DATA", only612, R"(
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
# What is replaced counts once; both limits: RLIMIT_AS is asked first.
limit data 0x6000 -> ok
limit as 0x1b000 -> ok
mmap 0x1000400000 0x4000 rw fixed -> ENOMEM
  by MAP-RLIMIT-DATA
limit as 0 -> ok
mmap 0x1000500000 0x1000 rw fixed -> ENOMEM
  by MAP-RLIMIT-AS
)"},

{"MAP-FIXED no RLIMIT_DATA before 4_7", only43, R"(
# S29
limit data 0x1000 -> ok
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
  by MAP-FIXED
mmap 0x1000200000 0x2000 r fixed -> ok 0x1000200000
mprotect 0x1000200000 0x2000 rw -> ok
mremap 0x1000100000 0x2000 0x3000 -> ok 0x1000100000
  counts data 5
)"},

{"MAP-REPLACES", both, R"(
mmap 0x1000100000 0x4000 rw fixed,growsdown,locked -> ok 0x1000100000
mmap 0x1000101000 0x2000 r fixed -> ok 0x1000101000
  by MAP-FIXED
  hit MAP-REPLACES
  no MAP-FIXED-KEEPS-SPLIT
  area 0x1000100000-0x1000101000 rw growsdown,locked,account pgoff 0x1000100 anon a
  area 0x1000101000-0x1000103000 r - pgoff 0x1000101 anon none
  area 0x1000103000-0x1000104000 rw growsdown,locked,account pgoff 0x1000103 anon a
4.3|  counts size 4 stack 2 locked 2 data 2 committed 2 resident 1
6.12| counts size 4 stack 2 locked 2 data 0 committed 2 resident 2
)"},

{"MAP-FIXED-KEEPS-SPLIT", only612, R"(
# S81: a limit refuses the replacement; what had to be split for it stays split, and keeps its
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
# At the other end.
mmap 0x10000ff000 0x2000 r fixed -> ENOMEM
  by MAP-RLIMIT-AS
  hit MAP-FIXED-KEEPS-SPLIT
  area 0x1000100000-0x1000101000 rw account
  area 0x1000101000-0x1000102000 rw account
  area 0x1000102000-0x1000104000 rw account
# Where nothing has to be split nothing is.
mmap 0x1000104000 0x1000 r fixed -> ENOMEM
  no MAP-FIXED-KEEPS-SPLIT
  unchanged
# Refusals before the limits split nothing.
mmap 0x1000103000 0x1000 rw fixed,growsdown,shared -> EINVAL
  unchanged
)"},

{"MAP-RLIMIT-AS splits nothing before 6.12", only43, R"(
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
limit as 0x4000 -> ok
mmap 0x1000102000 0x4000 r fixed -> ENOMEM
  by MAP-RLIMIT-AS
  unchanged
)"},

{"PLACE-TOO-LONG", both, R"(
# What lies below the minimum address counts as taken.
with va-bits 39
mmap 0x1000 0x7ffffff001 none fixed -> ENOMEM
  by PLACE-TOO-LONG
mmap 0 0x7ffffff001 none - -> ENOMEM
  by PLACE-TOO-LONG
mmap 0x1000 0x7ffffff000 none fixed -> ok 0x1000
  area 0x1000-0x8000000000 none -
)"},

{"PLACE-TOO-LONG counts the LSM's minimum", both, R"(
with va-bits 39
with lsm-min-addr 0x10000
mmap 0x1000 0x7fffff0001 none fixed -> ENOMEM
  by PLACE-TOO-LONG
mmap 0x1000 0x7fffff0000 none fixed -> ok 0x1000
)"},

{"PLACE-BEYOND-TASK", both, R"(
with va-bits 39
mmap 0x7ffffff000 0x1001 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap 0x8000000000 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
# Before the alignment is looked at.
mmap 0x7ffffff001 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap 0xffffffffffffffff 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap 0x7ffffff000 0x1000 rw fixed -> ok 0x7ffffff000
)"},

{"PLACE-UNALIGNED", both, R"(
mmap 0x1000100001 0x1000 rw fixed -> EINVAL
  by PLACE-UNALIGNED
# Before the capability is asked.
capable no -> ok
mmap 0x1 0x1000 rw fixed -> EINVAL
  by PLACE-UNALIGNED
  area none
)"},

{"PLACE-LOW", both, R"(
# The sysctl alone; nobody asks CONFIG_LSM_MMAP_MIN_ADDR here.
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

{"PLACE-HINT", both, R"(
# S49: a hint may end 256 pages below a stack, on 4.3 right at it. Directly above one is free.
mmap 0x1000200000 0x1000 rw fixed,growsdown -> ok 0x1000200000
mmap 0x10000ff000 0x1000 r - -> ok 0x10000ff000
  by MAP-AT-HINT
  hit PLACE-HINT
6.12| mmap 0x1000100000 0x1000 r - -> ok elsewhere
6.12|   by MAP-CHOSEN
6.12|   hit PLACE-HINT-TAKEN
4.3|  mmap 0x1000100000 0x1000 r - -> ok 0x1000100000
4.3|  mmap 0x10001ff000 0x1000 r - -> ok 0x10001ff000
4.3|    by MAP-AT-HINT
4.3|    hit PLACE-HINT
mmap 0x1000201000 0x1000 r - -> ok 0x1000201000
  hit PLACE-HINT
)"},

{"PLACE-HINT-TAKEN by a gap down to address 0", only612, R"(
# The gap of a stack that stands lower than 256 pages ends at 0.
mmap 0x80000 0x1000 rw fixed,growsdown -> ok 0x80000
mmap 0x1000 0x1000 r - -> ok elsewhere
  hit PLACE-HINT-TAKEN
)"},

{"PLACE-HINT up to the last page", both, R"(
with va-bits 39
mmap 0x7ffffff000 0x1000 r - -> ok 0x7ffffff000
  hit PLACE-HINT
# A hint that does not fit is no hint.
mmap 0x7fffffe000 0x3000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
mmap 0xffffffffffffffff 0x1000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
)"},

{"PLACE-HINT-TAKEN", both, R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-HINT-TAKEN
mmap 0x10000ff000 0x1001 r - -> ok elsewhere
  hit PLACE-HINT-TAKEN
mmap 0x10000ff000 0x1000 r - -> ok 0x10000ff000
  no PLACE-HINT-TAKEN
)"},

{"PLACE-TOP-DOWN", both, R"(
# S50: the highest room first; below a stack, 256 pages of it are kept, on 4.3 none. The stack
# itself asks for none below it.
mmap 0 0x2000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  no PLACE-BOTTOM-UP
mmap 0 0x1000 rw growsdown -> ok elsewhere
4.3|  area 0x7ff7ffd000-0x7ff7ffe000 rw growsdown,account
4.3|  area 0x7ff7ffe000-0x7ff8000000 r -
6.12| area 0xfffff7efd000-0xfffff7efe000 rw growsdown,account
6.12| area 0xfffff7efe000-0xfffff7f00000 r -
mmap 0 0x1000 rw - -> ok elsewhere
  hit PLACE-TOP-DOWN
4.3|  area 0x7ff7ffc000-0x7ff7ffd000 rw account
4.3|  area 0x7ff7ffd000-0x7ff7ffe000 rw growsdown,account
4.3|  area 0x7ff7ffe000-0x7ff8000000 r -
6.12| area 0xfffff7dfc000-0xfffff7dfd000 rw account
6.12| area 0xfffff7efd000-0xfffff7efe000 rw growsdown,account
6.12| area 0xfffff7efe000-0xfffff7f00000 r -
)"},

{"PLACE-TOP-DOWN into a hole that fits", both, R"(
# A hole of exactly the length, and one that is too short.
with va-bits 39
mmap 0x1000 0x7ff7cff000 none fixed -> ok 0x1000
munmap 0x1000200000 0x2000 -> ok
munmap 0x1000100000 0x3000 -> ok
4.3|  mmap 0x7ff7d00000 0x300000 none fixed -> ok 0x7ff7d00000
6.12| mmap 0x7ff7d00000 0x200000 none fixed -> ok 0x7ff7d00000
mmap 0 0x3000 r - -> ok 0x1000100000
  by MAP-CHOSEN
  hit PLACE-TOP-DOWN
  no PLACE-BOTTOM-UP
)"},

{"PLACE-BOTTOM-UP", both, R"(
# Everything below mmap_base is taken: from a quarter of the address space up, the first room is
# the one above mmap_base.
with va-bits 39
4.3|  mmap 0x1000 0x7ff7fff000 none fixed -> ok 0x1000
6.12| mmap 0x1000 0x7ff7eff000 none fixed -> ok 0x1000
mmap 0 0x2000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-TOP-DOWN PLACE-BOTTOM-UP
4.3|  area 0x1000-0x7ff8000000 none -
4.3|  area 0x7ff8000000-0x7ff8002000 r -
6.12| area 0x1000-0x7ff7f00000 none -
6.12| area 0x7ff7f00000-0x7ff7f02000 r -
)"},

{"PLACE-BOTTOM-UP into a hole that fits", both, R"(
with va-bits 39
4.3|  mmap 0x1000 0x7ff7fff000 none fixed -> ok 0x1000
6.12| mmap 0x1000 0x7ff7eff000 none fixed -> ok 0x1000
mmap 0x7ff9000000 0x6fff000 none fixed -> ok 0x7ff9000000
4.3|  mmap 0x7ff8000000 0x1000000 none fixed -> ok 0x7ff8000000
6.12| mmap 0x7ff7f00000 0x1100000 none fixed -> ok 0x7ff7f00000
munmap 0x7ff9100000 0x2000 -> ok
mmap 0 0x2000 r - -> ok elsewhere
  hit PLACE-BOTTOM-UP
4.3|  area 0x1000-0x7ff9100000 none -
6.12| area 0x1000-0x7ff9100000 none -
  area 0x7ff9100000-0x7ff9102000 r -
  area 0x7ff9102000-0x7ffffff000 none -
)"},

{"PLACE-ALIGNED", only612, R"(
# Whole blocks of 2 MiB without a hint: below mmap_base, 0xfffff7f00000, the highest aligned block
# with a block of room to spare.
mmap 0 0x200000 rw - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-ALIGNED
  area 0xfffff7c00000-0xfffff7e00000 rw account
# The next: the range with room to spare starts aligned, and its upper part is taken.
mmap 0 0x200000 r - -> ok elsewhere
  hit PLACE-ALIGNED
  area 0xfffff7a00000-0xfffff7c00000 r -
  area 0xfffff7c00000-0xfffff7e00000 rw account
# Not whole blocks, shared, or with a hint: as ever, the highest room.
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

{"PLACE-TOP-DOWN whole huge blocks before 6_7", only43, R"(
# mmap_base is aligned here, so a page first.
mmap 0 0x1000 rw - -> ok elsewhere
mmap 0 0x200000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  area 0x7ff7dff000-0x7ff7fff000 r -
  area 0x7ff7fff000-0x7ff8000000 rw account
)"},

{"PLACE-ALIGNED by mremap", only612, R"(
# A move of whole blocks too. The address is aligned; the page offset of what moves (here a page
# above a border) has no part in it for anonymous memory.
mmap 0x1000000000 0x3000 rw fixed -> ok 0x1000000000
mremap 0x1000001000 0x1000 0x400000 maymove -> ok elsewhere
  by MREMAP-MOVED
  hit PLACE-ALIGNED
  area 0x1000000000-0x1000001000 rw account
  area 0x1000002000-0x1000003000 rw account
  area 0xfffff7a00000-0xfffff7e00000 rw account pgoff 0xfffff7a00
mremap 0x1000002000 0x1000 0x401000 maymove -> ok 0x1000002000
  no PLACE-ALIGNED
mmap 0x1000600000 0x2000 rw fixed,shared -> ok 0x1000600000
mremap 0x1000600000 0x1000 0x200000 maymove -> ok elsewhere
  by MREMAP-MOVED
  no PLACE-ALIGNED
)"},

{"PLACE-ALIGNED without room to spare", only612, R"(
# The one hole of 2 MiB and a page: not aligned then.
with va-bits 39
mmap 0x1000 0x7ff7eff000 none fixed -> ok 0x1000
mmap 0x7ff7f00000 0x8100000 none fixed -> ok 0x7ff7f00000
munmap 0x1000101000 0x201000 -> ok
mmap 0 0x200000 r - -> ok 0x1000102000
  by MAP-CHOSEN
  no PLACE-ALIGNED
)"},

{"PLACE-GAP-WRAPS", only612, R"(
# All is taken below mmap_base, but for a hole that lies in the gap of a stack. Where the gap begins
# at address 0, the search goes on below "0", which is the top of all addresses; what it finds there
# is refused, and the room above mmap_base is never looked at.
with va-bits 39
mmap 0x100000 0x1000 none fixed,growsdown -> ok 0x100000
mmap 0x101000 0x7ff7dff000 none fixed -> ok 0x101000
mmap 0 0x1000 r - -> ENOMEM
  by PLACE-BEYOND-TASK
  hit PLACE-GAP-WRAPS
  no PLACE-BOTTOM-UP
  unchanged
mmap 0 0xff000 r - -> ENOMEM
  hit PLACE-GAP-WRAPS
# What does not fit into the hole anyway is searched for further up, and so it is where the gap
# begins a page higher.
mmap 0 0x100000 r - -> ok elsewhere
  hit PLACE-BOTTOM-UP
  no PLACE-GAP-WRAPS
munmap 0x100000 0x1000 -> ok
mmap 0x101000 0x1000 none fixed,growsdown -> ok 0x101000
mmap 0 0x1000 rw - -> ok elsewhere
  hit PLACE-BOTTOM-UP
  no PLACE-GAP-WRAPS
)"},

{"PLACE-NO-ROOM", both, R"(
with va-bits 39
mmap 0x1000 0x7ffffff000 none fixed -> ok 0x1000
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

{"MUNMAP-DONE", both, R"(
# Over two areas and the hole between them; the length rounds up, and what is left keeps its flags.
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
mmap 0x1000103000 0x4000 rw fixed,growsdown -> ok 0x1000103000
touch 0x1000104000 w -> ok
touch 0x1000106000 w -> ok
munmap 0x1000101000 0x3001 -> ok
  by MUNMAP-DONE
  area 0x1000100000-0x1000101000 rw growsdown,locked,account pgoff 0x1000100
  area 0x1000105000-0x1000107000 rw growsdown,account pgoff 0x1000105 anon b
  counts areas 2 size 3 stack 3 locked 1 data 0 committed 3
4.3|  page 0x1000106000 anonymous rw
6.12| page 0x1000100000 anonymous rw
6.12| page 0x1000106000 anonymous rw
munmap 0x1000102000 0x1000 -> ok
  by MUNMAP-DONE
  unchanged
munmap 0x1000000000 0x1000000000 -> ok
  by MUNMAP-DONE
  area none
  page none
  counts size 0 stack 0 locked 0 committed 0 tables 0
)"},

{"GROW-DONE the upper piece of a stack", both, R"(
# S39
mmap 0x1000100000 0x9000 rw fixed,growsdown -> ok 0x1000100000
munmap 0x1000100000 0x6000 -> ok
touch 0x1000102000 w -> ok
  hit GROW-DONE
6.12| area 0x1000102000-0x1000109000 rw growsdown,account pgoff 0x1000102
4.3|  area 0x1000101000-0x1000109000 rw growsdown,account pgoff 0x1000101
)"},

{"MUNMAP-ARGUMENTS", both, R"(
with va-bits 39
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
munmap 0x1000100001 0x1000 -> EINVAL
  by MUNMAP-ARGUMENTS
  unchanged
munmap 0x1000100000 0 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap 0x1000100000 0xffffffffffffffff -> EINVAL
  by MUNMAP-ARGUMENTS
munmap 0x8000001000 0x1000 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap 0x8000000000 0x1 -> EINVAL
  by MUNMAP-ARGUMENTS
munmap 0x7ffffff000 0x1001 -> EINVAL
  by MUNMAP-ARGUMENTS
  unchanged
munmap 0x7ffffff000 0x1000 -> ok
  by MUNMAP-DONE
  unchanged
munmap 0 0x8000000000 -> ok
  area none
)"},

{"MUNMAP-MAP-COUNT", both, R"(
# S61: at the limit no hole; ends and whole areas go.
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

{"MUNMAP-MAP-COUNT below the limit", both, R"(
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
