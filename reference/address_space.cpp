#include "reference/address_space.h"

#include "trace/check.h"

#include <algorithm>

namespace growsdown::reference {

using trace::Op;
namespace vm = trace::vm;

void AddressSpace::start(const trace::Parameters& parameters, const trace::State* initial) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  GROWSDOWN_CHECK(parameters.geometry.page == std::uint64_t{1} << parameters.geometry.pageShift);
  GROWSDOWN_CHECK(parameters.taskSize <= std::uint64_t{1} << parameters.geometry.vaBits);
  parameters_ = parameters;
  rules_ = parameters.rules;
  page_ = parameters.geometry.page;
  pageShift_ = parameters.geometry.pageShift;
  // The maple tree's gaps contain the guard gaps of stacks; the tree before it left them out.
  const bool leavesGuards = rules_->placementSeesGap && !rules_->placementGapWraps;
  areas_.clear(leavesGuards ? std::uint64_t{rules_->gapPages} << pageShift_ : 0);
  objects_.clear();
  // The page table resets the physical memory too.
  if (parameters.program < parameters.taskSize)
    pageTable_.start(parameters.geometry, parameters.program);
  else
    pageTable_.start(parameters.geometry);
  counters_ = {};
  limits_[static_cast<unsigned>(trace::LimitKind::stack)] = trace::initialStackLimit;
  limits_[static_cast<unsigned>(trace::LimitKind::as)] = trace::unlimited;
  limits_[static_cast<unsigned>(trace::LimitKind::memlock)] = trace::initialMemlockLimit;
  limits_[static_cast<unsigned>(trace::LimitKind::data)] = trace::unlimited;
  capable_ = true;
  stackPointer_ = parameters.taskSize;
  hostFault_ = 0;
  nextAnon_ = 1;
  nextObject_ = 1;
  followed_ = false;
  if (initial != nullptr) takeOn(*initial);
  reserve();
}

void AddressSpace::takeOn(const trace::State& initial) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> slots; // object id -> slot
  const auto slotOf = [&](std::uint64_t id) {
    const auto at = std::find_if(slots.begin(), slots.end(),
                                 [&](const auto& known) { return known.first == id; });
    return at == slots.end() ? 0U : at->second;
  };
  for (const trace::Object& object : initial.objects) {
    slots.emplace_back(object.id, objects_.create(object.id, object.pages));
    nextObject_ = std::max(nextObject_, object.id + 1);
  }
  for (const trace::Area& area : initial.areas) {
    GROWSDOWN_CHECK(aligned(area.start) && aligned(area.end) && area.end <= parameters_.taskSize);
    nextAnon_ = std::max(nextAnon_, area.anon + 1);
    add({area.start, area.end, area.pgoff, area.anon, slotOf(area.object), area.flags,
         area.forked});
  }

  std::vector<std::pair<std::uint64_t, Frame>> frames; // identity -> frame, by identity
  const auto frameOf = [&](std::uint64_t identity) {
    const auto at =
        std::lower_bound(frames.begin(), frames.end(), identity,
                         [](const auto& known, std::uint64_t i) { return known.first < i; });
    if (at != frames.end() && at->first == identity) {
      memory_.acquire(at->second);
      return at->second;
    }
    return frames.insert(at, {identity, memory_.allocate()})->second;
  };
  for (const trace::ObjectPage& page : initial.objectPages)
    if (const std::uint32_t slot = slotOf(page.object); slot != 0)
      objects_.add(slot, page.index, frameOf(page.frame)), objects_.reserve();
  for (const trace::Page& page : initial.pages) {
    const Cursor area = areas_.find(page.address);
    GROWSDOWN_CHECK(area && areas_.at(area).start <= page.address && aligned(page.address));
    const bool zero = page.kind == trace::Page::Kind::zero;
    const Frame frame = zero ? PhysicalMemory::zeroFrame : frameOf(page.frame);
    std::uint64_t entry = descriptor::pageAt(frame, pageShift_, areas_.at(area).flags);
    const bool writable = (page.prot & trace::prot::write) != 0;
    if (page.kind == trace::Page::Kind::anonymous) {
      entry = descriptor::withDirty(entry);
      if (page.inherited) memory_.inherit(frame);
    }
    // The page itself counts as clean until the entry is cleared, as after a write that no fault saw.
    if (page.kind == trace::Page::Kind::shared && page.dirty) entry = descriptor::withDirty(entry);
    if (writable) entry = descriptor::withWrite(entry);
    if (page.hosted) entry |= descriptor::onHost;
    pageTable_.set(pageTable_.make(page.address), entry);
  }
  counters_ = initial.counters;
  counters_.faults = 0; // those of the step before
}

