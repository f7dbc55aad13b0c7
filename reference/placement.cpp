// Where a new area goes: get_unmapped_area (docs/rules/placement.md).
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {

namespace vm = trace::vm;

AddressSpace::Placed AddressSpace::place(Address hint, std::uint64_t length, bool fixed,
                                         bool shared) const {
  const Address taskSize = parameters_.taskSize;
  const Address end = hint > parameters_.mapWindow ? taskSize : parameters_.mapWindow;
  if (length > taskSize) return {Errno::enomem, 0};
  if (rules_->placementLengthSparesLow && length > end - parameters_.effectiveMinAddr())
    return {Errno::enomem, 0};
  Placed placed{Errno::none, hint};
  if (!fixed) {
    const std::uint64_t block = pageTable_.leafSpan();
    placed = {Errno::enomem, 0};
    // 6.7 and later place a length of whole huge pages at a boundary of huge pages.
    if (rules_->alignsHugePlacement && hint == 0 && !shared && length % block == 0 &&
        length + block <= parameters_.taskSize) {
      placed = search(length + block, end);
      if (placed.error == Errno::none) {
        const std::uint64_t up = (0 - placed.address) & (block - 1);
        placed.address += up == 0 ? block : up;
      }
    }
    if (placed.error != Errno::none) placed = placeByHint(hint, length, end);
    if (placed.error != Errno::none) return placed;
  }
  if (placed.address > taskSize - length) return {Errno::enomem, 0};
  if (!aligned(placed.address)) return {Errno::einval, 0};
  if (belowMinimum(placed.address)) return {Errno::eperm, 0};
  return placed;
}

AddressSpace::Placed AddressSpace::placeByHint(Address hint, std::uint64_t length,
                                               Address end) const {
  if (hint != 0 && length <= end && hint <= end - length &&
      hint >= parameters_.effectiveMinAddr()) {
    const Cursor next = areas_.find(hint);
    const Address room = next ? reserveBelow(areas_.at(next)) : end;
    if (hint + length <= room) return {Errno::none, hint};
  }
  return search(length, end);
}

// vm_unmapped_area: the highest hole below mmap_base, or else the lowest above TASK_UNMAPPED_BASE.
AddressSpace::Placed AddressSpace::search(std::uint64_t length, Address end) const {
  if (rules_->placementSearchesDown) {
    const Placed placed = searchDown(length, end - (parameters_.mapWindow - parameters_.mmapBase));
    if (placed.error == Errno::none) return placed;
  }
  return searchUp(length, end);
}

// vm_start_gap: the end of what may be used below an area.
AddressSpace::Address AddressSpace::reserveBelow(const Vma& area) const {
  if (!rules_->placementSeesGap || (area.flags & vm::growsdown) == 0) return area.start;
  const std::uint64_t gap = std::uint64_t{rules_->gapPages} << pageShift_;
  return area.start > gap ? area.start - gap : 0;
}

AddressSpace::Placed AddressSpace::searchDown(std::uint64_t length, Address base) const {
  const Address lowest =
      rules_->placementSearchSparesLow ? std::max(page_, parameters_.effectiveMinAddr()) : page_;
  Cursor next = areas_.find(base == 0 ? 0 : base - 1); // the area above the hole
  while (true) {
    const Cursor below = areas_.previous(next);
    const Address bottom = std::max(lowest, below ? areas_.at(below).end : 0);
    const Address end = next ? std::min(base, areas_.at(next).start) : base;
    const Address top = next ? std::min(base, reserveBelow(areas_.at(next))) : base;
    if (top >= bottom && top - bottom >= length) return {Errno::none, top - length};
    if (rules_->placementGapWraps && top < end && end >= bottom && end - bottom >= length) {
      // The index ignores gaps here: the search begins again below the whole gap. A limit of 0 is
      // mistaken for none, and the hole found is beyond the task.
      if (top == 0) return {Errno::none, 0 - length};
      base = top;
      next = areas_.find(base - 1);
      continue;
    }
    next = below ? areas_.gapDown(below, length) : Cursor{};
    if (!next) return {Errno::enomem, 0};
  }
}

AddressSpace::Placed AddressSpace::searchUp(std::uint64_t length, Address end) const {
  Address from = parameters_.unmappedBase;
  Cursor above = areas_.find(from);
  if (above && areas_.at(above).start <= from) {
    from = areas_.at(above).end;
    above = areas_.next(above);
  }
  while (true) {
    const Address room = above ? std::min(end, reserveBelow(areas_.at(above))) : end;
    if (room >= from && room - from >= length) return {Errno::none, from};
    if (!above) return {Errno::enomem, 0};
    above = areas_.next(above);
    if (above) above = areas_.gapUp(above, length);
    from = areas_.at(areas_.previous(above)).end;
  }
}

trace::Outcome AddressSpace::placedAt(Address address, std::uint64_t length, bool chosen) const {
  return chosen && !trace::inside(parameters_.windows, address, length) ? Outcome::elsewhere()
                                                                        : Outcome::at(address);
}

} // namespace growsdown::reference
