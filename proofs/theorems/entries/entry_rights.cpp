// What the reference does to a page descriptor (reference/descriptor.h, the functions that
// AddressSpace calls), against what the model does to an entry.
#include "proofs/budgets.h"
#include "proofs/descriptor_word.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"
#include "reference/descriptor.h"

namespace growsdown::proofs {
namespace {

namespace on = reference::descriptor;

template <class D>
class EntryRights {
 public:
  EntryRights(Run<D>& run, const Question& q)
      : run_(run), q_(q), step_(run.choose("step", steps)),
        kind_(static_cast<PageKind>(run.choose("kind", 3))), d_(anyDescriptor(run)),
        flags_(run.flags("flags", vm::all)) {}

  void prove() {
    given();
    old_ = d_;
    if (!perform()) return;
    requireRelation();
    requireAccess();
    run_.output("writable", std::uint64_t{on::mayWrite(d_)});
    noteRules(run_, s_);
  }

 private:
  using PageKind = model::PageKind;
  using Truth = typename D::Truth;
  using Flags = typename D::Flags;
  using Bits = decltype(anyDescriptor(std::declval<Run<D>&>()));
  enum Step : unsigned { nothing, write, protect, fork, freshRead, freshWrite, steps };
  static constexpr std::uint64_t page = 0x1000400000;
  static constexpr std::uint64_t frame = 5;

  static Truth known(bool value) { return truthLike(typename D::Word(page), value); }
  static Truth has(const Bits& bits, std::uint64_t bit) { return (bits & bit) != 0; }
  Truth ofKind(const Flags& flags) const {
    return any(flags & vm::shared) == known(kind_ == PageKind::shared);
  }
  static Truth follows(const Bits& bits, const Flags& flags) {
    constexpr std::uint64_t fixed = on::rights & ~(on::writable | on::readOnly);
    return both(on::settle(bits) == bits, (bits & fixed) == Bits(on::rightsFor(flags) & fixed));
  }

  void given() {
    run_.assume(ofKind(flags_));
    run_.assume(follows(d_, flags_));
    run_.assume(implies(has(d_, on::writable), any(flags_ & vm::write)));
    if (!q_.demanded->hostMappedPages) run_.assume(negated(has(d_, on::onHost)));

    s_.parameters = q_.parameters;
    model::Vma<D> area;
    area.start = page;
    area.end = page + q_.page();
    area.flags = flags_;
    area.anon = 1;
    s_.areas.push_back(area);
    i_ = s_.areas.firstPosition();
    entry_.address = page;
    entry_.kind = kind_;
    entry_.inherited = false;
    if (kind_ == PageKind::anonymous) entry_.inherited = run_.truth("inherited");
    entry_.writable = has(d_, on::writable);
    entry_.dirty = has(d_, on::dirty);
    entry_.hosted = has(d_, on::onHost);
    model::settle<D>(s_, entry_, flags_);
  }

  /// Performs the step on both. Returns false if there is no such step.
  bool perform() {
    if (step_ == write) performWrite();
    if (step_ == protect) performProtect();
    if (step_ == fork) {
      s_.setEntry(entry_);
      model::fork<D>(s_);
      entry_ = *s_.entry(page);
      d_ = on::withoutWrite(d_);
      decidesHost_ = false;
    }
    return (step_ != freshRead && step_ != freshWrite) || performFresh();
  }

  void performWrite() {
    const bool own =
        kind_ == PageKind::shared || (kind_ == PageKind::anonymous && !entry_.inherited);
    run_.assume(either(known(own), entry_.writable));
    run_.assume(any(flags_ & vm::write));
    s_.setEntry(entry_);
    model::handleMmFault<D>(s_, i_, page, true);
    entry_ = *s_.entry(page);
    d_ = on::withWrite(on::withDirty(d_));
    decidesHost_ = false;
  }

  void performProtect() {
    flags_ = run_.flags("changed", vm::all);
    run_.assume(ofKind(flags_));
    s_.setEntry(entry_);
    model::changeProtection<D>(s_, page, page + q_.page(), flags_);
    d_ = on::withProtection(d_, flags_, *q_.demanded,
                            [&] { return kind_ == PageKind::anonymous && !entry_.inherited; });
    entry_ = *s_.entry(page);
  }

