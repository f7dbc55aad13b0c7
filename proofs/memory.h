// Memory that holds page tables with unknown contents, for the reference's page-table code
// (reference/page_table.h). It is known only that the tables are sound:
//
// - every table in use has a place: a level, and the first address that it spans;
// - above the last level, an entry that is not 0 leads to a table in use, one level down, at the
//   address that the entry spans; so no two entries lead to one table;
// - every table in use except the root is reached from the entry for its place, so none is lost;
// - free tables are all zero.
//
// None of this is a formula about all tables. What it means for one entry is assumed when that
// entry is read. Contents are unknown functions of table and index; writes are a log in front of
// them.
//
// An entry above the last level is the number of its table, plus 1: the code only compares such
// entries with 0 and asks for their tables. Theorem tables-entry is about real descriptors, which
// keep the number of a table. Entries of the last level are any words.
#pragma once

#include "proofs/explorer.h"
#include "proofs/run.h"
#include "proofs/symbolic.h"
#include "trace/ruleset.h"

#include <functional>
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

  /// The place of a table. At level `unlinked` the table was handed out and no entry leads to it.
  struct Place {
    unsigned level = free;
    std::vector<Sym> path{}; ///< the index at each level above: together, the first address
    bool inUse() const { return level < unlinked; }
  };
  static SymBool same(const Place& a, const Place& b) {
    SymBool all = a.level == b.level;
    for (unsigned l = 0; l < a.path.size() && l < b.path.size(); ++l)
      all &= a.path[l] == b.path[l];
    return all;
  }
  static constexpr unsigned unlinked = 8;
  static constexpr unsigned free = 9;
  static constexpr std::uint64_t tables = std::uint64_t{1} << 30; ///< table numbers are below
  static constexpr std::uint64_t most = std::uint64_t{1} << 60;

  /// Whether the table at a place was taken away.
  using Gone = std::function<SymBool(const Place&)>;

  /// `wrong` names a mistake that is planted in the memory.
  TreeMemory(Explorer& explorer, const trace::Geometry& geometry, std::string_view wrong)
      : explorer_(explorer), geometry_(geometry), wrong_(wrong), start_(std::make_shared<Start>()),
        pinned_(address("pinned")), inUse_(explorer.word("tables", 0, most)),
        filled_(explorer.word("entries", 0, most)) {
    learn(0, {0});
  }

  // --- for the code of the tree

  Sym get(const Sym& table, const Sym& index) const {
    return entryAt(table, index, changes_.size());
  }
  void set(const Sym& table, Sym index, const Sym& value) {
    const Place place = this->place(table);
    const bool leads = place.inUse() && place.level < last();
    if (wrong_ == "wrong-slot" && leads && index == 0) index = 1;
    if (wrong_ == "lost-unlink" && leads && value == 0) return;
    if (wrong_ == "link-lost" && leads && value != 0 && place.level == 0) return;
    if (wrong_ == "lost-write" && !leads && value == 0) return;
    Change change{Change::Kind::write, table, index, value};
    if (leads && value != 0) {
      change.child = value - 1;
      change.place = below(place, index);
    }
    if (place.level == last()) {
      if (value != 0) ++filled_;
      if (get(table, index) != 0) --filled_;
    }
    changes_.push_back(std::move(change));
  }
  /// Any table that is free.
  Sym allocateTable() {
    Sym table = explorer_.word("table" + std::to_string(explorer_.serial()), 0, tables - 1);
    for (const Change& change : changes_) {
      if (change.kind == Change::Kind::allocate) explorer_.assume(table != change.table);
      if (change.kind == Change::Kind::release || change.kind == Change::Kind::removal)
        throw EncodingError("a table is taken after one was freed");
    }
    learn(table, {});
    changes_.push_back({Change::Kind::allocate, table});
    ++inUse_;
    return table;
  }
  void releaseTable(const Sym& table) {
    if (place(table).level == last()) filled_ -= used(table); // all of them are gone
    changes_.push_back({Change::Kind::release, table});
    --inUse_;
  }
  /// The pinned tables are those on the way to the pinned address.
  SymBool pinned(const Sym& table) const { return spansPinned(place(table)); }
  /// Unknown numbers; `bound` assumes what PhysicalMemory ensures about them.
  Sym used(const Sym& table) const { return count("used", table, entriesOf(table)); }
  Sym low(const Sym& table) const { return count("low", table, entriesOf(table) - 1); }
  Sym high(const Sym& table) const { return count("high", table, entriesOf(table)); }
  static Sym entryOf(const Sym& table, unsigned) { return table + 1; }
  static Sym tableAt(const Sym& entry, unsigned) { return entry - 1; }

  // --- for theorems

  bool wrong(std::string_view planted) const { return wrong_ == planted; }
  /// Some table at `level` that is in use at the start, with a known way to it from the root.
  Sym someTable(const std::string& name, unsigned level) {
    if (level == 0) return 0;
    Sym table = explorer_.word(name, 0, tables - 1);
    Place at{level};
    for (unsigned l = 0; l < level; ++l)
      at.path.push_back(index(name + ".index" + std::to_string(l), l));
    learn(table, at);
    for (Sym lower = table; at.level > 0;) {
      const Sym slot = at.path.back();
      at.path.pop_back();
      --at.level;
      const Sym parent = at.level == 0 ? Sym(0) : word("parent", {lower}, tables - 1);
      learn(parent, at);
      explorer_.assume(entryWord(parent, slot) == lower + 1);
      tie(lower, parent);
      lower = parent;
    }
    return table;
  }
  /// Some index into a table.
  Sym index(const std::string& name, unsigned level) const {
    return explorer_.word(name, 0, masks(level));
  }
  /// Some address, put together from one index per level and the rest, so that no formula divides.
  Sym address(const std::string& name) const {
    Sym address = explorer_.word(name + ".rest", 0, (std::uint64_t{1} << geometry_.pageShift) - 1);
    for (unsigned l = geometry_.levels; l-- > 0;)
      address = joined(index(name + ".index" + std::to_string(l), l) << geometry_.shift(l), address,
                       geometry_.shift(l));
    return address;
  }
  /// The first address that a table spans.
  Sym base(const Place& place) const {
    Sym base = 0;
    for (unsigned l = place.level; l-- > 0;)
      base = joined(place.path[l] << geometry_.shift(l), base, geometry_.shift(l));
    return base;
  }

  /// The tables that were handed out.
  std::vector<Sym> allocated() const {
    std::vector<Sym> result;
    for (const Change& change : changes_)
      if (change.kind == Change::Kind::allocate) result.push_back(change.table);
    return result;
  }
  Place place(const Sym& table) const { return placeAt(table, changes_.size()); }
  /// The place that an entry leads to.
  Place below(const Place& place, const Sym& index) const {
    Place lower{place.level + 1, place.path};
    lower.path.push_back(index);
    return lower;
  }
  Sym indexIn(unsigned level, const Sym& address) const {
    return (address >> geometry_.shift(level)) & masks(level);
  }
  /// Whether a table at `place` spans an address.
  SymBool spans(const Place& place, const Sym& address) const {
    SymBool all = true;
    for (unsigned l = 0; l < place.level; ++l)
      all &= place.path[l] == indexIn(l, address);
    return all;
  }
  SymBool spansPinned(const Place& place) const { return spans(place, pinned_); }
  /// Whether a table at `inner` is the one at `outer` or is below it, at any depth.
  SymBool within(const Place& inner, const Place& outer) const {
    SymBool all = inner.level >= outer.level;
    for (unsigned l = 0; l < outer.level && l < inner.level; ++l)
      all &= inner.path[l] == outer.path[l];
    return all;
  }

  /// An unknown property of what these words name, such as a place.
  SymBool unknown(const std::string& function, const std::vector<Sym>& of) const {
    std::vector<smt::Term> terms;
    terms.reserve(of.size() + 1);
    for (const Sym& word : of)
      terms.push_back(word.term(context()));
    if (terms.empty()) terms.push_back(Sym(0).term(context()));
    return SymBool(
        smt::less(context().integer(0), context().apply(function, terms, smt::Sort::integer)));
  }

  /// Takes away the tables at the places for which `gone` holds, and the entries that lead to them.
  /// Stands in for a routine that another proof is about.
  void remove(Gone gone) {
    Change change{Change::Kind::removal};
    change.gone = std::move(gone);
    changes_.push_back(std::move(change));
  }
  /// Assumes what PhysicalMemory ensures about the counts of a table, for one of its entries.
  void bound(const Sym& table, const Sym& index) const {
    const SymBool there = get(table, index) != 0;
    explorer_.assume(
        implies(there, (low(table) <= index) & (index < high(table)) & (used(table) >= Sym(1))));
  }

  /// The numbers of tables that are not pinned, and of last-level entries that are not 0.
  Sym inUse() const { return inUse_; }
  Sym filled() const { return filled_; }
  void count(const Sym& tablesGone, const Sym& entriesGone) {
    inUse_ -= tablesGone;
    filled_ -= entriesGone;
  }
  unsigned last() const { return geometry_.levels - 1; }
  const trace::Geometry& geometry() const { return geometry_; }
  std::uint64_t allAddresses() const { return (std::uint64_t{1} << geometry_.vaBits) - 1; }
  std::uint64_t masks(unsigned level) const {
    return (std::uint64_t{1} << geometry_.indexBits[level]) - 1;
  }

 private:
  struct Change {
    enum class Kind : std::uint8_t { write, allocate, release, removal } kind = Kind::write;
    Sym table = 0;
    Sym index = 0;
    Sym value = 0;
    std::optional<Sym> child{}; // write: the table that the entry leads to from now on
    Place place{};
    Gone gone{};
  };
  // Facts about the start; a memory and its copies share them.
  struct Start {
    std::vector<std::pair<Sym, Place>> places;
    std::map<std::uint64_t, Sym> entries; // above the last level, by the term's id
    std::set<std::uint64_t> bounded;      // terms whose bounds are asserted
    std::vector<smt::Term> kept;          // so that ids stay theirs
  };

  static bool same(const SymBool& equal) { return static_cast<bool>(equal); }
  bool sameTerm(const Sym& a, const Sym& b) const {
    const SymBool equal = a == b;
    return equal.known() && equal.value();
  }

  Place placeAt(const Sym& table, std::size_t changes) const {
    while (changes-- > 0) {
      const Change& change = changes_[changes];
      switch (change.kind) {
      case Change::Kind::write:
        if (change.child && *change.child == table) return change.place;
        break;
      case Change::Kind::allocate:
        if (table == change.table) return {unlinked};
        break;
      case Change::Kind::release:
        if (table == change.table) return {};
        break;
      case Change::Kind::removal: {
        const Place before = placeAt(table, changes);
        return before.inUse() && change.gone(before) ? Place{} : before;
      }
      }
    }
    for (const auto& [known, place] : start_->places)
      if (sameTerm(known, table)) return place;
    throw EncodingError("a table is used of which nothing is known");
  }

  Sym entryAt(const Sym& table, const Sym& index, std::size_t changes) const {
    while (changes-- > 0) {
      const Change& change = changes_[changes];
      switch (change.kind) {
      case Change::Kind::write:
        if (same((table == change.table) & (index == change.index))) return change.value;
        break;
      case Change::Kind::allocate:
      case Change::Kind::release:
        if (table == change.table) return 0;
        break;
      case Change::Kind::removal: {
        const Place place = placeAt(table, changes);
        if (!place.inUse()) return 0;
        if (change.gone(place)) return 0;
        if (place.level < last() && change.gone(below(place, index))) return 0;
        break;
      }
      }
    }
    return entryAtStart(table, index);
  }

  Sym entryAtStart(const Sym& table, const Sym& index) const {
    const Place place = placeAt(table, 0);
    if (!place.inUse()) return 0;
    Sym entry = entryWord(table, index);
    if (place.level == last()) return entry;
    const std::uint64_t id = entry.term(context()).id();
    if (const auto seen = start_->entries.find(id); seen != start_->entries.end())
      return seen->second;
    // The pinned tables exist.
    explorer_.assume(
        implies(spansPinned(place) & (index == indexIn(place.level, pinned_)), entry != 0));
    const auto keep = [&](Sym value) {
      return start_->entries.emplace(id, std::move(value)).first->second;
    };
    if (entry == 0) return keep(0);
    const Sym there = Sym(entry.term(context()), 0, 1, tables);
    const Sym child = there - 1;
    learn(child, below(place, index));
    tie(child, table);
    return keep(there);
  }
  Sym entryWord(const Sym& table, const Sym& index) const {
    const bool leads = placeAt(table, 0).level < last();
    return word("content", {table, index}, leads ? tables : ~std::uint64_t{0});
  }

  /// A table's place at the start.
  void learn(const Sym& table, const Place& place) const {
    for (const auto& [known, there] : start_->places)
      if (sameTerm(known, table)) return;
    explorer_.assume(word("level", {table}, free) == Sym(place.level));
    for (unsigned l = 0; l < place.path.size(); ++l)
      explorer_.assume(word("index" + std::to_string(l), {table}, masks(l)) == place.path[l]);
    start_->places.emplace_back(table, place);
  }
  void tie(const Sym& child, const Sym& parent) const {
    explorer_.assume(word("parent", {child}, tables - 1) == parent);
  }

  Sym count(const std::string& what, const Sym& table, std::uint64_t high) const {
    return word(what + std::to_string(changes_.size()), {table}, high);
  }
  std::uint64_t entriesOf(const Sym& table) const {
    const Place place = this->place(table);
    return std::uint64_t{1} << (place.inUse() ? geometry_.indexBits[place.level] : 0);
  }

 public:
  /// The value of an unknown function, 0 .. high.
  Sym word(const std::string& function, std::initializer_list<Sym> arguments,
           std::uint64_t high) const {
    std::vector<smt::Term> terms;
    for (const Sym& argument : arguments)
      terms.push_back(argument.term(context()));
    const smt::Term value = context().apply(function, terms, smt::Sort::integer);
    if (start_->bounded.insert(value.id()).second) {
      start_->kept.push_back(value);
      explorer_.assume(SymBool(smt::lessOrEqual(context().integer(0), value)));
      explorer_.assume(SymBool(smt::lessOrEqual(value, context().integer(high))));
    }
    return Sym(value, 0, 0, high);
  }
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
