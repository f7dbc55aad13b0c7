#include "harness/digest.h"

#include "trace/identities.h"

namespace growsdown::harness {

// The structured bindings name all members, so a new member does not compile until somebody decides
// whether it belongs here. Of the space itself these are left out:
// - what is constant in a scope: parameters and tunables
// - the source of fresh identities
// - lastFault, which only a touch of a non-canonical address reports: no alphabet of a scope has one
void Digest::add(const model::Space<model::Concrete>& space) {
  trace::FirstAppearance anons, frames, ids;
  const auto& [stackLimit, asLimit, memlockLimit, dataLimit] = space.limits;
  for (const std::uint64_t word :
       {stackLimit, asLimit, memlockLimit, dataLimit, space.stackPointer})
    add(word);
  add(space.capable);
  add(space.areas.size());
  for (const auto& area : space.areas) {
    const auto& [start, end, pgoff, flags, anon, object, forked] = area;
    add(start);
    add(end);
    add(pgoff);
    add(std::uint64_t{flags} << 1 | (forked ? 1 : 0));
    add(anons(anon));
    add(ids(object));
  }
  add(space.entries.size());
  for (const auto& entry : space.entries) {
    const auto& [address, prot, frame, kind, inherited, writable, dirty, hosted] = entry;
    add(address);
    add(frames(frame));
    add(std::uint64_t{prot} << 8 | static_cast<std::uint64_t>(kind) << 4 | (inherited ? 8U : 0U) |
        (writable ? 4U : 0U) | (dirty ? 2U : 0U) | (hosted ? 1U : 0U));
  }
  add(space.tables.size());
  for (const auto& table : space.tables) {
    const auto& [level, block] = table;
    add(level);
    add(block);
  }
  add(space.objects.size());
  for (const auto& object : space.objects) {
    const auto& [id, pages] = object;
    add(ids(id));
    add(pages);
  }
  add(space.objectPages.size());
  for (const auto& page : space.objectPages) {
    const auto& [object, index, frame, dirty] = page;
    add(ids(object));
    add(index);
    add(frames(frame) << 1 | (dirty ? 1 : 0));
  }
  const auto& [total, stack, locked, data, shared, committed] = space.counters;
  static_cast<void>(committed); // no rule reads it, and sides that differ in it have diverged
  for (const std::uint64_t word : {total, stack, locked, data, shared})
    add(word);
}

} // namespace growsdown::harness
