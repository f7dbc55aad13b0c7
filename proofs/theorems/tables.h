// The reference's page tables (reference/page_table.h), run on memory that holds any tree.
#pragma once

#include "proofs/memory.h"
#include "proofs/theorems/theorem.h"
#include "reference/page_table.h"

namespace growsdown::proofs {

/// The page table of the reference or of the planted copy. One round of each loop is a function
/// here.
template <template <class> class RadixTree>
class StepwiseTree : public RadixTree<TreeMemory> {
  using Base = RadixTree<TreeMemory>;

 public:
  using Slot = typename Base::Slot;
  using Freed = typename Base::Freed;
  using Range = typename Base::Range;
  using Block = typename Base::Block;

  explicit StepwiseTree(TreeMemory& memory) : Base(memory) { this->shape(memory.geometry()); }
  using Base::clip;
  using Base::drop;
  using Base::emptyAt;
  using Base::find;
  using Base::freeAt;
  using Base::freeLeafAt;
  using Base::get;
  using Base::indexAt;
  using Base::release;
  using Base::spanned;
  using Base::stays;
  using Base::tableWithinAt;
  using Base::walkAt;

  /// Sets right counts, and any last-level table as the one found before.
  void resume(Run<Symbolic>& run) {
    present_ = memory_.filled();
    tables_ = memory_.inUse();
    if (!run.flip("found before")) return;
    cachedTable_ = memory_.someTable("cached", last_);
    cachedBlock_ = memory_.base(memory_.place(cachedTable_)) >> shifts_[last_ - 1];
  }
  void forget() { cachedBlock_ = noBlock; }
  /// Whether the table that is remembered as found last is still right.
  SymBool remembersRightly() const {
    SymBool none = cachedBlock_ == noBlock;
    if (none.known() && none.value()) return true;
    const TreeMemory::Place place = memory_.place(cachedTable_);
    if (place.level != last_) return none;
    return none | ((memory_.base(place) >> shifts_[last_ - 1]) == cachedBlock_);
  }
  /// What a walk from the root finds, whatever table is remembered.
  struct Found {
    Slot slot;
    Sym entry = 0; ///< 0 where there is no table
  };
  Found walk(const Sym& address) {
    const Sym block = cachedBlock_;
    const Sym table = cachedTable_;
    forget();
    Found found{find(address), 0};
    if (found.slot.exists) found.entry = get(found.slot);
    cachedBlock_ = block;
    cachedTable_ = table;
    return found;
  }
  Sym blockOf(const Sym& address) const { return address >> shifts_[last_ - 1]; }
  Sym pageOf(const Sym& address) const { return address >> pageShift_; }
  void removed(const Sym& tables, const Sym& entries) {
    tables_ -= tables;
    present_ -= entries;
    memory_.count(tables, entries);
  }

