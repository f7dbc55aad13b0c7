// The tables of trace/fields.h: every operation in text, and docs/trace-format.md, which must agree
// with them.
#include "trace/fields.h"

#include "trace/bytes.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace growsdown::trace {
namespace {

/// Steps of an operation, with something in every operand: one without optional flags, one for each
/// flag.
std::vector<Step> stepsOf(const OpField& field) {
  Step step{.op = field.op};
  for (const Operand operand : field.operands)
    switch (operand) {
    case Operand::address:
    case Operand::stackPointer:
      step.address = 0x1000401000;
      break;
    case Operand::length:
    case Operand::oldLength:
    case Operand::value:
      step.length = 0x3000;
      break;
    case Operand::newLength:
      step.newLength = 0x5000;
      break;
    case Operand::limit:
      step.limit = LimitKind::data;
      break;
    case Operand::prot:
      step.prot = prot::read | prot::write;
      break;
    case Operand::access:
    case Operand::copy:
      step.access = Access::write;
      break;
    case Operand::no:
    case Operand::flagList:
    case Operand::oneFlag:
      break;
    }
  std::vector<Step> steps = {step};
  for (const FlagField& one : flagFields) {
    if (!(field.flags & one.flag)) continue;
    Step flagged = step;
    flagged.flags = one.flag;
    if (one.flag == flag::to) flagged.target = 0x1000700000;
    if (one.flag == flag::own) flagged.address = 0;
    steps.push_back(flagged);
  }
  return steps;
}

TEST(TraceFields, EveryOperationHasOneRowInItsPlace) {
  ASSERT_EQ(opFields.size(), opCount);
  std::set<std::string_view> names;
  for (unsigned i = 0; i < opCount; ++i) {
    EXPECT_EQ(static_cast<unsigned>(opFields[i].op), i);
    EXPECT_TRUE(names.insert(opFields[i].name).second) << opFields[i].name;
    EXPECT_EQ(findOp(opFields[i].name), opFields[i].op);
  }
}

TEST(TraceFields, EveryOperationComesBackFromTextAndBytes) {
  for (const OpField& field : opFields)
    for (const Step& step : stepsOf(field)) {
      const std::string line = print(step);
      EXPECT_EQ(line.substr(0, line.find(' ')), field.name);
      const ParseResult parsed = parse("growsdown-trace 1\n" + line + "\n", "t");
      ASSERT_FALSE(parsed.error) << parsed.error->text();
      ASSERT_EQ(parsed.traces.at(0).records.size(), 1U);
      EXPECT_EQ(parsed.traces[0].records[0].step, step) << line;
      const Decoded decoded = decode(encode(ruleSets()[0], parsed.traces[0]));
      ASSERT_EQ(decoded.trace.records.size(), 1U) << line;
      EXPECT_EQ(decoded.trace.records[0].step, step) << line;
    }
}

// A word less, and a word more, is refused: the row has exactly the operands of the text.
TEST(TraceFields, EveryOperationRefusesMissingAndFurtherOperands) {
  for (const OpField& field : opFields)
    for (const Step& step : stepsOf(field)) {
      const std::string line = print(step);
      EXPECT_TRUE(parse("growsdown-trace 1\n" + line + " 0x1\n", "t").error) << line;
      const bool optional = field.operands.has(Operand::oneFlag);
      if (field.operands.count == 0 || (optional && step.flags != 0 && step.flags != flag::to))
        continue;
      const std::string shorter = line.substr(0, line.rfind(' '));
      EXPECT_TRUE(parse("growsdown-trace 1\n" + shorter + "\n", "t").error) << shorter;
    }
}

TEST(TraceFields, NumbersAreThoseThatOperandsHold) {
  const auto numbers = [](const char* line) {
    return numbersOf(parse(std::string("growsdown-trace 1\n") + line + "\n", "t")
                         .traces.at(0)
                         .records.at(0)
                         .step);
  };
  constexpr unsigned address = 1U << addressNumber, length = 1U << lengthNumber;
  constexpr unsigned newLength = 1U << newLengthNumber, target = 1U << targetNumber;
  EXPECT_EQ(numbers("fork"), 0U);
  EXPECT_EQ(numbers("limit as 1"), length);
  EXPECT_EQ(numbers("touch 1 r"), address);
  EXPECT_EQ(numbers("mprotect 1 2 r growsdown"), address | length);
  EXPECT_EQ(numbers("mremap 1 2 3 maymove"), address | length | newLength);
  EXPECT_EQ(numbers("mremap 1 2 3 to 4"), address | length | newLength | target);
  EXPECT_EQ(numbers("sp 1"), address);
  EXPECT_EQ(numbers("sp own"), 0U);
}

TEST(TraceFields, WindowsContainWholeRanges) {
  constexpr Window window{0x1000, 0x3000};
  EXPECT_FALSE(window.contains(0xfff));
  EXPECT_TRUE(window.contains(0x1000));
  EXPECT_TRUE(window.contains(0x2fff));
  EXPECT_FALSE(window.contains(0x3000));
  EXPECT_TRUE(window.contains(0x1000, 0x2000));
  EXPECT_FALSE(window.contains(0x1000, 0x2001));
  EXPECT_FALSE(window.contains(0x2000, ~std::uint64_t{0}));
  EXPECT_FALSE(window.contains(0x3000, 0));
  EXPECT_TRUE(insideWindows(windows[1].end - 1));
  EXPECT_FALSE(insideWindows(windows[1].end - 1, 2));
  EXPECT_FALSE(insideWindows(programAddress));
}

// --- docs/trace-format.md

/// The page's lines from a heading up to the next one.
std::vector<std::string> section(const std::string& heading) {
  std::ifstream page(GROWSDOWN_DOCS "/trace-format.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) inside = line.ends_with(heading);
    if (inside) lines.push_back(line);
  }
  EXPECT_FALSE(lines.empty()) << heading;
  return lines;
}

/// The words in backquotes in the first cell of a table's row, also several cells of one row: the
/// word up to the first blank, in the order of the page.
std::vector<std::string> codeWords(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string_view::npos;) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string_view::npos) break;
    const std::string_view word = text.substr(at + 1, end - at - 1);
    words.emplace_back(word.substr(0, word.find(' ')));
    at = end + 1;
  }
  return words;
}

