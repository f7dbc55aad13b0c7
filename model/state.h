// The state that the rules read and change, and the log of a step.
#pragma once

#include "model/domain.h"
#include "model/rule.h"
#include "trace/check.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace growsdown::model {

using trace::Errno;
using trace::GuardStyle;
using trace::RuleSet;
namespace vm = trace::vm;
using PageKind = trace::Page::Kind;

/// A VMA. Addresses in bytes, pgoff in pages.
template <class D>
struct Vma {
  typename D::Word start{};
  typename D::Word end{};
  typename D::Word pgoff{};
  typename D::Flags flags{};
  std::uint64_t anon = 0;   ///< anon_vma identity, 0: none
  std::uint64_t object = 0; ///< shared object, 0: private
  bool forked = false;      ///< anon_vma chain longer than one

  friend bool operator==(const Vma&, const Vma&) = default;
};

/// A present page-table entry.
template <class D>
struct Entry {
  typename D::Word address{}; ///< bytes, page-aligned
  typename D::Flags prot{};   ///< what the hardware grants at EL0
  std::uint64_t frame = 0;    ///< 0: the zero page
  PageKind kind = PageKind::zero;
  typename D::Truth inherited = false; ///< the waiting parent maps the frame too
  /// Its own write bit; the hardware grants writing only if dirty as well.
  typename D::Truth writable = false;
  typename D::Truth dirty = false;  ///< written through this entry
  typename D::Truth hosted = false; ///< user-mode Linux: the host maps the page as the entry says

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// A shared anonymous object (shmem), and a page that it holds.
template <class D>
struct Object {
  std::uint64_t id = 0;
  typename D::Word pages{};

  friend bool operator==(const Object&, const Object&) = default;
};
template <class D>
struct ObjectPage {
  std::uint64_t object = 0;
  typename D::Word index{}; ///< pages
  std::uint64_t frame = 0;
  typename D::Truth dirty = false;

  friend bool operator==(const ObjectPage&, const ObjectPage&) = default;
};

/// A page-table page below the root.
template <class D>
struct Table {
  unsigned level = 0; ///< 1 … levels-1
  typename D::Word block{};

  friend bool operator==(const Table&, const Table&) = default;
};

template <class D>
struct Counters {
  typename D::Word total{}, stack{}, locked{}, data{}, shared{}, committed{};

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// Soft limits, in bytes; `as` and `data` beyond what the process used at the start.
template <class D>
struct Limits {
  typename D::Word stack{}, as{}, memlock{}, data{};

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// One process's address space.
template <class D>
struct Space {
  using Word = typename D::Word;
  using Flags = typename D::Flags;
  using Areas = typename D::template Areas<Vma<D>>;
  using Position = typename Areas::Position;
  template <class T>
  using Elements = typename D::template Elements<T>;

  trace::Parameters parameters;
  // The tunables, which are unknown in proofs.
  Word minAddr{};          ///< vm.mmap_min_addr (dac_mmap_min_addr), bytes
  Word effectiveMinAddr{}; ///< the greater of it and CONFIG_LSM_MMAP_MIN_ADDR, bytes
  Word maxMapCount{};
  Word otherAreas{}; ///< areas that count towards it; no rule looks at them
  Limits<D> limits;
  Word stackPointer{};              ///< of the running thread, bytes
  Word lastFault{};                 ///< the address of user mode's last page fault, bytes; 0: none
  typename D::Truth capable = true; ///< CAP_SYS_RAWIO, CAP_IPC_LOCK

  Areas areas;                         ///< by address
  Elements<Entry<D>> entries;          ///< by address
  std::vector<Table<D>> tables;        ///< by level, then block
  Elements<Object<D>> objects;         ///< by id
  Elements<ObjectPage<D>> objectPages; ///< by object, then index
  Counters<D> counters;
  std::uint64_t lastAnon = 0; ///< the greatest identity so far: identities are never reused
  std::uint64_t lastFrame = 0;
  std::uint64_t lastObject = 0;

  friend bool operator==(const Space&, const Space&) = default;

