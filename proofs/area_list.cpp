#include "proofs/area_list.h"

namespace growsdown::proofs {

template <class D>
model::Counters<D> contributionOf(const typename D::Flags& flags, const typename D::Word& pages) {
  namespace vm = trace::vm;
  const auto if_ = [&](const auto& condition) {
    return select(condition, pages, typename D::Word(0));
  };
  const auto grows = any(flags & vm::growsdown);
  const auto shared = any(flags & vm::shared);
  model::Counters<D> c;
  c.total = pages;
  c.stack = if_(grows);
  c.shared = if_(both(negated(grows), shared));
  c.data = if_(both(any(flags & vm::write), both(negated(grows), negated(shared))));
  c.locked = if_(any(flags & vm::locked));
  c.committed = if_(any(flags & vm::account));
  return c;
}

template <class D>
model::Counters<D> sumOf(model::Counters<D> a, const model::Counters<D>& b) {
  a.total = a.total + b.total;
  a.stack = a.stack + b.stack;
  a.shared = a.shared + b.shared;
  a.data = a.data + b.data;
  a.locked = a.locked + b.locked;
  a.committed = a.committed + b.committed;
  return a;
}

template model::Counters<Symbolic> contributionOf<Symbolic>(const SymFlags&, const Sym&);
template model::Counters<model::Concrete> contributionOf<model::Concrete>(const std::uint32_t&,
                                                                          const std::uint64_t&);
template model::Counters<Symbolic> sumOf<Symbolic>(model::Counters<Symbolic>,
                                                   const model::Counters<Symbolic>&);
template model::Counters<model::Concrete>
sumOf<model::Concrete>(model::Counters<model::Concrete>, const model::Counters<model::Concrete>&);

template <class V>
void AreaList<V>::open(Source source) {
  nodes_.clear();
  nodes_.emplace_back();
  nodes_.back().run = true;
  shared_ = std::make_shared<Shared>();
  shared_->source = std::move(source);
}

template <class V>
void AreaList<V>::push_back(const V& area) {
  Node node;
  node.area = area;
  node.id = nextId_++;
  nodes_.push_back(std::move(node));
}

template <class V>
std::size_t AreaList<V>::size() const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return !n.run; }));
}

template <class V>
bool AreaList<V>::changesOnly(Position p) const {
  std::size_t changed = 0;
  for (const Node& node : nodes_)
    if (node.changed) {
      if (node.id != p) return false;
      ++changed;
    }
  return lost_ == changed;
}

// --- for rules

template <class V>
const V& AreaList<V>::at(Position p) const {
  const auto it = find(p);
  if (it == nodes_.end()) throw EncodingError("an area is read that is not in the list");
  return it->area;
}

template <class V>
const V* AreaList<V>::below(Position p) const {
  if (p.after) return &at(p.id);
  auto it = find(p);
  while (it != nodes_.begin()) {
    const auto before = std::prev(it);
    if (!before->run) return &before->area;
    if (choose(2) == 1) return &takeOut(before, Where::back)->area;
    nodes_.erase(before);
  }
  return nullptr;
}

template <class V>
const V* AreaList<V>::above(Position p) const {
  const auto it = areaAfter(find(p));
  return it == nodes_.end() ? nullptr : &it->area;
}

template <class V>
typename AreaList<V>::Position AreaList<V>::next(Position p) const {
  Position following = p.after ? idOf(find(p)) : p;
  following.after = true;
  return following;
}

template <class V>
typename AreaList<V>::Position AreaList<V>::previous(Position p) const {
  if (p.after) return p.id;
  if (below(p) == nullptr) throw EncodingError("the first area has none before it");
  return std::prev(find(p))->id;
}

template <class V>
Sym AreaList<V>::count() const {
  if (!isOpen()) return Sym(size());
  const Explorer::MayWrap counting(Explorer::current()); // not arithmetic of the rules
  return shared_->source.count + came_ - went_;
}

// What the theorem `window` assumes. Where a border does not move, the order is inherited.
template <class V>
void AreaList<V>::requireWindowInOrder(Position first, Position last, const V* with,
                                       std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) {
    require(with[k].start < with[k].end);
    if (k > 0) require(with[k - 1].end <= with[k].start);
  }
  if (count == 0) return;
  const bool inserts = first == last;
  if (inserts || !holds(at(first).start <= with[0].start))
    if (const V* neighbour = below(first)) require(neighbour->end <= with[0].start);
  if (inserts || !holds(with[count - 1].end <= at(previous(last)).end)) {
    const auto it = find(last);
    if (it != nodes_.end()) require(with[count - 1].end <= it->area.start);
  }
}