// x86: all bits above the user half are the same.
bool AddressSpace::canonical(Address address, unsigned bits) {
  const Address above = address >> bits;
  return above == 0 || above == ~Address{0} >> bits;
}

// arm64 ignores the top byte of an address if bit 55 marks a user address.
AddressSpace::Address AddressSpace::untag(Address address) const {
  if (!rules_->ignoresTopByte) return address;
  return (address >> 55 & 1) == 0 ? address & ((Address{1} << 56) - 1) : address;
}

trace::Outcome AddressSpace::limit(const trace::Step& step) {
  GROWSDOWN_CHECK(static_cast<unsigned>(step.limit) < limits_.size());
  limits_[static_cast<unsigned>(step.limit)] = step.length;
  return Outcome::okay();
}

trace::Outcome AddressSpace::apply(const trace::Step& step) {
  const Outcome outcome = applyReserved(step);
  reserve();
  return outcome;
}

trace::Outcome AddressSpace::applyReserved(const trace::Step& step) {
  GROWSDOWN_CHECK(rules_ != nullptr);
  counters_.faults = 0;
  Outcome outcome = Outcome::okay();
  switch (step.op) {
  case Op::limit:
    outcome = limit(step);
    break;
  case Op::capable:
    capable_ = false;
    break;
  case Op::mmap:
    outcome = mmap(step);
    break;
  case Op::munmap:
    outcome = munmap(step);
    break;
  case Op::mprotect:
    outcome = mprotect(step);
    break;
  case Op::mlock:
    outcome = mlock(step);
    break;
  case Op::munlock:
    outcome = munlock(step);
    break;
  case Op::dontneed:
    outcome = dontneed(step);
    break;
  case Op::mremap:
    outcome = mremap(step);
    break;
  case Op::fork:
    outcome = fork();
    break;
  case Op::touch:
    outcome = touch(step);
    break;
  case Op::sp:
    stackPointer_ = (step.flags & trace::flag::own) != 0 ? parameters_.taskSize : step.address;
    break;
  case Op::kernel:
    outcome = kernelAccess(step);
    break;
  case Op::gup:
    outcome = gup(step);
    break;
  case Op::mincore:
    outcome = mincore(step);
    break;
  }
  return overfull() ? Outcome::undecided() : outcome;
}

trace::Counters AddressSpace::counters() const {
  trace::Counters counters = counters_;
  counters.mapCount = areas_.size();
  counters.tables = pageTable_.tables();
  return counters;
}

trace::Area AddressSpace::areaOf(Cursor at) const {
  const Vma& area = areas_.at(at);
  return {area.start, area.end,   area.start + (hidesLowestPage(at) ? page_ : 0),
          area.pgoff, area.anon,  area.object == 0 ? 0 : objects_[area.object].id,
          area.flags, area.forked};
}

