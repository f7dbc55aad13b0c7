// No knob without a witness. If any one knob of a rule set has another value, some trace of that
// rule set in the corpus no longer has its stated result, or requires page tables that no such
// kernel has.
#include "harness/builtin_systems.h"
#include "harness/metadata.h"
#include "harness/run.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown {
namespace {

/// A knob that no trace can show, with the unit test that shows it instead.
struct Exception {
  std::string_view knob;
  std::string_view value;
  std::string_view sets; ///< blank-separated; the rule sets' names contain one of these
  std::string_view why;
  std::string_view test; ///< as tests/unit has it, in quotes; empty: there is nothing to be shown
};
constexpr Exception exceptions[] = {
    {"gap-pages", "1", "4.3", "where the guard is a page of the area there is no gap", ""},
    {"inaccessible-exempt", "true", "4.3", "the exemption is from a gap, and there is none", ""},
    {"placement-sees-gap", "true", "4.3", "the gap to be seen has 0 pages", ""},
    {"placement-gap-wraps", "true", "4.3", "there is no gap that could reach address 0", ""},
    {"noreplace-sees-start-only", "true", "4.3", "MAP_FIXED_NOREPLACE is not known there", ""},
    {"ignores-top-byte", "true", "4.3-amd64 um",
     "an address with a top byte is in neither half, or in the kernel's", ""},
    {"placement-gap-wraps", "false", "um", "its search goes upwards", ""},
    {"placement-search-spares-low", "false", "um",
     "its search goes upwards, from far above the low addresses", ""},
    {"exec-maps-first", "true", "um", "a fetch is a read there, and refused as one", ""},
    {"mremap-locks-in-bytes", "true", "6.18 7.2",
     "a length that makes the sum wrap is no longer let through to the check", ""},
    {"dontneed-untags-late", "true", "4.3 amd64 um", "no call untags anything there", ""},
    {"mremap-checks-count-early", "false", "7.2",
     "the room for its splits that every mremap wants since then takes the place of this check",
     ""},
    {"mprotect-keeps-clean", "false", "4.3 5.10",
     "mprotect makes no present page writable there, clean or not", ""},
    {"mprotect-keeps-clean", "false", "arm64",
     "a clean page costs a fault all the same where the hardware does not set it dirty",
     "GUP-UNSHARES and mprotect"},
    {"mprotect-keeps-clean", "true", "6.1-arm64 um",
     "a clean page costs a fault all the same where the hardware does not set it dirty, or where "
     "the host has not mapped it",
     "GUP-UNSHARES and mprotect"},
    {"gup-unshares", "true", "4.3 5.10",
     "the copy costs the next write the same fault as the page that it was made from",
     "GUP-UNSHARES"},
    {"gup-unshares", "false", "6.1- arm64",
     "the copy is clean, and costs the next write the same fault as the page that it was made from",
     "GUP-UNSHARES and mprotect"},
    {"arm-four-levels", "true", "amd64 um", "a shape that this architecture does not have", ""},
    {"arm-granule16k", "true", "4.3 amd64 um", "no trace asks for pages that its kernel lacks", ""},
    {"arm-lva", "true", "4.3 amd64 um", "no trace asks for addresses that its kernel lacks", ""},
    {"arm-lpa2", "true", "4.3 5.10 6.1 amd64 um",
     "no trace asks for addresses that its kernel lacks", ""},
    {"x86-la57", "true", "4.3 arm64 um", "no trace asks for addresses that its kernel lacks", ""},
    {"mmap-gap-has-random-room", "true", "um", "its search goes upwards", ""},
};

/// A trace, and whether it must have its stated result.
struct Case {
  trace::Trace trace;
  bool agrees = true;
};

/// The traces of that rule set. Hand-written ones come first, because they are short.
std::vector<Case> cases(std::string_view set) {
  const std::filesystem::path corpus = GROWSDOWN_CORPUS;
  std::vector<Case> list;
  for (const std::string_view folder : {"rules", "regressions", "observed"})
    for (const std::string& file : tools::traceFiles({(corpus / folder).string()})) {
      const std::string name = std::filesystem::path(file).filename().string();
      if (folder == "observed" && name.substr(0, name.find_first_of("@.", set.size())) != set)
        continue;
      for (trace::Trace& trace : tools::readTraces(file)) {
        const harness::Metadata data = harness::metadata(trace);
        const auto sets = tools::ruleSetsOf(trace, data);
        if (std::count(sets.begin(), sets.end(), set) != 0)
          list.push_back({std::move(trace), data.expect == harness::Metadata::Expect::agree});
      }
    }
  return list;
}

/// The other values that a knob could have.
std::vector<std::string> otherValues(const trace::RuleSet& rules, const trace::Knob& knob) {
  std::vector<std::string> values;
  if (knob.value == "true" || knob.value == "false") {
    values = {knob.value == "true" ? "false" : "true"};
  } else if (knob.name == "arch") {
    values = {"arm64", "amd64", "um"};
  } else if (knob.name == "guard") {
    values = {"page-inside", "gap"};
  } else if (knob.name == "mremap-order") {
    values = {"unmap-first", "lookup-first", "check-first"};
  } else if (knob.name == "page") {
    values = {"4096", "16384", "65536"};
  } else { // a number of pages or bytes, where 0 can mean that there is no such check
    const std::uint64_t value = std::stoull(knob.value);
    values = {std::to_string(value + 1)};
    if (value > 0) values.push_back(std::to_string(value - 1));
    if (value > 1) values.emplace_back("0");
    if (value == 0 && knob.name == "stack-pointer-slack") values.emplace_back("65792");
  }
  // A value that no kernel of that kind can have does not count.
  std::erase_if(values, [&](const std::string& value) {
    trace::RuleSet turned = rules;
    std::string error;
    return value == knob.value || !trace::setKnob(turned, knob.name, value, error) ||
           !trace::makeParameters(turned, {}, error);
  });
  return values;
}

bool concerns(std::string_view parts, std::string_view set) {
  while (!parts.empty()) {
    const auto end = std::min(parts.find(' '), parts.size());
    if (set.find(parts.substr(0, end)) != std::string_view::npos) return true;
    parts.remove_prefix(std::min(end + 1, parts.size()));
  }
  return false;
}

bool unitTestExists(std::string_view test) {
  const std::string quoted = '"' + std::string(test) + '"';
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GROWSDOWN_UNIT_TESTS)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    const std::string source(std::istreambuf_iterator<char>(in), {});
    if (source.find(quoted) != std::string::npos) return true;
  }
  return false;
}

