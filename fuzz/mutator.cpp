#include "fuzz/mutator.h"

#include "trace/fields.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace growsdown::fuzz {
namespace {

using trace::Area;
using trace::LimitKind;
using trace::Op;
using trace::Step;

using Word = std::uint64_t;

Word roundDown(Word value, Word to) {
  return value - value % to;
}

bool grows(const Area& area) {
  return area.flags & trace::vm::growsdown;
}

/// An area, one that grows with twice the chance of another; null where there is none.
const Area* someArea(Random& random, const View& view, unsigned growing = 50) {
  const auto& areas = view.state.areas;
  if (areas.empty()) return nullptr;
  if (random.chance(growing)) {
    const std::size_t from = static_cast<std::size_t>(random.below(areas.size()));
    for (std::size_t i = 0; i < areas.size(); ++i) {
      const Area& area = areas[(from + i) % areas.size()];
      if (grows(area)) return &area;
    }
  }
  return &areas[static_cast<std::size_t>(random.below(areas.size()))];
}

const Area* below(const View& view, const Area& area) {
  const Area* first = view.state.areas.data();
  return &area == first ? nullptr : &area - 1;
}

/// Nothing, a byte, or a few pages, to either side.
Word nudge(Random& random, Word page) {
  const Word one[] = {0,           0,        0,        page,     0 - page,           1,
                      Word{0} - 1, page - 1, 1 - page, page + 1, Word{0} - 1 - page, 2 * page,
                      0 - 2 * page};
  if (random.chance(88)) return random.pick(one);
  return (random.below(2) ? Word{0} - 1 : Word{1}) * page * random.between(1, 20);
}

/// What a soft limit leaves above `used` pages, in pages.
Word remaining(Word limit, Word used, Word page) {
  if (limit == trace::unlimited) return 0;
  return limit / page > used ? limit / page - used : 0;
}

/// Where fresh areas are laid: few places, so that they meet.
Word freshAddress(Random& random, Word page) {
  const Word bases[] = {0x1000000000, 0x1000000000, 0x1000200000, 0x1000400000, 0x1000400000,
                        0x1040000000, 0x1000100000, 0x800000000,  0x100000,     0x20000};
  return random.pick(bases) + page * random.below(random.chance(70) ? 24 : 600);
}

Word wildAddress(Random& random, const View& view) {
  const auto& p = view.parameters;
  const Word wild[] = {0,
                       p.taskSize,
                       p.mmapBase,
                       ~Word{0},
                       Word{1} << 63,
                       p.unmappedBase,
                       p.mapWindow,
                       Word{1} << p.geometry.vaBits,
                       trace::programAddress,
                       trace::windows[0].end,
                       trace::windows[1].start,
                       trace::windows[1].end,
                       random.next() % p.taskSize,
                       random.next()};
  return random.pick(wild) + nudge(random, p.geometry.page);
}

/// Where growth of `area` is decided (bytes).
Word growthEdge(Random& random, const View& view, const Area& area) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  const auto& counters = view.state.counters;
  const Area* prev = below(view, area);
  switch (random.below(8)) {
  case 0: // the guard distance
    if (prev) return prev->end + p.rules->gapPages * page;
    return area.start - p.rules->gapPages * page;
  case 1: // as close as can be
    return prev ? prev->end : page;
  case 2: { // RLIMIT_STACK
    const Word limit = view.limits[LimitKind::stack];
    return limit >= area.end ? area.start - page : area.end - limit;
  }
  case 3: // RLIMIT_AS
    return area.start - page * remaining(view.limits[LimitKind::as], counters.total, page);
  case 4: // RLIMIT_MEMLOCK
    return area.start - page * remaining(view.limits[LimitKind::memlock], counters.locked, page);
  case 5: // vm_pgoff
    return area.pgoff < area.start / page ? area.start - area.pgoff * page : p.effectiveMinAddr();
  case 6:
    return p.effectiveMinAddr();
  default:
    return area.start - page * random.between(1, 6);
  }
}

