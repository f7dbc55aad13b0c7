#include "proofs/paths.h"

#include "model/fault.h"
#include "model/fork.h"
#include "model/map.h"
#include "model/process.h"
#include "model/protect.h"
#include "model/remap.h"
#include "proofs/rules.h"
#include "proofs/run.h"
#include "trace/initial.h"
#include "trace/text.h"

#include <algorithm>
#include <map>
#include <optional>

namespace growsdown::proofs {
namespace {

namespace vm = trace::vm;
namespace flag = trace::flag;
using trace::LimitKind;
using trace::Op;
using trace::Step;
using ConcreteSpace = model::Space<model::Concrete>;

/// What a process has beside addresses, lengths, offsets and flags: all that is no word.
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

const std::vector<Shape>& shapes() {
  using K = Shape::Kind;
  using P = Shape::Page;
  static const std::vector<Shape> all = {
      {{}},
      {{K::plain}},
      {{K::plain}, P::zero},
      {{K::own}},
      {{K::own}, P::zero},
      {{K::own}, P::clean},
      {{K::own}, P::writable},
      {{K::forked}},
      {{K::forked}, P::inherited},
      {{K::shared}},
      {{K::shared}, P::held},
      {{K::shared}, P::shared},
      {{K::shared}, P::dirty},
      {{K::plain, K::plain}},
      {{K::own, K::plain}},
      {{K::own, K::plain}, P::writable, 0},
      {{K::plain, K::own}},
      {{K::plain, K::own}, P::writable, 1},
      {{K::own, K::own}},
      {{K::own, K::common}},
      {{K::forked, K::plain}},
      {{K::plain, K::forked}},
      {{K::shared, K::plain}},
      {{K::plain, K::shared}},
      {{K::shared, K::shared}},
      {{K::plain, K::plain, K::plain}},
      {{K::own, K::plain, K::own}},
      {{K::own, K::plain, K::common}},
      {{K::own, K::own, K::own}},
  };
  return all;
}

/// How many shapes have at most that many areas: they come first.
unsigned countWith(const std::vector<Shape>& shapes, unsigned areas) {
  return static_cast<unsigned>(std::count_if(
      shapes.begin(), shapes.end(), [&](const Shape& s) { return s.areas.size() <= areas; }));
}

/// For calls with all words free: identities and pages matter little there.
const std::vector<Shape>& fewShapes() {
  using K = Shape::Kind;
  using P = Shape::Page;
  static const std::vector<Shape> few = {
      {{}},
      {{K::plain}},
      {{K::own}, P::writable},
      {{K::shared}, P::dirty},
      {{K::plain, K::plain}},
      {{K::own, K::plain}, P::writable, 0},
      {{K::shared, K::shared}},
  };
  return few;
}

/// Of two areas some way from each other.
const std::vector<Shape>& apartShapes() {
  using K = Shape::Kind;
  static const std::vector<Shape> two = {
      {{K::plain, K::plain}}, {{K::own, K::plain}}, {{K::plain, K::own}}};
  return two;
}

/// Keeps the state, and the step about to be made.
class PathRun : public Run<model::Concrete> {
 public:
  using Run<model::Concrete>::Run;
  ConcreteSpace before;
  ConcreteSpace after;
  Step step;
  std::vector<std::uint64_t> gone; ///< pages that were present once: their tables stay
};

/// The operand words of a step.
template <class D>
struct Words {
  typename D::Word address{}, length{}, newLength{}, target{};
};

void keep(Run<Symbolic>&, const model::Space<Symbolic>&, const Words<Symbolic>&) {}
void keep(Run<model::Concrete>& run, const ConcreteSpace& space,
          const Words<model::Concrete>& words) {
  auto& keeper = static_cast<PathRun&>(run);
  keeper.before = space;
  keeper.step.address = words.address;
  keeper.step.length = words.length;
  keeper.step.newLength = words.newLength;
  keeper.step.target = words.target;
}
void keepGone(Run<Symbolic>&, const Sym&) {}
void keepGone(Run<model::Concrete>& run, std::uint64_t page) {
  static_cast<PathRun&>(run).gone.push_back(page);
}
void keepAfter(Run<Symbolic>&, const model::Space<Symbolic>&) {}
void keepAfter(Run<model::Concrete>& run, const ConcreteSpace& space) {
  static_cast<PathRun&>(run).after = space;
}

bool isAccess(Op op) {
  return op == Op::touch || op == Op::kernel || op == Op::gup;
}

/// At most so many pages where the rules go page by page.
constexpr std::uint64_t fewPages = 2;
/// The usual arrangement: areas of so many pages, one next to the other, from here on.
constexpr std::uint64_t usualPages = 4;
constexpr std::uint64_t usualStart = 0x1000100000;

struct PathText {
  const PathStep& path;
  const trace::Parameters& parameters;

  template <class D>
  void operator()(Run<D>& run) const {
    model::Space<D> s = start(run);
    const Words<D> words = operands(run, s);
    keep(run, s, words);
    perform(run, s, words);
    keepAfter(run, s);
    outputs(run, s);
  }

