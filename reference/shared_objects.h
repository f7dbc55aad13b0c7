// Shared anonymous memory: the objects that areas map, and the pages of each object.
#pragma once

#include "reference/physical_memory.h"
#include "trace/check.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace growsdown::reference {

/// Objects by slot, from 1. An object lives as long as areas map it, and it holds one reference to
/// the frame of each of its pages.
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
    std::uint32_t areas = 0;   ///< how many map it
    std::vector<Page> content; ///< by ascending index
  };

  explicit SharedObjects(PhysicalMemory& memory) : memory_(memory) {}
  SharedObjects(const SharedObjects&) = delete;
  /// Takes over the objects of another one, whose memory has been copied.
  SharedObjects& operator=(const SharedObjects& other) {
    objects_ = other.objects_;
    free_ = other.free_;
    used_ = other.used_;
    touched_ = other.touched_;
    pages_ = other.pages_;
    changed_ = other.changed_;
    return *this;
  }

  /// Removes all objects without releasing their frames.
  void clear() {
    for (std::uint32_t slot = 1; slot < used_; ++slot) {
      objects_[slot].content.clear();
      objects_[slot].areas = 0;
    }
    used_ = 1;
    free_.clear();
    pages_ = 0;
    changed_ = true;
  }

  /// Whether an object or a page came or went since the last call.
  bool takeChanged() { return std::exchange(changed_, false); }

  /// The slot of a new object that no area maps yet.
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
  /// One more area maps the object.
  void hold(std::uint32_t slot) {
    checkSlot(slot);
    changed_ = changed_ || objects_[slot].areas == 0;
    ++objects_[slot].areas;
  }
  /// One area fewer maps the object. After the last one the object is gone.
  void drop(std::uint32_t slot) {
    checkSlot(slot);
    Object& object = objects_[slot];
    GROWSDOWN_CHECK(object.areas > 0);
    if (--object.areas > 0) return;
    changed_ = true;
    for (const Page& page : object.content)
      memory_.release(page.frame);
    pages_ -= object.content.size();
    object.content.clear();
    free_.push_back(slot);
  }

  const Object& operator[](std::uint32_t slot) const {
    checkSlot(slot);
    return objects_[slot];
  }
  /// One more than the highest slot ever used. Slots with `areas == 0` are free.
  std::uint32_t slots() const { return used_; }

  /// The first page whose index is `index` or higher.
  std::vector<Page>::const_iterator pageFrom(std::uint32_t slot, std::uint64_t index) const {
    checkSlot(slot);
    const std::vector<Page>& content = objects_[slot].content;
    if (content.empty() || content.back().index < index) return content.end();
    return std::lower_bound(content.begin(), content.end(), index,
                            [](const Page& page, std::uint64_t i) { return page.index < i; });
  }
  /// The frame of the object's page at `index`, or 0.
  Frame find(std::uint32_t slot, std::uint64_t index) const {
    const auto page = pageFrom(slot, index);
    return page != objects_[slot].content.end() && page->index == index ? page->frame : 0;
  }
  /// Adds a page that the object does not have yet, and takes over a reference to its frame. The
  /// first `add` after `reserve` does not allocate.
  void add(std::uint32_t slot, std::uint64_t index, Frame frame) {
    const auto at = pageFrom(slot, index);
    std::vector<Page>& content = objects_[slot].content;
    GROWSDOWN_CHECK(index < objects_[slot].pages && (at == content.end() || at->index != index));
    content.insert(at, {index, frame});
    ++pages_;
    touched_ = slot;
    changed_ = true;
  }
  void reserve() {
    std::vector<Page>& content = objects_[touched_].content;
    if (content.size() == content.capacity()) content.reserve(content.size() * 2 + 1);
  }

  /// The number of pages of all objects.
  std::uint64_t pages() const { return pages_; }

 private:
  void checkSlot(std::uint32_t slot) const { GROWSDOWN_CHECK(slot > 0 && slot < used_); }

  PhysicalMemory& memory_;
  std::vector<Object> objects_{1};
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 1;
  std::uint32_t touched_ = 0;
  std::uint64_t pages_ = 0;
  bool changed_ = true;
};

} // namespace growsdown::reference
