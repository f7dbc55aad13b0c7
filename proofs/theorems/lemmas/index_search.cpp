// The search of the reference in its area index (VmaIndex), against the model's findVma.
//
// How it is proved: by induction over the height. VmaIndex::find, in its scalar form, descends from
// an inner node to the child at positionAbove of its separators. Every area below an earlier child ends at or below the
// address, and every area below a later child ends above it. So the first area that ends above the
// address is below the chosen child, or else it is the first area below the next child. A leaf compares keys of
// 32 bits, which index::keyOf makes of the ends and of the address.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"
#include "reference/vma_index.h"

#include <vector>

namespace growsdown::proofs {
namespace {

namespace index = reference::index;

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
    if (run.flip("compressed"))
      keys(run, q);
    else
      search(run, q);
  }

  template <class D>
  static void search(Run<D>& run, const Question& q) {
    using Word = typename D::Word;
    const bool inner = run.flip("inner");
    const unsigned count = run.choose("count", inner ? index::fanout : index::leafAreas + 1);
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

  template <class D>
  static void keys(Run<D>& run, const Question& q) {
    using Word = typename D::Word;
    constexpr std::uint64_t highest = ~std::uint64_t{0} >> index::unitShift;
    const Word base = run.word("base", 0, highest, index::unitShift);
    const Word end = run.word("end", 0, highest, index::unitShift);
    const Word address = run.word("address");
    run.assume(base < end);
    if (q.wrongEncoding != "span") run.assume(end - base <= index::mostSpan);
    const Word key = index::keyOf(base, end);
    run.require("the key of an end is neither 0 nor unused",
                (std::uint64_t{0} < key) & (key < std::uint64_t{index::unusedKey}));
    run.require("an end is above an address if its key is",
                (address < end) == (index::keyOf(base, address) < key));
    run.output("key", key);
  }
};

} // namespace

Theorem indexSearch() {
  Theorem t;
  t.name = "index-search";
  t.claims = {"In a node, the search of the reference returns the number of keys that are at most "
              "the address.",
              "The descent from the root, by induction over the height, reaches the first area "
              "that ends above the address, which is the area that the model's findVma finds.",
              "In a leaf, an area ends above an address if and only if the key of its end is above "
              "the key of the address."};
  t.sizes = "inner nodes of 0 to 15 separators and leaves of 0 to 48 keys (the most that the index "
            "has), any 64-bit keys, bases, ends and addresses; trees of any height";
  t.assumptions = {"keys ascend, and leaves are chained in order",
                   "ends are multiples of 4096, above the base of their leaf by at most its reach",
                   "no end below a child lies above the separator after the child, and every end "
                   "below the next child does (VmaIndex::verify checks this; that insert, erase "
                   "and setEnd keep it is tested, not proved)",
                   "the search with vectors equals the scalar one (tested for every count and "
                   "position)"};
  // It does not depend on a rule set: proved once.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "unsorted"}, {"encoding", "separator"}, {"encoding", "span"}};
  t.budget = budgets::indexSearch;
  t.explore = exploreCode<IndexSearch>;
  return t;
}

} // namespace growsdown::proofs
