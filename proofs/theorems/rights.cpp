// The reference's page descriptors against the model's entries.
#include "model/fork.h"
#include "model/protect.h"
#include "proofs/budgets.h"
#include "proofs/descriptor_word.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"
#include "reference/descriptor.h"

namespace growsdown::proofs {
namespace {

/// THEOREM entry-rights. What the reference does to a page descriptor (reference/descriptor.h, the
/// functions that AddressSpace calls) is what the model does to an entry, for every descriptor.
///
/// A descriptor stands for an entry if its write permission, dirty and host bits are the entry's
/// and EL0 is granted what the entry says. From one that does, and follows its area's flags: after
/// a write to a page that may be written or reused (withDirty, withWrite; model: handleMmFault),
/// mprotect to any flags (withProtection; changeProtection) and fork (withoutWrite; fork),
/// and for a fresh page after a read or a write (pageAt; freshEntry), it stands for the entry
/// again; it is present, follows the new flags, and its output address and attributes are what they
/// were. And for every access, by the user or the kernel: both say the same of whether it needs a
/// fault (permits; permitted), and ask for the same rights of the area (needed; accessMask).
///
/// Sizes: all 2^64 descriptors, all flags; pages of every kind, own and inherited. Assumed: an
/// entry has its write bit only in an area that may be written, and its host bit only where there
/// is a host; which frame a copy gets, and that one is made, are not part of this (nor is a fresh
/// page's frame number, which is one number).
struct EntryRights {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    namespace on = reference::descriptor;
    using model::PageKind;
    const trace::RuleSet& rules = *q.demanded;
    constexpr std::uint64_t page = 0x1000400000;
    constexpr std::uint64_t frame = 5;
    enum { nothing, write, protect, fork, freshRead, freshWrite, steps };
    const unsigned step = run.choose("step", steps);
    const auto kind = static_cast<PageKind>(run.choose("kind", 3));

    auto d = anyDescriptor(run);
    using Bits = decltype(d);
    auto flags = run.flags("flags", vm::all);
    const auto ofKind = [&](const auto& f) {
      return any(f & vm::shared) == truthLike(typename D::Word(page), kind == PageKind::shared);
    };
    run.assume(ofKind(flags));
    const auto has = [](const Bits& bits, std::uint64_t bit) { return (bits & bit) != 0; };
    const auto follows = [](const Bits& bits, const auto& f) {
      constexpr std::uint64_t fixed = on::rights & ~(on::writable | on::readOnly);
      return both(on::settle(bits) == bits, (bits & fixed) == Bits(on::rightsFor(f) & fixed));
    };
    run.assume(follows(d, flags));
    run.assume(implies(has(d, on::writable), any(flags & vm::write)));
    if (!rules.hostMappedPages) run.assume(negated(has(d, on::onHost)));

    model::LoggedSpace<D> s;
    s.parameters = q.parameters;
    model::Vma<D> area;
    area.start = page;
    area.end = page + q.page();
    area.flags = flags;
    area.anon = 1;
    s.areas.push_back(area);
    const auto i = s.areas.firstPosition();
    model::Entry<D> entry;
    entry.address = page;
    entry.kind = kind;
    entry.inherited = false;
    if (kind == PageKind::anonymous) entry.inherited = run.truth("inherited");
    entry.writable = has(d, on::writable);
    entry.dirty = has(d, on::dirty);
    entry.hosted = has(d, on::onHost);
    model::settle<D>(s, entry, flags);

    const Bits old = d;
    bool host = true; // the host bit is decided here
    if (step == write) {
      const bool own =
          kind == PageKind::shared || (kind == PageKind::anonymous && !entry.inherited);
      run.assume(either(truthLike(typename D::Word(page), own), entry.writable));
      run.assume(any(flags & vm::write));
      s.setEntry(entry);
      model::handleMmFault<D>(s, i, page, true);
      entry = *s.entry(page);
      d = on::withWrite(on::withDirty(d));
      host = false;
    } else if (step == protect) {
      flags = run.flags("changed", vm::all);
      run.assume(ofKind(flags));
      s.setEntry(entry);
      model::changeProtection<D>(s, page, page + q.page(), flags);
      d = on::withProtection(d, flags, rules,
                             [&] { return kind == PageKind::anonymous && !entry.inherited; });
      entry = *s.entry(page);
    } else if (step == fork) {
      s.setEntry(entry);
      model::fork<D>(s);
      entry = *s.entry(page);
      d = on::withoutWrite(d);
      host = false;
    } else if (step == freshRead || step == freshWrite) {
      const bool writes = step == freshWrite;
      if (writes) run.assume(any(flags & vm::write));
      entry =
          model::freshEntry<D>(s, page, flags, kind, frame, writes || kind == PageKind::anonymous);
      if (!writes && kind == PageKind::anonymous) return; // only a write makes one
      if (writes && kind == PageKind::zero) return;
      d = on::pageAt(frame, q.demandedGeometry.pageShift, flags);
      if (writes) d = on::withDirty(d);
      if (writes && kind != PageKind::shared) d = on::withWrite(d);
    }

    run.require("it grants what the entry says",
                entry.prot == typename D::Flags(on::grants(d, rules.hardwareDirty)));
    run.require("its write permission is the entry's", has(d, on::writable) == entry.writable);
    run.require("it is dirty if the entry is", has(d, on::dirty) == entry.dirty);
    if (host)
      run.require("the host maps it if the entry says so", has(d, on::onHost) == entry.hosted);
    run.require("it is present", has(d, on::valid | on::heldWithoutRights));
    run.require("it follows the flags", follows(d, flags));
    if (step == write || step == protect || step == fork) {
      constexpr std::uint64_t kept = ~(on::rights | on::dirty | on::onHost);
      run.require("output address and attributes stay", (d & kept) == (old & kept));
    }

    const auto access = static_cast<trace::Access>(run.choose("access", 3));
    const bool user = run.flip("user");
    if (!host) entry.hosted = has(d, on::onHost);
    const bool permits = on::permits(d, access, user, rules);
    run.require(
        "both let the same accesses through",
        truthLike(typename D::Word(page), permits == model::permitted<D>(s, entry, access, user)));
    run.require("both ask for the same rights",
                truthLike(typename D::Word(page),
                          on::needed(access, rules) ==
                              model::accessMask(access, s.rules().writeAllowsReads)));
    run.output("permits", std::uint64_t{permits});
    run.output("writable", std::uint64_t{on::mayWrite(d)});
    noteRules(run, s);
  }
};

} // namespace

Theorem entryRights() {
  using model::Rule;
  Theorem t;
  t.name = "entry-rights";
  t.statement =
      "The reference's page descriptors grant, keep and lose rights as the model's entries do, and "
      "its permission check lets the same accesses through.";
  t.sizes = "all 64-bit descriptors, all flags of an area, every kind of page and access";
  t.assumptions = "entries have their write bit only in areas that may be written";
  t.rules = {Rule::firstWrite,  Rule::cowReuse,      Rule::forkDone,         Rule::kernelUmEntry,
             Rule::forkAnonVma, Rule::accessPresent, Rule::faultUmHostBehind};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"hardware-dirty", "true"},          {"hardware-dirty", "false"},
               {"write-allows-reads", "false"},     {"write-allows-reads", "true"},
               {"host-mapped-pages", "true"},       {"host-mapped-pages", "false"},
               {"mprotect-keeps-writable", "true"}, {"mprotect-keeps-writable", "false"}};
  t.budget = budgets::entryRights;
  t.explore = exploreText<EntryRights>;
  return t;
}

} // namespace growsdown::proofs