/// The cells of a table's row, without blanks around them.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  if (!line.starts_with("| ")) return out;
  for (std::size_t from = 2;;) {
    // A bar inside a cell is escaped.
    std::size_t end = line.find(" |", from);
    if (end == std::string::npos) return out;
    out.push_back(line.substr(from, end - from));
    from = end + 3;
    if (from >= line.size()) return out;
  }
}

TEST(TraceFormatPage, HasEveryOperationWithItsOperands) {
  std::vector<std::string> rows;
  for (const std::string& line : section("Steps"))
    if (const auto row = cells(line); !row.empty()) rows.push_back(row[0]);
  for (const OpField& field : opFields) {
    const std::string word = "`" + std::string(field.name);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const std::string& cell) {
      return cell.find(word + "`") != std::string::npos ||
             cell.find(word + " ") != std::string::npos;
    });
    ASSERT_NE(row, rows.end()) << field.name;
    // Its part of the cell: some rows have two operations.
    std::string part = row->substr(row->find(word));
    if (const std::size_t comma = part.find(", `"); comma != std::string::npos) part.resize(comma);
    const auto has = [&](std::string_view what) {
      EXPECT_NE(part.find(what), std::string::npos) << field.name << ": no " << what;
    };
    for (const Operand operand : field.operands)
      switch (operand) {
      case Operand::address:
        has(" ADDR");
        break;
      case Operand::length:
        has(" LEN");
        break;
      case Operand::oldLength:
        has(" OLD_LEN");
        break;
      case Operand::newLength:
        has(" NEW_LEN");
        break;
      case Operand::limit:
        for (const std::string_view limit : limitNames)
          has("`" + std::string(limit) + "`");
        break;
      case Operand::value:
        has(" BYTES");
        has("`unlimited`");
        break;
      case Operand::no:
        has(" no");
        break;
      case Operand::prot:
        has(" PROT");
        break;
      case Operand::flagList:
        has(" FLAGS");
        break;
      case Operand::oneFlag:
        for (const FlagField& one : flagFields)
          if (field.flags & one.flag) has("`" + std::string(one.name));
        break;
      case Operand::stackPointer:
        has(" ADDR");
        has("`own`");
        break;
      case Operand::access:
        has("`r`\\|`w`\\|`x`");
        break;
      case Operand::copy:
        has("`r`\\|`w`");
        EXPECT_EQ(part.find("`x`"), std::string::npos) << field.name;
        break;
      }
  }
}

