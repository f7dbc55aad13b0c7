#include "trace/initial.h"

#include "trace/step.h"
#include "trace/text.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace growsdown::trace {
namespace {

// Systems count identities on from the greatest that they were given.
constexpr std::uint64_t identityEnd = 1ULL << 62;

std::string shown(const Area& area) {
  return "area " + printBytes(area.start) + "-" + printBytes(area.end) + ": ";
}

/// What the areas alone make of the counters.
Counters recount(const Parameters& p, const State& state) {
  Counters c;
  for (const Area& area : state.areas) {
    const std::uint64_t pages = (area.end - area.start) / p.geometry.page;
    const bool shared = area.flags & vm::shared;
    const bool grows = area.flags & vm::growsdown;
    c.total += pages;
    if (grows) c.stack += pages;
    if (area.flags & vm::locked) c.locked += pages;
    const bool data = p.rules->dataIsPrivateWritable ? (area.flags & vm::write) != 0 : true;
    if (data && !shared && !grows) c.data += pages;
    if (area.flags & vm::account) c.committed += pages;
  }
  return c;
}

class Check {
 public:
  Check(const Parameters& parameters, const State& state)
      : parameters_(parameters), page_(parameters.geometry.page), state_(state) {}

  std::optional<std::string> run() {
    if (!(objectsAscend() && areas() && objects() && pages() && memory() && counters()))
      return error_;
    return std::nullopt;
  }

 private:
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool identity(std::uint64_t value) const { return value < identityEnd; }

  bool areas() {
    std::uint64_t last = 0;
    for (const Area& area : state_.areas) {
      const std::string name = shown(area);
      if (area.start % page_ != 0 || area.end % page_ != 0)
        return fail(name + "not whole pages of " + std::to_string(page_) + " bytes");
      if (area.start >= area.end) return fail(name + "empty");
      if (area.start < last) return fail(name + "overlaps, or stands behind a higher one");
      if (area.end > parameters_.taskSize)
        return fail(name + "ends beyond the last user address, " +
                    printBytes(parameters_.taskSize));
      last = area.end;
      if (area.flags & ~vm::all) return fail(name + "unknown flags");
      const bool shared = area.flags & vm::shared;
      if (shared && (area.flags & (vm::growsdown | vm::account)))
        return fail(name + "a shared area neither grows nor is accounted");
      if (shared != (area.object != 0))
        return fail(name + (shared ? "shared, but of no object" : "private, but of an object"));
      if (shared && area.anon != 0) return fail(name + "a shared area has no anon_vma");
      if (area.forked && area.anon == 0) return fail(name + "forked, but without an anon_vma");
      if (!identity(area.anon) || !identity(area.object))
        return fail(name + "identities are below 2^62");
      const std::uint64_t pages = (area.end - area.start) / page_;
      const std::uint64_t most = (~std::uint64_t{0} / page_);
      if (area.pgoff > most - pages) return fail(name + "pgoff beyond 2^64 bytes");
      if (shared && findObject(area.object) == nullptr)
        return fail(name + "object " + std::to_string(area.object) + " is not listed");
    }
    return true;
  }

  /// In `objects`, whose order has been checked.
  const Object* findObject(std::uint64_t id) const {
    const auto found = std::lower_bound(
        state_.objects.begin(), state_.objects.end(), id,
        [](const Object& object, std::uint64_t wanted) { return object.id < wanted; });
    return found == state_.objects.end() || found->id != id ? nullptr : &*found;
  }

  bool objectsAscend() {
    std::uint64_t last = 0;
    for (const Object& object : state_.objects) {
      const std::string name = "object " + std::to_string(object.id) + ": ";
      if (object.id <= last) return fail(name + "identities ascend from 1");
      if (!identity(object.id)) return fail(name + "identities are below 2^62");
      if (object.pages > ~std::uint64_t{0} / page_) return fail(name + "more than 2^64 bytes");
      last = object.id;
    }
    return true;
  }

  bool objects() {
    std::vector<std::uint64_t> mapped;
    for (const Area& area : state_.areas)
      mapped.push_back(area.object);
    std::sort(mapped.begin(), mapped.end());
    for (const Object& object : state_.objects)
      if (!std::binary_search(mapped.begin(), mapped.end(), object.id))
        return fail("object " + std::to_string(object.id) + ": no area maps it");
    const ObjectPage* before = nullptr;
    for (const ObjectPage& page : state_.objectPages) {
      const std::string name =
          "page " + std::to_string(page.index) + " of object " + std::to_string(page.object) + ": ";
      if (before && std::tie(page.object, page.index) <= std::tie(before->object, before->index))
        return fail(name + "stands behind a higher one");
      const Object* object = findObject(page.object);
      if (object == nullptr) return fail(name + "the object is not listed");
      if (page.index >= object->pages) return fail(name + "beyond the object's size");
      if (page.frame == 0 || !identity(page.frame))
        return fail(name + "a frame's identity is 1 or more, and below 2^62");
      frames_.push_back(page.frame);
      before = &page;
    }
    return true;
  }

