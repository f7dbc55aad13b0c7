// What calls do to the areas, for every peer with positions (peers.h).
#pragma once

#include "bench/peers.h"

#include <algorithm>
#include <cstdint>

namespace growsdown::bench {

template <class Peer>
concept HasPositions = requires {
  typename Peer::Position;
};

/// Removes a range from the areas. Returns the position above it.
template <HasPositions Peer>
typename Peer::Position unmap(Peer& peer, std::uint64_t start, std::uint64_t end) {
  auto at = peer.above(start);
  if (!peer.isArea(at) || peer.at(at).start >= end) return at;
  if (peer.at(at).start < start) {
    if (peer.at(at).end > end) return peer.cut(at, start, end);
    at = peer.setEnd(at, start);
  }
  if (!peer.isArea(at)) return at;
  at = peer.eraseThrough(at, end);
  if (peer.isArea(at) && peer.at(at).start < end) peer.setStart(at, end);
  return at;
}

/// Puts an area into a range, instead of what is there, and merges it with areas of the same flags.
template <HasPositions Peer>
void map(Peer& peer, std::uint64_t start, std::uint64_t end, std::uint32_t flags) {
  const auto above = unmap(peer, start, end);
  const auto below = peer.previous(above);
  const bool up =
      peer.isArea(above) && peer.at(above).start == end && peer.at(above).flags == flags;
  const bool down =
      peer.isArea(below) && peer.at(below).end == start && peer.at(below).flags == flags;
  if (up && down) {
    const std::uint64_t lowest = peer.at(below).start;
    peer.setStart(peer.eraseThrough(below, start), lowest);
  } else if (up) {
    peer.setStart(above, start);
  } else if (down) {
    peer.setEnd(below, end);
  } else {
    Vma area;
    area.start = start;
    area.end = end;
    area.flags = flags;
    peer.insertBelow(above, area);
  }
}

/// `protect` of a range inside one area.
template <HasPositions Peer>
void protectInside(Peer& peer, typename Peer::Position at, std::uint64_t start, std::uint64_t end,
                   std::uint32_t flags) {
  const Vma old = peer.at(at);
  if (old.flags == flags) return;
  const bool fromStart = old.start == start, toEnd = old.end == end;
  auto below = at, above = at;
  bool down = false, up = false; // whether the range merges with the area there
  if (fromStart) {
    below = peer.previous(at);
    down = peer.isArea(below) && peer.at(below).end == start && peer.at(below).flags == flags;
  }
  if (toEnd) {
    above = peer.next(at);
    up = peer.isArea(above) && peer.at(above).start == end && peer.at(above).flags == flags;
  }
  const std::uint64_t lowest = down ? peer.at(below).start : start;
  if (down && !toEnd) { // the boundary moves
    peer.setStart(at, end);
    peer.setEnd(below, end);
  } else if (up && !fromStart) {
    peer.setStart(peer.setEnd(at, start), start);
  } else if (up) {
    peer.setStart(peer.eraseThrough(down ? below : at, end), lowest);
  } else if (toEnd) {
    if (down) at = peer.eraseThrough(below, start);
    peer.setStart(at, lowest);
    peer.setFlags(at, flags);
    if (fromStart) return;
    Vma lower = old;
    lower.end = start;
    peer.insertBelow(at, lower);
  } else {
    Vma part = old;
    part.start = start;
    part.end = end;
    part.flags = flags;
    peer.setStart(at, end);
    if (!fromStart) {
      Vma lower = old;
      lower.end = start;
      at = peer.insertBelow(at, lower);
    }
    peer.insertBelow(at, part);
  }
}

/// Changes the flags in a range, in which all pages are mapped, area by area. Splits and merges.
template <HasPositions Peer>
void protect(Peer& peer, std::uint64_t start, std::uint64_t end, std::uint32_t flags) {
  while (start < end) {
    const auto at = peer.above(start);
    const std::uint64_t to = std::min(peer.at(at).end, end);
    protectInside(peer, at, start, to, flags);
    start = to;
  }
}

inline void unmap(IclFlagsPeer& peer, std::uint64_t start, std::uint64_t end) {
  peer.unmap(start, end);
}
inline void map(IclFlagsPeer& peer, std::uint64_t start, std::uint64_t end, std::uint32_t flags) {
  peer.map(start, end, flags);
}
inline void protect(IclFlagsPeer& peer, std::uint64_t start, std::uint64_t end,
                    std::uint32_t flags) {
  peer.map(start, end, flags);
}

} // namespace growsdown::bench
