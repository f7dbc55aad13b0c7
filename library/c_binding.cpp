// The C binding over the C++ interface. No exception passes through it.
#include "growsdown/address_space.h"
#include "growsdown/address_space.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

using namespace growsdown;

namespace {

/// Copies as much of a structure as the caller knows.
template <class T>
void put(T* out, T value) {
  value.size = out->size;
  std::memcpy(static_cast<void*>(out), &value, std::min<std::size_t>(out->size, sizeof value));
}
template <class T>
void take(T& into, const T* from) {
  std::memcpy(static_cast<void*>(&into), from, std::min<std::size_t>(from->size, sizeof into));
}

growsdown_space_pages pagesOf(const Pages& pages) {
  growsdown_space_pages out{};
  out.size = sizeof out;
  out.prot = static_cast<std::uint32_t>(pages.rights);
  out.start = pages.start;
  out.end = pages.end;
  out.object = pages.object;
  out.offset = pages.offset;
  out.kind = static_cast<std::uint32_t>(pages.kind);
  return out;
}

class Callbacks final : public Observer {
 public:
  void set(const growsdown_space_observer* observer) {
    functions_ = {};
    if (observer != nullptr) take(functions_, observer);
  }
  void map(const Pages& pages, Contents contents) override {
    const growsdown_space_pages out = pagesOf(pages);
    if (functions_.map != nullptr)
      functions_.map(functions_.context, &out, static_cast<std::uint32_t>(contents));
  }
  void protect(const Pages& pages) override {
    const growsdown_space_pages out = pagesOf(pages);
    if (functions_.protect != nullptr) functions_.protect(functions_.context, &out);
  }
  void move(Address from, const Pages& pages) override {
    const growsdown_space_pages out = pagesOf(pages);
    if (functions_.move != nullptr) functions_.move(functions_.context, from, &out);
  }
  void unmap(Address start, Address end) override {
    if (functions_.unmap != nullptr) functions_.unmap(functions_.context, start, end);
  }

 private:
  growsdown_space_observer functions_{};
};

/// `name=value,name=value`
std::vector<std::pair<std::string, std::string>> knobsOf(const char* text) {
  std::vector<std::pair<std::string, std::string>> knobs;
  if (text == nullptr) return knobs;
  const std::string all = text;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(',', at), all.size());
    const std::string one = all.substr(at, end - at);
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos)
      throw std::invalid_argument("growsdown: a knob without a value: `" + one + "`");
    knobs.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    at = end + 1;
  }
  return knobs;
}

Options optionsOf(const growsdown_space_options* from) {
  Options options;
  if (from == nullptr) return options;
  growsdown_space_options all{};
  all.size = sizeof all;
  growsdown_space_default_options(&all);
  take(all, from);
  const auto known = [](std::uint64_t value) {
    return value == GROWSDOWN_SPACE_DEFAULT ? std::optional<std::uint64_t>() : value;
  };
  options.pageSize = known(all.page_size);
  if (all.address_bits != 0) options.addressBits = all.address_bits;
  options.mmapMinAddr = all.mmap_min_addr;
  options.lsmMmapMinAddr = all.lsm_mmap_min_addr;
  options.maxMapCount = all.max_map_count;
  options.stackGuardGap = known(all.stack_guard_gap);
  options.mmapBase = known(all.mmap_base);
  options.searchesUp = all.searches_up != 0;
  options.capable = all.capable != 0;
  options.stackLimit = all.stack_limit;
  options.asLimit = all.as_limit;
  options.memlockLimit = all.memlock_limit;
  options.dataLimit = all.data_limit;
  options.memory = all.memory;
  options.knobs = knobsOf(all.knobs);
  return options;
}

void explain(const char* what, char* why, std::size_t size) {
  if (why == nullptr || size == 0) return;
  const std::size_t length = std::min(std::strlen(what), size - 1);
  std::memcpy(why, what, length);
  why[length] = 0;
}

} // namespace