  bool performFresh() {
    const bool writes = step_ == freshWrite;
    if (writes) run_.assume(any(flags_ & vm::write));
    entry_ = model::freshEntry<D>(s_, page, flags_, kind_, frame,
                                  writes || kind_ == PageKind::anonymous);
    if (!writes && kind_ == PageKind::anonymous) return false; // only a write makes such a page
    if (writes && kind_ == PageKind::zero) return false;
    d_ = on::pageAt(frame, q_.demandedGeometry.pageShift, flags_);
    if (writes) d_ = on::withDirty(d_);
    if (writes && kind_ != PageKind::shared) d_ = on::withWrite(d_);
    return true;
  }

  void requireRelation() {
    run_.require("it grants what the entry says",
                 entry_.prot == Flags(on::grants(d_, q_.demanded->hardwareDirty)));
    run_.require("its write permission is the entry's", has(d_, on::writable) == entry_.writable);
    run_.require("it is dirty if the entry is", has(d_, on::dirty) == entry_.dirty);
    if (decidesHost_)
      run_.require("the host maps it if the entry says so", has(d_, on::onHost) == entry_.hosted);
    run_.require("it is present", has(d_, on::valid | on::heldWithoutRights));
    run_.require("it follows the flags", follows(d_, flags_));
    if (step_ == write || step_ == protect || step_ == fork) {
      constexpr std::uint64_t kept = ~(on::rights | on::dirty | on::onHost);
      run_.require("output address and attributes stay", (d_ & kept) == (old_ & kept));
    }
  }

  void requireAccess() {
    const trace::RuleSet& rules = *q_.demanded;
    const auto access = static_cast<trace::Access>(run_.choose("access", 3));
    const bool user = run_.flip("user");
    if (!decidesHost_) entry_.hosted = has(d_, on::onHost);
    const bool permits = on::permits(d_, access, user, rules);
    run_.require("both let the same accesses through",
                 known(permits == model::permitted<D>(s_, entry_, access, user)));
    run_.require(
        "both ask for the same rights",
        known(on::needed(access, rules) == model::accessMask(access, s_.rules().writeAllowsReads)));
    run_.output("permits", std::uint64_t{permits});
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned step_;
  const PageKind kind_;
  Bits d_;         ///< the descriptor
  Bits old_ = {0}; ///< before the step
  Flags flags_;    ///< of the area
  model::LoggedSpace<D> s_;
  model::Position<D> i_{};
  model::Entry<D> entry_;
  bool decidesHost_ = true; ///< the step decides the host bit
};

} // namespace

Theorem entryRights() {
  using model::Rule;
  Theorem t;
  t.name = "entry-rights";
  t.claims = {"A page descriptor of the reference represents an entry of the model if write "
              "permission, dirty and host bits are equal and EL0 has the rights of the entry. For "
              "every descriptor, the functions of the reference keep this relation.",
              "These are a write to a page that is writable or reused, mprotect to any flags, "
              "fork, and a fresh page after a read or a write. The descriptor stays present, and "
              "its output address and attributes stay.",
              "For every access by the user or the kernel, both agree whether a fault is needed, "
              "and which rights of the area it requires."};
  t.sizes = "all 2^64 descriptors, all flags of an area; pages of every kind, own and inherited; "
            "every kind of access";
  t.assumptions = {"an entry has its write bit only in an area that may be written, and its host "
                   "bit only if there is a host",
                   "which frame a copy gets is not part of the theorem"};
  t.rules = {Rule::firstWrite,  Rule::cowReuse,      Rule::forkDone,         Rule::kernelUmEntry,
             Rule::forkAnonVma, Rule::accessPresent, Rule::faultUmHostBehind};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"hardware-dirty", "true"},          {"hardware-dirty", "false"},
               {"write-allows-reads", "false"},     {"write-allows-reads", "true"},
               {"host-mapped-pages", "true"},       {"host-mapped-pages", "false"},
               {"mprotect-keeps-writable", "true"}, {"mprotect-keeps-writable", "false"}};
  t.budget = budgets::entryRights;
  t.explore = exploreCode<Proving<EntryRights>>;
  return t;
}

} // namespace growsdown::proofs