trace::Page AddressSpace::pageOf(const Vma& area, Address address, PageTable::Slot slot) const {
  const std::uint64_t entry = pageTable_.get(slot);
  const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
  trace::Page page;
  page.address = address;
  page.frame = frame;
  page.prot = descriptor::grants(entry, rules_->hardwareDirty);
  page.hosted = descriptor::isOnHost(entry);
  if ((area.flags & vm::shared) != 0) {
    page.kind = trace::Page::Kind::shared;
    page.dirty = descriptor::isDirty(entry);
  } else if (frame != PhysicalMemory::zeroFrame) {
    page.kind = trace::Page::Kind::anonymous;
    page.inherited = memory_.inherited(frame);
  }
  return page;
}

bool AddressSpace::areaFrom(std::uint64_t address, trace::Area& out) const {
  const Cursor at = areas_.find(address);
  if (!at) return false;
  out = areaOf(at);
  return true;
}

bool AddressSpace::pageAt(std::uint64_t address, trace::Page& out) const {
  const PageTable::Slot slot = pageTable_.find(address);
  if (!slot.exists || pageTable_.get(slot) == 0) return false;
  out = pageOf(areas_.at(areas_.find(address)), pageDown(address), slot);
  return true;
}

std::uint64_t AddressSpace::firstTable(std::uint64_t start, std::uint64_t end) const {
  const PageTable::Block block = pageTable_.firstLeaf(start, end);
  return block.exists ? std::max(block.first, start) : end;
}

void AddressSpace::snapshot(trace::State& out) const {
  GROWSDOWN_CHECK(rules_ != nullptr);
  out.clear();
  for (Cursor at = areas_.first(); at; at = areas_.next(at)) {
    const Vma& area = areas_.at(at);
    out.areas.push_back(areaOf(at));
    pageTable_.forEach(area.start, area.end, [&](Address address, PageTable::Slot slot) {
      out.pages.push_back(pageOf(area, address, slot));
    });
  }
  writeObjects(out);
  out.counters = counters();
}

void AddressSpace::writeObjects(trace::State& out) const {
  for (std::uint32_t slot = 1; slot < objects_.slots(); ++slot)
    if (objects_[slot].areas > 0) out.objects.push_back({objects_[slot].id, objects_[slot].pages});
  if (out.objects.empty()) return;
  std::sort(out.objects.begin(), out.objects.end(),
            [](const trace::Object& a, const trace::Object& b) { return a.id < b.id; });
  for (std::uint32_t slot = 1; slot < objects_.slots(); ++slot)
    if (objects_[slot].areas > 0)
      for (const SharedObjects::Page& page : objects_[slot].content)
        out.objectPages.push_back({objects_[slot].id, page.index, page.frame});
  std::sort(out.objectPages.begin(), out.objectPages.end(),
            [](const trace::ObjectPage& a, const trace::ObjectPage& b) {
              return a.object != b.object ? a.object < b.object : a.index < b.index;
            });
}

std::uint64_t AddressSpace::descriptorAt(std::uint64_t address) const {
  GROWSDOWN_CHECK(rules_ != nullptr);
  if (address >= parameters_.taskSize) return 0;
  const PageTable::Slot slot = pageTable_.find(address);
  return slot.exists ? pageTable_.get(slot) : 0;
}

bool AddressSpace::verify() const {
  if (!areas_.verify() || !pageTable_.verify()) return false;
  std::vector<std::uint32_t> held(objects_.slots(), 0);
  std::uint64_t inAreas = 0;
  for (Cursor c = areas_.first(); c; c = areas_.next(c)) {
    const Vma& area = areas_.at(c);
    if (area.object != 0) ++held[area.object];
    pageTable_.forEach(area.start, area.end, [&](Address, PageTable::Slot) { ++inAreas; });
  }
  if (inAreas != pageTable_.present()) return false;
  std::uint64_t objectPages = 0;
  for (std::uint32_t slot = 1; slot < objects_.slots(); ++slot) {
    if (objects_[slot].areas != held[slot]) return false;
    if (held[slot] > 0) objectPages += objects_[slot].content.size();
  }
  return objectPages == objects_.pages();
}

} // namespace growsdown::reference
