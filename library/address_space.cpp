#include "growsdown/address_space.hpp"

#include "library/machine.h"
#include "reference/address_space.h"
#include "trace/check.h"
#include "trace/ruleset.h"

#include <algorithm>
#include <array>

namespace growsdown {
namespace {

namespace vm = trace::vm;
namespace flag = trace::flag;
using reference::PageChange;
using trace::Op;
using trace::Outcome;
using trace::Step;

constexpr std::size_t changesOfAnAccess = 32; // as reference/change_log.cpp sets aside

[[noreturn]] void refuse(const char* what, std::uint64_t bits) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (; bits != 0; bits >>= 4)
    hex.insert(hex.begin(), digits[bits & 15]);
  throw Unsupported(std::string("growsdown: ") + what + " 0x" + hex + " is not covered");
}

constexpr std::uint32_t bits(Prot prot) {
  return static_cast<std::uint32_t>(prot);
}
constexpr std::uint32_t bits(MapFlags flags) {
  return static_cast<std::uint32_t>(flags);
}

constexpr MapFlags mappingType = static_cast<MapFlags>(0x0f);
constexpr MapFlags coveredFlags = MapFlags::shared | MapFlags::privateMapping | MapFlags::fixed |
                                  MapFlags::anonymous | MapFlags::growsdown | MapFlags::denywrite |
                                  MapFlags::executable | MapFlags::locked | MapFlags::noreserve |
                                  MapFlags::populate | MapFlags::nonblock | MapFlags::stack |
                                  MapFlags::fixedNoreplace;

bool hasType(MapFlags flags) {
  return (flags & mappingType) == MapFlags::shared ||
         (flags & mappingType) == MapFlags::privateMapping;
}

Step mapStep(Address hint, std::uint64_t length, Prot prot, MapFlags flags) {
  if (!contains(flags, MapFlags::anonymous))
    throw Unsupported("growsdown: a mapping without MAP_ANONYMOUS is not covered");
  if (const auto other = bits(flags) & ~bits(coveredFlags); other != 0)
    refuse("the flag of mmap", other);
  if (const auto other = bits(prot) & ~bits(Prot::sem) & ~vm::access; other != 0)
    refuse("the protection", other);
  Step step;
  step.op = Op::mmap;
  step.address = hint;
  step.length = length;
  step.prot = static_cast<std::uint8_t>(bits(prot) & vm::access);
  const auto copy = [&](MapFlags from, std::uint16_t to) {
    if (contains(flags, from)) step.flags |= to;
  };
  copy(MapFlags::fixed, flag::fixed);
  copy(MapFlags::fixedNoreplace, flag::fixedNoreplace);
  copy(MapFlags::growsdown, flag::growsdown);
  copy(MapFlags::noreserve, flag::noreserve);
  copy(MapFlags::locked, flag::locked);
  copy(MapFlags::stack, flag::stack);
  if (!contains(flags, MapFlags::nonblock)) copy(MapFlags::populate, flag::populate);
  if ((flags & mappingType) == MapFlags::shared) step.flags |= flag::shared;
  // do_mmap refuses a mapping of no type where it refuses a shared one that grows down.
  if (!hasType(flags)) step.flags |= flag::shared | flag::growsdown;
  return step;
}

Step rangeStep(Op op, Address start, std::uint64_t length) {
  Step step;
  step.op = op;
  step.address = start;
  step.length = length;
  return step;
}

Step accessStep(Op op, Address address, Access access) {
  Step step;
  step.op = op;
  step.address = address;
  step.access = static_cast<trace::Access>(access);
  if (op != Op::touch && access == Access::exec) step.access = trace::Access::read;
  return step;
}

Errno errnoOf(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::error ? static_cast<Errno>(outcome.error) : Errno::none;
}

Result<Address> addressOf(const Outcome& outcome) {
  if (const Errno error = errnoOf(outcome); error != Errno::none) return error;
  GROWSDOWN_CHECK(outcome.kind == Outcome::Kind::okAddress);
  return outcome.address;
}

SignalCode codeOf(trace::Signal signal) {
  switch (signal) {
  case trace::Signal::segvAccerr:
    return SignalCode::segvAccerr;
  case trace::Signal::segvKernel:
    return SignalCode::segvKernel;
  case trace::Signal::busAdrerr:
    return SignalCode::busAdrerr;
  case trace::Signal::segvMaperr:
    return SignalCode::segvMaperr;
  case trace::Signal::none:
  case trace::Signal::segvPkuerr: // needs protection keys
    break;
  }
  throw std::logic_error("growsdown: a signal that no rule raises");
}

} // namespace

