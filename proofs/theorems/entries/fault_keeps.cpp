// A whole fault (do_page_fault: the model's pageFault) by a read, a write or a fetch, with a page
// present.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class FaultKeeps {
 public:
  FaultKeeps(Run<D>& run, const Question& q)
      : run_(run), q_(q), s_(anyList(run, q, [&run](Area& area, unsigned number) {
          makePrivate(run, area);
          area.anon = number + 1;
        })) {}

  void prove() {
    const std::uint64_t page = q_.page();
    const Word touched =
        run_.word("address", trace::windows[1].start,
                  (q_.expressible ? trace::windows[1].end : q_.parameters.taskSize) - 1);
    const Word address = touched & ~std::uint64_t{3}; // an instruction's
    access_ = static_cast<trace::Access>(run_.choose("access", 3));
    found_ = s_.findVma(address);
    run_.assume(truthLike(address, s_.isArea(found_)));
    to_ = address & ~(page - 1);
    rights_ = s_.area(found_).flags & vm::access;
    addEntry(address);

    setScene(run_, s_, trace::Op::touch, access_, address, 0);
    before_ = s_;
    const model::AccessResult verdict =
        exactly<D>([&] { return model::pageFault<D>(s_, address, access_, true); });
    done_ = verdict == model::AccessResult::ok;

    requireOrdered(run_, q_, s_);
    requireArea();
    requireEntries();
    run_.output("verdict", std::uint64_t{static_cast<std::uint8_t>(verdict)});
    outputAreas(run_, s_);
    outputCounters(run_, s_.counters);
    for (const model::Entry<D>& e : s_.entries) {
      run_.output("entry", e.address);
      run_.output("prot", e.prot);
      run_.output("frame", e.frame);
    }
    run_.output("tables", std::uint64_t{s_.tables.size()});
    noteRules(run_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;

  /// A present page: none, the zero page, a page that the parent maps too, or an own page that may
  /// be written or not, and was written through this entry or not.
  void addEntry(const Word& address) {
    enum Present : unsigned { none, zero, inherited, clean, dirty, writableClean, writableDirty };
    const unsigned present = run_.choose("present", 7);
    if (present > zero || (present == zero && access_ != trace::Access::read))
      run_.assume(s_.area(found_).start <= address);
    if (present == none) return;
    model::Entry<D> entry;
    entry.address =
        run_.word("entry.address", 0, q_.parameters.taskSize - 1, q_.demandedGeometry.pageShift);
    entry.prot = run_.flags("entry.prot", vm::access);
    entry.kind = present == zero ? model::PageKind::zero : model::PageKind::anonymous;
    entry.frame = present == zero ? 0 : 1;
    entry.inherited = present == inherited;
    entry.dirty = present == dirty || present == writableDirty;
    entry.writable = present == writableClean || present == writableDirty;
    s_.lastFrame = 1;
    run_.assume(both(s_.area(found_).start <= entry.address, entry.address < s_.area(found_).end));
    run_.assume(granted(entry));
    run_.assume(implies(entry.address == to_, negated(any(entry.prot & model::protFor(access_)))));
    s_.entries.push_back(entry);
  }

  void requireArea() {
    const Area& old = before_.area(found_);
    const Area& now = s_.area(found_);
    run_.require("other areas are as before", truthLike(to_, othersAsBefore(before_, s_, found_)));
    run_.require("its end and flags are as before",
                 both(now.end == old.end, now.flags == old.flags));
    const Word grown = old.pgoff - now.pgoff;
    run_.require("total, stack and commitment rise by what the offset falls",
                 both(both(s_.counters.total == before_.counters.total + grown,
                           s_.counters.stack == before_.counters.stack + grown),
                      s_.counters.committed == before_.counters.committed + grown));
    run_.require("the offset falls by the growth", now.start + grown * q_.page() == old.start);
    if (done_) run_.require("a success is within the area", now.start <= to_);
  }

  void requireEntries() {
    const Area& now = s_.area(found_);
    run_.require("at most one page became present",
                 truthLike(to_, s_.entries.size() >= before_.entries.size() &&
                                    s_.entries.size() <= before_.entries.size() + (done_ ? 1 : 0)));
    Truth reached = truthLike(to_, !done_);
    for (const model::Entry<D>& e : s_.entries) {
      run_.require("a present page lies in its area",
                   both(now.start <= e.address, e.address < now.end));
      run_.require("an entry grants what its area and its own bits allow", granted(e));
      run_.require("writing is to an own page of the process",
                   implies(e.writable, both(truthLike(to_, e.kind == model::PageKind::anonymous),
                                            negated(e.inherited))));
      reached = either(reached, both(e.address == to_, any(e.prot & model::protFor(access_))));
    }
    run_.require("the page touched is present and grants the access", reached);
    if (!done_ && !before_.entries.empty() && s_.entries.size() == 1)
      run_.require("a refusal leaves the entries",
                   both(s_.entries[0].address == before_.entries[0].address,
                        s_.entries[0].prot == before_.entries[0].prot));
  }

  /// Whether the entry grants what the hardware makes of the area's rights. Any right makes the page
  /// readable. Writing depends on the write bit of the entry, which requires a writable area; unless
  /// the hardware manages dirty state, the page must also have been written.
  Truth granted(const model::Entry<D>& e) const {
    const Truth writes = both(e.writable, either(e.dirty, q_.demanded->hardwareDirty));
    return both(
        both(any(e.prot & vm::read) == any(rights_),
             any(e.prot & vm::exec) == any(rights_ & vm::exec)),
        both(any(e.prot & vm::write) == writes, implies(e.writable, any(rights_ & vm::write))));
  }

  Run<D>& run_;
  const Question& q_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  trace::Access access_ = trace::Access::read;
  bool done_ = false;
  model::Position<D> found_{};
  Word to_ = 0; ///< the page accessed
  typename D::Flags rights_{};
};

} // namespace

