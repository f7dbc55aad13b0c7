// An address space as a good programmer makes it from two containers: the peer of the reference.
#pragma once

#include <absl/container/btree_map.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace growsdown::bench {

/// Areas in an absl::btree_map, pages in a std::unordered_map. It knows private anonymous memory,
/// stacks with the checks of Linux 6.12, the counters of /proc/PID/status except for page tables, and
/// copy-on-write. Addresses and lengths are in bytes.
class SpacePeer {
 public:
  static constexpr std::uint32_t read = 1, write = 2, growsdown = 0x100, locked = 0x2000;

  /// The range must be free. Does not merge.
  void map(std::uint64_t start, std::uint64_t end, std::uint32_t flags) {
    areas_.emplace(end, Area{start, flags});
    account(flags, (end - start) >> pageShift);
  }

  /// Removes pages from the beginning of an area.
  void unmapBeginning(std::uint64_t start, std::uint64_t end) {
    const auto at = areas_.upper_bound(start);
    account(at->second.flags, 0 - ((end - start) >> pageShift));
    at->second.start = end;
    for (std::uint64_t page = start >> pageShift; page < end >> pageShift; ++page) {
      const auto entry = pages_.find(page);
      if (entry == pages_.end()) continue;
      free_.push_back(entry->second.frame);
      pages_.erase(entry);
    }
  }

  /// A write by user mode. Returns false if it raises a signal.
  bool touch(std::uint64_t address) {
    const std::uint64_t page = address >> pageShift;
    const auto [entry, made] = pages_.try_emplace(page);
    if (!made && entry->second.writable) return true;
    if (!made) { // after fork
      entry->second = {takeFrame(), true};
      return true;
    }
    if (!mayWrite(page << pageShift)) {
      pages_.erase(entry);
      return false;
    }
    entry->second = {takeFrame(), true};
    ++anonymous_;
    return true;
  }

  /// Becomes the child of `parent`.
  void forkOf(const SpacePeer& parent) {
    *this = parent;
    for (auto& [page, entry] : pages_)
      entry.writable = false;
    locked_ = 0;
  }

  std::size_t presentPages() const { return pages_.size(); }

 private:
  static constexpr unsigned pageShift = 12;
  static constexpr std::uint64_t guardGap = 256ULL << pageShift;
  static constexpr std::uint64_t minAddress = 65536;
  struct Area {
    std::uint64_t start;
    std::uint32_t flags;
  };
  struct Entry {
    std::uint32_t frame;
    bool writable;
  };
  using Areas = absl::btree_map<std::uint64_t, Area>; // by end

  void account(std::uint32_t flags, std::uint64_t count) {
    total_ += count;
    ((flags & growsdown) != 0 ? stack_ : data_) += count;
  }
  std::uint32_t takeFrame() {
    if (free_.empty()) return nextFrame_++;
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    return frame;
  }
  bool mayWrite(std::uint64_t page) {
    const auto at = areas_.upper_bound(page);
    if (at == areas_.end()) return false;
    if (at->second.start > page && !grow(at, page)) return false;
    return (at->second.flags & write) != 0;
  }
  bool grow(Areas::iterator at, std::uint64_t page) {
    Area& area = at->second;
    if ((area.flags & growsdown) == 0 || page < minAddress) return false;
    if (at != areas_.begin()) {
      const auto below = std::prev(at);
      const bool counts = (below->second.flags & growsdown) == 0 && (below->second.flags & 7) != 0;
      if (counts && page - below->first < guardGap) return false;
    }
    const std::uint64_t count = (area.start - page) >> pageShift;
    if (total_ + count > totalLimit_ || at->first - page > stackLimit_) return false;
    if ((area.flags & locked) != 0) {
      if (locked_ + count > lockedLimit_) return false;
      locked_ += count;
    }
    account(area.flags, count);
    area.start = page;
    return true;
  }

  Areas areas_;
  std::unordered_map<std::uint64_t, Entry> pages_; ///< by page number
  std::vector<std::uint32_t> free_;
  std::uint32_t nextFrame_ = 1;
  std::uint64_t total_ = 0, stack_ = 0, data_ = 0, locked_ = 0, anonymous_ = 0; ///< pages
  std::uint64_t stackLimit_ = 8ULL << 20;                                       ///< bytes
  std::uint64_t totalLimit_ = ~std::uint64_t{0} >> pageShift;
  std::uint64_t lockedLimit_ = 2048;
};

} // namespace growsdown::bench
