// Steps, accesses, and what a fault is refused for.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios access(__FILE__, {

{"STEP-DONE", both, R"(
limit stack 0x4000 -> ok
  by STEP-DONE
  unchanged
capable no -> ok
  by STEP-DONE
sp 0x1000000000 -> ok
  by STEP-DONE
  unchanged
)"},

{"MACHINE-MEMORY", both, R"(
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

{"MACHINE-MEMORY shared takes two", both, R"(
# A new page of a shared object is in the object and mapped.
with memory 0x1000
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
touch 0x1000100000 r -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY shared twice", both, R"(
# A page that the object holds takes one more wherever it is mapped.
with memory 0x2000
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
mremap 0x1000100000 0 0x1000 to 0x1000200000 -> ok 0x1000200000
touch 0x1000100000 w -> ok
  counts resident 1 object-pages 1
touch 0x1000200000 w -> unknown
  by MACHINE-MEMORY
)"},

{"MACHINE-MEMORY before any is populated", both, R"(
with memory 0x2000
mmap 0x1000100000 0x3000 rw fixed,populate -> unknown
  by MACHINE-MEMORY
  page none
)"},

{"ACCESS-PRESENT", both, R"(
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
  by ACCESS-PRESENT
  unchanged
# A present entry does not grant what the area does not.
touch 0x1000100000 x -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  unchanged
)"},

{"FAULT-BEYOND-TASK", both, R"(
# The last user address is a translation fault like others; the next one never gets that far, and
# 4.3 does not count it.
with va-bits 39
touch 0x7fffffffff r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
4.3|  counts faults 1
6.12| counts faults 0
touch 0x8000000000 w -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
  counts faults 0
kernel 0x8000000000 r -> EFAULT
  by FAULT-BEYOND-TASK
)"},

{"FAULT-NO-AREA", both, R"(
touch 0x1000100000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  counts size 0 tables 0
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100fff r -> ok
touch 0x1000101000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  unchanged
)"},

{"FAULT-NO-AREA fence between the windows", both, R"(
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

{"FAULT-NOT-GROWSDOWN", both, R"(
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

{"FAULT-ACCERR", both, R"(
# Any right makes a page readable; a write needs VM_WRITE, a fetch VM_EXEC.
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
mmap 0x1000200000 0x1000 w fixed -> ok 0x1000200000
mmap 0x1000300000 0x1000 x fixed -> ok 0x1000300000
mmap 0x1000400000 0x1000 none fixed -> ok 0x1000400000
touch 0x1000100000 w -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  unchanged
4.3|  counts faults 1
6.12| counts faults 0
touch 0x1000100000 x -> SIGSEGV/ACCERR
touch 0x1000200000 x -> SIGSEGV/ACCERR
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

{"FAULT-ACCERR what grew stays grown", both, R"(
# S32, S33, S35: the permission is asked for after the growth, which is not undone. No page becomes
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
mmap 0x1000900000 0x1000 rw fixed,growsdown -> ok 0x1000900000
touch 0x10008fb000 x -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  area 0x10000fb000-0x1000101000 r growsdown
  area 0x10004fb000-0x1000501000 none growsdown
  area 0x10008fb000-0x1000901000 rw growsdown,account
  page none
)"},

{"FAULT-EXEC-MAPS", both, R"(
# J, F2: x86 knows of a page that is absent only that it is not there: the fetch maps it, growth and
# 4.3's guard step included, counts as a fault, and only its retry is refused.
knob exec-maps-first true
knob refused-faults-count false
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000fb000 x -> SIGSEGV/ACCERR
  by FAULT-EXEC-MAPS
  hit GROW-DONE
6.12| area 0x10000fb000-0x1000101000 rw growsdown,account
4.3|  area 0x10000fa000-0x1000101000 rw growsdown,account
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

{"FAULT-EXEC-MAPS without room for the guard page", only43, R"(
# Then it is MAPERR where arm64 says ACCERR.
knob exec-maps-first true
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
touch 0x1000101000 x -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  no FAULT-EXEC-MAPS
)"},

{"FAULT-REFUSED-COUNTS", only43, R"(
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
# A stack put directly on another area: its guard step is refused, in one fault.
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
