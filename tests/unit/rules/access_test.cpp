// Steps, accesses, and the reasons for which a fault is refused.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios access(__FILE__, {

{"STEP-DONE", "all, um", R"(
limit stack 0x4000 -> ok
  by STEP-DONE
  unchanged
capable no -> ok
  by STEP-DONE
sp 0x1000000000 -> ok
  by STEP-DONE
  unchanged
)"},

{"MACHINE-MEMORY", "all, um", R"(
# Two pages of memory: the zero page counts as present, as in /proc/self/pagemap.
with memory 0x2000
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x1000101000 r -> ok
  counts resident 2
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
touch 0x1000102000 r -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY shared takes two", "all, um", R"(
# A new page of a shared object is in the object and mapped.
with memory 0x1000
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 r -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY shared twice", "all, um", R"(
# A page that the object already holds is mapped with one more fault in each mapping.
with memory 0x2000
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
mremap 0x1000100000 0 0x1000 to 0x1000200000 -> ok 0x1000200000
touch 0x1000100000 w -> ok
  counts resident 1 object-pages 1
touch 0x1000200000 w -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY populating", "all, um", R"(
with memory 0x2000
mmap 0x1000100000 0x3000 rw fixed,populate -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY what is there already needs none", "all, um", R"(
with memory 0x2000
mmap 0x1000100000 0x2000 rw fixed,populate -> ok 0x1000100000
  counts resident 2
mlock 0x1000100000 0x2000 -> ok
touch 0x1000101000 w -> ok
munmap 0x1000101000 0x1000 -> ok
touch 0x1000102000 w -> SIGSEGV/MAPERR
mmap 0x1000101000 0x1000 r fixed,populate -> ok 0x1000101000
  counts resident 2
mmap 0x1000103000 0x1000 r fixed,populate -> unknown
  by MACHINE-MEMORY
)"},

{"ACCESS-PRESENT", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
  by ANON-WRITE
  counts faults 1
touch 0x10001007ff r -> ok
  by ACCESS-PRESENT
  unchanged
  counts faults 0
touch 0x1000100fff w -> ok
  by ACCESS-PRESENT
  unchanged
  counts faults 0
kernel 0x1000100000 w -> ok
arm64, amd64| by ACCESS-PRESENT
  unchanged
# A present entry grants no right that the area does not have.
arm64, amd64| touch 0x1000100000 x -> SIGSEGV/ACCERR
arm64, amd64|   by FAULT-ACCERR
arm64, amd64|   unchanged
)"},

{"FAULT-BEYOND-TASK", "all, um", R"(
# The last user address is an ordinary translation fault. The next address is refused earlier, and
# arm64's 4.3 does not count that fault.
touch END-0x1 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
4.3 arm64| counts faults 1
5.10+|     counts faults 0
4.3 amd64| counts faults 0
touch END w -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
  counts faults 0
kernel END r -> EFAULT
  by FAULT-BEYOND-TASK
)"},

{"FAULT-NON-CANONICAL", "amd64", R"(
# 48 bits of an address count, and the others must be copies of the highest of them. An address in
# neither half is a general protection fault, whose signal has no address. The last page of the
# user's half cannot be mapped (TASK_SIZE_MAX); an access to it is an ordinary fault.
touch 0x800000000000 r -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
  counts faults 0 tables 0
touch 0x800000000000 w -> SIGSEGV/KERNEL at 0
touch 0x800000000000 x -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
touch 0xffff7fffffffffff w -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
touch 0xffff800000000000 w -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
touch 0x7ffffffff000 w -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
touch 0x7fffffffefff w -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
# The top byte is not a tag here, and the kernel's own access to such an address is refused.
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
touch 0x5a00001000100000 r -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
kernel 0x5a00001000100000 r -> EFAULT
  by FAULT-BEYOND-TASK
gup 0x5a00001000100000 r -> EFAULT
  by GUP-NO-AREA
)"},

{"FAULT-NON-CANONICAL with five levels", "5.10+ amd64", R"(
with va-bits 56
touch 0x800000000000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
touch 0xfffffffffff000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
touch 0x100000000000000 r -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
touch 0xfeffffffffffffff r -> SIGSEGV/KERNEL at 0
  by FAULT-NON-CANONICAL
touch 0xff00000000000000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
)"},

{"FAULT-NO-AREA", "all, um", R"(
touch 0x1000100000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  counts size 0 tables 0
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100fff r -> ok
touch 0x1000101000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  unchanged
)"},

{"FAULT-NO-AREA fence between the windows", "all, um", R"(
# The program lies between the windows, and nothing grows over it: a stack at the bottom of the high
# window does not grow into the low one.
limit stack unlimited -> ok
mmap 0x800000000 0x1000 rw fixed,growsdown -> ok 0x800000000
touch 0x1fffff w -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  unchanged
touch 0x0 w -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
gup 0x1fffff w -> EFAULT
  by GUP-NO-AREA
  unchanged
)"},

{"FAULT-NOT-GROWSDOWN", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x10000fffff w -> SIGSEGV/MAPERR
  by FAULT-NOT-GROWSDOWN
  unchanged
kernel 0x10000fffff r -> EFAULT
  by FAULT-NOT-GROWSDOWN
  unchanged
touch 0x1000100000 w -> ok
  by ANON-WRITE
)"},

{"FAULT-ACCERR", "all", R"(
# Any right makes a page readable; a write needs VM_WRITE, a fetch VM_EXEC.
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
mmap 0x1000200000 0x1000 w fixed -> ok 0x1000200000
mmap 0x1000300000 0x1000 x fixed -> ok 0x1000300000
mmap 0x1000400000 0x1000 none fixed -> ok 0x1000400000
touch 0x1000100000 w -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  unchanged
4.3 arm64|        counts faults 1
4.3 amd64, 5.10+| counts faults 0
# (x86 maps these two first: FAULT-EXEC-MAPS.)
arm64| touch 0x1000100000 x -> SIGSEGV/ACCERR
arm64| touch 0x1000200000 x -> SIGSEGV/ACCERR
touch 0x1000300000 w -> SIGSEGV/ACCERR
touch 0x1000400000 r -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  unchanged
touch 0x1000400000 w -> SIGSEGV/ACCERR
touch 0x1000400000 x -> SIGSEGV/ACCERR
kernel 0x1000400000 r -> EFAULT
  by FAULT-ACCERR
  page none
  counts tables 0
touch 0x1000100000 r -> ok
touch 0x1000200000 r -> ok
touch 0x1000300000 r -> ok
touch 0x1000300000 x -> ok
  by ACCESS-PRESENT
touch 0x1000200000 w -> ok
  by COW-ZERO
)"},

{"FAULT-ACCERR what grew stays grown", "all, um", R"(
# S32, S33, S35: the permission is checked after the growth, which is not undone. No page becomes
# present, so 4.3 makes no guard step: exactly five pages.
mmap 0x1000100000 0x1000 r fixed,growsdown -> ok 0x1000100000
touch 0x10000fb000 w -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  hit GROW-DONE
  area 0x10000fb000-0x1000101000 r growsdown pgoff 0x10000fb
  page none
  counts size 6 stack 6 committed 5 tables 0
mmap 0x1000500000 0x1000 none fixed,growsdown -> ok 0x1000500000
touch 0x10004fb000 r -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  area 0x10000fb000-0x1000101000 r growsdown
  area 0x10004fb000-0x1000501000 none growsdown
# The same for a fetch, on arm64.
arm64| mmap 0x1000900000 0x1000 rw fixed,growsdown -> ok 0x1000900000
arm64| touch 0x10008fb000 x -> SIGSEGV/ACCERR
arm64|   by FAULT-ACCERR
arm64|   area 0x10000fb000-0x1000101000 r growsdown
arm64|   area 0x10004fb000-0x1000501000 none growsdown
arm64|   area 0x10008fb000-0x1000901000 rw growsdown,account
arm64|   page none
)"},

{"FAULT-EXEC-MAPS", "amd64", R"(
# J, F2: x86 does not check for a fetch if the page is absent. The fetch maps the page, with growth
# and 4.3's guard step, and counts as a fault. Only its retry is refused.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000fb000 x -> SIGSEGV/ACCERR
  by FAULT-EXEC-MAPS
  hit GROW-DONE
5.10+| area 0x10000fb000-0x1000101000 rw growsdown,account
4.3|   area 0x10000fa000-0x1000101000 rw growsdown,account
  page 0x10000fb000 zero r
  counts faults 1
# Present: refused at once.
touch 0x10000fb000 x -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  unchanged
  counts faults 0
# Without any right nothing is mapped.
mmap 0x1000200000 0x1000 none fixed -> ok 0x1000200000
touch 0x1000200000 x -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  counts resident 1 faults 0
)"},

{"FAULT-EXEC-MAPS without room for the guard page", "4.3 amd64", R"(
# The result is then MAPERR; on arm64 it is ACCERR.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
touch 0x1000101000 x -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  no FAULT-EXEC-MAPS
)"},

{"FAULT-REFUSED-COUNTS", "4.3 arm64", R"(
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
touch 0x1000100000 w -> SIGSEGV/ACCERR
  hit FAULT-REFUSED-COUNTS
  counts faults 1
touch 0x10000ff000 r -> SIGSEGV/MAPERR
  hit FAULT-REFUSED-COUNTS
  counts faults 1
mmap 0x1000200000 0x1000 rw fixed,shared -> ok 0x1000200000
mremap 0x1000200000 0x1000 0x2000 -> ok 0x1000200000
touch 0x1000201000 r -> SIGBUS/ADRERR
  hit FAULT-REFUSED-COUNTS
  counts faults 1
# A stack directly above another area: its guard step is refused, in one fault.
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
touch 0x1000101000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  hit FAULT-REFUSED-COUNTS
  counts faults 1
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
