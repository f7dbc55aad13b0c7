#include "proofs/realise.h"

#include "model/process.h"
#include "model/start.h"
#include "trace/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

namespace growsdown::proofs {
namespace {

namespace vm = trace::vm;
namespace flag = trace::flag;
using trace::LimitKind;
using trace::Op;
using trace::Step;
using ConcreteSpace = model::Space<model::Concrete>;

/// The first difference between two states, or an empty text. Identities are numbered by
/// first appearance, and members that no rule reads are not compared.
class Difference {
 public:
  static std::string of(const ConcreteSpace& a, const ConcreteSpace& b) {
    return Difference().compare(a, b);
  }

 private:
  using Names = std::map<std::uint64_t, std::uint64_t>;
  Names anon_, frame_, object_;

  static bool match(Names& names, std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return a == b;
    return names.emplace(a, b).first->second == b;
  }

  std::string compare(const ConcreteSpace& a, const ConcreteSpace& b) {
    const auto all = [](const auto& left, const auto& right, const auto& same) {
      return std::equal(left.begin(), left.end(), right.begin(), right.end(), same);
    };
    if (a.minAddr != b.minAddr || a.effectiveMinAddr != b.effectiveMinAddr ||
        a.maxMapCount != b.maxMapCount)
      return "tunables";
    if (a.limits.stack != b.limits.stack || a.limits.as != b.limits.as ||
        a.limits.memlock != b.limits.memlock || a.limits.data != b.limits.data ||
        a.stackPointer != b.stackPointer || a.capable != b.capable)
      return "limits";
    if (!all(a.areas, b.areas,
             [](const auto& x, const auto& y) { return x.start == y.start && x.end == y.end; }))
      return "where areas begin and end";
    if (!all(a.areas, b.areas, [](const auto& x, const auto& y) { return x.flags == y.flags; }))
      return "areas' flags";
    if (!all(a.areas, b.areas, [](const auto& x, const auto& y) { return x.pgoff == y.pgoff; }))
      return "page offsets";
    if (!all(a.areas, b.areas, [&](const auto& x, const auto& y) {
          return x.forked == y.forked && match(anon_, x.anon, y.anon) &&
                 match(object_, x.object, y.object);
        }))
      return "anon_vmas or objects";
    if (!all(a.entries, b.entries, [&](const auto& x, const auto& y) {
          return x.address == y.address && x.prot == y.prot && x.kind == y.kind &&
                 x.inherited == y.inherited && x.writable == y.writable && x.dirty == y.dirty &&
                 x.hosted == y.hosted && match(frame_, x.frame, y.frame);
        }))
      return "present pages";
    if (!all(a.objects, b.objects,
             [&](const auto& x, const auto& y) {
               return match(object_, x.id, y.id) && x.pages == y.pages;
             }) ||
        !all(a.objectPages, b.objectPages, [&](const auto& x, const auto& y) {
          return match(object_, x.object, y.object) && x.index == y.index && x.dirty == y.dirty &&
                 match(frame_, x.frame, y.frame);
        }))
      return "what objects hold";
    if (!all(a.tables, b.tables,
             [](const auto& x, const auto& y) { return x.level == y.level && x.block == y.block; }))
      return "page tables";
    if (a.counters.total != b.counters.total || a.counters.stack != b.counters.stack ||
        a.counters.locked != b.counters.locked || a.counters.shared != b.counters.shared ||
        a.counters.committed != b.counters.committed ||
        (a.rules().dataIsPrivateWritable && a.counters.data != b.counters.data))
      return "counters";
    return {};
  }
};

Step onRange(Op op, std::uint64_t address, std::uint64_t length, std::uint32_t prot = 0,
             std::uint32_t flags = 0) {
  Step step;
  step.op = op;
  step.address = address;
  step.length = length;
  step.prot = static_cast<std::uint8_t>(prot);
  step.flags = static_cast<std::uint16_t>(flags);
  return step;
}

/// Steps that may lead to such areas and pages: whether they do is for the model to say.
std::vector<Step> leadTo(const ConcreteSpace& s) {
  std::vector<Step> steps, dropped;
  bool forks = false;
  std::uint64_t adopted = 0;
  for (const auto& area : s.areas) {
    const std::uint32_t prot = area.flags & vm::access;
    const std::uint64_t length = area.end - area.start;
    const bool isPrivate = (area.flags & vm::shared) == 0;
    const auto page = std::find_if(s.entries.begin(), s.entries.end(), [&](const auto& e) {
      return e.address >= area.start && e.address < area.end;
    });
    const bool present = page != s.entries.end();
    const bool written = present && page->kind != model::PageKind::zero &&
                         (page->dirty || page->kind == model::PageKind::anonymous);
    const bool clean = written && isPrivate && !page->writable;
    const bool faulted = area.anon != 0 && !present && area.anon != adopted;
    adopted = area.anon;
    std::uint32_t first = prot;
    if (written || faulted || (isPrivate && (area.flags & vm::account)))
      first = prot | vm::read | vm::write;
    else if ((area.flags & vm::locked) && !present)
      first = 0; // what cannot be populated
    steps.push_back(onRange(Op::mmap, area.start, length, first,
                            flag::fixed | (isPrivate ? 0U : flag::shared) |
                                (area.flags & vm::growsdown ? flag::growsdown : 0U) |
                                (area.flags & vm::noreserve ? flag::noreserve : 0U) |
                                (area.flags & vm::nohugepage ? flag::stack : 0U)));
    const auto touch = [&](std::uint64_t address, bool writes) {
      Step step = onRange(Op::touch, address, 0);
      step.access = writes ? trace::Access::write : trace::Access::read;
      steps.push_back(step);
    };
    if (present) {
      touch(page->address, written);
      forks |= page->inherited;
    }
    if (faulted) {
      touch(area.end - s.pageSize(), true);
      forks |= area.forked;
      (area.forked ? dropped : steps)
          .push_back(onRange(Op::dontneed, area.end - s.pageSize(), s.pageSize()));
    }
    if (area.flags & vm::locked) steps.push_back(onRange(Op::mlock, area.start, length));
    if (clean && first == prot)
      steps.push_back(onRange(Op::mprotect, area.start, length, vm::read));
    if (first != prot || clean) steps.push_back(onRange(Op::mprotect, area.start, length, prot));
  }
  if (forks) steps.push_back(Step{.op = Op::fork});
  steps.insert(steps.end(), dropped.begin(), dropped.end());
  return steps;
}

/// Adds a private page at an address of an area that has no page there.
void addPageAt(trace::State& state, std::uint64_t address) {
  const auto in = std::find_if(state.areas.begin(), state.areas.end(),
                               [&](const trace::Area& area) { return address < area.end; });
  trace::Page page;
  page.address = address;
  page.kind = model::PageKind::anonymous;
  for (const trace::Page& other : state.pages)
    page.frame = std::max(page.frame, other.frame);
  ++page.frame;
  if (in->flags & vm::access) page.prot |= trace::prot::read;
  if (in->flags & vm::exec) page.prot |= trace::prot::exec;
  state.pages.insert(
      std::find_if(state.pages.begin(), state.pages.end(),
                   [&](const trace::Page& other) { return other.address > address; }),
      page);
}

/// The steps that set limits, the stack pointer and capabilities, where these differ from the start
/// of every trace.
std::vector<Step> settings(const ConcreteSpace& s) {
  std::vector<Step> steps;
  const auto limit = [&](LimitKind kind, std::uint64_t bytes, std::uint64_t start) {
    if (bytes == start) return;
    Step step = Step{.op = Op::limit};
    step.limit = kind;
    step.length = bytes;
    steps.push_back(step);
  };
  limit(LimitKind::stack, s.limits.stack, trace::initialStackLimit);
  limit(LimitKind::as, s.limits.as, trace::unlimited);
  limit(LimitKind::memlock, s.limits.memlock, trace::initialMemlockLimit);
  limit(LimitKind::data, s.limits.data, trace::unlimited);
  if (s.stackPointer != s.parameters.taskSize) {
    Step step = Step{.op = Op::sp};
    step.address = s.stackPointer;
    steps.push_back(step);
  }
  if (!s.capable) steps.push_back(Step{.op = Op::capable});
  return steps;
}

/// A process after all steps of a trace except the last.
struct Replay {
  model::Process process;
  std::string problem; ///< empty: none
};

Replay replayBeforeLast(trace::Trace& trace, const trace::RuleSet& rules, bool expect) {
  Replay replay;
  const auto parameters = trace::makeParameters(rules, trace.with, replay.problem);
  if (!parameters) return replay;
  std::optional<trace::State> initial = trace.initial;
  if (initial)
    if (const auto why = model::completeStart(*parameters, *initial)) {
      replay.problem = *why;
      return replay;
    }
  replay.process.start(*parameters, initial ? &*initial : nullptr);
  for (std::size_t i = 0; i + 1 < trace.records.size(); ++i) {
    const trace::Outcome outcome = replay.process.apply(trace.records[i].step);
    if (outcome.kind == trace::Outcome::Kind::unknown) {
      replay.problem = "the simulated machine is out of memory";
      return replay;
    }
    if (expect) trace.records[i].expected = outcome;
  }
  return replay;
}

/// The marks of a step except the first one, which every step has.
std::vector<model::Rule> rulesAfterFirst(std::span<const model::Rule> reached) {
  std::vector<model::Rule> rules;
  for (std::size_t i = 1; i < reached.size(); ++i)
    rules.push_back(reached[i]);
  return rules;
}

/// Puts the step into the trace and says whether it takes the path of `witness`.
std::string take(PathTrace& path, const PathWitness& witness, const trace::RuleSet& rules) {
  trace::Record last;
  last.step = model::stepOf(witness.call);
  path.trace.records.push_back(last);
  Replay replay = replayBeforeLast(path.trace, rules, true);
  if (!replay.problem.empty()) return replay.problem;
  if (std::string difference = Difference::of(replay.process.space(), witness.before);
      !difference.empty())
    return difference;
  path.trace.records.back().expected = replay.process.apply(last.step);
  path.reached = rulesAfterFirst(replay.process.reachedRules());
  if (rulesAfterFirst(witness.after.log.rules()) != path.reached)
    return "the step reaches other rules as part of a trace";
  if (const std::string difference = Difference::of(replay.process.space(), witness.after);
      !difference.empty())
    return "as part of a trace the step leaves something else: " + difference;
  return {};
}

PathTrace attempt(const PathWitness& witness, const trace::RuleSet& rules, bool initial,
                  std::string& problem) {
  const ConcreteSpace& s = witness.before;
  PathTrace path;
  trace::Trace& t = path.trace;
  const trace::Parameters& p = s.parameters;
  if (s.minAddr != p.minAddr) t.with.minAddr = s.minAddr;
  if (s.effectiveMinAddr != s.minAddr) t.with.lsmMinAddr = s.effectiveMinAddr;
  if (s.maxMapCount != p.maxMapCount) t.with.maxMapCount = s.maxMapCount;
  const auto add = [&](const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      t.records.emplace_back();
      t.records.back().step = step;
    }
  };
  if (initial && !(s.areas.empty() && s.entries.empty())) {
    t.initial = model::stateOf(s);
    t.initial->counters = {}; // what the areas count for
    for (const std::uint64_t page : witness.gone) {
      addPageAt(*t.initial, page);
      add({onRange(Op::dontneed, page, s.pageSize())});
    }
  } else {
    add(leadTo(s));
  }
  add(settings(s));
  problem = take(path, witness, rules);
  return path;
}

} // namespace

