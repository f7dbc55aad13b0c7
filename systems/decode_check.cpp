#include "systems/decode_check.h"

#include "harness/builtin_systems.h"
#include "harness/message_kind.h"
#include "harness/run.h"
#include "systems/plugin.h"
#include "systems/protocol.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace growsdown::systems {
namespace {

namespace shown = harness::shown;
using harness::messageKind;
using Lines = std::vector<std::string>;

Lines linesOf(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The lines of an answer without the one that ends it.
Lines answerOf(const std::string& text) {
  Lines lines = linesOf(text);
  if (!lines.empty() && lines.back() == endOfAnswer) lines.pop_back();
  return lines;
}

std::uint64_t hashOf(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

std::string wrong(std::string_view what, std::string_view text) {
  return std::string(what) + ": " + std::string(text);
}

std::string checkHello(const Lines& lines, std::vector<std::uint64_t>& reached) {
  Hello hello, again;
  const std::string why = parseHello(lines, hello);
  reached.push_back(messageKind("hello", why));
  if (!why.empty()) return {};
  const std::string text = print(hello);
  if (const std::string refused = parseHello(answerOf(text), again); !refused.empty())
    return wrong("a printed greeting is refused", refused + "\n" + text);
  if (print(again) != text) return wrong("a greeting changes when it is printed", text);
  return {};
}

std::string checkSnapshot(const Lines& lines, std::vector<std::uint64_t>& reached) {
  trace::State state, again;
  harness::Fields shows = 0, showsAgain = 0;
  const std::string why = parseSnapshot(lines, shown::all, 4096, state, shows);
  reached.push_back(messageKind("snapshot", why));
  if (!why.empty()) return {};
  reached.push_back(hashOf("areas") + std::min<std::size_t>(state.areas.size(), 8));
  const std::string text = printSnapshot(state, shows);
  if (const std::string refused = parseSnapshot(answerOf(text), shows, 4096, again, showsAgain);
      !refused.empty())
    return wrong("a printed state is refused", refused + "\n" + text);
  if (printSnapshot(again, shows) != text) return wrong("a state changes when it is printed", text);
  return {};
}

std::string checkLine(std::string_view line, std::vector<std::uint64_t>& reached) {
  trace::Step step, sameStep;
  std::string why = parseStep(line, step);
  reached.push_back(messageKind("step", why));
  if (why.empty() && (!parseStep(trace::print(step), sameStep).empty() || sameStep != step))
    return wrong("a step changes when it is printed", trace::print(step));
  for (const char* const asked :
       {"mmap 0x1000000000 0x2000 rw -", "touch 0x1000000000 w", "mincore 0x1000000000 0x3000"}) {
    if (!parseStep(asked, step).empty()) return wrong("a step is refused", asked);
    trace::Outcome outcome, same;
    std::string reason, sameReason;
    why = parseOutcome(line, step, outcome, reason);
    reached.push_back(messageKind(asked, why));
    if (!why.empty() || outcome.kind == trace::Outcome::Kind::unknown) continue;
    const std::string text = trace::print(outcome);
    if (!parseOutcome(text, step, same, sameReason).empty() || same != outcome)
      return wrong("an outcome changes when it is printed", text);
  }
  Start start;
  reached.push_back(messageKind("start", parseStart(line, start)));
  return {};
}

std::string checkInitial(const Lines& lines, std::vector<std::uint64_t>& reached) {
  trace::State state, again;
  const std::string why = parseInitial(lines, state);
  reached.push_back(messageKind("initial", why));
  if (!why.empty()) return {};
  const std::string text = trace::printInitial(state);
  if (!parseInitial(linesOf(text), again).empty() || again != state)
    return wrong("an initial state changes when it is printed", text);
  return {};
}

// --- plug-ins ---

/// Bytes that are taken one value at a time; zeros after their end.
class Source {
 public:
  void set(std::string_view bytes) { bytes_ = bytes; }
  template <class T>
  void take(T& value) {
    const std::size_t size = std::min(sizeof value, bytes_.size());
    std::memcpy(static_cast<void*>(&value), bytes_.data(), size);
    bytes_.remove_prefix(size);
  }
  std::uint8_t byte() {
    std::uint8_t value = 0;
    take(value);
    return value;
  }

 private:
  std::string_view bytes_;
};

/// The arrays of a state, which stay valid until the next call.
struct Answers {
  Source source;
  std::vector<growsdown_area> areas;
  std::vector<growsdown_page> pages;
  std::vector<growsdown_object> objects;
  std::vector<growsdown_object_page> objectPages;
};

Answers& answers() {
  static Answers instance;
  return instance;
}

constexpr const char* reason = "it is asked too much";

// Half of the numbers are near the window, or no valid answer would occur.
std::uint64_t address(Source& source) {
  const std::uint8_t how = source.byte();
  if (how % 4 != 0) return 0x1000000000ULL + (how >> 2) * 0x1000ULL;
  std::uint64_t value = 0;
  source.take(value);
  return value;
}

void answer(void* system, const growsdown_step* step, growsdown_outcome* outcome) {
  Source& source = static_cast<Answers*>(system)->source;
  const std::uint8_t how = source.byte();
  outcome->kind = how < 200 ? how % 6 : how;
  outcome->error = source.byte();
  outcome->signal = source.byte() % 8;
  outcome->has_address = how & 1U;
  outcome->address = (how & 2U) != 0 ? step->address : address(source);
  outcome->reason = (how & 4U) != 0 ? reason : nullptr;
  outcome->resident = source.byte();
  outcome->resident_after = (how & 64U) != 0 ? source.byte() : 0;
}

template <class T>
void give(Source& source, std::vector<T>& array, const T*& to, std::size_t& count) {
  const std::uint8_t how = source.byte();
  array.assign(how % 5, T{});
  to = how < 250 ? array.data() : nullptr;
  count = how < 240 ? array.size() : std::size_t{1} << (23U + how % 16); // more than any state has
}

void state(void* system, growsdown_state* out) {
  Answers& given = *static_cast<Answers*>(system);
  Source& source = given.source;
  give(source, given.areas, out->areas, out->area_count);
  for (std::size_t i = 0; i < std::min<std::size_t>(given.areas.size(), 5); ++i) {
    growsdown_area& area = given.areas[i];
    area.start = area.shown_start = address(source);
    area.end = area.start + source.byte() * 0x1000ULL;
    area.flags = source.byte();
    area.object = source.byte() % 3;
    area.anon = source.byte() % 3;
    source.take(area.forked);
  }
  give(source, given.pages, out->pages, out->page_count);
  for (std::size_t i = 0; i < std::min<std::size_t>(given.pages.size(), 5); ++i)
    given.pages[i] = {address(source),
                      source.byte(),
                      source.byte(),
                      source.byte(),
                      source.byte(),
                      source.byte(),
                      0};
  give(source, given.objects, out->objects, out->object_count);
  for (growsdown_object& object : given.objects)
    object = {source.byte(), source.byte()};
  give(source, given.objectPages, out->object_pages, out->object_page_count);
  for (growsdown_object_page& page : given.objectPages)
    page = {source.byte(), source.byte(), source.byte()};
  source.take(out->counters);
}

void* create(const growsdown_start*, const char** why) {
  if (answers().source.byte() == 1) {
    *why = reason;
    return nullptr;
  }
  return &answers();
}

const growsdown_system& plugin() {
  static const growsdown_system table = {GROWSDOWN_HEADER,       .name = "answers of a search",
                                         .rules = nullptr,       .shows = shown::all,
                                         .does = ~0ULL,          .create = create,
                                         .apply = answer,        .state = state,
                                         .destroy = [](void*) {}};
  return table;
}

constexpr std::string_view asked = R"(growsdown-trace 1
mmap 0x1000000000 0x4000 rw fixed
touch 0x1000001000 w
mincore 0x1000000000 0x4000
mremap 0x1000000000 0x1000 0x2000 maymove
munmap 0x1000002000 0x1000
fork
)";

} // namespace

std::string checkProtocol(std::string_view input, std::vector<std::uint64_t>& reached) {
  const Lines lines = linesOf(input);
  for (const auto check : {checkHello, checkSnapshot, checkInitial})
    if (std::string found = check(lines, reached); !found.empty()) return found;
  for (const std::string& line : lines)
    if (std::string found = checkLine(line, reached); !found.empty()) return found;
  return {};
}

std::string checkPluginAnswers(std::string_view input, std::vector<std::uint64_t>& reached) {
  static const trace::ParseResult parsed = trace::parse(asked, "asked");
  if (parsed.error) return "the trace is refused: " + parsed.error->text();
  static const auto model = harness::makeModel();
  answers().source.set(input);
  Plugin system(&plugin(), "answers");
  harness::Differential differential(*model, system);
  const trace::RuleSet& rules = *trace::findRuleSet("linux-6.12-arm64");
  const harness::RunResult& result = differential.run(rules, parsed.traces.front());
  reached.push_back(messageKind("plugin", result.difference.field) + result.step);
  reached.push_back(messageKind("reason", result.reason));
  reached.push_back(messageKind("broken", result.brokenInvariants));
  reached.push_back(messageKind("right", result.difference.right) + result.step);
  if (result.verdict == harness::Verdict::error)
    return wrong("an answer is an error of this program", result.reason);
  return {};
}

std::vector<std::string> protocolSeeds() {
  Hello hello;
  hello.name = "seed";
  hello.rules = "linux-6.12-arm64";
  hello.shows = shown::all;
  hello.does = ~0U;
  hello.ahead = true;
  const auto model = harness::makeModel();
  const trace::ParseResult parsed = trace::parse(asked, "asked");
  std::vector<std::string> seeds{print(hello)};
  if (parsed.error) return seeds;
  const trace::RuleSet& rules = *trace::findRuleSet(hello.rules);
  std::string error;
  const auto parameters = trace::makeParameters(rules, {}, error);
  if (!parameters) return seeds;
  seeds.push_back(printStart(*parameters));
  model->start(*parameters, nullptr);
  for (const trace::Record& record : parsed.traces.front().records) {
    const trace::Outcome outcome = model->apply(record.step);
    trace::State now;
    model->snapshot(now);
    seeds.push_back(trace::print(record.step) + "\n" + trace::print(outcome) + "\n");
    seeds.push_back(printSnapshot(now, shown::all));
    seeds.push_back(trace::printInitial(now));
  }
  for (std::string& seed : seeds) // the line that ends an answer is not given to the decoders
    if (seed.ends_with("\n.\n")) seed.resize(seed.size() - 2);
  return seeds;
}

std::vector<std::string> pluginSeeds() {
  std::vector<std::string> seeds;
  for (char first = 0; first < 6; ++first) {
    std::string seed(96, '\0');
    seed[1] = first;
    seeds.push_back(seed);
    for (std::size_t i = 0; i < seed.size(); ++i)
      seed[i] = static_cast<char>(i * 37 + static_cast<std::size_t>(first));
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

} // namespace growsdown::systems
