#include "model/process.h"

#include "model/grow.h"
#include "model/step.h"
#include "model/tables.h"
#include "trace/fields.h"

#include <algorithm>
#include <iterator>

namespace growsdown::model {
namespace {

using trace::Outcome;
using trace::Signal;
using trace::Step;

Signal signalOf(AccessResult verdict) {
  switch (verdict) {
  case AccessResult::maperr:
    return Signal::segvMaperr;
  case AccessResult::accerr:
    return Signal::segvAccerr;
  case AccessResult::buserr:
    return Signal::busAdrerr;
  case AccessResult::protection:
    return Signal::segvKernel;
  case AccessResult::ok:
  case AccessResult::outOfMemory:
    break;
  }
  return Signal::none;
}

/// Whether a trace does not show the address of a mapping: the kernel chose it outside the windows.
bool isElsewhere(const Space<Concrete>& s, const StepResult<Concrete>& result,
                 std::uint64_t length) {
  return result.chosen && !trace::inside(s.parameters.windows, result.address, length);
}

/// The answer to a step as a trace has it.
Outcome outcomeOf(const Space<Concrete>& s, const Step& step, const StepResult<Concrete>& result) {
  if (result.verdict == AccessResult::outOfMemory) return Outcome::undecided();
  if (result.error != Errno::none) return Outcome::failed(result.error);
  if (result.verdict != AccessResult::ok) {
    Outcome outcome = Outcome::signalled(signalOf(result.verdict));
    outcome.hasAddress = result.address != step.address;
    if (outcome.hasAddress) outcome.address = result.address;
    return outcome;
  }
  switch (trace::fieldsOf(step.op).answer) {
  case trace::Answer::status:
  case trace::Answer::signal:
    break;
  case trace::Answer::place:
    return isElsewhere(s, result, s.pageUp(trace::mappedLength(step)))
               ? Outcome::elsewhere()
               : Outcome::at(result.address);
  case trace::Answer::pages:
    return Outcome::listing(s.pages(s.pageUp(step.length)), result.resident, result.residentAfter);
  }
  return Outcome::okay();
}

trace::Area shown(const Space<Concrete>& s, std::size_t i) {
  const Vma<Concrete>& a = s.areas[i];
  return {.start = a.start,
          .end = a.end,
          .shownStart = shownStart(s, i),
          .pgoff = a.pgoff,
          .anon = a.anon,
          .object = a.object,
          .flags = a.flags,
          .forked = a.forked};
}
trace::Page shown(const Entry<Concrete>& e) {
  return {.address = e.address,
          .frame = e.frame,
          .kind = e.kind,
          .prot = static_cast<std::uint8_t>(e.prot),
          .inherited = e.inherited,
          .dirty = e.kind == PageKind::shared && e.dirty,
          .hosted = e.hosted};
}

/// Makes `list` a list of `size` elements, of which `make(i)` is the i-th. It already has those that
/// have not changed.
template <class T, class Make>
void renew(std::vector<T>& list, const trace::Changed& changed, std::size_t size,
           const Make& make) {
  GROWSDOWN_CHECK(changed.before + changed.after <= std::min(size, list.size()));
  const auto at = list.begin() + static_cast<std::ptrdiff_t>(changed.before);
  if (list.size() > size)
    list.erase(at, at + static_cast<std::ptrdiff_t>(list.size() - size));
  else
    list.insert(at, size - list.size(), T{});
  for (std::size_t i = changed.before; i < size - changed.after; ++i)
    list[i] = make(i);
}

/// Writes the state to `out`, which already has what has not changed.
void fill(trace::State& out, const Space<Concrete>& s, std::uint64_t faults,
          const trace::StateChanges& changes = {}) {
  renew(out.areas, changes.areas, s.areas.size(), [&](std::size_t i) { return shown(s, i); });
  renew(out.pages, changes.pages, s.entries.size(),
        [&](std::size_t i) { return shown(s.entries[i]); });
  renew(out.objects, changes.objects, s.objects.size(), [&](std::size_t i) {
    return trace::Object{s.objects[i].id, s.objects[i].pages};
  });
  renew(out.objectPages, changes.objectPages, s.objectPages.size(), [&](std::size_t i) {
    const ObjectPage<Concrete>& page = s.objectPages[i];
    return trace::ObjectPage{page.object, page.index, page.frame};
  });
  out.counters = {.total = s.counters.total,
                  .stack = s.counters.stack,
                  .locked = s.counters.locked,
                  .data = shownData<Concrete>(s.rules(), s.counters),
                  .committed = s.counters.committed,
                  .mapCount = s.areas.size(),
                  .tables = s.tables.size(),
                  .faults = faults};
}

} // namespace

void Process::start(const trace::Parameters& parameters, const trace::State* initial) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  LoggedSpace<Concrete>& s = space_;
  s.parameters = parameters;
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
  s.lastFault = 0;
  s.log.begin();
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
    GROWSDOWN_CHECK(s.isArea(i) && s.area(i).start <= p.address);
    const bool sharedWritable = (s.area(i).flags & vm::write) != 0;
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

Outcome Process::apply(const Step& step) {
  return outcomeOf(space_, step, perform(space_, callOf<Concrete>(step)));
}

void Process::snapshot(trace::State& out) const {
  fill(out, space_, space_.log.faults);
}

trace::StateChanges Process::update(trace::State& state) {
  trace::StateChanges changes{space_.areas.takeChanges(), space_.entries.takeChanges(),
                              space_.objects.takeChanges(), space_.objectPages.takeChanges()};
  // Whether the lowest page of a stack is shown depends on the area below (4.3).
  if (space_.rules().guard == GuardStyle::pageInside && changes.areas.after > 0)
    --changes.areas.after;
  fill(state, space_, space_.log.faults, changes);
  return changes;
}

trace::State stateOf(const Space<Concrete>& space) {
  trace::State state;
  fill(state, space, 0);
  return state;
}

} // namespace growsdown::model