 private:
  template <class D>
  model::Space<D> start(Run<D>& run) const {
    using Word = typename D::Word;
    const std::uint64_t pages = parameters.taskSize >> parameters.geometry.pageShift;
    const std::vector<Shape>& among = shapesToTake();
    const Shape& shape = among[run.choose("shape", countWith(among, path.areas))];
    model::Space<D> s;
    s.parameters = &parameters;
    tunables(run, s);

    model::Counters<D> sum;
    for (std::size_t i = 0; i < shape.areas.size(); ++i) {
      const model::Vma<D> area = anyArea(run, shape, i);
      if (i > 0 && !usual()) run.assume(s.areas.at(positionOf(s, i - 1)).end <= area.start);
      const Word length = (area.end - area.start) >> s.pageShift();
      sum = sumOf<D>(sum, contributionOf<D>(area.flags, length));
      s.areas.push_back(area);
      s.lastAnon = std::max(s.lastAnon, area.anon);
      if (area.object != 0 && s.objects.empty()) {
        s.lastObject = area.object;
        s.objects.push_back({area.object, usual() ? length : run.word("object.pages", 1, pages)});
        run.prefer(s.objects[0].pages == length);
      }
    }
    s.counters = sum;
    if (shape.page != Shape::Page::none) addPage(run, s, shape);
    for (std::size_t i = 0; i < shape.areas.size(); ++i)
      if (shape.faulted(i)) {
        const auto page = faultedPage(s.area(positionOf(s, i)));
        model::makeTables<D>(s, page);
        keepGone(run, page);
      }
    s.hits = {};
    s.wayLength = 0;
    return s;
  }

  const std::vector<Shape>& shapesToTake() const {
    if (path.free == PathStep::Free::apart) return apartShapes();
    const bool few = path.free == PathStep::Free::words || path.free == PathStep::Free::limits;
    return few && !isAccess(path.step.op) ? fewShapes() : shapes();
  }

  /// Of an area that had a page: which one. Not the first, below which stacks grow.
  template <class D>
  typename D::Word faultedPage(const model::Vma<D>& area) const {
    return area.end - parameters.geometry.page;
  }
  static model::Position<model::Concrete> positionOf(const ConcreteSpace&, std::size_t i) {
    return i;
  }
  static model::Position<Symbolic> positionOf(const model::Space<Symbolic>& s, std::size_t i) {
    return s.areas.position(i);
  }

  /// Whether words are in a usual arrangement.
  bool usual() const {
    return path.free == PathStep::Free::flags || path.free == PathStep::Free::neighbours ||
           path.free == PathStep::Free::limits;
  }

  template <class D>
  void tunables(Run<D>& run, model::Space<D>& s) const {
    s.minAddr = s.effectiveMinAddr = parameters.minAddr;
    s.maxMapCount = parameters.maxMapCount;
    s.limits = {trace::initialStackLimit, trace::unlimited, trace::initialMemlockLimit,
                trace::unlimited};
    s.stackPointer = parameters.taskSize;
    if (usual() && path.free != PathStep::Free::limits) return;
    if (!asksParameters()) {
      using Word = typename D::Word;
      s.minAddr = run.word("minAddr", 0, parameters.taskSize / 2);
      const Word lsmMinAddr = run.word("lsmMinAddr", 0, parameters.taskSize / 2);
      s.effectiveMinAddr = select(s.minAddr < lsmMinAddr, lsmMinAddr, s.minAddr);
      run.prefer(s.minAddr == parameters.minAddr);
      run.prefer(lsmMinAddr == 0);
    }
    s.maxMapCount = run.word("maxMapCount", 0, 0x7fffffff);
    s.limits.stack = run.word("limitStack");
    s.limits.as = run.word("limitAs");
    s.limits.memlock = run.word("limitMemlock");
    s.limits.data = run.word("limitData");
    s.stackPointer = run.word("stackPointer", 0, parameters.taskSize);
    s.capable = run.truth("capable");
    run.prefer(s.maxMapCount == parameters.maxMapCount);
    run.prefer(s.limits.stack == trace::initialStackLimit);
    run.prefer(s.limits.as == trace::unlimited);
    run.prefer(s.limits.memlock == trace::initialMemlockLimit);
    run.prefer(s.limits.data == trace::unlimited);
    run.prefer(s.stackPointer == parameters.taskSize);
    run.prefer(s.capable);
  }

  /// Some rules of placement look at the constant minimum.
  bool asksParameters() const {
    const Op op = path.step.op;
    return op == Op::mmap || op == Op::mremap;
  }

