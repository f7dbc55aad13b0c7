#include "proofs/theorems/tables.h"

#include "planted/page_table.h"
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
        TreeMemory memory(e, shape, question.wrongEncoding);
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

namespace {

/// The parts of tables-freed, each about one round of a loop, its bounds, or its end.
template <template <class> class RadixTree>
class FreedParts {
 public:
  FreedParts(Run<Symbolic>& run, TreeMemory& memory) : run_(run), memory_(memory) {
    tree_.resume(run);
    hangs_ = depth_ > level_ ? memory.within(where_, place_) : SymBool(false);
  }

  void prove() {
    switch (run_.choose("part", 8)) {
    case 0:
      return loopRound();
    case 1:
      return loopBounds();
    case 2:
      return emptyingRound();
    case 3:
      return emptyingBounds();
    case 4:
      return releaseEnd();
    case 5:
      return keeps();
    case 6:
      return leavesRound();
    default:
      return lastLevelReleased();
    }
  }

 private:
  using Place = TreeMemory::Place;
  using Tree = StepwiseTree<RadixTree>;

  void counted() {
    tree_.removed(run_.word("gone.tables" + std::to_string(serial(run_)), 0, TreeMemory::most),
                  run_.word("gone.entries" + std::to_string(serial(run_)), 0, TreeMemory::most));
  }
  void compare() {
    const bool stays = expected_.place(other_).inUse();
    run_.require("exactly the tables that should be are gone",
                 memory_.place(other_).inUse() == stays);
    if (stays && memory_.place(other_).inUse())
      run_.require("every entry is as it should be",
                   memory_.get(other_, entry_) == expected_.get(other_, entry_));
    run_.require("entries are counted", tree_.present() == memory_.filled());
    run_.require("tables are counted", tree_.tables() == memory_.inUse());
    run_.require("what was found last is right", tree_.remembersRightly());
  }

  // One round of freeWithin and of prune.
  void loopRound() {
    const Place child = memory_.below(place_, index_);
    memory_.remove(removal_.below(place_, index_));
    expected_.remove(removal_.below(place_, index_ + 1));
    run_.assume(tree_.remembersRightly());
    const auto keep = [&](const Sym& from, const Sym& to) {
      run_.require("it is asked for what the table spans",
                   (from == memory_.base(child)) & (to == removal_.last(child)));
      return !static_cast<bool>(removal_.chosen(child));
    };
    tree_.freeAt(
        table_, level_, memory_.base(place_), index_, keep,
        [&](const Sym& below, const Sym& from) {
          run_.require("the recursion is into the entry's table",
                       TreeMemory::same(memory_.place(below), child));
          run_.require("from its first address on", from == memory_.base(child));
          if (level_ + 1 == last_) return;
          memory_.remove(removal_.below(child, memory_.masks(level_ + 1) + 1));
          counted();
          if (run_.flip("forgets") || !tree_.remembersRightly()) tree_.forget();
        },
        [&] {
          memory_.remove(removal_.from(child));
          counted();
          tree_.forget();
        });
    compare();
  }
  void loopBounds() {
    if (depth_ <= level_ || !hangs_) return;
    memory_.bound(table_, where_.path[level_]);
    run_.assume(removal_.touches(place_));
    const auto range =
        tree_.clip(table_, level_, memory_.base(place_), removal_.freed.start, removal_.freed.last);
    run_.require("the loop is over what its range touches",
                 ((range.from <= where_.path[level_]) & (where_.path[level_] < range.to)) ==
                     removal_.touches(memory_.below(place_, where_.path[level_])));
  }

  // One round of release, in the table that goes.
  void emptyingRound() {
    memory_.remove(removal_.all(place_, index_));
    expected_.remove(removal_.all(place_, index_ + 1));
    run_.assume(tree_.remembersRightly());
    tree_.emptyAt(table_, index_, [&](const Sym& in, const Sym& at) {
      run_.require("what is emptied is the entry", (in == table_) & (at == index_));
      memory_.remove(removal_.from(memory_.below(place_, index_)));
      counted();
      tree_.forget();
    });
    compare();
  }
  void emptyingBounds() {
    if (depth_ <= level_ || !hangs_) return;
    memory_.bound(table_, where_.path[level_]);
    run_.require("no entry in use is below the loop's first",
                 memory_.low(table_) <= where_.path[level_]);
    if (run_.flip("prunes"))
      memory_.remove(removal_.below(place_, index_));
    else
      memory_.remove(removal_.all(place_, index_));
    if (!memory_.place(other_).inUse()) return;
    if (where_.path[level_] < index_) return; // a round had it
    memory_.bound(table_, where_.path[level_]);
    run_.require("the loop ends where nothing is left", index_ < memory_.high(table_));
  }

