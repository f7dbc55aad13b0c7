// Growing a stack: how far, and all reasons for a refusal.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios growth(__FILE__, {

{"GROW-DONE", "all, um", R"(
# S01, S02: five pages below, in the middle of a page. One fault, one page; 4.3 adds the guard page.
mmap 0x1000100000 0x4000 rw fixed,growsdown -> ok 0x1000100000
  area 0x1000100000-0x1000104000 rw growsdown,account pgoff 0x1000100
touch 0x10000fb123 w -> ok
  by ANON-WRITE
  hit GROW-DONE
5.10+| area 0x10000fb000-0x1000104000 rw growsdown,account pgoff 0x10000fb anon a
5.10+| counts size 9 stack 9 locked 0 data 0 committed 9 tables 2 faults 1
4.3|   area 0x10000fa000-0x1000104000 rw growsdown,account pgoff 0x10000fa anon a
4.3|   counts size 10 stack 10 locked 0 data 0 committed 10 tables 2 faults 1
  page 0x10000fb000 anonymous rw
)"},

{"GROW-DONE any distance", "all, um", R"(
# 16 GiB in one step.
limit stack unlimited -> ok
mmap 0x1000000000 0x1000 rw fixed,growsdown -> ok 0x1000000000
touch 0xc00000000 w -> ok
  hit GROW-DONE
5.10+| area 0xc00000000-0x1000001000 rw growsdown,account pgoff 0xc00000
4.3|   area 0xbfffff000-0x1000001000 rw growsdown,account pgoff 0xbfffff
  page 0xc00000000 anonymous rw
5.10+| counts size 0x400001 stack 0x400001 committed 0x400001 tables 2 faults 1
4.3|   counts size 0x400002 stack 0x400002 committed 0x400002 tables 2 faults 1
)"},

{"GROW-DONE commits without VM_ACCOUNT", "all, um", R"(
# Growth charges the added pages even if the area is not accounted. Unmapping does not return that
# charge.
mmap 0x1000100000 0x1000 rw fixed,growsdown,noreserve -> ok 0x1000100000
  counts committed 0
touch 0x10000fc000 w -> ok
  hit GROW-DONE
5.10+| counts committed 4 size 5
4.3|   counts committed 5 size 6
munmap 0x10000fb000 0x6000 -> ok
5.10+| counts committed 4 size 0 stack 0
4.3|   counts committed 5 size 0 stack 0
)"},

{"GROW-DONE by the kernel itself", "all, um", R"(
# S62: copy_to_user into a page below the stack.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
kernel 0x10000ec000 w -> ok
  by ANON-WRITE
  hit GROW-DONE
5.10+| area 0x10000ec000-0x1000101000 rw growsdown,account
4.3|   area 0x10000eb000-0x1000101000 rw growsdown,account
  page 0x10000ec000 anonymous rw
)"},

{"GROW-DONE a read grows too", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000fe000 r -> ok
  by ANON-ZERO
  hit GROW-DONE ANON-NEW
5.10+| area 0x10000fe000-0x1000101000 rw growsdown,account anon a
4.3|   area 0x10000fd000-0x1000101000 rw growsdown,account anon a
  page 0x10000fe000 zero r
)"},

{"GROW-COVERED", "4.3", R"(
# S43, H: the guard page of page 0 would lie below it; the address wraps to the top of the address
# space, which is not below vm_start: nothing grows, and the access succeeds.
mmap 0x0 0x2000 rw fixed,growsdown -> ok 0
touch 0x10 w -> ok
  by ANON-WRITE
  hit GROW-COVERED
  no GROW-DONE
  area 0-0x2000 rw growsdown,account pgoff 0 anon a
  counts size 2 stack 2 committed 2 faults 1
)"},

