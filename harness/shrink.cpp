#include "harness/shrink.h"

#include "harness/starting_state.h"
#include "trace/check.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace growsdown::harness {

using trace::Op;
using trace::Record;
using trace::Step;
using trace::Trace;

namespace {

// `areas[2].end` -> `areas[].end`; `map[3]` -> `map[]`.
std::string withoutIndices(const std::string& field) {
  std::string text;
  bool inside = false;
  for (const char c : field) {
    if (c == ']') inside = false;
    if (!inside) text += c;
    if (c == '[') inside = true;
  }
  return text;
}

// `ok 0x1000` -> `ok`; `SIGSEGV/MAPERR at 0x1000` -> `SIGSEGV/MAPERR`.
std::string withoutAddress(const std::string& outcome) {
  return outcome.substr(0, std::min(outcome.find(" at "), outcome.find(" 0")));
}

class Shrinker {
 public:
  Shrinker(const ShowsDifference& run, const ShrinkOptions& options, bool withValues)
      : run_(run), options_(options), withValues_(withValues) {}

  ShrinkResult shrink(const Trace& trace) {
    ShrinkResult result;
    best_ = trace;
    const RunResult first = run_(trace);
    wanted_ = signature(first, trace, withValues_);
    if (first.verdict == Verdict::diverged || first.verdict == Verdict::error) {
      result.reproduced = true;
      cutAfter(first.step);
      bool smaller = true;
      while (smaller && !spent()) {
        smaller = dropSteps();
        if (options_.arguments) smaller |= simplifyWith();
        if (options_.arguments) smaller |= simplifySteps();
      }
      result.complete = !spent();
    }
    progress_.steps = best_.records.size();
    result.progress = progress_;
    result.trace = std::move(best_);
    return result;
  }

 private:
  bool spent() const { return progress_.attempts >= options_.maxAttempts; }

  // Keeps `candidate` if it shows the same difference.
  bool attempt(const Trace& candidate) {
    if (spent() || candidate.records.empty()) return false;
    ++progress_.attempts;
    const bool same = signature(run_(candidate), candidate, withValues_) == wanted_;
    if (same) {
      ++progress_.kept;
      best_ = candidate;
    }
    progress_.steps = best_.records.size();
    if (options_.progress) options_.progress(progress_);
    return same;
  }

  void cutAfter(std::size_t step) {
    if (step == initialState || step + 1 >= best_.records.size()) return;
    Trace candidate = best_;
    candidate.records.resize(step + 1);
    candidate.trailing.clear();
    attempt(candidate);
  }

  // The complements of ddmin, with chunks of halving size. Size 1 is repeated until a pass drops
  // nothing.
  bool dropSteps() {
    bool any = false;
    for (std::size_t chunk = std::bit_ceil(best_.records.size()); chunk >= 1;) {
      bool dropped = false;
      // From the end, because later steps seldom affect earlier ones.
      for (std::size_t end = best_.records.size(); end > 0 && !spent();) {
        const std::size_t from = end > chunk ? end - chunk : 0;
        Trace candidate = best_;
        candidate.records.erase(candidate.records.begin() + static_cast<std::ptrdiff_t>(from),
                                candidate.records.begin() + static_cast<std::ptrdiff_t>(end));
        dropped |= attempt(candidate);
        end = from;
      }
      any |= dropped;
      if (spent()) break;
      if (!(dropped && chunk == 1)) chunk /= 2;
    }
    return any;
  }

  bool simplifyWith() {
    bool any = false;
    for (const trace::WithField& field : trace::withFields) {
      if (!(best_.with.*field.member)) continue;
      Trace candidate = best_;
      (candidate.with.*field.member).reset();
      any |= attempt(candidate);
    }
    if (best_.initial) {
      Trace candidate = best_;
      candidate.initial.reset();
      any |= attempt(candidate);
    }
    return any;
  }

  bool change(std::size_t index, const Step& step) {
    if (best_.records[index].step == step) return false;
    Trace candidate = best_;
    candidate.records[index].step = step;
    return attempt(candidate);
  }

  bool simplifySteps() {
    bool any = false;
    for (std::size_t i = 0; i < best_.records.size() && !spent(); ++i) {
      for (unsigned bit = 0; bit < 16; ++bit) {
        const Step now = best_.records[i].step;
        const auto mask = static_cast<std::uint16_t>(1U << bit);
        // `to` and `own` give an operand its meaning, so without them it would be a different step.
        if (!(now.flags & mask) || mask == trace::flag::to || mask == trace::flag::own) continue;
        Step step = now;
        step.flags = static_cast<std::uint16_t>(step.flags & ~mask);
        any |= change(i, step);
      }
      any |= simplifyLength(i, &Step::length);
      any |= simplifyLength(i, &Step::newLength);
      any |= roundAddress(i, &Step::address);
      any |= roundAddress(i, &Step::target);
      for (const unsigned wanted : {3U, 1U}) {
        Step step = best_.records[i].step;
        if (step.op != Op::mmap && step.op != Op::mprotect) break;
        if (step.prot == wanted || step.prot == 1) continue;
        step.prot = static_cast<std::uint8_t>(wanted);
        any |= change(i, step);
      }
    }
    return any;
  }

