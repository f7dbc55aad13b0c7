// The walk over the page tables of the reference, and its search for tables.
//
// How it is proved: by induction over levels and rounds, as in tables-freed, which also proves the
// bounds of the loop (clip).
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"

namespace growsdown::proofs {
namespace {

/// The parts of tables-walk about one table of the tree.
class WalkParts {
 public:
  WalkParts(Run<Symbolic>& run, TreeMemory& memory, Tree& tree, unsigned level)
      : run_(run), memory_(memory), tree_(tree), level_(level) {}

  void prove() {
    switch (run_.choose("part", level_ == last_ ? 3 : 4)) {
    case 0:
      return walkRound();
    case 1:
      return spansAscend();
    case 2:
      return walkBounds();
    default:
      return searchRound();
    }
  }

 private:
  using Place = TreeMemory::Place;

  Sym lastOf(const Sym& first) const {
    return first + ((std::uint64_t{1} << memory_.geometry().shift(level_)) - 1);
  }
  void goesOn(const Sym& below, const Sym& from) const {
    run_.require("it goes on in the entry's table", TreeMemory::same(memory_.place(below), child_));
    run_.require("from the table's first address on", from == first_);
  }

  void walkRound() {
    unsigned visits = 0, calls = 0;
    const auto visit = [&](const Sym& address, const Tree::Slot& slot) {
      ++visits;
      const Tree::Found found = tree_.walk(first_); // no division comes of it
      run_.require("the address is the entry's", address == first_);
      run_.require("a walk from the root ends in that slot",
                   (slot.table == found.slot.table) & (slot.index == found.slot.index) &
                       SymBool(found.slot.exists) & (slot.table == table_) &
                       (slot.index == index_));
    };
    tree_.walkAt(table_, level_, base_, index_, visit, [&](const Sym& below, const Sym& from) {
      ++calls;
      goesOn(below, from);
    });
    run_.require("the visitor is called once for an entry of the last level",
                 visits == (there_ && level_ == last_ ? 1U : 0U));
    run_.require("one level down it goes on where there is a table",
                 calls == (there_ && level_ < last_ ? 1U : 0U));
  }
  void spansAscend() {
    const Sym later = memory_.index("later", level_);
    run_.assume(index_ < later);
    run_.require("spans ascend and are disjoint",
                 lastOf(first_) < memory_.base(memory_.below(place_, later)));
  }
  void walkBounds() {
    memory_.bound(table_, index_);
    if (!there_) return;
    const Removal range(run_, memory_);
    run_.assume(range.touches(place_));
    const Tree::Range in = tree_.clip(table_, level_, base_, range.freed.start, range.freed.last);
    run_.require("the walk's loop is over what its range touches",
                 ((in.from <= index_) & (index_ < in.to)) ==
                     ((first_ <= range.freed.last) & (range.freed.start <= lastOf(first_))));
  }
  // One round of the search for a table of `depth`.
  void searchRound() {
    const unsigned depth = level_ + 1 + run_.choose("depth", last_ - level_);
    Tree::Block below{run_.word("first"), run_.word("last"), run_.flip("found")};
    unsigned calls = 0;
    const Tree::Block found = tree_.tableWithinAt(depth, table_, level_, base_, index_,
                                                  [&](const Sym& in, const Sym& from) {
                                                    ++calls;
                                                    goesOn(in, from);
                                                    return below;
                                                  });
    if (level_ + 1 == depth) {
      run_.require("it is at a table of its level or there is none", found.exists == there_);
      if (found.exists)
        run_.require("with its span", (found.first == first_) & (found.last == lastOf(first_)));
    } else {
      run_.require("it goes on where there is a table", calls == (there_ ? 1U : 0U));
      run_.require("and says what is found there",
                   SymBool(found.exists == (there_ && below.exists)) &
                       implies(SymBool(found.exists),
                               (found.first == below.first) & (found.last == below.last)));
    }
    // Nothing hangs in an empty entry.
    const Place where = memory_.place(memory_.someTable("other", depth));
    run_.require("no table is missed", implies(memory_.within(where, child_), SymBool(there_)));
  }

  Run<Symbolic>& run_;
  TreeMemory& memory_;
  Tree& tree_;
  const unsigned level_;
  const unsigned last_ = memory_.last();
  const Sym table_ = memory_.someTable("table", level_);
  const Place place_ = memory_.place(table_);
  const Sym index_ = memory_.index("index", level_);
  const Sym base_ =
      memory_.base(place_) + Sym(memory_.wrong("wrong-base") ? memory_.geometry().page : 0);
  const Place child_ = memory_.below(place_, index_);
  const Sym first_ = memory_.base(child_);
  const bool there_ = static_cast<bool>(memory_.get(table_, index_) != 0);
};

void proveWalk(Run<Symbolic>& run, TreeMemory& memory) {
  const unsigned last = memory.last();
  const trace::Geometry& geometry = memory.geometry();
  const unsigned level = run.choose("level", last + 1);
  Tree tree(memory);
  if (!run.flip("arithmetic")) return WalkParts(run, memory, tree, level).prove();

  const Sym address = run.word("address");
  const Sym block = address >> geometry.tableShift(level);
  const Sym lower = address >> geometry.shift(level);
  const Sym index = tree.indexAt(level, address);
  run.require("block and index are the block one level down",
              (block << geometry.indexBits[level]) + index == lower);
  run.require("an index is within its table", index <= memory.masks(level));
  if (level < last)
    run.require("that is the number of the table below",
                lower == address >> geometry.tableShift(level + 1));
  run.require("an entry spans from its block's first address on",
              implies(address <= memory.allAddresses(),
                      tree.spanned(level, block << geometry.tableShift(level), index) ==
                          lower << geometry.shift(level)));
  if (level == 0)
    run.require("the root is block 0", implies(address <= memory.allAddresses(), block == 0));
  run.require("a leaf's span is its table's",
              tree.leafSpan() == std::uint64_t{1} << geometry.tableShift(last));
}

} // namespace

Theorem tablesWalk() {
  Theorem t;
  t.name = "tables-walk";
  t.claims = {"`forEach` visits exactly the entries of its range that are not empty, each once, by "
              "ascending address, with its address and slot.",
              "`firstLeaf` and `firstUpper` find the lowest table of their level that touches the "
              "range, and its span.",
              "The addresses that the entries of a table span ascend and are disjoint.",
              "The index into a table of any level is the low bits of the block number one level "
              "down. The high bits are the block number of the table, as the model numbers tables. "
              "`leafSpan` is the span of a last-level table."};
  t.sizes = "those of tables-freed. The index arithmetic is for all 64-bit addresses";
  t.assumptions = {"the tree is sound (tables-sound)",
                   "the counts of a table say where its entries are (tables-counts)"};
  t.speaksOf = hasTreeShapes;
  t.planted = {{"encoding", "wrong-base"}};
  t.budget = budgets::tablesWalk;
  t.explore = exploreTree<proveWalk>;
  return t;
}

} // namespace growsdown::proofs
