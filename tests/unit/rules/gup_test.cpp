// get_user_pages and populating.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios gup(__FILE__, {

{"GUP-DONE", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
gup 0x1000100000 r -> ok
  by GUP-DONE
  page 0x1000100000 zero r
gup 0x1000100fff w -> ok
  by GUP-DONE
  hit COW-ZERO
  page 0x1000100000 anonymous rw
gup 0x1000101000 w -> ok
  by GUP-DONE
  hit ANON-WRITE
gup 0x1000101000 w -> ok
  by GUP-DONE
  unchanged
)"},

{"GUP-DONE grows before 6.5", "4.3..5.10", R"(
# S63
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
gup 0x10000d8000 w -> ok
  by GUP-DONE
  hit GROW-DONE
  no GUP-GROWTH-POPULATES
4.3|  area 0x10000d7000-0x1000101000 rw growsdown,account
5.10| area 0x10000d8000-0x1000101000 rw growsdown,account
  page 0x10000d8000 anonymous rw
)"},

{"GUP-NO-AREA", "all, um", R"(
gup 0x1000100000 r -> EFAULT
  by GUP-NO-AREA
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
gup 0x1000101000 w -> EFAULT
  by GUP-NO-AREA
  unchanged
gup 0x10000fffff w -> EFAULT
4.3..5.10| by GUP-NO-AREA
6.1+|      by GUP-NO-GROWTH
  unchanged
)"},

{"GUP-NO-GROWTH", "6.1+, um", R"(
# S63, CVE-2023-3269
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
gup 0x10000fffff w -> EFAULT
  by GUP-NO-GROWTH
  unchanged
gup 0x10000d8000 r -> EFAULT
  by GUP-NO-GROWTH
  unchanged
kernel 0x10000fffff w -> ok
  hit GROW-DONE
gup 0x10000fffff w -> ok
  by GUP-DONE
)"},

{"GUP-GROWTH-POPULATES", "4.3", R"(
# O1: a locked stack of two pages (populating skipped its lowest page) grows by four pages for
# get_user_pages. The added pages are populated except for the new lowest page. The access itself
# makes that page present, with one more guard page. All pages are locked.
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
  page 0x1000101000 anonymous rw
gup 0x10000fc000 w -> ok
  by GUP-DONE
  hit GUP-GROWTH-POPULATES POPULATE-SKIPS-GUARD GUARD-PAGE-ADDED
  area 0x10000fb000-0x1000102000 rw growsdown,locked,account
  page 0x10000fc000 anonymous rw
  page 0x10000fd000 anonymous rw
  page 0x10000fe000 anonymous rw
  page 0x10000ff000 anonymous rw
  page 0x1000101000 anonymous rw
  counts size 7 stack 7 locked 7 committed 7
# A fault on the same stack makes only the touched page present.
touch 0x10000f8000 w -> ok
  no GUP-GROWTH-POPULATES
  counts resident 6 locked 11
)"},

{"GUP-GROWTH-POPULATES without a guard page", "5.10", R"(
# All added pages, including the page of the access.
mmap 0x1000100000 0x2000 rw fixed,growsdown,locked -> ok 0x1000100000
gup 0x10000fe000 w -> ok
  by GUP-DONE
  hit GUP-GROWTH-POPULATES
  area 0x10000fe000-0x1000102000 rw growsdown,locked,account
  page 0x10000fe000 anonymous rw
  page 0x10000ff000 anonymous rw
  page 0x1000100000 anonymous rw
  page 0x1000101000 anonymous rw
  counts size 4 stack 4 locked 4 committed 4
touch 0x10000f8000 w -> ok
  no GUP-GROWTH-POPULATES
  counts resident 5 locked 10
)"},

{"GUP-ACCESS", "all, um", R"(
# O1: the exact right, unlike a touch or the kernel's own access.
mmap 0x1000100000 0x1000 r fixed -> ok 0x1000100000
mmap 0x1000200000 0x1000 w fixed -> ok 0x1000200000
mmap 0x1000300000 0x1000 x fixed -> ok 0x1000300000
gup 0x1000100000 w -> EFAULT
  by GUP-ACCESS
  unchanged
gup 0x1000200000 r -> EFAULT
  by GUP-ACCESS
  unchanged
arm64, amd64| kernel 0x1000200000 r -> ok
gup 0x1000300000 r -> EFAULT
  by GUP-ACCESS
gup 0x1000100000 r -> ok
gup 0x1000200000 w -> ok
  by GUP-DONE
)"},

{"GUP-ACCESS what grew stays grown", "4.3..5.10", R"(
mmap 0x1000100000 0x1000 r fixed,growsdown -> ok 0x1000100000
gup 0x10000fc000 w -> EFAULT
  by GUP-ACCESS
  hit GROW-DONE
  area 0x10000fc000-0x1000101000 r growsdown
  page none
  counts size 5 stack 5 committed 4 tables 0
)"},

{"GUP-UNSHARES", "6.1+, um", R"(
# Reading through get_user_pages pins the page, so it must belong to the child alone. It is not
# writable yet, but it is not shared, so the next write reuses it.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
touch 0x1000101000 r -> ok
gup 0x1000100000 r -> ok
  no GUP-UNSHARES
  page 0x1000100000 anonymous rw frame parents
  page 0x1000101000 zero r
fork -> ok
kernel 0x1000100000 r -> ok
  no GUP-UNSHARES
gup 0x1000101000 r -> ok
  no GUP-UNSHARES
  page 0x1000100000 anonymous r frame parents inherited
  page 0x1000101000 zero r
gup 0x1000100000 r -> ok
  by GUP-UNSHARES
  page 0x1000100000 anonymous r frame childs
  page 0x1000101000 zero r
touch 0x1000100000 w -> ok
  by COW-REUSE
  page 0x1000100000 anonymous rw frame childs
  page 0x1000101000 zero r
)"},

