// A program that uses the installed libraries: the reference, as an emulator would, and the
// harness, to compare the reference with the model.
#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "reference/address_space.h"
#include "trace/text.h"

#include <cstdio>

int main() {
  using namespace growsdown;
  const trace::ParseResult parsed = trace::parse("growsdown-trace 1\n"
                                                 "mmap 0x1000400000 0x1000 rw fixed,growsdown\n"
                                                 "touch 0x10003f6000 w\n",
                                                 "consumer");
  const trace::RuleSet& rules = *trace::findRuleSet(trace::defaultRuleSet);
  std::string error;
  const auto parameters = trace::makeParameters(rules, {}, error);
  if (parsed.error || !parameters) return 1;

  reference::AddressSpace space;
  space.start(*parameters, nullptr);
  for (const trace::Record& record : parsed.traces[0].records)
    std::printf("%s\n", trace::print(space.apply(record.step)).c_str());
  trace::State state;
  space.snapshot(state);
  // Ten pages to the touched page, and one more for 4.3's guard.
  if (state.areas.size() != 1 || state.areas[0].start != 0x10003f5000) return 1;

  const auto model = harness::makeModel();
  const auto reference = harness::makeReference();
  harness::Differential differential(*model, *reference);
  return harness::exitCode(differential.run(rules, parsed.traces[0]).verdict);
}
