#include "systems/protocol.h"

#include "trace/fields.h"
#include "trace/text.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace growsdown::systems {

using harness::Fields;
namespace shown = harness::shown;

namespace {

// The words of a line, taken one by one.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view take() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }
  /// What is left, without blanks around it.
  std::string_view rest() const {
    const std::size_t from = rest_.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return rest_.substr(from, rest_.find_last_not_of(" \t") - from + 1);
  }

 private:
  std::string_view rest_;
};

bool number(std::string_view word, std::uint64_t& out) {
  const bool hex = word.starts_with("0x");
  if (hex) word.remove_prefix(2);
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), out, hex ? 16 : 10);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

/// A number that may be negative, as the two's complement.
bool difference(std::string_view word, std::uint64_t& out) {
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  if (!number(word, out)) return false;
  if (negative) out = 0 - out;
  return true;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 80;
  std::string out = "`";
  for (const char c : text.substr(0, most))
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ? '?' : c;
  out += text.size() > most ? "...`" : "`";
  return out;
}

bool isEmptyRange(std::string_view range) {
  const std::size_t dash = range.find('-');
  std::uint64_t start = 0, end = 0;
  return dash != std::string_view::npos && number(range.substr(0, dash), start) &&
         number(range.substr(dash + 1), end) && start == end;
}

bool isInitial(std::string_view word) {
  return word == "area" || word == "page" || word == "object" || word == "object-page";
}

constexpr std::string_view traceHeader = "growsdown-trace 1\n";

/// Parses a trace. The error names the line that it is in.
std::string parseTrace(const std::string& text, trace::Trace& out) {
  trace::ParseResult parsed = trace::parse(text, "");
  if (parsed.error) {
    std::string_view line = text;
    for (unsigned i = 1; i < parsed.error->line; ++i)
      line.remove_prefix(std::min(line.find('\n') + 1, line.size()));
    line = line.substr(0, line.find('\n'));
    return parsed.error->message + ", in " + quoted(line);
  }
  out = std::move(parsed.traces.front());
  return {};
}

} // namespace

std::string said(std::string_view text) {
  constexpr std::size_t most = 300;
  return trace::plainText(text.substr(0, most)) + (text.size() > most ? "..." : "");
}

std::string print(const Hello& hello) {
  std::string text = std::string(greeting) + "\nname " + said(hello.name) + "\n";
  if (!hello.rules.empty()) text += "rules " + hello.rules + "\n";
  if (hello.does != trace::firstOps) {
    text += "does";
    for (const trace::OpField& field : trace::opFields)
      if ((hello.does >> static_cast<unsigned>(field.op) & 1U) != 0)
        text += " " + std::string(field.name);
    text += "\n";
  }
  if (hello.ahead) text += "ahead\n";
  if (hello.with) text += trace::printWith(*hello.with);
  for (const trace::Step& step : hello.begins)
    text += "begins " + trace::print(step) + "\n";
  for (unsigned kind = 0; kind < trace::limitKindCount; ++kind)
    if (hello.hard[kind] != trace::unlimited)
      text += "hard " + std::string(trace::name(static_cast<trace::LimitKind>(kind))) + " " +
              std::to_string(hello.hard[kind]) + "\n";
  text += "shows";
  if (hello.shows != 0) text += " " + harness::print(hello.shows);
  return text + "\n" + std::string(endOfAnswer) + "\n";
}

std::string printSnapshot(const trace::State& state, Fields fields) {
  trace::State reduced = state;
  harness::reduce(reduced, fields);
  std::string text;
  if ((fields & shown::maps) != 0) {
    for (const trace::Area& area : reduced.areas)
      if (area.shownStart != area.start)
        text += "maps " + trace::printBytes(area.start) + " " + trace::printBytes(area.shownStart) +
                "\n";
  }
  text += "counters";
  for (const trace::CounterField& counter : trace::counterFields)
    if ((fields & harness::shownCounter(counter)) != 0)
      text += " " + std::string(counter.name) + " " +
              std::to_string(static_cast<std::int64_t>(reduced.counters.*counter.member));
  text += "\n";

  reduced.counters = {};
  const std::string initial = trace::printInitial(reduced);
  constexpr std::string_view word = "init ";
  constexpr std::string_view none = "init counters";
  for (std::string_view rest = initial; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (!line.starts_with(none)) text += line.substr(word.size());
  }
  return text + std::string(endOfAnswer) + "\n";
}

