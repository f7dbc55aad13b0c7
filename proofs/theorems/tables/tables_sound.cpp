// The page tables of the reference stay a tree.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"

namespace growsdown::proofs {
namespace {

// Requires that the tree is sound at one table and one of its entries.
void requireSound(Run<Symbolic>& run, TreeMemory& memory, const Sym& table, const Sym& index) {
  const TreeMemory::Place place = memory.place(table);
  if (!place.inUse()) {
    run.require("a table that was handed out is in the tree", place.level == TreeMemory::free);
    return;
  }
  Sym reached = 0;
  for (const Sym& slot : place.path) {
    const Sym entry = memory.get(reached, slot);
    run.require("a walk to a table's place does not end above it", entry != 0);
    if (entry == 0) return;
    reached = entry - 1;
  }
  run.require("the table at a place is the one that a walk finds there", reached == table);
  if (place.level == memory.last()) return;
  const Sym entry = memory.get(table, index);
  if (entry == 0) return;
  run.require("an entry leads to the place that it spans",
              TreeMemory::same(memory.place(entry - 1), memory.below(place, index)));
}

void proveSound(Run<Symbolic>& run, TreeMemory& memory) {
  const unsigned level = run.choose("level", memory.last() + 1);
  Sym table = memory.someTable("table", level);
  Tree tree(memory);
  switch (run.choose("routine", 4)) {
  case 0:
    tree.make(memory.address("a"));
    break;
  case 1:
    tree.makeUpper(memory.address("a"));
    break;
  case 2: {
    const Tree::Slot slot = tree.find(memory.address("a"));
    if (slot.exists) tree.set(slot, run.word("value"));
    break;
  }
  default:
    memory.remove(Removal(run, memory).below({0}, memory.masks(0) + 1));
    break;
  }
  const std::vector<Sym> made = memory.allocated();
  const unsigned which = run.choose("which", 1 + static_cast<unsigned>(made.size()));
  if (which > 0) table = made[which - 1];
  const TreeMemory::Place place = memory.place(table);
  requireSound(run, memory, table,
               memory.index("index", place.inUse() ? place.level : memory.last()));
}

} // namespace

Theorem tablesSound() {
  Theorem t;
  t.name = "tables-sound";
  t.claims = {
      "Each table in use has exactly one place, and a walk to that place finds the table. So it "
      "has one parent and one entry there, and no table is lost.",
      "Each entry leads to the table in use at the place that the entry spans, and to no other.",
      "Both stay true after `make` and `makeUpper` of any address, after `set` in a slot from "
      "`find`, and after tables were freed as in tables-freed, for new tables too."};
  t.sizes = "those of tables-map";
  t.assumptions = {"the tree was sound before", "the pinned tables exist",
                   "a table that is handed out is free, and all its entries are 0"};
  t.speaksOf = hasTreeShapes;
  t.planted = {{"encoding", "link-lost"}};
  t.budget = budgets::tablesSound;
  t.explore = exploreTree<proveSound>;
  return t;
}

} // namespace growsdown::proofs
