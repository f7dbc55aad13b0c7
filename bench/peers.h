// The reference's area index and its peers: other structures that hold areas by address. All have
// the same members, so that a workload is one template.
#pragma once

#include "reference/vma_index.h"

#include <absl/container/btree_map.h>
#include <boost/icl/interval_map.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace growsdown::bench {

using reference::Vma;

/// Every peer has the members `insert`, `erase` of an area that is there, and `find`. The latter
/// returns the start of the first area that ends above an address, or 0.
///
/// Peers in which areas can be split and merged also have positions, which calls.h uses. A position is
/// that of an area, or the end. A change invalidates all positions except for the one that it returns.
///
/// - `above` is the first area that ends above an address.
/// - `isArea`, `at`, `next` and `previous` are as of an iterator.
/// - `setStart` and `setFlags` change an area in place.
/// - `setEnd` returns the position after the area.
/// - `eraseThrough` erases the areas from a position on that end at or below an address. It returns
///   the position after them.
/// - `insertBelow` puts an area directly below a position, which it returns.
/// - `cut` removes a range in the middle of an area. It returns the upper part.
/// - `copy` takes on the areas of another peer.
class IndexPeer {
 public:
  static constexpr const char* name = "index";
  static constexpr bool inserts = true;

  void insert(const Vma& area) { index.insert(area); }
  void erase(const Vma& area) { index.erase(index.find(area.start)); }
  std::uint64_t find(std::uint64_t address) const {
    const auto found = index.find(address);
    return found ? index.at(found).start : 0;
  }
  /// The start of the highest gap of this length below the last area, or 0.
  std::uint64_t gap(std::uint64_t length) const {
    const auto found = index.gapDown(index.last(), length);
    return found ? index.at(found).start - length : 0;
  }

  /// The index does not return positions from changes. So they are looked for when they are needed.
  class Position {
   public:
    Position(reference::VmaIndex::Cursor cursor) : cursor_(cursor), found_(true) {} // NOLINT
    /// The first area that ends above the address.
    explicit Position(std::uint64_t address) : address_(address) {}

   private:
    friend class IndexPeer;
    mutable reference::VmaIndex::Cursor cursor_;
    std::uint64_t address_ = 0;
    mutable bool found_ = false;
  };
  Position above(std::uint64_t address) const { return index.find(address); }
  bool isArea(const Position& p) const { return static_cast<bool>(cursor(p)); }
  const Vma& at(const Position& p) const { return index.at(cursor(p)); }
  Position next(const Position& p) const { return index.next(cursor(p)); }
  Position previous(const Position& p) const { return index.previous(cursor(p)); }
  void setStart(const Position& p, std::uint64_t start) { index.change(cursor(p)).start = start; }
  void setFlags(const Position& p, std::uint32_t flags) { index.change(cursor(p)).flags = flags; }
  Position setEnd(const Position& p, std::uint64_t end) {
    index.setEnd(cursor(p), end);
    return Position(end);
  }
  Position eraseThrough(const Position& first, std::uint64_t end) {
    const std::uint64_t start = at(first).start;
    std::uint64_t erased = 0; // the end of the last area to erase
    unsigned count = 0;
    for (auto p = cursor(first); p && index.at(p).end <= end; p = index.next(p), ++count)
      erased = index.at(p).end;
    if (count == 0) return first;
    if (count == 1)
      index.erase(cursor(first));
    else
      index.eraseRange(start, erased);
    return Position(start);
  }
  Position insertBelow(const Position&, const Vma& area) {
    index.insert(area);
    return Position(area.end);
  }
  Position cut(const Position& p, std::uint64_t start, std::uint64_t end) {
    Vma lower = at(p);
    lower.end = start;
    setStart(p, end);
    return insertBelow(p, lower);
  }
  void copy(const IndexPeer& other) { index = other.index; }
  void clear() { index.clear(); }

  reference::VmaIndex index;

 private:
  reference::VmaIndex::Cursor cursor(const Position& p) const {
    if (!p.found_) {
      p.cursor_ = index.find(p.address_);
      p.found_ = true;
    }
    return p.cursor_;
  }
};

template <class Map>
class MapPeer {
 public:
  static constexpr bool inserts = true;

