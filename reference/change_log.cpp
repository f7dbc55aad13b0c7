#include "reference/change_log.h"

#include "reference/physical_memory.h"
#include "trace/check.h"

namespace growsdown::reference {

namespace {
// An access maps at most the pages of fault-around, 16 of them, and none of them twice.
constexpr std::size_t changesOfAnAccess = 32;
} // namespace

void ChangeLog::start(const trace::RuleSet& rules, unsigned pageShift) {
  rules_ = &rules;
  pageShift_ = pageShift;
  changes_.clear();
  changes_.reserve(changesOfAnAccess);
}

std::uint8_t ChangeLog::rightsOf(std::uint64_t descriptor) const {
  if (rules_->hostMappedPages && !descriptor::isOnHost(descriptor)) return 0;
  return descriptor::grants(descriptor, rules_->hardwareDirty);
}

void ChangeLog::note(std::uint64_t address, std::uint64_t old, std::uint64_t value) {
  GROWSDOWN_CHECK(rules_ != nullptr); // started
  using Kind = PageChange::Kind;
  PageChange change;
  change.start = address;
  change.end = address + (std::uint64_t{1} << pageShift_);
  if (value == 0) {
    if (old == 0) return;
    change.kind = Kind::unmapped;
    append(change);
    return;
  }
  const std::uint64_t frame = descriptor::frameOf(value, pageShift_);
  change.rights = rightsOf(value);
  change.zeroPage = frame == PhysicalMemory::zeroFrame;
  if (old != 0) {
    const bool sameFrame = descriptor::frameOf(old, pageShift_) == frame;
    if (sameFrame && rightsOf(old) == change.rights) return;
    change.kind = sameFrame ? Kind::regranted : Kind::copied;
    // The host need not see the steps in which one access maps one page.
    if (sameFrame && !changes_.empty()) {
      PageChange& last = changes_.back();
      if (last.start == change.start && last.end == change.end && last.kind != Kind::unmapped) {
        last.rights = change.rights;
        return;
      }
    }
  }
  append(change);
}

void ChangeLog::noteMove(std::uint64_t from, std::uint64_t to, std::uint64_t value) {
  GROWSDOWN_CHECK(rules_ != nullptr); // started
  append({.kind = PageChange::Kind::moved,
          .rights = rightsOf(value),
          .zeroPage = descriptor::frameOf(value, pageShift_) == PhysicalMemory::zeroFrame,
          .start = to,
          .end = to + (std::uint64_t{1} << pageShift_),
          .from = from});
}

void ChangeLog::append(const PageChange& change) {
  if (!changes_.empty()) {
    PageChange& last = changes_.back();
    if (last.end == change.start && last.kind == change.kind && last.rights == change.rights &&
        last.zeroPage == change.zeroPage &&
        (change.kind != PageChange::Kind::moved ||
         last.from + (last.end - last.start) == change.from)) {
      last.end = change.end;
      return;
    }
  }
  changes_.push_back(change);
}

} // namespace growsdown::reference
