// Shared anonymous memory: objects that areas map, and the pages that each holds.
#pragma once

#include "reference/physical_memory.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace growsdown::reference {

/// Objects by slot, from 1. An object lives as long as areas hold it; its pages hold their frames.
class SharedObjects {
 public:
  using Frame = PhysicalMemory::Frame;

  struct Page {
    std::uint64_t index = 0; ///< pages
    Frame frame = 0;
  };
  struct Object {
    std::uint64_t id = 0;
    std::uint64_t pages = 0;   ///< its size
    std::uint32_t areas = 0;   ///< that map it
    std::vector<Page> content; ///< by ascending index
  };

  explicit SharedObjects(PhysicalMemory& memory) : memory_(memory) {}

  /// Forgets everything; the frames are not released one by one.
  void clear() {
    for (std::uint32_t slot = 1; slot < used_; ++slot) {
      objects_[slot].content.clear();
      objects_[slot].areas = 0;
    }
    used_ = 1;
    free_.clear();
    pages_ = 0;
  }

  /// A new object that no area maps yet.
  std::uint32_t create(std::uint64_t id, std::uint64_t pages) {
    std::uint32_t slot;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else {
      slot = used_++;
      if (slot == objects_.size()) objects_.emplace_back();
    }
    Object& object = objects_[slot];
    object.id = id;
    object.pages = pages;
    object.areas = 0;
    object.content.reserve(1);
    return slot;
  }
  void hold(std::uint32_t slot) { ++objects_[slot].areas; }
  /// The last area's end is the object's.
  void drop(std::uint32_t slot) {
    Object& object = objects_[slot];
    if (--object.areas > 0) return;
    for (const Page& page : object.content)
      memory_.release(page.frame);
    pages_ -= object.content.size();
    object.content.clear();
    free_.push_back(slot);
  }

  const Object& operator[](std::uint32_t slot) const { return objects_[slot]; }
  /// All slots that were ever used: those with `areas == 0` are free.
  std::uint32_t slots() const { return used_; }

  /// The first page at or behind `index`.
  std::vector<Page>::const_iterator pageFrom(std::uint32_t slot, std::uint64_t index) const {
    const std::vector<Page>& content = objects_[slot].content;
    if (content.empty() || content.back().index < index) return content.end();
    return std::lower_bound(content.begin(), content.end(), index,
                            [](const Page& page, std::uint64_t i) { return page.index < i; });
  }
  /// The object's frame at `index`, or 0.
  Frame find(std::uint32_t slot, std::uint64_t index) const {
    const auto page = pageFrom(slot, index);
    return page != objects_[slot].content.end() && page->index == index ? page->frame : 0;
  }
  /// Adds a page, which must not be there, with its frame's reference. The first one since
  /// `reserve` does not allocate.
  void add(std::uint32_t slot, std::uint64_t index, Frame frame) {
    std::vector<Page>& content = objects_[slot].content;
    content.insert(pageFrom(slot, index), {index, frame});
    ++pages_;
    touched_ = slot;
  }
  void reserve() {
    std::vector<Page>& content = objects_[touched_].content;
    if (content.size() == content.capacity()) content.reserve(content.size() * 2 + 1);
  }

  /// Pages that all objects hold.
  std::uint64_t pages() const { return pages_; }

 private:
  PhysicalMemory& memory_;
  std::vector<Object> objects_{1};
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 1;
  std::uint32_t touched_ = 0;
  std::uint64_t pages_ = 0;
};

} // namespace growsdown::reference