TEST(TraceFormatPage, HasNoOperationThatIsNotOne) {
  std::set<std::string> known;
  for (const OpField& field : opFields)
    known.emplace(field.name);
  unsigned rows = 0;
  for (const std::string& line : section("Steps"))
    if (const auto row = cells(line); !row.empty() && row[0].starts_with("`")) {
      EXPECT_TRUE(known.contains(codeWords(row[0]).front())) << row[0];
      ++rows;
    }
  EXPECT_GT(rows, 10U);
}

TEST(TraceFormatPage, HasTheFlagsInOrder) {
  std::string text;
  for (const std::string& line : section("Steps"))
    text += line + "\n";
  std::size_t at = text.find("FLAGS is");
  ASSERT_NE(at, std::string::npos);
  for (const FlagField& field : flagFields) {
    if (!(field.flag & flag::ofMmap)) continue;
    const std::size_t next = text.find("`" + std::string(field.name) + "`", at);
    ASSERT_NE(next, std::string::npos) << field.name;
    at = next;
  }
}

TEST(TraceFormatPage, HasTheWithKeysAndTheirDefaults) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : section("Parameters: `with KEY VALUE`"))
    if (auto row = cells(line); !row.empty() && row[0].starts_with("`")) rows.push_back(row);
  ASSERT_EQ(rows.size(), std::size(withFields));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const WithField& field = withFields[i];
    EXPECT_EQ(rows[i].at(0), "`" + std::string(field.name) + "`");
    EXPECT_EQ(rows[i].at(1), field.what);
    const std::string& without = rows[i].at(2);
    if (field.shape) {
      EXPECT_TRUE(without.starts_with("the rule set's")) << without;
    } else if (field.member == &With::memory) {
      EXPECT_EQ(without, std::to_string(field.without >> 30) + " GiB");
    } else {
      EXPECT_EQ(without, std::to_string(field.without));
    }
  }
}

TEST(TraceFormatPage, HasTheSignalsAndErrnos) {
  std::vector<std::string> signals;
  std::string text;
  for (const std::string& line : section("Outcomes")) {
    text += line + "\n";
    if (line.starts_with("| `SIG")) signals = codeWords(cells(line).at(0));
  }
  ASSERT_EQ(signals.size(), std::size(signalFields));
  for (std::size_t i = 0; i < signals.size(); ++i)
    EXPECT_EQ(signals[i], signalFields[i].name);
  std::string list;
  for (const ErrnoField& field : errnoFields)
    list += (list.empty() ? "" : ", ") + std::string(field.name);
  for (char& c : text)
    if (c == '\n') c = ' ';
  EXPECT_NE(text.find(list), std::string::npos) << list;
}

TEST(TraceFormatPage, HasTheFlagsOfAreasAndTheCounters) {
  std::string area, counters;
  for (const std::string& line : section("Initial states: `init`")) {
    if (line.starts_with("| `init area")) area = line;
    if (line.starts_with("| `init counters")) counters = line;
  }
  for (const VmFlagField& field : vmFlagFields)
    EXPECT_NE(area.find("`" + std::string(field.name) + "`"), std::string::npos) << field.name;
  std::string words;
  for (const CounterField& field : counterFields)
    if (field.initial) words += " [" + std::string(field.name) + " N]";
  EXPECT_NE(counters.find("`init counters" + words + "`"), std::string::npos) << words;
}

} // namespace
} // namespace growsdown::trace
