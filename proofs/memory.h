// A memory of page tables with unknown contents, for the page-table code of the reference
// (reference/page_table.h). It is only known that the tables are sound:
//
// - Each table in use has a place: a level, and the first address that it spans.
// - An entry above the last level that is not 0 leads to a table in use, one level down, at the
//   address that the entry spans. So no two entries lead to one table.
// - The entry for the place of a table in use leads to it, unless it is the root. So no table is
//   lost.
// - All entries of free tables are 0.
//
// None of this is a formula about all tables. It is assumed for one entry when that entry is read.
// Contents are unknown functions of table and index; writes are kept in a log of changes.
//
// An entry above the last level is the number of the table that it leads to, plus 1. The page-table
// code only compares such an entry with 0 and asks for its table. Theorem tables-entry proves that
// descriptors keep the number. Entries of the last level are any words.
#pragma once

#include "proofs/explorer.h"
#include "proofs/run.h"
#include "proofs/symbolic.h"
#include "trace/ruleset.h"

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace growsdown::proofs {

class TreeMemory {
 public:
  using Word = Sym;
  using Table = Sym;
  using Index = Sym;
  using Entry = Sym;

  /// The place of a table in use. A table of level `unlinked` was handed out, and no entry leads to
  /// it.
  struct Place {
    unsigned level = free;
    std::vector<Sym> path{}; ///< the index at each level above; together the first address
    bool inUse() const { return level < unlinked; }
  };
  static SymBool same(const Place& a, const Place& b);
  static constexpr unsigned unlinked = 8;
  static constexpr unsigned free = 9;
  static constexpr std::uint64_t tables = std::uint64_t{1} << 30; ///< all table numbers are below
  static constexpr std::uint64_t most = std::uint64_t{1} << 60;

  /// Tables that are removed from a tree: for each place, whether a table there is removed.
  using Gone = std::function<SymBool(const Place&)>;

  /// `wrong` is the name of a mistake to plant in the memory.
  TreeMemory(Explorer& explorer, const trace::Geometry& geometry, std::string_view wrong)
      : explorer_(explorer), geometry_(geometry), wrong_(wrong), start_(std::make_shared<Start>()),
        pinned_(address("pinned")), inUse_(explorer.word("tables", 0, most)),
        filled_(explorer.word("entries", 0, most)) {
    learn(0, {0});
  }

  // --- for the page table

  Sym get(const Sym& table, const Sym& index) const;
  void set(const Sym& table, Sym index, const Sym& value);
  /// An arbitrary free table.
  Sym allocateTable();
  void releaseTable(const Sym& table);
  /// Pinned are the tables on the way to the pinned address, from the creation of the tree.
  SymBool pinned(const Sym& table) const { return spansPinned(place(table)); }
  // The counts of PhysicalMemory, unknown here; see `bound`.
  Sym used(const Sym& table) const { return count("used", table, entriesOf(table)); }
  Sym low(const Sym& table) const { return count("low", table, entriesOf(table) - 1); }
  Sym high(const Sym& table) const { return count("high", table, entriesOf(table)); }
  static Sym entryOf(const Sym& table, unsigned) { return table + 1; }
  static Sym tableAt(const Sym& entry, unsigned) { return entry - 1; }

  // --- for theorems

  bool wrong(std::string_view planted) const { return wrong_ == planted; }
  /// An arbitrary table of that level that is in use at the start. All tables above it become known.
  Sym someTable(const std::string& name, unsigned level);
  /// An arbitrary index into a table of that level.
  Sym index(const std::string& name, unsigned level) const;
  /// An arbitrary address, made of one index per level and the offset in the page, so that no division
  /// is needed.
  Sym address(const std::string& name) const;
  /// The first address that a table spans.
  Sym base(const Place& place) const;

  /// The tables that were handed out.
  std::vector<Sym> allocated() const;
  Place place(const Sym& table) const { return placeAt(table, changes_.size()); }
  /// The place that an entry leads to.
  Place below(const Place& place, const Sym& index) const;
  Sym indexIn(unsigned level, const Sym& address) const;
  /// Whether a table at `place` spans an address.
  SymBool spans(const Place& place, const Sym& address) const;
  SymBool spansPinned(const Place& place) const { return spans(place, pinned_); }
  /// Whether a table at `inner` is the one at `outer`, or below it at any depth.
  SymBool within(const Place& inner, const Place& outer) const;

  /// The value of an unknown function, 0 .. high.
  Sym word(const std::string& function, std::initializer_list<Sym> arguments,
           std::uint64_t high) const;
  /// An unknown property of places, or of whatever the words denote.
  SymBool unknown(const std::string& function, const std::vector<Sym>& of) const;

  /// Removes the tables at the places that `gone` accepts, and the entries that lead to them: the
  /// effect of a routine that another proof is about.
  void remove(Gone gone);
  /// Assumes for one entry what the counts of its table say (tables-counts).
  void bound(const Sym& table, const Sym& index) const;

  // Numbers of tables that are not pinned, and of entries of the last level that are not 0.
  Sym inUse() const { return inUse_; }
  Sym filled() const { return filled_; }
  void count(const Sym& tablesGone, const Sym& entriesGone);
  unsigned last() const { return geometry_.levels - 1; }
  const trace::Geometry& geometry() const { return geometry_; }
  std::uint64_t allAddresses() const { return (std::uint64_t{1} << geometry_.vaBits) - 1; }
  std::uint64_t masks(unsigned level) const;

 private:
  struct Change {
    enum class Kind : std::uint8_t { write, allocate, release, removal } kind = Kind::write;
    Sym table = 0;
    Sym index = 0;
    Sym value = 0;
    std::optional<Sym> child{}; // write: the table that the entry leads to now
    Place place{};
    Gone gone{};
  };
  // Knowledge about the start, which a memory shares with its copies.
  struct Start {
    std::vector<std::pair<Sym, Place>> places;
    std::map<std::uint64_t, Sym> entries; // above the last level, by the term's id
    std::set<std::uint64_t> bounded;      // terms whose bounds are asserted
    std::vector<smt::Term> kept;          // keeps their ids valid
  };

  static bool same(const SymBool& equal) { return static_cast<bool>(equal); }
  static bool sameTerm(const Sym& a, const Sym& b);
  // After that many changes.
  Place placeAt(const Sym& table, std::size_t changes) const;
  Sym entryAt(const Sym& table, const Sym& index, std::size_t changes) const;
  Sym entryAtStart(const Sym& table, const Sym& index) const;
  Sym entryWord(const Sym& table, const Sym& index) const;

  // Assumes the place of a table at the start.
  void learn(const Sym& table, const Place& place) const;
  void tie(const Sym& child, const Sym& parent) const;

  Sym count(const std::string& what, const Sym& table, std::uint64_t high) const;
  std::uint64_t entriesOf(const Sym& table) const;

  const smt::Context& context() const { return explorer_.context(); }

  Explorer& explorer_;
  trace::Geometry geometry_;
  std::string_view wrong_;
  std::shared_ptr<Start> start_;
  Sym pinned_;
  std::vector<Change> changes_;
  Sym inUse_;
  Sym filled_;
};

} // namespace growsdown::proofs
