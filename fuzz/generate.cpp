#include "fuzz/generate.h"

#include "fuzz/addresses.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::fuzz {

using trace::Area;
using trace::LimitKind;
using trace::Op;
using trace::Step;

Swarm Swarm::even() {
  Swarm swarm;
  swarm.ops[static_cast<unsigned>(Op::limit)] = 10;
  swarm.ops[static_cast<unsigned>(Op::capable)] = 2;
  swarm.ops[static_cast<unsigned>(Op::mmap)] = 24;
  swarm.ops[static_cast<unsigned>(Op::munmap)] = 9;
  swarm.ops[static_cast<unsigned>(Op::mprotect)] = 10;
  swarm.ops[static_cast<unsigned>(Op::mlock)] = 5;
  swarm.ops[static_cast<unsigned>(Op::munlock)] = 2;
  swarm.ops[static_cast<unsigned>(Op::dontneed)] = 4;
  swarm.ops[static_cast<unsigned>(Op::mremap)] = 8;
  swarm.ops[static_cast<unsigned>(Op::fork)] = 2;
  swarm.ops[static_cast<unsigned>(Op::touch)] = 40;
  swarm.ops[static_cast<unsigned>(Op::sp)] = 0;
  swarm.ops[static_cast<unsigned>(Op::kernel)] = 6;
  swarm.ops[static_cast<unsigned>(Op::gup)] = 6;
  swarm.ops[static_cast<unsigned>(Op::mincore)] = 3;
  return swarm;
}

Swarm Swarm::draw(Random& random) {
  Swarm swarm = even();
  swarm.ops[static_cast<unsigned>(Op::sp)] = 1;
  if (random.chance(25)) return swarm;
  for (std::uint8_t& weight : swarm.ops) {
    const auto scaled = [&](unsigned by) {
      weight = static_cast<std::uint8_t>(std::min<unsigned>(weight * by / 4 + (by > 4), 255));
    };
    switch (random.below(6)) {
    case 0:
      weight = 0;
      break;
    case 1:
      scaled(1);
      break;
    case 2:
      scaled(16);
      break;
    default:
      break;
    }
  }
  // Without areas there is nothing to see, and without accesses they are empty.
  auto& mmap = swarm.ops[static_cast<unsigned>(Op::mmap)];
  auto& touch = swarm.ops[static_cast<unsigned>(Op::touch)];
  mmap = std::max<std::uint8_t>(mmap, 12);
  touch = std::max<std::uint8_t>(touch, 16);
  const std::uint8_t habits[] = {0, 20, 50, 50, 80, 100};
  swarm.growsdown = random.pick(habits);
  swarm.fixed = random.chance(30) ? static_cast<std::uint8_t>(random.below(101)) : swarm.fixed;
  swarm.edges = random.chance(20) ? static_cast<std::uint8_t>(random.below(101)) : swarm.edges;
  swarm.aligned = random.chance(20) ? std::uint8_t{60} : swarm.aligned;
  swarm.inside = random.chance(20) ? std::uint8_t{50} : swarm.inside;
  swarm.resident = random.chance(30) ? std::uint8_t{60} : swarm.resident;
  return swarm;
}

std::uint8_t someProt(Random& random) {
  const std::uint8_t usual[] = {3, 3, 3, 3, 1, 1, 0, 2, 7, 5, 4, 6};
  return random.pick(usual);
}

namespace {

namespace flag = trace::flag;

void randomLimit(Random& random, const View& view, Step& step) {
  const LimitKind kinds[] = {LimitKind::stack, LimitKind::stack,   LimitKind::stack,
                             LimitKind::as,    LimitKind::memlock, LimitKind::data};
  step.limit = random.pick(kinds);
  step.length = edgeLimit(random, view, step.limit);
}

void randomMmap(Random& random, const Swarm& swarm, const View& view, Step& step) {
  someRange(random, swarm, view, step);
  step.prot = someProt(random);
  if (random.chance(swarm.fixed))
    step.flags |= random.chance(85) ? flag::fixed : flag::fixedNoreplace;
  else if (random.chance(30))
    step.address = 0;
  if (random.chance(swarm.growsdown))
    step.flags |= flag::growsdown;
  else if (random.chance(20))
    step.flags |= flag::shared;
  if (random.chance(2)) step.flags |= flag::shared | flag::growsdown;
  if (random.chance(8)) step.flags |= flag::noreserve;
  if (random.chance(swarm.resident)) step.flags |= random.below(2) ? flag::locked : flag::populate;
  if (random.chance(8)) step.flags |= flag::stack;
}

void randomMremap(Random& random, const Swarm& swarm, const View& view, Step& step) {
  const Word page = view.parameters.geometry.page;
  const Area* area = someArea(random, view);
  if (area && random.chance(75)) {
    const Word pages = (area->end - area->start) / page;
    const Word skip = random.chance(70) ? 0 : random.below(pages);
    step.address = area->start + skip * page;
    step.length = (random.chance(70) ? pages - skip : random.below(pages - skip + 2)) * page;
  } else {
    someRange(random, swarm, view, step);
  }
  switch (random.below(4)) {
  case 0:
    step.newLength = step.length;
    break;
  case 1:
    step.newLength = step.length + page * random.between(1, 8);
    break;
  case 2:
    step.newLength = page * random.between(1, 4);
    break;
  default:
    step.newLength = mostlyAligned(random, swarm, edgeLength(random, view, step.address), page);
    break;
  }
  switch (random.below(3)) {
  case 0:
    break;
  case 1:
    step.flags |= flag::maymove;
    break;
  default:
    step.flags |= flag::to;
    step.target = mostlyAligned(random, swarm, someAddress(random, swarm, view), page);
    if (random.chance(30) && step.newLength < step.target) step.target -= step.newLength;
    break;
  }
}

void randomTouch(Random& random, const Swarm& swarm, const View& view, Step& step) {
  using trace::Access;
  const Access kinds[] = {Access::write, Access::write, Access::write,
                          Access::read,  Access::read,  Access::exec};
  step.address = touchAddress(random, swarm, view);
  step.access = random.pick(kinds);
}

void randomStackPointer(Random& random, const Swarm& swarm, const View& view, Step& step) {
  if (random.chance(30)) {
    step.flags |= flag::own;
  } else {
    step.address = someAddress(random, swarm, view);
    if (random.below(2)) step.address += 65792;
  }
}

} // namespace

