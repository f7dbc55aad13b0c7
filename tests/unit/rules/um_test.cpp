// User-mode Linux: a process runs on mappings that a host makes for it.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios um(__FILE__, {

{"FAULT-UM-HOST-BEHIND", "um", R"(
# Populated: present, but the host has nothing there.
mmap 0x1000100000 0x2000 rw fixed,populate -> ok 0x1000100000
  page 0x1000100000 anonymous rw
  page 0x1000101000 anonymous rw
touch 0x1000100000 w -> ok
  hit FAULT-UM-HOST-BEHIND
  by FAULT-UM-FLUSHES
  no FIRST-WRITE
  no COW-REUSE
  counts faults 1
touch 0x1000100fff r -> ok
  by ACCESS-PRESENT
  counts faults 0
touch 0x1000101000 r -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
# A read updates the host with the whole entry.
touch 0x1000101000 w -> ok
  by ACCESS-PRESENT
  counts faults 0
)"},

{"FAULT-UM-HOST-BEHIND after a lock", "um", R"(
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
mlock 0x1000100000 0x1000 -> ok
  page 0x1000100000 zero r
touch 0x1000100000 r -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
# The change to writable flushes, and then populating replaces the page.
mprotect 0x1000100000 0x1000 rw -> ok
  hit MPROTECT-POPULATES
  page 0x1000100000 anonymous rw
touch 0x1000100000 w -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-HOST-BEHIND after get_user_pages", "um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
gup 0x1000100000 w -> ok
touch 0x1000100000 r -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
# The zero page, on the host, replaced.
touch 0x1000101000 r -> ok
  by FAULT-UM-FLUSHES
gup 0x1000101000 w -> ok
  hit COW-ZERO
touch 0x1000101000 w -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-HOST-BEHIND not where get_user_pages makes an entry writable", "um", R"(
init area 0x1000100000-0x1000101000 rw account anon 1
init page 0x1000100000 anonymous r frame 1
gup 0x1000100000 w -> ok
  hit COW-REUSE
  page 0x1000100000 anonymous rw
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
  no FAULT-UM-HOST-BEHIND
  counts faults 0
)"},

{"FAULT-UM-HOST-BEHIND after an unsharing read", "um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
fork -> ok
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
gup 0x1000100000 r -> ok
  hit GUP-UNSHARES
touch 0x1000100000 r -> ok
  hit FAULT-UM-HOST-BEHIND
)"},

{"FAULT-UM-HOST-BEHIND after a move", "um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mremap 0x1000100000 0x1000 0x1000 to 0x1000200000 -> ok 0x1000200000
touch 0x1000200000 w -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-HOST-BEHIND after fault-around", "um", R"(
mmap 0x1000100000 0x3000 rw shared,fixed -> ok 0x1000100000
touch 0x1000100000 r -> ok
touch 0x1000101000 r -> ok
dontneed 0x1000100000 0x3000 -> ok
  page none
touch 0x1000100000 r -> ok
  hit FAULT-AROUND
  page 0x1000100000 shared r frame a
  page 0x1000101000 shared r frame b
  counts faults 1
touch 0x1000101000 r -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-HOST-BEHIND not after mprotect", "um", R"(
# A change of protection flushes only the changed entries.
mmap 0x1000100000 0x2000 r fixed,populate -> ok 0x1000100000
mprotect 0x1000100000 0x1000 rx -> ok
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
  no FAULT-UM-HOST-BEHIND
  counts faults 0
mprotect 0x1000101000 0x1000 r -> ok
  by MPROTECT-SAME
touch 0x1000101000 r -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-HOST-BEHIND not in a child", "um", R"(
# The child first updates its host with all entries.
mmap 0x1000100000 0x2000 rw fixed,populate -> ok 0x1000100000
fork -> ok
  hit FORK-DONE
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
  no FAULT-UM-HOST-BEHIND
touch 0x1000101000 w -> ok
  hit COW-COPY
)"},

{"FAULT-UM-FLUSHES", "um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 r -> ok
  hit ANON-ZERO
  by FAULT-UM-FLUSHES
  counts faults 1
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
  counts faults 0
touch 0x1000100000 w -> ok
  hit COW-ZERO
  by FAULT-UM-FLUSHES
  counts faults 1
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
  counts faults 0
)"},

{"FAULT-UM-FLUSHES for the kernel", "um", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
kernel 0x10000ff000 w -> ok
  hit GROW-DONE ANON-WRITE
  by FAULT-UM-FLUSHES
touch 0x10000ff000 w -> ok
  by ACCESS-PRESENT
  counts faults 0
)"},

{"FAULT-UM-COMPLETED", "um", R"(
mmap 0x1000100000 0x2000 rw shared,fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
  hit SHARED-WRITE FAULT-UM-COMPLETED FAULT-UM-HOST-BEHIND
  no FIRST-WRITE
  page 0x1000100000 shared rw dirty
  counts faults 2
# The page is already dirty: the fault does not return early.
dontneed 0x1000100000 0x1000 -> ok
touch 0x1000100000 w -> ok
  no FAULT-UM-COMPLETED
  counts faults 1
# For the kernel the page is present, and the host is not updated.
kernel 0x1000101000 w -> ok
  by FAULT-UM-COMPLETED
  page 0x1000100000 shared rw dirty
  page 0x1000101000 shared rw dirty
touch 0x1000101000 w -> ok
  hit FAULT-UM-HOST-BEHIND
  counts faults 1
)"},

{"FAULT-UM-COMPLETED not by a write through a clean entry", "um", R"(
mmap 0x1000100000 0x1000 rw shared,fixed -> ok 0x1000100000
touch 0x1000100000 r -> ok
touch 0x1000100000 w -> ok
  hit FIRST-WRITE
  no FAULT-UM-COMPLETED
  counts faults 1
)"},

{"FAULT-UM-FETCH", "um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 x -> ok
  hit FAULT-UM-FETCH ANON-ZERO
  by FAULT-UM-FLUSHES
  counts faults 1
touch 0x1000100002 x -> ok
  hit FAULT-UM-FETCH
  by ACCESS-PRESENT
  counts faults 0
mprotect 0x1000100000 0x1000 none -> ok
touch 0x1000100000 x -> SIGSEGV/ACCERR
  by FAULT-ACCERR
  hit FAULT-UM-FETCH
)"},

{"FAULT-UM-WRITE-ONLY", "um", R"(
mmap 0x1000100000 0x2000 w fixed,growsdown -> ok 0x1000100000
touch 0x1000100000 r -> SIGSEGV/ACCERR
  by FAULT-UM-WRITE-ONLY
  unchanged
# The growth stays.
touch 0x10000ff000 x -> SIGSEGV/ACCERR
  hit GROW-DONE
  by FAULT-UM-WRITE-ONLY
  counts faults 0
  page none
# A write maps the page for reading, too.
touch 0x1000100000 w -> ok
  by FAULT-UM-FLUSHES
touch 0x1000100000 r -> ok
  by ACCESS-PRESENT
  counts faults 0
)"},

{"FAULT-UM-WRITE-ONLY where the host is behind", "um", R"(
mmap 0x1000100000 0x1000 w fixed,populate -> ok 0x1000100000
touch 0x1000100000 r -> SIGSEGV/ACCERR
  hit FAULT-UM-HOST-BEHIND
  by FAULT-UM-WRITE-ONLY
  unchanged
touch 0x1000100000 w -> ok
touch 0x1000100000 r -> ok
)"},

{"FAULT-UM-NON-CANONICAL", "um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100123 w -> ok
touch 0x800000000000 r -> SIGSEGV/ACCERR at 0x1000100123
  by FAULT-UM-NON-CANONICAL
  counts faults 0
# Not a page fault, so its address is not remembered.
touch 0x1000100456 w -> ok
  by ACCESS-PRESENT
touch 0xff00001000100000 w -> SIGSEGV/ACCERR at 0x1000100123
touch 0xffff800000000000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
touch 0x8000000000000000 r -> SIGSEGV/ACCERR at 0xffff800000000000
touch 0x7fffffffffff r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
# The kernel checks its own limit and touches nothing.
kernel 0x1000101000 r -> EFAULT
kernel 0x800000000000 r -> EFAULT
touch 0x800000000003 x -> SIGSEGV/ACCERR at 0x7fffffffffff
  hit FAULT-UM-NON-CANONICAL
)"},

{"KERNEL-UM-ENTRY not for the last byte", "um", R"(
mmap END-0x1000 0x1000 rw fixed -> ok END-0x1000
touch END-0x1 w -> ok
kernel END-0x1 r -> EFAULT
  by FAULT-BEYOND-TASK
  no KERNEL-UM-ENTRY
kernel END-0x2 r -> ok
  by KERNEL-UM-ENTRY
)"},

{"KERNEL-UM-ENTRY", "um", R"(
mmap 0x1000100000 0x1000 rw fixed,populate -> ok 0x1000100000
kernel 0x1000100000 w -> ok
  by KERNEL-UM-ENTRY
  unchanged
# The host was not involved.
touch 0x1000100000 w -> ok
  hit FAULT-UM-HOST-BEHIND
mprotect 0x1000100000 0x1000 none -> ok
  page 0x1000100000 anonymous none
kernel 0x1000100000 r -> ok
  by KERNEL-UM-ENTRY
  unchanged
kernel 0x1000100000 w -> EFAULT
  by FAULT-ACCERR
  no KERNEL-UM-ENTRY
)"},

{"KERNEL-UM-ENTRY not where it is absent", "um", R"(
mmap 0x1000100000 0x1000 w fixed -> ok 0x1000100000
kernel 0x1000100000 r -> EFAULT
  by FAULT-UM-WRITE-ONLY
  no KERNEL-UM-ENTRY
)"},

{"KERNEL-UM-ENTRY leaves a shared entry clean", "um", R"(
mmap 0x1000100000 0x1000 rw shared,fixed -> ok 0x1000100000
touch 0x1000100000 r -> ok
kernel 0x1000100000 w -> ok
  by KERNEL-UM-ENTRY
  page 0x1000100000 shared r
touch 0x1000100000 w -> ok
  hit FIRST-WRITE
  counts faults 1
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
