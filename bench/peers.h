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

/// The members of every peer: `insert`, `erase` of an area that is there, and `find`, the start of
/// the first area that ends above an address, or 0.
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

  reference::VmaIndex index;
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

  Map map; ///< by end, as find_vma asks
};
class StdMapPeer : public MapPeer<std::map<std::uint64_t, Vma>> {
 public:
  static constexpr const char* name = "std::map";
};
class AbslPeer : public MapPeer<absl::btree_map<std::uint64_t, Vma>> {
 public:
  static constexpr const char* name = "absl::btree_map";
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

  void insert(const Vma& area) {
    Vma* own = nullptr;
    if (free_.empty()) {
      own = &areas_.emplace_back(area);
    } else {
      own = free_.back();
      free_.pop_back();
      *own = area;
    }
    functions.store(tree_, area.start, area.end, own);
  }
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

 private:
  struct Functions {
    void* (*make)();
    void (*destroy)(void*);
    int (*store)(void*, std::uint64_t, std::uint64_t, void*);
    int (*erase)(void*, std::uint64_t);
    void* (*find)(void*, std::uint64_t);
    std::uint64_t (*gap)(void*, std::uint64_t, std::uint64_t, std::uint64_t);
  };
  static Functions functions;

  void* tree_;
  std::deque<Vma> areas_;
  std::vector<Vma*> free_;
};

} // namespace growsdown::bench
