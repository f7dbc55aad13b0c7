// anon_vma identities, merging and splitting.
#include "tests/unit/rules/scenario.h"

namespace growsdown::rules {
namespace {

// clang-format off
const Scenarios anon(__FILE__, {

{"ANON-NEW", "all, um", R"(
# A read needs no anon_vma; the first write does. Areas that are not adjacent get separate ones.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000200000 0x1000 rw fixed -> ok 0x1000200000
touch 0x1000100000 r -> ok
  no ANON-NEW
  area 0x1000100000-0x1000101000 rw account anon none
  area 0x1000200000-0x1000201000 rw account anon none
touch 0x1000100000 w -> ok
  by COW-ZERO
  hit ANON-NEW
  area 0x1000100000-0x1000101000 rw account anon a fresh
  area 0x1000200000-0x1000201000 rw account anon none
touch 0x1000200000 w -> ok
  hit ANON-NEW
  area 0x1000100000-0x1000101000 rw account anon a
  area 0x1000200000-0x1000201000 rw account anon b
)"},

{"ANON-ADOPT-ABOVE", "all, um", R"(
# Neighbours that differ only in their rights share an anon_vma, so that they can merge later. The
# neighbour above is tried first.
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0x1000 rwx -> ok
mprotect 0x1000102000 0x1000 rwx -> ok
touch 0x1000100000 w -> ok
  hit ANON-NEW
touch 0x1000102000 w -> ok
# Not a neighbour of the first.
  hit ANON-NEW
  area 0x1000100000-0x1000101000 rwx account anon a
  area 0x1000101000-0x1000102000 rw account anon none
  area 0x1000102000-0x1000103000 rwx account anon b
touch 0x1000101000 w -> ok
  by ANON-WRITE
  hit ANON-ADOPT-ABOVE
  no ANON-NEW ANON-ADOPT-BELOW
  area 0x1000100000-0x1000101000 rwx account anon a
  area 0x1000101000-0x1000102000 rw account anon b
  area 0x1000102000-0x1000103000 rwx account anon b
# The middle area merges with the neighbour whose anon_vma it has, and not with the other.
mprotect 0x1000101000 0x1000 rwx -> ok
  hit MERGE-ABOVE
  area 0x1000100000-0x1000101000 rwx account anon a
  area 0x1000101000-0x1000103000 rwx account anon b
)"},

{"ANON-ADOPT-ABOVE not across other flags", "all, um", R"(
# The anon_vma of a locked neighbour is not adopted.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rwx fixed,locked -> ok 0x1000101000
touch 0x1000100000 w -> ok
  hit ANON-NEW
  no ANON-ADOPT-ABOVE
  area 0x1000100000-0x1000101000 rw account anon a
  area 0x1000101000-0x1000102000 rwx locked,account anon b
munlock 0x1000101000 0x1000 -> ok
  area 0x1000100000-0x1000101000 rw account anon a
  area 0x1000101000-0x1000102000 rwx account anon b
# Growth prepares an anon_vma too, and may adopt the neighbour's.
mmap 0x1000501000 0x1000 rwx fixed,growsdown -> ok 0x1000501000
mmap 0x1000500000 0x1000 rw fixed,growsdown -> ok 0x1000500000
touch 0x1000501000 w -> ok
touch 0x10004fe000 w -> ok
  hit ANON-ADOPT-ABOVE GROW-DONE
)"},

{"ANON-ADOPT-ABOVE not across page offsets", "all, um", R"(
# A neighbour that was moved here with its page offset could never merge.
mmap 0x1000300000 0x1000 rwx fixed -> ok 0x1000300000
touch 0x1000300000 w -> ok
mremap 0x1000300000 0x1000 0x1000 to 0x1000101000 -> ok 0x1000101000
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
  hit ANON-NEW
  no ANON-ADOPT-ABOVE
  area 0x1000100000-0x1000101000 rw account anon b
  area 0x1000101000-0x1000102000 rwx account pgoff 0x1000300 anon a
)"},

{"ANON-ADOPT-BELOW", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0x1000 rwx -> ok
touch 0x1000100000 w -> ok
touch 0x1000101000 w -> ok
  hit ANON-ADOPT-BELOW
  no ANON-NEW
  area 0x1000100000-0x1000101000 rwx account anon a
  area 0x1000101000-0x1000102000 rw account anon a
)"},

{"ANON-ADOPT-BELOW not from an inherited one", "all, um", R"(
# After fork the neighbour's chain is longer than one: its anon_vma is not adopted.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mprotect 0x1000100000 0x1000 rwx -> ok
touch 0x1000100000 w -> ok
fork -> ok
touch 0x1000101000 w -> ok
  hit ANON-NEW
  no ANON-ADOPT-BELOW
  area 0x1000100000-0x1000101000 rwx account anon a forked
  area 0x1000101000-0x1000102000 rw account anon b fresh
# An anon_vma that this process made is adopted, in the child too.
mprotect 0x1000101000 0x1000 rwx -> ok
mmap 0x1000102000 0x1000 rwx fixed -> ok 0x1000102000
  area 0x1000100000-0x1000101000 rwx account anon a forked
  area 0x1000101000-0x1000103000 rwx account anon b fresh
mprotect 0x1000102000 0x1000 rw -> ok
mmap 0x1000103000 0x1000 rwx fixed -> ok 0x1000103000
touch 0x1000103000 w -> ok
  hit ANON-ADOPT-BELOW
)"},

{"MERGE-BELOW", "all, um", R"(
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
  by MAP-FIXED
  hit MERGE-BELOW
  area 0x1000100000-0x1000103000 rw account pgoff 0x1000100
# Not with other flags.
mmap 0x1000103000 0x1000 rw fixed,noreserve -> ok 0x1000103000
  no MERGE-BELOW
mmap 0x1000104000 0x1000 r fixed,noreserve -> ok 0x1000104000
  no MERGE-BELOW
  area 0x1000100000-0x1000103000 rw account
  area 0x1000103000-0x1000104000 rw noreserve
  area 0x1000104000-0x1000105000 r noreserve
# A changed range merges like a new one.
mprotect 0x1000103000 0x1000 r -> ok
  hit MERGE-ABOVE
mprotect 0x1000104000 0x1000 rw -> ok
  no MERGE-BELOW
  area 0x1000100000-0x1000103000 rw account
  area 0x1000103000-0x1000104000 r noreserve
  area 0x1000104000-0x1000105000 rw noreserve
mprotect 0x1000103000 0x1000 rw -> ok
  hit MERGE-ABOVE
  area 0x1000100000-0x1000103000 rw account
  area 0x1000103000-0x1000105000 rw noreserve
)"},

{"MERGE-BELOW takes the anon_vma below", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mmap 0x1000101000 0x1000 rw fixed -> ok 0x1000101000
  hit MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account anon a
# Not one that was inherited (S56).
fork -> ok
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
  no MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account anon b forked
  area 0x1000102000-0x1000103000 rw account anon none
)"},

{"MERGE-BELOW not where only the changed range has one", "4.3..6.12, um", R"(
# S54: before 6.16 a changed range with an anon_vma does not merge with a neighbour without one.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rwx fixed -> ok 0x1000101000
touch 0x1000101000 w -> ok
mprotect 0x1000101000 0x1000 rw -> ok
  no MERGE-BELOW
  area 0x1000100000-0x1000101000 rw account anon none
  area 0x1000101000-0x1000102000 rw account anon a
# The reverse case merges.
mmap 0x1000201000 0x1000 rw fixed -> ok 0x1000201000
mmap 0x1000200000 0x1000 rwx fixed -> ok 0x1000200000
touch 0x1000200000 w -> ok
mprotect 0x1000200000 0x1000 rwx -> ok
mprotect 0x1000201000 0x1000 rwx -> ok
  hit MERGE-BELOW
  area 0x1000100000-0x1000101000 rw account anon none
  area 0x1000101000-0x1000102000 rw account anon a
  area 0x1000200000-0x1000202000 rwx account anon b
)"},

{"MERGE-BELOW since 6.16", "6.18+", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000101000 0x1000 rwx fixed -> ok 0x1000101000
touch 0x1000101000 w -> ok
mprotect 0x1000101000 0x1000 rw -> ok
  hit MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account anon a
# But not one that was inherited.
fork -> ok
mmap 0x1000102000 0x1000 rwx fixed -> ok 0x1000102000
mprotect 0x1000101000 0x1000 rwx -> ok
  no MERGE-ABOVE
  area 0x1000100000-0x1000101000 rw account anon b forked
  area 0x1000101000-0x1000102000 rwx account anon b forked
  area 0x1000102000-0x1000103000 rwx account anon none
)"},

{"MERGE-ABOVE", "all, um", R"(
mmap 0x1000101000 0x1000 rw fixed,growsdown -> ok 0x1000101000
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
  by MAP-FIXED
  hit MERGE-ABOVE
  area 0x1000100000-0x1000102000 rw growsdown,account pgoff 0x1000100
# A stack and an area that does not grow never merge.
mmap 0x10000ff000 0x1000 rw fixed -> ok 0x10000ff000
  no MERGE-ABOVE
  area 0x10000ff000-0x1000100000 rw account
  area 0x1000100000-0x1000102000 rw growsdown,account
)"},

{"MERGE-ABOVE needs adjacent page offsets", "all, um", R"(
# An area that is moved after a write keeps its page offset. A new area next to it has another one.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mremap 0x1000100000 0x1000 0x1000 to 0x1000300000 -> ok 0x1000300000
mmap 0x10002ff000 0x1000 rw fixed -> ok 0x10002ff000
  no MERGE-ABOVE
  area 0x10002ff000-0x1000300000 rw account pgoff 0x10002ff
  area 0x1000300000-0x1000301000 rw account pgoff 0x1000100
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mremap 0x1000300000 0x1000 0x1000 to 0x1000101000 -> ok 0x1000101000
  no MERGE-BELOW MERGE-ABOVE
# Back at its old place, below the area with the next page offset.
mmap 0x1000401000 0x1000 rw fixed -> ok 0x1000401000
mremap 0x10002ff000 0x1000 0x1000 to 0x1000400000 -> ok 0x1000400000
  hit MREMAP-REBASES MERGE-ABOVE
)"},

{"MERGE-ABOVE needs adjacent addresses", "all, um", R"(
# Consecutive page offsets are not enough.
mmap 0x1000100000 0x2000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mremap 0x1000101000 0x1000 0x1000 to 0x1000300000 -> ok 0x1000300000
mprotect 0x1000300000 0x1000 r -> ok
mprotect 0x1000300000 0x1000 rw -> ok
  no MERGE-BELOW
  area 0x1000100000-0x1000101000 rw account pgoff 0x1000100 anon a
  area 0x1000300000-0x1000301000 rw account pgoff 0x1000101 anon a
mprotect 0x1000100000 0x1000 r -> ok
mprotect 0x1000100000 0x1000 rw -> ok
  no MERGE-ABOVE
  counts areas 2
)"},

{"MERGE-BELOW the same object only", "all, um", R"(
mmap 0x1000100000 0x1000 rw fixed,shared -> ok 0x1000100000
mmap 0x1000200000 0x2000 rw fixed,shared -> ok 0x1000200000
mremap 0x1000201000 0x1000 0x1000 to 0x1000101000 -> ok 0x1000101000
  no MERGE-BELOW
  area 0x1000100000-0x1000101000 rw shared pgoff 0 object o
  area 0x1000101000-0x1000102000 rw shared pgoff 1 object p
  area 0x1000200000-0x1000201000 rw shared pgoff 0 object p
mremap 0x1000101000 0x1000 0x1000 to 0x1000201000 -> ok 0x1000201000
  hit MERGE-BELOW
  area 0x1000100000-0x1000101000 rw shared pgoff 0 object o
  area 0x1000200000-0x1000202000 rw shared pgoff 0 object p
)"},

{"MERGE-BOTH", "4.3..5.10, 6.12+", R"(
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
touch 0x1000102000 w -> ok
mmap 0x1000101000 0x1000 rw fixed -> ok 0x1000101000
  by MAP-FIXED
  hit MERGE-BOTH
  no MERGE-NOT-BOTH
  area 0x1000100000-0x1000103000 rw account pgoff 0x1000100 anon a
)"},

{"MERGE-BOTH by a change", "all, um", R"(
mmap 0x1000100000 0x3000 rw fixed -> ok 0x1000100000
touch 0x1000100000 w -> ok
mprotect 0x1000101000 0x1000 r -> ok
  area 0x1000100000-0x1000101000 rw account anon a
  area 0x1000101000-0x1000102000 r account anon a
  area 0x1000102000-0x1000103000 rw account anon a
mprotect 0x1000101000 0x1000 rw -> ok
  by MPROTECT-CHANGED
  hit MERGE-BOTH
  area 0x1000100000-0x1000103000 rw account anon a
)"},

{"MERGE-NOT-BOTH", "4.3..5.10, 6.12+", R"(
# Both fit the new area, but not each other: the lower one merges.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
touch 0x1000100000 w -> ok
touch 0x1000102000 w -> ok
mmap 0x1000101000 0x1000 rw fixed -> ok 0x1000101000
  by MAP-FIXED
  hit MERGE-NOT-BOTH MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account anon a
  area 0x1000102000-0x1000103000 rw account anon b
)"},

{"MERGE-NOT-BOTH by a change", "all, um", R"(
# For mprotect and mremap, 6.1 merges like the other versions (M10).
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
touch 0x1000100000 w -> ok
touch 0x1000102000 w -> ok
mmap 0x1000101000 0x1000 r fixed -> ok 0x1000101000
mprotect 0x1000101000 0x1000 rw -> ok
  hit MERGE-NOT-BOTH MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account anon a
  area 0x1000102000-0x1000103000 rw account anon b
)"},

{"MERGE-ABOVE preferred by 6_1", "6.1, um", R"(
# B: 6.1's mmap compares the area below with the anon_vma of the area above.
mmap 0x1000100000 0x1000 rw fixed -> ok 0x1000100000
mmap 0x1000102000 0x1000 rw fixed -> ok 0x1000102000
touch 0x1000102000 w -> ok
mmap 0x1000101000 0x1000 rw fixed -> ok 0x1000101000
  hit MERGE-ABOVE
  no MERGE-BOTH
  area 0x1000100000-0x1000101000 rw account anon none
  area 0x1000101000-0x1000103000 rw account anon a
touch 0x1000100000 r -> ok
mmap 0x1000300000 0x1000 rw fixed -> ok 0x1000300000
mmap 0x1000302000 0x1000 rw fixed -> ok 0x1000302000
touch 0x1000300000 w -> ok
touch 0x1000302000 w -> ok
mmap 0x1000301000 0x1000 rw fixed -> ok 0x1000301000
  hit MERGE-ABOVE
  no MERGE-BELOW
  area 0x1000100000-0x1000101000 rw account anon none
  area 0x1000101000-0x1000103000 rw account anon a
  area 0x1000300000-0x1000301000 rw account anon b
  area 0x1000301000-0x1000303000 rw account anon c
)"},

{"SPLIT-AREA", "all, um", R"(
mmap 0x1000100000 0x8000 rw fixed,growsdown -> ok 0x1000100000
touch 0x1000104000 w -> ok
mprotect 0x1000102000 0x3000 r -> ok
  by MPROTECT-CHANGED
  hit SPLIT-AREA
  area 0x1000100000-0x1000102000 rw growsdown,account pgoff 0x1000100 anon a
  area 0x1000102000-0x1000105000 r growsdown,account pgoff 0x1000102 anon a
  area 0x1000105000-0x1000108000 rw growsdown,account pgoff 0x1000105 anon a
munlock 0x1000107000 0x1000 -> ok
  no SPLIT-AREA
  unchanged
mlock 0x1000107000 0x1000 -> ok
  hit SPLIT-AREA
  area 0x1000100000-0x1000102000 rw growsdown,account
  area 0x1000102000-0x1000105000 r growsdown,account
  area 0x1000105000-0x1000107000 rw growsdown,account pgoff 0x1000105 anon a
  area 0x1000107000-0x1000108000 rw growsdown,locked,account pgoff 0x1000107 anon a
# S38: the lowest piece of a stack is a stack.
touch 0x10000ff000 w -> ok
  hit GROW-DONE
)"},

{"SPLIT-MAP-COUNT", "all, um", R"(
# One area may become two, not three. The first of two splits stays.
with max-map-count 2
mmap 0x1000100000 0x4000 rw fixed -> ok 0x1000100000
mprotect 0x1000101000 0x1000 r -> ENOMEM
  by SPLIT-MAP-COUNT
  area 0x1000100000-0x1000101000 rw account pgoff 0x1000100
  area 0x1000101000-0x1000104000 rw account pgoff 0x1000101
  counts committed 4 areas 2
# At the limit no call may split an area; a whole area may change.
mprotect 0x1000101000 0x1000 r -> ENOMEM
  by SPLIT-MAP-COUNT
  unchanged
mprotect 0x1000103000 0x1000 r -> ENOMEM
  by SPLIT-MAP-COUNT
  unchanged
mlock 0x1000103000 0x1000 -> ENOMEM
  by SPLIT-MAP-COUNT
  unchanged
mprotect 0x1000101000 0x3000 r -> ok
# A merge needs no new area: the border moves.
mprotect 0x1000101000 0x1000 rw -> ok
  hit MERGE-BELOW
  area 0x1000100000-0x1000102000 rw account
6.12+|    area 0x1000102000-0x1000104000 r -
4.3..6.1| area 0x1000102000-0x1000104000 r account
)"},

});
// clang-format on

} // namespace
} // namespace growsdown::rules
