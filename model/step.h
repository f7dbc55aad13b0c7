// One step of a process, from its operands to its answer: `perform` is the entry to all rules.
#pragma once

#include "model/fault.h"
#include "model/fork.h"
#include "model/map.h"
#include "model/protect.h"
#include "model/remap.h"
#include "model/residency.h"
#include "model/state.h"
#include "trace/check.h"

/// The path of every step. Compilers do not inline it unasked, and results that go through memory
/// make a step 15 % slower.
#define GROWSDOWN_STEP [[gnu::always_inline]] inline

namespace growsdown::model {

/// A step whose operands are words of the domain. Its members mean what trace::Step's do.
template <class D>
struct Call {
  trace::Op op = trace::Op::fork;
  Access access = Access::read;
  trace::LimitKind limit = trace::LimitKind::stack;
  std::uint32_t prot = 0;
  std::uint32_t flags = 0;
  typename D::Word address{};
  typename D::Word length{};
  typename D::Word newLength{};
  typename D::Word target{};
};

/// A trace's step as a call, and back.
template <class D>
Call<D> callOf(const trace::Step& step) {
  return {.op = step.op,
          .access = step.access,
          .limit = step.limit,
          .prot = step.prot,
          .flags = step.flags,
          .address = step.address,
          .length = step.length,
          .newLength = step.newLength,
          .target = step.target};
}
inline trace::Step stepOf(const Call<Concrete>& call) {
  return {.op = call.op,
          .access = call.access,
          .limit = call.limit,
          .prot = static_cast<std::uint8_t>(call.prot),
          .flags = static_cast<std::uint16_t>(call.flags),
          .address = call.address,
          .length = call.length,
          .newLength = call.newLength,
          .target = call.target};
}

/// The answer to a step.
template <class D>
struct StepResult {
  Errno error = Errno::none; ///< of a call, or of an access by the kernel
  /// Of an access. `outOfMemory`, of any step: it needs more memory than the simulated machine has,
  /// and has no answer.
  AccessResult verdict = AccessResult::ok;
  typename D::Word address{};       ///< of a new mapping; si_addr of a signal (bytes)
  bool chosen = false;              ///< the kernel chose the address of the mapping
  typename D::Word resident{};      ///< of mincore: Residency::first
  typename D::Word residentAfter{}; ///< of mincore: Residency::after

