// The stock of page tables and frames of the reference (reference/stock.h).
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"
#include "reference/stock.h"

#include <memory>

namespace growsdown::proofs {
namespace {

/// A list of unknown length and contents: numbers that were given back to the stock. Copies of a
/// list share its changes, so the theorem can look at a copy of the list that the stock has.
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
  /// The number at one position at the start. Assumes that it is below `next`, not in use, and at no
  /// other position.
  Sym atStart(const Sym& position) const {
    Sym number = unknowns_->word("list", {position}, most);
    run_->assume(implies(position < start_,
                         (number < next_) & !inUse(number) & (placeOf(number) == position)));
    return number;
  }
  SymBool inUse(const Sym& number) const { return unknowns_->unknown("inUse", {number}); }
  Sym placeOf(const Sym& number) const { return unknowns_->word("place", {number}, most); }
  /// Assumes of one number: below `next` it is either in use or in the list; from `next` on it is
  /// neither.
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

void proveStock(Run<Symbolic>& run, const Question& question) {
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
  run.require("what is in the list is not in use", implies(listed, !thereUsed));
  run.require("and was handed out before", implies(listed, there < stock.next()));
  run.require("it is there once",
              implies(listed, position == (takes ? list.placeOf(there)
                                                 : ite(there == changed, list.size() - 1,
                                                       list.placeOf(there)))));
  run.require("a number in use was handed out", implies(used, number < stock.next()));
  run.require("none is lost", implies((number < stock.next()) & !used,
                                      (place < list.size()) & (list.at(place) == number)));
}

} // namespace

Theorem tablesStock() {
  Theorem t;
  t.name = "tables-stock";
  t.claims = {"A page table or frame that is handed out was not in use before.",
              "One that is given back is handed out again exactly once, and none is lost: each "
              "number below `next` is either in use or in the list once, and no other number is.",
              "No word of memory belongs to two tables. `spotOf` gives different entries different "
              "words, within the chunk of their table."};
  t.sizes = "any number of tables and frames with numbers below 2^32; tables of 2^9 to 2^13 "
            "entries in chunks of 2^15 words";
  t.assumptions = {"what is given back is in use", "std::vector keeps what is put into it"};
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "taken-twice"}, {"encoding", "lost"}};
  t.budget = budgets::tablesStock;
  t.explore = exploreUnknown<proveStock>;
  return t;
}

} // namespace growsdown::proofs