  template <class D>
  model::Vma<D> anyArea(Run<D>& run, const Shape& shape, std::size_t i) const {
    const unsigned shift = parameters.geometry.pageShift;
    const trace::Window& window = trace::windows[path.low ? 0 : 1];
    const std::string name = "area" + std::to_string(i);
    const Shape::Kind kind = shape.areas[i];
    model::Vma<D> area;
    if (usual()) {
      area.start = usualStart + i * usualPages * parameters.geometry.page;
      area.end = area.start + usualPages * parameters.geometry.page;
      area.pgoff = kind == Shape::Kind::shared ? i * usualPages : area.start >> shift;
    } else {
      area.start = run.word(name + ".start", window.start, window.end, shift);
      area.end = run.word(name + ".end", window.start, window.end, shift);
      run.assume(area.start < area.end);
      const std::uint64_t most = ~std::uint64_t{0} >> shift; // offsets in bytes do not wrap
      area.pgoff = run.word(name + ".pgoff", 0, most);
      run.assume(area.pgoff + ((area.end - area.start) >> shift) <= most);
    }
    if (kind == Shape::Kind::shared) {
      area.flags = anyFlags(run, name, vm::access | vm::locked | vm::noreserve) | vm::shared;
      area.object = 1;
      run.prefer(area.pgoff == 0);
    } else {
      area.flags = anyFlags(run, name, vm::all & ~vm::shared);
      if (kind != Shape::Kind::plain) area.anon = kind == Shape::Kind::common ? 1 : i + 1;
      area.forked = kind == Shape::Kind::forked;
      run.prefer(area.pgoff == area.start >> shift);
      run.prefer(any(area.flags & vm::account) ==
                 both(any(area.flags & vm::write), negated(any(area.flags & vm::noreserve))));
    }
    // What is locked has its pages.
    if (shape.faulted(i)) run.assume(negated(any(area.flags & vm::locked)));
    run.prefer(negated(any(area.flags & vm::locked)));
    run.prefer(negated(any(area.flags & (vm::noreserve | vm::nohugepage))));
    run.prefer(area.end - area.start <= 8 * parameters.geometry.page);
    if (i == 0 && !path.low) run.prefer(area.start == 0x1000100000);
    return area;
  }

  template <class D>
  typename D::Flags anyFlags(Run<D>& run, const std::string& name, std::uint32_t mask) const {
    if (path.free == PathStep::Free::all || path.free == PathStep::Free::flags)
      return run.flags(name + ".flags", mask);
    const std::uint32_t data = vm::read | vm::write | vm::account |
                               (path.step.access == trace::Access::exec ? vm::exec : 0U);
    if (path.free == PathStep::Free::words || path.free == PathStep::Free::limits) {
      const std::uint32_t kinds[] = {data, data | vm::growsdown, data | vm::locked,
                                     data & ~vm::write};
      const unsigned many = path.free == PathStep::Free::limits ? 4 : 3;
      return typename D::Flags{kinds[run.choose(name + ".kind", mask & vm::growsdown ? many : 1)] &
                               mask};
    }
    if (path.free == PathStep::Free::apart) {
      // The second is the stack that grows towards the first.
      const std::uint32_t firsts[] = {data, data | vm::growsdown, 0};
      const bool first = name == "area0";
      return
          typename D::Flags{first ? firsts[run.choose(name + ".kind", 3)] : data | vm::growsdown};
    }
    // The other is what the step makes of one, or of which it makes one.
    const Op op = path.step.op;
    const std::uint32_t other = op == Op::mlock || op == Op::munlock ? data | vm::locked
                                : op == Op::mprotect                 ? data & ~vm::write
                                                                     : data | vm::growsdown;
    return typename D::Flags{(run.flip(name + ".other") ? other : data) & mask};
  }

  template <class D>
  void addPage(Run<D>& run, model::Space<D>& s, const Shape& shape) const {
    using P = Shape::Page;
    const model::Vma<D> area = s.area(positionOf(s, shape.in));
    const bool isShared = shape.areas[shape.in] == Shape::Kind::shared;
    if (isShared) {
      model::ObjectPage<D> page;
      page.object = 1;
      page.frame = s.lastFrame = 1;
      // An object's pages are looked for one by one.
      if (!usual()) run.assume(area.end - area.start <= fewPages * parameters.geometry.page);
      page.index = usual() ? typename D::Word{0} : run.word("object-page", 0, parameters.taskSize);
      run.assume(page.index < s.objects[0].pages);
      run.prefer(page.index == 0);
      s.objectPages.push_back(page);
      if (shape.page == P::held) return;
    }
    model::Entry<D> entry;
    entry.address = usual() ? area.start : run.word("page", 0, parameters.taskSize, s.pageShift());
    run.assume(both(area.start <= entry.address, entry.address < area.end));
    const auto rights = area.flags & vm::access;
    entry.prot = run.flags("page.prot", vm::access);
    run.assume(both(any(entry.prot & vm::read) == any(rights),
                    any(entry.prot & vm::exec) == any(rights & vm::exec)));
    entry.kind = isShared                ? model::PageKind::shared
                 : shape.page == P::zero ? model::PageKind::zero
                                         : model::PageKind::anonymous;
    entry.frame = shape.page == P::zero ? 0 : 1;
    s.lastFrame = entry.frame;
    entry.inherited = shape.page == P::inherited;
    entry.dirty = !isShared || shape.page == P::dirty; // as a trace's initial state has it
    if (isShared) {
      run.assume(s.objectPages[0].index == area.pgoff + s.pagesOf(area.start, entry.address));
      entry.writable = any(rights & vm::write);
    } else {
      entry.writable = shape.page == P::writable;
      run.assume(implies(entry.writable, any(rights & vm::write)));
    }
    run.assume(any(entry.prot & vm::write) ==
               both(entry.writable, either(entry.dirty, s.rules().hardwareDirty)));
    s.entries.push_back(entry);
    model::makeTables<D>(s, entry.address);
  }