struct AddressSpace::Impl {
  explicit Impl(std::shared_ptr<const Machine> with) : machine(std::move(with)) {
    space.start(machine->parameters, nullptr);
    attach();
  }
  Impl(const Impl& other)
      : machine(other.machine), limits(other.limits), faults(other.faults),
        exhausted(other.exhausted) {
    space = other.space;
    space.reserve();
    attach();
  }
  Impl& operator=(const Impl&) = delete;

  std::uint64_t page() const { return machine->parameters.geometry.page; }
  Address pageDown(Address address) const { return address & ~(page() - 1); }
  Address end() const { return machine->parameters.taskSize; }

  Outcome apply(const Step& step);
  Status call(const Step& step) { return errnoOf(apply(step)); }
  /// Whether it has found an item at or above `from` and below `limit`.
  bool next(Address from, Address limit, Area& out) const;
  bool next(Address from, Address limit, Pages& out) const;
  /// The page of an address, if it is mapped.
  bool pageOf(Address address, Pages& out) const;
  /// Calls `part(pages, area)` for the parts of a change that lie in one area each.
  template <class Part>
  void split(const PageChange& change, const Part& part) const;
  void report();
  void findChanged();

  std::shared_ptr<const Machine> machine;
  reference::AddressSpace space;
  reference::ChangeLog log;
  std::array<std::uint64_t, trace::limitKindCount> limits{};
  std::vector<std::pair<Address, Address>> touched; // the ranges of the last fault
  std::vector<Pages> changed;
  Observer* observer = nullptr;
  std::uint64_t faults = 0;
  bool exhausted = false;

 private:
  void attach() {
    touched.reserve(changesOfAnAccess);
    changed.reserve(changesOfAnAccess);
    log.start(machine->rules, machine->parameters.geometry.pageShift);
    space.noteChanges(&log);
  }
  Pages describe(const trace::Page& page, const trace::Area& area) const;
};

Outcome AddressSpace::Impl::apply(const Step& step) {
  if (exhausted) throw Exhausted("growsdown: the address space is exhausted");
  log.clear();
  exhausted = true; // if the host has no memory in the middle of the step
  const Outcome outcome = step.op == Op::touch ? space.applyReserved(step) : space.apply(step);
  exhausted = false;
  if (outcome.kind == Outcome::Kind::unknown) {
    exhausted = true;
    throw Exhausted("growsdown: the address space has more pages than Options::memory");
  }
  if (step.op == Op::touch) faults += space.counters().faults;
  return outcome;
}

// Called at the end of each call, when its result is known.
void AddressSpace::Impl::report() {
  if (observer == nullptr) return;
  for (const PageChange& change : log.changes()) {
    switch (change.kind) {
    case PageChange::Kind::mapped:
      split(change, [&](const Pages& pages) {
        observer->map(pages, pages.kind == PageKind::shared ? Contents::object : Contents::zeros);
      });
      break;
    case PageChange::Kind::copied:
      split(change, [&](const Pages& pages) { observer->map(pages, Contents::copied); });
      break;
    case PageChange::Kind::regranted:
      split(change, [&](const Pages& pages) { observer->protect(pages); });
      break;
    case PageChange::Kind::moved:
      split(change, [&](const Pages& pages) {
        observer->move(change.from + (pages.start - change.start), pages);
      });
      break;
    case PageChange::Kind::unmapped:
      observer->unmap(change.start, change.end);
      break;
    }
  }
}

template <class Part>
void AddressSpace::Impl::split(const PageChange& change, const Part& part) const {
  for (Address at = change.start; at < change.end;) {
    Pages pages;
    pages.start = at;
    pages.end = change.end;
    pages.rights = static_cast<Prot>(change.rights);
    pages.kind = change.zeroPage ? PageKind::zero : PageKind::anonymous;
    trace::Area area;
    if (space.areaFrom(at, area)) {
      if (area.start <= at) {
        pages.end = std::min(change.end, area.end);
        if (area.object != 0) {
          pages.kind = PageKind::shared;
          pages.object = area.object;
          pages.offset = area.pgoff * page() + (at - area.start);
        }
      } else {
        pages.end = std::min(change.end, area.start);
      }
    }
    part(pages);
    at = pages.end;
  }
}

