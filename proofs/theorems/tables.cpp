#include "proofs/theorems/tables.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {
namespace {

// Nothing here depends on a rule set but the shapes of its page tables. The newest kernels have all
// of them; of the oldest, those with pages of 4 KiB are enough.
bool speaksOf(const trace::RuleSet& rules) {
  return rules.name == trace::defaultRuleSet || rules.name == "linux-7.2-arm64" ||
         rules.name == "linux-7.2-amd64";
}

std::vector<trace::Geometry> shapesOf(const trace::RuleSet& rules) {
  std::vector<trace::Geometry> shapes;
  for (const std::uint64_t page : {4096, 16384, 65536})
    for (unsigned vaBits = 36; vaBits <= 56; ++vaBits) {
      if (rules.name == trace::defaultRuleSet && page != 4096) continue;
      trace::With with;
      with.page = page;
      with.vaBits = vaBits;
      std::string ignored;
      if (const auto p = trace::makeParameters(rules, with, ignored)) shapes.push_back(p->geometry);
    }
  return shapes;
}

/// Machine words cannot follow unknown memory: there are no witnesses to replay.
template <class Text>
Exploration exploreTree(const Question& question, const Budget& budget, const Accept& accept) {
  const std::vector<trace::Geometry> shapes = shapesOf(*question.demanded);
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        e.summarised();
        Run<Symbolic> run(e);
        const trace::Geometry& shape =
            shapes[e.choose("shape", static_cast<unsigned>(shapes.size()))];
        TreeMemory memory(e, shape, question.bug.empty() ? question.wrongEncoding : question.bug);
        Text::prove(run, memory);
      },
      {}, accept);
}

unsigned serial(Run<Symbolic>&) {
  return Explorer::current().serial();
}

} // namespace

void TablesSound::prove(Run<Symbolic>& run, TreeMemory& memory) {
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
  // The tables that were made stand behind each other in the log.
  const std::vector<Sym> made = memory.allocated();
  const unsigned which = run.choose("which", 1 + static_cast<unsigned>(made.size()));
  if (which > 0) table = made[which - 1];
  const TreeMemory::Place place = memory.place(table);
  requireSound(run, memory, table,
               memory.index("index", place.inUse() ? place.level : memory.last()));
}

void TablesFreed::prove(Run<Symbolic>& run, TreeMemory& memory) {
  using Place = TreeMemory::Place;
  const unsigned last = memory.last();
  // The loop is at a table of this level, above the last.
  const unsigned level = run.choose("level", last);
  const Sym table = memory.someTable("table", level);
  const Place place = memory.place(table);
  const Sym index = memory.index("index", level);
  // What is looked at.
  const unsigned depth = run.choose("depth", last + 1);
  const Sym other = memory.someTable("other", depth);
  const Place where = memory.place(other);
  const Sym entry = memory.index("entry", depth);

  const Removal removal(run, memory);
  TreeMemory expected = memory;
  Tree tree(memory);
  tree.resume(run);
  const auto counted = [&] {
    tree.removed(run.word("gone.tables" + std::to_string(serial(run)), 0, TreeMemory::most),
                 run.word("gone.entries" + std::to_string(serial(run)), 0, TreeMemory::most));
  };
  const auto compare = [&] {
    const bool stays = expected.place(other).inUse();
    run.require("exactly the tables that should be are gone", memory.place(other).inUse() == stays);
    if (stays && memory.place(other).inUse())
      run.require("every entry is as it should be",
                  memory.get(other, entry) == expected.get(other, entry));
    run.require("entries are counted", tree.present() == memory.filled());
    run.require("tables are counted", tree.tables() == memory.inUse());
    run.require("what was found last is right", tree.remembersRightly());
  };
  const SymBool hangs = depth > level ? memory.within(where, place) : SymBool(false);

  switch (run.choose("part", 6)) {
  case 0: { // an iteration of freeWithin
    const Place child = memory.below(place, index);
    run.assume(removal.touches(child));
    memory.remove(removal.below(place, index));
    expected.remove(removal.below(place, index + 1));
    run.assume(tree.remembersRightly());
    tree.freeAt(
        table, level, memory.base(place), index, removal.freed,
        [&](const Sym& below, const Sym& from) {
          run.require("the recursion is into the entry's table",
                      TreeMemory::same(memory.place(below), child));
          run.require("from its first address on", from == memory.base(child));
          if (level + 1 == last) return;
          memory.remove(removal.below(child, memory.masks(level + 1) + 1));
          counted();
          if (run.flip("forgets") || !tree.remembersRightly()) tree.forget();
        },
        [&] {
          memory.remove(removal.from(child));
          counted();
          tree.forget();
        });
    compare();
    break;
  }
  case 1: // the bounds of its loop
    if (depth > level && hangs) {
      memory.bound(table, where.path[level]);
      run.assume(removal.touches(place));
      const Tree::Range range =
          tree.clip(table, level, memory.base(place), removal.freed.start, removal.freed.last);
      run.require("the loop is over what its range touches",
                  ((range.from <= where.path[level]) & (where.path[level] < range.to)) ==
                      removal.touches(memory.below(place, where.path[level])));
    }
    break;
  case 2: // an iteration of release, in the table that goes
    memory.remove(removal.all(place, index));
    expected.remove(removal.all(place, index + 1));
    run.assume(tree.remembersRightly());
    tree.emptyAt(table, index, [&](const Sym& in, const Sym& at) {
      run.require("the recursion is into the entry's table", (in == table) & (at == index));
      memory.remove(removal.from(memory.below(place, index)));
      counted();
      tree.forget();
    });
    compare();
    break;
  case 3: // the bounds of its loop
    if (depth > level && hangs) {
      memory.bound(table, where.path[level]);
      run.require("no entry in use is below the loop's first",
                  memory.low(table) <= where.path[level]);
      memory.remove(removal.all(place, index));
      if (!memory.place(other).inUse()) break;
      memory.bound(table, where.path[level]);
      run.require("the loop ends where nothing is left", index < memory.high(table));
    }
    break;
  case 4: { // the end of release, once nothing hangs below
    const Sym slot = memory.index("slot", level);
    const Sym leads = memory.get(table, slot);
    if (leads == 0 || level + 1 == last) break;
    const Place child = memory.below(place, slot);
    memory.remove(removal.all(child, memory.masks(level + 1) + 1));
    expected.remove(removal.from(child));
    run.assume(tree.remembersRightly());
    tree.drop(table, slot, leads - 1);
    compare();
    break;
  }
  default: { // release of a last-level table
    if (level + 1 != last || memory.get(table, index) == 0) break;
    expected.remove(removal.from(memory.below(place, index)));
    run.assume(tree.remembersRightly());
    tree.release(table, index, level);
    compare();
    break;
  }
  }
}

