#include "fuzz/mutator.h"

#include "fuzz/addresses.h"
#include "trace/fields.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace growsdown::fuzz {

using trace::LimitKind;
using trace::Op;
using trace::Step;

namespace {

namespace flag = trace::flag;

void changeAccess(Random& random, Word page, Step& step) {
  if (random.chance(30)) {
    const Op ops[] = {Op::touch, Op::touch, Op::kernel, Op::gup};
    step.op = random.pick(ops);
    step.access = static_cast<trace::Access>(random.below(step.op == Op::touch ? 3 : 2));
  } else {
    step.address += nudge(random, page);
  }
}

void changeMmap(Random& random, const View& here, Step& step) {
  switch (random.below(4)) {
  case 0:
    step.flags ^= static_cast<std::uint16_t>(1U << random.below(8));
    break;
  case 1:
    step.prot = someProt(random);
    break;
  case 2:
    step.length = edgeLength(random, here, step.address);
    break;
  default:
    step.address += nudge(random, here.parameters.geometry.page);
    break;
  }
}

void changeMremap(Random& random, const View& here, Step& step) {
  const Word page = here.parameters.geometry.page;
  switch (random.below(5)) {
  case 0: {
    const std::uint16_t how[] = {0, flag::maymove, flag::to};
    step.flags = random.pick(how);
    step.target = step.flags == flag::to ? edgeAddress(random, here) : 0;
    break;
  }
  case 1:
    step.newLength = edgeLength(random, here, step.address);
    break;
  case 2:
    step.length = edgeLength(random, here, step.address);
    break;
  case 3:
    if (step.flags & flag::to) {
      step.target += nudge(random, page);
      break;
    }
    [[fallthrough]];
  default:
    step.address += nudge(random, page);
    break;
  }
}

/// Of an operation with a range and no other operand, or the rights of mprotect.
void changeRange(Random& random, const View& here, Step& step) {
  const Op ops[] = {Op::munmap, Op::mprotect, Op::mlock, Op::munlock, Op::dontneed, Op::mincore};
  switch (random.below(4)) {
  case 0:
    step.op = random.pick(ops);
    step.prot = step.op == Op::mprotect ? someProt(random) : std::uint8_t{0};
    step.flags = 0;
    break;
  case 1:
    if (step.op == Op::mprotect) {
      if (random.below(2))
        step.prot = someProt(random);
      else
        step.flags ^= flag::growsdown;
      break;
    }
    [[fallthrough]];
  case 2:
    step.length = edgeLength(random, here, step.address);
    break;
  default:
    step.address += nudge(random, here.parameters.geometry.page);
    break;
  }
}

} // namespace

void changeArgument(Random& random, const Swarm& swarm, const View& here, Step& step) {
  const Word page = here.parameters.geometry.page;
  switch (step.op) {
  case Op::limit:
    if (random.chance(20)) step.limit = static_cast<LimitKind>(random.below(trace::limitKindCount));
    step.length =
        random.chance(70) ? edgeLimit(random, here, step.limit) : step.length + nudge(random, page);
    break;
  case Op::capable:
  case Op::fork:
    step = randomStep(random, swarm, here);
    break;
  case Op::touch:
  case Op::kernel:
  case Op::gup:
    changeAccess(random, page, step);
    break;
  case Op::sp:
    step.flags = 0;
    step.address += nudge(random, page);
    break;
  case Op::mmap:
    changeMmap(random, here, step);
    break;
  case Op::mremap:
    changeMremap(random, here, step);
    break;
  case Op::munmap:
  case Op::mprotect:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
  case Op::mincore:
    changeRange(random, here, step);
    break;
  }
}
void moveToEdge(Random& random, const View& here, Step& step) {
  const Word page = here.parameters.geometry.page;
  const bool access = trace::isAccess(step.op);
  if (step.op == Op::limit) {
    step.length = edgeLimit(random, here, step.limit);
  } else if (step.op == Op::mremap && (step.flags & trace::flag::to) && random.below(2)) {
    step.target = roundDown(edgeAddress(random, here), page);
  } else if (trace::hasNumber(step, trace::addressNumber)) {
    step.address = edgeAddress(random, here);
    if (!access && random.chance(92)) step.address = roundDown(step.address, page);
    // A range may end at the edge instead.
    if (!access && random.chance(35) && step.length < step.address) step.address -= step.length;
  }
}

bool Mutator::runTo(const Program& program, const trace::Parameters& parameters,
                    std::size_t count) {
  limits_ = {};
  guide_.start(parameters, program.initial.get());
  for (std::size_t i = 0; i < count; ++i) {
    if (guide_.apply(program.steps[i]).kind == trace::Outcome::Kind::unknown) {
      state_.clear();
      return false;
    }
    limits_.apply(program.steps[i]);
  }
  guide_.snapshot(state_);
  return true;
}

void Mutator::grow(Random& random, const Swarm& swarm, Program& program, std::size_t at,
                   unsigned count) {
  const trace::Parameters parameters = repair(program);
  if (!runTo(program, parameters, at)) {
    program.steps.resize(at);
    return;
  }
  inserted_.clear();
  for (unsigned i = 0; i < count && program.steps.size() + inserted_.size() < maxSteps_; ++i) {
    const Step step = randomStep(random, swarm, view(parameters, program));
    inserted_.push_back(step);
    if (guide_.apply(step).kind == trace::Outcome::Kind::unknown) break;
    limits_.apply(step);
    guide_.snapshot(state_);
  }
  program.steps.insert(program.steps.begin() + static_cast<std::ptrdiff_t>(at), inserted_.begin(),
                       inserted_.end());
}

