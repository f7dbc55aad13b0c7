#include "proofs/theorems/versions.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {
namespace {

template <class Op>
Theorem of(std::string_view name, std::string_view statement, std::string_view sizes,
           bool onRequest = false) {
  Theorem t;
  t.onRequest = onRequest;
  t.name = name;
  t.statement = statement;
  t.sizes = sizes;
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty and private; counters "
                  "cover the areas; counters and page offsets are at most 2^52; no page table "
                  "exists yet; both have the address layout of the left one";
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.budget = budgets::versions;
  t.explore = exploreText<Versions<Op>>;
  t.scene = sceneOf<Versions<Op>>;
  t.unless = [](const trace::RuleSet& left, const trace::RuleSet& right) {
    std::vector<Unless> list;
    for (const auto& row : conditionsOf<model::Concrete>(Op::operation, left, right))
      list.push_back({row.knob, row.words});
    return list;
  };
  return t;
}

} // namespace

std::vector<Unless> beyondPairs() {
  constexpr std::string_view addresses =
      "which addresses there are, and how they are reported: decided before and behind the rules";
  constexpr std::string_view shared = "pages of shared memory";
  return {
      {"arch", addresses},
      {"host-address-bits", addresses},
      {"ignores-top-byte", addresses},
      {"si-addr-clears-top-byte", addresses},
      {"general-protection", addresses},
      {"data-is-private-writable", "what /proc shows"},
      {"tables-before-fault", shared},
      {"shared-dirty-is-major", shared},
      {"mremap-locks-in-bytes", "how long a locked area becomes"},
      {"mremap-moves-tables", "page tables that a move hands over"},
      {"page", "pages of one size are assumed"},
  };
}

std::vector<Theorem> versions() {
  using namespace operations;
  return {
      of<Growth>("versions-growth",
                 "One expansion of a grows-down area ends the same under two rule sets, unless a "
                 "stated condition of a knob in which they differ holds.",
                 "any number of areas; symbolic 64-bit words"),
      of<Access>("versions-access",
                 "One access and its fault end the same under two rule sets, unless a stated "
                 "condition holds.",
                 "any number of areas without anon_vmas, and none or one present page where none "
                 "lies below; symbolic 64-bit words"),
      of<Gup>("versions-gup",
              "One access through get_user_pages ends the same under two rule sets, unless a "
              "stated condition holds.",
              "as versions-access; the area is not locked"),
      of<Munmap>("versions-munmap", "One munmap ends the same under any two rule sets.",
                 "one or two areas, none or one present page; any start and length"),
      of<Munlock>("versions-munlock",
                  "One munlock ends the same under two rule sets, unless a stated condition "
                  "holds.",
                  "a range within one of any number of areas; symbolic 64-bit words", true),
      of<Mprotect>("versions-mprotect",
                   "One mprotect ends the same under two rule sets, unless a stated condition "
                   "holds.",
                   "a range within one area, alone with none or one present page or with one "
                   "other area; no page of a locked area need be made present",
                   true),
      of<Mlock>("versions-mlock",
                "One mlock ends the same under two rule sets, unless a stated condition holds.",
                "one page of an area, alone with none or one present page or with one area above",
                true),
      of<Mmap>("versions-mmap",
               "One mmap at a fixed address ends the same under two rule sets, unless a stated "
               "condition holds.",
               "none to two areas; private memory, not locked, not populated", true),
      of<Placement>("versions-placement",
                    "One mmap where the kernel chooses ends the same under two rule sets, unless a "
                    "stated condition holds.",
                    "none to two areas; any hint and length; private memory, not locked, not "
                    "populated",
                    true),
      of<Mremap>("versions-mremap",
                 "One mremap in place ends the same under two rule sets, unless a stated condition "
                 "holds.",
                 "one area, with none or one present page, or two; any page-aligned range; an area "
                 "that is locked becomes no longer",
                 true),
      of<MremapTo>("versions-mremap-to",
                   "One mremap to a fixed target ends the same under two rule sets, unless a "
                   "stated condition holds.",
                   "as versions-mremap; the range lies above the program; any page-aligned target",
                   true),
      of<MremapMaymove>("versions-mremap-maymove",
                        "One mremap to where the kernel chooses ends the same under two rule sets, "
                        "unless a stated condition holds.",
                        "two areas; any page-aligned range above the program; no minimum address",
                        true),
      of<Dontneed>("versions-dontneed",
                   "One MADV_DONTNEED ends the same under two rule sets, unless a stated condition "
                   "holds.",
                   "one or two areas, none or one present page; any start and length; one page "
                   "table may exist",
                   true),
      of<Fork>("versions-fork",
               "One fork ends the same under two rule sets, unless a stated condition holds.",
               "one or two areas, none or one present page"),
  };
}

} // namespace growsdown::proofs
