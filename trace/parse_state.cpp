// The lines that describe states: what a step's state lines show, and `init` lines.
#include "trace/fields.h"
#include "trace/parse.h"

#include <tuple>

namespace growsdown::trace {
namespace {

enum StateLine : std::size_t { mapLine, pagesLine, sameLine, faultsLine, abnormalLine };
constexpr std::array<std::string_view, 5> stateLineNames = {"map", "pages", "same", "faults",
                                                            "abnormal"};

/// Why a line may not follow those that the step has, or null.
const char* misplaced(StateLine line, const Observation& state) {
  if (state.abnormal) return "nothing is expected of a step after `= abnormal`";
  if (state.hasFaults && line == faultsLine) return "a second `= faults` line for one step";
  if (state.hasFaults && line != abnormalLine)
    return "this line must come before the step's `= faults` line";
  if (line == faultsLine || line == abnormalLine) return nullptr;
  if (state.same && line == sameLine) return "a second `= same` line for one step";
  if (state.same || (line == sameLine && (state.hasMap || state.hasPages)))
    return "`= same` excludes `= map` and `= pages` lines";
  if (state.hasPages && line == mapLine)
    return "a `= map` line must come before the step's `= pages` line";
  if (state.hasPages) return "a second `= pages` line for one step";
  return nullptr;
}

void parseMapLine(Scanner& in, Observation& state) {
  const char* const where = in.here();
  MapLine line;
  if (!in.range(line.start, line.end)) return;
  if (!state.map.empty() && line.start < state.map.back().end)
    return in.fail(where, "`= map` lines ascend by address and do not overlap: expected one at or "
                          "above " +
                              printBytes(state.map.back().end));
  const std::string_view perms = in.peek();
  constexpr std::string_view letters = "rwx";
  bool good = perms.size() == 4 && (perms[3] == 'p' || perms[3] == 's');
  for (std::size_t i = 0; good && i < 3; i++)
    good = perms[i] == letters[i] || perms[i] == '-';
  if (!good) return in.expected("PERMS as /proc/self/maps has them, such as `rw-p`");
  line.prot = static_cast<std::uint8_t>((perms[0] == 'r' ? prot::read : 0) |
                                        (perms[1] == 'w' ? prot::write : 0) |
                                        (perms[2] == 'x' ? prot::exec : 0));
  line.shared = perms[3] == 's';
  in.take();
  state.map.push_back(line);
  state.hasMap = true;
}

void parsePagesLine(Scanner& in, Observation& state) {
  PagesLine pages;
  const auto field = [&](std::string_view word, std::int64_t& value) {
    if (in.failed()) return;
    if (!in.takeIf(word)) return in.expected(quoted(word), {word});
    value = in.signedNumber("pages, as `+4`");
  };
  field("size", pages.size);
  field("stack", pages.stack);
  field("locked", pages.locked);
  field("data", pages.data);
  if (in.failed()) return;
  if (!in.takeIf("resident")) return in.expected("`resident`", {"resident"});
  pages.resident = in.number("a number of pages");
  if (in.failed()) return;
  pages.hasTables = false;
  if (!in.atEnd()) {
    if (!in.takeIf("tables")) return in.expected("`tables` or the end of the line", {"tables"});
    pages.tables = in.signedNumber("pages, as `+4`");
    if (in.failed()) return;
    pages.hasTables = true;
  }
  state.pages = pages;
  state.hasPages = true;
}

/// An identity, which is a number from 1; 0 after an error.
std::uint64_t identity(Scanner& in, const char* what) {
  const char* const where = in.here();
  const std::uint64_t value = in.number(what);
  if (!in.failed() && value == 0) in.fail(where, "an identity is a number from 1");
  return value;
}

bool isSecond(Scanner& in, std::string_view word, bool known) {
  if (known) in.fail(in.here(), quoted(word) + " appears twice in this line");
  return known;
}

/// A number after a word that may be there once, in any order with others. True if it was the word.
bool parseIdentity(Scanner& in, std::string_view word, std::uint64_t& value) {
  if (in.peek() != word) return false;
  if (isSecond(in, word, value != 0)) return true;
  in.take();
  value = identity(in, "an identity, a number from 1");
  return true;
}
bool parsePages(Scanner& in, std::string_view word, std::uint64_t& value) {
  if (in.peek() != word) return false;
  if (isSecond(in, word, value != 0)) return true;
  in.take();
  value = in.number("a number of pages");
  return true;
}
bool parseWord(Scanner& in, std::string_view word, bool& value) {
  if (in.peek() != word) return false;
  if (isSecond(in, word, value)) return true;
  in.take();
  value = true;
  return true;
}

void parseArea(Scanner& in, State& state) {
  Area area;
  const char* const where = in.here();
  if (!in.range(area.start, area.end)) return;
  if (area.start == area.end) return in.fail(where, "an area is not empty");
  if (!state.areas.empty() && area.start < state.areas.back().end)
    return in.fail(where, "`init area` lines ascend by address and do not overlap: expected one at "
                          "or above " +
                              printBytes(state.areas.back().end));
  area.flags = in.protection();
  if (in.failed()) return;
  area.flags |= in.flagList(vmFlagFields, vm::all);
  while (!in.failed() && !in.atEnd())
    if (!parsePages(in, "pgoff", area.pgoff) && !parseIdentity(in, "anon", area.anon) &&
        !parseWord(in, "forked", area.forked) && !parseIdentity(in, "object", area.object))
      in.expected("`pgoff` PAGES, `anon` N, `forked`, `object` N or the end of the line",
                  {"pgoff", "anon", "forked", "object"});
  state.areas.push_back(area);
}

void parsePage(Scanner& in, State& state) {
  Page page;
  const char* const where = in.here();
  page.address = in.address();
  if (in.failed()) return;
  if (!state.pages.empty() && page.address <= state.pages.back().address)
    return in.fail(where, "`init page` lines ascend by address");
  page.kind = static_cast<Page::Kind>(in.oneOf(pageKindNames, "the kind of page"));
  if (in.failed()) return;
  page.prot = in.protection();
  while (!in.failed() && !in.atEnd())
    if (!parseIdentity(in, "frame", page.frame) && !parseWord(in, "inherited", page.inherited) &&
        !parseWord(in, "dirty", page.dirty) && !parseWord(in, "hosted", page.hosted))
      in.expected("`frame` N, `inherited`, `dirty`, `hosted` or the end of the line",
                  {"frame", "inherited", "dirty", "hosted"});
  state.pages.push_back(page);
}

void parseObject(Scanner& in, State& state) {
  Object object;
  const char* const where = in.here();
  object.id = identity(in, "an object's identity, a number from 1");
  if (in.failed()) return;
  if (!state.objects.empty() && object.id <= state.objects.back().id)
    return in.fail(where, "`init object` lines ascend by identity");
  if (!in.takeIf("pages")) return in.expected("`pages`", {"pages"});
  object.pages = in.number("a number of pages");
  state.objects.push_back(object);
}

void parseObjectPage(Scanner& in, State& state) {
  ObjectPage page;
  const char* const where = in.here();
  page.object = identity(in, "an object's identity, a number from 1");
  if (in.failed()) return;
  if (!in.takeIf("index")) return in.expected("`index`", {"index"});
  page.index = in.number("the page's index in the object");
  if (in.failed()) return;
  if (!state.objectPages.empty()) {
    const ObjectPage& last = state.objectPages.back();
    if (std::tie(page.object, page.index) <= std::tie(last.object, last.index))
      return in.fail(where, "`init object-page` lines ascend by object, then by index");
  }
  if (!in.takeIf("frame")) return in.expected("`frame`", {"frame"});
  page.frame = identity(in, "the frame's identity, a number from 1");
  state.objectPages.push_back(page);
}

void parseCounters(Scanner& in, State& state) {
  bool any = false;
  Words words;
  for (const CounterField& field : counterFields) {
    if (!field.initial) continue;
    words.push_back(field.name);
    if (!in.takeIf(field.name)) continue;
    any = true;
    state.counters.*field.member = in.number("a number of pages");
    if (in.failed()) return;
  }
  if (!any || !in.atEnd())
    in.expected(alternatives(words) + ", each at most once and in this order", words);
}

} // namespace

void parseStateLine(Scanner& in, Observation& state) {
  const char* const where = in.here();
  const auto line = static_cast<StateLine>(in.oneOf(stateLineNames, "a state line"));
  if (in.failed()) return;
  if (const char* const why = misplaced(line, state)) return in.fail(where, why);
  switch (line) {
  case mapLine:
    return parseMapLine(in, state);
  case pagesLine:
    return parsePagesLine(in, state);
  case sameLine:
    state.same = true;
    break;
  case faultsLine:
    state.faults = in.number("the number of minor faults");
    state.hasFaults = true;
    break;
  case abnormalLine:
    state.abnormal = true;
    break;
  }
}

void parseInitialLine(Scanner& in, State& state, bool& sawCounters) {
  constexpr std::array<std::string_view, 5> names = {"area", "page", "object", "object-page",
                                                     "counters"};
  const char* const where = in.here();
  const std::size_t line = in.oneOf(names, "an initial state's line");
  if (in.failed()) return;
  switch (line) {
  case 0:
    return parseArea(in, state);
  case 1:
    return parsePage(in, state);
  case 2:
    return parseObject(in, state);
  case 3:
    return parseObjectPage(in, state);
  case 4:
    if (sawCounters) return in.fail(where, "a second `init counters` line in this trace");
    sawCounters = true;
    return parseCounters(in, state);
  }
}

} // namespace growsdown::trace