Theorem tablesCounts() {
  Theorem t;
  t.name = "tables-counts";
  t.statement = "What the reference's physical memory keeps of a page table says where its entries "
                "that are not 0 are, and how many, after any entry is set to anything.";
  t.sizes = "tables of up to 2^13 entries; 64-bit descriptors";
  t.assumptions = "used is the number of entries that are not 0";
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "stale-high"}};
  t.budget = budgets::tablesCounts;
  t.explore = exploreText<TablesCounts>;
  return t;
}

Theorem tablesSound() {
  Theorem t;
  t.name = "tables-sound";
  t.statement =
      "The reference's page tables stay a tree: every table in use has one place, where a "
      "walk finds it, every entry leads to the place that it spans, nothing is left "
      "behind; after make, makeUpper, set and after tables were freed.";
  t.sizes = "those of tables-map";
  t.assumptions = "the tree was sound before; a table that is handed out is free and all zero";
  t.speaksOf = speaksOf;
  t.planted = {{"encoding", "link-lost"}};
  t.budget = budgets::tablesSound;
  t.explore = exploreTree<TablesSound>;
  return t;
}

Theorem tablesFreed() {
  Theorem t;
  t.name = "tables-freed";
  t.statement =
      "The reference's freeTables frees exactly the page tables that touch its range, span "
      "nothing outside floor and ceiling and are not pinned, with what hangs below them; "
      "no other table goes, and no entry changes but those that led there.";
  t.sizes = "those of tables-map; loops over the entries of a table and recursion over levels by "
            "induction";
  t.assumptions = "the tree is sound; the counts of a table say where its entries are";
  t.speaksOf = speaksOf;
  t.planted = {{"bug", "table-freed-early"}, {"encoding", "lost-unlink"}};
  t.budget = budgets::tablesFreed;
  t.explore = exploreTree<TablesFreed>;
  return t;
}

Theorem tablesMap() {
  Theorem t;
  t.name = "tables-map";
  t.statement = "The reference's page tables are a map from pages to descriptors: find, make, "
                "makeUpper and set change what they should, at every other address nothing; what "
                "was found last is remembered rightly; entries and tables are counted.";
  t.sizes = "trees of 2 to 5 levels with any content, in every shape (page size, address bits) "
            "that a rule set has; "
            "64-bit addresses and descriptors";
  t.assumptions = "the tree is sound; a table that is handed out is free and all zero";
  t.speaksOf = speaksOf;
  t.planted = {{"encoding", "wrong-slot"}, {"encoding", "lost-write"}};
  t.budget = budgets::tablesMap;
  t.explore = exploreTree<TablesMap>;
  return t;
}

} // namespace growsdown::proofs