  // The end of release, once nothing hangs below.
  void releaseEnd() {
    const Sym slot = memory_.index("slot", level_);
    const Sym leads = memory_.get(table_, slot);
    if (leads == 0 || level_ + 1 == last_) return;
    const Place child = memory_.below(place_, slot);
    memory_.remove(removal_.all(child, memory_.masks(level_ + 1) + 1));
    expected_.remove(removal_.from(child));
    run_.assume(tree_.remembersRightly());
    tree_.drop(table_, slot, leads - 1);
    compare();
  }
  // What freeTables keeps.
  void keeps() {
    if (depth_ == 0) return;
    const auto& freed = removal_.freed;
    run_.require("freeTables keeps what the kernel does",
                 removal_.staysFor(where_) ==
                     SymBool(tree_.stays({freed.start, freed.last, freed.floor, freed.ceiling},
                                         memory_.base(where_), removal_.last(where_))));
  }
  // One round of freeLeaves.
  void leavesRound() {
    if (depth_ != last_ || level_ != 0) return;
    bool removed = false;
    const Sym end = removal_.freed.last + 1;
    tree_.freeLeafAt({memory_.base(where_), removal_.last(where_), true}, removal_.freed.start, end,
                     [&](const Sym& parent, const Sym& slot) {
                       run_.require("it releases the table of its block",
                                    (memory_.get(parent, slot) == other_ + 1) &
                                        (slot == where_.path[last_ - 1]));
                       removed = true;
                     });
    run_.require("exactly a leaf in the range that is not pinned goes",
                 SymBool(removed) ==
                     ((removal_.freed.start <= memory_.base(where_)) &
                      (removal_.last(where_) < end) & !memory_.spansPinned(where_)));
  }
  // Release of a last-level table.
  void lastLevelReleased() {
    if (level_ + 1 != last_ || memory_.get(table_, index_) == 0) return;
    expected_.remove(removal_.from(memory_.below(place_, index_)));
    run_.assume(tree_.remembersRightly());
    tree_.release(table_, index_, level_);
    compare();
  }

  Run<Symbolic>& run_;
  TreeMemory& memory_;
  const unsigned last_ = memory_.last();
  // The loop is at a table of this level, above the last.
  const unsigned level_ = run_.choose("level", last_);
  const Sym table_ = memory_.someTable("table", level_);
  const Place place_ = memory_.place(table_);
  const Sym index_ = memory_.index("index", level_);
  // What is looked at afterwards.
  const unsigned depth_ = run_.choose("depth", last_ + 1);
  const Sym other_ = memory_.someTable("other", depth_);
  const Place where_ = memory_.place(other_);
  const Sym entry_ = memory_.index("entry", depth_);

  const Removal removal_{run_, memory_};
  TreeMemory expected_ = memory_;
  Tree tree_{memory_};
  SymBool hangs_ = false;
};

} // namespace

template <template <class> class RadixTree>
void TablesFreed<RadixTree>::prove(Run<Symbolic>& run, TreeMemory& memory) {
  FreedParts<RadixTree>(run, memory).prove();
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

/// A list of unknown length and contents, all of which are numbers that came back. Copies share what
/// was changed: a stock has one, and the theorem looks at the other.
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
  run.require("what stands in the list is not in use", implies(listed, !thereUsed));
  run.require("and was handed out before", implies(listed, there < stock.next()));
  run.require("it stands there once",
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
  t.planted = {plantedBug(planted::Bug::tableFreedEarly), {"encoding", "lost-unlink"}};
  t.budget = budgets::tablesFreed;
  t.explore = [](const Question& question, const Budget& budget, const Accept& accept) {
    if (question.bug == planted::Bug::none)
      return exploreTree<TablesFreed<reference::RadixTree>>(question, budget, accept);
    const planted::ScopedBug scope(question.bug);
    return exploreTree<TablesFreed<planted::RadixTree>>(question, budget, accept);
  };
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
