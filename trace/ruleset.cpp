#include "trace/ruleset.h"

#include "trace/fields.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <utility>

namespace growsdown::trace {
namespace {

struct Name {
  std::string_view name;
  Version version;
  Arch arch;
  std::string_view kernel;
};
constexpr Name names[] = {
    {"linux-4.3-arm64", {4, 3}, Arch::arm64, "4.3.0"},
    {"linux-4.3-amd64", {4, 3}, Arch::amd64, "4.3.0"},
    {"linux-5.10-arm64", {5, 10}, Arch::arm64, "5.10.223 (Debian)"},
    {"linux-5.10-amd64", {5, 10}, Arch::amd64, "5.10.223 (Debian)"},
    {"linux-6.1-arm64", {6, 1}, Arch::arm64, "6.1.176 (Debian)"},
    {"linux-6.1-amd64", {6, 1}, Arch::amd64, "6.1.176 (Debian)"},
    {"linux-6.1-um", {6, 1}, Arch::um, "6.1.176 (user-mode Linux, Debian)"},
    {"linux-6.12-arm64", {6, 12}, Arch::arm64, "6.12.107 (Debian)"},
    {"linux-6.12-amd64", {6, 12}, Arch::amd64, "6.12.107 (Debian)"},
    {"linux-6.18-amd64", {6, 18}, Arch::amd64, "6.18.44"},
    {"linux-7.2-arm64", {7, 2}, Arch::arm64, "7.2.13 (Debian)"},
    {"linux-7.2-amd64", {7, 2}, Arch::amd64, "7.2.13 (Debian)"},
};

// The rule set of a release: 4.3 on arm64 and the changes since.
RuleSet compose(std::string_view name, std::string_view kernel, Version version, Arch arch) {
  RuleSet rules;
  rules.name = name;
  rules.kernel = kernel;
  rules.version = version;
  std::string error;
  for (const Change& change : changes())
    // A test of the table finds rows with an unknown knob or value.
    if (concerns(change, version, arch)) setKnob(rules, change.knob, change.value, error);
  return rules;
}

const RuleSet* find(std::span<const RuleSet> sets, std::string_view name) {
  const auto found =
      std::find_if(sets.begin(), sets.end(), [&](const RuleSet& r) { return r.name == name; });
  return found == sets.end() ? nullptr : &*found;
}

// The last minor release of each major one, and the first.
constexpr Version firstRelease{4, 3};
constexpr Version lastReleases[] = {{4, 20}, {5, 19}, {6, 19}, {7, 2}};

struct Releases {
  std::deque<std::string> names; // what the rule sets' names point to
  std::vector<RuleSet> sets;

  Releases() {
    for (const Arch arch : {Arch::arm64, Arch::amd64, Arch::um})
      for (const Version last : lastReleases)
        for (Version v{last.major, last.major == firstRelease.major ? firstRelease.minor : 0};
             v <= last; ++v.minor) {
          names.push_back("linux-" + print(v) + "-" + std::string(growsdown::trace::name(arch)));
          const RuleSet* recorded = find(ruleSets(), names.back());
          sets.push_back(recorded != nullptr ? *recorded : compose(names.back(), "", v, arch));
        }
  }
};

// The shapes of page tables (docs/rules/page-tables.md). Each has the addresses that follow from it:
// the end of user addresses, the end of placement without a hint above the window, and the start of
// a search upwards. The search starts at a quarter of the window on arm64, at a third on amd64, both
// rounded up to pages. The first shape of a page size is the default.
struct Shape {
  Arch arch;
  std::array<bool RuleSet::*, 2> needs; // the knobs that a rule set with this shape has on
  std::uint64_t page;
  unsigned pageShift;
  unsigned vaBits; // of user addresses
  unsigned levels;
  std::array<unsigned, 5> indexBits;
  std::uint64_t taskSize, mapWindow, unmappedBase;
};
constexpr std::uint64_t bits(unsigned count) {
  return std::uint64_t{1} << count;
}
// clang-format off
constexpr Shape shapes[] = {
    {Arch::arm64, {&RuleSet::armFourLevels}, 4096, 12, 48, 4, {9, 9, 9, 9}, bits(48), bits(48), bits(46)},
    {Arch::arm64, {}, 4096, 12, 39, 3, {9, 9, 9}, bits(39), bits(39), bits(37)},
    {Arch::arm64, {}, 4096, 12, 48, 4, {9, 9, 9, 9}, bits(48), bits(48), bits(46)},
    {Arch::arm64, {&RuleSet::armLpa2}, 4096, 12, 52, 5, {4, 9, 9, 9, 9}, bits(52), bits(48), bits(46)},
    {Arch::arm64, {&RuleSet::armGranule16k}, 16384, 14, 47, 3, {11, 11, 11}, bits(47), bits(47), bits(45)},
    {Arch::arm64, {&RuleSet::armGranule16k}, 16384, 14, 48, 4, {1, 11, 11, 11}, bits(48), bits(48), bits(46)},
    {Arch::arm64, {&RuleSet::armGranule16k}, 16384, 14, 36, 2, {11, 11}, bits(36), bits(36), bits(34)},
    {Arch::arm64, {&RuleSet::armGranule16k, &RuleSet::armLpa2}, 16384, 14, 52, 4, {5, 11, 11, 11}, bits(52), bits(48), bits(46)},
    {Arch::arm64, {}, 65536, 16, 42, 2, {13, 13}, bits(42), bits(42), bits(40)},
    {Arch::arm64, {}, 65536, 16, 48, 3, {6, 13, 13}, bits(48), bits(48), bits(46)},
    {Arch::arm64, {&RuleSet::armLva}, 65536, 16, 52, 3, {10, 13, 13}, bits(52), bits(48), bits(46)},
    // A guard page lies between the user's half and the kernel's.
    {Arch::amd64, {}, 4096, 12, 47, 4, {9, 9, 9, 9}, bits(47) - 4096, bits(47) - 4096, 0x2aaaaaaab000},
    {Arch::amd64, {&RuleSet::x86La57}, 4096, 12, 56, 5, {9, 9, 9, 9, 9}, bits(56) - 4096, bits(47) - 4096, 0x2aaaaaaab000},
    // os_get_top_address, less the 1 GiB block of the stub.
    {Arch::um, {}, 4096, 12, 39, 3, {9, 9, 9}, 0x7fc0000000, 0x7fc0000000, 0x40000000},
};
// clang-format on

// Where a search downwards begins: in the initial process, without randomisation and with the
// initial stack limit.
std::uint64_t mmapBase(const RuleSet& rules, const Shape& shape) {
  constexpr std::uint64_t randomPages = 0x3ffff; // of 4 KiB: the most that arm64 moves a stack by
  std::uint64_t least = 128ULL << 20;
  if (rules.mmapGapHasRandomRoom)
    least += ((randomPages >> (shape.pageShift - 12)) << shape.pageShift) + 1;
  const std::uint64_t stack = initialStackLimit + rules.gapPages * shape.page;
  const std::uint64_t base = shape.mapWindow - std::clamp(stack, least, shape.mapWindow / 6 * 5);
  return (base + shape.page - 1) & ~(shape.page - 1);
}

} // namespace

std::span<const RuleSet> ruleSets() {
  static const auto made = [] {
    std::array<RuleSet, std::size(names)> out;
    std::transform(std::begin(names), std::end(names), out.begin(),
                   [](const Name& n) { return compose(n.name, n.kernel, n.version, n.arch); });
    return out;
  }();
  return made;
}

std::span<const RuleSet> releases() {
  static const Releases made;
  return made.sets;
}

std::vector<std::pair<std::size_t, std::size_t>> neighbours(std::span<const RuleSet> sets) {
  std::vector<std::size_t> order(sets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  const auto pairUp = [&](auto key, auto alike) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return key(sets[a]) < key(sets[b]); });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (alike(sets[order[i - 1]], sets[order[i]])) pairs.emplace_back(order[i - 1], order[i]);
  };
  pairUp([](const RuleSet& r) { return std::pair(r.arch, r.version); },
         [](const RuleSet& a, const RuleSet& b) { return a.arch == b.arch; });
  pairUp([](const RuleSet& r) { return std::pair(r.version, r.arch); },
         [](const RuleSet& a, const RuleSet& b) { return a.version == b.version; });
  return pairs;
}

