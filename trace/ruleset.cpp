#include "trace/ruleset.h"

#include <algorithm>

namespace growsdown::trace {
namespace {

constexpr RuleSet linux43Arm64() {
  RuleSet r;
  r.name = "linux-4.3-arm64";
  r.kernel = "4.3.0";
  r.guard = GuardStyle::pageInside;
  r.gapPages = 0;
  r.inaccessibleExempt = false;
  r.stackLimitDiscount = 1;
  r.lowAddressByCapability = true;
  r.anonVmaBeforeLowAddress = true;
  r.gupGrows = true;
  r.gupUnshares = false;
  r.refusedFaultsCount = true;
  r.rlimitData = false;
  r.dataIsPrivateWritable = false;
  r.placementSeesGap = false;
  r.fixedNoreplace = false;
  r.mlockCountsTwice = true;
  r.mremapOrder = MremapOrder::unmapFirst;
  r.mremapDuplicatesPrivate = true;
  r.mremapMergesInPlace = false;
  r.mremapLocksInBytes = true;
  r.mremapMovesTables = false;
  r.tablesBeforeFault = true;
  r.mremapChecksCountEarly = false;
  r.untagsCalls = false;
  r.siAddrClearsTopByte = true;
  return r;
}

constexpr RuleSet linux612Arm64() {
  RuleSet r;
  r.name = "linux-6.12-arm64";
  r.kernel = "6.12.107 (Debian)";
  r.alignsHugePlacement = true;
  r.fixedFailureKeeps = true;
  r.mapStackIsNohugepage = true;
  r.mprotectDropsAccount = true;
  r.mprotectKeepsWritable = true;
  return r;
}

constexpr RuleSet table[] = {linux43Arm64(), linux612Arm64()};

// Page-table shapes (rules.md 5.3). The first of a page size is what a trace gets that does not
// say.
struct Shape {
  bool old; // exists for 4.3 as well
  std::uint64_t page;
  unsigned pageShift;
  unsigned vaBits;
  unsigned levels;
  std::array<unsigned, 5> indexBits;
};
constexpr Shape arm64Shapes43[] = {
    {true, 4096, 12, 39, 3, {9, 9, 9}},
    {true, 4096, 12, 48, 4, {9, 9, 9, 9}},
    {true, 65536, 16, 42, 2, {13, 13}},
};
constexpr Shape arm64Shapes[] = {
    {false, 4096, 12, 48, 4, {9, 9, 9, 9}},  {false, 4096, 12, 39, 3, {9, 9, 9}},
    {false, 16384, 14, 47, 3, {11, 11, 11}}, {false, 16384, 14, 48, 4, {1, 11, 11, 11}},
    {false, 16384, 14, 36, 2, {11, 11}},     {false, 65536, 16, 42, 2, {13, 13}},
    {false, 65536, 16, 48, 3, {6, 13, 13}},
};

constexpr std::uint64_t defaultMemoryBytes = 1ULL << 30;

} // namespace

std::span<const RuleSet> ruleSets() {
  return table;
}

const RuleSet* findRuleSet(std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const RuleSet& r) { return r.name == name; });
  return found == std::end(table) ? nullptr : found;
}

std::optional<Parameters> makeParameters(const RuleSet& rules, const With& with,
                                         std::string& error) {
  Parameters p;
  p.rules = &rules;
  const std::uint64_t page = with.page.value_or(rules.page);
  const std::span<const Shape> shapes = rules.guard == GuardStyle::pageInside
                                            ? std::span<const Shape>(arm64Shapes43)
                                            : std::span<const Shape>(arm64Shapes);
  const auto shape = std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) {
    return s.page == page && (!with.vaBits || *with.vaBits == s.vaBits);
  });
  if (shape == shapes.end()) {
    error = std::string(rules.name) + " has no kernel with pages of " + std::to_string(page) +
            " bytes" +
            (with.vaBits ? " and " + std::to_string(*with.vaBits) + " address bits" : "") +
            "; it has";
    for (const Shape& s : shapes)
      error.append(" ").append(std::to_string(s.page)).append("/").append(std::to_string(s.vaBits));
    return std::nullopt;
  }
  p.geometry = {shape->page, shape->vaBits, shape->levels, shape->indexBits, shape->pageShift};
  p.taskSize = std::uint64_t{1} << shape->vaBits;
  // STACK_TOP less the room kept for the main stack (mmap_base, without randomisation).
  p.mmapBase = p.taskSize - (128ULL << 20) - rules.gapPages * shape->page;
  p.minAddr = with.minAddr.value_or(4096);
  p.lsmMinAddr = with.lsmMinAddr.value_or(0);
  p.maxMapCount = with.maxMapCount.value_or(65530);
  p.memoryPages = with.memory.value_or(defaultMemoryBytes) / page;
  for (const auto& [key, value] :
       {std::pair{"min-addr", p.minAddr}, {"lsm-min-addr", p.lsmMinAddr}})
    if (value > p.taskSize / 2) {
      error = std::string("with ") + key + " " + std::to_string(value) +
              " is more than half of the address space";
      return std::nullopt;
    }
  if (p.maxMapCount > 0x7fffffff) {
    error = "with max-map-count " + std::to_string(p.maxMapCount) + " does not fit an int";
    return std::nullopt;
  }
  return p;
}

} // namespace growsdown::trace
