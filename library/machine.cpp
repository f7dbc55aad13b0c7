#include "library/machine.h"

#include "reference/physical_memory.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace growsdown {

std::shared_ptr<const Machine> makeMachine(std::string_view name, const Options& options) {
  const trace::RuleSet* known = trace::findRuleSet(name);
  if (known == nullptr)
    throw std::invalid_argument("growsdown: there is no rule set `" + std::string(name) +
                                "`; allRuleSets() lists them");
  auto machine = std::make_shared<Machine>();
  machine->rules = *known;
  std::string error;
  for (const auto& [knob, value] : options.knobs)
    if (!trace::setKnob(machine->rules, knob, value, error))
      throw std::invalid_argument("growsdown: " + error);
  if (options.searchesUp) machine->rules.placementSearchesDown = false;
  const std::uint64_t page = options.pageSize.value_or(machine->rules.page);
  if (options.stackGuardGap) {
    const std::uint64_t pages = page == 0 ? 0 : *options.stackGuardGap / page;
    if (machine->rules.guard != trace::GuardStyle::gap)
      throw std::invalid_argument("growsdown: " + std::string(name) + " has no stack_guard_gap");
    if (page == 0 || *options.stackGuardGap % page != 0 || pages > 0xffffffff)
      throw std::invalid_argument("growsdown: stackGuardGap is a number of whole pages, in bytes");
    machine->rules.gapPages = static_cast<std::uint32_t>(pages);
  }

  trace::With with;
  with.page = options.pageSize;
  if (options.addressBits) with.vaBits = *options.addressBits;
  with.minAddr = options.mmapMinAddr;
  with.lsmMinAddr = options.lsmMmapMinAddr;
  with.maxMapCount = options.maxMapCount;
  const auto parameters = trace::makeParameters(machine->rules, with, error);
  if (!parameters) throw std::invalid_argument("growsdown: " + error);
  trace::Parameters& p = machine->parameters = *parameters;
  p.wholeAddressSpace();
  if (options.mmapBase) {
    if (*options.mmapBase % p.geometry.page != 0 || *options.mmapBase > p.mapWindow ||
        *options.mmapBase == 0)
      throw std::invalid_argument("growsdown: mmapBase is not a page of user addresses");
    p.mmapBase = *options.mmapBase;
  }
  p.memoryPages = std::min<std::uint64_t>(options.memory / p.geometry.page,
                                          reference::PhysicalMemory::tableZone - 2);
  return machine;
}

} // namespace growsdown