  /// The step's addresses and lengths: any words, but for what would go page by page through many
  /// pages.
  template <class D>
  Words<D> operands(Run<D>& run, model::Space<D>& s) const {
    const std::uint64_t page = parameters.geometry.page;
    const Op op = path.step.op;
    Words<D> w;
    if (op == Op::fork) return w;
    if (usual()) return usualOperands(run);
    const bool access = isAccess(op);
    // Beyond, what an access means is not a matter of rules over words: tags, non-canonical
    // addresses.
    const std::uint64_t most = access                          ? parameters.taskSize
                               : parameters.rules->untagsCalls ? (std::uint64_t{1} << 55) - 1
                                                               : ~std::uint64_t{0};
    w.address = run.word("address", 0, most);
    if (op == Op::touch && path.step.access == trace::Access::exec)
      w.address = w.address & ~std::uint64_t{3};
    run.prefer((w.address & (page - 1)) == 0);
    const auto few = [&](const auto& bytes) { return bytes <= fewPages * page; };
    if (op == Op::gup)
      for (const model::Vma<D>& area : s.areas)
        run.assume(implies(both(any(area.flags & vm::locked), w.address < area.start),
                           few(area.start - (w.address & ~(page - 1)))));
    if (access) return w;

    w.length = run.word("length");
    run.prefer((w.length & (page - 1)) == 0);
    run.prefer(w.length <= 16 * page);
    if (op == Op::mmap && (path.step.flags & (flag::populate | flag::locked)))
      run.assume(few(w.length));
    if (op == Op::mlock || op == Op::mprotect)
      for (const model::Vma<D>& area : s.areas)
        run.assume(op == Op::mlock
                       ? few(area.end - area.start)
                       : implies(any(area.flags & vm::locked), few(area.end - area.start)));
    if (op != Op::mremap) return w;
    w.newLength = run.word("newLength");
    run.prefer((w.newLength & (page - 1)) == 0);
    run.prefer(w.newLength <= 16 * page);
    for (const model::Vma<D>& area : s.areas)
      run.assume(implies(any(area.flags & vm::locked), few(w.newLength)));
    if (path.step.flags & flag::to) {
      w.target = run.word("target", 0,
                          parameters.rules->untagsCalls ? (std::uint64_t{1} << 55) - 1
                                                        : ~std::uint64_t{0});
      run.prefer((w.target & (page - 1)) == 0);
    }
    return w;
  }

  /// The first area's whole, tail, head and midst, what lies below, around and above it, and what
  /// reaches into the next; of neighbours the second's whole, head and tail, both, and the first.
  /// An access is made to the first page.
  template <class D>
  Words<D> usualOperands(Run<D>& run) const {
    const std::uint64_t page = parameters.geometry.page;
    struct Range {
      std::uint64_t from, pages;
    };
    constexpr std::uint64_t below = ~std::uint64_t{1};
    constexpr Range ranges[] = {{0, 4}, {2, 2},     {below, 2}, {0, 2},
                                {1, 2}, {below, 8}, {4, 2},     {2, 4}};
    const Op op = path.step.op;
    const bool access = isAccess(op);
    constexpr Range ofTheSecond[] = {{4, 4}, {4, 2}, {6, 2}, {2, 4}, {0, 4}};
    const Range& range = path.free == PathStep::Free::neighbours
                             ? ofTheSecond[run.choose("range", 5)]
                             : ranges[run.choose("range", access           ? 3
                                                          : path.areas > 1 ? 8
                                                                           : 7)];
    Words<D> w;
    w.address = usualStart + range.from * page;
    if (access) return w;
    w.length = range.pages * page;
    if (op == Op::mremap) w.newLength = (std::uint64_t{2} << run.choose("newLength", 3)) * page;
    if (path.step.flags & flag::to)
      w.target = usualStart + (run.flip("near") ? usualPages : 64 * usualPages) * page;
    if (op == Op::mremap && path.free == PathStep::Free::limits) oddWords(run, w);
    return w;
  }

  /// What mremap refuses by its arguments alone, and the old length 0 that duplicates.
  template <class D>
  void oddWords(Run<D>& run, Words<D>& w) const {
    switch (run.choose("odd", path.step.flags & flag::to ? 6 : 3)) {
    case 1:
      w.length = 0;
      break;
    case 2:
      w.newLength = 0;
      break;
    case 3:
      w.target = w.target + 1;
      break;
    case 4:
      w.target = w.address;
      break;
    case 5:
      w.target = parameters.taskSize - parameters.geometry.page;
      break;
    default:
      break;
    }
  }

  template <class D>
  void perform(Run<D>& run, model::Space<D>& s, const Words<D>& w) const {
    const Step& step = path.step;
    const auto result = [&](auto value) {
      run.output("result", std::uint64_t{static_cast<std::uint8_t>(value)});
    };
    const auto placed = [&](const model::Placed<D>& p) {
      result(p.error);
      if (p.error == trace::Errno::none) run.output("placed", p.address);
    };
    switch (step.op) {
    case Op::touch:
    case Op::kernel:
      return result(model::performAccess<D>(s, w.address, step.access, step.op == Op::touch));
    case Op::gup:
      return result(model::getUserPage<D>(s, w.address, step.access));
    case Op::mmap:
      return placed(model::mmap<D>(s, w.address, w.length, step.prot, step.flags));
    case Op::munmap:
      return result(model::munmap<D>(s, w.address, w.length));
    case Op::mprotect:
      return result(model::mprotect<D>(s, w.address, w.length, step.prot,
                                       (step.flags & flag::growsdown) != 0));
    case Op::mlock:
      return result(model::mlock<D>(s, w.address, w.length));
    case Op::munlock:
      return result(model::munlock<D>(s, w.address, w.length));
    case Op::dontneed:
      return result(model::dontneed<D>(s, w.address, w.length));
    case Op::mremap:
      return placed(model::mremap<D>(s, w.address, w.length, w.newLength, step.flags, w.target));
    case Op::fork:
      return model::fork<D>(s);
    case Op::limit:
    case Op::capable:
    case Op::sp:
      break;
    }
  }

