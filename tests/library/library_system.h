// The library as a system under test, so that traces, expectations and comparisons apply to it. It
// maps steps to calls of the public interface, and keeps a mirror of the pages from events alone.
#pragma once

#include "growsdown/address_space.hpp"
#include "harness/system.h"
#include "trace/fields.h"
#include "trace/ruleset.h"

#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace growsdown::tests {

/// What a host would have mapped that applies the events in their order and looks at nothing else.
class Mirror final : public Observer {
 public:
  struct Page {
    Prot rights = Prot::none;
    PageKind kind = PageKind::zero;
    std::uint64_t object = 0;
    std::uint64_t offset = 0;
    std::uint64_t contents = 0; ///< which contents: new ones, or those that the page had before

    /// Contents are not what the address space reports.
    bool shows(const Page& other) const {
      return rights == other.rights && kind == other.kind && object == other.object &&
             offset == other.offset;
    }
  };

  void begin(std::uint64_t pageSize) {
    page_ = pageSize;
    pages.clear();
  }
  void map(const Pages& run, Contents contents) override {
    each(run, [&](Address at, const Page& page) {
      const auto old = pages.find(at);
      if (contents == Contents::copied && old == pages.end())
        fail("a copy of a page that is not mapped", at);
      if (contents != Contents::copied && old != pages.end()) fail("mapped twice", at);
      if ((contents == Contents::object) != (page.kind == PageKind::shared) &&
          contents != Contents::copied)
        fail("the contents do not fit the kind", at);
      Page made = page;
      made.contents = contents == Contents::copied ? old->second.contents : ++last_;
      pages[at] = made;
    });
  }
  void protect(const Pages& run) override {
    each(run, [&](Address at, const Page& page) {
      const auto old = pages.find(at);
      if (old == pages.end()) return fail("protected, but not mapped", at);
      if (old->second.kind != page.kind || old->second.object != page.object ||
          old->second.offset != page.offset)
        fail("protected as another page", at);
      old->second.rights = page.rights;
    });
  }
  void move(Address from, const Pages& run) override {
    each(run, [&](Address at, const Page& page) {
      const auto old = pages.find(from + (at - run.start));
      if (old == pages.end()) return fail("moved, but not mapped", at);
      if (pages.count(at) != 0) fail("moved onto a page", at);
      Page moved = page;
      moved.contents = old->second.contents;
      pages.erase(old);
      pages[at] = moved;
    });
  }
  void unmap(Address start, Address end) override {
    for (Address at = start; at < end; at += page_)
      if (pages.erase(at) == 0) fail("unmapped, but not mapped", at);
  }

  /// Compares with what the address space reports; describes the first difference.
  void compare(const AddressSpace& space) {
    auto at = pages.begin();
    for (const Pages& run : space.pages()) {
      each(run, [&](Address address, const Page& page) {
        if (at == pages.end() || at->first != address || !at->second.shows(page))
          fail("the mirror has another page", address);
        else
          ++at;
      });
      if (!error.empty()) return;
    }
    if (at != pages.end()) fail("the mirror has a page too many", at->first);
  }

  std::map<Address, Page> pages;
  std::string error; ///< the first thing that went wrong
  std::uint64_t events = 0;

 private:
  template <class Visit>
  void each(const Pages& run, const Visit& visit) {
    ++events;
    if (run.start >= run.end || run.start % page_ != 0 || run.end % page_ != 0)
      return fail("a run that is not whole pages", run.start);
    for (Address at = run.start; at < run.end; at += page_)
      visit(at, Page{run.rights, run.kind, run.object,
                     run.kind == PageKind::shared ? run.offset + (at - run.start) : 0, 0});
  }
  void fail(const char* what, Address at) {
    if (!error.empty()) return;
    std::ostringstream out;
    out << what << ": 0x" << std::hex << at;
    error = out.str();
  }

  std::uint64_t page_ = 4096;
  std::uint64_t last_ = 0;
};

/// The library behind the interface of systems. It begins with an empty address space only, and it
/// does not know the windows of traces: a trace's answer `elsewhere` is derived from the address.
class LibrarySystem final : public harness::System {
 public:
  /// If `mirrored`, the mirror is compared after every step; a difference is Misbehaved.
  explicit LibrarySystem(bool mirrored = false) : mirrored_(mirrored) {}

  std::string_view name() const override { return "library"; }

  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    if (initial != nullptr) throw harness::CannotSay("the library begins with an empty state");
    Options options;
    options.pageSize = parameters.geometry.page;
    options.addressBits = parameters.geometry.vaBits;
    options.mmapMinAddr = parameters.minAddr;
    options.lsmMmapMinAddr = parameters.lsmMinAddr;
    options.maxMapCount = parameters.maxMapCount;
    options.mmapBase = parameters.mmapBase;
    options.capable = true;
    options.stackLimit = trace::initialStackLimit;
    options.memlockLimit = trace::initialMemlockLimit;
    options.memory = parameters.memoryPages * parameters.geometry.page;
    for (const trace::Knob& knob : trace::knobs(*parameters.rules))
      options.knobs.emplace_back(std::string(knob.name), knob.value);
    windows_ = parameters.windows;
    rules_ = parameters.rules;
    space_.emplace(parameters.rules->name, options);
    mirror.begin(parameters.geometry.page);
    if (mirrored_) space_->observe(&mirror);
    faults_ = 0;
  }

  trace::Outcome apply(const trace::Step& step) override {
    const std::uint64_t before = space_->counters().faults;
    trace::Outcome outcome;
    try {
      outcome = perform(step);
    } catch (const Exhausted&) {
      return trace::Outcome::undecided();
    }
    faults_ = space_->counters().faults - before;
    ++steps;
    if (mirrored_) {
      mirror.compare(*space_);
      if (!mirror.error.empty()) throw harness::Misbehaved("observer: " + mirror.error);
    }
    return outcome;
  }

  void snapshot(trace::State& out) const override;

  harness::Fields shows() const override {
    using namespace harness::shown;
    harness::Fields fields =
        areas | start_ | maps | flags | account | pgoff | pages | kinds | elsewhere | counters;
    // User-mode Linux: the library says what the host has to map, not what the entry says.
    if (rules_ == nullptr || !rules_->hostMappedPages) fields |= rights;
    // The tables of the program of a trace are not counted there.
    if (windows_ == trace::windows) fields &= ~tables;
    return fields;
  }

  AddressSpace& space() { return *space_; }
  Mirror mirror;
  std::uint64_t steps = 0; ///< made so far

 private:
  static constexpr harness::Fields start_ = harness::shown::start;
  static constexpr std::uint64_t mostListed = 1 << 20; ///< pages; mincore answers a byte for each

  trace::Outcome perform(const trace::Step& step);
  trace::Outcome performMmap(const trace::Step& step);
  trace::Outcome performMincore(const trace::Step& step);
  static trace::Outcome outcomeOf(Status status) {
    return status ? trace::Outcome::okay()
                  : trace::Outcome::failed(static_cast<trace::Errno>(status.error()));
  }
  trace::Outcome outcomeOf(const Result<Address>& result, const trace::Step& step) const;

  bool mirrored_;
  std::optional<AddressSpace> space_;
  trace::Windows windows_ = trace::windows;
  const trace::RuleSet* rules_ = nullptr;
  std::uint64_t faults_ = 0;
};

} // namespace growsdown::tests
