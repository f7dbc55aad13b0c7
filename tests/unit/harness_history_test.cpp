#include "harness/history.h"

#include "harness/builtin_systems.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace growsdown::harness {
namespace {

using trace::RuleSet;

std::vector<RuleSet> sets(const std::vector<std::string>& names) {
  std::vector<RuleSet> out;
  for (const std::string& name : names) {
    const RuleSet* rules = trace::findRuleSet(name);
    if (rules == nullptr) throw std::runtime_error(name);
    out.push_back(*rules);
  }
  return out;
}

trace::Trace parsed(const std::string& lines) {
  trace::ParseResult result = trace::parse("growsdown-trace 1\n" + lines, "test");
  if (result.error) throw std::runtime_error(result.error->text());
  return std::move(result.traces.at(0));
}

History of(const std::string& lines, const std::vector<std::string>& names,
           const HistoryOptions& options = {}) {
  return history(*makeModel(), sets(names), parsed(lines), options);
}

// `STEP SHOWN LEFT|RIGHT: KNOBS[?|!][; KNOBS]`; ?: enough only, !: needed only.
std::string told(const History& history) {
  std::string text;
  for (const HistoryDifference& p : history.differences) {
    text += std::to_string(p.step + 1) + " " + std::string(name(p.field)) + " " + p.leftValue +
            "|" + p.rightValue + ":";
    for (const Cause& cause : p.causes) {
      text += &cause == &p.causes[0] ? " " : "; ";
      for (const auto knob : cause.knobs)
        text += (knob == cause.knobs[0] ? "" : "+") + std::string(knob);
      text += !cause.needed ? "?" : !cause.enough ? "!" : "";
    }
    text += "\n";
  }
  return text;
}

const std::string gapExact = "mmap 0x10002d3000 0x1000 rw fixed\n"
                             "mmap 0x1000400000 0x1000 rw fixed,growsdown\n"
                             "touch 0x10003d4000 w\n"
                             "touch 0x10003d3fff w\n";

// S03, S04: a gap style without a gap, or a gap without the style, refuses nothing.
TEST(History, TheGapNeedsTwoKnobsTogether) {
  EXPECT_EQ(told(of(gapExact, {"linux-4.11-arm64", "linux-4.12-arm64"})),
            "2 map 0x1000401000-0x1000401000 rw-p|0x1000400000-0x1000401000 rw-p: guard\n"
            "4 outcome ok|SIGSEGV/MAPERR: guard+gap-pages\n");
}

// S09: 561b5e0709e4, and nothing else, lets a stack grow down to a PROT_NONE area.
TEST(History, TheExemptionOfInaccessibleNeighbours) {
  const std::string steps = "mmap 0x10003eb000 0x1000 none fixed\n"
                            "mmap 0x1000400000 0x1000 rw fixed,growsdown\n"
                            "touch 0x10003ec000 w\n";
  const History near = of(steps, {"linux-4.12-arm64", "linux-4.13-arm64"});
  ASSERT_FALSE(near.differences.empty());
  EXPECT_EQ(near.differences[0].field, HistoryField::outcome);
  EXPECT_EQ(near.differences[0].leftValue, "SIGSEGV/MAPERR");
  EXPECT_EQ(near.differences[0].rightValue, "ok");
  for (const HistoryDifference& p : near.differences)
    EXPECT_EQ(p.causes, (std::vector<Cause>{{{"inaccessible-exempt"}, true, true}}))
        << name(p.field);

  // From a distance, the other style of guard is enough, and the exemption could have prevented it.
  const std::string far = told(of(steps, {"linux-4.3-arm64", "linux-5.10-arm64"}));
  EXPECT_NE(far.find("3 outcome SIGSEGV/MAPERR|ok: guard; inaccessible-exempt!\n"),
            std::string::npos)
      << far;
}

// S22: because of the discount, the area may grow to a size at which its guard step is refused.
TEST(History, ARefusedGuardStepLeavesGrowth) {
  EXPECT_EQ(told(of("limit stack 0x10000\n"
                    "mmap 0x1000400000 0x1000 rw fixed,growsdown\n"
                    "touch 0x1000400000 r\n"
                    "touch 0x10003f0000 w\n",
                    {"linux-4.11-arm64", "linux-4.12-arm64"}, {.all = true})),
            "2 map 0x1000401000-0x1000401000 rw-p|0x1000400000-0x1000401000 rw-p: guard\n"
            "3 pages.size +2|+1: guard\n"
            "3 pages.stack +2|+1: guard\n"
            "4 pages.tables +3|+2: stack-limit-discount\n");
}

// S63: get_user_pages and StackRot, which a stable update fixed in 6.1.
TEST(History, GetUserPagesGrowsNoMore) {
  const std::string steps = "mmap 0x1000400000 0x1000 rw fixed,growsdown\ngup 0x10003d8000 w\n";
  for (const auto& pair : {std::vector<std::string>{"linux-5.10-arm64", "linux-6.1-arm64"},
                           {"linux-6.4-amd64", "linux-6.5-amd64"}}) {
    const History result = of(steps, pair);
    ASSERT_FALSE(result.differences.empty()) << pair[0];
    EXPECT_EQ(result.differences[0].field, HistoryField::outcome);
    EXPECT_EQ(result.differences[0].rightValue, "EFAULT");
    for (const HistoryDifference& p : result.differences) {
      EXPECT_EQ(p.step, 1U);
      EXPECT_EQ(p.causes, (std::vector<Cause>{{{"gup-grows"}, true, true}})) << name(p.field);
    }
  }
}

// S81: f8d112a4e657 keeps the areas of a refused MAP_FIXED, but leaves them split.
TEST(History, ARefusedFixedMappingLeavesSplits) {
  const History result = of("limit as 0x5000\n"
                            "mmap 0x1000400000 0x4000 rw fixed\n"
                            "mmap 0x1000401000 0x8000 rw fixed\n",
                            {"linux-6.1-arm64", "linux-6.12-arm64"}, {.internal = true});
  ASSERT_FALSE(result.differences.empty());
  for (const HistoryDifference& p : result.differences)
    EXPECT_EQ(p.causes, (std::vector<Cause>{{{"fixed-failure-keeps"}, true, true}}))
        << name(p.field);
}

// Only x86 checked the distance from the stack pointer, until 5.0.
TEST(History, ArchitecturesOfAReleaseAreNeighbours) {
  const History result =
      of(gapExact, {"linux-4.3-arm64", "linux-4.3-amd64", "linux-4.20-amd64", "linux-5.0-amd64"});
  EXPECT_EQ(result.pairs,
            (std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {2, 3}, {0, 1}}));
  unsigned found = 0;
  for (const HistoryDifference& p : result.differences)
    if (p.field == HistoryField::outcome && p.step == 2) {
      EXPECT_NE(p.left, 1U);
      ASSERT_EQ(p.causes.size(), 1U);
      EXPECT_EQ(p.causes[0].knobs, std::vector<std::string_view>{"stack-pointer-slack"});
      ++found;
    }
  EXPECT_EQ(found, 2U);
}