  template <class D>
  static void outputs(Run<D>& run, const model::Space<D>& s) {
    for (const model::Vma<D>& area : s.areas) {
      run.output("start", area.start);
      run.output("end", area.end);
      run.output("pgoff", area.pgoff);
      run.output("flags", area.flags);
      run.output("anon", area.anon);
    }
    for (const model::Entry<D>& e : s.entries) {
      run.output("page", e.address);
      run.output("prot", e.prot);
      run.output("frame", e.frame);
    }
    run.output("total", s.counters.total);
    run.output("stack", s.counters.stack);
    run.output("locked", s.counters.locked);
    run.output("committed", s.counters.committed);
    run.output("tables", std::uint64_t{s.tables.size()});
    run.output("steps", std::uint64_t{s.wayLength});
  }
};

// --- a witness as a trace

/// What two states differ in first, with identities numbered by first appearance and without what
/// no rule looks at; empty: nothing.
class Difference {
 public:
  static std::string of(const ConcreteSpace& a, const ConcreteSpace& b) {
    return Difference().compare(a, b);
  }

 private:
  using Names = std::map<std::uint64_t, std::uint64_t>;
  Names anon_, frame_, object_;

  static bool match(Names& names, std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return a == b;
    return names.emplace(a, b).first->second == b;
  }

