#include "systems/plugin.h"

#include "systems/protocol.h"
#include "trace/text.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

namespace growsdown::systems {

using harness::Misbehaved;
namespace shown = harness::shown;

// The header says again, in C, what trace/ and harness/ say.
#define GROWSDOWN_SAME(ours, theirs) static_assert(static_cast<unsigned>(ours) == (theirs))
GROWSDOWN_SAME(trace::Op::limit, GROWSDOWN_LIMIT);
GROWSDOWN_SAME(trace::Op::capable, GROWSDOWN_CAPABLE);
GROWSDOWN_SAME(trace::Op::mmap, GROWSDOWN_MMAP);
GROWSDOWN_SAME(trace::Op::munmap, GROWSDOWN_MUNMAP);
GROWSDOWN_SAME(trace::Op::mprotect, GROWSDOWN_MPROTECT);
GROWSDOWN_SAME(trace::Op::mlock, GROWSDOWN_MLOCK);
GROWSDOWN_SAME(trace::Op::munlock, GROWSDOWN_MUNLOCK);
GROWSDOWN_SAME(trace::Op::dontneed, GROWSDOWN_DONTNEED);
GROWSDOWN_SAME(trace::Op::mremap, GROWSDOWN_MREMAP);
GROWSDOWN_SAME(trace::Op::fork, GROWSDOWN_FORK);
GROWSDOWN_SAME(trace::Op::touch, GROWSDOWN_TOUCH);
GROWSDOWN_SAME(trace::Op::sp, GROWSDOWN_SP);
GROWSDOWN_SAME(trace::Op::kernel, GROWSDOWN_KERNEL);
GROWSDOWN_SAME(trace::Op::gup, GROWSDOWN_GUP);
GROWSDOWN_SAME(trace::Access::read, GROWSDOWN_ACCESS_READ);
GROWSDOWN_SAME(trace::Access::write, GROWSDOWN_ACCESS_WRITE);
GROWSDOWN_SAME(trace::Access::exec, GROWSDOWN_ACCESS_EXEC);
GROWSDOWN_SAME(trace::LimitKind::stack, GROWSDOWN_LIMIT_STACK);
GROWSDOWN_SAME(trace::LimitKind::as, GROWSDOWN_LIMIT_AS);
GROWSDOWN_SAME(trace::LimitKind::memlock, GROWSDOWN_LIMIT_MEMLOCK);
GROWSDOWN_SAME(trace::LimitKind::data, GROWSDOWN_LIMIT_DATA);
GROWSDOWN_SAME(trace::prot::read, GROWSDOWN_READ);
GROWSDOWN_SAME(trace::prot::write, GROWSDOWN_WRITE);
GROWSDOWN_SAME(trace::prot::exec, GROWSDOWN_EXEC);
GROWSDOWN_SAME(trace::flag::fixed, GROWSDOWN_FIXED);
GROWSDOWN_SAME(trace::flag::fixedNoreplace, GROWSDOWN_FIXED_NOREPLACE);
GROWSDOWN_SAME(trace::flag::growsdown, GROWSDOWN_GROWSDOWN);
GROWSDOWN_SAME(trace::flag::shared, GROWSDOWN_SHARED);
GROWSDOWN_SAME(trace::flag::noreserve, GROWSDOWN_NORESERVE);
GROWSDOWN_SAME(trace::flag::locked, GROWSDOWN_LOCKED);
GROWSDOWN_SAME(trace::flag::populate, GROWSDOWN_POPULATE);
GROWSDOWN_SAME(trace::flag::stack, GROWSDOWN_STACK);
GROWSDOWN_SAME(trace::flag::maymove, GROWSDOWN_MAYMOVE);
GROWSDOWN_SAME(trace::flag::to, GROWSDOWN_TO);
GROWSDOWN_SAME(trace::flag::own, GROWSDOWN_OWN);
GROWSDOWN_SAME(trace::Signal::segvMaperr, GROWSDOWN_SEGV_MAPERR);
GROWSDOWN_SAME(trace::Signal::segvAccerr, GROWSDOWN_SEGV_ACCERR);
GROWSDOWN_SAME(trace::Signal::segvPkuerr, GROWSDOWN_SEGV_PKUERR);
GROWSDOWN_SAME(trace::Signal::segvKernel, GROWSDOWN_SEGV_KERNEL);
GROWSDOWN_SAME(trace::Signal::busAdrerr, GROWSDOWN_BUS_ADRERR);
GROWSDOWN_SAME(shown::areas, GROWSDOWN_SHOWS_AREAS);
GROWSDOWN_SAME(shown::start, GROWSDOWN_SHOWS_START);
GROWSDOWN_SAME(shown::maps, GROWSDOWN_SHOWS_MAPS);
GROWSDOWN_SAME(shown::flags, GROWSDOWN_SHOWS_FLAGS);
GROWSDOWN_SAME(shown::account, GROWSDOWN_SHOWS_ACCOUNT);
GROWSDOWN_SAME(shown::pgoff, GROWSDOWN_SHOWS_PGOFF);
GROWSDOWN_SAME(shown::anon, GROWSDOWN_SHOWS_ANON);
GROWSDOWN_SAME(shown::objects, GROWSDOWN_SHOWS_OBJECTS);
GROWSDOWN_SAME(shown::pages, GROWSDOWN_SHOWS_PAGES);
GROWSDOWN_SAME(shown::kinds, GROWSDOWN_SHOWS_KINDS);
GROWSDOWN_SAME(shown::rights, GROWSDOWN_SHOWS_RIGHTS);
GROWSDOWN_SAME(shown::frames, GROWSDOWN_SHOWS_FRAMES);
GROWSDOWN_SAME(shown::dirty, GROWSDOWN_SHOWS_DIRTY);
GROWSDOWN_SAME(shown::elsewhere, GROWSDOWN_SHOWS_ELSEWHERE);
GROWSDOWN_SAME(shown::total, GROWSDOWN_SHOWS_TOTAL);
GROWSDOWN_SAME(shown::stack, GROWSDOWN_SHOWS_STACK);
GROWSDOWN_SAME(shown::locked, GROWSDOWN_SHOWS_LOCKED);
GROWSDOWN_SAME(shown::data, GROWSDOWN_SHOWS_DATA);
GROWSDOWN_SAME(shown::committed, GROWSDOWN_SHOWS_COMMITTED);
GROWSDOWN_SAME(shown::mapCount, GROWSDOWN_SHOWS_MAP_COUNT);
GROWSDOWN_SAME(shown::tables, GROWSDOWN_SHOWS_TABLES);
GROWSDOWN_SAME(shown::faults, GROWSDOWN_SHOWS_FAULTS);
GROWSDOWN_SAME(trace::vm::shared, GROWSDOWN_AREA_SHARED);
GROWSDOWN_SAME(trace::vm::growsdown, GROWSDOWN_AREA_GROWSDOWN);
GROWSDOWN_SAME(trace::vm::locked, GROWSDOWN_AREA_LOCKED);
GROWSDOWN_SAME(trace::vm::noreserve, GROWSDOWN_AREA_NORESERVE);
GROWSDOWN_SAME(trace::vm::account, GROWSDOWN_AREA_ACCOUNT);
GROWSDOWN_SAME(trace::vm::nohugepage, GROWSDOWN_AREA_NOHUGEPAGE);
GROWSDOWN_SAME(trace::Page::Kind::zero, GROWSDOWN_ZERO);
GROWSDOWN_SAME(trace::Page::Kind::anonymous, GROWSDOWN_ANONYMOUS);
GROWSDOWN_SAME(trace::Page::Kind::shared, GROWSDOWN_SHARED_PAGE);
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
    {&trace::Counters::total, &growsdown_counters::total},
    {&trace::Counters::stack, &growsdown_counters::stack},
    {&trace::Counters::locked, &growsdown_counters::locked},
    {&trace::Counters::data, &growsdown_counters::data},
    {&trace::Counters::committed, &growsdown_counters::committed},
    {&trace::Counters::mapCount, &growsdown_counters::map_count},
    {&trace::Counters::tables, &growsdown_counters::tables},
    {&trace::Counters::faults, &growsdown_counters::faults},
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

bool inWindow(std::uint64_t address, std::uint64_t length) {
  for (const trace::Window& window : trace::windows)
    if (address >= window.start && address < window.end && length <= window.end - address)
      return true;
  return false;
}

} // namespace

Plugin::Plugin(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  using Entry = const growsdown_system* (*)(std::uint32_t);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "growsdown_open"));
  if (entry == nullptr) throw std::runtime_error(path + " does not export growsdown_open");
  table_ = entry(GROWSDOWN_ABI);
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
  return table_->does == 0 ? ~0U : static_cast<std::uint32_t>(table_->does);
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
    if (step.op != trace::Op::mmap && step.op != trace::Op::mremap) break;
    // A place that was not asked for has no meaning where addresses are random.
    if (!inWindow(answer.address, step.op == trace::Op::mremap ? step.newLength : step.length) &&
        (step.flags & (trace::flag::fixed | trace::flag::to)) == 0 &&
        answer.address != step.address)
      return trace::Outcome::elsewhere();
    return trace::Outcome::at(answer.address);
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
