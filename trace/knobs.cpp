// The knobs of a rule set by name: one table for printing and for setting.
#include "trace/ruleset.h"

#include <array>
#include <charconv>
#include <limits>
#include <type_traits>
#include <variant>

namespace growsdown::trace {
namespace {

constexpr std::array<std::string_view, 3> archNames = {"arm64", "amd64", "um"};
constexpr std::array<std::string_view, 2> guardNames = {"page-inside", "gap"};
constexpr std::array<std::string_view, 3> mremapOrderNames = {"unmap-first", "lookup-first",
                                                              "check-first"};

using Member = std::variant<bool RuleSet::*, std::uint32_t RuleSet::*, std::uint64_t RuleSet::*,
                            Arch RuleSet::*, GuardStyle RuleSet::*, MremapOrder RuleSet::*>;
struct Row {
  std::string_view name;
  Member member;
};

constexpr Row table[] = {
    {"arch", &RuleSet::arch},
    {"guard", &RuleSet::guard},
    {"gap-pages", &RuleSet::gapPages},
    {"inaccessible-exempt", &RuleSet::inaccessibleExempt},
    {"stack-limit-discount", &RuleSet::stackLimitDiscount},
    {"low-address-by-capability", &RuleSet::lowAddressByCapability},
    {"anon-vma-before-low-address", &RuleSet::anonVmaBeforeLowAddress},
    {"stack-pointer-slack", &RuleSet::stackPointerSlack},
    {"gup-grows", &RuleSet::gupGrows},
    {"gup-unshares", &RuleSet::gupUnshares},
    {"refused-faults-count", &RuleSet::refusedFaultsCount},
    {"exec-maps-first", &RuleSet::execMapsFirst},
    {"rlimit-data", &RuleSet::rlimitData},
    {"data-is-private-writable", &RuleSet::dataIsPrivateWritable},
    {"placement-sees-gap", &RuleSet::placementSeesGap},
    {"placement-searches-down", &RuleSet::placementSearchesDown},
    {"placement-length-spares-low", &RuleSet::placementLengthSparesLow},
    {"placement-search-spares-low", &RuleSet::placementSearchSparesLow},
    {"aligns-huge-placement", &RuleSet::alignsHugePlacement},
    {"fixed-noreplace", &RuleSet::fixedNoreplace},
    {"fixed-failure-keeps", &RuleSet::fixedFailureKeeps},
    {"map-stack-is-nohugepage", &RuleSet::mapStackIsNohugepage},
    {"mprotect-drops-account", &RuleSet::mprotectDropsAccount},
    {"mprotect-keeps-writable", &RuleSet::mprotectKeepsWritable},
    {"mprotect-keeps-clean", &RuleSet::mprotectKeepsClean},
    {"merge-adopts-changed", &RuleSet::mergeAdoptsChanged},
    {"mmap-merge-prefers-next", &RuleSet::mmapMergePrefersNext},
    {"mlock-counts-twice", &RuleSet::mlockCountsTwice},
    {"mremap-order", &RuleSet::mremapOrder},
    {"mremap-duplicates-private", &RuleSet::mremapDuplicatesPrivate},
    {"mremap-merges-in-place", &RuleSet::mremapMergesInPlace},
    {"mremap-locks-in-bytes", &RuleSet::mremapLocksInBytes},
    {"mremap-moves-tables", &RuleSet::mremapMovesTables},
    {"mremap-moves-many", &RuleSet::mremapMovesMany},
    {"mremap-checks-count-early", &RuleSet::mremapChecksCountEarly},
    {"ignores-top-byte", &RuleSet::ignoresTopByte},
    {"untags-calls", &RuleSet::untagsCalls},
    {"si-addr-clears-top-byte", &RuleSet::siAddrClearsTopByte},
    {"general-protection", &RuleSet::generalProtection},
    {"tables-before-fault", &RuleSet::tablesBeforeFault},
    {"dontneed-frees-tables", &RuleSet::dontneedFreesTables},
    {"hardware-dirty", &RuleSet::hardwareDirty},
    {"shared-dirty-is-major", &RuleSet::sharedDirtyIsMajor},
    {"host-mapped-pages", &RuleSet::hostMappedPages},
    {"fetches-are-reads", &RuleSet::fetchesAreReads},
    {"write-allows-reads", &RuleSet::writeAllowsReads},
    {"kernel-asks-entries", &RuleSet::kernelAsksEntries},
    {"page", &RuleSet::page},
};

template <class Enum>
std::span<const std::string_view> names() {
  if constexpr (std::is_same_v<Enum, Arch>)
    return archNames;
  else if constexpr (std::is_same_v<Enum, GuardStyle>)
    return guardNames;
  else
    return mremapOrderNames;
}

template <class T>
std::string text(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_enum_v<T>)
    return std::string(names<T>()[static_cast<std::size_t>(value)]);
  else
    return std::to_string(value);
}

/// Reads `value` into `out`; otherwise returns what it could have been.
template <class T>
std::string read(std::string_view value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value != "true" && value != "false") return "true or false";
    out = value == "true";
  } else if constexpr (std::is_enum_v<T>) {
    const auto all = names<T>();
    std::string choice;
    for (std::size_t i = 0; i < all.size(); i++) {
      if (value == all[i]) {
        out = static_cast<T>(i);
        return {};
      }
      if (i > 0) choice += i + 1 == all.size() ? " or " : ", ";
      choice += all[i];
    }
    return choice;
  } else {
    const bool hex = value.substr(0, 2) == "0x";
    if (hex) value.remove_prefix(2);
    T number{};
    const char* const end = value.data() + value.size();
    const auto [after, code] = std::from_chars(value.data(), end, number, hex ? 16 : 10);
    if (code != std::errc() || after != end)
      return "a number up to " + std::to_string(std::numeric_limits<T>::max());
    out = number;
  }
  return {};
}

} // namespace

std::vector<Knob> knobs(const RuleSet& rules) {
  std::vector<Knob> out;
  for (const Row& row : table)
    std::visit([&](auto member) { out.push_back({row.name, text(rules.*member)}); }, row.member);
  return out;
}

bool setKnob(RuleSet& rules, std::string_view name, std::string_view value, std::string& error) {
  for (const Row& row : table)
    if (row.name == name) {
      const std::string choice =
          std::visit([&](auto member) { return read(value, rules.*member); }, row.member);
      if (choice.empty()) return true;
      error = "knob " + std::string(name) + ": expected " + choice + ", found `" +
              std::string(value) + "`";
      return false;
    }
  error = "there is no knob `" + std::string(name) + "`; there are";
  for (const Row& row : table)
    error += (&row == table ? " " : ", ") + std::string(row.name);
  return false;
}

} // namespace growsdown::trace