{"GROW-STACK-POINTER", "4.3 amd64", R"(
# I: an access 65792 bytes below the stack pointer passes, one byte lower does not. The check
# compares bytes: both addresses are in one page.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
sp 0x1000100000 -> ok
touch 0x10000efeff w -> SIGSEGV/MAPERR
  by GROW-STACK-POINTER
  unchanged
touch 0x10000efeff r -> SIGSEGV/MAPERR
  by GROW-STACK-POINTER
  unchanged
touch 0x10000efefc x -> SIGSEGV/MAPERR
  by GROW-STACK-POINTER
  unchanged
touch 0x10000eff00 w -> ok
  by ANON-WRITE
  no GROW-STACK-POINTER
  area 0x10000ee000-0x1000101000 rw growsdown,account
# Checked only if the area must grow; its guard page is inside the area.
touch 0x10000ee000 w -> ok
  no GROW-STACK-POINTER
  area 0x10000ed000-0x1000101000 rw growsdown,account
# Not checked for the kernel's own accesses.
kernel 0x10000e0000 w -> ok
  area 0x10000df000-0x1000101000 rw growsdown,account
gup 0x10000d0000 w -> ok
  area 0x10000cf000-0x1000101000 rw growsdown,account
sp own -> ok
touch 0x10000c0000 w -> SIGSEGV/MAPERR
  by GROW-STACK-POINTER
)"},

{"GROW-STACK-POINTER not on arm64, nor since 5_0", "4.3 arm64, 5.10+, um", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
sp own -> ok
touch 0x10000ef000 w -> ok
  hit GROW-DONE
  no GROW-STACK-POINTER
)"},

{"GROW-LOW-ADDRESS", "all, um", R"(
# S42. 4.3 checks the sysctl alone, for its guard page, too. Since 5.0 the greater of sysctl and
# CONFIG_LSM_MMAP_MIN_ADDR counts, with any capability.
with min-addr 0x1000
with lsm-min-addr 0x10000
5.10+| mmap 0x20000 0x1000 rw fixed,growsdown -> ok 0x20000
5.10+| touch 0xffff w -> SIGSEGV/MAPERR
5.10+|   by GROW-LOW-ADDRESS
5.10+|   area 0x20000-0x21000 rw growsdown,account anon none
5.10+| touch 0x10000 w -> ok
5.10+|   by ANON-WRITE
5.10+|   area 0x10000-0x21000 rw growsdown,account anon a
5.10+| touch 0xffff w -> SIGSEGV/MAPERR
5.10+|   by GROW-LOW-ADDRESS
5.10+|   unchanged
4.3| capable no -> ok
4.3| mmap 0x20000 0x1000 rw fixed,growsdown -> ok 0x20000
# O4: 4.3 gives the area an anon_vma before it checks the address.
4.3| touch 0xfff w -> SIGSEGV/MAPERR
4.3|    by GROW-LOW-ADDRESS
4.3|    area 0x20000-0x21000 rw growsdown,account anon a
4.3| touch 0x1000 w -> SIGSEGV/MAPERR
4.3|    by GROW-LOW-ADDRESS
4.3|    hit GROW-DONE
4.3|    area 0x1000-0x21000 rw growsdown,account anon a
4.3|    page none
4.3|    counts size 32 stack 32 tables 1
4.3 arm64| counts faults 1
4.3 amd64| counts faults 0
4.3| touch 0x2000 w -> ok
4.3|    by ANON-WRITE
4.3|    area 0x1000-0x21000 rw growsdown,account anon a
)"},

{"GROW-LOW-ADDRESS capability", "all, um", R"(
# S43, CVE-2019-9213: with CAP_SYS_RAWIO 4.3 goes down to page 0.
mmap 0x2000 0x1000 rw fixed,growsdown -> ok 0x2000
4.3|   touch 0xfff w -> ok
4.3|     no GROW-LOW-ADDRESS
4.3|     area 0-0x3000 rw growsdown,account pgoff 0
4.3|   munmap 0 0x3000 -> ok
4.3|   capable no -> ok
4.3|   mmap 0x2000 0x1000 rw fixed,growsdown -> ok 0x2000
touch 0xfff w -> SIGSEGV/MAPERR
  by GROW-LOW-ADDRESS
)"},