// The unknown areas beside the window [from, until) stay where they were.
template <class V>
void AreaList<V>::keepBesideWindow(At from, At until) {
  const V low = from->area;
  if (from != nodes_.begin() && std::prev(from)->run)
    std::prev(from)->facts.push_back(fact([low](const V& a) { return a.end <= low.start; }));
  const auto lastNode = std::prev(until);
  if (until != nodes_.end() && until->run && !lastNode->run) {
    const V high = lastNode->area;
    until->facts.push_back(fact([high](const V& a) { return high.end <= a.start; }));
  }
}

template <class V>
typename AreaList<V>::Position AreaList<V>::replace(Position first, Position last, const V* with,
                                                    std::size_t count) {
  requireWindowInOrder(first, last, with, count);
  const bool inserts = first == last;
  // The area after the window need not be known.
  const auto until = last.after ? std::next(find(last.id)) : find(last);
  const auto from = inserts ? until : find(first);
  if (!inserts) keepBesideWindow(from, until);
  Position result = last;
  std::size_t k = 0;
  for (auto it = from; it != until;) {
    if (it->run) {
      if (it->worth) gone_ = sumOf<Symbolic>(gone_, *it->worth);
      went_ = went_ + unknownCount();
      lost_ += 2;
      it = nodes_.erase(it);
      continue;
    }
    if (!it->changed) ++lost_;
    if (k == count) {
      went_ = went_ + 1;
      it = nodes_.erase(it);
      continue;
    }
    it->area = with[k];
    it->changed = true;
    if (k++ == 0) result = it->id;
    ++it;
  }
  for (; k < count; ++k) {
    Node node;
    node.area = with[k];
    node.id = nextId_++;
    node.changed = true;
    if (k == 0) result = node.id;
    came_ = came_ + 1;
    nodes_.insert(until, std::move(node));
  }
  return result;
}

// --- private

template <class V>
unsigned AreaList<V>::choose(unsigned count) {
  Explorer& explorer = Explorer::current();
  return explorer.choose("list" + std::to_string(explorer.serial()), count);
}

template <class V>
void AreaList<V>::require(const SymBool& fact) {
  Explorer::current().require("a change of the list keeps it in order", fact);
}

template <class V>
void AreaList<V>::requireSameExtent(const V& before, const V& area) {
  Explorer::current().require(
      "an area that is changed in its place keeps its extent",
      both(both(area.start == before.start, area.end == before.end), area.pgoff == before.pgoff));
}

template <class V>
void AreaList<V>::requireInductionStep(const model::Space<Symbolic>& before,
                                       const model::Space<Symbolic>& after,
                                       const Counters& expected, const Counters& sum) {
  const auto sameCounters = [](const Counters& a, const Counters& b) {
    return both(both(both(a.total == b.total, a.stack == b.stack),
                     both(a.shared == b.shared, a.data == b.data)),
                both(a.locked == b.locked, a.committed == b.committed));
  };
  Explorer& explorer = Explorer::current();
  explorer.require("an area of a run adds exactly what it counts for", sameCounters(sum, expected));
  explorer.require("and changes no counter", sameCounters(after.counters, before.counters));
  const bool rest = after.entries.size() == before.entries.size() &&
                    after.tables.size() == before.tables.size() &&
                    after.objects.size() == before.objects.size() &&
                    after.areas.lost_ == before.areas.lost_;
  SymBool entries = true;
  for (std::size_t i = 0; rest && i < after.entries.size(); ++i)
    entries = both(entries, both(after.entries[i].address == before.entries[i].address,
                                 after.entries[i].prot == before.entries[i].prot));
  explorer.require("and nothing else", both(SymBool(rest), entries));
}

template <class V>
V AreaList<V>::probe() {
  const smt::Context& context = Explorer::current().context();
  V area;
  area.start = Sym(context.constant("probe.start", smt::Sort::integer), 0, 0, ~std::uint64_t{0});
  area.end = Sym(context.constant("probe.end", smt::Sort::integer), 0, 0, ~std::uint64_t{0});
  return area;
}