  bool pages() {
    auto area = state_.areas.begin();
    const Page* before = nullptr;
    for (const Page& page : state_.pages) {
      const std::string name = "page " + printBytes(page.address) + ": ";
      if (page.address % page_ != 0) return fail(name + "not a page's address");
      if (before && page.address <= before->address)
        return fail(name + "stands behind a higher one");
      before = &page;
      while (area != state_.areas.end() && area->end <= page.address)
        ++area;
      if (area == state_.areas.end() || page.address < area->start)
        return fail(name + "in no area");
      if (!pageIn(*area, page, name)) return false;
    }
    std::sort(frames_.begin(), frames_.end());
    const auto twice = std::adjacent_find(frames_.begin(), frames_.end());
    if (twice != frames_.end())
      return fail("frame " + std::to_string(*twice) + " stands there twice");
    return true;
  }

  bool pageIn(const Area& area, const Page& page, const std::string& name) {
    const bool shared = area.flags & vm::shared;
    if (shared != (page.kind == Page::Kind::shared))
      return fail(name +
                  (shared ? "not shared, but in a shared area" : "shared, but in a private area"));
    if (page.prot & ~prot::all) return fail(name + "unknown rights");
    const unsigned rights = area.flags & vm::access;
    const unsigned granted = rights == 0 ? 0U : rights | prot::read;
    const bool writable = page.prot & prot::write;
    const unsigned others = page.prot & ~prot::write;
    if ((page.prot & ~granted) || others != (granted & ~prot::write))
      return fail(name + "grants " + printProt(page.prot) + ", where the area's rights make " +
                  printProt(static_cast<std::uint8_t>(granted)));
    if (page.kind == Page::Kind::zero) {
      if (page.frame != 0) return fail(name + "the zero page has no frame of its own");
      if (writable) return fail(name + "the zero page is never writable");
    } else if (page.frame == 0 || !identity(page.frame)) {
      return fail(name + "a frame's identity is 1 or more, and below 2^62");
    }
    if (page.inherited && (page.kind != Page::Kind::anonymous || writable))
      return fail(name + "only an anonymous page that is not writable can be inherited");
    if (page.hosted && !parameters_.rules->hostMappedPages)
      return fail(name + "hosted, but the rule set has no host");
    if (page.dirty && !shared) return fail(name + "only a shared page can be dirty");
    if (page.kind == Page::Kind::anonymous) {
      if (area.anon == 0) return fail(name + "anonymous, but the area has no anon_vma");
      frames_.push_back(page.frame);
    }
    if (shared) {
      const std::uint64_t index = area.pgoff + (page.address - area.start) / page_;
      const auto key = std::tie(area.object, index);
      const auto held = std::lower_bound(
          state_.objectPages.begin(), state_.objectPages.end(), key,
          [](const ObjectPage& p, const auto& k) { return std::tie(p.object, p.index) < k; });
      if (held == state_.objectPages.end() || held->object != area.object || held->index != index ||
          held->frame != page.frame)
        return fail(name + "not page " + std::to_string(index) + " of object " +
                    std::to_string(area.object));
      const bool hardware = parameters_.rules->hardwareDirty;
      const bool shown = page.dirty || hardware; // else the first write is to fault
      if (writable != (shown && (area.flags & vm::write)))
        return fail(name + "a shared page is writable if and only if " +
                    (hardware ? "its area is" : "dirty, in a writable area"));
    }
    return true;
  }

  bool memory() {
    const std::uint64_t used = state_.pages.size() + state_.objectPages.size();
    if (used > parameters_.memoryPages)
      return fail(std::to_string(used) + " pages are more than the machine has, " +
                  std::to_string(parameters_.memoryPages));
    return true;
  }

  bool counters() {
    const Counters least = recount(parameters_, state_);
    for (const auto& [name, member] : {std::pair{"total", &Counters::total},
                                       {"stack", &Counters::stack},
                                       {"locked", &Counters::locked},
                                       {"data", &Counters::data},
                                       {"committed", &Counters::committed}}) {
      if (state_.counters.*member < least.*member)
        return fail(std::string("counter ") + name + ": " +
                    std::to_string(state_.counters.*member) + ", but the areas make it " +
                    std::to_string(least.*member));
      if (state_.counters.*member > ~std::uint64_t{0} / page_)
        return fail(std::string("counter ") + name + ": more than 2^64 bytes");
    }
    return true;
  }

  const Parameters& parameters_;
  const std::uint64_t page_;
  const State& state_;
  std::vector<std::uint64_t> frames_;
  std::string error_;
};

} // namespace

std::optional<std::string> checkInitial(const Parameters& parameters, const State& state) {
  return Check(parameters, state).run();
}

std::optional<std::string> completeInitial(const Parameters& parameters, State& state) {
  const Counters least = recount(parameters, state);
  for (const auto member : {&Counters::total, &Counters::stack, &Counters::locked, &Counters::data,
                            &Counters::committed})
    state.counters.*member = std::max(state.counters.*member, least.*member);
  return checkInitial(parameters, state);
}

} // namespace growsdown::trace