void Mutator::generate(Random& random, const Swarm& swarm, unsigned steps, Program& out) {
  out.rules = &random.pick(trace::ruleSets());
  out.with = randomWith(random, *out.rules);
  generateUnder(random, swarm, steps, out);
}

void Mutator::generateUnder(Random& random, const Swarm& swarm, unsigned steps, Program& out) {
  out.initial.reset();
  out.steps.clear();
  // Far above everything, where a stack pointer starts, it would let hardly any stack grow.
  if (out.rules->stackPointerSlack != 0 && random.chance(75)) {
    Step low;
    low.op = Op::sp;
    out.steps.push_back(low);
  }
  grow(random, swarm, out, out.steps.size(), std::min(steps, maxSteps_));
}

void Mutator::rearrange(Random& random, Program& program) {
  auto& steps = program.steps;
  if (steps.empty()) return;
  const auto index = [&] { return static_cast<std::size_t>(random.below(steps.size())); };
  const auto position = [](std::size_t at) { return static_cast<std::ptrdiff_t>(at); };
  //                          delete duplicate swap shift parameters cut
  const unsigned weights[] = {8, 5, 4, 3, 2, 3};
  switch (random.weighted(weights)) {
  case 0: {
    const std::size_t from = index();
    const std::size_t count =
        random.chance(70) ? 1 : static_cast<std::size_t>(random.between(1, steps.size() - from));
    steps.erase(steps.begin() + position(from), steps.begin() + position(from + count));
    return;
  }
  case 1: {
    const std::size_t from = index();
    const std::size_t count =
        std::min<std::size_t>(static_cast<std::size_t>(random.between(1, 3)), steps.size() - from);
    if (steps.size() + count > maxSteps_) return;
    inserted_.assign(steps.begin() + position(from), steps.begin() + position(from + count));
    const std::size_t to = random.chance(50) ? from + count : index();
    steps.insert(steps.begin() + position(to), inserted_.begin(), inserted_.end());
    return;
  }
  case 2:
    std::swap(steps[index()], steps[index()]);
    return;
  case 3: { // the whole picture elsewhere: against a block's edge, or in the other window
    if (program.initial) return;
    const trace::Parameters parameters = repair(program);
    const Word page = parameters.geometry.page;
    const Word table = Word{1} << parameters.geometry.tableShift(parameters.geometry.levels - 1);
    const Word by[] = {page,  0 - page,           16 * page,           table / 2,
                       table, 0 - 0xfffe00000ULL, 0 - 0x1000000000ULL, 0x800000000};
    const Word shift = random.pick(by);
    for (Step& step : steps) {
      if (!trace::hasNumber(step, trace::addressNumber)) continue;
      step.address += shift;
      if (step.flags & trace::flag::to) step.target += shift;
    }
    return;
  }
  case 4:
    if (program.initial) return;
    if (random.chance(50)) program.rules = &random.pick(trace::ruleSets());
    program.with = randomWith(random, *program.rules);
    repair(program);
    return;
  default:
    steps.resize(index() + 1);
    return;
  }
}

void Mutator::once(Random& random, const Swarm& swarm, Program& program) {
  auto& steps = program.steps;
  const auto index = [&] { return static_cast<std::size_t>(random.below(steps.size())); };
  if (steps.empty()) return grow(random, swarm, program, 0, 8);
  //                          append insert rearrange change edge limit
  const unsigned weights[] = {24, 16, 25, 16, 18, 3};
  const unsigned what = random.weighted(weights);
  switch (what) {
  case 0:
    return grow(random, swarm, program, steps.size(), static_cast<unsigned>(random.between(1, 8)));
  case 1: {
    const std::size_t at = index();
    return grow(random, swarm, program, at, static_cast<unsigned>(random.between(1, 3)));
  }
  case 2:
    return rearrange(random, program);
  default: {
    const std::size_t at = index();
    if (what == 5 && steps.size() >= maxSteps_) return;
    const trace::Parameters parameters = repair(program);
    if (!runTo(program, parameters, at)) return;
    const View here = view(parameters, program);
    if (what == 3)
      changeArgument(random, swarm, here, steps[at]);
    else if (what == 4)
      moveToEdge(random, here, steps[at]);
    else // one that binds here
      steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), bindingLimit(random, here));
    return;
  }
  }
}

void Mutator::mutate(Random& random, const Swarm& swarm, Program& program) {
  if (program.steps.size() > maxSteps_) program.steps.resize(maxSteps_);
  const auto rounds = random.between(1, 4);
  for (std::uint64_t i = 0; i < rounds; ++i)
    once(random, swarm, program);
  repair(program);
}

void Mutator::cross(Random& random, const Program& first, const Program& second, Program& out) {
  out = first;
  if (second.steps.empty()) return;
  const auto at = [&](const Program& of) {
    return static_cast<std::ptrdiff_t>(random.below(of.steps.size() + 1));
  };
  if (random.below(2)) {
    out.steps.resize(static_cast<std::size_t>(at(first)));
    out.steps.insert(out.steps.end(), second.steps.begin() + at(second), second.steps.end());
  } else {
    const std::ptrdiff_t from = at(second);
    const std::ptrdiff_t count = std::min<std::ptrdiff_t>(
        static_cast<std::ptrdiff_t>(random.between(1, 8)), std::ssize(second.steps) - from);
    out.steps.insert(out.steps.begin() + at(first), second.steps.begin() + from,
                     second.steps.begin() + from + count);
  }
  if (out.steps.size() > maxSteps_) out.steps.resize(maxSteps_);
  repair(out);
}

} // namespace growsdown::fuzz