template <class V>
typename AreaList<V>::Fact AreaList<V>::fact(std::function<SymBool(const V&)> of) {
  smt::Term says = of(probe()).term(Explorer::current().context());
  return {std::move(of), std::move(says)};
}

template <class V>
typename AreaList<V>::At AreaList<V>::nth(std::size_t ordinal) const {
  for (auto it = nodes_.begin(); it != nodes_.end(); ++it)
    if (!it->run && ordinal-- == 0) return it;
  throw EncodingError("an area is read that is not in the list");
}

template <class V>
typename AreaList<V>::At AreaList<V>::find(Position p) const {
  if (p.after) return areaAfter(find(p.id));
  if (p == front_) return firstFrom(nodes_.begin());
  if (p == end_) return nodes_.end();
  auto it = nodes_.begin();
  while (it != nodes_.end() && (it->run || it->id != p))
    ++it;
  if (it == nodes_.end()) throw EncodingError("a position is used that is no longer valid");
  return it;
}

template <class V>
typename AreaList<V>::At AreaList<V>::firstFrom(At it) const {
  while (it != nodes_.end() && it->run) {
    if (choose(2) == 1) return takeOut(it, Where::front);
    it = nodes_.erase(it);
  }
  return it;
}

template <class V>
typename AreaList<V>::At AreaList<V>::takeOut(At run, Where where) const {
  if (run->lookedAway) throw EncodingError("an area is taken out of a run that was changed");
  if (run->worth && where != Where::alone)
    throw EncodingError("an area is taken out of a run that was summed up");
  const Explorer::MayWrap assuming(Explorer::current()); // not arithmetic of the rules
  Node node;
  node.id = nextId_++;
  {
    const Explorer::Tentative tentative(Explorer::current());
    node.area = shared_->source.make(static_cast<unsigned>(shared_->taken.size()));
  }
  shared_->taken.push_back(node.area);
  assume(Sym(shared_->taken.size()) <= shared_->source.count);
  shared_->source.cover(contributionOf<Symbolic>(node.area.flags, pagesOf(node.area)));
  for (auto it = run; it != nodes_.begin();)
    if (!(--it)->run) {
      assume(it->area.end <= node.area.start);
      break;
    }
  for (auto it = std::next(run); it != nodes_.end(); ++it)
    if (!it->run) {
      assume(node.area.end <= it->area.start);
      break;
    }
  for (const Fact& known : run->facts)
    assume(known.of(node.area));
  if (where == Where::back) return nodes_.insert(std::next(run), std::move(node));
  if (where == Where::front) return nodes_.insert(run, std::move(node));
  const Node rest = *run;
  return nodes_.insert(nodes_.insert(std::next(run), rest), std::move(node));
}

template <class V>
Sym AreaList<V>::unknown(const std::string& what) {
  Explorer& explorer = Explorer::current();
  return explorer.word("list" + std::to_string(explorer.serial()) + "." + what, 0,
                       std::uint64_t{1} << 52);
}

template <class V>
typename AreaList<V>::Counters AreaList<V>::unknownCounters() {
  Counters c;
  c.total = unknown("total");
  c.stack = unknown("stack");
  c.shared = unknown("shared");
  c.data = unknown("data");
  c.locked = unknown("locked");
  c.committed = unknown("committed");
  return c;
}

template <class V>
const typename AreaList<V>::Counters& AreaList<V>::worthOf(At run) const {
  if (!run->worth) {
    const Explorer::MayWrap assuming(Explorer::current()); // not arithmetic of the rules
    run->worth = unknownCounters();
    const Counters& c = *run->worth;
    assume(c.stack + c.shared <= c.total);
    assume(c.data <= c.total);
    assume(c.locked <= c.total);
    assume(c.committed <= c.total);
    const At following = std::next(run);
    if (run != nodes_.begin() && following != nodes_.end() && !std::prev(run)->run &&
        !following->run) // its areas lie between these two
      assume(c.total <= pages(following->area.start) - pages(std::prev(run)->area.end));
    shared_->source.cover(c);
  }
  Explorer::current().summarised();
  return *run->worth;
}

template class AreaList<model::Vma<Symbolic>>;

} // namespace growsdown::proofs
