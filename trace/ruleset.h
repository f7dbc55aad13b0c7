// A rule set: how one kernel version on one architecture answers, as plain data (law 4). What the
// rules do with a knob is the model's and the reference's own business.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::trace {

enum class Arch : std::uint8_t { arm64, amd64, um };

/// Where the guard of a growing stack lies.
enum class GuardStyle : std::uint8_t {
  pageInside, ///< the lowest page of the area is the guard (before 4.12)
  gap,        ///< unmapped space of `gapPages` below the area (since 4.12)
};

/// In which order mremap looks at its arguments, unmaps its target and looks at the area.
enum class MremapOrder : std::uint8_t {
  unmapFirst,  ///< target and tail are gone before the area is looked up
  lookupFirst, ///< the area is looked up first, checked after the unmapping
  checkFirst,  ///< everything is checked before the target is unmapped
};

/// A release of the kernel.
struct Version {
  unsigned major = 0;
  unsigned minor = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy sees a 0 in what `default` makes.
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

std::string print(Version version); ///< `6.12`
std::string_view name(Arch arch);   ///< `arm64`, `amd64`, `um`

/// The knobs: trace/knobs.def has their meanings and their values in Linux 4.3 on arm64; what other
/// kernels changed, since which release, by which commit and why is in trace/changes.cpp, and
/// nowhere else.
struct RuleSet {
  std::string_view name;
  std::string_view kernel; ///< the kernels whose recordings judge it; empty: none
  Version version{4, 3};

#define GROWSDOWN_KNOB(type, member, initial, what) type member = initial;
#include "trace/knobs.def"

  friend bool operator==(const RuleSet&, const RuleSet&) = default;
};

/// `with` lines of a trace, as written (trace/fields.def).
struct With {
#define GROWSDOWN_WITH(member, ...) std::optional<std::uint64_t> member{};
#include "trace/fields.def"

  friend bool operator==(const With&, const With&) = default;
};

/// The shape of a page-table tree: `levels` tables on a walk, the last of which holds the entries.
struct Geometry {
  std::uint64_t page = 4096; ///< bytes
  unsigned vaBits = 39;
  unsigned levels = 3;
  std::array<unsigned, 5> indexBits{}; ///< top level first; levels beyond `levels` are 0
  unsigned pageShift = 12;

  /// log2 of the bytes that one entry of the table at `level` (0: top) spans.
  unsigned shift(unsigned level) const {
    unsigned bits = pageShift;
    for (unsigned l = levels; l-- > level + 1;)
      bits += indexBits[l];
    return bits;
  }
  /// log2 of the bytes that a whole table at `level` spans.
  unsigned tableShift(unsigned level) const { return shift(level) + indexBits[level]; }

  friend bool operator==(const Geometry&, const Geometry&) = default;
};

/// Everything constant during a trace.
struct Parameters {
  const RuleSet* rules = nullptr;
  Geometry geometry;
  std::uint64_t taskSize = 0;     ///< bytes: the end of user addresses
  std::uint64_t mapWindow = 0;    ///< bytes: the end of placement without a hint above it
  std::uint64_t mmapBase = 0;     ///< bytes: where top-down placement starts (no randomisation)
  std::uint64_t unmappedBase = 0; ///< bytes: where bottom-up placement starts
  std::uint64_t minAddr = 4096;   ///< bytes: vm.mmap_min_addr
  std::uint64_t lsmMinAddr = 0;   ///< bytes
  std::uint64_t maxMapCount = 65530;
  std::uint64_t memoryPages = 0; ///< pages that may be present before the simulated machine is out

  /// mmap_min_addr as the kernel sees it: the greater of the two (security/min_addr.c).
  std::uint64_t effectiveMinAddr() const { return minAddr > lsmMinAddr ? minAddr : lsmMinAddr; }

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// One change of one knob: a row of trace/changes.cpp.
struct Change {
  Version since;           ///< the first release with it; 4.3: so from the start
  std::uint8_t archs = 0;  ///< a bit for each Arch that it concerns
  std::string_view knob;   ///< as `knobs` names it
  std::string_view value;  ///< from then on
  std::string_view commit; ///< upstream; empty where the architectures always differed
  std::string_view cve;    ///< or empty
  std::string_view why;
  Version backport{}; ///< an older release whose recorded kernel has it from a stable update
};

/// All changes, oldest first.
std::span<const Change> changes();

/// Whether a change is in that release's rules on that architecture.
bool concerns(const Change& change, Version version, Arch arch);

/// All rule sets that recordings of real kernels judge, oldest first; the default one is
/// `linux-4.3-arm64`.
std::span<const RuleSet> ruleSets();
inline constexpr std::string_view defaultRuleSet = "linux-4.3-arm64";

/// Every release from 4.3 to 7.2 on every architecture: by architecture, oldest first. Those of
/// `ruleSets` are among them; the others are made of the same changes, but no recording judges
/// them.
std::span<const RuleSet> releases();

/// The pairs of neighbours among `sets`, as indices: successive releases of one architecture, then
/// the architectures of one release.
std::vector<std::pair<std::size_t, std::size_t>> neighbours(std::span<const RuleSet> sets);

/// Two neighbours of `ruleSets`.
struct Neighbours {
  std::string_view left;
  std::string_view right;
};
/// All neighbours of `ruleSets`.
std::vector<Neighbours> neighbours();

/// The rule set of that name, one of `ruleSets` or of `releases` (`linux-5.4-arm64`), or null.
const RuleSet* findRuleSet(std::string_view name);

/// Which recorded rule set of the same architecture stands for a release: the one with the fewest
/// knobs that differ; of two, the newer one, because stable updates carry later changes back.
struct StandIn {
  const RuleSet* recorded;
  std::vector<std::string_view> knobs; ///< that differ
};
StandIn standIn(const RuleSet& release);

/// A knob as text: its member's name in kebab-case, and `true`, a number, or an enumerator's name.
struct Knob {
  std::string_view name;
  std::string value;

  friend bool operator==(const Knob&, const Knob&) = default;
};

/// Every knob of a rule set, in the order of trace/knobs.def.
std::vector<Knob> knobs(const RuleSet& rules);

/// What a knob means, in a few words; empty where there is no such knob.
std::string_view meaning(std::string_view knob);

/// The knobs in which two rule sets differ.
std::vector<std::string_view> differingKnobs(const RuleSet& a, const RuleSet& b);

/// The changes of a knob that one of two rule sets has and the other has not.
std::vector<const Change*> changesBetween(const RuleSet& a, const RuleSet& b,
                                          std::string_view knob);

/// Sets a knob by name. Takes what `knobs` prints; numbers may be hexadecimal. Otherwise changes
/// nothing and returns false, with `error` saying which knobs or values there are.
bool setKnob(RuleSet& rules, std::string_view name, std::string_view value, std::string& error);

/// The parameters of a trace under a rule set. Fails, with `error` saying why, where the rule set's
/// kernels have no such page size or address width, or a number is out of range.
std::optional<Parameters> makeParameters(const RuleSet& rules, const With& with,
                                         std::string& error);

/// The soft limits that a trace starts with (bytes).
inline constexpr std::uint64_t initialStackLimit = 8ULL << 20;
inline constexpr std::uint64_t initialMemlockLimit = 64ULL << 10;

} // namespace growsdown::trace