// A difference that no /proc file shows is reported only on request.
TEST(History, InternalStates) {
  const std::string steps = "mmap 0x1000400000 0x2000 rw fixed\n"
                            "touch 0x1000400000 w\n"
                            "fork\n"
                            "gup 0x1000400000 r\n";
  const std::vector<std::string> names = {"linux-5.18-arm64", "linux-5.19-arm64"};
  EXPECT_EQ(told(of(steps, names)), "");
  EXPECT_EQ(told(of(steps, names, {.internal = true})),
            "4 internal pages[0x1000400000].inherited yes|pages[0x1000400000].inherited no: "
            "gup-unshares\n");
}

TEST(History, BehavioursAreGrouped) {
  const History result =
      of(gapExact, {"linux-4.3-arm64", "linux-5.10-arm64", "linux-4.4-arm64", "linux-7.2-arm64"});
  EXPECT_EQ(result.behaviours, (std::vector<std::vector<std::size_t>>{{0, 2}, {1, 3}}));
  EXPECT_EQ(result.pairs,
            (std::vector<std::pair<std::size_t, std::size_t>>{{0, 2}, {2, 1}, {1, 3}}));
}

TEST(History, WhatCannotRunIsLeftOut) {
  const History pages =
      of("with page 16384\nfork\n", {"linux-4.3-arm64", "linux-4.4-arm64", "linux-5.10-amd64"});
  EXPECT_FALSE(pages.runs[0].complete);
  EXPECT_NE(pages.runs[0].reason.find("16384"), std::string::npos);
  EXPECT_TRUE(pages.runs[1].complete);
  EXPECT_FALSE(pages.runs[2].complete);
  EXPECT_TRUE(pages.pairs.empty());
  EXPECT_EQ(pages.behaviours, (std::vector<std::vector<std::size_t>>{{1}}));

  const History memory = of("with memory 0x4000\nmmap 0x1000400000 0x8000 rw fixed,populate\n",
                            {"linux-4.3-arm64", "linux-7.2-arm64"});
  for (const HistoryRun& run : memory.runs) {
    EXPECT_FALSE(run.complete);
    EXPECT_NE(run.reason.find("step 1"), std::string::npos) << run.reason;
  }
}

// Over all releases: a cause is one of the knobs that changed there. A reader can turn it with
// --knob; this test turns it in both directions.
TEST(History, CausesHold) {
  std::vector<RuleSet> all;
  for (const RuleSet& rules : trace::releases())
    if (rules.arch != trace::Arch::um) all.push_back(rules);
  const trace::Trace trace = parsed(gapExact + "mmap 0x1000c00000 0x1000 rw fixed,growsdown\n"
                                               "gup 0x1000bff000 w\n"
                                               "mmap 0x1000800000 0x3000 r fixed\n"
                                               "mprotect 0x1000801000 0x1000 rw\n");
  const auto model = makeModel();
  const History result = history(*model, all, trace);
  std::set<std::string> knobs;
  for (const HistoryDifference& p : result.differences) {
    ASSERT_FALSE(p.causes.empty()) << p.step << " " << name(p.field);
    const RuleSet& left = result.runs[p.left].rules;
    const RuleSet& right = result.runs[p.right].rules;
    const auto differ = trace::differingKnobs(left, right);
    for (const Cause& cause : p.causes) {
      if (!cause.enough) continue;
      RuleSet turned = left;
      for (const std::string_view knob : cause.knobs) {
        EXPECT_EQ(std::count(differ.begin(), differ.end(), knob), 1) << knob;
        knobs.insert(std::string(knob));
        std::string error;
        for (const trace::Knob& k : trace::knobs(right))
          if (k.name == knob) {
            ASSERT_TRUE(trace::setKnob(turned, knob, k.value, error)) << error;
          }
      }
      const History again = history(*model, std::vector<RuleSet>{turned}, trace);
      EXPECT_TRUE(same(p.field, trace.records[p.step].step, again.runs[0].steps[p.step],
                       result.runs[p.right].steps[p.step]))
          << left.name << " " << right.name << " step " << p.step + 1 << " " << name(p.field);
    }
  }
  EXPECT_EQ(knobs,
            (std::set<std::string>{"data-is-private-writable", "gap-pages", "guard", "gup-grows",
                                   "refused-faults-count", "stack-pointer-slack"}));
}

} // namespace
} // namespace growsdown::harness