  std::string compare(const ConcreteSpace& a, const ConcreteSpace& b) {
    const auto all = [](const auto& left, const auto& right, const auto& same) {
      return std::equal(left.begin(), left.end(), right.begin(), right.end(), same);
    };
    if (a.minAddr != b.minAddr || a.effectiveMinAddr != b.effectiveMinAddr ||
        a.maxMapCount != b.maxMapCount)
      return "tunables";
    if (a.limits.stack != b.limits.stack || a.limits.as != b.limits.as ||
        a.limits.memlock != b.limits.memlock || a.limits.data != b.limits.data ||
        a.stackPointer != b.stackPointer || a.capable != b.capable)
      return "limits";
    if (!all(a.areas, b.areas,
             [](const auto& x, const auto& y) { return x.start == y.start && x.end == y.end; }))
      return "where areas begin and end";
    if (!all(a.areas, b.areas, [](const auto& x, const auto& y) { return x.flags == y.flags; }))
      return "areas' flags";
    if (!all(a.areas, b.areas, [](const auto& x, const auto& y) { return x.pgoff == y.pgoff; }))
      return "page offsets";
    if (!all(a.areas, b.areas, [&](const auto& x, const auto& y) {
          return x.forked == y.forked && match(anon_, x.anon, y.anon) &&
                 match(object_, x.object, y.object);
        }))
      return "anon_vmas or objects";
    if (!all(a.entries, b.entries, [&](const auto& x, const auto& y) {
          return x.address == y.address && x.prot == y.prot && x.kind == y.kind &&
                 x.inherited == y.inherited && x.writable == y.writable && x.dirty == y.dirty &&
                 x.hosted == y.hosted && match(frame_, x.frame, y.frame);
        }))
      return "present pages";
    if (!all(a.objects, b.objects,
             [&](const auto& x, const auto& y) {
               return match(object_, x.id, y.id) && x.pages == y.pages;
             }) ||
        !all(a.objectPages, b.objectPages, [&](const auto& x, const auto& y) {
          return match(object_, x.object, y.object) && x.index == y.index && x.dirty == y.dirty &&
                 match(frame_, x.frame, y.frame);
        }))
      return "what objects hold";
    if (!all(a.tables, b.tables,
             [](const auto& x, const auto& y) { return x.level == y.level && x.block == y.block; }))
      return "page tables";
    if (a.counters.total != b.counters.total || a.counters.stack != b.counters.stack ||
        a.counters.locked != b.counters.locked || a.counters.shared != b.counters.shared ||
        a.counters.committed != b.counters.committed ||
        (a.rules().dataIsPrivateWritable && a.counters.data != b.counters.data))
      return "counters";
    return {};
  }
};

Step stepOf(Op op) {
  Step step;
  step.op = op;
  return step;
}
Step onRange(Op op, std::uint64_t address, std::uint64_t length, std::uint32_t prot = 0,
             std::uint32_t flags = 0) {
  Step step = stepOf(op);
  step.address = address;
  step.length = length;
  step.prot = static_cast<std::uint8_t>(prot);
  step.flags = static_cast<std::uint16_t>(flags);
  return step;
}

/// Steps that may lead to such areas and pages: whether they do is for the model to say.
std::vector<Step> leadTo(const ConcreteSpace& s) {
  std::vector<Step> steps, dropped;
  bool forks = false;
  std::uint64_t adopted = 0;
  for (const auto& area : s.areas) {
    const std::uint32_t prot = area.flags & vm::access;
    const std::uint64_t length = area.end - area.start;
    const bool isPrivate = (area.flags & vm::shared) == 0;
    const auto page = std::find_if(s.entries.begin(), s.entries.end(), [&](const auto& e) {
      return e.address >= area.start && e.address < area.end;
    });
    const bool present = page != s.entries.end();
    const bool written = present && page->kind != model::PageKind::zero &&
                         (page->dirty || page->kind == model::PageKind::anonymous);
    const bool clean = written && isPrivate && !page->writable;
    const bool faulted = area.anon != 0 && !present && area.anon != adopted;
    adopted = area.anon;
    std::uint32_t first = prot;
    if (written || faulted || (isPrivate && (area.flags & vm::account)))
      first = prot | vm::read | vm::write;
    else if ((area.flags & vm::locked) && !present)
      first = 0; // what cannot be populated
    steps.push_back(onRange(Op::mmap, area.start, length, first,
                            flag::fixed | (isPrivate ? 0U : flag::shared) |
                                (area.flags & vm::growsdown ? flag::growsdown : 0U) |
                                (area.flags & vm::noreserve ? flag::noreserve : 0U) |
                                (area.flags & vm::nohugepage ? flag::stack : 0U)));
    const auto touch = [&](std::uint64_t address, bool writes) {
      Step step = onRange(Op::touch, address, 0);
      step.access = writes ? trace::Access::write : trace::Access::read;
      steps.push_back(step);
    };
    if (present) {
      touch(page->address, written);
      forks |= page->inherited;
    }
    if (faulted) {
      touch(area.end - s.pageSize(), true);
      forks |= area.forked;
      (area.forked ? dropped : steps)
          .push_back(onRange(Op::dontneed, area.end - s.pageSize(), s.pageSize()));
    }
    if (area.flags & vm::locked) steps.push_back(onRange(Op::mlock, area.start, length));
    if (clean && first == prot)
      steps.push_back(onRange(Op::mprotect, area.start, length, vm::read));
    if (first != prot || clean) steps.push_back(onRange(Op::mprotect, area.start, length, prot));
  }
  if (forks) steps.push_back(stepOf(Op::fork));
  steps.insert(steps.end(), dropped.begin(), dropped.end());
  return steps;
}

/// A page of its own at an address of an area, where none is.
void addPageAt(trace::State& state, std::uint64_t address) {
  const auto in = std::find_if(state.areas.begin(), state.areas.end(),
                               [&](const trace::Area& area) { return address < area.end; });
  trace::Page page;
  page.address = address;
  page.kind = model::PageKind::anonymous;
  for (const trace::Page& other : state.pages)
    page.frame = std::max(page.frame, other.frame);
  ++page.frame;
  if (in->flags & vm::access) page.prot |= trace::prot::read;
  if (in->flags & vm::exec) page.prot |= trace::prot::exec;
  state.pages.insert(
      std::find_if(state.pages.begin(), state.pages.end(),
                   [&](const trace::Page& other) { return other.address > address; }),
      page);
}

/// Limits and the rest that steps set, where they are not as every trace starts.
std::vector<Step> settings(const ConcreteSpace& s) {
  std::vector<Step> steps;
  const auto limit = [&](LimitKind kind, std::uint64_t bytes, std::uint64_t start) {
    if (bytes == start) return;
    Step step = stepOf(Op::limit);
    step.limit = kind;
    step.length = bytes;
    steps.push_back(step);
  };
  limit(LimitKind::stack, s.limits.stack, trace::initialStackLimit);
  limit(LimitKind::as, s.limits.as, trace::unlimited);
  limit(LimitKind::memlock, s.limits.memlock, trace::initialMemlockLimit);
  limit(LimitKind::data, s.limits.data, trace::unlimited);
  if (s.stackPointer != s.parameters->taskSize) {
    Step step = stepOf(Op::sp);
    step.address = s.stackPointer;
    steps.push_back(step);
  }
  if (!s.capable) steps.push_back(stepOf(Op::capable));
  return steps;
}

/// A process that has lived a trace but for its last step.
struct Lived {
  model::Process process;
  std::string problem; ///< empty: none
};

Lived live(trace::Trace& trace, const trace::RuleSet& rules, bool expect) {
  Lived lived;
  const auto parameters = trace::makeParameters(rules, trace.with, lived.problem);
  if (!parameters) return lived;
  std::optional<trace::State> initial = trace.initial;
  if (initial)
    if (const auto why = trace::completeInitial(*parameters, *initial)) {
      lived.problem = *why;
      return lived;
    }
  lived.process.start(*parameters, initial ? &*initial : nullptr);
  for (std::size_t i = 0; i + 1 < trace.records.size(); ++i) {
    const trace::Outcome outcome = lived.process.apply(trace.records[i].step);
    if (outcome.kind == trace::Outcome::Kind::unknown) {
      lived.problem = "the simulated machine is out of memory";
      return lived;
    }
    if (expect) trace.records[i].expected = outcome;
  }
  return lived;
}

/// The marks of a step but the first, which says only that there was one.
std::vector<model::Rule> wayOf(const model::Process& process) {
  const auto way = process.way();
  return {way.begin() + (way.empty() ? 0 : 1), way.end()};
}

/// Puts the step into the trace and says whether it takes the path of `run`.
std::string take(PathTrace& path, const PathRun& run, const trace::RuleSet& rules) {
  trace::Record last;
  last.step = run.step;
  path.trace.records.push_back(last);
  Lived lived = live(path.trace, rules, true);
  if (!lived.problem.empty()) return lived.problem;
  if (std::string difference = Difference::of(lived.process.space(), run.before);
      !difference.empty())
    return difference;
  path.trace.records.back().expected = lived.process.apply(run.step);
  path.way = wayOf(lived.process);
  std::vector<model::Rule> way(run.after.way.begin(),
                               run.after.way.begin() +
                                   static_cast<std::ptrdiff_t>(run.after.wayLength));
  way.resize(std::min(way.size(), run.after.way.size() - 1)); // the process' first mark is another
  if (way != path.way) return "the step goes another way as part of a trace";
  if (const std::string difference = Difference::of(lived.process.space(), run.after);
      !difference.empty())
    return "as part of a trace the step leaves something else: " + difference;
  return {};
}

PathTrace attempt(const PathRun& run, const trace::RuleSet& rules, bool initial,
                  std::string& problem) {
  const ConcreteSpace& s = run.before;
  PathTrace path;
  trace::Trace& t = path.trace;
  const trace::Parameters& p = *s.parameters;
  if (s.minAddr != p.minAddr) t.with.minAddr = s.minAddr;
  if (s.effectiveMinAddr != s.minAddr) t.with.lsmMinAddr = s.effectiveMinAddr;
  if (s.maxMapCount != p.maxMapCount) t.with.maxMapCount = s.maxMapCount;
  const auto add = [&](const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      t.records.emplace_back();
      t.records.back().step = step;
    }
  };
  if (initial && !(s.areas.empty() && s.entries.empty())) {
    t.initial = model::stateOf(s);
    t.initial->counters = {}; // what the areas count for
    for (const std::uint64_t page : run.gone) {
      addPageAt(*t.initial, page);
      add({onRange(Op::dontneed, page, s.pageSize())});
    }
  } else {
    add(leadTo(s));
  }
  add(settings(s));
  problem = take(path, run, rules);
  return path;
}

/// Plain steps, if they lead there; or else an initial state.
PathTrace traceOf(const PathRun& run, const trace::RuleSet& rules, std::string& problem) {
  // Steps that lock this much would take longer than all the rest.
  const bool tooMuch =
      std::any_of(run.before.areas.begin(), run.before.areas.end(), [](const auto& area) {
        return (area.flags & vm::locked) && area.end - area.start > std::uint64_t{1} << 24;
      });
  std::string why = "more than 16 MiB locked";
  if (!tooMuch) {
    PathTrace plain = attempt(run, rules, false, why);
    if (why.empty()) {
      problem.clear();
      return plain;
    }
  }
  PathTrace path = attempt(run, rules, true, problem);
  if (path.trace.initial) path.initial = why;
  return path;
}

Step request(Op op, trace::Access access = trace::Access::read, std::uint32_t prot = 0,
             std::uint32_t flags = 0) {
  Step step = onRange(op, 0, 0, prot, flags);
  step.access = access;
  return step;
}

} // namespace