class Witness : public testing::TestWithParam<std::string> {
 protected:
  /// The first trace with another result, or null. Begins with the last trace that found one.
  const Case* notices(const trace::RuleSet& rules) {
    for (std::size_t n = 0; n <= cases_.size(); ++n) {
      const Case& one = cases_[n == 0 ? last_ : n - 1];
      std::string noKernel;
      const harness::Verdict verdict = replayer_.run(rules, one.trace).verdict;
      const bool runs = trace::makeParameters(rules, one.trace.with, noKernel).has_value();
      if (runs && verdict != harness::Verdict::agreed && verdict != harness::Verdict::diverged)
        continue;
      if (runs && (verdict == harness::Verdict::agreed) == one.agrees) continue;
      last_ = n == 0 ? last_ : n - 1;
      return &one;
    }
    return nullptr;
  }

  const std::vector<Case> cases_ = cases(GetParam());
  std::size_t last_ = 0;
  std::unique_ptr<harness::System> model_ = harness::makeModel();
  harness::Replayer replayer_{*model_};
};

TEST_P(Witness, OfEachKnob) {
  const trace::RuleSet& rules = *trace::findRuleSet(GetParam());
  replayer_.checkInvariants = false;
  ASSERT_FALSE(cases_.empty());
  if (const Case* wrong = notices(rules))
    FAIL() << "the corpus must agree as it is: " << tools::place(wrong->trace, wrong->trace.line);
  for (const trace::Knob& knob : trace::knobs(rules))
    for (const std::string& value : otherValues(rules, knob)) {
      trace::RuleSet turned = rules;
      std::string error;
      ASSERT_TRUE(trace::setKnob(turned, knob.name, value, error)) << error;
      const auto exception =
          std::find_if(std::begin(exceptions), std::end(exceptions), [&](const Exception& e) {
            return e.knob == knob.name && e.value == value && concerns(e.sets, GetParam());
          });
      const Case* witness = notices(turned);
      if (exception != std::end(exceptions)) {
        EXPECT_EQ(witness, nullptr)
            << knob.name << " = " << value << " is noticed by "
            << tools::place(witness->trace, witness->trace.line) << ": no exception any more";
        EXPECT_TRUE(exception->test.empty() || unitTestExists(exception->test))
            << "no unit test " << exception->test;
        std::cout << knob.name << " = " << value << ": " << exception->why << '\n';
        continue;
      }
      EXPECT_NE(witness, nullptr) << knob.name << " = " << value << ": nothing notices";
      if (witness != nullptr)
        std::cout << knob.name << " = " << value << ": "
                  << tools::place(witness->trace, witness->trace.line) << '\n';
    }
}

std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const trace::RuleSet& rules : trace::ruleSets())
    list.emplace_back(rules.name);
  return list;
}

std::string testName(const testing::TestParamInfo<std::string>& set) {
  std::string name = set.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Knobs, Witness, testing::ValuesIn(names()), testName);

} // namespace
} // namespace growsdown
