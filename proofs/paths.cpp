#include "proofs/paths.h"

#include "model/step.h"
#include "proofs/path_shapes.h"
#include "proofs/realise.h"
#include "proofs/rules.h"
#include "proofs/run.h"
#include "trace/fields.h"

#include <algorithm>

namespace growsdown::proofs {
namespace {

namespace vm = trace::vm;
namespace flag = trace::flag;
using trace::Op;
using ConcreteSpace = model::Space<model::Concrete>;

/// Keeps the witness.
class PathRun : public Run<model::Concrete> {
 public:
  using Run<model::Concrete>::Run;
  PathWitness kept;
};

void keepBefore(Run<Symbolic>&, const model::Space<Symbolic>&, const model::Call<Symbolic>&) {}
void keepBefore(Run<model::Concrete>& run, const ConcreteSpace& space,
                const model::Call<model::Concrete>& call) {
  PathWitness& kept = static_cast<PathRun&>(run).kept;
  kept.before = space;
  kept.call = call;
}
void keepGone(Run<Symbolic>&, const Sym&) {}
void keepGone(Run<model::Concrete>& run, std::uint64_t page) {
  static_cast<PathRun&>(run).kept.gone.push_back(page);
}
void keepAfter(Run<Symbolic>&, const model::LoggedSpace<Symbolic>&) {}
void keepAfter(Run<model::Concrete>& run, const model::LoggedSpace<model::Concrete>& space) {
  static_cast<PathRun&>(run).kept.after = space;
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
    model::LoggedSpace<D> s = start(run); // with a new log
    const model::Call<D> call = operands(run, s);
    keepBefore(run, s, call);
    const model::StepResult<D> result = model::perform<D>(s, call);
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(result.error)});
    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(result.verdict)});
    run.output("answer", result.address);
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
    model::LoggedSpace<D> s;
    s.parameters = parameters;
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
    return s;
  }

  const std::vector<Shape>& shapesToTake() const {
    if (path.free == PathStep::Free::apart) return apartShapes();
    const bool few = path.free == PathStep::Free::words || path.free == PathStep::Free::limits;
    return few && !isAccess(path.step.op) ? fewShapes() : allShapes();
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
    // All pages of a locked area are present.
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
    // The other flags are those that the step gives to an area, or takes from it.
    const Op op = path.step.op;
    const std::uint32_t other = op == Op::mlock || op == Op::munlock ? data | vm::locked
                                : op == Op::mprotect                 ? data & ~vm::write
                                                                     : data | vm::growsdown;
    return typename D::Flags{(run.flip(name + ".other") ? other : data) & mask};
  }

  template <class D>
  void addPage(Run<D>& run, model::LoggedSpace<D>& s, const Shape& shape) const {
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

  /// The addresses and lengths of the step: any words, unless the rules would go through many pages
  /// one by one.
  template <class D>
  model::Call<D> operands(Run<D>& run, model::Space<D>& s) const {
    const std::uint64_t page = parameters.geometry.page;
    const Op op = path.step.op;
    model::Call<D> w = model::callOf<D>(path.step);
    if (op == Op::fork) return w;
    if (usual()) return usualOperands(run);
    const bool access = isAccess(op);
    // Higher addresses are beyond user space, have a tag or are not canonical. The theorem
    // step-address is about them.
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

  /// The range is the whole, the tail, the head or the middle of the first area; or it lies below,
  /// around or above this area, or reaches into the next one. For neighbours it is the whole, the
  /// head or the tail of the second area, part of both, or the first area. An access is to the
  /// first page of the range.
  template <class D>
  model::Call<D> usualOperands(Run<D>& run) const {
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
    model::Call<D> w = model::callOf<D>(path.step);
    w.address = usualStart + range.from * page;
    if (access) return w;
    w.length = range.pages * page;
    if (op == Op::mremap) w.newLength = (std::uint64_t{2} << run.choose("newLength", 3)) * page;
    if (path.step.flags & flag::to)
      w.target = usualStart + (run.flip("near") ? usualPages : 64 * usualPages) * page;
    if (op == Op::mremap && path.free == PathStep::Free::limits) oddWords(run, w);
    return w;
  }

  /// Arguments that mremap refuses whatever the areas are, and the old length 0, which duplicates.
  template <class D>
  void oddWords(Run<D>& run, model::Call<D>& w) const {
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
  static void outputs(Run<D>& run, const model::LoggedSpace<D>& s) {
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
    run.output("steps", std::uint64_t{s.log.reachedCount});
  }
};

} // namespace

Paths explorePaths(const PathStep& step, const trace::RuleSet& rules, const Budget& budget) {
  Paths paths;
  std::string problem;
  const auto parameters = trace::makeParameters(rules, {}, problem);
  if (!parameters) {
    paths.explored.verdict = smt::ProofVerdict::error;
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
        text(static_cast<Run<model::Concrete>&>(run));
        std::string complaint = disagreement(run, path);
        if (!complaint.empty()) return complaint;
        PathTrace found = realise(run.kept, rules, problem);
        if (problem.empty())
          paths.traces.push_back(std::move(found));
        else
          paths.exceptions.push_back("path " + std::to_string(path.number) + ": " + problem);
        return complaint;
      });
  return paths;
}

} // namespace growsdown::proofs