  // Tries one page, then subtracts halving amounts, then rounds down to a page.
  bool simplifyLength(std::size_t index, std::uint64_t Step::*member) {
    bool any = false;
    const std::uint64_t page = best_.with.page.value_or(4096);
    if (best_.records[index].step.op == Op::limit) {
      Step step = best_.records[index].step;
      const std::uint64_t rounded = step.length & ~(page - 1);
      if (step.length == trace::unlimited || rounded == step.length) return false;
      step.length = rounded;
      return change(index, step);
    }
    const auto tryValue = [&](std::uint64_t value) {
      Step step = best_.records[index].step;
      if (value >= step.*member) return false;
      step.*member = value;
      return change(index, step);
    };
    if (best_.records[index].step.*member == 0) return false;
    any |= tryValue(page);
    for (std::uint64_t cut = std::bit_floor(best_.records[index].step.*member); cut >= page;
         cut /= 2) {
      const std::uint64_t now = best_.records[index].step.*member;
      if (now > cut) any |= tryValue(now - cut);
    }
    any |= tryValue(best_.records[index].step.*member & ~(page - 1));
    return any;
  }

  bool roundAddress(std::size_t index, std::uint64_t Step::*member) {
    const std::uint64_t page = best_.with.page.value_or(4096);
    Step step = best_.records[index].step;
    step.*member &= ~(page - 1);
    return change(index, step);
  }

  const ShowsDifference& run_;
  const ShrinkOptions& options_;
  bool withValues_;
  Signature wanted_;
  Trace best_;
  ShrinkProgress progress_;
};

} // namespace

Signature signature(const RunResult& result, const Trace& trace, bool withValues) {
  Signature s;
  s.verdict = result.verdict;
  if (result.step < trace.records.size()) s.op = trace.records[result.step].step.op;
  if (result.verdict == Verdict::error) {
    s.field = result.reason;
    return s;
  }
  if (result.verdict != Verdict::diverged) return s;
  s.what = result.what;
  s.field = withoutIndices(result.difference.field);
  s.rule = result.rule;
  const Difference& d = result.difference;
  if (withValues)
    s.values = d.left + '\n' + d.right;
  else if (d.field == "outcome")
    s.values = withoutAddress(d.left) + '\n' + withoutAddress(d.right);
  return s;
}

ShrinkResult shrink(const Trace& trace, const ShowsDifference& run, const ShrinkOptions& options,
                    bool withValues) {
  GROWSDOWN_CHECK(run);
  return Shrinker(run, options, withValues).shrink(trace);
}

std::optional<Trace> extend(const std::function<Trace(std::size_t)>& draw,
                            const ShowsDifference& run, const ExtendOptions& options) {
  GROWSDOWN_CHECK(draw && run);
  for (std::size_t attempt = 0; attempt < options.attempts; ++attempt) {
    const Trace candidate = draw(attempt);
    if (run(candidate).verdict == Verdict::diverged)
      return shrink(candidate, run, options.shrink).trace;
  }
  return std::nullopt;
}

Trace annotate(System& system, const trace::Parameters& parameters, const Trace& trace,
               std::size_t mostAreas) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  Trace result = trace;
  trace::State state;
  trace::Observation shown;
  Observer observer;
  observer.start();
  trace::State initial;
  system.ahead(trace.records);
  system.start(parameters, startingState(parameters, trace, initial));
  bool ended = false;
  std::size_t leaveOut = 0; // steps without a state: to take a state of many areas costs, too
  for (Record& record : result.records) {
    record.state = {};
    record.expected = {};
    if (ended) continue;
    const trace::Outcome outcome = system.apply(record.step);
    if (outcome.kind == trace::Outcome::Kind::unknown) {
      ended = true;
      continue;
    }
    record.expected = outcome;
    observer.after(record.step, outcome);
    const bool last = &record == &result.records.back();
    if (leaveOut > 0 && !last) {
      --leaveOut;
      continue;
    }
    system.snapshot(state);
    if (state.areas.size() > mostAreas && !last) {
      leaveOut = state.areas.size() / 16;
      shown = {};
      continue;
    }
    observer.observe(state, record.state);
    if (shown.hasPages && shown.map == record.state.map && shown.pages == record.state.pages) {
      record.state.map.clear();
      record.state.pages = {};
      record.state.hasMap = record.state.hasPages = false;
      record.state.same = true;
    } else {
      shown = record.state;
    }
  }
  return result;
}

} // namespace growsdown::harness