Word edgeAddressAnywhere(Random& random, const View& view) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  const Area* area = someArea(random, view);
  if (!area) {
    if (random.chance(15)) return p.effectiveMinAddr() + nudge(random, page);
    return random.chance(5) ? wildAddress(random, view) : freshAddress(random, page);
  }
  switch (random.below(16)) {
  case 0:
  case 1:
  case 2:
    return area->start + nudge(random, page);
  case 3:
  case 4:
    return area->end + nudge(random, page);
  case 5:
  case 6:
    if (grows(*area)) return growthEdge(random, view, *area) + nudge(random, page);
    return area->start - page * random.between(1, 6);
  case 7: { // the guard distance, seen from either side
    const Word gap = page * std::max<Word>(p.rules->gapPages, 1);
    return (random.below(2) ? area->end + gap : area->start - gap) + nudge(random, page);
  }
  case 8: { // a table's block
    const unsigned level = random.chance(70) ? p.geometry.levels - 1 : p.geometry.levels - 2;
    const Word block = Word{1} << p.geometry.tableShift(level);
    const Word at = random.below(2) ? area->start : area->end;
    return roundDown(at, block) + (random.below(2) ? block : 0) + nudge(random, page);
  }
  case 9: // fault-around's window
    return area->start + 16 * page * random.below(3) + nudge(random, page);
  case 10: {
    const auto& pages = view.state.pages;
    if (pages.empty()) return area->start;
    return pages[static_cast<std::size_t>(random.below(pages.size()))].address +
           nudge(random, page);
  }
  case 11: {
    if (view.steps.empty()) return area->end;
    const Step& step = view.steps[static_cast<std::size_t>(random.below(view.steps.size()))];
    return step.address + nudge(random, page);
  }
  case 12:
    return freshAddress(random, page);
  case 13:
    if (random.chance(40)) return p.effectiveMinAddr() + nudge(random, page);
    if (random.chance(20)) return wildAddress(random, view);
    [[fallthrough]];
  default: // inside
    return area->start + random.below(area->end - area->start);
  }
}

/// arm64 ignores the top byte of a user address (TBI); which calls do is a rule.
Word tagged(Random& random, const Swarm& swarm, Word at) {
  if (swarm.inside >= 90 || !random.chance(4)) return at;
  return at | (random.below(256) << 56) | (random.chance(10) ? Word{1} << 55 : 0);
}

Word address(Random& random, const Swarm& swarm, const View& view) {
  Word at = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    at = random.chance(swarm.edges) ? edgeAddress(random, view)
                                    : freshAddress(random, view.parameters.geometry.page);
    if (trace::insideWindows(at) || !random.chance(swarm.inside)) break;
  }
  return tagged(random, swarm, at);
}

Word aligned(Random& random, const Swarm& swarm, Word value, Word page) {
  return random.chance(swarm.aligned) ? roundDown(value, page) : value;
}

/// An address and a length, mostly whole pages, half of them ending where the address was drawn.
void range(Random& random, const Swarm& swarm, const View& view, Step& step) {
  const Word page = view.parameters.geometry.page;
  step.address = aligned(random, swarm, address(random, swarm, view), page);
  step.length = aligned(random, swarm, edgeLength(random, view, step.address), page);
  if (step.length == 0 && random.chance(90)) step.length = page;
  if (random.chance(35) && step.length < step.address) step.address -= step.length;
}

std::uint8_t someProt(Random& random) {
  const std::uint8_t usual[] = {3, 3, 3, 3, 1, 1, 0, 2, 7, 5, 4, 6};
  return random.pick(usual);
}

Word touchAddress(Random& random, const Swarm& swarm, const View& view) {
  const Word page = view.parameters.geometry.page;
  // Growth is what this is about: below an area that grows more often than anywhere else.
  if (const Area* area = someArea(random, view, 90);
      area && grows(*area) && random.chance(swarm.edges) && random.chance(55)) {
    switch (random.below(4)) {
    case 0:
      return area->start - 1;
    case 1:
      return area->start + random.below(page);
    default:
      return growthEdge(random, view, *area) + nudge(random, page);
    }
  }
  return address(random, swarm, view);
}

} // namespace

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

Word edgeAddress(Random& random, const View& view) {
  return edgeAddressAnywhere(random, view);
}

Word edgeLength(Random& random, const View& view, Word at) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  switch (random.below(12)) {
  case 0:
    if (const Area* area = someArea(random, view); area && area->end > at)
      return area->end - at + (random.below(3) ? 0 : nudge(random, page));
    return page;
  case 1:
    if (const Area* area = someArea(random, view); area && area->start > at)
      return area->start - at + (random.below(3) ? 0 : nudge(random, page));
    return 2 * page;
  case 2:
    if (const Area* area = someArea(random, view)) return area->end - area->start;
    return 4 * page;
  case 3: {
    const Word sizes[] = {16 * page,
                          17 * page,
                          p.rules->gapPages * page,
                          (p.rules->gapPages + 1) * page,
                          Word{1} << p.geometry.tableShift(p.geometry.levels - 1),
                          300 * page};
    return random.pick(sizes);
  }
  case 4:
    if (random.chance(25)) {
      const Word absurd[] = {0,
                             1,
                             ~Word{0},
                             Word{0} - page,
                             p.taskSize,
                             p.taskSize - at,
                             0 - at,
                             p.taskSize - at + page,
                             Word{1} << 40};
      return random.pick(absurd);
    }
    return page * random.between(1, 8) + nudge(random, page);
  default:
    return page * random.between(1, random.chance(60) ? 4 : 12);
  }
}

