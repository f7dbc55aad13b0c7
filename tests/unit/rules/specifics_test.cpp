// Common misconceptions, and rules that depend on architecture, page size and address width.
#include "tests/unit/rules/scenario.h"

#include "model/process.h"
#include "trace/text.h"

#include <gtest/gtest.h>

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios specifics(__FILE__, {

{"GROW-DONE not by one page", "all, um", R"(
# A blog post on stack growth, the reason for this project, says that a fault "expands the stack VMA
# by 1 page". It does not. The fault moves vm_start to the page of the fault, in one step and at any
# distance. It is one minor fault, and only the touched page becomes present. 4.3 adds one more page
# as a guard; only that is one page.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000ff000 w -> ok
5.10+| area 0x10000ff000-0x1000101000 rw growsdown,account
4.3|   area 0x10000fe000-0x1000101000 rw growsdown,account
  counts faults 1 resident 1
touch 0x1000090000 w -> ok
  hit GROW-DONE
  page 0x1000090000 anonymous rw
  page 0x10000ff000 anonymous rw
5.10+| area 0x1000090000-0x1000101000 rw growsdown,account
5.10+| counts faults 1 size 113 stack 113 committed 113
4.3|   area 0x100008f000-0x1000101000 rw growsdown,account
4.3|   counts faults 1 size 114 stack 114 committed 114
# The pages between are inside the area now, and absent: each costs its own fault, and no growth.
touch 0x10000a0000 w -> ok
  no GROW-DONE
  counts faults 1 resident 3
)"},

{"GUARD-PAGE-ADDED what maps shows", "4.3", R"(
# S72: the file hides the lowest page of a stack, present or not, unless another stack ends there. A
# stack of one page is an empty line.
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000101000
touch 0x1000100000 w -> ok
  hit GUARD-PAGE-ADDED
  area 0x10000ff000-0x1000101000 rw growsdown,account shown 0x1000100000
# S73: after its guard page was unmapped, a page in use is hidden.
munmap 0x10000ff000 0x1000 -> ok
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000101000
  page 0x1000100000 anonymous rw
# A stack further down, and other areas, do not matter.
mmap 0x10000fe000 0x1000 rw fixed,growsdown -> ok 0x10000fe000
  area 0x10000fe000-0x10000ff000 rw growsdown,account shown 0x10000ff000
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000101000
mmap 0x10000fe000 0x2000 rw fixed -> ok 0x10000fe000
  area 0x10000fe000-0x1000100000 rw account shown 0x10000fe000
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000101000
munmap 0x10000fe000 0x2000 -> ok
mmap 0x10000ff000 0x1000 r fixed,growsdown -> ok 0x10000ff000
  area 0x10000ff000-0x1000100000 r growsdown shown 0x1000100000
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000100000
mprotect 0x10000ff000 0x1000 none -> ok
  area 0x10000ff000-0x1000100000 none growsdown shown 0x1000100000
  area 0x1000100000-0x1000101000 rw growsdown,account shown 0x1000100000
)"},

{"GROW-DONE maps shows it", "5.10+, um", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000ff000 w -> ok
  hit GROW-DONE
  area 0x10000ff000-0x1000101000 rw growsdown,account shown 0x10000ff000
)"},

{"FAULT-ACCERR tagged addresses", "arm64", R"(
# arm64 ignores bits 63:56 of a user address (bit 55 is 0). The signal's address has lost them.
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
touch 0x5a00001000100000 r -> ok
  by ANON-ZERO
  page 0x1000100000 zero r
touch 0x5a00001000100010 w -> SIGSEGV/ACCERR at 0x1000100010
  by FAULT-ACCERR
touch 0x5a000010000ff000 r -> SIGSEGV/MAPERR at 0x10000ff000
  by FAULT-NOT-GROWSDOWN
# An instruction's address is a multiple of 4.
touch 0x1000100003 x -> SIGSEGV/ACCERR at 0x1000100000
  by FAULT-ACCERR
touch 0x5a00001000100007 x -> SIGSEGV/ACCERR at 0x1000100004
touch 0x1000100004 x -> SIGSEGV/ACCERR
# With bit 55 the address is the kernel's. 4.3 clears the top byte anyway (entry.S); since 5.x the
# whole address is reported.
4.3|   touch 0x5a80001000100000 r -> SIGSEGV/MAPERR at 0x80001000100000
5.10+| touch 0x5a80001000100000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
  counts faults 0
4.3|   touch 0xffffffffffffffff w -> SIGSEGV/MAPERR at 0xffffffffffffff
5.10+| touch 0xffffffffffffffff w -> SIGSEGV/MAPERR
4.3|   touch 0xffffffffffffffff x -> SIGSEGV/MAPERR at 0xfffffffffffffc
5.10+| touch 0xffffffffffffffff x -> SIGSEGV/MAPERR at 0xfffffffffffffffc
# access_ok requires an address without a tag; get_user_pages removes the tag since 5.4.
kernel 0x5a00001000100000 r -> EFAULT
  by FAULT-BEYOND-TASK
4.3|   gup 0x5a00001000100000 r -> EFAULT
4.3|     by GUP-NO-AREA
5.10+| gup 0x5a00001000100000 r -> ok
5.10+|   by GUP-DONE
)"},

{"GROW-DONE tagged addresses", "arm64", R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0xff000010000fe000 w -> ok
  hit GROW-DONE
5.10+| area 0x10000fe000-0x1000101000 rw growsdown,account
4.3|   area 0x10000fd000-0x1000101000 rw growsdown,account
)"},

{"MUNMAP-DONE tagged addresses", "all, um", R"(
# arm64's calls on ranges remove the tag since 5.4; mmap and mremap's target never do.
mmap 0x1000100000 0x4000 rw fixed,growsdown -> ok 0x1000100000
mmap 0x5a00001000200000 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
mmap 0x5a00001000200000 0x1000 rw - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
mremap 0x1000100000 0x1000 0x1000 to 0x5a00001000200000 -> EINVAL
  by MREMAP-TARGET
4.3, amd64, um|   mprotect 0x5a00001000101000 0x1000 r -> ENOMEM
4.3, amd64, um|     by MPROTECT-HOLE
4.3, amd64, um|   mlock 0x5a00001000101000 0x1000 -> ENOMEM
4.3, amd64, um|     by MLOCK-HOLE
4.3, amd64, um|   munlock 0x5a00001000101000 0x1000 -> ENOMEM
4.3, amd64, um|     by MLOCK-HOLE
4.3, amd64, um|   dontneed 0x5a00001000101000 0x1000 -> ENOMEM
4.3, amd64, um|     by DONTNEED-HOLE
4.3, amd64, um|   mremap 0x5a00001000101000 0x1000 0x2000 maymove -> EFAULT
4.3, amd64, um|     by MREMAP-NO-AREA
4.3, amd64, um|   munmap 0x5a00001000101000 0x1000 -> EINVAL
4.3, amd64, um|     by MUNMAP-ARGUMENTS
4.3, amd64, um|     unchanged
4.3, amd64, um|   munmap 0x1000101000 0x1000 -> ok
4.3, amd64, um|     by MUNMAP-DONE
5.10+ arm64|    mprotect 0x5a00001000101000 0x1000 r -> ok
5.10+ arm64|      by MPROTECT-CHANGED
5.10+ arm64|    mlock 0x5a00001000101000 0x1000 -> ok
5.10+ arm64|      by MLOCK-LOCKS
5.10+ arm64|    munlock 0x5a00001000101000 0x1000 -> ok
5.10+ arm64|      by MUNLOCK-UNLOCKS
5.10+ arm64|    dontneed 0x5a00001000101000 0x1000 -> ok
5.10+ arm64|      by DONTNEED-DONE
5.10+ arm64|    mremap 0x5a00001000103000 0x1000 0x2000 -> ok 0x1000103000
5.10+ arm64|      by MREMAP-IN-PLACE
5.10+ arm64|    munmap 0x5a00001000101000 0x1000 -> ok
5.10+ arm64|      by MUNMAP-DONE
5.10+ arm64|      hit MUNMAP-DONE
)"},

{"FAULT-NO-AREA fences above the windows", "all, um", R"(
# An area directly above a window does not grow into it; between the windows a stack may grow.
limit stack unlimited -> ok
mmap 0x2000000000 0x1000 rw fixed,growsdown -> ok 0x2000000000
mmap 0x200000 0x1000 rw fixed,growsdown -> ok 0x200000
touch 0x1fffffffff w -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
  unchanged
kernel 0x1fffff w -> EFAULT
  by FAULT-NO-AREA
  unchanged
mmap 0x800000000 0x1000 rw fixed,growsdown -> ok 0x800000000
touch 0x7ffffffff w -> ok
  hit GROW-DONE
mmap 0x300000 0x1000 rw fixed,growsdown -> ok 0x300000
munmap 0x200000 0x1000 -> ok
touch 0x200000 w -> ok
  hit GROW-DONE
)"},

{"GROW-DONE pages of 64 KiB", "arm64", R"(
# K: as with 4 KiB, counted in pages. 42 bits, two levels: one table per 512 MiB.
with page 65536
mmap 0x1000100000 0x10000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000bffff w -> ok
  hit GROW-DONE
5.10+| area 0x10000b0000-0x1000110000 rw growsdown,account pgoff 0x10000b
5.10+| counts size 6 stack 6 committed 6 tables 1 faults 1
4.3|   area 0x10000a0000-0x1000110000 rw growsdown,account pgoff 0x10000a
4.3|   counts size 7 stack 7 committed 7 tables 1 faults 1
  page 0x10000b0000 anonymous rw
# The lowest 512 MiB have the program's table.
mmap 0x100000 0x10000 rw fixed -> ok 0x100000
touch 0x100000 w -> ok
  counts tables 1
# A memlock limit of 64 KiB is one page.
capable no -> ok
mmap 0x1000500000 0x20000 rw fixed,locked -> EAGAIN
mmap 0x1000500000 0x10000 rw fixed,locked -> ok 0x1000500000
mmap 0x1000600800 0x1000 rw fixed -> EINVAL
  by PLACE-UNALIGNED
)"},

{"GUARD-GAP pages of 64 KiB", "5.10+ arm64", R"(
# S79: 256 pages are 16 MiB.
with page 65536
mmap 0x1000000000 0x10000 rw fixed -> ok 0x1000000000
mmap 0x1008000000 0x10000 rw fixed,growsdown -> ok 0x1008000000
limit stack unlimited -> ok
touch 0x100100ffff w -> SIGSEGV/MAPERR
  by GUARD-GAP
touch 0x1001010000 w -> ok
  hit GROW-DONE
)"},

{"SHARED-READ pages of 64 KiB", "arm64", R"(
# A window of 64 KiB is one page: no fault-around.
with page 65536
mmap 0x1000000000 0x40000 rw fixed,shared,populate -> ok 0x1000000000
dontneed 0x1000000000 0x40000 -> ok
touch 0x1000010000 r -> ok
  by SHARED-READ
  no FAULT-AROUND
  counts resident 1 object-pages 4
)"},

{"FAULT-AROUND pages of 16 KiB", "5.10+ arm64", R"(
# Four pages. Three levels of 11 bits: one table per 32 MiB, and one per 64 GiB.
with page 16384
mmap 0x1000000000 0x40000 rw fixed,shared,populate -> ok 0x1000000000
  counts resident 16 tables 2
dontneed 0x1000000000 0x40000 -> ok
touch 0x1000010000 r -> ok
  by FAULT-AROUND
  counts resident 4
)"},

{"GUARD-GAP pages of 16 KiB", "5.10+ arm64", R"(
with page 16384
mmap 0x1000000000 0x4000 rw fixed -> ok 0x1000000000
mmap 0x1002000000 0x4000 rw fixed,growsdown -> ok 0x1002000000
limit stack unlimited -> ok
touch 0x1000403fff w -> SIGSEGV/MAPERR
  by GUARD-GAP
touch 0x1000404000 w -> ok
  hit GROW-DONE
# The low window lies in a 32 MiB block of the program.
mmap 0x100000 0x4000 rw fixed,populate -> ok 0x100000
  counts tables 2
)"},

{"TABLE-MADE with 39 bits", "arm64", R"(
# Three levels or four: the same count, because the upper ones exist.
with va-bits 39
mmap 0x1000000000 0x1000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 2
touch 0x8000000000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
)"},

{"TABLE-MADE with 48 bits", "arm64", R"(
with va-bits 48
mmap 0x1000000000 0x1000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 2
touch 0x8000000000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
touch 0x1000000000000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
# Beyond the lowest 512 GiB one level more is new.
mmap 0x8000000000 0x1000 rw fixed,populate -> ok 0x8000000000
  hit TABLE-MADE
  counts tables 5
)"},

{"TABLE-MADE with 47 bits", "amd64", R"(
# x86's four levels, half of them for the user.
mmap 0x1000000000 0x1000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 2
mmap 0x8000000000 0x1000 rw fixed,populate -> ok 0x8000000000
  counts tables 5
mmap 0x7fffffffe000 0x1000 rw fixed -> ok 0x7fffffffe000
mmap 0x7ffffffff000 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
)"},

{"TABLE-MADE with 52 bits", "6.12+ arm64", R"(
# LPA2: a fifth level above, one entry of which spans 2^48 bytes.
with va-bits 52
mmap 0x1000000000 0x1000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 2
mmap 0x8000000000 0x1000 rw fixed,populate -> ok 0x8000000000
  counts tables 5
mmap 0x1000000000000 0x1000 rw fixed,populate -> ok 0x1000000000000
  counts tables 9
munmap 0x1000000000000 0x1000 -> ok
  hit TABLE-FREED
  counts tables 5
touch 0xffffffffff000 r -> SIGSEGV/MAPERR
  by FAULT-NO-AREA
touch 0x10000000000000 r -> SIGSEGV/MAPERR
  by FAULT-BEYOND-TASK
)"},

{"TABLE-MADE with 52 bits and pages of 64 KiB", "5.10+ arm64", R"(
# 10, 13 and 13 bits: three levels as with 48, the uppermost with more entries.
with page 65536
with va-bits 52
mmap 0x1000000000 0x10000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 1
mmap 0x1000000000000 0x10000 rw fixed,populate -> ok 0x1000000000000
  hit TABLE-MADE
  counts tables 3
)"},

{"TABLE-MADE with 56 bits", "5.10+ amd64", R"(
# Five levels.
with va-bits 56
mmap 0x1000000000 0x1000 rw fixed,populate -> ok 0x1000000000
  hit TABLE-MADE
  counts tables 2
mmap 0x1000000000000 0x1000 rw fixed,populate -> ok 0x1000000000000
  counts tables 6
mmap 0xffffffffffe000 0x1000 rw fixed -> ok 0xffffffffffe000
mmap 0xfffffffffff000 0x1000 rw fixed -> ENOMEM
  by PLACE-BEYOND-TASK
)"},

{"PLACE-HINT above 48 bits", "6.12+ arm64", R"(
# Addresses above 48 bits require a hint above, and not at, the end of the window.
with va-bits 52
mmap 0x1000000000000 0x1000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
  area BASE-0x1000-BASE r -
mmap 0x1000000001000 0x1000 r - -> ok 0x1000000001000
  by MAP-AT-HINT
  hit PLACE-HINT
# Occupied: the search starts as far below the end as mmap_base is below the end of the window.
mmap 0x1000000001000 0x1000 r - -> ok elsewhere
  by MAP-CHOSEN
  hit PLACE-HINT-TAKEN PLACE-TOP-DOWN
  area BASE-0x1000-BASE r -
  area 0x1000000001000-0x1000000002000 r -
  area END-0x8001000-END-0x8000000 r -
# MAP_FIXED accepts any address.
mmap END-0x1000 0x1000 r fixed -> ok END-0x1000
)"},

{"PLACE-HINT above 47 bits", "5.10+ amd64", R"(
# The same on x86 with five levels; a hint whose range crosses the border is no hint.
with va-bits 56
mmap 0x7fffffffe000 0x2000 r - -> ok elsewhere
  no PLACE-HINT PLACE-HINT-TAKEN
  area BASE-0x2000-BASE r -
mmap 0x800000000000 0x1000 r - -> ok 0x800000000000
  by MAP-AT-HINT
  hit PLACE-HINT
mmap 0x800000000000 0x1000 r - -> ok elsewhere
  hit PLACE-HINT-TAKEN
  area BASE-0x2000-BASE r -
  area 0x800000000000-0x800000001000 r -
  area END-0x8001000-END-0x8000000 r -
)"},

});
// clang-format on

// The rule that no well-formed state reaches (completeness_test.cpp): the check exists.
TEST(RuleSpecifics, MremapPgoffFromAStateThatCannotArise) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, {}, error);
    ASSERT_TRUE(parameters) << error;
    trace::State state;
    state.areas.push_back({.start = 0x1000100000,
                           .end = 0x1000102000,
                           .shownStart = 0x1000102000,
                           .pgoff = ~std::uint64_t{0} - 3,
                           .anon = 1,
                           .flags = trace::vm::read});
    state.counters.total = 2;
    model::Process process;
    process.start(*parameters, &state);
    trace::Step step;
    step.op = trace::Op::mremap;
    step.address = 0x1000101000; // page offset 2^64 - 3
    step.length = 0x1000;
    step.newLength = 0x3000;
    EXPECT_EQ(process.apply(step), trace::Outcome::failed(trace::Errno::einval));
    EXPECT_EQ(process.decidingRule(), model::Rule::mremapPgoff);
    step.newLength = 0x2000;
    EXPECT_EQ(process.apply(step), trace::Outcome::at(0x1000101000));
  }
}

} // namespace
} // namespace growsdown::rules
