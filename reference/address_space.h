// The address space of one process as Linux keeps it: areas, page tables, counters, and the results
// of calls and accesses.
//
// It needs the C++ standard library and the plain data of `trace/` (steps, outcomes, the constants
// of a rule set), nothing else:
//
//     std::string error;
//     const trace::RuleSet& rules = *trace::findRuleSet("linux-6.12-arm64");
//     const auto parameters = trace::makeParameters(rules, {}, error);
//
//     reference::AddressSpace space;
//     space.start(*parameters, nullptr);
//
//     trace::Step map;
//     map.op = trace::Op::mmap;
//     map.prot = trace::prot::read | trace::prot::write;
//     map.flags = trace::flag::fixed | trace::flag::growsdown;
//     map.address = 0x1000400000;
//     map.length = 0x4000;
//     space.apply(map);
//
//     trace::Step touch; // below the area: the stack grows
//     touch.op = trace::Op::touch;
//     touch.access = trace::Access::write;
//     touch.address = 0x10003f0000;
//     const trace::Outcome outcome = space.apply(touch);
//
//     // The page's descriptor, as a hardware walker would find it.
//     const std::uint64_t descriptor = space.descriptorAt(0x10003f0000);
#pragma once

#include "reference/growth.h"
#include "reference/page_table.h"
#include "reference/physical_memory.h"
#include "reference/shared_objects.h"
#include "reference/touched.h"
#include "reference/vma_index.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/state_changes.h"
#include "trace/step.h"

#include <array>
#include <cstdint>
#include <vector>

namespace growsdown::reference {

/// An address space under one rule set. It is deterministic and not thread-safe; objects are
/// independent of each other. An object can be started any number of times and keeps its memory for
/// the next start. Every function except `start` and `reserve` requires a start before it.
///
/// If versions of Linux differ, the knobs of Parameters::rules decide (trace/ruleset.h). The
/// sources name the kernel functions that each part follows.
class AddressSpace {
 public:
  AddressSpace() = default;
  AddressSpace(const AddressSpace&) = delete;
  /// Takes over the whole state of another object, but not its log.
  AddressSpace& operator=(const AddressSpace&) = default;

  /// Begins with an empty address space, or with the state `initial`. Limits are those of the trace
  /// format, and the process has all capabilities. `parameters.rules` must live until the next
  /// start. `initial` must be well-formed:
  ///
  /// - areas are page-aligned, ascending and disjoint, below taskSize;
  /// - each page is inside an area;
  /// - each page of a shared area has the frame of its object's page.
  void start(const trace::Parameters& parameters, const trace::State* initial);

  /// Performs a step and returns its outcome. The outcome is `unknown` if the step needs more
  /// present pages than Parameters::memoryPages, and from then on until the next start.
  trace::Outcome apply(const trace::Step& step);

  /// `apply` without the `reserve` at its end, for a caller that must not allocate while it handles
  /// an access: `touch` and `kernel` steps do not allocate. Call `reserve` before the next step.
  trace::Outcome applyReserved(const trace::Step& step);
  /// Sets aside what the next access may need: frames, page tables and room in shared objects.
  void reserve() {
    memory_.reserve(2, 5);
    objects_.reserve();
  }

  /// The outcome of an mmap step as far as its placement decides it: the address or an error.
  trace::Outcome placement(const trace::Step& step) const;

  /// Notes the changes of page descriptors in `log` until the next call; null: nowhere.
  void noteChanges(ChangeLog* log) { pageTable_.noteChanges(log); }

  /// Replaces `out` by the whole state and reuses its capacity.
  void snapshot(trace::State& out) const;
  /// The same, for a `state` that the last call of `update` wrote: writes only what may have changed
  /// since then, and returns where that is. The first call after `start` writes the whole state.
  /// After the first call on this object, a step notes where it changes something.
  trace::StateChanges update(trace::State& state);
  /// The area that contains an address, or else the next area above. False without such an area.
  bool areaFrom(std::uint64_t address, trace::Area& out) const;
  /// The page of an address below Parameters::taskSize. Returns false if it has no descriptor.
  bool pageAt(std::uint64_t address, trace::Page& out) const;
  /// Calls `visit(page)` for each page of [start, end) with a descriptor, in ascending order. `end`
  /// is at most Parameters::taskSize.
  template <typename Visit>
  void forEachPage(std::uint64_t start, std::uint64_t end, const Visit& visit) const {
    for (Cursor at = areas_.find(start); at && areas_.at(at).start < end; at = areas_.next(at)) {
      const Vma& area = areas_.at(at);
      pageTable_.forEach(
          start > area.start ? start : area.start, end < area.end ? end : area.end,
          [&](Address page, PageTable::Slot slot) { visit(pageOf(area, page, slot)); });
    }
  }
  /// The first address of [start, end) that a last-level table spans, or `end`.
  std::uint64_t firstTable(std::uint64_t start, std::uint64_t end) const;

