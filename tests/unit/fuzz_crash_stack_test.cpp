// Different differences have different functions on the stack.
#include "fuzz/crash_stack.h"
#include "model/rule.h"
#include "trace/fields.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace growsdown::fuzz {
namespace {

harness::Signature signatureOf(std::string field, trace::Op op, std::string rule) {
  harness::Signature signature;
  signature.field = std::move(field);
  signature.op = op;
  signature.rule = std::move(rule);
  return signature;
}

TEST(CrashStack, NamesTheField) {
  std::set<CrashStack::Frame> frames;
  std::size_t count = 0;
  const auto add = [&](const std::string& field) {
    ++count;
    frames.insert(CrashStack(signatureOf(field, trace::Op::touch, "")).field);
  };
  for (const char* field : {"outcome", "areas[]", "areas[].end", "areas[].pgoff", "pages[].prot",
                            "pages[]", "objectPages[].frame", "invariant areas-ordered", "new"})
    add(field);
  for (const trace::CounterField& counter : trace::counterFields)
    add("counters." + std::string(counter.inCode));
  EXPECT_EQ(frames.size(), count);
}

TEST(CrashStack, NamesTheOperationAndTheRule) {
  std::set<CrashStack::Frame> ops, rules;
  for (unsigned op = 0; op < trace::opCount; ++op)
    ops.insert(CrashStack(signatureOf("outcome", static_cast<trace::Op>(op), "")).op);
  EXPECT_EQ(ops.size(), trace::opCount);
  for (const model::RuleInfo& rule : model::rules())
    rules.insert(CrashStack(signatureOf("outcome", trace::Op::touch, std::string(rule.id))).rule);
  EXPECT_EQ(rules.size(), model::ruleCount);
  rules.insert(CrashStack(signatureOf("outcome", trace::Op::touch, "")).rule);
  EXPECT_EQ(rules.size(), model::ruleCount + 1);
}

int ends = 0;

TEST(CrashStack, EndsBelowTheFrames) {
  CrashStack stack(signatureOf("areas[].end", trace::Op::mmap, "GUARD-GAP"));
  stack.end = [] { ++ends; };
  stack.run();
  EXPECT_EQ(ends, 1);
  EXPECT_DEATH(CrashStack(signatureOf("areas[].end", trace::Op::mmap, "GUARD-GAP")).run(), "");
}

} // namespace
} // namespace growsdown::fuzz