 private:
  using Base::cachedBlock_;
  using Base::cachedTable_;
  using Base::last_;
  using Base::memory_;
  using Base::noBlock;
  using Base::pageShift_;
  using Base::present_;
  using Base::shifts_;
  using Base::tables_;
};
using Tree = StepwiseTree<reference::RadixTree>;

/// THEOREM tables-map. The page tables of a process are a map from pages to descriptors.
///
/// For any tree, any address A and any other address B (one unknown each stands for all), and any
/// last-level table found before:
///
/// - find returns what a walk from the root finds;
/// - after make and set, A's page has the value and no other page's entry changed. B has a
///   last-level table exactly if it had one or its block is A's;
/// - after set in a slot that find returned, to 0 as well, the same holds and no table was made;
/// - makeUpper changes no entry and makes no last-level table;
/// - the counts of present entries and of tables change by exactly what was set and taken;
/// - the last-level table that is remembered afterwards is right.
///
/// Sizes: trees of 2 to 5 levels with any content (proofs/memory.h), every shape that a rule set
/// has; 64-bit addresses and descriptors. Assumed: the tree is sound (every routine keeps it so:
/// tables-sound), the pinned tables exist, a table that is handed out is free and all zero.
struct TablesMap {
  static void prove(Run<Symbolic>& run, TreeMemory& memory) {
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

 private:
  static SymBool sameEntry(const Tree::Found& x, const Tree::Found& y) {
    return x.entry == y.entry;
  }
  static void requireSet(Run<Symbolic>& run, Tree& tree, const Tree::Slot& slot, const Sym& a,
                         const Sym& b, const Tree::Found& before) {
    const Sym value = run.word("value");
    tree.set(slot, value);
    const Tree::Found after = tree.walk(b);
    if (tree.pageOf(a) == tree.pageOf(b))
      run.require("the page has the value", (after.entry == value) & SymBool(after.slot.exists));
    else
      run.require("no other page's entry changed", sameEntry(before, after));
  }
};

/// Requires that the tree is sound at one table and one of its entries.
inline void requireSound(Run<Symbolic>& run, TreeMemory& memory, const Sym& table,
                         const Sym& index) {
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

/// THEOREM tables-sound. Page tables stay a tree:
///
/// - every table in use has one place, and a walk to that place finds it. So it has one parent and
///   one entry there, and no table is lost;
/// - every entry leads to the table in use at the place that it spans, and to no other.
///
/// This holds after make and makeUpper of any address, after set through a slot that find returned,
/// and after tables were freed as in theorem tables-freed. It holds for any table, those just made
/// included, and any entry of it (one unknown each stands for all). Sizes and assumptions are those
/// of tables-map.
struct TablesSound {
  static void prove(Run<Symbolic>& run, TreeMemory& memory);
};

/// A range of addresses, and any choice of tables that are to be freed.
class Removal {
 public:
  using Place = TreeMemory::Place;
  Removal(Run<Symbolic>& run, const TreeMemory& memory) : memory_(&memory) {
    const std::uint64_t end = memory.allAddresses();
    freed.start = run.word("start", 0, end);
    freed.last = run.word("last", 0, end);
    freed.floor = run.word("floor", 0, end);
    freed.ceiling = run.word("ceiling", 0, end + 1);
    run.assume(freed.start <= freed.last);
  }
  Sym last(const Place& at) const { return memory_->base(at) + (span(at) - 1); }
  SymBool touches(const Place& at) const {
    return (memory_->base(at) <= freed.last) & (freed.start <= last(at));
  }
  /// The condition of free_pgd_range for one table.
  SymBool staysFor(const Place& at) const {
    return (memory_->base(at) < freed.floor) |
           ((freed.ceiling != 0) & (freed.ceiling < memory_->base(at) + span(at)));
  }
  /// Whether a table is one of those that are to go; of a pinned one it means nothing.
  SymBool chosen(const Place& at) const {
    return memory_->unknown("chosen" + std::to_string(at.level), at.path);
  }
  /// The tables below `outer` that go, those that were chosen, and what hangs below them; only
  /// those that hang in entries below `end`.
  TreeMemory::Gone below(const Place& outer, const Sym& end) const {
    return [*this, outer, end](const Place& at) {
      SymBool some = false;
      for (unsigned level = outer.level + 1; level <= at.level; ++level) {
        const Place above{level, {at.path.begin(), at.path.begin() + level}};
        some |= chosen(above) & !memory_->spansPinned(above);
      }
      return in(at, outer, end) & some;
    };
  }
  /// All tables that hang in entries below `end`.
  TreeMemory::Gone all(const Place& outer, const Sym& end) const {
    return [*this, outer, end](const Place& at) { return in(at, outer, end); };
  }
  /// The table at a place and all below it.
  TreeMemory::Gone from(const Place& outer) const {
    return [*this, outer](const Place& at) { return memory_->within(at, outer); };
  }

  struct {
    Sym start = 0, last = 0, floor = 0, ceiling = 0;
  } freed;

 private:
  SymBool in(const Place& at, const Place& outer, const Sym& end) const {
    if (at.level <= outer.level) return false;
    return memory_->within(at, outer) & (at.path[outer.level] < end);
  }
  std::uint64_t span(const Place& at) const {
    return std::uint64_t{1} << memory_->geometry().tableShift(at.level);
  }
  const TreeMemory* memory_;
};

/// THEOREM tables-freed.
///
/// - freeTables frees exactly the tables that touch its range, span nothing below the floor nor
///   from the ceiling on, and are not pinned, with all tables below them;
/// - freeUnless frees the tables that its caller does not keep, freeLeaves the last-level tables
///   wholly in its range;
/// - release frees exactly one table and all tables below it;
/// - every entry of another table stays, except entries that led to a freed table.
///
/// The proof is by induction. Its parts are proved here for any tree, table, entry, range, floor
/// and ceiling, and for any table and entry that are looked at afterwards (one unknown each
/// represents for all):
///
/// - Over the levels: one round of the loops of freeWithin and prune (freeAt) frees the tables that
///   were chosen in its entry, if its calls one level down do so, whatever the choice is. One round
///   of release's loop (emptyAt) does the same. At the last level nothing is called.
/// - The choice of freeTables (stays) is the kernel's condition.
/// - Over the rounds: the freed tables are those in the entries so far. Before the loop's first
///   entry (clip; low) and from its last entry on, no table is to be freed.
/// - Around them: the end of release (drop), and its case of a last-level table.
/// - One round of freeLeaves (freeLeafAt) releases the table of its block if the table is not
///   pinned and lies in the range. That its blocks are all there are is part of tables-walk.
///
/// The conclusion for loops and recursion rests on these parts and on C++'s `for`. After each part,
/// the remembered table is right, and tables and entries are counted.
///
/// Sizes and assumptions are those of tables-map. Assumed too: low, high and used of a table
/// describe its entries (tables-counts). The planted bug runs the planted copy's code.
template <template <class> class RadixTree>
struct TablesFreed {
  static void prove(Run<Symbolic>& run, TreeMemory& memory);
};

/// THEOREM tables-walk. forEach visits exactly the entries of its range that are not empty, by
/// ascending address, each once, with its address and slot. firstLeaf and firstUpper find the
/// lowest table of their level that touches the range, and its span.
///
/// The proof is by induction over levels and rounds, and uses the loop bounds (clip) of
/// tables-freed:
///
/// - one round of the walk (walkAt) calls the visitor with what a walk from the root finds at that
///   address, or goes on in the table one level down, from that table's first address on;
/// - one round of the search (tableWithinAt) is at a table of its level, or goes on likewise, or
///   the entry is empty;
/// - the spans of the entries of a table ascend and are disjoint;
/// - entries of the last level are within the loop's bounds exactly if their page touches the
///   range.
///
/// Index arithmetic: an index into a table of any level is the low bits of the block number one
/// level down. The high bits are the block number of the table, as in the model (model/tables.h).
/// leafSpan is the span of a last-level table.
///
/// Sizes and assumptions are those of tables-freed; the index arithmetic is for all 64-bit
/// addresses.
struct TablesWalk {
  static void prove(Run<Symbolic>& run, TreeMemory& memory);
};

/// THEOREM tables-stock. A table that is handed out (reference/stock.h; frames likewise) is not in
/// use. One that comes back is handed out again exactly once, and none is lost.
///
/// In a stock of any size, every number below `next` is either in use or in the list, once, and no
/// other number is. Taking a number and giving back one in use keep that, for any two positions of
/// the list and any other number (one unknown each). The number taken was not in use before. No
/// word belongs to two tables: spotOf gives different entries different words within the chunk.
///
/// Sizes: any number of numbers below 2^32, and of tables of 2^9 to 2^13 entries in chunks of 2^15.
/// Assumed: a number that is given back is in use, and std::vector keeps its elements. That a new
/// table is empty follows with tables-counts: a table that comes back is emptied, and only tables
/// in use are written.
struct TablesStock {
  static void prove(Run<Symbolic>& run, const Question& question);
};

/// THEOREM tables-entry. A descriptor keeps the number of a table: tableAt of entryOf is the table.
/// The entry is not empty and is a valid table descriptor.
///
/// Sizes: all tables below 2^30 (those of the zone), pages of 4, 16 and 64 KiB.
struct TablesEntry {
  static void prove(Run<Symbolic>& run, const Question& question);
};

/// THEOREM tables-counts. The counts that PhysicalMemory keeps of a table (Occupancy) describe its
/// entries, for any table, any entry that is set to anything, and any other entry (one unknown
/// each).
///
/// - If every entry that is not 0 was in [low, high), and low was below high if there was one, this
///   is so afterwards.
/// - used changes by exactly the change in their number, so by induction it is their number.
/// - When a table is emptied, every entry that is not 0 is set to 0.
///
/// Sizes: any index below 2^13, any words. Assumed: used is the number of entries that are not 0
/// (so at least as many as the two that are looked at), below 2^16.
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

/// The rule sets whose page tables have all shapes: the newest kernels, and the default rule set
/// with pages of 4 KiB.
bool aboutPageTables(const trace::RuleSet& rules);

/// Runs a proof over trees of every shape of the demanded rule set. Machine words cannot follow
/// unknown memory, so there are no witnesses to replay.
using TreeProof = void (*)(Run<Symbolic>&, TreeMemory&);
Exploration exploreTree(TreeProof prove, const Question& question, const Budget& budget,
                        const Accept& accept);
template <class Text>
Exploration exploreTreeOf(const Question& question, const Budget& budget, const Accept& accept) {
  return exploreTree(Text::prove, question, budget, accept);
}

} // namespace growsdown::proofs