using model::Rule;

Theorem faultKeeps() {
  Theorem t;
  t.name = "fault-keeps";
  t.claims = {
      "The areas stay in order, and each keeps its end and flags.",
      "The counters total, stack and committed change together, by exactly the decrease of the "
      "area's page offset.",
      "Each present page lies in an area. Its entry grants what the rights of the area and its own "
      "bits result in on the hardware.",
      "A write bit is only on private pages of writable areas that the parent does not map.",
      "If the access succeeds, its page is present and grants it. If the access is refused, the "
      "entries are those from before."};
  t.sizes =
      "any number of areas; none or one present page in the area found: the zero page or, if no "
      "area lies below, a page of any kind; symbolic 64-bit bounds; addresses from 32 GiB on";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private and each has an anon_vma",
                   "the present entry satisfies the invariants and does not permit the access",
                   "counters and page offsets are at most 2^52",
                   "no page table exists yet",
                   "the process has all capabilities"};
  t.rules = {Rule::faultNoArea,
             Rule::faultNotGrowsdown,
             Rule::faultAccess,
             Rule::growDone,
             Rule::growLowAddress,
             Rule::guardGap,
             Rule::guardGapGrowsdownExempt,
             Rule::guardGapInaccessibleExempt,
             Rule::guardPageAbuts,
             Rule::guardPageNeighbour,
             Rule::guardPageShared,
             Rule::guardPageAdded,
             Rule::growPgoff,
             Rule::growRlimitAs,
             Rule::growRlimitStack,
             Rule::anonZero,
             Rule::anonWrite,
             Rule::cowZero,
             Rule::cowCopy,
             Rule::cowReuse,
             Rule::firstWrite,
             Rule::tableMade};
  // x86 makes a page present before it refuses a fetch from it: another theorem.
  t.speaksOf = [](const trace::RuleSet& r) { return !r.execMapsFirst; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::faultKeeps;
  t.explore = exploreCode<Proving<FaultKeeps>>;
  t.scene = sceneOf<Proving<FaultKeeps>>;
  return t;
}

} // namespace growsdown::proofs