  /// The page descriptor for a virtual address in the encoding of arm64 (reference/descriptor.h),
  /// or 0 if there is none.
  std::uint64_t descriptorAt(std::uint64_t address) const;
  /// The number of pages with a descriptor. Each mapping of the zero page counts.
  std::uint64_t presentPages() const { return pageTable_.present(); }
  std::uint32_t areaCount() const { return areas_.size(); }
  trace::Counters counters() const;

  /// Whether the internal structures are sound. Slow; for tests.
  bool verify() const;

 private:
  using Address = std::uint64_t;
  using Cursor = VmaIndex::Cursor;
  using Errno = trace::Errno;
  using Outcome = trace::Outcome;
  using Frame = PhysicalMemory::Frame;
  struct GrowthTraits {
    using Word = std::uint64_t;
    using Flags = std::uint32_t;
    using Truth = bool;
    using Area = Vma;
    using Counters = trace::Counters;
  };
  using StackGrowth = Growth<GrowthTraits>;

  struct Range {
    Address start = 0;
    Address end = 0;
  };
  /// The cause of an access: an instruction, a copy by the kernel, or get_user_pages.
  enum class By : std::uint8_t { user, kernel, gup };
  enum class FaultResult : std::uint8_t { done, beyondObject, guardRefused };
  enum class Flow : std::uint8_t { goOn, refused };
  /// How a new range may merge: docs/rules/merging.md.
  enum class MergeAs : std::uint8_t { mmap, other };
  /// The address that a search chose, or the error of the call.
  struct Placed {
    Errno error = Errno::none;
    Address address = 0;
    bool chosen = false; ///< by a search, and not by the caller
  };

  // address_space.cpp
  Outcome limit(const trace::Step& step);
  Address untag(Address address) const;
  static bool canonical(Address address, unsigned bits);
  void takeOn(const trace::State& initial);
  void writeObjects(trace::State& out) const;

  // update.cpp
  trace::Changed updateAreas(trace::State& state, Touched& covered);
  trace::Changed updatePages(trace::State& state, Touched where);
  trace::Area areaOf(Cursor at) const;
  trace::Page pageOf(const Vma& area, Address address, PageTable::Slot slot) const;
  Address pageDown(Address address) const { return address & ~(page_ - 1); }
  /// Rounds up; wraps to 0 like the kernel's PAGE_ALIGN.
  Address pageUp(Address address) const { return (address + page_ - 1) & ~(page_ - 1); }
  bool aligned(Address address) const { return (address & (page_ - 1)) == 0; }
  std::uint64_t pages(std::uint64_t bytes) const { return bytes >> pageShift_; }
  std::uint64_t limitOf(trace::LimitKind kind) const {
    return limits_[static_cast<unsigned>(kind)];
  }
  std::uint64_t limitPages(trace::LimitKind kind) const { return pages(limitOf(kind)); }

  // areas.cpp: the area list and its counters
  bool mayExpand(std::uint32_t flags, std::uint64_t count) const;
  bool mayLock(std::uint32_t flags, std::uint64_t count) const;
  bool belowMinimum(Address address) const { return !capable_ && address < parameters_.minAddr; }
  void account(std::uint32_t flags, std::uint64_t count);
  void unaccount(std::uint32_t flags, std::uint64_t count) { account(flags, 0 - count); }
  void add(const Vma& area);
  void remove(Cursor area);
  void split(Cursor area, Address at);
  std::uint64_t pgoffAt(const Vma& area, Address address) const {
    return area.pgoff + pages(address - area.start);
  }
  bool sameKind(const Vma& a, const Vma& b) const {
    return a.flags == b.flags && a.object == b.object;
  }
  bool anonAllows(const Vma& range, const Vma& neighbour) const;
  static bool anonsAgree(const Vma& a, const Vma& b) {
    return a.anon == b.anon || a.anon == 0 || b.anon == 0;
  }
  static void inheritAnon(Vma& to, const Vma& from);
  void insertMerging(Vma range, MergeAs as);
  Errno changeFlags(Range range, std::uint32_t flags);
  void prepareAnon(Cursor area);
  bool coversAny(Range range) const;
  std::uint64_t pagesInside(Range range) const;

