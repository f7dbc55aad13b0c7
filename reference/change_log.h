// The changes of page descriptors that an owner of host memory has to follow.
#pragma once

#include "reference/descriptor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace growsdown::reference {

/// A change of adjacent pages, all in the same way. Addresses are in bytes.
struct PageChange {
  enum class Kind : std::uint8_t {
    mapped,    ///< the pages had no descriptor; a new one, or one of the pages of a shared object
    copied,    ///< another frame with the same contents: copy-on-write
    regranted, ///< the rights changed, the frame did not
    unmapped,  ///< the descriptors are gone
    moved,     ///< the descriptors were at `from` until now
  };

  Kind kind = Kind::mapped;
  std::uint8_t rights = 0; ///< trace::prot: accesses of user mode that do not fault
  bool zeroPage = false;   ///< the pages have the zero page as their frame
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< exclusive
  std::uint64_t from = 0; ///< moved: the first address before

  friend bool operator==(const PageChange&, const PageChange&) = default;
};

/// Collects changes in the order in which they took place. Changes that no access notices (the dirty
/// state of an entry) are not among them. Neighbours that ascend become one change.
class ChangeLog {
 public:
  /// Begins with an empty log, for descriptors under these rules.
  void start(const trace::RuleSet& rules, unsigned pageShift);

  /// The descriptor of the page at `address` becomes `value`.
  void note(std::uint64_t address, std::uint64_t old, std::uint64_t value);
  /// The descriptor moves and becomes `value`.
  void noteMove(std::uint64_t from, std::uint64_t to, std::uint64_t value);

  std::span<const PageChange> changes() const { return changes_; }
  /// Removes all changes. There is room for the changes of an access.
  void clear() { changes_.clear(); }

 private:
  std::uint8_t rightsOf(std::uint64_t descriptor) const;
  void append(const PageChange& change);

  std::vector<PageChange> changes_;
  const trace::RuleSet* rules_ = nullptr;
  unsigned pageShift_ = 12;
};

} // namespace growsdown::reference
