// The state of an address space as plain data: complete, for the comparison of two simulated
// systems, and observed, as /proc and the `= ` lines of a trace show it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace growsdown::trace {

/// The flags of an area (VM_*), with other values than in the kernel. The low three are prot::read,
/// write and exec.
namespace vm {
inline constexpr std::uint32_t read = 1U << 0;
inline constexpr std::uint32_t write = 1U << 1;
inline constexpr std::uint32_t exec = 1U << 2;
inline constexpr std::uint32_t access = read | write | exec;
#define GROWSDOWN_VM_FLAG(flag, NAME, bit) inline constexpr std::uint32_t flag = 1U << bit;
#include "trace/fields.def"
#define GROWSDOWN_VM_FLAG(flag, NAME, bit) | flag
inline constexpr std::uint32_t all = access
#include "trace/fields.def"
    ;
} // namespace vm

/// A VMA.
struct Area {
  std::uint64_t start = 0;      ///< bytes
  std::uint64_t end = 0;        ///< bytes, exclusive
  std::uint64_t shownStart = 0; ///< bytes: its start in /proc/self/maps
  std::uint64_t pgoff = 0;      ///< pages: vm_pgoff; of a shared area, the offset in its object
  std::uint64_t anon = 0;       ///< identity of its anon_vma, 0: none. Equal up to renaming
  std::uint64_t object = 0;     ///< its shared object (1, 2, … in order of creation); 0: none
  std::uint32_t flags = 0;      ///< vm::*
  bool forked = false;          ///< its anon_vma chain is longer than one (inherited through fork)

  friend bool operator==(const Area&, const Area&) = default;
};

/// A present page-table entry.
struct Page {
  enum class Kind : std::uint8_t { zero, anonymous, shared };

  std::uint64_t address = 0; ///< bytes, page-aligned
  std::uint64_t frame = 0;   ///< identity of the frame; 0: the zero page. Equal up to renaming
  Kind kind = Kind::zero;
  std::uint8_t prot = 0;  ///< prot::*: what user mode may do without a further fault
  bool inherited = false; ///< the waiting parent maps the frame too: a write must copy
  bool dirty = false;     ///< shared pages only: written through this entry
  bool hosted = false;    ///< the host maps the page as this entry says (RuleSet::hostMappedPages)

  friend bool operator==(const Page&, const Page&) = default;
};

/// A shared anonymous object (shmem) that at least one area maps.
struct Object {
  std::uint64_t id = 0;
  std::uint64_t pages = 0; ///< its size

  friend bool operator==(const Object&, const Object&) = default;
};

/// A page that a shared object holds. It need not be mapped.
struct ObjectPage {
  std::uint64_t object = 0;
  std::uint64_t index = 0; ///< pages
  std::uint64_t frame = 0;

  friend bool operator==(const ObjectPage&, const ObjectPage&) = default;
};

/// Differences from the start of the trace; trace/fields.def has their units.
struct Counters {
#define GROWSDOWN_COUNTER(counter, ...) std::uint64_t counter = 0;
#include "trace/fields.def"

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// The complete state, by ascending address (areas, pages) or identity (objects, then index).
struct State {
  std::vector<Area> areas;
  std::vector<Page> pages;
  std::vector<Object> objects;
  std::vector<ObjectPage> objectPages;
  Counters counters;

  friend bool operator==(const State&, const State&) = default;
  void clear() {
    areas.clear();
    pages.clear();
    objects.clear();
    objectPages.clear();
    counters = {};
  }
};

/// A range of addresses that a trace uses (bytes, `end` exclusive).
struct Window {
  std::uint64_t start;
  std::uint64_t end;

  constexpr bool contains(std::uint64_t address) const { return address >= start && address < end; }
  /// Whether all of the range lies in it. An empty range lies where its address does.
  constexpr bool contains(std::uint64_t address, std::uint64_t length) const {
    return contains(address) && length <= end - address;
  }

  friend bool operator==(const Window&, const Window&) = default;
};
using Windows = std::array<Window, 2>;
/// Whether the range lies in one of the windows.
constexpr bool inside(const Windows& two, std::uint64_t address, std::uint64_t length = 1) {
  return two[0].contains(address, length) || two[1].contains(address, length);
}

/// The windows of the trace format.
inline constexpr Windows windows = {{{0, 0x200000}, {0x800000000, 0x2000000000}}};
constexpr bool insideWindows(std::uint64_t address, std::uint64_t length = 1) {
  return inside(windows, address, length);
}

/// An address of the program itself, which lies between the windows. The page tables on the way to
/// it exist before the trace, and stay (docs/rules/page-tables.md).
inline constexpr std::uint64_t programAddress = 0x400000;

/// A `= map` line.
struct MapLine {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint8_t prot = 0;
  bool shared = false;

  friend bool operator==(const MapLine&, const MapLine&) = default;
};

/// A `= pages` line.
struct PagesLine {
  std::int64_t size = 0;
  std::int64_t stack = 0;
  std::int64_t locked = 0;
  std::int64_t data = 0;
  std::uint64_t resident = 0;
  std::int64_t tables = 0;
  bool hasTables = true;

  friend bool operator==(const PagesLine&, const PagesLine&) = default;
};

/// What a trace says about the state after a step.
struct Observation {
  std::vector<MapLine> map;
  PagesLine pages;
  std::uint64_t faults = 0;
  bool hasMap = false;
  bool hasPages = false;
  bool same = false;
  bool hasFaults = false;
  bool abnormal = false; ///< the process died or hung here: nothing is expected after it

  friend bool operator==(const Observation&, const Observation&) = default;
};

} // namespace growsdown::trace
