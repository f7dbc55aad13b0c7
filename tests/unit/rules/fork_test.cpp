// fork.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios forks(__FILE__, {

{"FORK-DONE", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed,locked -> ok 0x1000100000
mmap 0x1000200000 0x1000 rw fixed,growsdown,noreserve -> ok 0x1000200000
capable no -> ok
limit memlock 0 -> ok
fork -> ok
  by FORK-DONE
  area 0x1000100000-0x1000102000 rw account anon a forked
  area 0x1000200000-0x1000201000 rw growsdown,noreserve anon none
  page 0x1000100000 anonymous r frame f inherited
  page 0x1000101000 anonymous r frame g inherited
  counts size 3 stack 1 locked 0 committed 2 areas 2 tables 2
# Limits and the capability are the parent's.
mlock 0x1000100000 0x1000 -> EPERM
  by MLOCK-DENIED
)"},

{"FORK-ANON-VMA", "all, um", R"(
# S56: every area gets a separate anon_vma, also those that shared one, and does not merge.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mprotect 0x1000101000 0x1000 rwx -> ok
touch 0x1000100000 w -> ok
touch 0x1000101000 w -> ok
  area 0x1000100000-0x1000101000 rw account anon a fresh
  area 0x1000101000-0x1000102000 rwx account anon a fresh
fork -> ok
  by FORK-DONE
  hit FORK-ANON-VMA
  no FORK-SKIPS-ENTRIES
  area 0x1000100000-0x1000101000 rw account anon b forked
  area 0x1000101000-0x1000102000 rwx account anon c forked
mprotect 0x1000100000 0x1000 rwx -> ok
  no MERGE-ABOVE
  counts areas 2
# Pieces of one area still merge.
mprotect 0x1000101000 0x1000 r -> ok
mprotect 0x1000101000 0x1000 rwx -> ok
fork -> ok
  hit FORK-ANON-VMA
  area 0x1000100000-0x1000101000 rwx account anon d forked
  area 0x1000101000-0x1000102000 rwx account anon e forked
)"},

{"FORK-SKIPS-ENTRIES", "all, um", R"(
# S76: entries of areas without an anon_vma are not copied, nor those of shared memory; zero pages
# of other areas are. Tables are made for the copied entries.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1040000000 0x1000 rw fixed,shared -> ok 0x1040000000
mmap 0x1080000000 0x2000 rw fixed -> ok 0x1080000000
touch 0x1000100000 r -> ok
touch 0x1040000000 w -> ok
touch 0x1080000000 w -> ok
touch 0x1080001000 r -> ok
  counts tables 6 resident 4
fork -> ok
  by FORK-DONE
  hit FORK-SKIPS-ENTRIES FORK-ANON-VMA
  page 0x1080000000 anonymous r inherited
  page 0x1080001000 zero r
  counts tables 2 object-pages 1
touch 0x1040000000 r -> ok
  by FAULT-AROUND
touch 0x1000100000 r -> ok
  by ANON-ZERO
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
