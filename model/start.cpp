#include "model/start.h"

#include "model/account.h"
#include "model/fault.h"
#include "model/invariants.h"
#include "model/process.h"
#include "trace/fields.h"
#include "trace/initial.h"
#include "trace/text.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace growsdown::model {
namespace {

using trace::Area;
using trace::Page;
using trace::Parameters;
using trace::State;

/// The counters that areas alone make.
trace::Counters leastCounters(const Parameters& parameters, const State& state) {
  Counters<Concrete> least;
  for (const Area& area : state.areas)
    accountArea<Concrete>(least, area.flags,
                          (area.end - area.start) >> parameters.geometry.pageShift);
  trace::Counters shown;
  shown.total = least.total;
  shown.stack = least.stack;
  shown.locked = least.locked;
  shown.data = shownData<Concrete>(*parameters.rules, least);
  shown.committed = least.committed;
  return shown;
}

class Check {
 public:
  Check(const Parameters& parameters, const State& state)
      : parameters_(parameters), state_(state) {}

  std::optional<std::string> run() {
    if (auto why = trace::checkInitialForm(parameters_, state_)) return why;
    if (!areas() || !objects() || !pagesInAreas()) return error_;
    process_->start(parameters_, &state_);
    if (!pages() || !framesDiffer() || !memory() || !countersSuffice()) return error_;
    return std::nullopt;
  }

 private:
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool areas() {
    for (const Area& area : state_.areas) {
      const std::string name =
          "area " + trace::printBytes(area.start) + "-" + trace::printBytes(area.end) + ": ";
      if (!areaWithin(area, parameters_.taskSize))
        return fail(name + "ends beyond the last user address, " +
                    trace::printBytes(parameters_.taskSize));
      if (const std::string_view why = unfit(state_, area); !why.empty())
        return fail(name + std::string(why));
    }
    return true;
  }

  bool objects() {
    for (const trace::Object& object : state_.objects)
      if (std::none_of(state_.areas.begin(), state_.areas.end(),
                       [&](const Area& area) { return area.object == object.id; }))
        return fail("object " + std::to_string(object.id) + ": no area maps it");
    for (const trace::ObjectPage& page : state_.objectPages) {
      const auto object = std::find_if(state_.objects.begin(), state_.objects.end(),
                                       [&](const trace::Object& o) { return o.id == page.object; });
      if (page.index >= object->pages)
        return fail("page " + std::to_string(page.index) + " of object " +
                    std::to_string(page.object) + ": beyond the object's size");
    }
    return true;
  }

  bool fail(const Page& page, const std::string& why) {
    return fail("page " + trace::printBytes(page.address) + ": " + why);
  }

  /// Finds the area of each page.
  bool pagesInAreas() {
    auto area = state_.areas.begin();
    for (const Page& page : state_.pages) {
      while (area != state_.areas.end() && area->end <= page.address)
        ++area;
      if (area == state_.areas.end() || page.address < area->start) return fail(page, "in no area");
      areaOf_.push_back(&*area);
    }
    return true;
  }

  bool pages() {
    for (std::size_t i = 0; i < state_.pages.size(); ++i) {
      const std::string why = wrong(*areaOf_[i], state_.pages[i], process_->space().entries[i]);
      if (!why.empty()) return fail(state_.pages[i], why);
    }
    return true;
  }

  /// Why the rules make no such entry; `entry` is the page as the model has taken it.
  std::string wrong(const Area& area, const Page& page, Entry<Concrete> entry) const {
    const Space<Concrete>& s = process_->space();
    const std::string_view why = unfit(state_, parameters_, area, page);
    if (why == notOfObject)
      return "not page " + std::to_string(area.pgoff + s.pagesOf(area.start, page.address)) +
             " of object " + std::to_string(area.object);
    if (!why.empty()) return std::string(why);
    settle<Concrete>(s, entry, area.flags);
    flush<Concrete>(s, entry);
    const std::uint8_t most = rightsClosure(area.flags);
    const bool writes = (page.prot ^ entry.prot) == trace::prot::write;
    if ((page.prot & ~most) != 0 || (page.prot != entry.prot && !writes))
      return "grants " + trace::printProt(page.prot) + ", where the area's rights make " +
             trace::printProt(most);
    if (writes)
      return std::string("a shared page is writable if and only if ") +
             (s.rules().hardwareDirty ? "its area is" : "dirty, in a writable area");
    if (page.dirty && page.kind != PageKind::shared) return "only a shared page can be dirty";
    if (page.hosted && !entry.hosted) return "hosted, but the rule set has no host";
    return {};
  }

  bool framesDiffer() {
    std::vector<std::uint64_t> frames;
    for (const Page& page : state_.pages)
      if (page.kind == PageKind::anonymous) frames.push_back(page.frame);
    for (const trace::ObjectPage& page : state_.objectPages)
      frames.push_back(page.frame);
    std::sort(frames.begin(), frames.end());
    const auto twice = std::adjacent_find(frames.begin(), frames.end());
    return twice == frames.end() || fail("frame " + std::to_string(*twice) + " appears twice");
  }

  bool memory() {
    const std::uint64_t used = state_.pages.size() + state_.objectPages.size();
    if (used <= parameters_.memoryPages) return true;
    return fail(std::to_string(used) + " pages are more than the machine has, " +
                std::to_string(parameters_.memoryPages));
  }

  bool countersSuffice() {
    const trace::Counters least = leastCounters(parameters_, state_);
    for (const trace::CounterField& field : trace::counterFields) {
      const std::uint64_t count = state_.counters.*field.member;
      const std::uint64_t atLeast = least.*field.member;
      if (field.initial && count < atLeast)
        return fail("counter " + std::string(field.name) + ": " + std::to_string(count) +
                    ", but the areas make it " + std::to_string(atLeast));
    }
    return true;
  }

  const Parameters& parameters_;
  const State& state_;
  const std::unique_ptr<Process> process_ = std::make_unique<Process>();
  std::vector<const Area*> areaOf_; ///< per page
  std::string error_;
};

} // namespace

std::optional<std::string> checkStart(const Parameters& parameters, const State& state) {
  return Check(parameters, state).run();
}

std::optional<std::string> completeStart(const Parameters& parameters, State& state) {
  const trace::Counters least = leastCounters(parameters, state);
  for (const trace::CounterField& field : trace::counterFields)
    if (field.initial)
      state.counters.*field.member = std::max(state.counters.*field.member, least.*field.member);
  return checkStart(parameters, state);
}

} // namespace growsdown::model
