// What a step costs against the length of the trace and the number of areas: of the model, of the
// reference, and compared.
#include "bench/workload.h"

#include "harness/builtin_systems.h"
#include "trace/ruleset.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace growsdown::bench {
namespace {

constexpr const char* rules = "linux-6.12-arm64";
constexpr std::uint64_t page = 4096;

/// A trace whose steps change many areas, and soon change them back. So the number of areas and of
/// present pages is the same from the beginning to the end.
class LongTrace {
 public:
  LongTrace(unsigned areas, std::size_t steps);

  trace::Parameters parameters;
  std::vector<trace::Step> setUp; ///< maps the areas
  std::vector<trace::Step> steps;

 private:
  static constexpr unsigned pages = 8;  ///< of an area
  static constexpr unsigned group = 16; ///< areas; the lowest one is a stack, with a gap below it
  static std::uint64_t start(std::uint64_t area) {
    return 0x10'0000'0000 + area / group * (2ULL << 20) + area % group * (16 * page);
  }
  static trace::Step step(trace::Op op, std::uint64_t address, std::uint64_t length) {
    trace::Step step;
    step.op = op;
    step.address = address;
    step.length = length;
    return step;
  }
  static trace::Step touch(std::uint64_t address) {
    trace::Step touch = step(trace::Op::touch, address, 0);
    touch.access = trace::Access::write;
    return touch;
  }
  void change(std::uint64_t area);

  struct Pending {
    std::uint64_t area;
    trace::Step undo;
  };
  std::deque<Pending> pending_;
  std::mt19937_64 random_{7};
};

LongTrace::LongTrace(unsigned areas, std::size_t count) {
  std::string error;
  parameters = *trace::makeParameters(*trace::findRuleSet(rules), {}, error);
  parameters.wholeAddressSpace();
  const std::size_t most = std::min<std::size_t>(areas / 2, 8);
  // Each change that waits to be undone may have split an area into three.
  const std::uint64_t mapped =
      std::min<std::uint64_t>(areas, parameters.maxMapCount - 2 * (most + 1));
  for (std::uint64_t area = 0; area < mapped; ++area) {
    trace::Step map = step(trace::Op::mmap, start(area), pages * page);
    map.prot = trace::prot::read | trace::prot::write;
    map.flags = trace::flag::fixed;
    if (area % group == 0) map.flags |= trace::flag::growsdown;
    setUp.push_back(map);
  }
  while (steps.size() < count) {
    const auto draw = random_() % 8;
    if (draw < 2 && !pending_.empty()) { // an access to a page that may be there
      const std::uint64_t area = pending_[random_() % pending_.size()].area;
      steps.push_back(touch(start(area) + random_() % pages * page));
    } else if (draw < 5 || pending_.empty()) {
      const std::uint64_t area = random_() % mapped;
      if (std::none_of(pending_.begin(), pending_.end(),
                       [&](const Pending& p) { return p.area == area; }))
        change(area);
    }
    while (pending_.size() > most) {
      // Whatever was touched in the meantime goes as well.
      steps.push_back(pending_.front().undo);
      steps.push_back(
          step(trace::Op::dontneed, start(pending_.front().area), std::uint64_t{pages} * page));
      pending_.pop_front();
    }
  }
  steps.resize(count);
}

void LongTrace::change(std::uint64_t area) {
  const std::uint64_t middle = start(area) + (1 + random_() % (pages - 2)) * page;
  trace::Step now = touch(middle);
  trace::Step undo = step(trace::Op::dontneed, middle, page);
  switch (random_() % 4) {
  case 0: // first write
    break;
  case 1: // growth, or a first write
    if (area % group != 0) break;
    now = touch(start(area) - page);
    undo = step(trace::Op::munmap, start(area) - page, page);
    break;
  case 2:
    now = step(trace::Op::mprotect, middle, page);
    now.prot = trace::prot::read;
    undo = now;
    undo.prot = trace::prot::read | trace::prot::write;
    break;
  case 3:
    now = step(trace::Op::munmap, middle, page);
    undo = step(trace::Op::mmap, middle, page);
    undo.prot = trace::prot::read | trace::prot::write;
    undo.flags = trace::flag::fixed;
    if (area % group == 0) undo.flags |= trace::flag::growsdown;
    break;
  default:
    break;
  }
  steps.push_back(now);
  pending_.push_back({area, undo});
}

// Nanoseconds per step: the best pass over the first `count` steps.
double cost(const LongTrace& trace, std::size_t count, double seconds,
            const std::function<void()>& start,
            const std::function<void(const trace::Step&)>& step) {
  double best = 1e300, spent = 0;
  for (unsigned pass = 0; pass < 2 || spent < seconds; ++pass) {
    start();
    for (const trace::Step& each : trace.setUp)
      step(each);
    const double begin = processorSeconds();
    for (std::size_t i = 0; i < count; ++i)
      step(trace.steps[i]);
    const double time = processorSeconds() - begin;
    best = std::min(best, time * 1e9 / static_cast<double>(count));
    spent += time;
  }
  return best;
}

struct Scaling {
  double seconds;
  nlohmann::json rows;
  std::unique_ptr<harness::System> model = harness::makeModel();
  std::unique_ptr<harness::System> reference = harness::makeReference();

  void measure(const char* against, const LongTrace& trace, unsigned areas, std::size_t count) {
    const auto alone = [&](harness::System& system) {
      return cost(
          trace, count, seconds, [&] { system.start(trace.parameters, nullptr); },
          [&](const trace::Step& step) { system.apply(step); });
    };
    harness::Differential differential(*model, *reference);
    differential.trustReports = true;
    const double compared = cost(
        trace, count, seconds, [&] { differential.start(trace.parameters); },
        [&](const trace::Step& step) {
          if (!differential.step(step)) throw Differ("the systems differ");
        });
    const double ofModel = alone(*model), ofReference = alone(*reference);
    for (const auto& [system, ns] :
         {std::pair("model", ofModel), std::pair("reference", ofReference),
          std::pair("compared step", compared)})
      rows.push_back({{"against", against},
                      {"system", system},
                      {"areas", areas},
                      {"steps", count},
                      {"ns", ns}});
    fmt::print("{:>8} {:>8} {:10.0f} {:10.0f} {:14.0f}\n", count, areas, ofModel, ofReference,
               compared);
    std::fflush(stdout);
  }
};

} // namespace

int scaling(double seconds, const std::string& json) {
  fmt::print("nanoseconds per step\n\n{:>8} {:>8} {:>10} {:>10} {:>14}\n", "steps", "areas",
             "model", "reference", "compared step");
  Scaling scaling{seconds, {}};
  const LongTrace longest(256, 1000000);
  for (const std::size_t count : {1000U, 10000U, 100000U, 1000000U})
    scaling.measure("steps", longest, 256, count);
  for (const unsigned areas : {10U, 100U, 1000U, 10000U, 65530U})
    scaling.measure("areas", LongTrace(areas, 20000), areas, 20000);
  if (json.empty()) return 0;
  std::ofstream out(json);
  out << nlohmann::json{{"rows", scaling.rows}}.dump(1) << "\n";
  if (out.flush()) return 0;
  fmt::print(stderr, "growsdown_bench: {} cannot be written\n", json);
  return 4;
}

} // namespace growsdown::bench
