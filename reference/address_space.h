// One process's address space as Linux keeps it: areas, page tables, counters, and what becomes of
// calls and accesses.
//
// A library in its own right: an emulator or a library OS that must behave as a given Linux does
// can link `growsdown::reference` and ask. It needs the C++ standard library and the plain data of
// `trace/` (steps, outcomes, the constants of a rule set) and nothing else.
//
//     growsdown::reference::AddressSpace space;
//     space.start(parameters, nullptr);
//     Outcome mapped = space.apply({.op = Op::mmap, .prot = 3, .flags = flag::fixed |
//     flag::growsdown,
//                                   .address = 0x1000400000, .length = 0x4000});
//     Outcome touched = space.apply({.op = Op::touch, .access = Access::write, .address =
//     0x10003f0000}); std::uint64_t entry = space.descriptorAt(0x10003f0000); // as a hardware
//     walker would find it
#pragma once

#include "reference/growth.h"
#include "reference/page_table.h"
#include "reference/physical_memory.h"
#include "reference/shared_objects.h"
#include "reference/vma_index.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <array>
#include <cstdint>

namespace growsdown::reference {

/// An address space under one rule set. Deterministic; not thread-safe. Objects are independent of
/// one another and can be started again and again: memory is kept for the next start.
///
/// Where the versions of Linux differ, the knobs of Parameters::rules decide (trace/ruleset.h). The
/// sources name the kernel functions that each part follows.
class AddressSpace {
 public:
  AddressSpace() = default;
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  /// A fresh address space, or the state `initial`, which must be well-formed: areas aligned,
  /// ascending and disjoint below taskSize, pages inside areas, the frames of shared pages those of
  /// their objects. The format's starting limits; all capabilities. `parameters.rules` must outlive
  /// the object or the next start.
  void start(const trace::Parameters& parameters, const trace::State* initial);

  /// Performs a step and says what became of it. An outcome of kind `unknown` (more pages present
  /// than Parameters::memoryPages) leaves a state that only `start` may follow.
  trace::Outcome apply(const trace::Step& step);

  /// The same without `reserve` behind it: touch and kernel allocate nothing then. For whoever must
  /// not allocate while an access is handled; call `reserve` before the next step.
  trace::Outcome applyReserved(const trace::Step& step);
  /// Sets aside what the next access may need: frames, page tables, room in shared objects.
  void reserve() {
    memory_.reserve(2, 5);
    objects_.reserve();
  }

  /// The whole state. `out` is cleared first; its capacity is reused.
  void snapshot(trace::State& out) const;

  /// The page descriptor for a virtual address, arm64 encoding (reference/descriptor.h); 0: none.
  std::uint64_t descriptorAt(std::uint64_t address) const;
  /// Pages with a descriptor; the zero page counts each time.
  std::uint64_t presentPages() const { return pageTable_.present(); }
  std::uint32_t areaCount() const { return areas_.size(); }
  trace::Counters counters() const;

  /// Whether the internal structures are sound. For tests; slow.
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
  /// Who accesses.
  enum class By : std::uint8_t { user, kernel, gup };
  enum class Found : std::uint8_t { area, nothing };
  enum class Fault : std::uint8_t { done, beyondObject, guardRefused };
  enum class Flow : std::uint8_t { goOn, refused };
  /// How a new range may merge: docs/rules/merging.md.
  enum class MergeAs : std::uint8_t { mmap, other };
  /// Where a search put something, or why not.
  struct Placed {
    Errno error = Errno::none;
    Address address = 0;
  };

  // address_space.cpp
  Outcome limit(const trace::Step& step);
  Address untag(Address address) const;
  static bool canonical(Address address, unsigned bits);
  void takeOn(const trace::State& initial);
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
  Placed place(Address hint, std::uint64_t length, bool fixed, bool shared) const;
  Placed placeByHint(Address hint, std::uint64_t length, Address end) const;
  Placed search(std::uint64_t length, Address end) const;
  Placed searchDown(std::uint64_t length, Address base) const;
  Placed searchUp(std::uint64_t length, Address end) const;
  Address reserveBelow(const Vma& area) const;
  Outcome placedAt(Address address, std::uint64_t length, bool chosen) const;

  // mapping.cpp: mmap, munmap, mprotect, mlock, madvise, fork
  Outcome mmap(const trace::Step& step);
  Outcome munmap(const trace::Step& step);
  Outcome mprotect(const trace::Step& step);
  Outcome mlock(const trace::Step& step);
  Outcome munlock(const trace::Step& step);
  Outcome dontneed(const trace::Step& step);
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
  bool fenced(Address page, const Vma& area) const;
  StackGrowth growth();
  const Vma* areaBelow(Cursor area) const; ///< or null
  bool expandStack(Cursor area, Address page);
  bool guardStep(Cursor area, Address page);
  bool hidesLowestPage(Cursor area) const;
  /// Whether a single fault would exceed what there is; the step then ends as `unknown`.
  bool memoryIsFull() {
    outOfMemory_ =
        outOfMemory_ || pageTable_.present() + objects_.pages() + 1 > parameters_.memoryPages;
    return outOfMemory_;
  }
  Fault handleFault(Cursor area, Address page, bool write);
  Fault privateFault(Cursor area, Address page, bool write);
  Fault sharedFault(Cursor area, Address page, bool write);
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
  Address hostFault_ = 0; ///< UML: the address of the last page fault that its host passed on
  std::uint64_t nextAnon_ = 1;
  std::uint64_t nextObject_ = 1;
  bool outOfMemory_ = false; ///< the step asked for more than there is
};

} // namespace growsdown::reference