  const RuleSet& rules() const { return *parameters.rules; }
  std::uint64_t pageSize() const { return parameters.geometry.page; }
  std::uint64_t pageMask() const { return ~(pageSize() - 1); }
  unsigned pageShift() const { return parameters.geometry.pageShift; }
  Word pageDown(Word address) const { return address & pageMask(); }
  /// PAGE_ALIGN: wraps to 0 near the top.
  Word pageUp(Word address) const { return wrappingSum(address, pageSize() - 1) & pageMask(); }
  Word pages(Word bytes) const { return bytes >> pageShift(); }
  Word pagesOf(Word start, Word end) const { return pages(end) - pages(start); }

  const Vma<D>& area(Position i) const { return areas.at(i); }
  bool isArea(Position i) const { return areas.has(i); } ///< or the end
  /// Neighbours in the list, adjacent or not; null: none.
  const Vma<D>* below(Position i) const { return areas.below(i); }
  const Vma<D>* above(Position i) const { return areas.above(i); }
  Position next(Position i) const { return areas.next(i); }
  Position previous(Position i) const { return areas.previous(i); }
  /// Whether more pages are mapped, or held by shared memory, than the simulated machine has. A step
  /// removes pages only before it adds some, so one that ever is overfull ends overfull.
  bool overfull() const { return entries.size() + objectPages.size() > parameters.memoryPages; }

  /// mm->map_count.
  Word areaCount() const { return otherAreas + areas.count(); }

  /// find_vma: the lowest area that ends above `address`, or the end.
  Position findVma(const Word& address) const {
    return areas.firstNot(areas.firstPosition(),
                          [address](const Vma<D>& a) { return a.end <= address; });
  }
  /// The first area, from `from` on, that starts at or above `address`.
  Position firstStartingAt(const Word& address, Position from) const {
    return areas.firstNot(from, [address](const Vma<D>& a) { return a.start < address; });
  }
  Position firstStartingAt(const Word& address) const {
    return firstStartingAt(address, areas.firstPosition());
  }
  bool intersects(const Word& start, const Word& end) const {
    const Position i = findVma(start);
    return isArea(i) && area(i).start < end;
  }

  /// Replaces the areas [first, last) by `count` areas of `with`; returns the position of the
  /// first. Every change of the area list is a call of this function, except that fork changes
  /// flags and anon_vmas.
  Position replaceWindow(Position first, Position last, const Vma<D>* with, std::size_t count) {
    return areas.replace(first, last, with, count);
  }
  void replaceWindow(Position at, const Vma<D>& with) { replaceWindow(at, next(at), &with, 1); }

  /// The part of `area` in [start, end): same flags and identities, page offset of its start.
  Vma<D> piece(const Vma<D>& area, const Word& start, const Word& end) const {
    if constexpr (isConcrete<D>)
      GROWSDOWN_CHECK(area.start <= start && start < end && end <= area.end);
    Vma<D> part = area;
    part.start = start;
    part.end = end;
    part.pgoff = area.pgoff + pagesOf(area.start, start);
    return part;
  }