struct growsdown_space {
  AddressSpace space;
  Callbacks callbacks{};
  mutable std::string message{};
  std::vector<Pages> changed{}; // by the last fault
};

namespace {

/// Runs `call`; what it throws becomes a number and a message.
template <class Call>
std::int64_t guarded(const growsdown_space* space, const Call& call) noexcept {
  const auto failed = [&](std::int64_t result, const char* what) {
    try {
      space->message = what;
    } catch (...) {
      space->message.clear();
    }
    return result;
  };
  try {
    return call();
  } catch (const Unsupported& error) {
    return failed(GROWSDOWN_SPACE_UNSUPPORTED, error.what());
  } catch (const Exhausted& error) {
    return failed(GROWSDOWN_SPACE_EXHAUSTED, error.what());
  } catch (const std::bad_alloc&) {
    return failed(GROWSDOWN_SPACE_NO_MEMORY, "growsdown: the host has no memory");
  } catch (const std::exception& error) {
    return failed(GROWSDOWN_SPACE_INVALID, error.what());
  } catch (...) {
    return failed(GROWSDOWN_SPACE_INVALID, "growsdown: a callback has thrown an exception");
  }
}

Access accessOf(std::uint32_t access) {
  if (access > GROWSDOWN_SPACE_EXEC)
    throw std::invalid_argument("growsdown: there is no such access");
  return static_cast<Access>(access);
}

} // namespace

