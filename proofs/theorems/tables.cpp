#include "proofs/theorems/tables.h"

#include "proofs/budgets.h"
#include "proofs/descriptor_word.h"
#include "proofs/theorems/all.h"
#include "reference/stock.h"

namespace growsdown::proofs {
namespace {

// The rule sets of aboutPageTables differ only in the shapes of their page tables.
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

} // namespace

bool aboutPageTables(const trace::RuleSet& rules) {
  return rules.name == trace::defaultRuleSet || rules.name == "linux-7.2-arm64" ||
         rules.name == "linux-7.2-amd64";
}

Exploration exploreTree(TreeProof prove, const Question& question, const Budget& budget,
                        const Accept& accept) {
  const std::vector<trace::Geometry> shapes = shapesOf(*question.demanded);
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        e.summarised();
        Run<Symbolic> run(e);
        const trace::Geometry& shape =
            shapes[e.choose("shape", static_cast<unsigned>(shapes.size()))];
        TreeMemory memory(e, shape, question.wrongEncoding);
        prove(run, memory);
      },
      {}, accept);
}

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

} // namespace

void TablesWalk::prove(Run<Symbolic>& run, TreeMemory& memory) {
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

namespace {

/// A list of unknown length and contents: the numbers that came back. Copies share all changes: the
/// stock has one copy, and the theorem looks at the other.
class AnyList {
 public:
  using value_type = Sym;
  AnyList(Run<Symbolic>& run, TreeMemory& unknowns, Sym next)
      : run_(&run), unknowns_(&unknowns), next_(std::move(next)), start_(run.word("size", 0, most)),
        now_(std::make_shared<Now>(Now{start_, {}})) {}
  static constexpr std::uint64_t most = std::uint64_t{1} << 32;

  SymBool empty() const { return now_->size == 0; }
  Sym back() const { return at(now_->size - 1); }
  void pop_back() { --now_->size; }
  void push_back(const Sym& number) {
    now_->written.emplace_back(now_->size, number);
    ++now_->size;
  }
  const Sym& size() const { return now_->size; }
  Sym at(const Sym& position) const {
    for (std::size_t w = now_->written.size(); w-- > 0;)
      if (now_->written[w].first == position) return now_->written[w].second;
    return atStart(position);
  }
  /// The number at one position before the step: it is below `next`, is not in use, and is at no
  /// other position.
  Sym atStart(const Sym& position) const {
    Sym number = unknowns_->word("list", {position}, most);
    run_->assume(implies(position < start_,
                         (number < next_) & !inUse(number) & (placeOf(number) == position)));
    return number;
  }
  SymBool inUse(const Sym& number) const { return unknowns_->unknown("inUse", {number}); }
  Sym placeOf(const Sym& number) const { return unknowns_->word("place", {number}, most); }
  /// Assumes about one number: below `next` it is in use or in the list; from `next` on, neither.
  void know(const Sym& number) const {
    run_->assume(implies(inUse(number), number < next_));
    run_->assume(implies((number < next_) & !inUse(number),
                         (placeOf(number) < start_) & (atStart(placeOf(number)) == number)));
  }

 private:
  Run<Symbolic>* run_;
  TreeMemory* unknowns_;
  Sym next_;
  Sym start_; ///< the size before
  struct Now {
    Sym size;
    std::vector<std::pair<Sym, Sym>> written;
  };
  std::shared_ptr<Now> now_;
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
  AnyList list(run, unknowns, next);
  reference::Stock<AnyList> stock(next, list);
  const Sym number = run.word("number", 0, AnyList::most); // any
  const Sym position = run.word("position", 0, AnyList::most);
  list.know(number);
  SymBool used = list.inUse(number); // afterwards
  Sym place = list.placeOf(number);
  Sym changed = 0;
  const bool takes = run.flip("takes");
  if (takes) {
    changed = stock.take([] {});
    list.know(changed);
    run.require("what is taken was not in use", !list.inUse(changed));
    used |= number == changed;
    if (question.wrongEncoding == "taken-twice") list.push_back(changed);
  } else {
    changed = run.word("given", 0, AnyList::most);
    list.know(changed);
    run.assume(list.inUse(changed));
    place = ite(number == changed, list.size(), place);
    if (question.wrongEncoding != "lost") stock.give(changed);
    used &= number != changed;
  }
  const Sym there = list.at(position);
  list.know(there);
  const SymBool listed = position < list.size();
  const SymBool thereUsed =
      takes ? list.inUse(there) | (there == changed) : list.inUse(there) & (there != changed);
  run.require("a number in the list is not in use", implies(listed, !thereUsed));
  run.require("and was handed out before", implies(listed, there < stock.next()));
  run.require("it is in the list once",
              implies(listed, position == (takes ? list.placeOf(there)
                                                 : ite(there == changed, list.size() - 1,
                                                       list.placeOf(there)))));
  run.require("a number in use was handed out", implies(used, number < stock.next()));
  run.require("none is lost", implies((number < stock.next()) & !used,
                                      (place < list.size()) & (list.at(place) == number)));
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
      "The reference's walk over page tables visits exactly the entries of its range that are not "
      "empty, in ascending order; its search finds the lowest table of a level; indices and spans "
      "are those of the model's block numbers.";
  t.sizes = "those of tables-freed; the index arithmetic for all 64-bit addresses";
  t.assumptions = "the tree is sound; the counts of a table say where its entries are";
  t.speaksOf = aboutPageTables;
  t.planted = {{"encoding", "wrong-base"}};
  t.budget = budgets::tablesWalk;
  t.explore = exploreTreeOf<TablesWalk>;
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
  t.speaksOf = aboutPageTables;
  t.planted = {{"encoding", "link-lost"}};
  t.budget = budgets::tablesSound;
  t.explore = exploreTreeOf<TablesSound>;
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
  t.speaksOf = aboutPageTables;
  t.planted = {{"encoding", "wrong-slot"}, {"encoding", "lost-write"}};
  t.budget = budgets::tablesMap;
  t.explore = exploreTreeOf<TablesMap>;
  return t;
}

} // namespace growsdown::proofs