  // placement.cpp: get_unmapped_area
  Address reserveBelow(const Vma& area) const;
  Placed place(Address hint, std::uint64_t length, bool fixed, bool shared) const;
  Placed placeByHint(Address hint, std::uint64_t length, Address end) const;
  Placed search(std::uint64_t length, Address end) const;
  Placed searchDown(std::uint64_t length, Address base) const;
  Placed searchUp(std::uint64_t length, Address end) const;
  Outcome placedAt(Address address, std::uint64_t length, bool chosen) const;

  // mapping.cpp: mmap, munmap, mprotect, mlock, madvise, fork
  Placed placeMapping(const trace::Step& step) const;
  Outcome mmap(const trace::Step& step);
  Outcome munmap(const trace::Step& step);
  Outcome mprotect(const trace::Step& step);
  Outcome mlock(const trace::Step& step);
  Outcome munlock(const trace::Step& step);
  Outcome dontneed(const trace::Step& step);
  Outcome mincore(const trace::Step& step) const;
  Outcome fork();
  Errno unmap(Address start, std::uint64_t length);
  Errno unmapRange(Range range, bool uncharge);
  Errno splitForUnmap(Range range);
  void removeAreas(Range range, bool uncharge);
  void clearEntries(Range range, bool noteDirty = true);
  Errno protectPart(Range range, std::uint32_t access);
  void protectEntries(Range range, std::uint32_t flags);
  Errno lockRange(Address start, std::uint64_t length, bool lock);
  Errno populate(Range range, bool ignoreErrors);
  bool populateArea(Cursor area, Range range);

  // mremap.cpp
  Outcome mremap(const trace::Step& step);
  bool lacksRoomForSplits() const;
  Outcome mremapTo(Address address, std::uint64_t oldLength, std::uint64_t newLength,
                   Address target);
  Outcome moveMany(Address address, std::uint64_t length, Address target);
  Outcome grow(Address address, std::uint64_t oldLength, std::uint64_t newLength, bool mayMove);
  Errno checkResize(Address address, std::uint64_t oldLength, std::uint64_t newLength) const;
  bool expandable(const Vma& area, std::uint64_t delta) const;
  Errno move(Address address, std::uint64_t oldLength, std::uint64_t newLength, Address target);
  void moveEntries(Address from, std::uint64_t length, Address to);
  void populateGrown(Address address, std::uint64_t oldLength, std::uint64_t newLength);

  // fault.cpp
  Outcome touch(const trace::Step& step);
  Outcome kernelAccess(const trace::Step& step);
  Outcome gup(const trace::Step& step);
  Outcome access(Address address, trace::Access access, By by);
  Flow locate(Address address, By by, Cursor& area);
  bool crossesWindow(Address page, const Vma& area) const;
  StackGrowth growth();
  const Vma* areaBelow(Cursor area) const; ///< null if there is none
  bool expandStack(Cursor area, Address page);
  bool guardStep(Cursor area, Address page);
  bool hidesLowestPage(Cursor area) const;
  /// Whether there are more pages than the simulated machine has. The step is then `unknown`.
  bool overfull() const {
    return pageTable_.present() + objects_.pages() > parameters_.memoryPages;
  }
  FaultResult handleFault(Cursor area, Address page, bool write);
  FaultResult privateFault(Cursor area, Address page, bool write);
  FaultResult sharedFault(Cursor area, Address page, bool write);
  void writeProtected(Cursor area, PageTable::Slot slot);
  void faultAround(const Vma& area, Address page);
  void mapShared(PageTable::Slot slot, const Vma& area, Frame frame, bool write);
  bool dirtiesObject(const Vma& area, Address page) const;
  void mapOnHost(PageTable::Slot slot);

  trace::Parameters parameters_;
  const trace::RuleSet* rules_ = nullptr;
  Address page_ = 4096;
  unsigned pageShift_ = 12;

  VmaIndex areas_;
  PhysicalMemory memory_;
  PageTable pageTable_{memory_};
  SharedObjects objects_{memory_};
  trace::Counters counters_; // mapCount and tables are filled in by `snapshot`
  std::array<std::uint64_t, trace::limitKindCount> limits_{};
  bool capable_ = true;
  Address stackPointer_ = 0;
  Address hostFault_ = 0; ///< UML: the address of the last page fault that its host reported
  std::uint64_t nextAnon_ = 1;
  std::uint64_t nextObject_ = 1;

  // For `update`.
  bool followed_ = false; ///< it was called since the start
  std::vector<trace::Area> newAreas_;
  std::vector<trace::Page> newPages_;
};

} // namespace growsdown::reference
