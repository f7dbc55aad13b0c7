// mincore.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios mincore(__FILE__, {

{"MINCORE-DONE", "all, um", R"(
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
touch 0x1000101000 r -> ok
touch 0x1000102000 w -> ok
mincore 0x1000100000 0x4000 -> ok 0110
  by MINCORE-DONE
  no MINCORE-SHARED
  unchanged
# A part of a page is a page; no page is asked about without an area, if none is asked about at all.
mincore 0x1000101000 0x1001 -> ok 11
mincore 0x1000103000 1 -> ok 0
mincore 0x1000100000 0 -> ok
mincore 0 0 -> ok
  by MINCORE-DONE
# An entry without rights is present.
mprotect 0x1000102000 0x1000 none -> ok
mincore 0x1000100000 0x4000 -> ok 0110
dontneed 0x1000101000 0x1000 -> ok
mincore 0x1000100000 0x4000 -> ok 0010
  by MINCORE-DONE
  unchanged
)"},

{"MINCORE-DONE across areas", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x2000 r fixed,populate -> ok 0x1000102000
mmap 0x1000104000 0x2000 rw fixed,shared -> ok 0x1000104000
touch 0x1000100000 w -> ok
touch 0x1000105000 w -> ok
mincore 0x1000100000 0x6000 -> ok 101101
  by MINCORE-DONE
  unchanged
mincore 0x1000101000 0x4000 -> ok 0110
  by MINCORE-DONE
)"},

// More than 64 pages: the first 64 one by one, and the number of resident pages after them.
{"MINCORE-DONE of many pages", "all, um", R"(
mmap 0x1000100000 0x80000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x100013f000 w -> ok
mincore 0x1000100000 0x40000 -> ok 1000000000000000000000000000000000000000000000000000000000000001
mincore 0x1000100000 0x41000 -> ok 1000000000000000000000000000000000000000000000000000000000000001+0
touch 0x1000140000 w -> ok
touch 0x1000150000 w -> ok
mincore 0x1000100000 0x80000 -> ok 1000000000000000000000000000000000000000000000000000000000000001+2
  by MINCORE-DONE
mincore 0x1000101000 0x80000 -> ENOMEM
  by MINCORE-HOLE
)"},

{"MINCORE-UNALIGNED", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mincore 0x1000100001 0x1000 -> EINVAL
  by MINCORE-UNALIGNED
  unchanged
mincore 0x1000100fff 0 -> EINVAL
  by MINCORE-UNALIGNED
mincore 0xfffffffffffffff1 0xffffffffffffffff -> EINVAL
  by MINCORE-UNALIGNED
)"},

{"MINCORE-BEYOND-TASK", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mincore END 0x1000 -> ENOMEM
  by MINCORE-BEYOND-TASK
  unchanged
mincore 0x1000100000 0xffffffffffffffff -> ENOMEM
  by MINCORE-BEYOND-TASK
mincore 0xff80000000000000 0 -> ENOMEM
  by MINCORE-BEYOND-TASK
)"},

{"MINCORE-BEYOND-TASK not at the last page", "all", R"(
mmap END-0x1000 0x1000 rw fixed,populate -> ok END-0x1000
mincore END-0x1000 0x1000 -> ok 1
  by MINCORE-DONE
mincore END-0x1000 0x1001 -> ENOMEM
  by MINCORE-BEYOND-TASK
)"},

// UML's access_ok refuses a range that includes the last byte.
{"MINCORE-BEYOND-TASK at the last page", "um", R"(
mmap END-0x1000 0x1000 rw fixed -> ok END-0x1000
mincore END-0x1000 0xfff -> ok 0
  by MINCORE-DONE
mincore END-0x1000 0x1000 -> ENOMEM
  by MINCORE-BEYOND-TASK
)"},

// Since 5.4 mincore ignores the tag.
{"MINCORE-BEYOND-TASK with a tag", "4.3, amd64", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mincore 0x5600001000100000 0x1000 -> ENOMEM
  by MINCORE-BEYOND-TASK
)"},
{"MINCORE-DONE with a tag", "5.4+ arm64", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mincore 0x5600001000100000 0x1000 -> ok 1
  by MINCORE-DONE
)"},

{"MINCORE-HOLE", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed,populate -> ok 0x1000102000
mincore 0x1000100000 0x3000 -> ENOMEM
  by MINCORE-HOLE
  unchanged
mincore 0x1000101000 0x1000 -> ENOMEM
  by MINCORE-HOLE
mincore 0x1000102000 0x2000 -> ENOMEM
  by MINCORE-HOLE
mincore 0x1000101000 0 -> ok
  by MINCORE-DONE
)"},

// Before 4.12 the guard page is a page of the area; later the page below an area is none.
{"MINCORE-HOLE below a stack", "all, um", R"(
mmap 0x1000100000 0x3000 rw fixed,growsdown -> ok 0x1000100000
touch 0x1000102000 w -> ok
mincore 0x1000100000 0x3000 -> ok 001
  by MINCORE-DONE
  unchanged
mincore 0x10000ff000 0x2000 -> ENOMEM
  by MINCORE-HOLE
  no GROW-DONE
  unchanged
)"},

{"MINCORE-SHARED", "all, um", R"(
mmap 0x1000100000 0x3000 rw fixed,shared -> ok 0x1000100000
touch 0x1000101000 w -> ok
mincore 0x1000100000 0x3000 -> ok 010
  by MINCORE-DONE
  no MINCORE-SHARED
dontneed 0x1000100000 0x3000 -> ok
  page none
mincore 0x1000100000 0x3000 -> ok 010
  by MINCORE-DONE
  hit MINCORE-SHARED
  unchanged
munmap 0x1000100000 0x1000 -> ok
mincore 0x1000101000 0x2000 -> ok 10
  by MINCORE-DONE
  hit MINCORE-SHARED
)"},

{"MINCORE-SHARED of a child", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 w -> ok
fork -> ok
mincore 0x1000100000 0x2000 -> ok 10
  by MINCORE-DONE
  hit MINCORE-SHARED
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