{"GUARD-GAP", "5.10+, um", R"(
# S03, S04: exactly 256 free pages are allowed; one byte lower is one page too low.
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
mmap 0x100012d000 0x1000 rw fixed,growsdown -> ok 0x100012d000
touch 0x1000100fff w -> SIGSEGV/MAPERR
  by GUARD-GAP
  area 0x1000000000-0x1000001000 rw account
  area 0x100012d000-0x100012e000 rw growsdown,account anon none
  counts size 2 stack 1 committed 2 tables 0 faults 0
touch 0x1000101000 w -> ok
  by ANON-WRITE
  no GUARD-GAP
  area 0x1000000000-0x1000001000 rw account
  area 0x1000101000-0x100012e000 rw growsdown,account anon a
touch 0x1000100fff w -> SIGSEGV/MAPERR
  by GUARD-GAP
  unchanged
touch 0x1000001000 r -> SIGSEGV/MAPERR
  by GUARD-GAP
  unchanged
)"},

{"GUARD-GAP one right is enough", "5.10+, um", R"(
# S14, S05: any one of read, write and execute makes the neighbour count. The gap is measured from
# the page of the fault, so a first touch inside the gap moves nothing.
mmap 0x1000000000 0x1000 r fixed -> ok 0x1000000000
mmap 0x1000015000 0x1000 rw fixed,growsdown -> ok 0x1000015000
touch 0x1000001000 w -> SIGSEGV/MAPERR
  by GUARD-GAP
  unchanged
mprotect 0x1000000000 0x1000 w -> ok
touch 0x1000014000 w -> SIGSEGV/MAPERR
  by GUARD-GAP
  unchanged
mprotect 0x1000000000 0x1000 x -> ok
touch 0x1000014000 w -> SIGSEGV/MAPERR
  by GUARD-GAP
  unchanged
munmap 0x1000000000 0x1000 -> ok
touch 0x1000014000 w -> ok
  no GUARD-GAP
# S46: inside the area nothing is checked, at any distance to the neighbour.
mmap 0x1000013000 0x1000 rw fixed -> ok 0x1000013000
touch 0x1000015000 w -> ok
  by ANON-WRITE
)"},

{"GUARD-GAP of one page", "5.10+, um", R"(
# stack_guard_gap=1 on the boot line.
knob gap-pages 1
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
mmap 0x1000015000 0x1000 rw fixed,growsdown -> ok 0x1000015000
touch 0x1000001fff w -> SIGSEGV/MAPERR
  by GUARD-GAP
touch 0x1000002000 w -> ok
  no GUARD-GAP
  area 0x1000000000-0x1000001000 rw account
  area 0x1000002000-0x1000016000 rw growsdown,account
)"},

{"GUARD-GAP-GROWSDOWN-EXEMPT", "5.10+, um", R"(
# S11, S13: until the two are adjacent, whatever lies below the lower one. They stay two areas.
mmap 0xffffff000 0x1000 rw fixed -> ok 0xffffff000
mmap 0x1000000000 0x4000 rw fixed,growsdown -> ok 0x1000000000
mmap 0x1000018000 0x1000 rw fixed,growsdown -> ok 0x1000018000
touch 0x1000004000 w -> ok
  by ANON-WRITE
  hit GUARD-GAP-GROWSDOWN-EXEMPT
  area 0xffffff000-0x1000000000 rw account
  area 0x1000000000-0x1000004000 rw growsdown,account anon none
  area 0x1000004000-0x1000019000 rw growsdown,account anon a
)"},

{"GUARD-GAP-INACCESSIBLE-EXEMPT", "5.10+, um", R"(
# S09, S12: only the immediate neighbour counts, accessible memory right below it does not.
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
mmap 0x1000001000 0x1000 none fixed -> ok 0x1000001000
mmap 0x1000015000 0x1000 rw fixed,growsdown -> ok 0x1000015000
touch 0x1000002000 w -> ok
  by ANON-WRITE
  hit GUARD-GAP-INACCESSIBLE-EXEMPT
  area 0x1000000000-0x1000001000 rw account
  area 0x1000001000-0x1000002000 none -
  area 0x1000002000-0x1000016000 rw growsdown,account
# S17: checked only during growth.
mprotect 0x1000001000 0x1000 rw -> ok
touch 0x1000003000 w -> ok
munmap 0x1000002000 0x2000 -> ok
touch 0x1000003000 w -> SIGSEGV/MAPERR
  by GUARD-GAP
)"},

