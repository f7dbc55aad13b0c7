// The page tables of the reference are a map from pages to descriptors.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"

namespace growsdown::proofs {
namespace {

SymBool sameEntry(const Tree::Found& x, const Tree::Found& y) {
  return x.entry == y.entry;
}
void requireSet(Run<Symbolic>& run, Tree& tree, const Tree::Slot& slot, const Sym& a, const Sym& b,
                const Tree::Found& before) {
  const Sym value = run.word("value");
  tree.set(slot, value);
  const Tree::Found after = tree.walk(b);
  if (tree.pageOf(a) == tree.pageOf(b))
    run.require("the page has the value", (after.entry == value) & SymBool(after.slot.exists));
  else
    run.require("no other page's entry changed", sameEntry(before, after));
}

void proveMap(Run<Symbolic>& run, TreeMemory& memory) {
  const Sym a = memory.address("a");
  const Sym b = memory.address("b");
  Tree tree(memory);
  tree.resume(run);
  const Tree::Found before = tree.walk(b);

  switch (run.choose("routine", 4)) {
  case 0: {
    const Tree::Slot slot = tree.find(b);
    run.require("find says what a walk finds", slot.exists == before.slot.exists);
    if (slot.exists)
      run.require("find's slot is the walk's",
                  (slot.table == before.slot.table) & (slot.index == before.slot.index));
    break;
  }
  case 1:
    tree.makeUpper(a);
    run.require("makeUpper leaves other entries", sameEntry(before, tree.walk(b)));
    run.require("makeUpper makes no last-level table",
                tree.walk(b).slot.exists == before.slot.exists);
    break;
  case 2: {
    const Tree::Slot slot = tree.find(a);
    if (!slot.exists) break;
    requireSet(run, tree, slot, a, b, before);
    run.require("set makes no table", tree.walk(b).slot.exists == before.slot.exists);
    break;
  }
  default: {
    const Tree::Slot slot = tree.make(a);
    run.require("make gives a slot", slot.exists);
    requireSet(run, tree, slot, a, b, before);
    run.require("make makes the table of its block and no other",
                SymBool(tree.walk(b).slot.exists) ==
                    (SymBool(before.slot.exists) | (tree.blockOf(a) == tree.blockOf(b))));
    break;
  }
  }
  run.require("entries are counted", tree.present() == memory.filled());
  run.require("tables are counted", tree.tables() == memory.inUse());
  run.require("what was found last is right", tree.remembersRightly());
}

} // namespace

Theorem tablesMap() {
  Theorem t;
  t.name = "tables-map";
  t.claims = {
      "`find` returns what a walk from the root finds, whatever last-level table was found last.",
      "After `make` or `find` and then `set`, the page has the new descriptor, and the entry of no "
      "other page has changed.",
      "`make` makes the last-level table of its block and no other; `set` makes none. `makeUpper` "
      "changes no entry and makes no last-level table.",
      "The counts of present entries and of tables change by exactly what was set and what was "
      "taken from the memory.",
      "The table that is remembered as found last is the right one afterwards."};
  t.sizes = "trees of 2 to 5 levels with any content, in every shape (page size, address bits) "
            "that a rule set has; 64-bit addresses and descriptors";
  t.assumptions = {"the tree is sound (tables-sound)", "the pinned tables exist",
                   "a table that is handed out is free, and all its entries are 0"};
  t.speaksOf = hasTreeShapes;
  t.planted = {{"encoding", "wrong-slot"}, {"encoding", "lost-write"}};
  t.budget = budgets::tablesMap;
  t.explore = exploreTree<proveMap>;
  return t;
}

} // namespace growsdown::proofs