  void insert(const Vma& area) { map.emplace(area.end, area); }
  void erase(const Vma& area) { map.erase(map.find(area.end)); }
  std::uint64_t find(std::uint64_t address) const {
    const auto found = map.upper_bound(address);
    return found != map.end() ? found->second.start : 0;
  }

  using Position = typename Map::iterator;
  Position above(std::uint64_t address) { return map.upper_bound(address); }
  bool isArea(Position p) const { return p != map.end(); }
  const Vma& at(Position p) const { return p->second; }
  Position next(Position p) { return ++p; }
  Position previous(Position p) { return p == map.begin() ? map.end() : --p; }
  void setStart(Position p, std::uint64_t start) { p->second.start = start; }
  void setFlags(Position p, std::uint32_t flags) { p->second.flags = flags; }
  Position setEnd(Position p, std::uint64_t end) {
    const Position above = std::next(p);
    auto node = map.extract(p);
    node.key() = node.mapped().end = end;
    map.insert(above, std::move(node));
    return above;
  }
  Position eraseThrough(Position first, std::uint64_t end) {
    Position last = first;
    while (last != map.end() && last->first <= end)
      ++last;
    return map.erase(first, last);
  }
  Position insertBelow(Position p, const Vma& area) {
    return ++map.emplace_hint(p, area.end, area);
  }
  Position cut(Position p, std::uint64_t start, std::uint64_t end) {
    Vma lower = p->second;
    lower.end = start;
    p->second.start = end;
    return insertBelow(p, lower);
  }
  void copy(const MapPeer& other) { map = other.map; }
  void clear() { map.clear(); }

  Map map; ///< by end, as find_vma asks
};
class StdMapPeer : public MapPeer<std::map<std::uint64_t, Vma>> {
 public:
  static constexpr const char* name = "std::map";
};
class AbslPeer : public MapPeer<absl::btree_map<std::uint64_t, Vma>> {
 public:
  static constexpr const char* name = "absl::btree_map";

  Position setEnd(Position p, std::uint64_t end) { // its nodes cannot be moved
    Vma area = p->second;
    area.end = end;
    return insertBelow(map.erase(p), area);
  }
};

class IclPeer {
 public:
  static constexpr const char* name = "boost::icl";
  static constexpr bool inserts = true;
  using Map = boost::icl::interval_map<std::uint64_t, Vma, boost::icl::partial_absorber, std::less,
                                       boost::icl::inplace_identity>;

  void insert(const Vma& area) { map.insert({of(area.start, area.end), area}); }
  void erase(const Vma& area) { map.erase(of(area.start, area.end)); }
  std::uint64_t find(std::uint64_t address) const {
    const auto found = map.lower_bound(of(address, address + 1));
    return found != map.end() ? found->second.start : 0;
  }

  Map map;

 private:
  static Map::interval_type of(std::uint64_t start, std::uint64_t end) {
    return Map::interval_type::right_open(start, end);
  }
};

/// The same with flags only, which splits and merges by itself.
class IclFlagsPeer {
 public:
  static constexpr const char* name = "boost::icl";

  void map(std::uint64_t start, std::uint64_t end, std::uint32_t flags) {
    areas.set({Map::interval_type::right_open(start, end), flags});
  }
  void unmap(std::uint64_t start, std::uint64_t end) {
    areas.erase(Map::interval_type::right_open(start, end));
  }
  std::uint64_t find(std::uint64_t address) const {
    const auto found = areas.lower_bound(Map::interval_type::right_open(address, address + 1));
    return found != areas.end() ? found->first.lower() : 0;
  }
  void copy(const IclFlagsPeer& other) { areas = other.areas; }
  void clear() { areas.clear(); }

 private:
  // An enricher also keeps flags that are 0.
  using Map = boost::icl::interval_map<std::uint64_t, std::uint32_t, boost::icl::partial_enricher>;
  Map areas;
};

/// Sorted arrays of the ends and of the areas, with a search without branches. Built once.
class ArrayPeer {
 public:
  static constexpr const char* name = "sorted array";
  static constexpr bool inserts = false;

  void build(const std::vector<Vma>& sorted) {
    areas = sorted;
    areas.shrink_to_fit();
    ends.reserve(areas.size());
    for (const Vma& area : areas)
      ends.push_back(area.end);
  }
  std::uint64_t find(std::uint64_t address) const {
    const unsigned at =
        reference::positionAbove(ends.data(), static_cast<unsigned>(ends.size()), address);
    return at < areas.size() ? areas[at].start : 0;
  }