Pages AddressSpace::Impl::describe(const trace::Page& from, const trace::Area& area) const {
  Pages one;
  one.start = from.address;
  one.end = from.address + page();
  const bool usable = !machine->rules.hostMappedPages || from.hosted;
  one.rights = static_cast<Prot>(usable ? from.prot : 0);
  one.kind = static_cast<PageKind>(from.kind);
  if (area.object != 0) {
    one.object = area.object;
    one.offset = area.pgoff * page() + (from.address - area.start);
  }
  return one;
}

bool AddressSpace::Impl::next(Address from, Address limit, Area& out) const {
  trace::Area area;
  if (!space.areaFrom(from, area) || area.start >= limit) return false;
  out.start = area.start;
  out.end = area.end;
  out.shownStart = area.shownStart;
  out.offset = area.pgoff * page();
  out.object = area.object;
  out.prot = static_cast<Prot>(area.flags & vm::access);
  out.growsdown = (area.flags & vm::growsdown) != 0;
  out.locked = (area.flags & vm::locked) != 0;
  out.noreserve = (area.flags & vm::noreserve) != 0;
  out.accounted = (area.flags & vm::account) != 0;
  out.nohugepage = (area.flags & vm::nohugepage) != 0;
  return true;
}

bool AddressSpace::Impl::pageOf(Address address, Pages& out) const {
  trace::Page found;
  trace::Area area;
  if (address >= end() || !space.pageAt(address, found)) return false;
  space.areaFrom(address, area);
  out = describe(found, area);
  return true;
}

bool AddressSpace::Impl::next(Address from, Address limit, Pages& out) const {
  const Address last = std::min(limit, end());
  const std::uint64_t span = page() * 64; // looked at together
  trace::Area area;
  bool found = false;
  for (Address at = pageDown(from); at < last;) {
    if (!found) at = space.firstTable(at, last);
    if (at >= last) break;
    const Address until = std::min(last, (at & ~(span - 1)) + span);
    bool closed = false;
    space.forEachPage(at, until, [&](const trace::Page& entry) {
      if (closed) return;
      if (!found) {
        space.areaFrom(entry.address, area);
        out = describe(entry, area);
        found = true;
        return;
      }
      const Pages one = describe(entry, area);
      closed = entry.address != out.end || entry.address >= area.end || one.rights != out.rights ||
               one.kind != out.kind;
      if (!closed) out.end = one.end;
    });
    if (found && (closed || out.end < until)) break;
    at = until;
  }
  return found;
}

// The pages that the last fault changed, as they are now.
void AddressSpace::Impl::findChanged() {
  touched.clear();
  changed.clear();
  if (log.changes().size() == 1 && log.changes()[0].end - log.changes()[0].start == page()) {
    changed.emplace_back();
    pageOf(log.changes()[0].start, changed.back());
    return;
  }
  for (const PageChange& change : log.changes())
    touched.emplace_back(change.start, change.end);
  std::sort(touched.begin(), touched.end());
  for (std::size_t i = 0; i < touched.size();) {
    const Address start = touched[i].first;
    Address stop = touched[i].second;
    while (++i < touched.size() && touched[i].first <= stop)
      stop = std::max(stop, touched[i].second);
    Pages pages;
    for (Address at = start; next(at, stop, pages); at = pages.end)
      changed.push_back(pages);
  }
}

