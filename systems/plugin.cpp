#include "systems/plugin.h"

#include "systems/protocol.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace growsdown::systems {

using harness::Misbehaved;
namespace shown = harness::shown;

// The header has a constant for each row of trace/fields.def, and for the other values below.
#define GROWSDOWN_SAME(ours, theirs) static_assert(static_cast<unsigned>(ours) == (theirs));
#define GROWSDOWN_OP(op, NAME, ...) GROWSDOWN_SAME(trace::Op::op, GROWSDOWN_##NAME)
#define GROWSDOWN_FLAG(one, word, NAME, bit) GROWSDOWN_SAME(trace::flag::one, GROWSDOWN_##NAME)
#define GROWSDOWN_LIMIT_KIND(kind, NAME)                                                           \
  GROWSDOWN_SAME(trace::LimitKind::kind, GROWSDOWN_LIMIT_##NAME)
#define GROWSDOWN_SIGNAL_CODE(signal, NAME, word)                                                  \
  GROWSDOWN_SAME(trace::Signal::signal, GROWSDOWN_##NAME)
#define GROWSDOWN_COUNTER(counter, word, NAME, ...)                                                \
  GROWSDOWN_SAME(shown::counter, GROWSDOWN_SHOWS_##NAME)
#define GROWSDOWN_VM_FLAG(flag, NAME, bit) GROWSDOWN_SAME(trace::vm::flag, GROWSDOWN_AREA_##NAME)
#include "trace/fields.def"
GROWSDOWN_SAME(trace::Access::read, GROWSDOWN_ACCESS_READ)
GROWSDOWN_SAME(trace::Access::write, GROWSDOWN_ACCESS_WRITE)
GROWSDOWN_SAME(trace::Access::exec, GROWSDOWN_ACCESS_EXEC)
GROWSDOWN_SAME(trace::prot::read, GROWSDOWN_READ)
GROWSDOWN_SAME(trace::prot::write, GROWSDOWN_WRITE)
GROWSDOWN_SAME(trace::prot::exec, GROWSDOWN_EXEC)
GROWSDOWN_SAME(shown::areas, GROWSDOWN_SHOWS_AREAS)
GROWSDOWN_SAME(shown::start, GROWSDOWN_SHOWS_START)
GROWSDOWN_SAME(shown::maps, GROWSDOWN_SHOWS_MAPS)
GROWSDOWN_SAME(shown::flags, GROWSDOWN_SHOWS_FLAGS)
GROWSDOWN_SAME(shown::account, GROWSDOWN_SHOWS_ACCOUNT)
GROWSDOWN_SAME(shown::pgoff, GROWSDOWN_SHOWS_PGOFF)
GROWSDOWN_SAME(shown::anon, GROWSDOWN_SHOWS_ANON)
GROWSDOWN_SAME(shown::objects, GROWSDOWN_SHOWS_OBJECTS)
GROWSDOWN_SAME(shown::pages, GROWSDOWN_SHOWS_PAGES)
GROWSDOWN_SAME(shown::kinds, GROWSDOWN_SHOWS_KINDS)
GROWSDOWN_SAME(shown::rights, GROWSDOWN_SHOWS_RIGHTS)
GROWSDOWN_SAME(shown::frames, GROWSDOWN_SHOWS_FRAMES)
GROWSDOWN_SAME(shown::dirty, GROWSDOWN_SHOWS_DIRTY)
GROWSDOWN_SAME(shown::elsewhere, GROWSDOWN_SHOWS_ELSEWHERE)
GROWSDOWN_SAME(trace::Page::Kind::zero, GROWSDOWN_ZERO)
GROWSDOWN_SAME(trace::Page::Kind::anonymous, GROWSDOWN_ANONYMOUS)
GROWSDOWN_SAME(trace::Page::Kind::shared, GROWSDOWN_SHARED_PAGE)
#undef GROWSDOWN_SAME

namespace {

/// Calls `take` with each element of an array whose elements may be smaller or greater than ours.
template <class T, class F>
void each(const char* what, const T* array, std::size_t count, std::size_t size, F take) {
  constexpr std::size_t most = std::size_t{1} << 22;
  if (count > most || (count != 0 && array == nullptr))
    throw Misbehaved("a state with " + std::to_string(count) + " " + what + " at " +
                     (array == nullptr ? "NULL" : "an address"));
  const auto* bytes = reinterpret_cast<const unsigned char*>(array);
  for (std::size_t i = 0; i < count; ++i) {
    T element{};
    std::memcpy(&element, bytes + i * size, std::min(size, sizeof element));
    take(element);
  }
}

struct CounterPlace {
  std::uint64_t trace::Counters::*ours;
  std::int64_t growsdown_counters::*theirs;
};
constexpr CounterPlace counterPlaces[] = {
#define GROWSDOWN_COUNTER(counter, word, NAME, member, initial)                                    \
  {&trace::Counters::counter, &growsdown_counters::member},
#include "trace/fields.def"
};

/// A state as the header has it; the arrays live here.
struct Given {
  std::vector<growsdown_area> areas;
  std::vector<growsdown_page> pages;
  std::vector<growsdown_object> objects;
  std::vector<growsdown_object_page> objectPages;
  growsdown_state state{};

  explicit Given(const trace::State& from) {
    for (const trace::Area& a : from.areas)
      areas.push_back({a.start, a.end, a.shownStart, a.pgoff, a.anon, a.object, a.flags, a.forked});
    for (const trace::Page& p : from.pages)
      pages.push_back(
          {p.address, p.frame, static_cast<std::uint8_t>(p.kind), p.prot, p.inherited, p.dirty, 0});
    for (const trace::Object& o : from.objects)
      objects.push_back({o.id, o.pages});
    for (const trace::ObjectPage& p : from.objectPages)
      objectPages.push_back({p.object, p.index, p.frame});
    state.size = sizeof state;
    state.areas = areas.data();
    state.area_count = areas.size();
    state.pages = pages.data();
    state.page_count = pages.size();
    state.objects = objects.data();
    state.object_count = objects.size();
    state.object_pages = objectPages.data();
    state.object_page_count = objectPages.size();
    for (const auto& [ours, theirs] : counterPlaces)
      state.counters.*theirs = static_cast<std::int64_t>(from.counters.*ours);
  }
};

} // namespace

namespace {

const growsdown_system* tableOf(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  using Entry = const growsdown_system* (*)(std::uint32_t);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "growsdown_open"));
  if (entry == nullptr) throw std::runtime_error(path + " does not export growsdown_open");
  return entry(GROWSDOWN_ABI);
}

} // namespace

Plugin::Plugin(const std::string& path) : Plugin(tableOf(path), path) {}

Plugin::Plugin(const growsdown_system* table, const std::string& path) : table_(table) {
  if (table_ == nullptr)
    throw std::runtime_error(path + ": growsdown_open knows no version up to " +
                             std::to_string(GROWSDOWN_ABI));
  if (table_->abi != GROWSDOWN_ABI)
    throw std::runtime_error(path + " is of version " + std::to_string(table_->abi) +
                             " of growsdown/system.h; this is " + std::to_string(GROWSDOWN_ABI));
  // Version 1 began with these sizes, and structures only grow.
  if (table_->size < sizeof *table_ || table_->area_size < sizeof(growsdown_area) ||
      table_->page_size < sizeof(growsdown_page) ||
      table_->object_size < sizeof(growsdown_object) ||
      table_->object_page_size < sizeof(growsdown_object_page))
    throw std::runtime_error(
        path + " gives sizes that no version of growsdown/system.h has: is GROWSDOWN_HEADER what "
               "its growsdown_system begins with?");
  if (table_->name == nullptr || table_->create == nullptr || table_->apply == nullptr ||
      table_->state == nullptr || table_->destroy == nullptr)
    throw std::runtime_error(path + ": name, create, apply, state and destroy must be there");
}

Plugin::~Plugin() {
  end();
}

void Plugin::end() {
  if (space_ != nullptr) table_->destroy(std::exchange(space_, nullptr));
}

harness::Fields Plugin::shows() const {
  return static_cast<harness::Fields>(table_->shows & shown::all);
}

std::uint32_t Plugin::does() const {
  return table_->does == 0 ? trace::firstOps : static_cast<std::uint32_t>(table_->does);
}

void Plugin::start(const trace::Parameters& parameters, const trace::State* initial) {
  end();
  page_ = parameters.geometry.page;
  const std::string rules(parameters.rules->name);
  growsdown_start start{};
  start.size = sizeof start;
  start.va_bits = parameters.geometry.vaBits;
  start.rules = rules.c_str();
  start.page = parameters.geometry.page;
  start.task_size = parameters.taskSize;
  start.mmap_base = parameters.mmapBase;
  start.min_addr = parameters.minAddr;
  start.lsm_min_addr = parameters.lsmMinAddr;
  start.max_map_count = parameters.maxMapCount;
  start.memory = parameters.memoryPages * parameters.geometry.page;
  const Given given(initial != nullptr ? *initial : trace::State{});
  if (initial != nullptr) start.initial = &given.state;
  const std::string knobs = turnedKnobs(*parameters.rules);
  if (!knobs.empty()) start.knobs = knobs.c_str();
  const char* why = nullptr;
  space_ = table_->create(&start, &why);
  if (space_ == nullptr)
    throw harness::CannotSay(why != nullptr ? why : "it cannot begin so, and does not say why");
}

trace::Outcome Plugin::apply(const trace::Step& step) {
  growsdown_step asked{};
  asked.size = sizeof asked;
  asked.op = static_cast<std::uint8_t>(step.op);
  asked.access = static_cast<std::uint8_t>(step.access);
  asked.limit = static_cast<std::uint8_t>(step.limit);
  asked.prot = step.prot;
  asked.flags = step.flags;
  asked.address = step.address;
  asked.length = step.length;
  asked.new_length = step.newLength;
  asked.target = step.target;
  growsdown_outcome answer{};
  answer.size = sizeof answer;
  table_->apply(space_, &asked, &answer);
  reason_.clear();
  switch (answer.kind) {
  case GROWSDOWN_UNKNOWN:
    reason_ = answer.reason != nullptr ? answer.reason : "it does not say why";
    return trace::Outcome::undecided();
  case GROWSDOWN_OK:
    return trace::Outcome::okay();
  case GROWSDOWN_OK_AT:
    if (trace::fieldsOf(step.op).answer != trace::Answer::place) break;
    // A place that was not asked for has no meaning where addresses are random.
    if (!trace::insideWindows(answer.address, trace::mappedLength(step)) &&
        (step.flags & (trace::flag::fixed | trace::flag::to)) == 0 &&
        answer.address != step.address)
      return trace::Outcome::elsewhere();
    return trace::Outcome::at(answer.address);
  case GROWSDOWN_OK_PAGES: {
    if (trace::fieldsOf(step.op).answer != trace::Answer::pages) break;
    const std::uint64_t pages = step.length / page_ + (step.length % page_ != 0 ? 1 : 0);
    if (answer.resident_after > std::numeric_limits<std::uint32_t>::max()) break;
    if (pages < trace::listedPages && answer.resident >> pages != 0) break;
    if (pages <= trace::listedPages && answer.resident_after != 0) break;
    return trace::Outcome::listing(pages, answer.resident, answer.resident_after);
  }
  case GROWSDOWN_ERROR:
    if (answer.error == 0 || answer.error > 255) break;
    return trace::Outcome::failed(static_cast<trace::Errno>(answer.error));
  case GROWSDOWN_SIGNAL: {
    if (answer.signal < GROWSDOWN_SEGV_MAPERR || answer.signal > GROWSDOWN_BUS_ADRERR) break;
    auto outcome = trace::Outcome::signalled(static_cast<trace::Signal>(answer.signal));
    outcome.hasAddress = answer.has_address != 0 && answer.address != step.address;
    outcome.address = outcome.hasAddress ? answer.address : 0;
    return outcome;
  }
  default:
    break;
  }
  throw Misbehaved("an outcome of kind " + std::to_string(answer.kind) + ", error " +
                   std::to_string(answer.error) + ", signal " + std::to_string(answer.signal));
}

void Plugin::snapshot(trace::State& out) const {
  out.clear();
  growsdown_state state{};
  state.size = sizeof state;
  table_->state(space_, &state);
  each("areas", state.areas, state.area_count, table_->area_size, [&](const growsdown_area& a) {
    if (a.start > a.end || (a.start | a.end) % page_ != 0)
      throw Misbehaved("an area from " + trace::printBytes(a.start) + " to " +
                       trace::printBytes(a.end));
    if ((a.flags & ~trace::vm::all) != 0)
      throw Misbehaved("an area with flags " + std::to_string(a.flags));
    out.areas.push_back(
        {a.start, a.end, a.shown_start, a.pgoff, a.anon, a.object, a.flags, a.forked != 0});
    if ((table_->shows & shown::maps) == 0) out.areas.back().shownStart = a.start;
  });
  each("pages", state.pages, state.page_count, table_->page_size, [&](const growsdown_page& p) {
    if (p.address % page_ != 0) throw Misbehaved("a page at " + trace::printBytes(p.address));
    if (p.kind > GROWSDOWN_SHARED_PAGE || p.prot > trace::prot::all)
      throw Misbehaved("a page of kind " + std::to_string(p.kind) + " with rights " +
                       std::to_string(p.prot));
    out.pages.push_back({.address = p.address,
                         .frame = p.frame,
                         .kind = static_cast<trace::Page::Kind>(p.kind),
                         .prot = p.prot,
                         .inherited = p.inherited != 0,
                         .dirty = p.dirty != 0});
  });
  each("objects", state.objects, state.object_count, table_->object_size,
       [&](const growsdown_object& o) {
         out.objects.push_back({o.id, o.pages});
       });
  each("object pages", state.object_pages, state.object_page_count, table_->object_page_size,
       [&](const growsdown_object_page& p) {
         out.objectPages.push_back({p.object, p.index, p.frame});
       });
  for (const auto& [ours, theirs] : counterPlaces)
    out.counters.*ours = static_cast<std::uint64_t>(state.counters.*theirs);
}

} // namespace growsdown::systems
