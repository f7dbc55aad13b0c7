// How a step reads its address: tags, canonical addresses, the end of user space, si_addr.
#include "model/step.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct StepAddress {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using trace::Op;
    model::LoggedSpace<D> s = anySpace(run, q, 1, {vm::read | vm::write | vm::account});
    // At the start of a trace there was no page fault yet.
    if (!q.expressible) s.lastFault = run.word("lastFault", 0, q.parameters.taskSize - 1);
    model::Call<D> call = anyCall(run, q);
    const TaggedAddress<D> at = anyAddress(run);
    call.address = at.address;
    setScene(run, s, call);
    const Word seen = ignoresTag(q, call.op) && !at.kernelHalf ? at.rest : at.address;

    const model::Space<D> before = s;
    const model::StepResult<D> result = exactly<D>([&] { return model::perform<D>(s, call); });
    model::LoggedSpace<D> other = before;
    model::Call<D> untagged = call;
    untagged.address = seen;
    const model::StepResult<D> same =
        exactly<D>([&] { return model::perform<D>(other, untagged); });
    run.require("a tag that is ignored does not change the answer",
                both(truthLike(seen, result.error == same.error && result.verdict == same.verdict),
                     result.address == same.address));
    run.require("a tag that is ignored does not change what the step does", sameState(s, other));

    const auto beyond = seen >= q.parameters.taskSize;
    run.require("a step beyond user addresses is refused",
                implies(beyond, truthLike(seen, !result.done())));
    run.require("a step beyond user addresses changes nothing",
                implies(beyond, sameState(s, before)));
    if (call.op == Op::touch) requireSignal(run, q, before, s, call, at, seen, result);

    run.output("error", std::uint64_t{static_cast<std::uint8_t>(result.error)});
    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(result.verdict)});
    run.output("answer", result.address);
    run.output("lastFault", s.lastFault);
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }

 private:
  template <class D>
  static model::Call<D> anyCall(Run<D>& run, const Question& q) {
    using trace::Op;
    constexpr Op ops[] = {Op::touch, Op::kernel,  Op::gup,      Op::munmap, Op::mprotect,
                          Op::mlock, Op::munlock, Op::dontneed, Op::mremap};
    model::Call<D> call;
    call.op = ops[run.choose("op", 9)];
    if (call.op == Op::touch || call.op == Op::kernel || call.op == Op::gup) {
      call.access = static_cast<trace::Access>(run.choose("access", call.op == Op::touch ? 3 : 2));
      return call;
    }
    call.length = q.page();
    if (call.op == Op::mprotect) call.prot = vm::read;
    if (call.op == Op::mremap) call.newLength = 2 * q.page();
    return call;
  }

  static bool ignoresTag(const Question& q, trace::Op op) {
    if (op == trace::Op::touch) return q.demanded->ignoresTopByte;
    return op != trace::Op::kernel && q.demanded->untagsCalls;
  }

  /// What a signal reports, and what is kept of it.
  template <class D>
  static void requireSignal(Run<D>& run, const Question& q, const model::Space<D>& before,
                            const model::Space<D>& s, const model::Call<D>& call,
                            const TaggedAddress<D>& at, const typename D::Word& seen,
                            const model::StepResult<D>& result) {
    using Word = typename D::Word;
    const trace::RuleSet& rules = *q.demanded;
    const std::uint64_t whole =
        call.access == trace::Access::exec ? 3 : 0; // bytes of a word less 1
    const unsigned bits =
        rules.hostAddressBits != 0 ? rules.hostAddressBits : q.demandedGeometry.vaBits;
    const Word above = seen >> bits;
    const auto nonCanonical =
        both(truthLike(seen, rules.generalProtection || rules.hostAddressBits != 0),
             negated(either(above == 0, above == ~std::uint64_t{0} >> bits)));
    const auto cpu =
        rules.generalProtection ? model::AccessResult::protection : model::AccessResult::accerr;
    run.require(
        "a non-canonical address is refused by the CPU",
        implies(nonCanonical,
                both(truthLike(seen, result.verdict == cpu),
                     result.address == (rules.generalProtection ? Word(0) : before.lastFault))));
    const auto faults = both(negated(nonCanonical), truthLike(seen, !result.done()));
    const Word reported = rules.siAddrClearsTopByte ? at.rest : seen;
    run.require("si_addr is the address that was accessed",
                implies(faults, result.address == (reported & ~whole)));
    run.require("the last page fault keeps its tag",
                implies(faults, s.lastFault == (at.address & ~whole)));
    run.require("a non-canonical address is no page fault",
                implies(nonCanonical, s.lastFault == before.lastFault));
  }
};

} // namespace

