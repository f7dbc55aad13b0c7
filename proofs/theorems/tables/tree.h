// What the theorems about the reference's page tables share: the page table over a memory that holds
// any tree (proofs/memory.h), and tables to remove from it.
#pragma once

#include "proofs/memory.h"
#include "proofs/theorems/theorem.h"
#include "reference/page_table.h"

namespace growsdown::proofs {

/// The code of the page table, the reference's or the planted copy's, with one round of each loop as
/// a function that can be called.
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

  /// Starts with correct counts. An arbitrary last-level table may be the one that was found last.
  void resume(Run<Symbolic>& run) {
    present_ = memory_.filled();
    tables_ = memory_.inUse();
    if (!run.flip("found before")) return;
    cachedTable_ = memory_.someTable("cached", last_);
    cachedBlock_ = memory_.base(memory_.place(cachedTable_)) >> shifts_[last_ - 1];
  }
  void forget() { cachedBlock_ = noBlock; }
  /// Whether the table that was found last is still at the remembered place.
  SymBool remembersRightly() const {
    SymBool none = cachedBlock_ == noBlock;
    if (none.known() && none.value()) return true;
    const TreeMemory::Place place = memory_.place(cachedTable_);
    if (place.level != last_) return none;
    return none | ((memory_.base(place) >> shifts_[last_ - 1]) == cachedBlock_);
  }
  /// The result of a walk from the root, which ignores the table found last.
  struct Found {
    Slot slot;
    Sym entry = 0; ///< 0 if there is no table
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

/// A range of addresses to free, and an arbitrary choice of the tables to remove.
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
  /// The condition of free_pgd_range for keeping a table in its range.
  SymBool staysFor(const Place& at) const {
    return (memory_->base(at) < freed.floor) |
           ((freed.ceiling != 0) & (freed.ceiling < memory_->base(at) + span(at)));
  }
  /// Whether a table is to be removed. Has no meaning for a pinned table.
  SymBool chosen(const Place& at) const {
    return memory_->unknown("chosen" + std::to_string(at.level), at.path);
  }
  /// The chosen tables below `outer` with everything below them, in entries of `outer` before `end`.
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
  /// All tables in entries of `outer` before `end`.
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

/// Whether a theorem about trees is proved for a rule set. Only the shapes of page tables depend on
/// the rule set; three rule sets have all shapes.
bool hasTreeShapes(const trace::RuleSet& rules);

/// Explores `prove` for every shape of page tables that the demanded rule set has. Machine words
/// cannot follow unknown memory, so no witness is run again.
Exploration exploreTrees(void (*prove)(Run<Symbolic>&, TreeMemory&), const Question& question,
                         const Budget& budget, const Accept& accept);
template <void (*prove)(Run<Symbolic>&, TreeMemory&)>
Exploration exploreTree(const Question& question, const Budget& budget, const Accept& accept) {
  return exploreTrees(prove, question, budget, accept);
}

/// The same for theorems about unknown contents that are not trees.
Exploration exploreContents(void (*prove)(Run<Symbolic>&, const Question&),
                            const Question& question, const Budget& budget, const Accept& accept);
template <void (*prove)(Run<Symbolic>&, const Question&)>
Exploration exploreUnknown(const Question& question, const Budget& budget, const Accept& accept) {
  return exploreContents(prove, question, budget, accept);
}

} // namespace growsdown::proofs
