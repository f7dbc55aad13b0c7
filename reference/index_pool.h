// Memory for the nodes of the area index.
#pragma once

#include "trace/check.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace growsdown::reference::index {

/// Nodes of one type, in blocks that grow with the pool up to a huge page. A node that was given
/// back is taken again first. The memory stays until the pool is destroyed.
template <class Node>
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (const Block& block : blocks_)
      ::operator delete(block.nodes, alignment(block.count));
  }

  /// A node with undefined content.
  Node* take() {
    if (!free_.empty()) {
      Node* node = free_.back();
      free_.pop_back();
      return node;
    }
    if (block_ < blocks_.size() && used_ == blocks_[block_].count) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) addBlock();
    ++taken_;
    return blocks_[block_].nodes + used_++;
  }
  /// `node` must be one that `take` returned and that was not given back since.
  void give(Node* node) {
    GROWSDOWN_CHECK(node != nullptr && free_.size() < taken_);
    free_.push_back(node);
  }
  /// Takes back all nodes.
  void clear() {
    free_.clear();
    block_ = used_ = taken_ = 0;
  }

  std::size_t inUse() const { return taken_ - free_.size(); }
  std::size_t bytes() const {
    std::size_t sum = free_.capacity() * sizeof(Node*) + blocks_.capacity() * sizeof(Block);
    for (const Block& block : blocks_)
      sum += size(block.count);
    return sum;
  }

 private:
  static constexpr std::size_t hugePage = std::size_t{2} << 20;
  static constexpr std::size_t most = hugePage / sizeof(Node);
  struct Block {
    Node* nodes;
    std::size_t count;
  };

  static std::size_t size(std::size_t count) {
    return count == most ? hugePage : count * sizeof(Node);
  }
  static std::align_val_t alignment(std::size_t count) {
    return std::align_val_t{count == most ? hugePage : alignof(Node)};
  }
  void addBlock() {
    std::size_t count = 0;
    for (const Block& block : blocks_)
      count += block.count;
    count = std::max(std::size_t{1}, count / 4);
    if (count > most / 2) count = most;
    void* memory = ::operator new(size(count), alignment(count));
#ifdef __linux__
    if (count == most) madvise(memory, hugePage, MADV_HUGEPAGE); // a wish: without it, slower
#endif
    blocks_.push_back({static_cast<Node*>(memory), count});
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0; ///< the block that nodes are taken from
  std::size_t used_ = 0;  ///< nodes of that block that were taken
  std::size_t taken_ = 0; ///< nodes of all blocks that were taken
  std::vector<Node*> free_;
};

} // namespace growsdown::reference::index
