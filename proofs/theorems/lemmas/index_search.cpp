// The search of the reference in its area index (VmaIndex), against the model's findVma.
//
// How it is proved: by induction over the height. VmaIndex::find descends from an inner node to the
// child at positionAbove of its separators. Every area below an earlier child ends at or below the
// address, and every area below a later child ends above it. So the first area that ends above the
// address is below the chosen child, or else it is the first area below the next child.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"
#include "reference/vma_index.h"

#include <vector>

namespace growsdown::proofs {
namespace {

constexpr unsigned mostKeys = 16; // VmaIndex::fanout

/// Ascending keys of a node; `ascending` false leaves their order open.
template <class D>
std::vector<typename D::Word> keysOf(Run<D>& run, unsigned count, bool ascending) {
  std::vector<typename D::Word> keys;
  for (unsigned i = 0; i < count; ++i) {
    keys.push_back(run.word("key" + std::to_string(i)));
    if (ascending && i > 0) run.assume(keys[i - 1] < keys[i]);
  }
  return keys;
}

struct IndexSearch {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    const bool inner = run.flip("inner");
    const unsigned count = run.choose("count", inner ? mostKeys : mostKeys + 1);
    const std::vector<Word> keys = keysOf(run, count, q.wrongEncoding != "unsorted");
    const Word address = run.word("address");
    const unsigned at = reference::positionAbove(keys.data(), count, address);

    run.require("the position is within the node", truthLike(address, at <= count));
    if (at > count) return;
    for (unsigned i = 0; i < count; ++i)
      run.require("keys before the position are at most the address, those from it on above",
                  i < at ? keys[i] <= address : address < keys[i]);
    if (inner) {
      // Children 0 .. count; `end` is of any area below child `child`.
      const unsigned child = run.choose("child", count + 1);
      const Word end = run.word("end");

      if (child < count) run.assume(end <= keys[child]);
      if (child > 0 && q.wrongEncoding != "separator") run.assume(keys[child - 1] < end);
      if (child < at) run.require("areas below earlier children are past", end <= address);
      if (child > at) run.require("areas below later children are not", address < end);
    }
    run.output("at", std::uint64_t{at});
  }
};

} // namespace

Theorem indexSearch() {
  Theorem t;
  t.name = "index-search";
  t.claims = {"In a node, the search of the reference returns the number of keys that are at most "
              "the address.",
              "The descent from the root, by induction over the height, reaches the first area "
              "that ends above the address, which is the area that the model's findVma finds."};
  t.sizes = "nodes of 0 to 16 keys (the fanout of the index), any 64-bit keys and addresses; trees "
            "of any height";
  t.assumptions = {"keys ascend, and leaves are chained in order",
                   "no end below a child lies above the separator after the child, and every end "
                   "below the next child does (VmaIndex::verify checks this; that insert, erase "
                   "and setEnd keep it is tested, not proved)"};
  // It does not depend on a rule set: proved once.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "unsorted"}, {"encoding", "separator"}};
  t.budget = budgets::indexSearch;
  t.explore = exploreCode<IndexSearch>;
  return t;
}

} // namespace growsdown::proofs
