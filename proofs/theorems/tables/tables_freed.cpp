// The routines of the reference that free page tables, freeTables first of all.
//
// How it is proved: by induction over the levels of the tree, and over the rounds of each loop. One
// round is run at a table of any level, with any entry. The calls that the round makes one level
// down are replaced by their effect, for an arbitrary choice of the tables to free. At the last
// level nothing is called. After the round, the tables freed must be those in the entries so far.
// The loop's bounds (clip, low, high) must leave out no table to free. Apart from these parts, the
// conclusion for the loops and the recursion rests only on the `for` statement of C++.
#include "planted/page_table.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"

namespace growsdown::proofs {
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
    tree_.removed(run_.word("gone.tables" + std::to_string(Explorer::current().serial()), 0,
                            TreeMemory::most),
                  run_.word("gone.entries" + std::to_string(Explorer::current().serial()), 0,
                            TreeMemory::most));
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
    if (!(depth_ > level_ && hangs_)) return;
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
    if (!(depth_ > level_ && hangs_)) return;
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

template <template <class> class RadixTree>
void proveFreed(Run<Symbolic>& run, TreeMemory& memory) {
  FreedParts<RadixTree>(run, memory).prove();
}

} // namespace

Theorem tablesFreed() {
  Theorem t;
  t.name = "tables-freed";
  t.claims = {"`freeTables` frees exactly the tables that touch its range, span no address below "
              "the floor or from the ceiling on, and are not pinned, with everything below them. "
              "This is the condition of the kernel's free_pgd_range.",
              "`freeUnless` does the same for the tables that its caller does not keep, and "
              "`freeLeaves` for the last-level tables that lie wholly in its range. `release` "
              "frees one table and everything below it.",
              "In every other table all entries stay, except those that led to a freed table.",
              "The counts of tables and entries, and the table remembered as found last, are right "
              "afterwards."};
  t.sizes = "those of tables-map. Loops over the entries of a table and the recursion over levels "
            "are by induction, for any table, entry, range, floor and ceiling";
  t.assumptions = {"the tree is sound (tables-sound)", "the pinned tables exist",
                   "the counts of a table say where its entries are (tables-counts)"};
  t.speaksOf = hasTreeShapes;
  t.planted = {plantedBug(planted::Bug::tableFreedEarly), {"encoding", "lost-unlink"}};
  t.budget = budgets::tablesFreed;
  t.explore = [](const Question& question, const Budget& budget, const Accept& accept) {
    if (question.bug == planted::Bug::none)
      return exploreTree<proveFreed<reference::RadixTree>>(question, budget, accept);
    const planted::ScopedBug scope(question.bug);
    return exploreTree<proveFreed<planted::RadixTree>>(question, budget, accept);
  };
  return t;
}

} // namespace growsdown::proofs
