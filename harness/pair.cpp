#include "harness/pair.h"

#include "trace/check.h"

#include <algorithm>
#include <utility>

namespace growsdown::harness {

using trace::RuleSet;

namespace {

/// Adds the situations of a scope to those of its pair.
void gather(std::vector<PairSituation>& all, std::vector<Situation> found, std::size_t scope) {
  for (Situation& s : found) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const PairSituation& known) {
      const Situation& k = known.situation;
      return k.op == s.op && k.left == s.left && k.right == s.right && k.knobs == s.knobs &&
             k.leftOutcome == s.leftOutcome && k.rightOutcome == s.rightOutcome &&
             k.parts == s.parts && (k.parts || k.aspects == s.aspects);
    });
    PairSituation::Where where{scope, s.count, std::move(s.points)};
    if (at == all.end()) {
      all.push_back({std::move(s), {std::move(where)}, scope});
      continue;
    }
    Situation& known = at->situation;
    known.count += s.count;
    known.aspects |= s.aspects;
    known.variants.merge(s.variants);
    if (s.trace.size() < known.trace.size()) {
      known.trace = std::move(s.trace);
      known.also = std::move(s.also);
      known.leftRules = std::move(s.leftRules);
      known.rightRules = std::move(s.rightRules);
      at->scope = scope;
    }
    at->where.push_back(std::move(where));
  }
}

void sortByKnobs(std::vector<PairSituation>& situations) {
  std::stable_sort(
      situations.begin(), situations.end(), [](const PairSituation& a, const PairSituation& b) {
        const auto key = [](KnobFlips::Set set) { return std::pair(set & ~(set - 1), set); };
        return key(a.situation.knobs) < key(b.situation.knobs);
      });
}

} // namespace

std::string_view whyWithoutSituation(const RuleSet& left, const RuleSet& right,
                                     std::string_view knob) {
  if (knob == "ignores-top-byte" && right.generalProtection)
    return "on x86 an address with a tag is not canonical: the access is a general protection "
           "fault, whatever is done with the top byte.";
  if (knob == "placement-search-spares-low" && !right.placementSearchesDown)
    return "a search that goes up starts at TASK_UNMAPPED_BASE and never sees low addresses.";
  if (knob == "dontneed-untags-late" && left.untagsCalls && !right.untagsCalls)
    return "under the right rule set no call removes a tag, so it does not matter when a call "
           "would.";
  if (trace::isOfLayout(knob) && knob != "arch" && knob != "mmap-gap-has-random-room")
    return "the knob only adds a shape of page tables, on which no scope of this pair depends.";
  return {};
}

PairResult comparePair(const RuleSet& left, const RuleSet& right, std::vector<Scope> scopes,
                       const PairProgress& progress) {
  GROWSDOWN_CHECK(!scopes.empty());
  PairResult out;
  out.left = left;
  out.right = right;
  out.scopes = std::move(scopes);
  KnobFlips flips(left, right);
  out.changes = flips.changes();
  out.byTable = flips.byTable();
  const auto options = [&](const Scope& scope, KnobFlips::Set allowed, bool explain) {
    ScopeOptions o;
    o.allowed = allowed;
    o.explain = explain;
    if (progress) o.progress = [&](std::uint64_t steps) { progress(scope, steps); };
    return o;
  };

  KnobFlips::Set seen = 0;
  for (std::size_t i = 0; i < out.scopes.size(); ++i) {
    const Scope& scope = out.scopes[i];
    ScopeResult result = compareOnScope(scope, flips, options(scope, out.byTable, true));
    for (const Situation& s : result.situations) {
      seen |= s.knobs;
      if (s.knobs == 0) out.unexplained += s.count;
    }
    out.unknown += result.unknown;
    gather(out.situations, std::move(result.situations), i);
    result.situations.clear();
    out.results.push_back(std::move(result));
  }
  sortByKnobs(out.situations);

  // With all knobs turned, nothing may differ.
  KnobFlips rest(flips.rules(out.byTable), right);
  for (const Scope& scope : out.scopes)
    for (const Situation& s :
         compareOnScope(scope, rest, options(scope, ~KnobFlips::Set{0}, false)).situations)
      out.control += s.count;

  for (std::size_t k = 0; k < out.changes.size(); ++k) {
    const KnobFlips::Set knob = KnobFlips::Set{1} << k;
    if (seen & knob) continue;
    MaskedKnob masked{k, {}};
    KnobFlips alone(flips.rules(flips.all() & ~knob), right);
    for (std::size_t i = 0; i < out.scopes.size(); ++i)
      gather(masked.situations,
             compareOnScope(out.scopes[i], alone, options(out.scopes[i], ~KnobFlips::Set{0}, true))
                 .situations,
             i);
    out.masked.push_back(std::move(masked));
  }
  return out;
}

} // namespace growsdown::harness