{"GUARD-PAGE-ABUTS", "4.3", R"(
# S08: the page of the fault lies directly on another area: refused before anything else, so not
# even an anon_vma is left.
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
mmap 0x1000015000 0x1000 rw fixed,growsdown -> ok 0x1000015000
touch 0x1000001fff w -> SIGSEGV/MAPERR
  by GUARD-PAGE-ABUTS
  unchanged
  area 0x1000000000-0x1000001000 rw account anon none
  area 0x1000015000-0x1000016000 rw growsdown,account anon none
  counts tables 0
arm64| counts faults 1
amd64| counts faults 0
# S06: one page higher is allowed, and its guard page is adjacent.
touch 0x1000002000 w -> ok
  by ANON-WRITE
  hit GUARD-PAGE-ADDED
  area 0x1000000000-0x1000001000 rw account
  area 0x1000001000-0x1000016000 rw growsdown,account anon a
)"},

{"GUARD-PAGE-ABUTS inaccessible too", "4.3", R"(
# S09, S10
mmap 0x1000000000 0x1000 none fixed -> ok 0x1000000000
mmap 0x1000015000 0x1000 rw fixed,growsdown -> ok 0x1000015000
touch 0x1000001000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-ABUTS
  unchanged
touch 0x1000002000 w -> ok
touch 0x1000001000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  unchanged
)"},

{"GUARD-PAGE-NEIGHBOUR", "4.3", R"(
# S07, S25: the page is mapped and permitted, but the result is MAPERR: it is the guard page.
mmap 0x1000000000 0x1000 rw fixed -> ok 0x1000000000
mmap 0x1000001000 0x2000 rw fixed,growsdown -> ok 0x1000001000
touch 0x1000001000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  page none
  area 0x1000000000-0x1000001000 rw account
  area 0x1000001000-0x1000003000 rw growsdown,account anon none
# handle_mm_fault had made the tables (T2).
  counts tables 2
arm64| counts faults 1
amd64| counts faults 0
touch 0x1000001000 r -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
  unchanged
touch 0x1000002000 w -> ok
  by ANON-WRITE
munmap 0x1000000000 0x1000 -> ok
touch 0x1000001000 w -> ok
  hit GUARD-PAGE-ADDED
  area 0x1000000000-0x1000003000 rw growsdown,account
)"},

{"GUARD-PAGE-NEIGHBOUR not for a present page", "4.3", R"(
# S47: the guard is checked only for an absent page.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x1000100000 w -> ok
  area 0x10000ff000-0x1000101000 rw growsdown,account
mmap 0x10000ff000 0x1000 rw fixed -> ok 0x10000ff000
  area 0x10000ff000-0x1000100000 rw account
  area 0x1000100000-0x1000101000 rw growsdown,account
touch 0x1000100000 w -> ok
  by ACCESS-PRESENT
dontneed 0x1000100000 0x1000 -> ok
touch 0x1000100000 w -> SIGSEGV/MAPERR
  by GUARD-PAGE-NEIGHBOUR
)"},

{"GUARD-PAGE-SHARED", "4.3", R"(
# S11, S41: two stacks may be adjacent; the upper one gets no guard page.
mmap 0x1000000000 0x4000 rw fixed,growsdown -> ok 0x1000000000
mmap 0x1000018000 0x1000 rw fixed,growsdown -> ok 0x1000018000
touch 0x1000004000 w -> ok
  by ANON-WRITE
  hit GUARD-PAGE-SHARED
  no GUARD-PAGE-ADDED
  area 0x1000000000-0x1000004000 rw growsdown,account anon none
  area 0x1000004000-0x1000019000 rw growsdown,account anon a
  counts faults 1
)"},

{"GUARD-PAGE-ADDED", "4.3", R"(
# The first touch of the lowest page, by a read or a write, grows by exactly one page.
mmap 0x1000100000 0x2000 rw fixed,growsdown -> ok 0x1000100000
touch 0x1000101000 w -> ok
  no GUARD-PAGE-ADDED
  area 0x1000100000-0x1000102000 rw growsdown,account pgoff 0x1000100
touch 0x1000100000 r -> ok
  by ANON-ZERO
  hit GUARD-PAGE-ADDED
  area 0x10000ff000-0x1000102000 rw growsdown,account pgoff 0x10000ff
  page 0x1000100000 zero r
  page 0x1000101000 anonymous rw
  counts size 3 stack 3 committed 3 faults 1
touch 0x1000100000 w -> ok
  by COW-ZERO
  no GUARD-PAGE-ADDED
  area 0x10000ff000-0x1000102000 rw growsdown,account
touch 0x1000100000 r -> ok
  unchanged
)"},