std::string turnedKnobs(const trace::RuleSet& rules) {
  const trace::RuleSet* const named = trace::findRuleSet(rules.name);
  if (named == nullptr || *named == rules) return {};
  const auto turned = trace::differingKnobs(rules, *named);
  std::string text;
  for (const trace::Knob& knob : trace::knobs(rules))
    if (std::count(turned.begin(), turned.end(), knob.name) != 0)
      text += (text.empty() ? "" : ",") + std::string(knob.name) + "=" + knob.value;
  return text;
}

std::string printStart(const trace::Parameters& p) {
  std::string text = "start rules " + std::string(p.rules->name);
  const trace::With with = trace::withOf(p);
  for (const bool shape : {true, false})
    for (const trace::WithField& field : trace::withFields)
      if (field.shape == shape)
        text += " " + std::string(field.name) + " " + std::to_string(*(with.*field.member));
  text +=
      " task-size " + trace::printBytes(p.taskSize) + " mmap-base " + trace::printBytes(p.mmapBase);
  if (const std::string knobs = turnedKnobs(*p.rules); !knobs.empty()) text += " knobs " + knobs;
  return text + "\n";
}

std::string parseHello(std::span<const std::string> lines, Hello& out) {
  out = {};
  if (lines.empty() || lines.front() != greeting)
    return "expected `" + std::string(greeting) + "`, found " +
           (lines.empty() ? std::string("nothing") : quoted(lines.front()));
  bool showed = false;
  std::string with;
  for (const std::string& line : lines.subspan(1)) {
    Words words(line);
    const std::string_view key = words.take();
    if (key == "name") {
      out.name = said(words.rest());
    } else if (key == "rules") {
      out.rules = words.rest();
      if (trace::findRuleSet(out.rules) == nullptr) return "no rule set " + quoted(out.rules);
    } else if (key == "does") {
      out.does = 0;
      for (std::string_view word; !(word = words.take()).empty();) {
        const std::optional<trace::Op> op = trace::findOp(word);
        if (!op) return "no step " + quoted(word) + ", in " + quoted(line);
        out.does |= 1U << static_cast<unsigned>(*op);
      }
    } else if (key == "ahead") {
      out.ahead = true;
    } else if (key == "shows") {
      showed = true;
      for (std::string_view word; !(word = words.take()).empty();) {
        const auto field = harness::field(word);
        if (!field) return "no part of a state is called " + quoted(word) + ", in " + quoted(line);
        out.shows |= *field;
      }
    } else if (key == "with") {
      (with += line) += "\n";
    } else if (key == "begins") {
      if (std::string error = parseStep(words.rest(), out.begins.emplace_back()); !error.empty())
        return error;
    } else if (key == "hard") {
      trace::Step limit;
      if (std::string error = parseStep("limit " + std::string(words.rest()), limit);
          !error.empty())
        return error;
      out.hard[static_cast<std::size_t>(limit.limit)] = limit.length;
    } else {
      return "expected `name`, `rules`, `does`, `shows`, `ahead`, `with`, `begins` or `hard`, "
             "found " +
             quoted(line);
    }
  }
  if (!with.empty()) {
    trace::Trace parsed;
    if (std::string error = parseTrace(std::string(traceHeader) + with, parsed); !error.empty())
      return error;
    out.with = parsed.with;
  }
  if (out.name.empty()) return "there is no `name` line";
  if (!showed) return "there is no `shows` line";
  return {};
}

std::string parseOutcome(std::string_view line, const trace::Step& step, trace::Outcome& out,
                         std::string& reason) {
  out = trace::Outcome::undecided();
  reason.clear();
  Words words(line);
  if (words.take() == "unknown") {
    reason = said(words.rest());
    return {};
  }
  trace::Trace parsed;
  std::string text(traceHeader);
  text += trace::print(step) + " -> ";
  text += line;
  text += "\n";
  if (std::string error = parseTrace(text, parsed); !error.empty()) return error;
  if (parsed.records.size() != 1) return "expected an outcome, found " + quoted(line);
  out = parsed.records.front().expected;
  return {};
}