  /// The first entry at or above `address`.
  std::size_t firstEntry(const Word& address) const {
    const auto at = std::lower_bound(
        entries.begin(), entries.end(), address,
        [](const Entry<D>& e, const Word& a) -> bool { return decide(e.address < a); });
    return static_cast<std::size_t>(at - entries.begin());
  }
  /// The entry of the page at `address`, or null.
  const Entry<D>* entry(const Word& address) const {
    const std::size_t at = firstEntry(address);
    if (at < entries.size() && entries[at].address == address) return &entries[at];
    return nullptr;
  }
  /// The same, to change it.
  Entry<D>* entryToChange(const Word& address) {
    const std::size_t at = firstEntry(address);
    if (at < entries.size() && std::as_const(entries)[at].address == address) return &entries[at];
    return nullptr;
  }
  /// Sets the entry of a page, present or not before.
  void setEntry(const Entry<D>& entry) {
    if constexpr (isConcrete<D>) GROWSDOWN_CHECK(pageDown(entry.address) == entry.address);
    const std::size_t at = firstEntry(entry.address);
    if (at < entries.size() && std::as_const(entries)[at].address == entry.address)
      entries[at] = entry;
    else
      entries.insert(entries.cbegin() + static_cast<std::ptrdiff_t>(at), entry);
  }
  /// Removes the entries of the pages in [start, end).
  void dropEntries(const Word& start, const Word& end) {
    if constexpr (isConcrete<D>) GROWSDOWN_CHECK(start <= end);
    const std::size_t first = firstEntry(start);
    std::size_t last = first;
    while (last < entries.size() && std::as_const(entries)[last].address < end)
      ++last;
    entries.erase(entries.cbegin() + static_cast<std::ptrdiff_t>(first),
                  entries.cbegin() + static_cast<std::ptrdiff_t>(last));
  }
};

/// The rules and faults of the last step, and how often each rule was reached since the log was
/// made.
struct StepLog {
  Rule decided = Rule::stepDone; ///< the rule that decided the step
  bool majorFault = false;       ///< the fault counts as major, not in ru_minflt
  bool completed = false;        ///< the fault returned early (VM_FAULT_COMPLETED)
  std::uint64_t faults = 0;      ///< minor faults (ru_minflt)
  std::size_t reachedCount = 0;
  std::array<Rule, 24> reached{};              ///< the first rules that the step reached, in order
  std::array<std::uint64_t, ruleCount> hits{}; ///< of each rule, over all steps

  std::span<const Rule> rules() const { return {reached.data(), reachedCount}; }

  /// A new step begins.
  void begin() {
    decided = Rule::stepDone;
    faults = 0;
    reachedCount = 0;
  }
  /// A rule was reached.
  void add(Rule rule) {
    ++hits[static_cast<std::size_t>(rule)];
    if (reachedCount < reached.size()) reached[reachedCount++] = rule;
  }
};

/// A space during a step, and the log in which the rules mark what they do.
template <class D>
struct LoggedSpace : Space<D> {
  StepLog log;

  LoggedSpace() = default;
  LoggedSpace(Space<D> space) : Space<D>(std::move(space)) {}

  /// The mark of a rule: it was reached, and it decides unless a later one does.
  void mark(Rule rule) {
    log.decided = rule;
    log.add(rule);
  }
  /// The mark of a rule that never decides a step.
  void reach(Rule rule) { log.add(rule); }
  Errno refuse(Rule rule, Errno error) {
    mark(rule);
    return error;
  }
};

template <class D>
using Position = typename Space<D>::Position; ///< of an area in the list

/// See AreaVector::sumOver.
template <class Space, class Sum, class Add>
Sum sumOver(Space& s, typename Space::Position first, typename Space::Position last, Sum sum,
            const Add& add) {
  return Space::Areas::sumOver(s, first, last, std::move(sum), add);
}

inline constexpr std::uint64_t topByte = std::uint64_t{0xff} << 56;
inline constexpr std::uint64_t kernelHalf = std::uint64_t{1} << 55;

/// A user address without its tag, the top byte; an address of the kernel's half as it is.
template <class Word>
Word withoutTag(const Word& address) {
  if ((address & kernelHalf) != 0) return address;
  return address & ~topByte;
}

/// untagged_addr: 6.12 arch/arm64/include/asm/uaccess.h. Since 5.4 calls ignore the tag of an
/// address.
template <class D>
typename D::Word untagged(const Space<D>& s, const typename D::Word& address) {
  return s.rules().untagsCalls ? withoutTag(address) : address;
}

/// Whether the bits above the user half are all equal, as x86 requires. User-mode Linux uses the
/// whole user half of its host.
template <class D>
bool canonical(const Space<D>& s, const typename D::Word& address) {
  const unsigned host = s.rules().hostAddressBits;
  const unsigned bits = host != 0 ? host : s.parameters.geometry.vaBits;
  const typename D::Word above = address >> bits;
  return above == 0 || above == ~std::uint64_t{0} >> bits;
}

/// vma_is_accessible: at least one of read, write, execute.
template <class Flags>
auto accessible(const Flags& flags) {
  return flags & vm::access;
}

} // namespace growsdown::model
