// The counts of a page table say where its entries are.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"
#include "reference/physical_memory.h"

namespace growsdown::proofs {
namespace {

struct TablesCounts {
  template <class D>
  void operator()(Run<D>& run, const Question& question) const {
    using Word = typename D::Word;
    constexpr std::uint64_t entries = std::uint64_t{1} << 13;
    reference::Occupancy<Word> kept;
    kept.used = run.word("used", 0, entries);
    kept.low = run.word("low", 0, entries);
    kept.high = run.word("high", 0, entries);
    const Word index = run.word("index", 0, entries - 1);
    const Word other = run.word("other", 0, entries - 1);
    const Word old = run.word("old");
    const Word value = run.word("value");
    const Word there = run.word("entry of other");
    run.assume(index != other);
    const auto lies = [&](const Word& at, const Word& entry) {
      return implies(entry != 0, both(both(kept.low <= at, at < kept.high), kept.used >= Word(1)));
    };
    run.assume(lies(index, old));
    run.assume(lies(other, there));
    run.assume(implies(both(old != 0, there != 0), kept.used >= Word(2)));
    run.assume(kept.used <= Word(entries - 1) + select(old != 0, Word(1), Word(0)));
    run.assume(implies(kept.used != 0, kept.low < kept.high));
    if (run.flip("empties")) {
      auto zeroed = truthLike(index, false);
      kept.empty([&](const Word& from, const Word& to) {
        zeroed = both(from <= index,
                      question.wrongEncoding == "short-fill" ? index + Word(1) < to : index < to);
      });
      run.require("a table that is emptied is empty", either(old == 0, zeroed));
      run.require("and counted so", kept.used == 0);
      return;
    }
    const Word before = kept.used;
    kept.change(index, question.wrongEncoding == "stale-high" ? value : old, value);
    run.require("the entry lies in the bounds", lies(index, value));
    run.require("so does every other", lies(other, there));
    run.require("the bounds are in order", implies(kept.used != 0, kept.low < kept.high));
    run.require("their number is right", kept.used + select(old != 0, Word(1), Word(0)) ==
                                             before + select(value != 0, Word(1), Word(0)));
    run.output("used", kept.used);
    run.output("low", kept.low);
    run.output("high", kept.high);
  }
};

} // namespace

Theorem tablesCounts() {
  Theorem t;
  t.name = "tables-counts";
  t.claims = {"After any entry is set to anything, each entry that is not 0 lies within [`low`, "
              "`high`), and `low` is below `high` if there is such an entry.",
              "`used` changes by exactly the change in the number of such entries. By induction "
              "over the entries that were set, it is their number.",
              "When a table is emptied, every entry that is not 0 is set to 0."};
  t.sizes = "tables of up to 2^13 entries; any 64-bit descriptors";
  t.assumptions = {"the bounds hold before", "`used` is the number of entries that are not 0"};
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "stale-high"}, {"encoding", "short-fill"}};
  t.budget = budgets::tablesCounts;
  t.explore = exploreCode<TablesCounts>;
  return t;
}

} // namespace growsdown::proofs
