#include "systems/emit.h"
#include "systems/emit_states.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace growsdown::systems {
namespace {

namespace flag = trace::flag;
using trace::Op;
using trace::Outcome;
using trace::Step;

std::string number(std::uint64_t value) {
  return trace::printBytes(value) + "u";
}

std::string joined(const std::vector<std::string>& words, std::string_view otherwise) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " | ") + word;
  return text.empty() ? std::string(otherwise) : text;
}

std::string protOf(std::uint8_t prot, bool growsdown) {
  std::vector<std::string> words;
  if ((prot & trace::prot::read) != 0) words.emplace_back("Prot::read");
  if ((prot & trace::prot::write) != 0) words.emplace_back("Prot::write");
  if ((prot & trace::prot::exec) != 0) words.emplace_back("Prot::exec");
  if (growsdown) words.emplace_back("Prot::growsdown");
  return joined(words, "Prot::none");
}

std::string mapFlags(std::uint16_t flags) {
  std::vector<std::string> words{"MapFlags::anonymous"};
  words.emplace_back((flags & flag::shared) != 0 ? "MapFlags::shared" : "MapFlags::privateMapping");
  constexpr std::pair<std::uint16_t, const char*> names[] = {
      {flag::fixed, "fixed"},         {flag::fixedNoreplace, "fixedNoreplace"},
      {flag::growsdown, "growsdown"}, {flag::noreserve, "noreserve"},
      {flag::locked, "locked"},       {flag::populate, "populate"},
      {flag::stack, "stack"}};
  for (const auto& [bit, name] : names)
    if ((flags & bit) != 0) words.push_back(std::string("MapFlags::") + name);
  return joined(words, "");
}

std::string accessOf(const Step& step) {
  constexpr const char* names[] = {"Access::read", "Access::write", "Access::exec"};
  return names[static_cast<unsigned>(step.access)];
}

/// The call, without the statement around it; empty if the step is one without an answer.
std::string callOf(const Step& step) {
  const std::string range = "(" + number(step.address) + ", " + number(step.length) + ")";
  switch (step.op) {
  case Op::mmap:
    return "space.mmap(" + number(step.address) + ", " + number(step.length) + ", " +
           protOf(step.prot, false) + ",\n                 " + mapFlags(step.flags) + ")";
  case Op::mremap: {
    const char* flags = (step.flags & flag::to) != 0 ? "MremapFlags::maymove | MremapFlags::fixed"
                        : (step.flags & flag::maymove) != 0 ? "MremapFlags::maymove"
                                                            : "MremapFlags::none";
    return "space.mremap(" + number(step.address) + ", " + number(step.length) + ", " +
           number(step.newLength) + ",\n                   " + flags + ", " + number(step.target) +
           ")";
  }
  case Op::munmap:
    return "space.munmap" + range;
  case Op::mprotect:
    return "space.mprotect(" + number(step.address) + ", " + number(step.length) + ", " +
           protOf(step.prot, (step.flags & flag::growsdown) != 0) + ")";
  case Op::mlock:
    return "space.mlock" + range;
  case Op::munlock:
    return "space.munlock" + range;
  case Op::dontneed:
    return "space.madvise(" + number(step.address) + ", " + number(step.length) +
           ", Advice::dontneed)";
  case Op::kernel:
    return "space.kernelAccess(" + number(step.address) + ", " + accessOf(step) + ")";
  case Op::gup:
    return "space.pinPage(" + number(step.address) + ", " + accessOf(step) + ")";
  case Op::touch:
    return "space.fault(" + number(step.address) + ", " + accessOf(step) + ")";
  default:
    return {};
  }
}

std::string expectSignal(const Step& step, const Outcome& outcome) {
  constexpr const char* codes[] = {"segvMaperr", "segvAccerr", "segvPkuerr", "segvKernel",
                                   "busAdrerr"};
  const auto code = static_cast<unsigned>(outcome.signal) - 1;
  return "    ASSERT_FALSE(result.ok());\n"
         "    EXPECT_EQ(name(result.signal().code), name(SignalCode::" +
         std::string(codes[code]) + "));\n    EXPECT_EQ(result.signal().address, " +
         number(outcome.hasAddress ? outcome.address : step.address) + ");\n";
}

