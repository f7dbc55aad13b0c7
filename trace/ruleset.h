// A rule set: the behaviour of one kernel version on one architecture, as plain data (law 4). The
// model and the reference each decide for themselves what follows from a knob.
#pragma once

#include "trace/state.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::trace {

enum class Arch : std::uint8_t { arm64, amd64, um };

/// The place of the guard of a growing stack.
enum class GuardStyle : std::uint8_t {
  pageInside, ///< the lowest page of the area is the guard (before 4.12)
  gap,        ///< unmapped space of `gapPages` below the area (since 4.12)
};

/// The order in which mremap checks its arguments, unmaps its target and looks up the area.
enum class MremapOrder : std::uint8_t {
  unmapFirst,  ///< target and tail are gone before the area is looked up
  lookupFirst, ///< the area is looked up first, and checked after the unmapping
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

/// The knobs. trace/knobs.def has their meanings and their values in Linux 4.3 on arm64.
/// trace/changes.cpp, and nothing else, has the changes: the value, the release, the commit and the
/// reason.
struct RuleSet {
  std::string_view name;
  std::string_view kernel; ///< the kernel whose recordings judge it; empty: none
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

/// The shape of a page-table tree: a walk passes `levels` tables, and the last one has the entries.
struct Geometry {
  std::uint64_t page = 4096; ///< bytes
  unsigned vaBits = 39;
  unsigned levels = 3;
  std::array<unsigned, 5> indexBits{}; ///< from the top level down; 0 beyond `levels`
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

/// Everything that is constant during a trace.
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

  /// The ranges to which the trace format confines a process. No area grows into a window from above
  /// it, and an address that the kernel chose outside the windows is not shown.
  Windows windows = trace::windows;
  /// An address whose page tables always exist and are not counted: the program's.
  std::uint64_t program = programAddress;

  /// Removes what is the trace format's and not Linux's: one window has all addresses, and there is
  /// no program.
  void wholeAddressSpace() {
    windows = {{{0, ~std::uint64_t{0}}, {}}};
    program = ~std::uint64_t{0};
  }

  /// mmap_min_addr as the kernel sees it: the greater of the two (security/min_addr.c).
  std::uint64_t effectiveMinAddr() const { return minAddr > lsmMinAddr ? minAddr : lsmMinAddr; }

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// A change of a knob: a row of trace/changes.cpp.
struct Change {
  Version since;           ///< the first release with it; 4.3: in all releases
  std::uint8_t archs = 0;  ///< one bit per Arch that it concerns
  std::string_view knob;   ///< as `knobs` names it
  std::string_view value;  ///< from then on
  std::string_view commit; ///< upstream; empty: the architectures always differed, or not known
  std::string_view cve;    ///< or empty
  std::string_view why;
  Version backport{}; ///< an older release whose recorded kernel has it by a stable update
};

/// All changes, oldest first.
std::span<const Change> changes();

/// Whether the rules of that release on that architecture have a change.
bool concerns(const Change& change, Version version, Arch arch);

/// All rule sets that recordings of real kernels judge, oldest first.
std::span<const RuleSet> ruleSets();
inline constexpr std::string_view defaultRuleSet = "linux-4.3-arm64";

/// Every release from 4.3 to 7.2 on every architecture: by architecture, oldest first. They include
/// those of `ruleSets`. The others consist of the same changes, but no recording judges them.
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

/// The recorded rule set of the same architecture that is closest to a release: the fewest knobs
/// differ. Of two such rule sets it is the newer one, because stable updates have later changes.
struct StandIn {
  const RuleSet* recorded;
  std::vector<std::string_view> knobs; ///< that differ
};
StandIn standIn(const RuleSet& release);

/// A knob in words: the name of its member in kebab-case, and `true`, a number or an enumerator.
struct Knob {
  std::string_view name;
  std::string value;

  friend bool operator==(const Knob&, const Knob&) = default;
};

/// Every knob of a rule set, in the order of trace/knobs.def.
std::vector<Knob> knobs(const RuleSet& rules);

/// The meaning of a knob in a few words; empty if there is no such knob.
std::string_view meaning(std::string_view knob);

/// Whether a knob only shapes the address space (`makeParameters`), so that no rule asks it.
bool isOfLayout(std::string_view knob);

/// The knobs in which two rule sets differ.
std::vector<std::string_view> differingKnobs(const RuleSet& a, const RuleSet& b);

/// The changes of a knob that exactly one of two rule sets has.
std::vector<const Change*> changesBetween(const RuleSet& a, const RuleSet& b,
                                          std::string_view knob);

/// Sets a knob by name, to a value as `knobs` prints it; numbers may be hexadecimal. If there is no
/// such knob or value, changes nothing and returns false, and `error` lists those that there are.
bool setKnob(RuleSet& rules, std::string_view name, std::string_view value, std::string& error);

/// The parameters of a trace under a rule set. If the rule set has no such page size or address
/// width, or a number is out of range, there are none and `error` has the reason.
std::optional<Parameters> makeParameters(const RuleSet& rules, const With& with,
                                         std::string& error);

/// The soft limits that a trace starts with (bytes).
inline constexpr std::uint64_t initialStackLimit = 8ULL << 20;
inline constexpr std::uint64_t initialMemlockLimit = 64ULL << 10;

} // namespace growsdown::trace