Step randomStep(Random& random, const Swarm& swarm, const View& view) {
  Step step;
  step.op = static_cast<Op>(random.weighted(swarm.ops));
  if (view.state.areas.empty() && step.op != Op::limit && step.op != Op::capable &&
      random.chance(70))
    step.op = Op::mmap;
  switch (step.op) {
  case Op::limit:
    randomLimit(random, view, step);
    break;
  case Op::capable:
  case Op::fork:
    break;
  case Op::mmap:
    randomMmap(random, swarm, view, step);
    break;
  case Op::munmap:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
  case Op::mincore:
    someRange(random, swarm, view, step);
    break;
  case Op::mprotect:
    someRange(random, swarm, view, step);
    step.prot = someProt(random);
    if (random.chance(20)) step.flags |= flag::growsdown;
    break;
  case Op::mremap:
    randomMremap(random, swarm, view, step);
    break;
  case Op::touch:
    randomTouch(random, swarm, view, step);
    break;
  case Op::sp:
    randomStackPointer(random, swarm, view, step);
    break;
  case Op::kernel:
  case Op::gup:
    step.address = touchAddress(random, swarm, view);
    step.access = random.below(2) ? trace::Access::write : trace::Access::read;
    break;
  }
  return step;
}

Step bindingLimit(Random& random, const View& view) {
  Step step;
  step.op = Op::limit;
  step.limit = static_cast<LimitKind>(random.below(trace::limitKindCount));
  step.length = edgeLimit(random, view, step.limit);
  return step;
}

std::vector<Step> crowd(Random& random, Word page, unsigned count) {
  const Word base = 0x1000000000 + page * random.below(4096);
  const Word apart = random.between(1, 4); // 1: areas touch, and differ in their rights
  const bool descending = random.chance(30), grow = random.chance(30);
  std::vector<Step> steps(count);
  for (unsigned i = 0; i < count; ++i) {
    Step& step = steps[i];
    step.op = Op::mmap;
    const unsigned place = descending ? count - 1 - i : i;
    step.address = base + place * apart * page;
    step.length = page;
    step.prot =
        apart == 1 && place % 2 != 0 ? trace::prot::read : trace::prot::read | trace::prot::write;
    step.flags = flag::fixed;
    if (grow && random.chance(20)) step.flags |= flag::growsdown;
  }
  if (random.chance(40))
    for (std::size_t i = steps.size(); i > 1; --i)
      std::swap(steps[i - 1], steps[static_cast<std::size_t>(random.below(i))]);
  return steps;
}

trace::With randomWith(Random& random, const trace::RuleSet& rules) {
  trace::With with;
  if (random.chance(20)) { // one of the shapes that the rule set's kernels have
    std::vector<trace::With> shapes;
    for (const Word page : {4096, 16384, 65536})
      for (const Word bits : {36, 39, 42, 47, 48, 52, 56}) {
        trace::With shape;
        shape.page = page;
        shape.vaBits = bits;
        std::string error;
        if (trace::makeParameters(rules, shape, error)) shapes.push_back(shape);
      }
    if (!shapes.empty()) with = random.pick(std::span<const trace::With>(shapes));
    if (random.chance(50)) with.vaBits.reset(); // the first one of that page size
  }
  const Word page = with.page.value_or(rules.page);
  const Word least[] = {0, 4096, 0x8000, 0x10000, 0x20000};
  if (random.chance(15)) with.minAddr = random.pick(least);
  if (random.chance(15)) with.lsmMinAddr = random.pick(least);
  if (random.chance(12)) with.maxMapCount = random.between(0, 10);
  with.memory = page * (random.chance(10) ? random.between(1, 40) : 512);
  return with;
}

} // namespace growsdown::fuzz
