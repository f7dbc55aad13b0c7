#include "trace/initial.h"

#include "trace/fields.h"
#include "trace/step.h"
#include "trace/text.h"

#include <algorithm>
#include <tuple>

namespace growsdown::trace {
namespace {

constexpr std::uint64_t identityEnd = 1ULL << 62;

class Form {
 public:
  Form(const Parameters& parameters, const State& state)
      : page_(parameters.geometry.page), state_(state) {}

  std::optional<std::string> check() {
    if (objects() && areas() && objectPages() && pages() && counters()) return std::nullopt;
    return error_;
  }

 private:
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  /// In a list of objects that is known to ascend.
  bool listed(std::uint64_t id) const {
    return std::binary_search(state_.objects.begin(), state_.objects.end(), Object{id, 0},
                              [](const Object& a, const Object& b) { return a.id < b.id; });
  }

  bool objects() {
    std::uint64_t last = 0;
    for (const Object& object : state_.objects) {
      const std::string name = "object " + std::to_string(object.id) + ": ";
      if (object.id <= last) return fail(name + "identities ascend from 1");
      if (object.id >= identityEnd) return fail(name + "identities are below 2^62");
      if (object.pages > most()) return fail(name + "more than 2^64 bytes");
      last = object.id;
    }
    return true;
  }

  bool areas() {
    std::uint64_t last = 0;
    for (const Area& area : state_.areas) {
      const std::string name = "area " + printBytes(area.start) + "-" + printBytes(area.end) + ": ";
      if (area.start % page_ != 0 || area.end % page_ != 0)
        return fail(name + "not whole pages of " + std::to_string(page_) + " bytes");
      if (area.start >= area.end) return fail(name + "empty");
      if (area.start < last) return fail(name + "overlaps the one before it, or lies below it");
      last = area.end;
      if (area.flags & ~vm::all) return fail(name + "unknown flags");
      if (area.anon >= identityEnd || area.object >= identityEnd)
        return fail(name + "identities are below 2^62");
      if (area.pgoff > most() - (area.end - area.start) / page_)
        return fail(name + "pgoff beyond 2^64 bytes");
      if (area.object != 0 && !listed(area.object))
        return fail(name + "object " + std::to_string(area.object) + " is not listed");
    }
    return true;
  }

  bool frame(std::uint64_t identity, const std::string& name) {
    if (identity != 0 && identity < identityEnd) return true;
    return fail(name + "a frame's identity is 1 or more, and below 2^62");
  }

  bool objectPages() {
    const ObjectPage* before = nullptr;
    for (const ObjectPage& page : state_.objectPages) {
      const std::string name =
          "page " + std::to_string(page.index) + " of object " + std::to_string(page.object) + ": ";
      if (before && std::tie(page.object, page.index) <= std::tie(before->object, before->index))
        return fail(name + "after a higher one");
      if (!listed(page.object)) return fail(name + "the object is not listed");
      if (!frame(page.frame, name)) return false;
      before = &page;
    }
    return true;
  }

  bool pages() {
    const Page* before = nullptr;
    for (const Page& page : state_.pages) {
      const std::string name = "page " + printBytes(page.address) + ": ";
      if (page.address % page_ != 0) return fail(name + "not a page's address");
      if (before && page.address <= before->address) return fail(name + "after a higher one");
      if (page.prot & ~prot::all) return fail(name + "unknown rights");
      if (page.kind != Page::Kind::zero && !frame(page.frame, name)) return false;
      before = &page;
    }
    return true;
  }

  bool counters() {
    for (const CounterField& field : counterFields)
      if (field.initial && state_.counters.*field.member > most())
        return fail("counter " + std::string(field.name) + ": more than 2^64 bytes");
    return true;
  }

  /// Pages: beyond this number, a number of bytes does not fit a word.
  std::uint64_t most() const { return ~std::uint64_t{0} / page_; }

  const std::uint64_t page_;
  const State& state_;
  std::string error_;
};

} // namespace

std::optional<std::string> checkInitialForm(const Parameters& parameters, const State& state) {
  return Form(parameters, state).check();
}

} // namespace growsdown::trace
