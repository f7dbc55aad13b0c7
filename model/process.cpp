#include "model/process.h"

#include "model/fault.h"
#include "model/fork.h"
#include "model/grow.h"
#include "model/map.h"
#include "model/protect.h"
#include "model/remap.h"

namespace growsdown::model {
namespace {

using trace::Op;
using trace::Outcome;
using trace::Signal;
using trace::Step;

Outcome outcomeOf(Errno error) {
  return error == Errno::none ? Outcome::okay() : Outcome::failed(error);
}

/// How a call's address answer reads in a trace: one that the kernel chose outside the windows is
/// just `elsewhere`.
Outcome outcomeOf(const Placed<Concrete>& placed, std::uint64_t length) {
  if (placed.error != Errno::none) return Outcome::failed(placed.error);
  if (!placed.chosen) return Outcome::at(placed.address);
  for (const trace::Window& window : trace::windows)
    if (placed.address >= window.start && placed.address < window.end &&
        length <= window.end - placed.address)
      return Outcome::at(placed.address);
  return Outcome::elsewhere();
}

void fill(trace::State& out, const Space<Concrete>& s) {
  out.clear();
  for (std::size_t i = 0; i < s.areas.size(); ++i) {
    const Vma<Concrete>& a = s.areas[i];
    out.areas.push_back({.start = a.start,
                         .end = a.end,
                         .shownStart = shownStart(s, i),
                         .pgoff = a.pgoff,
                         .anon = a.anon,
                         .object = a.object,
                         .flags = a.flags,
                         .forked = a.forked});
  }
  for (const Entry<Concrete>& e : s.entries)
    out.pages.push_back({.address = e.address,
                         .frame = e.frame,
                         .kind = e.kind,
                         .prot = static_cast<std::uint8_t>(e.prot),
                         .inherited = e.inherited,
                         .dirty = e.kind == PageKind::shared && e.dirty,
                         .hosted = e.hosted});
  for (const Object<Concrete>& o : s.objects)
    out.objects.push_back({o.id, o.pages});
  for (const ObjectPage<Concrete>& p : s.objectPages)
    out.objectPages.push_back({p.object, p.index, p.frame});
  out.counters = {.total = s.counters.total,
                  .stack = s.counters.stack,
                  .locked = s.counters.locked,
                  .data = shownData<Concrete>(s.rules(), s.counters),
                  .committed = s.counters.committed,
                  .mapCount = s.areas.size(),
                  .tables = s.tables.size(),
                  .faults = s.counters.faults};
}

} // namespace

void Process::start(const trace::Parameters& parameters, const trace::State* initial) {
  parameters_ = parameters;
  Space<Concrete>& s = space_;
  s.parameters = &parameters_;
  s.minAddr = parameters.minAddr;
  s.effectiveMinAddr = parameters.effectiveMinAddr();
  s.maxMapCount = parameters.maxMapCount;
  s.limits = {trace::initialStackLimit, trace::unlimited, trace::initialMemlockLimit,
              trace::unlimited};
  s.stackPointer = parameters.taskSize; // of a thread on its own stack, at the top
  s.capable = true;
  s.areas.clear();
  s.entries.clear();
  s.tables.clear();
  s.objects.clear();
  s.objectPages.clear();
  s.counters = {};
  s.lastAnon = s.lastFrame = s.lastObject = 0;
  lastFault_ = 0;
  s.outOfMemory = false;
  s.decided = Rule::stepDone;
  s.wayLength = 0;
  if (initial == nullptr) return;

  for (const trace::Area& a : initial->areas) {
    s.areas.push_back({.start = a.start,
                       .end = a.end,
                       .pgoff = a.pgoff,
                       .flags = a.flags,
                       .anon = a.anon,
                       .object = a.object,
                       .forked = a.forked});
    s.lastAnon = std::max(s.lastAnon, a.anon);
    if (a.flags & vm::shared) s.counters.shared += s.pagesOf(a.start, a.end);
  }
  for (const trace::Page& p : initial->pages) {
    const std::size_t i = s.findVma(p.address);
    const bool sharedWritable = i < s.areas.size() && (s.areas[i].flags & vm::write) != 0;
    s.entries.push_back({.address = p.address,
                         .prot = p.prot,
                         .frame = p.frame,
                         .kind = p.kind,
                         .inherited = p.inherited,
                         .writable = p.kind == PageKind::shared
                                         ? sharedWritable
                                         : (p.prot & trace::prot::write) != 0,
                         .dirty = p.kind == PageKind::shared ? p.dirty : true,
                         .hosted = p.hosted});
    s.lastFrame = std::max(s.lastFrame, p.frame);
    makeTables<Concrete>(s, p.address);
  }
  for (const trace::Object& o : initial->objects) {
    s.objects.push_back({o.id, o.pages});
    s.lastObject = std::max(s.lastObject, o.id);
  }
  for (const trace::ObjectPage& p : initial->objectPages) {
    s.objectPages.push_back({p.object, p.index, p.frame});
    s.lastFrame = std::max(s.lastFrame, p.frame);
  }
  s.counters.total = initial->counters.total;
  s.counters.stack = initial->counters.stack;
  s.counters.locked = initial->counters.locked;
  s.counters.data = initial->counters.data;
  s.counters.committed = initial->counters.committed;
}

/// A touch, or the kernel's access on the caller's behalf. arm64 ignores the top byte of the
/// addresses that user mode uses; access_ok does not.
Outcome Process::access(const Step& step) {
  Space<Concrete>& s = space_;
  const bool user = step.op == Op::touch;
  std::uint64_t address = step.address;
  if (user && step.access == trace::Access::exec) address &= ~std::uint64_t{3};
  if (user && s.rules().generalProtection && !canonical(s, address)) {
    s.mark(Rule::faultNonCanonical);
    Outcome outcome = Outcome::signalled(Signal::segvKernel);
    outcome.hasAddress = true;
    return outcome;
  }
  if (user && s.rules().hostAddressBits != 0 && !canonical(s, address)) {
    s.mark(Rule::faultUmNonCanonical);
    Outcome outcome = Outcome::signalled(Signal::segvAccerr);
    outcome.hasAddress = true;
    outcome.address = lastFault_;
    return outcome;
  }
  const std::uint64_t touched = address;
  if (user && s.rules().ignoresTopByte && !(address & kernelHalf)) address &= ~topByte;

  const Verdict verdict = performAccess<Concrete>(s, address, step.access, user);
  if (user && (s.counters.faults != 0 || verdict != Verdict::ok)) lastFault_ = touched;
  if (!user) s.counters.faults = 0;
  if (verdict == Verdict::outOfMemory) return Outcome::undecided();
  if (verdict == Verdict::ok) return Outcome::okay();
  if (!user) return Outcome::failed(Errno::efault);

  Outcome outcome = Outcome::signalled(verdict == Verdict::maperr   ? Signal::segvMaperr
                                       : verdict == Verdict::accerr ? Signal::segvAccerr
                                                                    : Signal::busAdrerr);
  // si_addr: entry.S clears the tag in 4.3; later get_signal hides it (arch_untagged_si_addr).
  std::uint64_t reported = touched;
  if (s.rules().siAddrClearsTopByte || (s.rules().ignoresTopByte && !(touched & kernelHalf)))
    reported &= ~topByte;
  if (reported != step.address) {
    outcome.hasAddress = true;
    outcome.address = reported;
  }
  return outcome;
}

Outcome Process::gup(const Step& step) {
  Space<Concrete>& s = space_;
  const std::uint64_t address = untagged(s, step.address);
  const bool done = getUserPage<Concrete>(s, address, step.access);
  if (s.outOfMemory) return Outcome::undecided();
  return done ? Outcome::okay() : Outcome::failed(Errno::efault);
}

Outcome Process::apply(const Step& step) {
  Space<Concrete>& s = space_;
  s.counters.faults = 0;
  s.wayLength = 0;
  s.mark(Rule::stepDone);
  const std::uint64_t address = untagged(s, step.address);
  Outcome outcome = Outcome::okay();
  switch (step.op) {
  case Op::limit:
    switch (step.limit) {
    case trace::LimitKind::stack:
      s.limits.stack = step.length;
      break;
    case trace::LimitKind::as:
      s.limits.as = step.length;
      break;
    case trace::LimitKind::memlock:
      s.limits.memlock = step.length;
      break;
    case trace::LimitKind::data:
      s.limits.data = step.length;
      break;
    }
    break;
  case Op::capable:
    s.capable = false;
    break;
  case Op::sp:
    s.stackPointer = step.flags & flag::own ? parameters_.taskSize : step.address;
    break;
  case Op::mmap: {
    const std::uint64_t length = s.pageUp(step.length);
    outcome =
        outcomeOf(mmap<Concrete>(s, step.address, step.length, step.prot, step.flags), length);
    break;
  }
  case Op::munmap:
    outcome = outcomeOf(munmap<Concrete>(s, address, step.length));
    break;
  case Op::mprotect:
    outcome = outcomeOf(mprotect<Concrete>(s, address, step.length, step.prot,
                                           (step.flags & flag::growsdown) != 0));
    break;
  case Op::mlock:
    outcome = outcomeOf(mlock<Concrete>(s, address, step.length));
    break;
  case Op::munlock:
    outcome = outcomeOf(munlock<Concrete>(s, address, step.length));
    break;
  case Op::dontneed:
    outcome = outcomeOf(dontneed<Concrete>(s, step.address, step.length));
    break;
  case Op::mremap:
    outcome = outcomeOf(
        mremap<Concrete>(s, address, step.length, step.newLength, step.flags, step.target),
        s.pageUp(step.newLength));
    break;
  case Op::fork:
    fork<Concrete>(s);
    break;
  case Op::touch:
  case Op::kernel:
    return access(step);
  case Op::gup:
    return gup(step);
  }
  return s.outOfMemory ? Outcome::undecided() : outcome;
}

void Process::snapshot(trace::State& out) const {
  fill(out, space_);
}

trace::State stateOf(const Space<Concrete>& space) {
  trace::State state;
  fill(state, space);
  return state;
}

} // namespace growsdown::model
