#include "proofs/theorems/tables.h"

#include "proofs/budgets.h"
#include "proofs/descriptor_word.h"
#include "proofs/theorems/all.h"
#include "reference/stock.h"

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

  switch (run.choose("part", 8)) {
  case 0: { // a round of freeWithin and of prune
    const Place child = memory.below(place, index);
    memory.remove(removal.below(place, index));
    expected.remove(removal.below(place, index + 1));
    run.assume(tree.remembersRightly());
    const auto keep = [&](const Sym& from, const Sym& to) {
      run.require("it is asked for what the table spans",
                  (from == memory.base(child)) & (to == removal.last(child)));
      return !static_cast<bool>(removal.chosen(child));
    };
    tree.freeAt(
        table, level, memory.base(place), index, keep,
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
  case 2: // a round of release, in the table that goes
    memory.remove(removal.all(place, index));
    expected.remove(removal.all(place, index + 1));
    run.assume(tree.remembersRightly());
    tree.emptyAt(table, index, [&](const Sym& in, const Sym& at) {
      run.require("what is emptied is the entry", (in == table) & (at == index));
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
      if (run.flip("prunes"))
        memory.remove(removal.below(place, index));
      else
        memory.remove(removal.all(place, index));
      if (!memory.place(other).inUse()) break;
      if (where.path[level] < index) break; // a round had it
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
  case 5: // what freeTables keeps
    if (depth == 0) break;
    run.require("freeTables keeps what the kernel does",
                removal.staysFor(where) ==
                    SymBool(tree.stays(removal.freed, memory.base(where), removal.last(where))));
    break;
  case 6: { // a round of freeLeaves
    if (depth != last || level != 0) break;
    bool removed = false;
    const Sym end = removal.freed.last + 1;
    tree.freeLeafAt({memory.base(where), removal.last(where), true}, removal.freed.start, end,
                    [&](const Sym& parent, const Sym& slot) {
                      run.require("it releases the table of its block",
                                  (memory.get(parent, slot) == other + 1) &
                                      (slot == where.path[last - 1]));
                      removed = true;
                    });
    run.require("exactly a leaf in the range that is not pinned goes",
                SymBool(removed) == ((removal.freed.start <= memory.base(where)) &
                                     (removal.last(where) < end) & !memory.spansPinned(where)));
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

void TablesWalk::prove(Run<Symbolic>& run, TreeMemory& memory) {
  using Place = TreeMemory::Place;
  const unsigned last = memory.last();
  const trace::Geometry& geometry = memory.geometry();
  const unsigned level = run.choose("level", last + 1);
  Tree tree(memory);
  if (run.flip("arithmetic")) {
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
    return;
  }
  const Sym table = memory.someTable("table", level);
  const Place place = memory.place(table);
  const Sym index = memory.index("index", level);
  const Sym base = memory.base(place) + Sym(memory.wrong("wrong-base") ? geometry.page : 0);
  const Place child = memory.below(place, index);
  const Sym first = memory.base(child);
  const bool there = static_cast<bool>(memory.get(table, index) != 0);
  const auto goesOn = [&](const Sym& below, const Sym& from) {
    run.require("it goes on in the entry's table", TreeMemory::same(memory.place(below), child));
    run.require("from the table's first address on", from == first);
  };
  switch (run.choose("part", level == last ? 3 : 4)) {
  case 0: { // a round of the walk
    unsigned visits = 0, calls = 0;
    const auto visit = [&](const Sym& address, const Tree::Slot& slot) {
      ++visits;
      const Tree::Found found = tree.walk(first); // no division comes of it
      run.require("the address is the entry's", address == first);
      run.require("a walk from the root ends in that slot",
                  (slot.table == found.slot.table) & (slot.index == found.slot.index) &
                      SymBool(found.slot.exists) & (slot.table == table) & (slot.index == index));
    };
    tree.walkAt(table, level, base, index, visit, [&](const Sym& below, const Sym& from) {
      ++calls;
      goesOn(below, from);
    });
    run.require("the visitor is called once for an entry of the last level",
                visits == (there && level == last ? 1U : 0U));
    run.require("one level down it goes on where there is a table",
                calls == (there && level < last ? 1U : 0U));
    break;
  }
  case 1: { // what entries span
    const Sym later = memory.index("later", level);
    run.assume(index < later);
    run.require("spans ascend and are disjoint",
                first + ((std::uint64_t{1} << geometry.shift(level)) - 1) <
                    memory.base(memory.below(place, later)));
    break;
  }
  case 2: { // the bounds of the loop
    memory.bound(table, index);
    if (!there) break;
    const Removal range(run, memory);
    run.assume(range.touches(place));
    const Tree::Range in = tree.clip(table, level, base, range.freed.start, range.freed.last);
    run.require(
        "the walk's loop is over what its range touches",
        ((in.from <= index) & (index < in.to)) ==
            ((first <= range.freed.last) &
             (range.freed.start <= first + ((std::uint64_t{1} << geometry.shift(level)) - 1))));
    break;
  }
  default: { // a round of the search for a table of `depth`
    const unsigned depth = level + 1 + run.choose("depth", last - level);
    Tree::Block below{run.word("first"), run.word("last"), run.flip("found")};
    unsigned calls = 0;
    const Tree::Block found =
        tree.tableWithinAt(depth, table, level, base, index, [&](const Sym& in, const Sym& from) {
          ++calls;
          goesOn(in, from);
          return below;
        });
    if (level + 1 == depth) {
      run.require("it is at a table of its level or there is none", found.exists == there);
      if (found.exists)
        run.require("with its span",
                    (found.first == first) &
                        (found.last == first + ((std::uint64_t{1} << geometry.shift(level)) - 1)));
    } else {
      run.require("it goes on where there is a table", calls == (there ? 1U : 0U));
      run.require("and says what is found there",
                  SymBool(found.exists == (there && below.exists)) &
                      implies(SymBool(found.exists),
                              (found.first == below.first) & (found.last == below.last)));
    }
    // Nothing hangs in an empty entry.
    const Place where = memory.place(memory.someTable("other", depth));
    run.require("no table is missed", implies(memory.within(where, child), SymBool(there)));
    break;
  }
  }
}

namespace {

/// A list of unknown length and contents, all of which stand for numbers that came back.
class AnyList {
 public:
  using value_type = Sym;
  AnyList(Run<Symbolic>& run, TreeMemory& unknowns, Sym next)
      : run_(&run), unknowns_(&unknowns), next_(std::move(next)), size_(run.word("size", 0, most)),
        start_(size_) {}
  static constexpr std::uint64_t most = std::uint64_t{1} << 32;

  SymBool empty() const { return size_ == 0; }
  Sym back() const { return at(size_ - 1); }
  void pop_back() { --size_; }
  void push_back(const Sym& number) {
    written_.emplace_back(size_, number);
    ++size_;
  }
  const Sym& size() const { return size_; }
  Sym at(const Sym& position) const {
    for (std::size_t w = written_.size(); w-- > 0;)
      if (written_[w].first == position) return written_[w].second;
    return atStart(position);
  }
  /// What was so before, of one position: what stands there is below `next`, not in use, and stands
  /// nowhere else.
  Sym atStart(const Sym& position) const {
    Sym number = unknowns_->word("list", {position}, most);
    run_->assume(implies(position < start_,
                         (number < next_) & !inUse(number) & (placeOf(number) == position)));
    return number;
  }
  SymBool inUse(const Sym& number) const { return unknowns_->unknown("inUse", {number}); }
  Sym placeOf(const Sym& number) const { return unknowns_->word("place", {number}, most); }
  /// And of one number: below `next` it is in use or stands in the list; from there on neither.
  void know(const Sym& number) const {
    run_->assume(implies(inUse(number), number < next_));
    run_->assume(implies((number < next_) & !inUse(number),
                         (placeOf(number) < start_) & (atStart(placeOf(number)) == number)));
  }

 private:
  Run<Symbolic>* run_;
  TreeMemory* unknowns_;
  Sym next_;
  Sym size_;
  Sym start_;
  std::vector<std::pair<Sym, Sym>> written_;
};

struct AnyStock : reference::Stock<AnyList> {
  using Stock::back_;
  using Stock::Stock;
};

} // namespace

void TablesStock::prove(Run<Symbolic>& run, const Question& question) {
  TreeMemory unknowns(Explorer::current(), question.demandedGeometry, {});
  if (run.flip("words")) {
    constexpr unsigned chunkBits = 15;
    const unsigned entryBits = 9 + run.choose("entryBits", 5);
    const auto word = [&](const char* name, unsigned bits) {
      return run.word(name, 0, (std::uint64_t{1} << bits) - 1);
    };
    const Sym a = word("a", 30), b = word("b", 30);
    const Sym i = word("i", entryBits), j = word("j", entryBits);
    const reference::Spot<Sym> at = reference::spotOf(a, chunkBits, entryBits);
    const reference::Spot<Sym> other = reference::spotOf(b, chunkBits, entryBits);
    run.require("a table lies within its chunk", at.word + i < Sym(std::uint64_t{1} << chunkBits));
    run.require(
        "no word belongs to two entries",
        implies((at.chunk == other.chunk) & (at.word + i == other.word + j), (a == b) & (i == j)));
    return;
  }
  const Sym next = run.word("next", 0, AnyList::most - 1);
  const AnyList start(run, unknowns, next);
  AnyStock stock(next, start);
  const Sym number = run.word("number", 0, AnyList::most); // any
  const Sym position = run.word("position", 0, AnyList::most);
  start.know(number);
  SymBool used = start.inUse(number); // afterwards
  Sym place = start.placeOf(number);
  Sym changed = 0;
  const bool takes = run.flip("takes");
  if (takes) {
    changed = stock.take([] {});
    start.know(changed);
    run.require("what is taken was not in use", !start.inUse(changed));
    used |= number == changed;
    if (question.wrongEncoding == "taken-twice") stock.back_.push_back(changed);
  } else {
    changed = run.word("given", 0, AnyList::most);
    start.know(changed);
    run.assume(start.inUse(changed));
    place = ite(number == changed, stock.back_.size(), place);
    if (question.wrongEncoding != "lost") stock.give(changed);
    used &= number != changed;
  }
  const Sym there = stock.back_.at(position);
  start.know(there);
  const SymBool listed = position < stock.back_.size();
  const SymBool thereUsed =
      takes ? start.inUse(there) | (there == changed) : start.inUse(there) & (there != changed);
  run.require("what stands in the list is not in use", implies(listed, !thereUsed));
  run.require("and was handed out before", implies(listed, there < stock.next()));
  run.require("it stands there once",
              implies(listed, position == (takes ? start.placeOf(there)
                                                 : ite(there == changed, stock.back_.size() - 1,
                                                       start.placeOf(there)))));
  run.require("a number in use was handed out", implies(used, number < stock.next()));
  run.require("none is lost",
              implies((number < stock.next()) & !used,
                      (place < stock.back_.size()) & (stock.back_.at(place) == number)));
}

void TablesEntry::prove(Run<Symbolic>& run, const Question& question) {
  constexpr std::uint32_t tables = std::uint32_t{1} << 30;
  const unsigned pageShift = 12 + 2 * run.choose("page", 3);
  const SymDescriptor table(smt::zeroExtend(
      run.flags("table", question.wrongEncoding == "wide" ? ~std::uint32_t{0} : tables - 1)
          .term(Explorer::current().context()),
      32));
  const SymDescriptor entry = reference::PhysicalMemory::entryFor(table, pageShift);
  run.require("the entry leads to the table",
              reference::PhysicalMemory::tableFor(entry, pageShift) == table);
  run.require("it is a table descriptor", (entry & SymDescriptor(3)) == SymDescriptor(3));
}

namespace {

/// Theorems over unknown contents that no machine word can follow.
template <class Text>
Exploration exploreUnknown(const Question& question, const Budget& budget, const Accept& accept) {
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        e.summarised();
        Run<Symbolic> run(e);
        Text::prove(run, question);
      },
      {}, accept);
}

} // namespace

Theorem tablesWalk() {
  Theorem t;
  t.name = "tables-walk";
  t.statement =
      "The reference's walk over page tables comes to exactly the entries of its range that are "
      "not "
      "empty, ascending; its search finds the lowest table of a level; indices and spans are those "
      "of the model's block numbers.";
  t.sizes = "those of tables-freed; the index arithmetic for all 64-bit addresses";
  t.assumptions = "the tree is sound; the counts of a table say where its entries are";
  t.speaksOf = speaksOf;
  t.planted = {{"encoding", "wrong-base"}};
  t.budget = budgets::tablesWalk;
  t.explore = exploreTree<TablesWalk>;
  return t;
}

Theorem tablesStock() {
  Theorem t;
  t.name = "tables-stock";
  t.statement = "A page table or frame that the reference hands out is not in use, one that comes "
                "back is handed out again exactly once, none is lost, and no word belongs to two "
                "tables.";
  t.sizes = "any number of tables and frames; tables of 2^9 to 2^13 entries";
  t.assumptions = "what is given back is in use";
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "taken-twice"}, {"encoding", "lost"}};
  t.budget = budgets::tablesStock;
  t.explore = exploreUnknown<TablesStock>;
  return t;
}

Theorem tablesEntry() {
  Theorem t;
  t.name = "tables-entry";
  t.statement =
      "The descriptor of a page table keeps the table's number, is not empty and is valid.";
  t.sizes = "all tables of the zone, pages of 4, 16 and 64 KiB";
  t.assumptions = "none";
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "wide"}};
  t.budget = budgets::tablesEntry;
  t.explore = exploreUnknown<TablesEntry>;
  return t;
}

Theorem tablesCounts() {
  Theorem t;
  t.name = "tables-counts";
  t.statement = "What the reference's physical memory keeps of a page table says where its entries "
                "that are not 0 are, and how many, after any entry is set to anything.";
  t.sizes = "tables of up to 2^13 entries; 64-bit descriptors";
  t.assumptions = "used is the number of entries that are not 0";
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "stale-high"}, {"encoding", "short-fill"}};
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