{"GUP-UNSHARES and mprotect", "6.1+, um", R"(
# The copy belongs to the child alone, but it is clean. mprotect restores the write bit of its
# entry, as for a written page (F3), but not in 6.1, which requires a dirty entry. So does arm64's
# hardware.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
fork -> ok
gup 0x1000100000 r -> ok
  by GUP-UNSHARES
mprotect 0x1000100000 0x1000 r -> ok
mprotect 0x1000100000 0x1000 rw -> ok
6.1, arm64|   page 0x1000100000 anonymous r frame childs
6.12+ amd64|  page 0x1000100000 anonymous rw frame childs
6.1|          touch 0x1000100000 w -> ok
6.1|            by COW-REUSE
6.1|            counts faults 1
6.12+|        gup 0x1000100000 w -> ok
6.12+|          no FIRST-WRITE
6.12+|          unchanged
6.12+ arm64|  touch 0x1000100000 w -> ok
6.12+ arm64|    by FIRST-WRITE
6.12+ arm64|    counts faults 1
6.12+ amd64|  touch 0x1000100000 w -> ok
6.12+ amd64|    by ACCESS-PRESENT
6.12+ amd64|    counts faults 0
  page 0x1000100000 anonymous rw frame childs
mprotect 0x1000100000 0x1000 r -> ok
mprotect 0x1000100000 0x1000 rw -> ok
  page 0x1000100000 anonymous rw frame childs
)"},

{"COW-COPY after a read by get_user_pages", "4.3..5.10", R"(
# No copy for reading before 5.19.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
fork -> ok
gup 0x1000100000 r -> ok
  by GUP-DONE
  unchanged
touch 0x1000100000 w -> ok
  by COW-COPY
)"},

{"POPULATE-DONE", "all, um", R"(
# Private and writable: by writes. All others: by reads.
mmap 0x1000100000 0x2000 rw fixed,populate -> ok 0x1000100000
  by MAP-FIXED
  hit POPULATE-DONE
  page 0x1000100000 anonymous rw
  page 0x1000101000 anonymous rw
  counts locked 0 tables 2
munmap 0x1000100000 0x2000 -> ok
mmap 0x1000200000 0x1000 r fixed,populate -> ok 0x1000200000
mmap 0x1000300000 0x1000 x fixed,populate -> ok 0x1000300000
mmap 0x1000400000 0x1000 w fixed,populate -> ok 0x1000400000
mmap 0x1000500000 0x1000 rw fixed,shared,populate -> ok 0x1000500000
  hit POPULATE-DONE
  page 0x1000200000 zero r
  page 0x1000300000 zero rx
  page 0x1000400000 anonymous rw
arm64, um| page 0x1000500000 shared r
amd64|     page 0x1000500000 shared rw
)"},

{"POPULATE-NO-ACCESS", "all, um", R"(
mmap 0x1000100000 0x2000 none fixed,populate -> ok 0x1000100000
  by MAP-FIXED
  hit POPULATE-NO-ACCESS
  page none
  counts tables 0
mlock 0x1000100000 0x1000 -> ENOMEM
  by MLOCK-POPULATE-FAILS
  hit POPULATE-NO-ACCESS
  area 0x1000100000-0x1000101000 none locked
  area 0x1000101000-0x1000102000 none -
  counts locked 1
)"},

{"POPULATE-SKIPS-GUARD", "4.3", R"(
# D: the lowest page is skipped, without an error and without growth.
mmap 0x1000100000 0x3000 rw fixed,growsdown,populate -> ok 0x1000100000
  by MAP-FIXED
  hit POPULATE-SKIPS-GUARD
  area 0x1000100000-0x1000103000 rw growsdown,account
  page 0x1000101000 anonymous rw
  page 0x1000102000 anonymous rw
mlock 0x1000100000 0x1000 -> ok
  hit POPULATE-SKIPS-GUARD
  counts locked 1 resident 2
# Unless a stack ends there (not further down).
mmap 0x10002ff000 0x1000 rw fixed,growsdown -> ok 0x10002ff000
mmap 0x1000301000 0x1000 rw fixed,growsdown,populate -> ok 0x1000301000
  hit POPULATE-SKIPS-GUARD
  counts resident 2
mmap 0x10001ff000 0x1000 rw fixed,growsdown,stack -> ok 0x10001ff000
mprotect 0x10001ff000 0x1000 r -> ok
mmap 0x1000200000 0x1000 rw fixed,growsdown,populate -> ok 0x1000200000
  no POPULATE-SKIPS-GUARD
  hit GUARD-PAGE-SHARED
  counts resident 3
)"},

{"POPULATE-SKIPS-GUARD where a page is write-protected", "4.3", R"(
# O5: the page is present, but populating writes. It stays the zero page.
mmap 0x1000100000 0x2000 r fixed,growsdown -> ok 0x1000100000
mmap 0x10000ff000 0x1000 r fixed,growsdown -> ok 0x10000ff000
touch 0x1000100000 r -> ok
  page 0x1000100000 zero r
munmap 0x10000ff000 0x1000 -> ok
  area 0x1000100000-0x1000102000 r growsdown
mlock 0x1000100000 0x2000 -> ok
  no POPULATE-SKIPS-GUARD
  page 0x1000100000 zero r
  page 0x1000101000 zero r
mprotect 0x1000100000 0x2000 rw -> ok
  by MPROTECT-CHANGED
  hit MPROTECT-POPULATES POPULATE-SKIPS-GUARD
  page 0x1000100000 zero r
  page 0x1000101000 anonymous rw
touch 0x1000100000 w -> ok
  by COW-ZERO
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
