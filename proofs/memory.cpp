#include "proofs/memory.h"

namespace growsdown::proofs {

SymBool TreeMemory::same(const Place& a, const Place& b) {
  SymBool all = a.level == b.level;
  for (unsigned l = 0; l < a.path.size() && l < b.path.size(); ++l)
    all &= a.path[l] == b.path[l];
  return all;
}

Sym TreeMemory::get(const Sym& table, const Sym& index) const {
  return entryAt(table, index, changes_.size());
}

void TreeMemory::set(const Sym& table, Sym index, const Sym& value) {
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

Sym TreeMemory::allocateTable() {
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

void TreeMemory::releaseTable(const Sym& table) {
  if (place(table).level == last()) filled_ -= used(table); // all of them are gone
  changes_.push_back({Change::Kind::release, table});
  --inUse_;
}

Sym TreeMemory::someTable(const std::string& name, unsigned level) {
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

Sym TreeMemory::index(const std::string& name, unsigned level) const {
  return explorer_.word(name, 0, masks(level));
}

Sym TreeMemory::address(const std::string& name) const {
  Sym address = explorer_.word(name + ".rest", 0, (std::uint64_t{1} << geometry_.pageShift) - 1);
  for (unsigned l = geometry_.levels; l-- > 0;)
    address = joined(index(name + ".index" + std::to_string(l), l) << geometry_.shift(l), address,
                     geometry_.shift(l));
  return address;
}

Sym TreeMemory::base(const Place& place) const {
  Sym base = 0;
  for (unsigned l = place.level; l-- > 0;)
    base = joined(place.path[l] << geometry_.shift(l), base, geometry_.shift(l));
  return base;
}

std::vector<Sym> TreeMemory::allocated() const {
  std::vector<Sym> result;
  for (const Change& change : changes_)
    if (change.kind == Change::Kind::allocate) result.push_back(change.table);
  return result;
}

TreeMemory::Place TreeMemory::below(const Place& place, const Sym& index) const {
  Place lower{place.level + 1, place.path};
  lower.path.push_back(index);
  return lower;
}

Sym TreeMemory::indexIn(unsigned level, const Sym& address) const {
  return (address >> geometry_.shift(level)) & masks(level);
}

SymBool TreeMemory::spans(const Place& place, const Sym& address) const {
  SymBool all = true;
  for (unsigned l = 0; l < place.level; ++l)
    all &= place.path[l] == indexIn(l, address);
  return all;
}

SymBool TreeMemory::within(const Place& inner, const Place& outer) const {
  SymBool all = inner.level >= outer.level;
  for (unsigned l = 0; l < outer.level && l < inner.level; ++l)
    all &= inner.path[l] == outer.path[l];
  return all;
}

SymBool TreeMemory::unknown(const std::string& function, const std::vector<Sym>& of) const {
  std::vector<smt::Term> terms;
  terms.reserve(of.size() + 1);
  for (const Sym& word : of)
    terms.push_back(word.term(context()));
  if (terms.empty()) terms.push_back(Sym(0).term(context()));
  return SymBool(
      smt::less(context().integer(0), context().apply(function, terms, smt::Sort::integer)));
}

void TreeMemory::remove(Gone gone) {
  Change change{Change::Kind::removal};
  change.gone = std::move(gone);
  changes_.push_back(std::move(change));
}

void TreeMemory::bound(const Sym& table, const Sym& index) const {
  const SymBool there = get(table, index) != 0;
  explorer_.assume(
      implies(there, (low(table) <= index) & (index < high(table)) & (used(table) >= Sym(1))));
}

void TreeMemory::count(const Sym& tablesGone, const Sym& entriesGone) {
  inUse_ -= tablesGone;
  filled_ -= entriesGone;
}

std::uint64_t TreeMemory::masks(unsigned level) const {
  return (std::uint64_t{1} << geometry_.indexBits[level]) - 1;
}

bool TreeMemory::sameTerm(const Sym& a, const Sym& b) {
  const SymBool equal = a == b;
  return equal.known() && equal.value();
}

TreeMemory::Place TreeMemory::placeAt(const Sym& table, std::size_t changes) const {
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

Sym TreeMemory::entryAt(const Sym& table, const Sym& index, std::size_t changes) const {
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

Sym TreeMemory::entryAtStart(const Sym& table, const Sym& index) const {
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

Sym TreeMemory::entryWord(const Sym& table, const Sym& index) const {
  const bool leads = placeAt(table, 0).level < last();
  return word("content", {table, index}, leads ? tables : ~std::uint64_t{0});
}

void TreeMemory::learn(const Sym& table, const Place& place) const {
  for (const auto& [known, there] : start_->places)
    if (sameTerm(known, table)) return;
  explorer_.assume(word("level", {table}, free) == Sym(place.level));
  for (unsigned l = 0; l < place.path.size(); ++l)
    explorer_.assume(word("index" + std::to_string(l), {table}, masks(l)) == place.path[l]);
  start_->places.emplace_back(table, place);
}

void TreeMemory::tie(const Sym& child, const Sym& parent) const {
  explorer_.assume(word("parent", {child}, tables - 1) == parent);
}

Sym TreeMemory::count(const std::string& what, const Sym& table, std::uint64_t high) const {
  return word(what + std::to_string(changes_.size()), {table}, high);
}

std::uint64_t TreeMemory::entriesOf(const Sym& table) const {
  const Place place = this->place(table);
  return std::uint64_t{1} << (place.inUse() ? geometry_.indexBits[place.level] : 0);
}

Sym TreeMemory::word(const std::string& function, std::initializer_list<Sym> arguments,
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

} // namespace growsdown::proofs
