// mremap: docs/rules/mremap.md.
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {

using trace::LimitKind;
using trace::MremapOrder;
namespace vm = trace::vm;
namespace flag = trace::flag;

// sys_mremap. The orders differ in when the area is looked up: after the unmapping (4.3, 5.10),
// before and after it (6.1, 6.12), before it (6.17).
trace::Outcome AddressSpace::mremap(const trace::Step& step) {
  const Address address = rules_->untagsCalls ? untag(step.address) : step.address;
  if (!aligned(address)) return Outcome::failed(Errno::einval);
  const std::uint64_t oldLength = pageUp(step.length);
  const std::uint64_t newLength = pageUp(step.newLength);
  if (newLength == 0) return Outcome::failed(Errno::einval);
  if (rules_->mremapOrder == MremapOrder::checkFirst && newLength > parameters_.taskSize)
    return Outcome::failed(Errno::einval);
  const bool to = (step.flags & flag::to) != 0;
  const bool mayMove = to || (step.flags & flag::maymove) != 0;

  if (!to && lacksRoomForSplits()) return Outcome::failed(Errno::enomem);
  if (rules_->mremapOrder == MremapOrder::lookupFirst) {
    const Cursor at = areas_.find(address);
    if (!at || areas_.at(at).start > address) return Outcome::failed(Errno::efault);
  }
  if (to) return mremapTo(address, oldLength, newLength, step.target);
  if (oldLength >= newLength) {
    if (rules_->mremapOrder == MremapOrder::checkFirst) {
      const Cursor at = areas_.find(address);
      if (!at || areas_.at(at).start > address) return Outcome::failed(Errno::efault);
    }
    if (oldLength > newLength)
      if (const Errno error = unmap(address + newLength, oldLength - newLength);
          error != Errno::none)
        return Outcome::failed(error);
    return Outcome::at(address);
  }
  return grow(address, oldLength, newLength, mayMove);
}

// 7.2 requires room in every mremap for four more areas: two by unmapping, two by moving.
bool AddressSpace::lacksRoomForSplits() const {
  return rules_->mremapCountsSplits && std::uint64_t{areas_.size()} + 4 > parameters_.maxMapCount;
}

trace::Outcome AddressSpace::mremapTo(Address address, std::uint64_t oldLength,
                                      std::uint64_t newLength, Address target) {
  const Address taskSize = parameters_.taskSize;
  if (!aligned(target) || newLength > taskSize || target > taskSize - newLength)
    return Outcome::failed(Errno::einval);
  if (address + oldLength > target && target + newLength > address)
    return Outcome::failed(Errno::einval);
  if (lacksRoomForSplits()) return Outcome::failed(Errno::enomem);
  // The kernel compares signed numbers here.
  if (rules_->mremapChecksCountEarly && !rules_->mremapCountsSplits &&
      std::int64_t{areas_.size()} + 2 >= static_cast<std::int64_t>(parameters_.maxMapCount) - 3)
    return Outcome::failed(Errno::enomem);
  if (rules_->mremapOrder == MremapOrder::checkFirst) {
    if (rules_->mremapMovesMany && oldLength == newLength)
      return moveMany(address, oldLength, target);
    if (const Errno error = checkResize(address, std::min(oldLength, newLength), newLength);
        error != Errno::none)
      return Outcome::failed(error);
  }

  if (const Errno error = unmap(target, newLength); error != Errno::none)
    return Outcome::failed(error);
  // 6.17 looks for the area again: the target may have been part of it.
  if (rules_->mremapOrder == MremapOrder::checkFirst) {
    const Cursor source = areas_.find(address);
    if (!source || areas_.at(source).start > address) return Outcome::failed(Errno::efault);
  }
  if (oldLength >= newLength) {
    if (oldLength > newLength)
      if (const Errno error = unmap(address + newLength, oldLength - newLength);
          error != Errno::none)
        return Outcome::failed(error);
    oldLength = newLength;
  }
  if (const Errno error = checkResize(address, oldLength, newLength); error != Errno::none)
    return Outcome::failed(error);
  if (const Placed placed = place(target, newLength, true, false); placed.error != Errno::none)
    return Outcome::failed(placed.error);
  if (const Errno error = move(address, oldLength, newLength, target); error != Errno::none)
    return Outcome::failed(error);
  return Outcome::at(target);
}

// 6.17 and later, mm/mremap.c:remap_move: a move without a change of size moves each area of the
// range separately. A hole at the start of the range is EFAULT.
trace::Outcome AddressSpace::moveMany(Address address, std::uint64_t length, Address target) {
  const Address end = address + length;
  Address at = address;
  Cursor area = areas_.find(at);
  if (!area || areas_.at(area).start > address) return Outcome::failed(Errno::efault);
  while (area && areas_.at(area).start < end) {
    const Address start = std::max(at, areas_.at(area).start);
    const std::uint64_t part = std::min(areas_.at(area).end, end) - start;
    const Address image = target + (start - address);
    if (const Errno error = unmap(image, part); error != Errno::none) return Outcome::failed(error);
    if (const Placed placed = place(image, part, true, false); placed.error != Errno::none)
      return Outcome::failed(placed.error);
    if (const Errno error = move(start, part, part, image); error != Errno::none)
      return Outcome::failed(error);
    at = start + part;
    area = areas_.find(at);
  }
  return Outcome::at(target);
}

trace::Outcome AddressSpace::grow(Address address, std::uint64_t oldLength, std::uint64_t newLength,
                                  bool mayMove) {
  if (const Errno error = checkResize(address, oldLength, newLength); error != Errno::none)
    return Outcome::failed(error);
  const Cursor at = areas_.find(address);
  const Vma area = areas_.at(at);
  const std::uint64_t delta = newLength - oldLength;
  if (oldLength == area.end - address && expandable(area, delta)) {
    if ((area.flags & vm::account) != 0) counters_.committed += pages(delta);
    account(area.flags, pages(delta));
    if ((area.flags & vm::locked) != 0) counters_.locked += pages(delta);
    if (rules_->mremapMergesInPlace) {
      Vma extension = area;
      extension.start = area.end;
      extension.end = area.end + delta;
      extension.pgoff = pgoffAt(area, area.end);
      extension.forked = false; // as vma_merge_extend has no middle area
      insertMerging(extension, MergeAs::other);
    } else {
      areas_.setEnd(at, area.end + delta);
    }
    if ((area.flags & vm::locked) != 0) populateGrown(address, oldLength, newLength);
    return Outcome::at(address);
  }
  if (!mayMove) return Outcome::failed(Errno::enomem);
  const Placed placed = place(0, newLength, false, (area.flags & vm::shared) != 0);
  if (placed.error != Errno::none) return Outcome::failed(placed.error);
  if (const Errno error = move(address, oldLength, newLength, placed.address); error != Errno::none)
    return Outcome::failed(error);
  return placedAt(placed.address, newLength, true);
}

// vma_to_resize (6.17: check_prep_vma).
trace::Errno AddressSpace::checkResize(Address address, std::uint64_t oldLength,
                                       std::uint64_t newLength) const {
  const Cursor at = areas_.find(address);
  if (!at || areas_.at(at).start > address) return Errno::efault;
  const Vma& area = areas_.at(at);
  if (oldLength == 0 && (area.flags & vm::shared) == 0 && !rules_->mremapDuplicatesPrivate)
    return Errno::einval;
  if (oldLength > area.end - address) return Errno::efault;
  if (newLength == oldLength) return Errno::none;
  const std::uint64_t delta = newLength - oldLength;
  if (rules_->mremapLocksInBytes) {
    // The sum may wrap.
    if ((area.flags & vm::locked) != 0 && !capable_ &&
        (counters_.locked << pageShift_) + delta > limitOf(LimitKind::memlock))
      return Errno::eagain;
  } else if (!mayLock(area.flags, pages(delta))) {
    return Errno::eagain;
  }
  return mayExpand(area.flags, pages(delta)) ? Errno::none : Errno::enomem;
}

// vma_expandable: ignores the guard gap of the area above, but checks the start against the
// minimum.
bool AddressSpace::expandable(const Vma& area, std::uint64_t delta) const {
  const Address end = area.end + delta;
  if (end < area.end) return false;
  if (coversAny({area.end, end})) return false;
  return place(area.start, end - area.start, true, false).error == Errno::none;
}

// move_vma, copy_vma, move_page_tables. The target is free.
trace::Errno AddressSpace::move(Address address, std::uint64_t oldLength, std::uint64_t newLength,
                                Address target) {
  const std::int64_t most = static_cast<std::int64_t>(parameters_.maxMapCount);
  if (rules_->mremapCountsSplits ? std::int64_t{areas_.size()} + 2 > most
                                 : std::int64_t{areas_.size()} >= most - 3)
    return Errno::enomem;
  const Vma source = areas_.at(areas_.find(address));
  Vma moved = source;
  moved.pgoff = pgoffAt(source, address);
  moved.start = target;
  moved.end = target + newLength;
  // The offset of an untouched private area follows from its address.
  if ((source.flags & vm::shared) == 0 && source.anon == 0) moved.pgoff = pages(target);
  insertMerging(moved, MergeAs::other);
  account(source.flags, pages(newLength));
  if ((source.flags & vm::locked) != 0) counters_.locked += pages(newLength);
  if ((source.flags & vm::account) != 0) counters_.committed += pages(newLength) - pages(oldLength);

  if (oldLength != 0) {
    moveEntries(address, oldLength, target);
    unmapRange({address, address + oldLength}, false);
  } else if ((source.flags & vm::account) != 0) {
    // A duplicate in 4.3: nothing is to be unmapped, which counts as a failure there. The whole
    // source area, which may have merged with its copy, loses its charge.
    Vma& area = areas_.change(areas_.find(address));
    area.flags &= ~vm::account;
    counters_.committed -= pages(area.end - area.start);
  }
  if ((source.flags & vm::locked) != 0) populateGrown(target, oldLength, newLength);
  return Errno::none;
}

void AddressSpace::moveEntries(Address from, std::uint64_t length, Address to) {
  // First the tables, for the image of every old table, even an empty one. A new table may also
  // cover a later part of the old range.
  const Address end = from + length;
  const std::uint64_t span = pageTable_.leafSpan();
  // A table one level up that moves as a whole is moved itself, even if no table is below it.
  if (rules_->mremapMovesTables)
    for (PageTable::Block old = pageTable_.firstUpper(from, end); old.exists;
         old = pageTable_.firstUpper(old.last + 1, end)) {
      const Address image = old.first - from + to;
      if (old.first >= from && old.last < end && (image & (old.last - old.first)) == 0)
        pageTable_.makeUpper(image);
    }
  for (PageTable::Block old = pageTable_.firstLeaf(from, end); old.exists;
       old = pageTable_.firstLeaf(old.last + 1, end)) {
    const Address start = std::max(old.first, from) - from + to;
    const Address last = std::min(old.last, end - 1) - from + to;
    for (Address block = start & ~(span - 1); block <= last; block += span)
      pageTable_.make(block);
  }
  pageTable_.forEach(from, from + length, [&](Address address, PageTable::Slot slot) {
    const std::uint64_t entry = pageTable_.get(slot);
    // UML flushes the old range only: the host maps nothing at the new place yet.
    pageTable_.move(slot, pageTable_.make(address - from + to), entry & ~descriptor::onHost);
  });
}

void AddressSpace::populateGrown(Address address, std::uint64_t oldLength,
                                 std::uint64_t newLength) {
  if (newLength > oldLength) populate({address + oldLength, address + newLength}, true);
}

} // namespace growsdown::reference
