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

  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// The knobs. As they stand here they are those of Linux 4.3 on arm64; what other kernels changed,
/// since which release, by which commit and why is in trace/changes.cpp, and nowhere else.
struct RuleSet {
  std::string_view name;
  std::string_view kernel; ///< the kernels whose recordings judge it
  Version version{4, 3};
  Arch arch = Arch::arm64;

  GuardStyle guard = GuardStyle::pageInside;
  std::uint32_t gapPages = 0;           ///< stack_guard_gap (gap style)
  bool inaccessibleExempt = false;      ///< a neighbour without r, w, x needs no gap
  std::uint32_t stackLimitDiscount = 1; ///< pages not counted against RLIMIT_STACK
  bool lowAddressByCapability = true;   ///< growth below dac_mmap_min_addr with CAP_SYS_RAWIO
  bool anonVmaBeforeLowAddress = true;  ///< growth refused by address leaves an anon_vma
  std::uint32_t stackPointerSlack = 0;  ///< bytes below sp that a touch may grow to; 0: no check
  bool gupGrows = true;                 ///< get_user_pages grows stacks
  bool gupUnshares = false;             ///< reading a page that a parent maps too copies it
  bool refusedFaultsCount = true;       ///< refused faults count in ru_minflt
  bool execMapsFirst = false;           ///< a refused fetch has mapped an absent page
  bool rlimitData = false;              ///< RLIMIT_DATA limits mmap, mprotect, mremap
  bool dataIsPrivateWritable = false;   ///< VmData counts private writable areas only
  bool placementSeesGap = false;        ///< hints and searches keep the gap below grows-down areas
  bool placementSearchesDown = true;    ///< from mmap_base down; otherwise up
  bool placementLengthSparesLow = true; ///< a length must leave room for the low addresses
  bool placementSearchSparesLow = true; ///< a search leaves the addresses below the minimum out
  bool alignsHugePlacement = false;     ///< placement of whole huge blocks is aligned
  bool fixedNoreplace = false;          ///< MAP_FIXED_NOREPLACE is known
  bool fixedFailureKeeps = false;       ///< a MAP_FIXED refused by a limit leaves splits
  bool mapStackIsNohugepage = false;    ///< MAP_STACK sets VM_NOHUGEPAGE
  bool mprotectDropsAccount = false;    ///< read-only, no anon_vma: not accounted
  bool mprotectKeepsWritable = false;   ///< becoming writable makes exclusive pages writable
  bool mprotectKeepsClean = true;       ///< … those that were not written as well
  bool mergeAdoptsChanged = false;      ///< a merge may take the changed range's anon_vma
  bool mmapMergePrefersNext = false;    ///< mmap judges prev against next's anon_vma
  bool mlockCountsTwice = true;         ///< mlock counts what is already locked
  MremapOrder mremapOrder = MremapOrder::unmapFirst;
  bool mremapDuplicatesPrivate = true; ///< old length 0 duplicates a private area, empty
  bool mremapMergesInPlace = false;    ///< growth in place merges with the next area
  bool mremapLocksInBytes = true;      ///< RLIMIT_MEMLOCK in bytes that may wrap
  bool mremapMovesTables = false;      ///< a move hands over whole 1 GiB tables
  bool mremapMovesMany = false;        ///< a pure move takes several areas
  bool mremapChecksCountEarly = false; ///< `to` wants room in map_count before unmapping
  bool ignoresTopByte = true;          ///< user accesses ignore an address's top byte
  bool untagsCalls = false;            ///< calls ignore an address's top byte
  bool siAddrClearsTopByte = true;     ///< si_addr without bits 63:56, kernel half too
  bool generalProtection = false;      ///< an address of neither half is SI_KERNEL, no address
  bool tablesBeforeFault = true;       ///< a refused shared fault has made its page table
  bool dontneedFreesTables = false;    ///< MADV_DONTNEED frees whole page tables
  bool hardwareDirty = false;          ///< a write through a clean shared entry, no fault
  bool sharedDirtyIsMajor = false;     ///< a write fault on a clean shared page is major
  bool hostMappedPages = false;        ///< a host maps pages for user mode, and follows by flushes
  bool fetchesAreReads = false;        ///< nobody asks whether a page may be executed
  bool writeAllowsReads = true;        ///< an area that may be written only may be read
  bool kernelAsksEntries = false; ///< its accesses need an entry that allows them, no area's right

  std::uint64_t page = 4096; ///< bytes, where the trace does not say

  friend bool operator==(const RuleSet&, const RuleSet&) = default;
};

/// `with` lines of a trace, as written.
struct With {
  std::optional<std::uint64_t> page{};        ///< bytes: 4096, 16384 or 65536
  std::optional<std::uint64_t> minAddr{};     ///< vm.mmap_min_addr, bytes
  std::optional<std::uint64_t> lsmMinAddr{};  ///< CONFIG_LSM_MMAP_MIN_ADDR, bytes
  std::optional<std::uint64_t> maxMapCount{}; ///< vm.max_map_count
  std::optional<std::uint64_t> vaBits{};      ///< user address bits
  std::optional<std::uint64_t> memory{};      ///< bytes of memory that a simulated machine has

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

/// The rule set of that name, or null.
const RuleSet* findRuleSet(std::string_view name);

/// A knob as text: its member's name in kebab-case, and `true`, a number, or an enumerator's name.
struct Knob {
  std::string_view name;
  std::string value;

  friend bool operator==(const Knob&, const Knob&) = default;
};

/// Every knob of a rule set (all members but `name` and `kernel`), in the order of the struct.
std::vector<Knob> knobs(const RuleSet& rules);

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
