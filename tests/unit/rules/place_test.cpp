// Placement: where mmap and mremap put an area, by a hint or by a search.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios place(__FILE__, {

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

{"PLACE-TOP-DOWN with room for a random offset", "4.3 arm64", R"(
mmap 0 0x1000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  area 0x7fb8000000-0x7fb8001000 r -
)"},

{"PLACE-TOP-DOWN from 128 MiB below the end", "5.10+ arm64", R"(
mmap 0 0x1000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  area 0xfffff7fff000-0xfffff8000000 r -
)"},

{"PLACE-TOP-DOWN from 128 MiB below the end on x86", "amd64", R"(
mmap 0 0x1000 r - -> ok elsewhere
  hit PLACE-TOP-DOWN
  area 0x7ffff7ffe000-0x7ffff7fff000 r -
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

});
// clang-format on

} // namespace
} // namespace growsdown::rules
