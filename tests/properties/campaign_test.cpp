// The campaign must find what it exists for: each test plants a defect and fails if the campaign
// does not report it.
#include "fuzz/campaign.h"
#include "fuzz/mutator.h"
#include "harness/builtin_systems.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unistd.h>

using namespace growsdown;
using harness::Verdict;

namespace {

/// The model with changed answers.
class Tampered final : public harness::System {
 public:
  using Tamper = std::function<void(const trace::Step&, trace::Outcome&)>;
  explicit Tampered(Tamper tamper) : tamper_(std::move(tamper)) {}

  std::string_view name() const override { return "tampered"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    system_->start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override {
    trace::Outcome outcome = system_->apply(step);
    tamper_(step, outcome);
    return outcome;
  }
  void snapshot(trace::State& out) const override { system_->snapshot(out); }

 private:
  std::unique_ptr<harness::System> system_ = harness::makeModel();
  Tamper tamper_;
};

fuzz::CampaignOptions against(Tampered::Tamper tamper, std::uint64_t runs = 400) {
  fuzz::CampaignOptions options;
  options.runs = runs;
  options.right = [tamper] { return std::make_unique<Tampered>(tamper); };
  return options;
}

void nothing(const trace::Step&, trace::Outcome&) {}

trace::Trace only(const fuzz::Finding& finding) {
  const trace::ParseResult parsed = trace::parse(finding.text, "finding");
  EXPECT_FALSE(parsed.error.has_value()) << parsed.error->text();
  return parsed.traces.size() == 1 ? parsed.traces.front() : trace::Trace();
}

} // namespace

TEST(Campaign, agreesWhereNothingDiffers) {
  const auto result = fuzz::runCampaign(against(nothing));
  EXPECT_EQ(result.verdict, Verdict::agreed);
  EXPECT_TRUE(result.findings.empty());
  EXPECT_EQ(result.executions, 400U);
  EXPECT_GT(result.steps, result.executions);
  EXPECT_GT(result.features, 100U);
}

TEST(Campaign, muchThatIsUnknownIsNoAgreement) {
  unsigned answers = 0;
  const auto rarely = [&answers](const trace::Step&, trace::Outcome& outcome) {
    if (++answers % 200 == 0) outcome = trace::Outcome::undecided();
  };
  EXPECT_EQ(fuzz::runCampaign(against(rarely)).verdict, Verdict::agreed);
  const auto often = [](const trace::Step& step, trace::Outcome& outcome) {
    if (step.op == trace::Op::touch) outcome = trace::Outcome::undecided();
  };
  const auto result = fuzz::runCampaign(against(often));
  EXPECT_EQ(result.verdict, Verdict::unknown);
  EXPECT_GT(result.unknown, result.executions / 5);
  EXPECT_NE(result.ended.find("20 %"), std::string::npos) << result.ended;
}

TEST(Campaign, findsAndShrinksADifference) {
  const auto result =
      fuzz::runCampaign(against([](const trace::Step& step, trace::Outcome& outcome) {
        if (step.op == trace::Op::touch && outcome.kind == trace::Outcome::Kind::ok)
          outcome = trace::Outcome::signalled(trace::Signal::segvMaperr);
      }));
  ASSERT_EQ(result.verdict, Verdict::diverged);
  ASSERT_EQ(result.findings.size(), 1U);
  const fuzz::Finding& finding = result.findings.front();
  EXPECT_TRUE(finding.visible);
  const trace::Trace trace = only(finding);
  EXPECT_LE(trace.records.size(), 3U); // a mapping and a touch, and perhaps what decides the rule
  ASSERT_FALSE(trace.records.empty());
  EXPECT_EQ(trace.records.back().step.op, trace::Op::touch);
  EXPECT_EQ(trace.records.back().expected.kind, trace::Outcome::Kind::ok); // the model's outcome
}

TEST(Campaign, isTheSameForTheSameSeed) {
  const auto tamper = [](const trace::Step& step, trace::Outcome& outcome) {
    if (step.op == trace::Op::mremap && outcome.kind == trace::Outcome::Kind::okAddress)
      outcome.address += 1;
  };
  auto options = against(tamper, 2000);
  options.jobs = 2;
  options.seed = 7;
  const auto first = fuzz::runCampaign(options);
  const auto second = fuzz::runCampaign(options);
  EXPECT_EQ(first.executions, second.executions);
  EXPECT_EQ(first.steps, second.steps);
  EXPECT_EQ(first.features, second.features);
  EXPECT_EQ(first.pool, second.pool);
  ASSERT_EQ(first.findings.size(), second.findings.size());
  ASSERT_FALSE(first.findings.empty());
  for (std::size_t i = 0; i < first.findings.size(); ++i)
    EXPECT_EQ(first.findings[i].text, second.findings[i].text);
  options.seed = 8;
  EXPECT_NE(fuzz::runCampaign(options).steps, first.steps);
}

TEST(Campaign, keepsGoing) {
  auto options = against(
      [](const trace::Step& step, trace::Outcome& outcome) {
        if (outcome.kind != trace::Outcome::Kind::ok) return;
        if (step.op == trace::Op::munmap) outcome = trace::Outcome::failed(trace::Errno::eintr);
        if (step.op == trace::Op::mlock) outcome = trace::Outcome::failed(trace::Errno::eintr);
      },
      3000);
  options.keepGoing = true;
  const auto result = fuzz::runCampaign(options);
  EXPECT_GE(result.findings.size(), 2U);
  EXPECT_EQ(result.executions, 3000U);
}

TEST(Campaign, containsACrash) {
  // SIGKILL, because sanitizers handle other signals.
  const auto result = fuzz::runCampaign(against(
      [](const trace::Step& step, trace::Outcome&) {
        if (step.op == trace::Op::fork) kill(getpid(), SIGKILL);
      },
      100000));
  ASSERT_EQ(result.verdict, Verdict::error);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().signature, "error-signal-9-fork");
  const trace::Trace trace = only(result.findings.front());
  ASSERT_EQ(trace.records.size(), 1U);
  EXPECT_EQ(trace.records.front().step.op, trace::Op::fork);
}

