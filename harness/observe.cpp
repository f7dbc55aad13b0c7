#include "harness/observe.h"

#include "trace/shown.h"
#include "trace/text.h"

#include <algorithm>

namespace growsdown::harness {

using trace::MapLine;
using trace::Observation;
using trace::PagesLine;

void Observer::after(const trace::Step& step, const trace::Outcome& outcome) {
  forked_ |= step.op == trace::Op::fork && outcome.kind == trace::Outcome::Kind::ok;
  elsewhere_ |= outcome.kind == trace::Outcome::Kind::okElsewhere;
  touch_ = step.op == trace::Op::touch;
}

void Observer::observe(const trace::State& state, Observation& out) const {
  trace::show(state, !forked_ && !elsewhere_, out);
  out.hasFaults = touch_ && !forked_;
  if (out.hasFaults) out.faults = state.counters.faults;
}

std::string describe(const MapLine& line) {
  return trace::printBytes(line.start) + "-" + trace::printBytes(line.end) + " " +
         describeFlags(line.prot | (line.shared ? trace::vm::shared : 0U));
}

void Expectation::start(const Observation& atStart) {
  map_ = atStart.map;
  pages_ = atStart.pages;
  complete_ = true;
  hasPages_ = true;
}

namespace {

std::optional<Difference> compareMaps(const std::vector<MapLine>& expected, bool complete,
                                      const std::vector<MapLine>& observed) {
  if (!complete) {
    // In order, and each line once: a line that is expected twice must be observed twice.
    auto from = observed.begin();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      from = std::find(from, observed.end(), expected[i]);
      if (from == observed.end())
        return Difference{"map[" + std::to_string(i) + "]", describe(expected[i]), "not there"};
      ++from;
    }
    return std::nullopt;
  }
  for (std::size_t i = 0; i < std::max(expected.size(), observed.size()); ++i) {
    if (i < expected.size() && i < observed.size() && expected[i] == observed[i]) continue;
    return Difference{"map[" + std::to_string(i) + "]",
                      i < expected.size() ? describe(expected[i]) : "nothing",
                      i < observed.size() ? describe(observed[i]) : "nothing"};
  }
  return std::nullopt;
}

// Resident pages are those in the ranges that /proc/self/maps shows.
constexpr Fields mapFields = shown::areas | shown::maps;

bool has(Fields fields, Fields all) {
  return (fields & all) == all;
}

std::optional<Difference> comparePages(const PagesLine& expected, const PagesLine& observed,
                                       bool explicitly, Fields shows) {
  const struct {
    const char* name;
    std::int64_t left, right;
    Fields needs;
  } fields[] = {
      {"size", expected.size, observed.size, shown::total},
      {"stack", expected.stack, observed.stack, shown::stack},
      {"locked", expected.locked, observed.locked, shown::locked},
      {"data", expected.data, observed.data, shown::data},
      {"resident", static_cast<std::int64_t>(expected.resident),
       static_cast<std::int64_t>(observed.resident), mapFields | shown::pages},
  };
  const auto text = [](std::int64_t value) {
    return (value < 0 ? "" : "+") + std::to_string(value);
  };
  for (const auto& f : fields)
    if (f.left != f.right && has(shows, f.needs))
      return Difference{std::string("pages.") + f.name, text(f.left), text(f.right)};
  if (!expected.hasTables || !has(shows, shown::tables)) return std::nullopt;
  if (!observed.hasTables) {
    // `= same` after a fork repeats a line from before it, whose number of tables is not valid now.
    if (!explicitly) return std::nullopt;
    return Difference{"pages.tables", text(expected.tables),
                      "not shown after a fork or an `ok elsewhere`"};
  }
  if (expected.tables != observed.tables)
    return Difference{"pages.tables", text(expected.tables), text(observed.tables)};
  return std::nullopt;
}

} // namespace

std::optional<Difference> Expectation::compare(const Observation& expected,
                                               const Observation& observed, Fields fields) {
  if (expected.hasPages || expected.hasMap) {
    map_ = expected.map;
    complete_ = expected.hasPages;
  }
  if (expected.hasPages) {
    pages_ = expected.pages;
    hasPages_ = true;
  }
  if ((expected.hasPages || expected.hasMap || expected.same) && has(fields, mapFields)) {
    if (auto difference = compareMaps(map_, complete_, observed.map)) return difference;
  }
  if (expected.hasPages || (expected.same && hasPages_)) {
    if (auto difference = comparePages(pages_, observed.pages, expected.hasPages, fields))
      return difference;
  }
  if (!has(fields, shown::faults)) return std::nullopt;
  if (expected.hasFaults && !observed.hasFaults)
    return Difference{"faults", std::to_string(expected.faults),
                      "not shown: no touch, or after a fork"};
  if (expected.hasFaults && expected.faults != observed.faults)
    return Difference{"faults", std::to_string(expected.faults), std::to_string(observed.faults)};
  return std::nullopt;
}

} // namespace growsdown::harness
