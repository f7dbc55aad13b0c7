// The reference's search among areas: in one node, and from the root down.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

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

/// THEOREM index-search. The reference finds the area that the model's findVma finds: the first one
/// whose end is above the address.
///
/// In a node: positionAbove, over the node's ascending keys, returns how many are at most the
/// address. The keys before that position are, and none from it on is.
///
/// From the root down, by induction over the height: VmaIndex::find descends from an inner node to
/// the child at positionAbove of its separators. The index keeps every end below a child at most
/// the separator after it, and every end below the next child above that separator. So every area
/// below an earlier child ends at or below the address, and every area below a later child ends
/// above it. The first area that ends above the address is below the chosen child or, if none is
/// there, it is the first area below the next child. In the leaf, positionAbove of its ends finds
/// it, or it is the first area of the next leaf.
///
/// Sizes: nodes of 0 to 16 keys (the index's fanout), any 64-bit keys and addresses; any height.
/// Assumed: keys ascend; separators and ends are as stated (VmaIndex::verify checks it; that
/// insert, erase and setEnd keep it is tested, not proved); leaves are chained in order.
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
  t.statement =
      "The reference's search in a node counts the keys that are at most the address, and its "
      "descent from the root reaches the first area that ends above it.";
  t.sizes = "nodes of up to 16 keys, any 64-bit keys; trees of any height";
  t.assumptions = "keys ascend; separators lie between the ends below the children on either side";
  // It does not depend on a rule set: proved once.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "unsorted"}, {"encoding", "separator"}};
  t.budget = budgets::indexSearch;
  t.explore = exploreText<IndexSearch>;
  return t;
}

} // namespace growsdown::proofs
