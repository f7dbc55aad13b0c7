// The reference's page tables (reference/page_table.h), run on memory that holds any tree.
#pragma once

#include "proofs/memory.h"
#include "proofs/theorems/theorem.h"
#include "reference/page_table.h"

namespace growsdown::proofs {

/// The page table's own text, its steps in reach.
class Tree : public reference::RadixTree<TreeMemory> {
 public:
  explicit Tree(TreeMemory& memory) : RadixTree(memory) { shape(memory.geometry()); }
  using RadixTree::clip;
  using RadixTree::drop;
  using RadixTree::emptyAt;
  using RadixTree::freeAt;
  using RadixTree::Freed;
  using RadixTree::Range;
  using RadixTree::release;

  /// Right counts, and any table that may have been found last.
  void resume(Run<Symbolic>& run) {
    present_ = memory_.filled();
    tables_ = memory_.inUse();
    if (!run.flip("found before")) return;
    cachedTable_ = memory_.someTable("cached", last_);
    cachedBlock_ = memory_.base(memory_.place(cachedTable_)) >> shifts_[last_ - 1];
  }
  void forget() { cachedBlock_ = noBlock; }
  /// Whether what was found last is still so.
  SymBool remembersRightly() const {
    const SymBool none = cachedBlock_ == noBlock;
    if (none.known() && none.value()) return true;
    const TreeMemory::Place place = memory_.place(cachedTable_);
    return none | (SymBool(place.level == last_) &
                   ((memory_.base(place) >> shifts_[last_ - 1]) == cachedBlock_));
  }
  /// What a walk from the root finds, whatever was found last.
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
};

/// THEOREM tables-map. The page tables of a process are a map from pages to descriptors.
///
/// For any tree, any address A and any other address B (one unknown each stands for all), and
/// whatever last-level table was found last: find says what a walk from the root finds. After make
/// and set, A's page has the value, no other page's entry changed, and there is a last-level table
/// for B exactly if there was one or A's block is B's. After set in a slot that find gave (to 0,
/// too): the same, and no table came. makeUpper changes no entry and makes no last-level table.
/// Entries counted present rise and fall by exactly what was set, tables by exactly those taken
/// from the memory; what is remembered as found last is right afterwards.
///
/// Sizes: trees of 2 to 5 levels with any content (proofs/memory.h), every shape that a rule set
/// has; 64-bit addresses and descriptors. Assumed: the tree is sound (kept by every routine:
/// tables-sound), the pinned tables exist, a table is handed out only if free (tables-store).
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

} // namespace growsdown::proofs
