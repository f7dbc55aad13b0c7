// munmap.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios munmap(__FILE__, {

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