const std::vector<PathStep>& pathSteps() {
  static const std::vector<PathStep> all = [] {
    using trace::Access;
    std::vector<PathStep> steps;
    using Free = PathStep::Free;
    const auto whole = [&](const std::string& name, const Step& step, unsigned areas,
                           bool low = false) {
      steps.push_back(
          {low ? name + "-low" : name, step, low, areas, Free::all, !low || step.op == Op::touch});
    };
    const auto onlyFlags = [&](const std::string& name, const Step& step, unsigned areas = 1) {
      steps.push_back({name + "-flags", step, false, areas, Free::flags, true});
    };
    // With all words free some are too many paths for every rule set.
    const auto parts = [&](const std::string& name, const Step& step, unsigned areas = 1,
                           bool everywhere = true) {
      steps.push_back({name, step, false, areas, Free::words, everywhere});
      onlyFlags(name, step, areas);
    };
    const auto partly = [&](const std::string& name, const Step& step, unsigned areas = 1) {
      parts(name, step, areas, false);
    };
    const auto neighbours = [&](const std::string& name, const Step& step) {
      steps.push_back({name + "-neighbours", step, false, 3, Free::neighbours, true});
    };
    const auto limits = [&](const std::string& name, const Step& step) {
      steps.push_back({name + "-limits", step, false, 1, Free::limits, true});
    };
    partly("touch-r", request(Op::touch, Access::read));
    parts("touch-w", request(Op::touch, Access::write));
    parts("touch-x", request(Op::touch, Access::exec));
    whole("touch-w", request(Op::touch, Access::write), 1, true);
    neighbours("touch-w", request(Op::touch, Access::write));
    steps.push_back(
        {"touch-w-apart", request(Op::touch, Access::write), false, 2, Free::apart, true});
    partly("kernel-r", request(Op::kernel, Access::read));
    partly("kernel-w", request(Op::kernel, Access::write));
    partly("gup-r", request(Op::gup, Access::read));
    partly("gup-w", request(Op::gup, Access::write));
    whole("gup-w", request(Op::gup, Access::write), 1, true);
    const auto mapping = [](std::uint32_t flags) {
      return request(Op::mmap, Access::read, vm::read | vm::write, flags);
    };
    partly("mmap-none-fixed", request(Op::mmap, Access::read, 0, flag::fixed));
    parts("mmap-rw-fixed", mapping(flag::fixed));
    steps.push_back({"mmap-rw-fixed-low", mapping(flag::fixed), true, 1, Free::words, true});
    neighbours("mmap-rw-fixed", mapping(flag::fixed));
    partly("mmap-rw-fixed-growsdown", mapping(flag::fixed | flag::growsdown));
    partly("mmap-rw-fixed-shared", mapping(flag::fixed | flag::shared));
    parts("mmap-rw-fixed-noreplace", mapping(flag::fixedNoreplace));
    whole("mmap-rw-fixed-noreserve", mapping(flag::fixed | flag::noreserve), 0);
    whole("mmap-rw-fixed-locked", mapping(flag::fixed | flag::locked), 0);
    whole("mmap-rw-fixed-locked-growsdown", mapping(flag::fixed | flag::locked | flag::growsdown),
          0);
    whole("mmap-rw-fixed-populate", mapping(flag::fixed | flag::populate), 0);
    steps.push_back({"mmap-rw-fixed-shared-populate",
                     mapping(flag::fixed | flag::shared | flag::populate), false, 0, Free::all,
                     false});
    parts("mmap-rw-hint", mapping(0));
    steps.push_back({"mmap-rw-hint-low", mapping(0), true, 1, Free::words, true});
    whole("mmap-rw-hint-growsdown", mapping(flag::growsdown), 0);
    whole("mmap-rw-shared", mapping(flag::shared), 0);
    whole("mmap-rw-shared-growsdown", mapping(flag::shared | flag::growsdown), 0);
    whole("mmap-rw-stack", mapping(flag::growsdown | flag::stack), 0);
    parts("munmap", request(Op::munmap));
    const auto protection = [](std::uint32_t prot, std::uint32_t flags = 0) {
      return request(Op::mprotect, Access::read, prot, flags);
    };
    parts("mprotect-none", protection(0));
    parts("mprotect-r", protection(vm::read));
    parts("mprotect-rw", protection(vm::read | vm::write));
    neighbours("mprotect-rw", protection(vm::read | vm::write));
    limits("mprotect-rw", protection(vm::read | vm::write));
    parts("mprotect-rw-growsdown", protection(vm::read | vm::write, flag::growsdown));
    parts("mlock", request(Op::mlock));
    neighbours("mlock", request(Op::mlock));
    parts("munlock", request(Op::munlock), 2);
    neighbours("munlock", request(Op::munlock));
    parts("dontneed", request(Op::dontneed));
    parts("mremap", request(Op::mremap));
    onlyFlags("mremap-maymove", request(Op::mremap, Access::read, 0, flag::maymove));
    onlyFlags("mremap-to", request(Op::mremap, Access::read, 0, flag::to));
    neighbours("mremap-to", request(Op::mremap, Access::read, 0, flag::to));
    limits("mremap-maymove", request(Op::mremap, Access::read, 0, flag::maymove));
    limits("mremap-to", request(Op::mremap, Access::read, 0, flag::to));
    whole("fork", request(Op::fork), 2);
    return steps;
  }();
  return all;
}