TEST(Campaign, containsAHang) {
  auto options = against(
      [](const trace::Step& step, trace::Outcome&) {
        if (step.op == trace::Op::capable)
          for (;;)
            pause();
      },
      100000);
  options.hang = std::chrono::milliseconds(200);
  const auto result = fuzz::runCampaign(options);
  ASSERT_EQ(result.verdict, Verdict::error);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().signature, "error-hang-capable");
}

TEST(Campaign, hearsOfAnException) {
  const auto result = fuzz::runCampaign(against([](const trace::Step& step, trace::Outcome&) {
    if (step.op == trace::Op::mremap) throw std::runtime_error("no such thing");
  }));
  ASSERT_EQ(result.verdict, Verdict::error);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_NE(result.findings.front().description.find("no such thing"), std::string::npos);
}

// Decisive addresses must be hit exactly, not by luck: the generator reaches every edge of a small
// state.
TEST(Mutator, drawsEveryEdge) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, {}, error);
    ASSERT_TRUE(parameters.has_value()) << error;
    const std::uint64_t page = parameters->geometry.page;
    const std::uint64_t gap = page * rules.gapPages;
    trace::State state;
    trace::Area below;
    below.start = 0x1000000000;
    below.end = below.start + 4 * page;
    below.flags = trace::vm::read | trace::vm::write;
    trace::Area stack = below;
    stack.start = 0x1000800000;
    stack.end = stack.start + 2 * page;
    stack.pgoff = 0x300;
    stack.flags |= trace::vm::growsdown | trace::vm::locked;
    state.areas = {below, stack};
    state.counters.total = 6;
    state.counters.locked = 2;
    fuzz::DrawnLimits limits;
    limits.value = {64 * page, 106 * page, 32 * page, trace::unlimited};
    const std::vector<trace::Step> steps;
    const fuzz::View view{*parameters, state, limits, steps};

    std::set<std::uint64_t> wanted;
    for (const std::uint64_t edge :
         {below.start, below.end, stack.start, stack.end, below.end + gap, stack.end - 64 * page,
          stack.start - 100 * page, stack.start - 30 * page, stack.start - stack.pgoff * page,
          parameters->effectiveMinAddr(), below.start + (std::uint64_t{1} << 21)})
      for (const std::uint64_t off : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, page,
                                      0 - page, page - 1, 0 - page - 1})
        wanted.insert(edge + off);
    fuzz::Random random(3);
    for (int i = 0; i < 200000 && !wanted.empty(); ++i)
      wanted.erase(fuzz::edgeAddress(random, view));
    EXPECT_TRUE(wanted.empty()) << rules.name << ": never drawn: " << std::hex << *wanted.begin();

    std::set<std::uint64_t> stackLimits{
        2 * page, 2 * page - 1, 2 * page + 1, 3 * page, 3 * page - 1, trace::unlimited, 0};
    for (int i = 0; i < 20000; ++i)
      stackLimits.erase(fuzz::edgeLimit(random, view, trace::LimitKind::stack));
    EXPECT_TRUE(stackLimits.empty());
  }
}

TEST(Mutator, makesEveryOperation) {
  const auto guide = harness::makeModel();
  fuzz::Mutator mutator(*guide);
  fuzz::Random random(1);
  std::set<trace::Op> ops;
  std::set<std::string_view> sets;
  for (int i = 0; i < 300; ++i) {
    fuzz::Program program;
    mutator.generate(random, fuzz::Swarm::draw(random), 40, program);
    sets.insert(program.rules->name);
    for (const trace::Step& step : program.steps)
      ops.insert(step.op);
  }
  EXPECT_EQ(ops.size(), trace::opCount);
  EXPECT_EQ(sets.size(), trace::ruleSets().size());
}
