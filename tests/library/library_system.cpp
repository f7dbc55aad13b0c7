#include "tests/library/library_system.h"

namespace growsdown::tests {

namespace flag = trace::flag;
namespace vm = trace::vm;

// The address that the kernel chose outside the windows is not part of a trace.
trace::Outcome LibrarySystem::outcomeOf(const Result<Address>& result,
                                        const trace::Step& step) const {
  if (!result) return trace::Outcome::failed(static_cast<trace::Errno>(result.error()));
  const std::uint64_t page = space_->pageSize();
  const std::uint64_t length = (trace::mappedLength(step) + page - 1) & ~(page - 1);
  const bool mmap = step.op == trace::Op::mmap;
  const bool noreplace = rules_->fixedNoreplace && (step.flags & flag::fixedNoreplace) != 0;
  const bool given = mmap ? (step.flags & flag::fixed) != 0 || noreplace
                          : (step.flags & flag::to) != 0 || result.value() == step.address;
  Address hint = step.address & ~(page - 1);
  const bool honoured = mmap && hint != 0 && result.value() == hint;
  if (!given && !honoured && !trace::inside(windows_, result.value(), length))
    return trace::Outcome::elsewhere();
  return trace::Outcome::at(result.value());
}

trace::Outcome LibrarySystem::performMmap(const trace::Step& step) {
  AddressSpace& s = *space_;
  const Prot prot = static_cast<Prot>(step.prot);
  MapFlags flags = MapFlags::anonymous;
  const auto copy = [&](std::uint16_t from, MapFlags to) {
    if ((step.flags & from) != 0) flags = flags | to;
  };
  copy(flag::fixed, MapFlags::fixed);
  copy(flag::fixedNoreplace, MapFlags::fixedNoreplace);
  copy(flag::growsdown, MapFlags::growsdown);
  copy(flag::noreserve, MapFlags::noreserve);
  copy(flag::locked, MapFlags::locked);
  copy(flag::populate, MapFlags::populate);
  copy(flag::stack, MapFlags::stack);
  flags = flags | ((step.flags & flag::shared) != 0 ? MapFlags::shared : MapFlags::privateMapping);
  const auto placed = s.placement(step.address, step.length, flags);
  const auto mapped = s.mmap(step.address, step.length, prot, flags);
  // What `placement` answers is what mmap returns, unless a limit refuses the mapping.
  if (mapped ? !placed || placed.value() != mapped.value()
             : !placed && placed.error() != mapped.error())
    throw harness::Misbehaved("placement and mmap differ");
  return outcomeOf(mapped, step);
}

trace::Outcome LibrarySystem::performMincore(const trace::Step& step) {
  AddressSpace& s = *space_;
  if (step.length / s.pageSize() > mostListed) return trace::Outcome::undecided();
  std::vector<std::uint8_t> resident;
  if (const Status status = s.mincore(step.address, step.length, resident); !status)
    return outcomeOf(status);
  std::uint64_t first = 0, after = 0;
  for (std::size_t i = 0; i < resident.size(); ++i)
    if (resident[i] != 0)
      i < trace::listedPages ? static_cast<void>(first |= std::uint64_t{1} << i)
                             : static_cast<void>(++after);
  return trace::Outcome::listing(resident.size(), first, after);
}

trace::Outcome LibrarySystem::perform(const trace::Step& step) {
  using trace::Op;
  AddressSpace& s = *space_;
  const Prot prot = static_cast<Prot>(step.prot);
  const Access access = static_cast<Access>(step.access);
  switch (step.op) {
  case Op::limit:
    s.setLimit(static_cast<Limit>(step.limit), step.length);
    return trace::Outcome::okay();
  case Op::capable:
    s.dropCapabilities();
    return trace::Outcome::okay();
  case Op::mmap:
    return performMmap(step);
  case Op::munmap:
    return outcomeOf(s.munmap(step.address, step.length));
  case Op::mprotect:
    return outcomeOf(
        s.mprotect(step.address, step.length,
                   (step.flags & flag::growsdown) != 0 ? prot | Prot::growsdown : prot));
  case Op::mlock:
    return outcomeOf(s.mlock(step.address, step.length));
  case Op::munlock:
    return outcomeOf(s.munlock(step.address, step.length));
  case Op::dontneed:
    return outcomeOf(s.madvise(step.address, step.length, Advice::dontneed));
  case Op::mremap: {
    MremapFlags flags = MremapFlags::none;
    if ((step.flags & flag::maymove) != 0) flags = MremapFlags::maymove;
    if ((step.flags & flag::to) != 0) flags = MremapFlags::maymove | MremapFlags::fixed;
    return outcomeOf(s.mremap(step.address, step.length, step.newLength, flags, step.target), step);
  }
  case Op::fork:
    s.fork();
    return trace::Outcome::okay();
  case Op::touch: {
    const FaultResult result = s.fault(step.address, access);
    s.prepareFault();
    if (result.ok()) return trace::Outcome::okay();
    constexpr trace::Signal signals[] = {trace::Signal::segvMaperr, trace::Signal::segvAccerr,
                                         trace::Signal::segvKernel, trace::Signal::busAdrerr};
    trace::Outcome outcome =
        trace::Outcome::signalled(signals[static_cast<unsigned>(result.signal().code)]);
    outcome.hasAddress = result.signal().address != step.address;
    if (outcome.hasAddress) outcome.address = result.signal().address;
    return outcome;
  }
  case Op::sp:
    s.setStackPointer((step.flags & flag::own) != 0 ? s.end() : step.address);
    return trace::Outcome::okay();
  case Op::kernel:
    return outcomeOf(s.kernelAccess(step.address, access));
  case Op::gup:
    return outcomeOf(s.pinPage(step.address, access));
  case Op::mincore:
    return performMincore(step);
  default:
    throw harness::CannotSay("the library has no call for the step");
  }
}

void LibrarySystem::snapshot(trace::State& out) const {
  out.clear();
  const std::uint64_t page = space_->pageSize();
  for (const Area& area : space_->areas()) {
    trace::Area a;
    a.start = area.start;
    a.end = area.end;
    a.shownStart = area.shownStart;
    a.pgoff = area.offset / page;
    a.object = area.object;
    a.flags = static_cast<std::uint32_t>(area.prot);
    const auto set = [&](bool on, std::uint32_t bit) {
      if (on) a.flags |= bit;
    };
    set(area.shared(), vm::shared);
    set(area.growsdown, vm::growsdown);
    set(area.locked, vm::locked);
    set(area.noreserve, vm::noreserve);
    set(area.accounted, vm::account);
    set(area.nohugepage, vm::nohugepage);
    out.areas.push_back(a);
  }
  for (const Pages& run : space_->pages())
    for (Address at = run.start; at < run.end; at += page) {
      trace::Page p;
      p.address = at;
      p.kind = static_cast<trace::Page::Kind>(run.kind);
      p.prot = static_cast<std::uint8_t>(run.rights);
      out.pages.push_back(p);
    }
  const Counters counters = space_->counters();
  out.counters.total = counters.total / page;
  out.counters.stack = counters.stack / page;
  out.counters.locked = counters.locked / page;
  out.counters.data = counters.data / page;
  out.counters.committed = counters.committed / page;
  out.counters.tables = counters.tables / page;
  out.counters.mapCount = counters.areas;
  out.counters.faults = faults_;
}

} // namespace growsdown::tests