using model::Rule;

namespace {

std::vector<Rule> rulesOfSteps() {
  return {Rule::faultBeyondTask,
          Rule::faultNonCanonical,
          Rule::faultNoArea,
          Rule::faultNotGrowsdown,
          Rule::faultAccess,
          Rule::faultExecMaps,
          Rule::faultRefusedCounts,
          Rule::faultUmFlushes,
          Rule::faultUmFetch,
          Rule::faultUmNonCanonical,
          Rule::anonNew,
          Rule::mergeBelow,
          Rule::splitArea,
          Rule::splitMapCount,
          Rule::anonZero,
          Rule::anonWrite,
          Rule::tableMade,
          Rule::gupDone,
          Rule::gupNoArea,
          Rule::gupNoGrowth,
          Rule::populateDone,
          Rule::munmapDone,
          Rule::munmapArguments,
          Rule::munmapMapCount,
          Rule::mprotectChanged,
          Rule::mprotectUnaligned,
          Rule::mprotectWraps,
          Rule::mprotectHole,
          Rule::mprotectDropsAccount,
          Rule::mlockLocks,
          Rule::mlockWraps,
          Rule::mlockHole,
          Rule::dontneedDone,
          Rule::dontneedArguments,
          Rule::dontneedHole,
          Rule::mremapArguments,
          Rule::mremapNoArea,
          Rule::mremapRlimitAs,
          Rule::mremapRlimitData,
          Rule::mremapInPlace,
          Rule::mremapNoRoom,
          Rule::mremapMapCount};
}

} // namespace

Theorem stepAddress() {
  Theorem t;
  t.name = "step-address";
  t.claims = {"A step at any 64-bit address has the answer, and leaves the state, of the same step "
              "at the address without the tag, if the rule set ignores the tag. The steps are "
              "accesses by the user, the kernel and get_user_pages, munmap, mprotect, mlock, "
              "munlock, MADV_DONTNEED, and mremap in place.",
              "Accesses by the user and calls have a knob each. Accesses by the kernel ignore no "
              "tag, and an address of the kernel's half has none.",
              "A step beyond the end of user addresses is refused and changes nothing.",
              "An access by the user to a non-canonical address, if the rule set has such "
              "addresses, results in SIGSEGV (SI_KERNEL) without an address on x86. On user-mode "
              "Linux si_addr is the address of the last page fault.",
              "Any other signal reports the address without an ignored tag, and the start of the "
              "instruction for a fetch. Linux 4.3 removes the top byte of every address.",
              "Such a signal makes its address, with the tag, that of the last page fault. A "
              "non-canonical address leaves the last page fault as it was."};
  t.sizes = "one area, private, readable, writable and accounted; symbolic 64-bit bounds and "
            "address; calls on a range of one page, to two pages in mremap";
  t.assumptions = {"the area is page-aligned and not empty", "counters include the area",
                   "counters and the page offset are at most 2^52", "no page is present"};
  t.rules = rulesOfSteps();
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"untags-calls", "false"},           {"untags-calls", "true"},
               {"ignores-top-byte", "false"},       {"si-addr-clears-top-byte", "false"},
               {"si-addr-clears-top-byte", "true"}, {"general-protection", "false"},
               {"general-protection", "true"},      {"host-address-bits", "0"}};
  t.budget = budgets::stepAddress;
  t.explore = exploreCode<StepAddress>;
  t.scene = sceneOf<StepAddress>;
  return t;
}

} // namespace growsdown::proofs