Word edgeLimit(Random& random, const View& view, LimitKind kind) {
  const Word page = view.parameters.geometry.page;
  const auto& counters = view.state.counters;
  if (random.chance(8)) return trace::unlimited;
  if (random.chance(6)) return 0;
  if (random.chance(3)) return random.next();
  Word used = 0; // pages
  switch (kind) {
  case LimitKind::stack: {
    const Area* area = someArea(random, view, 90);
    used = area ? (area->end - area->start) / page : 4;
    break;
  }
  case LimitKind::as:
    used = counters.total;
    break;
  case LimitKind::memlock:
    used = counters.locked;
    break;
  case LimitKind::data:
    used = counters.data;
    break;
  }
  const Word more[] = {0, 0, 1, 1, 2, 3, 4, 5, 8, 16};
  Word limit = (used + random.pick(more)) * page;
  const Word off[] = {0, 0, 0, 0, 1, Word{0} - 1, page - 1, 0 - page};
  limit += random.pick(off);
  return limit;
}

Step randomStep(Random& random, const Swarm& swarm, const View& view) {
  namespace flag = trace::flag;
  const Word page = view.parameters.geometry.page;
  Step step;
  step.op = static_cast<Op>(random.weighted(swarm.ops));
  if (view.state.areas.empty() && step.op != Op::limit && step.op != Op::capable &&
      random.chance(70))
    step.op = Op::mmap;
  switch (step.op) {
  case Op::limit: {
    const LimitKind kinds[] = {LimitKind::stack, LimitKind::stack,   LimitKind::stack,
                               LimitKind::as,    LimitKind::memlock, LimitKind::data};
    step.limit = random.pick(kinds);
    step.length = edgeLimit(random, view, step.limit);
    break;
  }
  case Op::capable:
  case Op::fork:
    break;
  case Op::mmap: {
    range(random, swarm, view, step);
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
    if (random.chance(swarm.resident))
      step.flags |= random.below(2) ? flag::locked : flag::populate;
    if (random.chance(8)) step.flags |= flag::stack;
    break;
  }
  case Op::munmap:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
    range(random, swarm, view, step);
    break;
  case Op::mprotect:
    range(random, swarm, view, step);
    step.prot = someProt(random);
    if (random.chance(20)) step.flags |= flag::growsdown;
    break;
  case Op::mremap: {
    const Area* area = someArea(random, view);
    if (area && random.chance(75)) {
      const Word pages = (area->end - area->start) / page;
      const Word skip = random.chance(70) ? 0 : random.below(pages);
      step.address = area->start + skip * page;
      step.length = (random.chance(70) ? pages - skip : random.below(pages - skip + 2)) * page;
    } else {
      range(random, swarm, view, step);
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
      step.newLength = aligned(random, swarm, edgeLength(random, view, step.address), page);
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
      step.target = aligned(random, swarm, address(random, swarm, view), page);
      if (random.chance(30) && step.newLength < step.target) step.target -= step.newLength;
      break;
    }
    break;
  }
  case Op::touch: {
    step.address = touchAddress(random, swarm, view);
    const trace::Access kinds[] = {trace::Access::write, trace::Access::write, trace::Access::write,
                                   trace::Access::read,  trace::Access::read,  trace::Access::exec};
    step.access = random.pick(kinds);
    break;
  }
  case Op::sp:
    if (random.chance(30))
      step.flags |= flag::own;
    else
      step.address = address(random, swarm, view) + (random.below(2) ? 65792 : 0);
    break;
  case Op::kernel:
  case Op::gup:
    step.address = touchAddress(random, swarm, view);
    step.access = random.below(2) ? trace::Access::write : trace::Access::read;
    break;
  }
  return step;
}

void changeArgument(Random& random, const Swarm& swarm, const View& here, Step& step) {
  namespace flag = trace::flag;
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
    if (random.chance(30)) {
      const Op ops[] = {Op::touch, Op::touch, Op::kernel, Op::gup};
      step.op = random.pick(ops);
      step.access = static_cast<trace::Access>(random.below(step.op == Op::touch ? 3 : 2));
    } else {
      step.address += nudge(random, page);
    }
    break;
  case Op::sp:
    step.flags = 0;
    step.address += nudge(random, page);
    break;
  case Op::mmap:
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
      step.address += nudge(random, page);
      break;
    }
    break;
  case Op::mremap:
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
    break;
  case Op::munmap:
  case Op::mprotect:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed: {
    const Op ops[] = {Op::munmap, Op::mprotect, Op::mlock, Op::munlock, Op::dontneed};
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
      step.address += nudge(random, page);
      break;
    }
    break;
  }
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

Step bindingLimit(Random& random, const View& view) {
  Step step;
  step.op = Op::limit;
  step.limit = static_cast<LimitKind>(random.below(trace::limitKindCount));
  step.length = edgeLimit(random, view, step.limit);
  return step;
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
  case 1:
    return grow(random, swarm, program, index(), static_cast<unsigned>(random.between(1, 3)));
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
