// growsdown: the address space of one process as Linux keeps it, for programs that have to know what
// the kernel would do: emulators, recorders, library operating systems, checkpoint tools.
//
//     growsdown::AddressSpace space("linux-6.12-arm64");
//     space.mmap(0x400000, 0x10000, Prot::read | Prot::write,
//                MapFlags::privateMapping | MapFlags::anonymous | MapFlags::fixed);
//
// docs/library.md is the guide. The C binding is growsdown/address_space.h.
//
// Addresses, lengths and limits are in bytes. Flags and errors have the values of Linux on arm64 and
// x86-64 (asm-generic), so the arguments of a guest can be cast.
//
// An AddressSpace is not thread-safe: one thread at a time may use an object. Objects are
// independent of each other. Every function may throw std::bad_alloc, unless it is noexcept.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#ifndef GROWSDOWN_API
#if defined(__GNUC__)
#define GROWSDOWN_API __attribute__((visibility("default")))
#else
#define GROWSDOWN_API
#endif
#endif

namespace growsdown {

using Address = std::uint64_t;

// --- errors and results

/// The errors that a call can return, with Linux's values.
enum class Errno : std::int32_t {
  none = 0,
  eperm = 1,
  eagain = 11,
  enomem = 12,
  efault = 14,
  eexist = 17,
  einval = 22,
};
/// `ENOMEM` and the like; `none` is `success`.
GROWSDOWN_API std::string_view name(Errno error) noexcept;

/// The library does not cover the call: unknown flags, file mappings, MADV_FREE and so on. Nothing
/// has changed.
class GROWSDOWN_API Unsupported : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};
/// The address space has more pages than Options::memory, or an earlier call threw std::bad_alloc. A
/// call ended in the middle. From then on each call throws Exhausted.
class GROWSDOWN_API Exhausted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value, or an error of Linux.
template <class T>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) noexcept : value_(value) {}     // NOLINT(google-explicit-constructor)
  constexpr Result(Errno error) noexcept : error_(error) {} // NOLINT(google-explicit-constructor)

  constexpr bool ok() const noexcept { return error_ == Errno::none; }
  constexpr explicit operator bool() const noexcept { return ok(); }
  /// Errno::none after success.
  constexpr Errno error() const noexcept { return error_; }
  /// Throws std::logic_error if there is no value.
  constexpr const T& value() const {
    if (!ok()) throw std::logic_error("growsdown: the result is an error and has no value");
    return value_;
  }
  /// What the system call returns in a register: the value, or the negative error.
  constexpr std::int64_t raw() const noexcept requires std::is_integral_v<T> {
    return ok() ? static_cast<std::int64_t>(value_) : -static_cast<std::int64_t>(error_);
  }

 private:
  T value_{};
  Errno error_ = Errno::none;
};

/// Success, or an error of Linux.
class [[nodiscard]] Status {
 public:
  constexpr Status() noexcept = default;
  constexpr Status(Errno error) noexcept : error_(error) {} // NOLINT(google-explicit-constructor)

  constexpr bool ok() const noexcept { return error_ == Errno::none; }
  constexpr explicit operator bool() const noexcept { return ok(); }
  constexpr Errno error() const noexcept { return error_; }
  /// What the system call returns in a register: 0, or the negative error.
  constexpr std::int64_t raw() const noexcept { return -static_cast<std::int64_t>(error_); }

 private:
  Errno error_ = Errno::none;
};

// --- arguments

/// PROT_*. `growsdown` is for mprotect only.
enum class Prot : std::uint32_t {
  none = 0,
  read = 1,
  write = 2,
  exec = 4,
  sem = 8, ///< ignored, as by Linux
  growsdown = 0x01000000,
};