namespace {

/// The lines of a snapshot, read one by one and then put together.
class Snapshot {
 public:
  Snapshot(Fields fields, std::uint64_t page) : fields_(fields), page_(page) {}

  std::string readLine(const std::string& line);
  std::string finish(trace::State& out);

  Fields shows() const { return shows_; }

 private:
  std::string readEmptyArea(Words words);
  std::string readRun(Words words, const std::string& line);
  std::string readCounters(Words words, const std::string& line);
  std::string placeEmptyAreas(trace::State& out) const;
  std::string placeShownStarts(trace::State& out) const;
  std::string checkPages(const trace::State& out) const;

  static std::string bad(std::string_view expected, const std::string& line) {
    return "expected " + std::string(expected) + ", found " + quoted(line);
  }

  const Fields fields_;
  const std::uint64_t page_;
  Fields shows_ = fields_ & ~shown::counters;
  std::string text_{traceHeader}; ///< lines that are those of a trace
  std::vector<std::pair<std::uint64_t, std::uint64_t>> shownStarts_;
  std::vector<trace::Page> runs_;
  std::vector<trace::Area> empty_;
  trace::Counters counters_;
};

std::string Snapshot::readLine(const std::string& line) {
  Words words(line);
  const std::string_view key = words.take();
  if (key == "area" && (fields_ & shown::start) == 0 && isEmptyRange(Words(words).take()))
    return readEmptyArea(words);
  if (isInitial(key)) {
    (text_ += "init ") += line;
    text_ += "\n";
    return {};
  }
  if (key == "pages") return readRun(words, line);
  if (key == "maps") {
    std::uint64_t start = 0, shownAt = 0;
    if (!number(words.take(), start) || !number(words.take(), shownAt) || !words.rest().empty())
      return bad("`maps START SHOWN`", line);
    shownStarts_.emplace_back(start, shownAt);
    return {};
  }
  if (key == "counters") return readCounters(words, line);
  return bad("`area`, `page`, `pages`, `object`, `object-page`, `maps` or `counters`", line);
}

/// Linux before 4.12 hides the lowest page of a stack, which may be all of it.
std::string Snapshot::readEmptyArea(Words words) {
  const std::string_view range = words.take();
  trace::Trace one;
  const std::string text =
      std::string(traceHeader) + "init area 0-1 " + std::string(words.rest()) + "\n";
  if (std::string error = parseTrace(text, one); !error.empty()) return error;
  trace::Area& area = empty_.emplace_back(one.initial->areas.front());
  number(range.substr(0, range.find('-')), area.start);
  area.end = area.start;
  return {};
}

std::string Snapshot::readRun(Words words, const std::string& line) {
  const std::string_view range = words.take();
  const std::size_t dash = std::min(range.find('-'), range.size());
  std::uint64_t from = 0, to = 0;
  if (!number(range.substr(0, dash), from) || dash == range.size() ||
      !number(range.substr(dash + 1), to) || from >= to || !words.rest().empty())
    return bad("`pages START-END`", line);
  constexpr std::uint64_t most = std::uint64_t{1} << 20;
  if ((from | to) % page_ != 0 || (to - from) / page_ > most - std::min(most, runs_.size()))
    return bad("whole pages, no more than a million", line);
  for (std::uint64_t address = from; address < to; address += page_)
    runs_.push_back({.address = address});
  return {};
}

std::string Snapshot::readCounters(Words words, const std::string& line) {
  for (std::string_view word; !(word = words.take()).empty();) {
    const auto* const counter =
        std::find_if(std::begin(trace::counterFields), std::end(trace::counterFields),
                     [&](const trace::CounterField& c) { return c.name == word; });
    if (counter == std::end(trace::counterFields) ||
        !difference(words.take(), counters_.*counter->member))
      return bad("`counters` with names of counters, each with a number", line);
    shows_ |= harness::shownCounter(*counter) & fields_;
  }
  return {};
}

std::string Snapshot::finish(trace::State& out) {
  trace::Trace parsed;
  if (std::string error = parseTrace(text_, parsed); !error.empty()) return error;
  if (parsed.initial) out = std::move(*parsed.initial);
  out.counters = counters_;
  if (std::string error = placeEmptyAreas(out); !error.empty()) return error;
  if (!runs_.empty()) {
    const auto listed = static_cast<std::ptrdiff_t>(out.pages.size());
    out.pages.insert(out.pages.end(), runs_.begin(), runs_.end());
    std::inplace_merge(
        out.pages.begin(), out.pages.begin() + listed, out.pages.end(),
        [](const trace::Page& a, const trace::Page& b) { return a.address < b.address; });
  }
  if (std::string error = placeShownStarts(out); !error.empty()) return error;
  return checkPages(out);
}

std::string Snapshot::placeEmptyAreas(trace::State& out) const {
  for (const trace::Area& area : empty_) {
    const auto at = std::find_if(out.areas.begin(), out.areas.end(),
                                 [&](const trace::Area& a) { return a.end > area.start; });
    if (at != out.areas.end() && at->start < area.start)
      return "the empty area at " + trace::printBytes(area.start) + " lies in another";
    out.areas.insert(at, area);
  }
  return {};
}

std::string Snapshot::placeShownStarts(trace::State& out) const {
  for (trace::Area& area : out.areas) {
    if ((area.start | area.end) % page_ != 0)
      return "the area at " + trace::printBytes(area.start) + " is not of whole pages";
    area.shownStart = area.start;
  }
  for (const std::pair<std::uint64_t, std::uint64_t>& line : shownStarts_) {
    const auto [start, shownAt] = line;
    const auto area = std::find_if(out.areas.begin(), out.areas.end(),
                                   [&](const trace::Area& a) { return a.start == line.first; });
    if (area == out.areas.end() || shownAt < start || shownAt > area->end || shownAt % page_ != 0)
      return "`maps " + trace::printBytes(start) + "` is about no area";
    area->shownStart = shownAt;
  }
  return {};
}

std::string Snapshot::checkPages(const trace::State& out) const {
  std::size_t area = 0;
  const trace::Page* last = nullptr;
  for (const trace::Page& p : out.pages) {
    if (p.address % page_ != 0 || (last != nullptr && last->address >= p.address))
      return "the page at " + trace::printBytes(p.address) +
             " is not at a page's address, or is listed twice";
    last = &p;
    if ((fields_ & shown::areas) == 0) continue;
    while (area < out.areas.size() && out.areas[area].end <= p.address)
      ++area;
    if (area == out.areas.size() || p.address < out.areas[area].start)
      return "the page at " + trace::printBytes(p.address) + " lies in no area";
  }
  return {};
}

} // namespace