PathTrace realise(const PathWitness& witness, const trace::RuleSet& rules, std::string& problem) {
  // Steps that lock this much would take longer than all the rest.
  const bool tooMuch =
      std::any_of(witness.before.areas.begin(), witness.before.areas.end(), [](const auto& area) {
        return (area.flags & vm::locked) && area.end - area.start > std::uint64_t{1} << 24;
      });
  std::string why = "more than 16 MiB locked";
  if (!tooMuch) {
    PathTrace plain = attempt(witness, rules, false, why);
    if (why.empty()) {
      problem.clear();
      return plain;
    }
  }
  PathTrace path = attempt(witness, rules, true, problem);
  if (path.trace.initial) path.initial = why;
  return path;
}

bool reachesTheSameRules(const PathTrace& path, const trace::RuleSet& rules) {
  trace::Trace copy = path.trace;
  Replay replay = replayBeforeLast(copy, rules, true);
  if (!replay.problem.empty()) return false;
  // An `init` block's page may be one that this rule set never has: x86 lets shared pages be
  // written before they are dirty.
  if (copy.initial) {
    ConcreteSpace space = replay.process.space();
    for (const model::Entry<model::Concrete>& entry : space.entries) {
      if (entry.kind != model::PageKind::shared) continue;
      model::Entry<model::Concrete> settled = entry;
      model::settle(space, settled, space.area(space.findVma(entry.address)).flags);
      if (settled.prot != entry.prot) return false;
    }
  }
  for (std::size_t i = 0; i + 1 < copy.records.size(); ++i)
    if (!(copy.records[i].expected == path.trace.records[i].expected)) return false;
  const trace::Record& last = path.trace.records.back();
  return replay.process.apply(last.step) == last.expected &&
         rulesAfterFirst(replay.process.reachedRules()) == path.reached;
}

} // namespace growsdown::proofs
