// The processes that the path exploration starts from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace growsdown::proofs {

/// Everything about a process that is not a word: kinds of areas, and which page is present.
struct Shape {
  enum class Kind : std::uint8_t {
    plain,  ///< private, without an anon_vma
    own,    ///< with one of its own
    common, ///< with that of the first area
    forked, ///< with one that came through fork
    shared, ///< of the one shared object
  };
  enum class Page : std::uint8_t { none, zero, clean, writable, inherited, held, shared, dirty };

  std::vector<Kind> areas;
  Page page = Page::none; ///< present, or (held) only of the object
  std::size_t in = 0;     ///< which area the page is in

  /// Whether an area had a page, to which it owes its anon_vma, and the page is gone.
  bool faulted(std::size_t i) const {
    return (areas[i] == Kind::own || areas[i] == Kind::forked) && (page == Page::none || in != i);
  }
};

/// All shapes, those with fewer areas first.
const std::vector<Shape>& allShapes();
/// A few, for calls with all words free: identities and pages matter little there.
const std::vector<Shape>& fewShapes();
/// Those of two areas that are not neighbours.
const std::vector<Shape>& apartShapes();
/// The number of shapes, at the start of the list, that have at most that many areas.
unsigned countWith(const std::vector<Shape>& shapes, unsigned areas);

} // namespace growsdown::proofs