extern "C" {

std::uint32_t growsdown_space_version(void) {
  return GROWSDOWN_SPACE_VERSION;
}

const char* growsdown_space_error_name(std::int64_t result) {
  switch (result) {
  case GROWSDOWN_SPACE_UNSUPPORTED:
    return "UNSUPPORTED";
  case GROWSDOWN_SPACE_EXHAUSTED:
    return "EXHAUSTED";
  case GROWSDOWN_SPACE_NO_MEMORY:
    return "NO_MEMORY";
  case GROWSDOWN_SPACE_INVALID:
    return "INVALID";
  default:
    break;
  }
  // The names are string literals.
  return result > 0 || result < -4095 ? name(Errno::none).data()
                                      : name(static_cast<Errno>(-result)).data();
}

void growsdown_space_default_options(growsdown_space_options* options) {
  const Options defaults;
  growsdown_space_options all{};
  all.page_size = GROWSDOWN_SPACE_DEFAULT;
  all.mmap_min_addr = defaults.mmapMinAddr;
  all.lsm_mmap_min_addr = defaults.lsmMmapMinAddr;
  all.max_map_count = defaults.maxMapCount;
  all.stack_guard_gap = GROWSDOWN_SPACE_DEFAULT;
  all.mmap_base = GROWSDOWN_SPACE_DEFAULT;
  all.stack_limit = defaults.stackLimit;
  all.as_limit = defaults.asLimit;
  all.memlock_limit = defaults.memlockLimit;
  all.data_limit = defaults.dataLimit;
  all.memory = defaults.memory;
  put(options, all);
}

growsdown_space* growsdown_space_create(const char* rules, const growsdown_space_options* options,
                                        char* why, size_t why_size) {
  try {
    if (rules == nullptr) throw std::invalid_argument("growsdown: no rule set is named");
    return new growsdown_space{AddressSpace(rules, optionsOf(options))};
  } catch (const std::exception& error) {
    explain(error.what(), why, why_size);
  }
  return nullptr;
}

growsdown_space* growsdown_space_clone(const growsdown_space* space) {
  try {
    return new growsdown_space{space->space.clone()};
  } catch (const std::exception&) {
    return nullptr;
  }
}

void growsdown_space_destroy(growsdown_space* space) {
  delete space;
}

const char* growsdown_space_message(const growsdown_space* space) {
  return space->message.c_str();
}

std::int64_t growsdown_space_mmap(growsdown_space* space, std::uint64_t hint, std::uint64_t length,
                                  std::uint32_t prot, std::uint32_t flags) {
  return guarded(space, [&] {
    return space->space.mmap(hint, length, static_cast<Prot>(prot), static_cast<MapFlags>(flags))
        .raw();
  });
}

std::int64_t growsdown_space_munmap(growsdown_space* space, std::uint64_t start,
                                    std::uint64_t length) {
  return guarded(space, [&] { return space->space.munmap(start, length).raw(); });
}

std::int64_t growsdown_space_mremap(growsdown_space* space, std::uint64_t old,
                                    std::uint64_t old_length, std::uint64_t new_length,
                                    std::uint32_t flags, std::uint64_t target) {
  return guarded(space, [&] {
    return space->space.mremap(old, old_length, new_length, static_cast<MremapFlags>(flags), target)
        .raw();
  });
}

std::int64_t growsdown_space_mprotect(growsdown_space* space, std::uint64_t start,
                                      std::uint64_t length, std::uint32_t prot) {
  return guarded(
      space, [&] { return space->space.mprotect(start, length, static_cast<Prot>(prot)).raw(); });
}

std::int64_t growsdown_space_mlock(growsdown_space* space, std::uint64_t start,
                                   std::uint64_t length) {
  return guarded(space, [&] { return space->space.mlock(start, length).raw(); });
}

std::int64_t growsdown_space_munlock(growsdown_space* space, std::uint64_t start,
                                     std::uint64_t length) {
  return guarded(space, [&] { return space->space.munlock(start, length).raw(); });
}

std::int64_t growsdown_space_madvise(growsdown_space* space, std::uint64_t start,
                                     std::uint64_t length, std::int32_t advice) {
  return guarded(space, [&] {
    return space->space.madvise(start, length, static_cast<Advice>(advice)).raw();
  });
}

std::int64_t growsdown_space_mincore(growsdown_space* space, std::uint64_t start,
                                     std::uint64_t length, std::uint8_t* resident, size_t room) {
  return guarded(space, [&]() -> std::int64_t {
    const std::uint64_t page = space->space.pageSize();
    if (length / page + (length % page != 0 ? 1 : 0) > room)
      throw std::invalid_argument("growsdown: mincore needs room for each page of the range");
    std::vector<std::uint8_t> pages;
    const Status status = space->space.mincore(start, length, pages);
    if (!status) return status.raw();
    std::copy(pages.begin(), pages.end(), resident);
    return 0;
  });
}

std::int64_t growsdown_space_fork(growsdown_space* space) {
  return guarded(space, [&] {
    space->space.fork();
    return 0;
  });
}

std::int64_t growsdown_space_set_limit(growsdown_space* space, std::uint32_t limit,
                                       std::uint64_t bytes) {
  return guarded(space, [&] {
    if (limit > GROWSDOWN_SPACE_LIMIT_DATA)
      throw std::invalid_argument("growsdown: there is no such limit");
    space->space.setLimit(static_cast<Limit>(limit), bytes);
    return 0;
  });
}

std::int64_t growsdown_space_drop_capabilities(growsdown_space* space) {
  return guarded(space, [&] {
    space->space.dropCapabilities();
    return 0;
  });
}

std::int64_t growsdown_space_fault(growsdown_space* space, std::uint64_t address,
                                   std::uint32_t access, growsdown_space_answer* answer) {
  return guarded(space, [&] {
    space->changed.clear();
    const FaultResult result = space->space.fault(address, accessOf(access));
    growsdown_space_answer out{};
    if (result.ok()) {
      const Mapped& mapped = result.mapped();
      space->changed.assign(mapped.changed.begin(), mapped.changed.end());
      out.changed = static_cast<std::uint32_t>(mapped.changed.size());
      out.page_start = mapped.page.start;
      out.page_prot = static_cast<std::uint32_t>(mapped.page.rights);
      out.page_kind = static_cast<std::uint32_t>(mapped.page.kind);
    } else {
      out.signal = result.signal().number();
      out.code = result.signal().siCode();
      out.address = result.signal().address;
    }
    put(answer, out);
    return 0;
  });
}

std::int64_t growsdown_space_changed(const growsdown_space* space, std::uint32_t index,
                                     growsdown_space_pages* pages) {
  if (index >= space->changed.size()) return 0;
  put(pages, pagesOf(space->changed[index]));
  return 1;
}

std::int64_t growsdown_space_prepare_fault(growsdown_space* space) {
  return guarded(space, [&] {
    space->space.prepareFault();
    space->changed.reserve(32);
    return 0;
  });
}

std::int64_t growsdown_space_kernel_access(growsdown_space* space, std::uint64_t address,
                                           std::uint32_t access) {
  return guarded(space, [&] { return space->space.kernelAccess(address, accessOf(access)).raw(); });
}

std::int64_t growsdown_space_pin_page(growsdown_space* space, std::uint64_t address,
                                      std::uint32_t access) {
  return guarded(space, [&] { return space->space.pinPage(address, accessOf(access)).raw(); });
}

std::int64_t growsdown_space_set_stack_pointer(growsdown_space* space, std::uint64_t address) {
  return guarded(space, [&] {
    space->space.setStackPointer(address);
    return 0;
  });
}

std::int64_t growsdown_space_next_area(const growsdown_space* space, std::uint64_t from,
                                       growsdown_space_area* area) {
  const auto found = space->space.areaFrom(from);
  if (!found) return 0;
  growsdown_space_area out{};
  out.prot = static_cast<std::uint32_t>(found->prot);
  const auto set = [&](bool on, std::uint32_t flag) {
    if (on) out.flags |= flag;
  };
  set(found->shared(), GROWSDOWN_SPACE_AREA_SHARED);
  set(found->growsdown, GROWSDOWN_SPACE_AREA_GROWSDOWN);
  set(found->locked, GROWSDOWN_SPACE_AREA_LOCKED);
  set(found->noreserve, GROWSDOWN_SPACE_AREA_NORESERVE);
  set(found->accounted, GROWSDOWN_SPACE_AREA_ACCOUNTED);
  set(found->nohugepage, GROWSDOWN_SPACE_AREA_NOHUGEPAGE);
  out.start = found->start;
  out.end = found->end;
  out.shown_start = found->shownStart;
  out.offset = found->offset;
  out.object = found->object;
  put(area, out);
  return 1;
}

std::int64_t growsdown_space_next_pages(const growsdown_space* space, std::uint64_t from,
                                        std::uint64_t end, growsdown_space_pages* pages) {
  const auto found = space->space.pages(from, end);
  const auto first = found.begin();
  if (first == found.end()) return 0;
  put(pages, pagesOf(*first));
  return 1;
}

std::int64_t growsdown_space_placement(const growsdown_space* space, std::uint64_t hint,
                                       std::uint64_t length, std::uint32_t flags) {
  return guarded(space, [&] {
    return space->space.placement(hint, length, static_cast<MapFlags>(flags)).raw();
  });
}

void growsdown_space_get_counters(const growsdown_space* space,
                                  growsdown_space_counters* counters) {
  const Counters from = space->space.counters();
  growsdown_space_counters out{};
  out.total = from.total;
  out.stack = from.stack;
  out.data = from.data;
  out.locked = from.locked;
  out.anonymous = from.anonymous;
  out.shared = from.shared;
  out.tables = from.tables;
  out.committed = from.committed;
  out.areas = from.areas;
  out.faults = from.faults;
  put(counters, out);
}

std::uint64_t growsdown_space_page_size(const growsdown_space* space) {
  return space->space.pageSize();
}
std::uint64_t growsdown_space_end(const growsdown_space* space) {
  return space->space.end();
}
std::uint64_t growsdown_space_mmap_base(const growsdown_space* space) {
  return space->space.mmapBase();
}

std::int64_t growsdown_space_observe(growsdown_space* space,
                                     const growsdown_space_observer* observer) {
  space->callbacks.set(observer);
  space->space.observe(observer == nullptr ? nullptr : &space->callbacks);
  return 0;
}

} // extern "C"