Paths explorePaths(const PathStep& step, const trace::RuleSet& rules, const Budget& budget) {
  Paths paths;
  std::string problem;
  const auto parameters = trace::makeParameters(rules, {}, problem);
  if (!parameters) {
    paths.explored.verdict = smt::Verdict::error;
    paths.explored.reason = problem;
    return paths;
  }
  const PathText text{step, *parameters};
  Explorer explorer(budget);
  paths.explored = explorer.explore(
      [&](Explorer& e) {
        Run<Symbolic> run(e);
        text(run);
      },
      [&](const Path& path) {
        PathRun run(path.witness);
        run.step = step.step;
        text(static_cast<Run<model::Concrete>&>(run));
        std::string complaint = disagreement(run, path);
        if (!complaint.empty()) return complaint;
        PathTrace found = traceOf(run, rules, problem);
        if (problem.empty())
          paths.traces.push_back(std::move(found));
        else
          paths.exceptions.push_back("path " + std::to_string(path.number) + ": " + problem);
        return complaint;
      });
  return paths;
}

bool takesTheSameWay(const PathTrace& path, const trace::RuleSet& rules) {
  trace::Trace copy = path.trace;
  Lived lived = live(copy, rules, true);
  if (!lived.problem.empty()) return false;
  // An `init` block's page may be one that this rule set never has: x86 lets shared pages be
  // written before they are dirty.
  if (copy.initial) {
    ConcreteSpace space = lived.process.space();
    for (const model::Entry<model::Concrete>& entry : space.entries) {
      if (entry.kind != model::PageKind::shared) continue;
      model::Entry<model::Concrete> settled = entry;
      model::settle(space, settled, space.area(space.findVma(entry.address)).flags);
      if (settled.prot != entry.prot) return false;
    }
  }
  for (std::size_t i = 0; i + 1 < copy.records.size(); ++i)
    if (!(copy.records[i].expected == path.trace.records[i].expected)) return false;
  const trace::Record& last = path.trace.records.back();
  return lived.process.apply(last.step) == last.expected && wayOf(lived.process) == path.way;
}

} // namespace growsdown::proofs