  std::vector<std::uint64_t> ends;
  std::vector<Vma> areas;
};

/// The kernel's maple tree (maple-peer). As in the kernel, the tree has pointers to areas.
class MaplePeer {
 public:
  static constexpr const char* name = "maple tree";
  static constexpr bool inserts = true;

  /// Loads the library that maple-peer made. False, with a message, if that fails.
  static bool load(const char* library);
  static bool loaded() { return functions.make != nullptr; }

  MaplePeer() : tree_(functions.make()) {}
  MaplePeer(const MaplePeer&) = delete;
  MaplePeer& operator=(const MaplePeer&) = delete;
  ~MaplePeer() { functions.destroy(tree_); }

  void insert(const Vma& area) { functions.store(tree_, area.start, area.end, take(area)); }
  void erase(const Vma& area) {
    free_.push_back(static_cast<Vma*>(functions.find(tree_, area.start)));
    functions.erase(tree_, area.start);
  }
  std::uint64_t find(std::uint64_t address) const {
    const void* found = functions.find(tree_, address);
    return found != nullptr ? static_cast<const Vma*>(found)->start : 0;
  }
  std::uint64_t gapBelow(std::uint64_t high, std::uint64_t length) const {
    return functions.gap(tree_, 1, high, length);
  }

  using Position = Vma*;
  Position above(std::uint64_t address) const {
    return static_cast<Vma*>(functions.find(tree_, address));
  }
  static bool isArea(Position p) { return p != nullptr; }
  static const Vma& at(Position p) { return *p; }
  Position next(Position p) const { return above(p->end); }
  Position previous(Position p) const {
    return static_cast<Vma*>(functions.below(tree_, p != nullptr ? p->start : ~std::uint64_t{0}));
  }
  void setStart(Position p, std::uint64_t start) {
    if (start < p->start)
      functions.store(tree_, start, p->end, p);
    else
      functions.store(tree_, p->start, start, nullptr);
    p->start = start;
  }
  static void setFlags(Position p, std::uint32_t flags) { p->flags = flags; }
  Position setEnd(Position p, std::uint64_t end) {
    if (end > p->end)
      functions.store(tree_, p->start, end, p);
    else
      functions.store(tree_, end, p->end, nullptr);
    p->end = end;
    return next(p);
  }
  Position eraseThrough(Position first, std::uint64_t end) {
    const std::uint64_t start = first->start;
    std::uint64_t erased = 0;
    Position p = first;
    for (; p != nullptr && p->end <= end; p = above(erased)) {
      erased = p->end;
      free_.push_back(p);
    }
    if (erased != 0) functions.store(tree_, start, erased, nullptr);
    return p;
  }
  Position insertBelow(Position p, const Vma& area) {
    insert(area);
    return p;
  }
  Position cut(Position p, std::uint64_t start, std::uint64_t end) {
    Vma lower = *p;
    lower.end = start;
    functions.store(tree_, start, end, nullptr);
    p->start = end;
    insert(lower);
    return p;
  }
  void copy(const MaplePeer& other) {
    clear();
    functions.copy(
        tree_, other.tree_,
        [](void* self, const void* area) -> void* {
          return static_cast<MaplePeer*>(self)->take(*static_cast<const Vma*>(area));
        },
        this);
  }
  void clear() {
    functions.clear(tree_);
    free_.clear();
    for (Vma& area : areas_)
      free_.push_back(&area);
  }

 private:
  Vma* take(const Vma& area) {
    if (free_.empty()) return &areas_.emplace_back(area);
    Vma* own = free_.back();
    free_.pop_back();
    *own = area;
    return own;
  }

  struct Functions {
    void* (*make)();
    void (*destroy)(void*);
    int (*store)(void*, std::uint64_t, std::uint64_t, void*);
    int (*erase)(void*, std::uint64_t);
    void* (*find)(void*, std::uint64_t);
    void* (*below)(void*, std::uint64_t);
    void (*clear)(void*);
    void (*copy)(void*, void*, void* (*)(void*, const void*), void*);
    std::uint64_t (*gap)(void*, std::uint64_t, std::uint64_t, std::uint64_t);
  };
  static Functions functions;

  void* tree_;
  std::deque<Vma> areas_;
  std::vector<Vma*> free_;
};

} // namespace growsdown::bench