std::string expectResult(const Step& step, const Outcome& outcome) {
  switch (outcome.kind) {
  case Outcome::Kind::ok:
  case Outcome::Kind::okElsewhere:
    return "    EXPECT_TRUE(result.ok());\n";
  case Outcome::Kind::okAddress:
    return "    ASSERT_TRUE(result.ok()) << name(result.error());\n    EXPECT_EQ(result.value(), " +
           number(outcome.address) + ");\n";
  case Outcome::Kind::error:
    return "    EXPECT_EQ(result.raw(), -" + std::to_string(static_cast<int>(outcome.error)) +
           "); // " + trace::print(outcome) + "\n";
  case Outcome::Kind::signal:
    return expectSignal(step, outcome);
  default:
    return "    (void)result;\n";
  }
}

std::string mincore(const Step& step, const Outcome& outcome) {
  std::string text = "    std::vector<std::uint8_t> resident;\n    const auto result = "
                     "space.mincore(" +
                     number(step.address) + ", " + number(step.length) + ", resident);\n";
  if (outcome.kind == Outcome::Kind::error) return text + expectResult(step, outcome);
  text += "    EXPECT_TRUE(result.ok());\n";
  if (outcome.kind != Outcome::Kind::okPages) return text;
  return text + "    EXPECT_EQ(listing(resident), \"" + trace::print(outcome) + "\");\n";
}

std::string statement(const Step& step, const Outcome& outcome) {
  constexpr const char* limits[] = {"stack", "as", "memlock", "data"};
  switch (step.op) {
  case Op::limit:
    return "    space.setLimit(Limit::" + std::string(limits[static_cast<unsigned>(step.limit)]) +
           ", " + (step.length == trace::unlimited ? "unlimited" : number(step.length)) + ");\n";
  case Op::capable:
    return "    space.dropCapabilities();\n";
  case Op::fork:
    return "    space.fork();\n";
  case Op::sp:
    return "    space.setStackPointer(" +
           ((step.flags & flag::own) != 0 ? "space.end()" : number(step.address)) + ");\n";
  case Op::mincore:
    return mincore(step, outcome);
  default:
    break;
  }
  std::string text = "    const auto result =\n        " + callOf(step) + ";\n";
  text += expectResult(step, outcome);
  if (step.op == Op::touch) text += "    space.prepareFault();\n";
  return text;
}

std::string rightsOf(const trace::MapLine& line) {
  std::string text = "---p";
  if ((line.prot & trace::prot::read) != 0) text[0] = 'r';
  if ((line.prot & trace::prot::write) != 0) text[1] = 'w';
  if ((line.prot & trace::prot::exec) != 0) text[2] = 'x';
  if (line.shared) text[3] = 's';
  return text;
}

std::string expectState(const trace::Observation& state) {
  std::string text;
  if (state.hasMap || state.hasPages) {
    text += "    EXPECT_EQ(maps(space), (std::vector<std::string>{";
    for (const trace::MapLine& line : state.map)
      text += "\n        \"" + trace::printBytes(line.start) + "-" + trace::printBytes(line.end) +
              " " + rightsOf(line) + "\",";
    text += "}));\n";
  }
  if (state.hasPages) {
    const auto pages = [&](const char* what, std::int64_t value) {
      text += std::string("    EXPECT_EQ(pages(space, space.counters().") + what + "), " +
              std::to_string(value) + ");\n";
    };
    pages("total", state.pages.size);
    pages("stack", state.pages.stack);
    pages("locked", state.pages.locked);
    pages("data", state.pages.data);
    text += "    EXPECT_EQ(present(space), " + std::to_string(state.pages.resident) + ");\n";
  }
  if (state.hasFaults)
    text +=
        "    EXPECT_EQ(space.counters().faults - faults, " + std::to_string(state.faults) + "u);\n";
  return text;
}

std::string optionsOf(const trace::Parameters& p) {
  std::string text = "  Options options;\n";
  const auto set = [&](const char* name, std::uint64_t value) {
    text += std::string("  options.") + name + " = " + number(value) + ";\n";
  };
  set("pageSize", p.geometry.page);
  set("addressBits", p.geometry.vaBits);
  set("mmapMinAddr", p.minAddr);
  set("lsmMmapMinAddr", p.lsmMinAddr);
  set("maxMapCount", p.maxMapCount);
  set("mmapBase", p.mmapBase);
  set("stackLimit", trace::initialStackLimit);
  set("memlockLimit", trace::initialMemlockLimit);
  return text + "  options.capable = true;\n  AddressSpace space(\"" + std::string(p.rules->name) +
         "\", options);\n";
}