/// MAP_*. A mapping is shared or private (otherwise EINVAL), and must be anonymous.
enum class MapFlags : std::uint32_t {
  none = 0,
  shared = 0x01,
  privateMapping = 0x02,
  fixed = 0x10,
  anonymous = 0x20,
  growsdown = 0x0100,
  denywrite = 0x0800,  ///< ignored, as by Linux
  executable = 0x1000, ///< ignored, as by Linux
  locked = 0x2000,
  noreserve = 0x4000,
  populate = 0x8000,
  nonblock = 0x10000, ///< populate does nothing
  stack = 0x20000,
  fixedNoreplace = 0x100000, ///< a hint before Linux 4.17
};

/// MREMAP_*
enum class MremapFlags : std::uint32_t { none = 0, maymove = 1, fixed = 2 };

/// MADV_*
enum class Advice : std::int32_t { dontneed = 4 };

template <class Flags>
inline constexpr bool isFlags = false;
template <>
inline constexpr bool isFlags<Prot> = true;
template <>
inline constexpr bool isFlags<MapFlags> = true;
template <>
inline constexpr bool isFlags<MremapFlags> = true;

template <class Flags>
requires isFlags<Flags>
constexpr Flags operator|(Flags a, Flags b) noexcept {
  return static_cast<Flags>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
template <class Flags>
requires isFlags<Flags>
constexpr Flags operator&(Flags a, Flags b) noexcept {
  return static_cast<Flags>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
/// Whether all bits of `part` are set.
template <class Flags>
requires isFlags<Flags>
constexpr bool contains(Flags flags, Flags part) noexcept {
  return (flags & part) == part;
}

/// RLIMIT_* of the same name. Only soft limits matter.
enum class Limit : std::uint8_t { stack, as, memlock, data };
inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

enum class Access : std::uint8_t { read, write, exec };

// --- the parameters of an address space

struct Options {
  std::optional<std::uint64_t> pageSize{};      ///< 4096, 16384 or 65536; none: the rule set's
  std::optional<unsigned> addressBits{};        ///< of user addresses; none: the rule set's
  std::uint64_t mmapMinAddr = 65536;            ///< vm.mmap_min_addr
  std::uint64_t lsmMmapMinAddr = 0;             ///< CONFIG_LSM_MMAP_MIN_ADDR; 0: none
  std::uint64_t maxMapCount = 65530;            ///< vm.max_map_count
  std::optional<std::uint64_t> stackGuardGap{}; ///< bytes; none: 256 pages since Linux 4.12
  /// mm->mmap_base, where the top-down search for a free range starts. The kernel chooses it in exec
  /// from RLIMIT_STACK, the stack's random offset and the randomisation of mmap. The default is the
  /// kernel's choice with a stack limit of 8 MiB and without randomisation.
  std::optional<Address> mmapBase{};
  /// The legacy layout: the search goes up from TASK_UNMAPPED_BASE. The kernel chooses it in exec if
  /// RLIMIT_STACK is unlimited.
  bool searchesUp = false;
  bool capable = false; ///< CAP_IPC_LOCK and CAP_SYS_RAWIO
  std::uint64_t stackLimit = 8ULL << 20;
  std::uint64_t asLimit = unlimited;
  std::uint64_t memlockLimit = 8ULL << 20; ///< Linux's default since 5.16; 64 KiB before
  std::uint64_t dataLimit = unlimited;
  /// The most memory whose pages may be present at once. Each present page costs the host about 20
  /// bytes. A call that needs more throws Exhausted.
  std::uint64_t memory = 1ULL << 40;
  /// Single knobs of the rule set, by name and value (`growsdown knobs` lists them): for kernels with
  /// another configuration, or with the change of a stable update.
  std::vector<std::pair<std::string, std::string>> knobs{};
};

/// The rule sets of recorded kernels, such as `linux-6.12-arm64`, oldest first.
GROWSDOWN_API std::vector<std::string> recordedRuleSets();
/// All rule sets: every release from 4.3 on. Those that are not recorded consist of known changes.
GROWSDOWN_API std::vector<std::string> allRuleSets();

// --- what an address space consists of

/// An area (VMA). Areas ascend and are disjoint.
struct Area {
  Address start = 0;
  Address end = 0;          ///< exclusive
  Address shownStart = 0;   ///< in /proc/PID/maps: before 4.12 a stack's guard page is left out
  std::uint64_t offset = 0; ///< vm_pgoff in bytes; of a shared area: in its object
  std::uint64_t object = 0; ///< the shared object: 1, 2, … in order of creation; 0: private
  Prot prot = Prot::none;   ///< read, write, exec
  bool growsdown = false;
  bool locked = false;
  bool noreserve = false;
  bool accounted = false; ///< charged to Committed_AS
  bool nohugepage = false;

  bool shared() const noexcept { return object != 0; }
  std::uint64_t length() const noexcept { return end - start; }
  friend bool operator==(const Area&, const Area&) = default;
};
/// The area as /proc/PID/maps begins its line: `7ffff000-80000000 rw-p`.
GROWSDOWN_API std::string mapsLine(const Area& area);
/// The area's flags as the line VmFlags of /proc/PID/smaps has them, as far as they are known here:
/// `rd wr mr mw me gd ac`.
GROWSDOWN_API std::string smapsFlags(const Area& area);

enum class PageKind : std::uint8_t {
  zero,      ///< private, never written: the zero page
  anonymous, ///< private, written
  shared,    ///< of a shared object
};

/// Adjacent pages that are mapped alike.
struct Pages {
  Address start = 0;
  Address end = 0;          ///< exclusive
  Prot rights = Prot::none; ///< the accesses of user mode that need no fault
  PageKind kind = PageKind::zero;
  std::uint64_t object = 0; ///< of shared pages
  std::uint64_t offset = 0; ///< of shared pages: of the first one in its object

  std::uint64_t length() const noexcept { return end - start; }
  friend bool operator==(const Pages&, const Pages&) = default;
};

/// Where the contents of newly mapped pages come from.
enum class Contents : std::uint8_t {
  zeros,  ///< private pages: they read as 0
  object, ///< shared pages: those of the object, which read as 0 until they are written
  copied, ///< the pages get frames of their own with a copy of what they contained: copy-on-write
};

/// What the owner of host memory has to do so that user mode can access exactly the pages that are
/// mapped. All events of a call arrive after it, in the order in which they must be applied. A
/// callback may read the address space, which is already in its final state; it must not change it.
/// An exception of a callback leaves the call, whose effects stay; the events after it are lost.
class GROWSDOWN_API Observer {
 public:
  virtual ~Observer() = default;
  /// The pages become accessible with these rights. For `copied` they were mapped before.
  virtual void map(const Pages& pages, Contents contents) = 0;
  /// The pages have other rights from now on. Contents and kind stay.
  virtual void protect(const Pages& pages) = 0;
  /// The pages move with their contents from `from`; the two ranges are disjoint.
  virtual void move(Address from, const Pages& pages) = 0;
  /// The pages are not accessible any more. The contents of private pages are lost.
  virtual void unmap(Address start, Address end) = 0;
};

/// In bytes, except for counts.
struct Counters {
  std::uint64_t total = 0;     ///< VmSize
  std::uint64_t stack = 0;     ///< VmStk
  std::uint64_t data = 0;      ///< VmData
  std::uint64_t locked = 0;    ///< VmLck
  std::uint64_t anonymous = 0; ///< RssAnon: pages of kind `anonymous`
  std::uint64_t shared = 0;    ///< RssShmem
  std::uint64_t tables = 0;    ///< VmPTE: page tables below the top level
  std::uint64_t committed = 0; ///< its part of Committed_AS
  std::uint64_t areas = 0;     ///< their number (mm->map_count)
  std::uint64_t faults = 0;    ///< the minor faults of all calls of `fault` (ru_minflt)

  std::uint64_t resident() const noexcept { return anonymous + shared; } ///< VmRSS
  friend bool operator==(const Counters&, const Counters&) = default;
};

// --- the answer to an access

enum class SignalCode : std::uint8_t {
  segvMaperr, ///< SIGSEGV, SEGV_MAPERR
  segvAccerr, ///< SIGSEGV, SEGV_ACCERR
  segvKernel, ///< SIGSEGV, SI_KERNEL: x86's general protection fault
  busAdrerr,  ///< SIGBUS, BUS_ADRERR
};
/// The signal that an access raises.
struct GROWSDOWN_API Signal {
  SignalCode code = SignalCode::segvMaperr;
  Address address = 0; ///< si_addr

  int number() const noexcept; ///< SIGSEGV or SIGBUS
  int siCode() const noexcept;
  friend bool operator==(const Signal&, const Signal&) = default;
};
/// `SIGSEGV/MAPERR` and the like.
GROWSDOWN_API std::string_view name(SignalCode code) noexcept;

/// The access succeeds.
struct Mapped {
  Pages page; ///< the page of the address as it is mapped now
  /// All pages that the access mapped or gave other rights, by ascending address; empty if it needed
  /// no fault. Valid until the next call.
  std::span<const Pages> changed{};
};

/// The result of `fault`: the access succeeds, or it raises a signal.
class [[nodiscard]] FaultResult : public std::variant<Mapped, Signal> {
 public:
  using std::variant<Mapped, Signal>::variant;

  bool ok() const noexcept { return std::holds_alternative<Mapped>(*this); }
  /// These throw std::bad_variant_access if the result is the other one.
  const Mapped& mapped() const { return std::get<Mapped>(*this); }
  const Signal& signal() const { return std::get<Signal>(*this); }
};

class AddressSpace;

/// A range (std::ranges::forward_range) of areas or pages by ascending address. The elements are
/// found while it is iterated: an iterator stays valid whatever is called, and goes on above its
/// last element. The address space must live as long.
template <class Item>
class ItemRange {
 public:
  class iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item*;
    using reference = const Item&;

    iterator() = default;
    reference operator*() const noexcept { return *item_; }
    pointer operator->() const noexcept { return &*item_; }
    iterator& operator++() {
      find(item_->end);
      return *this;
    }
    iterator operator++(int) {
      iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.item_.has_value() == b.item_.has_value() &&
             (!a.item_ || a.item_->start == b.item_->start);
    }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
      return !at.item_;
    }

   private:
    friend class ItemRange;
    iterator(const AddressSpace* space, Address from, Address end) : space_(space), end_(end) {
      find(from);
    }
    void find(Address from);

    const AddressSpace* space_ = nullptr;
    Address end_ = 0;
    std::optional<Item> item_{};
  };

  iterator begin() const { return {space_, start_, end_}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend class AddressSpace;
  ItemRange(const AddressSpace* space, Address start, Address end)
      : space_(space), start_(start), end_(end) {}
  const AddressSpace* space_;
  Address start_;
  Address end_;
};

// --- the address space

/// The address space of a process without areas, and what Linux does with it. Calls have the names
/// and arguments of the system calls; docs/rules describes what a call or an access does.
class GROWSDOWN_API AddressSpace {
 public:
  /// Creates an address space under a rule set, such as `linux-6.12-arm64`. Throws
  /// std::invalid_argument with the reason if there is no such rule set, or if it has no such page
  /// size, address width or knob.
  explicit AddressSpace(std::string_view rules, const Options& options = {});
  ~AddressSpace();
  AddressSpace(AddressSpace&&) noexcept;
  AddressSpace& operator=(AddressSpace&&) noexcept;
  /// A copy, with the same future and without an observer.
  [[nodiscard]] AddressSpace clone() const;

  // System calls

  /// EINVAL, EPERM, EAGAIN, ENOMEM, EEXIST.
  Result<Address> mmap(Address hint, std::uint64_t length, Prot prot, MapFlags flags);
  /// EINVAL, ENOMEM.
  Status munmap(Address start, std::uint64_t length);
  /// `target` matters with MremapFlags::fixed. EINVAL, EFAULT, EAGAIN, ENOMEM, EPERM.
  Result<Address> mremap(Address old, std::uint64_t oldLength, std::uint64_t newLength,
                         MremapFlags flags, Address target = 0);
  /// EINVAL, ENOMEM. Before an error, a part of the range may have changed, as in Linux.
  Status mprotect(Address start, std::uint64_t length, Prot prot);
  /// EPERM, ENOMEM, EINVAL.
  Status mlock(Address start, std::uint64_t length);
  /// ENOMEM, EINVAL.
  Status munlock(Address start, std::uint64_t length);
  /// EINVAL, ENOMEM. Advice other than Advice::dontneed is Unsupported.
  Status madvise(Address start, std::uint64_t length, Advice advice);
  /// Sets `resident` to one byte per page of the range: 1 if the page is in memory. EINVAL, ENOMEM;
  /// after an error, `resident` is empty.
  Status mincore(Address start, std::uint64_t length, std::vector<std::uint8_t>& resident) const;

  /// The object becomes the child of a fork. Private pages lose their write permission, and a write
  /// copies, as while the parent lives. To keep the parent, clone it first. The parent's own loss of
  /// write permission is not shown.
  void fork();
  /// setrlimit of a soft limit.
  void setLimit(Limit limit, std::uint64_t bytes);
  std::uint64_t limit(Limit limit) const noexcept;
  /// Drops the capabilities of Options::capable for good.
  void dropCapabilities();

  // Accesses

  /// An access by user mode to the byte at `address`, whether or not it needs a fault. Growth of
  /// stacks, copy-on-write and fault-around take place. An instruction is fetched at the multiple of
  /// four at or below `address`.
  FaultResult fault(Address address, Access access);
  /// Sets aside the memory that the next `fault` needs. A host that must not allocate memory while it
  /// handles a signal calls it after each `fault`, outside the handler.
  void prepareFault();
  /// The kernel reads or writes the byte for the caller, as copy_from_user and copy_to_user do.
  /// EFAULT. `exec` is a read.
  Status kernelAccess(Address address, Access access);
  /// The kernel takes the page of the byte by get_user_pages, as for direct I/O or ptrace. EFAULT.
  /// `exec` is a read.
  Status pinPage(Address address, Access access);
  /// The stack pointer of later calls of `fault`. Only x86-64 before 5.0 asks for it; without a call
  /// it is at the end of the address space.
  void setStackPointer(Address address);

  // Questions, which change nothing

  /// The address that mmap with these arguments would return, unless a limit refuses it.
  Result<Address> placement(Address hint, std::uint64_t length, MapFlags flags) const;
  /// All areas.
  ItemRange<Area> areas() const noexcept;
  /// The area that contains the address.
  std::optional<Area> areaAt(Address address) const noexcept;
  /// The area that contains the address, or else the next one above it.
  std::optional<Area> areaFrom(Address address) const noexcept;
  /// The mapped pages of a range of addresses, in runs that are as long as possible. A run ends
  /// where its area ends.
  ItemRange<Pages> pages(Address start = 0, Address end = unlimited) const noexcept;
  /// The page of an address, if it is mapped.
  std::optional<Pages> pageAt(Address address) const noexcept;
  /// Costs one visit per mapped page.
  Counters counters() const noexcept;
  std::uint64_t pageSize() const noexcept;
  /// TASK_SIZE: the end of user addresses.
  Address end() const noexcept;
  Address mmapBase() const noexcept;
  std::string_view rules() const noexcept;

  /// Reports all later changes of mapped pages to `observer`, which must outlive the object or the
  /// next call of `observe`; null: to nobody. Pages that are mapped already are not reported.
  void observe(Observer* observer) noexcept;

 private:
  template <class>
  friend class ItemRange;
  struct Impl;
  explicit AddressSpace(std::unique_ptr<Impl> impl) noexcept;
  bool next(Address from, Address end, Area& out) const noexcept;
  bool next(Address from, Address end, Pages& out) const noexcept;

  std::unique_ptr<Impl> impl_;
};

template <class Item>
void ItemRange<Item>::iterator::find(Address from) {
  Item found;
  if (space_->next(from, end_, found))
    item_ = found;
  else
    item_.reset();
}

} // namespace growsdown