std::string parseSnapshot(std::span<const std::string> lines, Fields fields, std::uint64_t page,
                          trace::State& out, Fields& shows) {
  out.clear();
  Snapshot snapshot(fields, page);
  for (const std::string& line : lines)
    if (std::string error = snapshot.readLine(line); !error.empty()) return error;
  shows = snapshot.shows();
  return snapshot.finish(out);
}

std::string parseStep(std::string_view line, trace::Step& out) {
  trace::Trace parsed;
  std::string text(traceHeader);
  text += line;
  text += "\n";
  if (std::string error = parseTrace(text, parsed); !error.empty()) return error;
  if (parsed.records.size() != 1) return "expected a step, found " + quoted(line);
  out = parsed.records.front().step;
  return {};
}

std::string parseStart(std::string_view line, Start& out) {
  out = {};
  Words words(line);
  if (words.take() != "start") return "expected `start`, found " + quoted(line);
  for (std::string_view key; !(key = words.take()).empty();) {
    const std::string_view value = words.take();
    if (key == "rules" || key == "knobs") {
      (key == "rules" ? out.rules : out.knobs) = value;
      continue;
    }
    for (const trace::WithField& field : trace::withFields)
      if (key == field.name && !number(value, (out.with.*field.member).emplace()))
        return "expected a number after " + quoted(key) + ", found " + quoted(value);
  }
  if (out.rules.empty()) return "there is no `rules` in " + quoted(line);
  return {};
}

std::string parseInitial(std::span<const std::string> lines, trace::State& out) {
  trace::Trace parsed;
  std::string text(traceHeader);
  for (const std::string& line : lines)
    (text += line) += "\n";
  if (std::string error = parseTrace(text, parsed); !error.empty()) return error;
  if (!parsed.initial || !parsed.records.empty()) return "expected `init` lines";
  out = std::move(*parsed.initial);
  return {};
}

} // namespace growsdown::systems