std::vector<Neighbours> neighbours() {
  std::vector<Neighbours> named;
  for (const auto& [left, right] : neighbours(ruleSets()))
    named.push_back({ruleSets()[left].name, ruleSets()[right].name});
  return named;
}

const RuleSet* findRuleSet(std::string_view name) {
  const RuleSet* recorded = find(ruleSets(), name);
  return recorded != nullptr ? recorded : find(releases(), name);
}

StandIn standIn(const RuleSet& release) {
  StandIn best{};
  for (const RuleSet& recorded : ruleSets()) {
    if (recorded.arch != release.arch) continue;
    auto differing = differingKnobs(release, recorded);
    const auto rank = [&](const RuleSet& set, std::size_t knobs) {
      // A recorded release stands for itself, even if another one has the same knobs.
      return std::pair(set.version != release.version, knobs);
    };
    if (best.recorded == nullptr ||
        rank(recorded, differing.size()) <= rank(*best.recorded, best.knobs.size()))
      best = {&recorded, std::move(differing)};
  }
  return best;
}

std::optional<Parameters> makeParameters(const RuleSet& rules, const With& with,
                                         std::string& error) {
  Parameters p;
  p.rules = &rules;
  const std::uint64_t page = with.page.value_or(rules.page);
  const auto exists = [&](const Shape& s) {
    return s.arch == rules.arch && std::all_of(s.needs.begin(), s.needs.end(), [&](auto knob) {
             return knob == nullptr || rules.*knob;
           });
  };
  const auto* const shape = std::find_if(std::begin(shapes), std::end(shapes), [&](const Shape& s) {
    return exists(s) && s.page == page && (!with.vaBits || *with.vaBits == s.vaBits);
  });
  if (shape == std::end(shapes)) {
    error = std::string(rules.name) + " has no kernel with pages of " + std::to_string(page) +
            " bytes" +
            (with.vaBits ? " and " + std::to_string(*with.vaBits) + " address bits" : "") +
            "; it has";
    for (const Shape& s : shapes)
      if (exists(s))
        error.append(" ")
            .append(std::to_string(s.page))
            .append("/")
            .append(std::to_string(s.vaBits));
    return std::nullopt;
  }
  p.geometry = {shape->page, shape->vaBits, shape->levels, shape->indexBits, shape->pageShift};
  p.taskSize = shape->taskSize;
  p.mapWindow = shape->mapWindow;
  p.mmapBase = mmapBase(rules, *shape);
  p.unmappedBase = shape->unmappedBase;
  p.minAddr = valueOf(with, &With::minAddr);
  p.lsmMinAddr = valueOf(with, &With::lsmMinAddr);
  p.maxMapCount = valueOf(with, &With::maxMapCount);
  p.memoryPages = valueOf(with, &With::memory) / page;
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
