// Inputs and outputs of the explored code.
#include "proofs/explorer.h"

#include <utility>

namespace growsdown::proofs {

void Explorer::take(const std::string& name, Input input) {
  if (kinds_.emplace(name, input.kind).first->second != input.kind)
    throw EncodingError("two inputs of different kinds are named " + quoted(name));
  inputs_.insert_or_assign(name, std::move(input));
}

unsigned Explorer::choose(const std::string& name, unsigned count, bool byTheorem) {
  if (count == 0) throw EncodingError("a choice of nothing");
  if (given_ != nullptr) return static_cast<unsigned>(givenTo(name));
  unsigned taken = 0;
  if (replaying()) {
    const Decision& decision = replayed(Decision::Kind::choice);
    if (decision.count != count)
      throw EncodingError("the explored code is not deterministic: another choice");
    taken = decision.taken;
  } else {
    settle();
    refreshWitness();
    Decision decision;
    decision.kind = Decision::Kind::choice;
    decision.count = count;
    decision.other = model_;
    add(std::move(decision));
  }
  Input input;
  input.kind = Input::Kind::choice;
  input.choice = taken;
  take(name, std::move(input));
  if (byTheorem) chosen_.push_back({inputs_.find(name)->first, taken, count, tentative_});
  return taken;
}

Sym Explorer::word(const std::string& name, std::uint64_t low, std::uint64_t high,
                   unsigned zeroBits) {
  if (given_ != nullptr) return Sym(givenTo(name));
  const smt::Term quotient = context_.constant(name, smt::Sort::integer);
  const std::uint64_t lowest = (low >> zeroBits) + ((low >> zeroBits << zeroBits) != low ? 1 : 0);
  const std::uint64_t highest = high >> zeroBits;
  assume(SymBool(smt::lessOrEqual(context_.integer(lowest), quotient)));
  assume(SymBool(smt::lessOrEqual(quotient, context_.integer(highest))));
  Input input;
  input.kind = Input::Kind::word;
  input.word = Sym(quotient, zeroBits, lowest, highest);
  take(name, input);
  return input.word;
}

Sym Explorer::element(const std::string& function, const Sym& index, std::uint64_t low,
                      std::uint64_t high) {
  const smt::Term argument[] = {index.term(context_)};
  const smt::Term value = context_.apply(function, argument, smt::Sort::integer);
  assume(SymBool(smt::lessOrEqual(context_.integer(low), value)));
  assume(SymBool(smt::lessOrEqual(value, context_.integer(high))));
  return Sym(value, 0, low, high);
}

SymFlags Explorer::flags(const std::string& name, std::uint32_t mask) {
  if (given_ != nullptr) return SymFlags(static_cast<std::uint32_t>(givenTo(name)));
  const smt::Term bits = context_.constant(name, smt::Sort::bits, SymFlags::width);
  assume(SymBool(smt::equal(smt::bitAnd(bits, context_.bits(~mask, SymFlags::width)),
                            context_.bits(0, SymFlags::width))));
  Input input;
  input.kind = Input::Kind::flags;
  input.flags = SymFlags(bits);
  take(name, input);
  return input.flags;
}

SymBool Explorer::truth(const std::string& name) {
  if (given_ != nullptr) return SymBool(givenTo(name) != 0);
  Input input;
  input.kind = Input::Kind::truth;
  input.truth = SymBool(context_.constant(name, smt::Sort::boolean));
  take(name, input);
  return input.truth;
}

void Explorer::output(std::string_view name, const Sym& value) {
  NamedOutput output;
  output.name = name;
  output.value.kind = Input::Kind::word;
  output.value.word = value;
  outputs_.push_back(std::move(output));
}

void Explorer::output(std::string_view name, const SymFlags& value) {
  NamedOutput output;
  output.name = name;
  output.value.kind = Input::Kind::flags;
  output.value.flags = value;
  outputs_.push_back(std::move(output));
}

void Explorer::output(std::string_view name, const SymBool& value) {
  NamedOutput output;
  output.name = name;
  output.value.kind = Input::Kind::truth;
  output.value.truth = value;
  outputs_.push_back(std::move(output));
}

// An input that did not exist yet when the witness was taken has no influence.
std::uint64_t Explorer::givenTo(const std::string& name) const {
  const auto found = given_->find(name);
  return found == given_->end() ? 0 : found->second;
}

std::uint64_t Explorer::valueOf(const Input& input) const {
  switch (input.kind) {
  case Input::Kind::word:
    return input.word.in(model_);
  case Input::Kind::flags:
    return input.flags.in(model_);
  case Input::Kind::truth:
    return input.truth.known() ? input.truth.value() : model_.truth(input.truth.formula());
  case Input::Kind::choice:
    return input.choice;
  }
  return 0;
}

Witness Explorer::witness() const {
  Witness values;
  for (const auto& [name, input] : inputs_)
    values.emplace(name, valueOf(input));
  return values;
}

} // namespace growsdown::proofs