AddressSpace::AddressSpace(std::string_view rules, const Options& options)
    : impl_(std::make_unique<Impl>(makeMachine(rules, options))) {
  setLimit(Limit::stack, options.stackLimit);
  setLimit(Limit::as, options.asLimit);
  setLimit(Limit::memlock, options.memlockLimit);
  setLimit(Limit::data, options.dataLimit);
  if (!options.capable) dropCapabilities();
}
AddressSpace::AddressSpace(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AddressSpace::~AddressSpace() = default;
AddressSpace::AddressSpace(AddressSpace&&) noexcept = default;
AddressSpace& AddressSpace::operator=(AddressSpace&&) noexcept = default;

AddressSpace AddressSpace::clone() const {
  return AddressSpace(std::make_unique<Impl>(*impl_));
}

// --- system calls

Result<Address> AddressSpace::mmap(Address hint, std::uint64_t length, Prot prot, MapFlags flags) {
  const Outcome outcome = impl_->apply(mapStep(hint, length, prot, flags));
  impl_->report();
  return addressOf(outcome);
}

Status AddressSpace::munmap(Address start, std::uint64_t length) {
  const Status status = impl_->call(rangeStep(Op::munmap, start, length));
  impl_->report();
  return status;
}

Result<Address> AddressSpace::mremap(Address old, std::uint64_t oldLength, std::uint64_t newLength,
                                     MremapFlags flags, Address target) {
  constexpr MremapFlags covered = MremapFlags::maymove | MremapFlags::fixed;
  if (const auto other = static_cast<std::uint32_t>(flags) & ~static_cast<std::uint32_t>(covered);
      other != 0)
    refuse("the flag of mremap", other);
  const bool fixed = contains(flags, MremapFlags::fixed);
  const bool maymove = contains(flags, MremapFlags::maymove);
  if (fixed && !maymove) return Errno::einval;
  Step step = rangeStep(Op::mremap, old, oldLength);
  step.newLength = newLength;
  if (fixed) step.target = target;
  if (maymove) step.flags = fixed ? flag::to : flag::maymove;
  const Outcome outcome = impl_->apply(step);
  impl_->report();
  return addressOf(outcome);
}

Status AddressSpace::mprotect(Address start, std::uint64_t length, Prot prot) {
  constexpr std::uint32_t covered = vm::access | bits(Prot::sem) | bits(Prot::growsdown);
  if (const auto other = bits(prot) & ~covered; other != 0) refuse("the protection", other);
  Step step = rangeStep(Op::mprotect, start, length);
  step.prot = static_cast<std::uint8_t>(bits(prot) & vm::access);
  if (contains(prot, Prot::growsdown)) step.flags = flag::growsdown;
  const Status status = impl_->call(step);
  impl_->report();
  return status;
}

Status AddressSpace::mlock(Address start, std::uint64_t length) {
  const Status status = impl_->call(rangeStep(Op::mlock, start, length));
  impl_->report();
  return status;
}

Status AddressSpace::munlock(Address start, std::uint64_t length) {
  return impl_->call(rangeStep(Op::munlock, start, length));
}

Status AddressSpace::madvise(Address start, std::uint64_t length, Advice advice) {
  if (advice != Advice::dontneed) refuse("the advice", static_cast<std::uint32_t>(advice));
  const Status status = impl_->call(rangeStep(Op::dontneed, start, length));
  impl_->report();
  return status;
}

Status AddressSpace::mincore(Address start, std::uint64_t length,
                             std::vector<std::uint8_t>& resident) const {
  resident.clear();
  if (const Status whole = impl_->call(rangeStep(Op::mincore, start, length)); !whole) return whole;
  const std::uint64_t page = impl_->page();
  const std::uint64_t count = length / page + (length % page == 0 ? 0 : 1);
  resident.reserve(count);
  // An outcome lists as many pages as this.
  for (std::uint64_t at = 0; at < count; at += trace::listedPages) {
    const std::uint64_t part = std::min<std::uint64_t>(count - at, trace::listedPages);
    const Outcome listed = impl_->apply(rangeStep(Op::mincore, start + at * page, part * page));
    for (std::uint64_t i = 0; i < part; ++i)
      resident.push_back(listed.resident >> i & 1);
  }
  return {};
}

void AddressSpace::fork() {
  Step step;
  step.op = Op::fork;
  impl_->apply(step);
  impl_->report();
}

void AddressSpace::setLimit(Limit limit, std::uint64_t bytes) {
  Step step;
  step.op = Op::limit;
  step.limit = static_cast<trace::LimitKind>(limit);
  step.length = bytes;
  impl_->apply(step);
  impl_->limits[static_cast<unsigned>(limit)] = bytes;
}
std::uint64_t AddressSpace::limit(Limit limit) const noexcept {
  return impl_->limits[static_cast<unsigned>(limit)];
}

void AddressSpace::dropCapabilities() {
  Step step;
  step.op = Op::capable;
  impl_->apply(step);
}

// --- accesses

FaultResult AddressSpace::fault(Address address, Access access) {
  const Outcome outcome = impl_->apply(accessStep(Op::touch, address, access));
  if (outcome.kind == Outcome::Kind::signal) {
    impl_->report();
    return Signal{codeOf(outcome.signal), outcome.hasAddress ? outcome.address : address};
  }
  impl_->findChanged();
  const Address byte =
      impl_->machine->rules.ignoresTopByte ? address & ((Address{1} << 56) - 1) : address;
  Mapped mapped;
  mapped.changed = impl_->changed;
  if (mapped.changed.size() == 1 && mapped.changed[0].start == impl_->pageDown(byte) &&
      mapped.changed[0].length() == impl_->page()) {
    mapped.page = mapped.changed[0];
  } else {
    const bool present = impl_->pageOf(byte, mapped.page);
    GROWSDOWN_CHECK(present);
  }
  impl_->report();
  return mapped;
}

void AddressSpace::prepareFault() {
  impl_->space.reserve();
}

Status AddressSpace::kernelAccess(Address address, Access access) {
  const Status status = impl_->call(accessStep(Op::kernel, address, access));
  impl_->report();
  return status;
}

Status AddressSpace::pinPage(Address address, Access access) {
  const Status status = impl_->call(accessStep(Op::gup, address, access));
  impl_->report();
  return status;
}

void AddressSpace::setStackPointer(Address address) {
  Step step;
  step.op = Op::sp;
  step.address = address;
  impl_->apply(step);
}

// --- questions

Result<Address> AddressSpace::placement(Address hint, std::uint64_t length, MapFlags flags) const {
  const auto placed = addressOf(impl_->space.placement(mapStep(hint, length, Prot::none, flags)));
  if (placed && !hasType(flags)) return Errno::einval;
  return placed;
}

ItemRange<Area> AddressSpace::areas() const noexcept {
  return {this, 0, unlimited};
}
std::optional<Area> AddressSpace::areaFrom(Address address) const noexcept {
  Area area;
  if (!impl_->next(address, unlimited, area)) return std::nullopt;
  return area;
}
std::optional<Area> AddressSpace::areaAt(Address address) const noexcept {
  auto area = areaFrom(address);
  if (area && area->start > address) area.reset();
  return area;
}
ItemRange<Pages> AddressSpace::pages(Address start, Address end) const noexcept {
  return {this, start, end};
}
std::optional<Pages> AddressSpace::pageAt(Address address) const noexcept {
  Pages pages;
  if (!impl_->pageOf(address, pages)) return std::nullopt;
  return pages;
}

Counters AddressSpace::counters() const noexcept {
  const trace::Counters counted = impl_->space.counters();
  const std::uint64_t page = impl_->page();
  Counters out;
  out.total = counted.total * page;
  out.stack = counted.stack * page;
  out.data = counted.data * page;
  out.locked = counted.locked * page;
  out.tables = counted.tables * page;
  out.committed = counted.committed * page;
  out.areas = counted.mapCount;
  out.faults = impl_->faults;
  impl_->space.forEachPage(0, impl_->end(), [&](const trace::Page& entry) {
    if (entry.kind == trace::Page::Kind::anonymous) out.anonymous += page;
    if (entry.kind == trace::Page::Kind::shared) out.shared += page;
  });
  return out;
}

std::uint64_t AddressSpace::pageSize() const noexcept {
  return impl_->page();
}
Address AddressSpace::end() const noexcept {
  return impl_->end();
}
Address AddressSpace::mmapBase() const noexcept {
  return impl_->machine->parameters.mmapBase;
}
std::string_view AddressSpace::rules() const noexcept {
  return impl_->machine->rules.name;
}

void AddressSpace::observe(Observer* observer) noexcept {
  impl_->observer = observer;
}

bool AddressSpace::next(Address from, Address end, Area& out) const noexcept {
  return impl_->next(from, end, out);
}
bool AddressSpace::next(Address from, Address end, Pages& out) const noexcept {
  return impl_->next(from, end, out);
}

} // namespace growsdown