{"GUARD-PAGE-ADDED its refusal leaves the growth", "4.3", R"(
# S22: RLIMIT_STACK of 16 pages, the 17th page is touched. The first step passes (one page is not
# counted), the second is refused. The growth of the first step stays, and no page is present.
limit stack 0x10000 -> ok
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000f0000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-STACK
  hit GROW-DONE
  no GUARD-PAGE-ADDED
  area 0x10000f0000-0x1000101000 rw growsdown,account pgoff 0x10000f0 anon a
  page none
  counts size 17 stack 17 committed 17 tables 2
arm64| counts faults 1
amd64| counts faults 0
touch 0x10000f0000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-STACK
  unchanged
# Accesses above the guard page succeed.
touch 0x10000f1000 w -> ok
  by ANON-WRITE
limit stack 0x11000 -> ok
touch 0x10000f0000 w -> ok
  hit GUARD-PAGE-ADDED
  area 0x10000ef000-0x1000101000 rw growsdown,account
)"},

{"GROW-PGOFF", "all, um", R"(
# An area whose page offset is 5: five pages and no more. 4.3's guard page is one of them.
init area 0x1000100000-0x1000101000 rw growsdown,account pgoff 5 anon 1
touch 0x10000fa000 w -> SIGSEGV/MAPERR
  by GROW-PGOFF
  unchanged
5.10+| touch 0x10000fb000 w -> ok
5.10+|   by ANON-WRITE
5.10+|   area 0x10000fb000-0x1000101000 rw growsdown,account pgoff 0 anon a
4.3| touch 0x10000fb000 w -> SIGSEGV/MAPERR
4.3|    by GROW-PGOFF
4.3|    area 0x10000fb000-0x1000101000 rw growsdown,account pgoff 0 anon a
4.3|    page none
4.3|    counts size 6 stack 6 committed 6 tables 2
4.3| touch 0x10000fc000 w -> ok
4.3|    by ANON-WRITE
)"},

{"GROW-PGOFF after a move", "all, um", R"(
# S44: a stack that was used at a low address keeps its page offset when it moves.
mmap 0x100000 0x2000 rw fixed,growsdown -> ok 0x100000
touch 0x101000 w -> ok
  area 0x100000-0x102000 rw growsdown,account pgoff 0x100 anon a
mremap 0x100000 0x2000 0x2000 to 0x1000200000 -> ok 0x1000200000
  area 0x1000200000-0x1000202000 rw growsdown,account pgoff 0x100 anon a
touch 0x10000ff000 w -> SIGSEGV/MAPERR
  by GROW-PGOFF
  unchanged
5.10+| touch 0x1000100000 w -> ok
4.3|   touch 0x1000100000 w -> SIGSEGV/MAPERR
4.3|     by GROW-PGOFF
  area 0x1000100000-0x1000202000 rw growsdown,account pgoff 0 anon a
touch 0x1000101000 w -> ok
)"},

{"GROW-RLIMIT-AS", "all, um", R"(
# S26, S27: a limit between six and seven pages is six pages. The refusal comes after
# anon_vma_prepare.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
limit as 0x6fff -> ok
touch 0x10000fa000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-AS
  area 0x1000100000-0x1000101000 rw growsdown,account anon a
  page none
  counts size 1 stack 1 committed 1 tables 0
5.10+| touch 0x10000fb000 w -> ok
5.10+|   by ANON-WRITE
4.3|   touch 0x10000fb000 w -> SIGSEGV/MAPERR
4.3|     by GROW-RLIMIT-AS
4.3|     page none
  area 0x10000fb000-0x1000101000 rw growsdown,account anon a
  counts size 6 stack 6 committed 6 tables 2
touch 0x10000fc000 w -> ok
  by ANON-WRITE
# All areas of the process count.
munmap 0x1000100000 0x1000 -> ok
mmap 0x1000300000 0x1000 r fixed -> ok 0x1000300000
touch 0x10000fa000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-AS
  unchanged
)"},