  bool done() const { return error == Errno::none && verdict == AccessResult::ok; }
};

/// setrlimit.
template <class D>
void setLimit(Space<D>& s, trace::LimitKind kind, const typename D::Word& bytes) {
  switch (kind) {
  case trace::LimitKind::stack:
    s.limits.stack = bytes;
    break;
  case trace::LimitKind::as:
    s.limits.as = bytes;
    break;
  case trace::LimitKind::memlock:
    s.limits.memlock = bytes;
    break;
  case trace::LimitKind::data:
    s.limits.data = bytes;
    break;
  }
}

/// The address that a signal reports for an access to `touched`. entry.S clears the tag in 4.3;
/// later get_signal hides it (arch_untagged_si_addr).
template <class D>
typename D::Word signalAddress(const Space<D>& s, const typename D::Word& touched) {
  if (s.rules().siAddrClearsTopByte) return touched & ~topByte;
  return s.rules().ignoresTopByte ? withoutTag(touched) : touched;
}

/// The CPU's answer to an access whose address is not canonical: a general protection fault without
/// an address on x86. User-mode Linux reports the address of the last page fault instead.
template <class D>
StepResult<D> accessNonCanonical(LoggedSpace<D>& s) {
  if (s.rules().generalProtection) {
    s.mark(Rule::faultNonCanonical);
    return {Errno::none, AccessResult::protection};
  }
  s.mark(Rule::faultUmNonCanonical);
  return {Errno::none, AccessResult::accerr, s.lastFault};
}

/// An access by user mode to one byte, or the fetch of one instruction. arm64 ignores the top byte
/// of a user address.
template <class D>
GROWSDOWN_STEP StepResult<D> accessByUser(LoggedSpace<D>& s, const Call<D>& call) {
  constexpr std::uint64_t instructionBytes = 4;
  typename D::Word touched = call.address;
  if (call.access == Access::exec) touched = touched & ~(instructionBytes - 1);
  const RuleSet& rules = s.rules();
  if ((rules.generalProtection || rules.hostAddressBits != 0) && !canonical(s, touched))
    return accessNonCanonical(s);

  const typename D::Word address = rules.ignoresTopByte ? withoutTag(touched) : touched;
  const AccessResult verdict = performAccess<D>(s, address, call.access, true);
  if (s.log.faults != 0 || verdict != AccessResult::ok) s.lastFault = touched;
  if (verdict == AccessResult::ok) return {};
  return {Errno::none, verdict, signalAddress(s, touched)};
}

/// An access by the kernel on the caller's behalf (copy_to_user, copy_from_user). access_ok ignores
/// no tag.
template <class D>
StepResult<D> accessByKernel(LoggedSpace<D>& s, const Call<D>& call) {
  const AccessResult verdict = performAccess<D>(s, call.address, call.access, false);
  s.log.faults = 0; // those of a system call do not count
  return {verdict == AccessResult::ok ? Errno::none : Errno::efault, verdict};
}

template <class D>
StepResult<D> placedAt(const Placed<D>& placed) {
  if (placed.error != Errno::none) return {placed.error};
  return {Errno::none, AccessResult::ok, placed.address, placed.chosen};
}

template <class D>
StepResult<D> listed(const Residency<D>& residency) {
  if (residency.error != Errno::none) return {residency.error};
  StepResult<D> result;
  result.resident = residency.first;
  result.residentAfter = residency.after;
  return result;
}

/// The rules of one operation.
template <class D>
GROWSDOWN_STEP StepResult<D> answer(LoggedSpace<D>& s, const Call<D>& call) {
  using trace::Op;
  switch (call.op) {
  case Op::limit:
    setLimit<D>(s, call.limit, call.length);
    break;
  case Op::capable:
    s.capable = false;
    break;
  case Op::sp:
    s.stackPointer = call.address;
    if (call.flags & flag::own) s.stackPointer = typename D::Word{s.parameters.taskSize};
    break;
  case Op::mmap:
    return placedAt(mmap<D>(s, call.address, call.length, call.prot, call.flags));
  case Op::munmap:
    return {munmap<D>(s, untagged(s, call.address), call.length)};
  case Op::mprotect:
    return {mprotect<D>(s, untagged(s, call.address), call.length, call.prot,
                        (call.flags & flag::growsdown) != 0)};
  case Op::mlock:
    return {mlock<D>(s, untagged(s, call.address), call.length)};
  case Op::munlock:
    return {munlock<D>(s, untagged(s, call.address), call.length)};
  case Op::dontneed:
    return {dontneed<D>(s, call.address, call.length)};
  case Op::mremap:
    return placedAt(mremap<D>(s, untagged(s, call.address), call.length, call.newLength, call.flags,
                              call.target));
  case Op::fork:
    fork<D>(s);
    break;
  case Op::touch:
    return accessByUser(s, call);
  case Op::kernel:
    return accessByKernel(s, call);
  case Op::gup:
    if (!getUserPage<D>(s, untagged(s, call.address), call.access)) return {Errno::efault};
    break;
  case Op::mincore:
    return listed(mincore<D>(s, untagged(s, call.address), call.length));
  }
  return {};
}

/// Performs a step. After `AccessResult::outOfMemory` the state means nothing.
template <class D>
GROWSDOWN_STEP StepResult<D> perform(LoggedSpace<D>& s, const Call<D>& call) {
  GROWSDOWN_CHECK(s.parameters.rules != nullptr);
  GROWSDOWN_CHECK(!s.overfull()); // the last step has no answer: the state means nothing
  s.log.begin();
  s.mark(Rule::stepDone);
  StepResult<D> result = answer(s, call);
  if (s.overfull()) {
    s.mark(Rule::machineMemory);
    result.verdict = AccessResult::outOfMemory;
  }
  return result;
}

} // namespace growsdown::model

#undef GROWSDOWN_STEP