constexpr std::string_view head = R"(// Written by `growsdown emit gtest`. To build:
//   c++ -std=c++20 FILE.cpp $(pkg-config --cflags --libs growsdown) -lgtest -lgtest_main -pthread
)"
                                  "#include <growsdown/address_space.hpp>\n\n"
                                  "#include <gtest/gtest.h>\n"
                                  R"(
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

using namespace growsdown;

namespace {

// A trace shows what lies in these windows.
struct Window {
  Address start, end;
};
)";

constexpr std::string_view helpers = R"(
[[maybe_unused]] std::vector<std::string> maps(const AddressSpace& space) {
  std::vector<std::string> lines;
  for (const Window& window : windows)
    for (const Area& area : space.areas()) {
      const Address start = std::max(area.shownStart, window.start);
      const Address end = std::min(area.end, window.end);
      if (start > end || (start == end && area.shownStart != area.end)) continue;
      char range[64];
      std::snprintf(range, sizeof range, "0x%llx-0x%llx ", static_cast<unsigned long long>(start),
                    static_cast<unsigned long long>(end));
      const std::string line = mapsLine(area);
      lines.push_back(range + line.substr(line.rfind(' ') + 1));
    }
  return lines;
}

[[maybe_unused]] std::int64_t pages(const AddressSpace& space, std::uint64_t bytes) {
  return static_cast<std::int64_t>(bytes / space.pageSize());
}

// The pages that are present: also those of the zero page, which VmRSS leaves out.
[[maybe_unused]] std::int64_t present(const AddressSpace& space) {
  std::int64_t count = 0;
  for (const Window& window : windows)
    for (const Pages& run : space.pages())
      if (std::max(run.start, window.start) < std::min(run.end, window.end))
        count += pages(space, std::min(run.end, window.end) - std::max(run.start, window.start));
  return count;
}

// The answer of mincore as a trace has it: the first 64 pages, and how many follow.
[[maybe_unused]] std::string listing(const std::vector<std::uint8_t>& resident) {
  std::string text = "ok ";
  unsigned after = 0;
  for (std::size_t i = 0; i < resident.size(); ++i)
    if (i < 64)
      text += resident[i] != 0 ? '1' : '0';
    else
      after += resident[i] != 0;
  return resident.size() > 64 ? text + "+" + std::to_string(after) : text;
}

} // namespace

)";

} // namespace

std::string emitGtest(const trace::Trace& trace, const trace::Parameters& parameters,
                      std::string& error) {
  if (trace.initial) {
    error = "the library starts with an empty address space, and this trace starts in a state of "
            "its own";
    return {};
  }
  std::string steps;
  States states;
  bool elsewhere = false;
  for (const trace::Record& record : trace.records) {
    if (record.state.abnormal || record.expected.kind == Outcome::Kind::unknown) break;
    trace::Observation state = states.next(record);
    elsewhere |= record.expected.kind == Outcome::Kind::okElsewhere;
    if (elsewhere) state = {}; // a trace shows nothing of what is outside the windows
    for (const std::string& text : record.comments)
      steps += emittedComment(text, "  ");
    steps += "  {\n    SCOPED_TRACE(\"" + trace::print(record.step) + "\");\n";
    if (state.hasFaults) steps += "    const auto faults = space.counters().faults;\n";
    steps += statement(record.step, record.expected) + expectState(state) + "  }\n";
  }
  if (steps.empty()) {
    error = "the trace has no steps";
    return {};
  }
  std::string text;
  for (const std::string& line : trace.before)
    text += emittedComment(line, "");
  text += std::string(head) + "constexpr Window windows[] = {";
  for (const trace::Window& window : parameters.windows)
    text += "{" + number(window.start) + ", " + number(window.end) + "}, ";
  text.resize(text.size() - 2);
  return text + "};\n" + std::string(helpers) + "TEST(Trace, Agrees) {\n" + optionsOf(parameters) +
         steps + "}\n";
}

} // namespace growsdown::systems