{"GROW-RLIMIT-STACK", "all, um", R"(
# S18 to S23: the size of the area, in bytes. 4.3 does not count one page, which is the guard page:
# the usable size is the same, and the area is one page longer.
limit stack 0x10000 -> ok
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
5.10+| touch 0x10000f0fff w -> SIGSEGV/MAPERR
5.10+|   by GROW-RLIMIT-STACK
4.3|   touch 0x10000effff w -> SIGSEGV/MAPERR
4.3|     by GROW-RLIMIT-STACK
  area 0x1000100000-0x1000101000 rw growsdown,account anon a
  counts size 1 stack 1 committed 1 tables 0
touch 0x10000f1000 w -> ok
  by ANON-WRITE
5.10+| area 0x10000f1000-0x1000101000 rw growsdown,account
4.3|   area 0x10000f0000-0x1000101000 rw growsdown,account
touch 0x10000f0fff w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-STACK
  unchanged
limit stack 0x10fff -> ok
touch 0x10000f0fff w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-STACK
  unchanged
limit stack 0x11000 -> ok
touch 0x10000f0fff w -> ok
  by ANON-WRITE
)"},

{"GROW-RLIMIT-STACK each area by itself", "all, um", R"(
# S24, S25: mmap does not check RLIMIT_STACK. An area beyond the limit can be used but cannot grow.
# On 4.3 its lowest page needs the guard page, which is growth.
limit stack 0x2000 -> ok
mmap 0x1000100000 0xa000 rw fixed,growsdown -> ok 0x1000100000
5.10+| touch 0x1000100000 w -> ok
5.10+| touch 0x10000fffff w -> SIGSEGV/MAPERR
4.3|   touch 0x1000100000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-STACK
  area 0x1000100000-0x100010a000 rw growsdown,account anon a
touch 0x1000101000 w -> ok
  by ANON-WRITE
# The limit applies to each stack separately.
mmap 0x1000500000 0x1000 rw fixed,growsdown -> ok 0x1000500000
touch 0x10004ff000 w -> ok
  by ANON-WRITE
  hit GROW-DONE
limit stack 0 -> ok
touch 0x1000102000 w -> ok
)"},

{"GROW-RLIMIT-MEMLOCK", "all, um", R"(
# S30: a locked stack, RLIMIT_MEMLOCK between eight and nine pages, no CAP_IPC_LOCK.
capable no -> ok
limit memlock 0x8fff -> ok
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
  counts locked 2
touch 0x10000f9000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-MEMLOCK
  area 0x1000100000-0x1000102000 rw growsdown,locked,account anon a
  counts size 2 locked 2 committed 2
# Growth locks the added pages, and makes only the touched page present.
5.10+| touch 0x10000fa000 w -> ok
5.10+|   by ANON-WRITE
5.10+|   page 0x10000fa000 anonymous rw
5.10+|   page 0x1000100000 anonymous rw
5.10+|   page 0x1000101000 anonymous rw
4.3|   touch 0x10000fa000 w -> SIGSEGV/MAPERR
4.3|     by GROW-RLIMIT-MEMLOCK
4.3|     page 0x1000101000 anonymous rw
  area 0x10000fa000-0x1000102000 rw growsdown,locked,account anon a
  counts size 8 stack 8 locked 8 committed 8
)"},

{"GROW-RLIMIT-MEMLOCK not with the capability", "all, um", R"(
# S31. And not for an area that is not locked.
limit memlock 0x1000 -> ok
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
touch 0x10000f0000 w -> ok
  by ANON-WRITE
  no GROW-RLIMIT-MEMLOCK
5.10+| counts locked 18
4.3|   counts locked 19
capable no -> ok
mmap 0x1000500000 0x1000 rw fixed,growsdown -> ok 0x1000500000
touch 0x10004f0000 w -> ok
  no GROW-RLIMIT-MEMLOCK
5.10+| counts locked 18
4.3|   counts locked 19
touch 0x10000e0000 w -> SIGSEGV/MAPERR
  by GROW-RLIMIT-MEMLOCK
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
