#include "proofs/paths.h"

#include <utility>

namespace growsdown::proofs {
namespace {

namespace vm = trace::vm;
namespace flag = trace::flag;
using trace::Access;
using trace::Op;
using trace::Step;
using Free = PathStep::Free;

Step access(Op op, Access kind) {
  return {.op = op, .access = kind};
}
Step call(Op op, std::uint16_t flags = 0) {
  return {.op = op, .flags = flags};
}
Step mapping(std::uint16_t flags) {
  return {.op = Op::mmap, .prot = trace::prot::read | trace::prot::write, .flags = flags};
}
Step protection(std::uint8_t prot, std::uint16_t flags = 0) {
  return {.op = Op::mprotect, .prot = prot, .flags = flags};
}

class StepList {
 public:
  void add(PathStep step) { steps_.push_back(std::move(step)); }
  void whole(const std::string& name, const Step& step, unsigned areas, bool low = false) {
    add({low ? name + "-low" : name, step, low, areas, Free::all, !low || step.op == Op::touch});
  }
  void onlyFlags(const std::string& name, const Step& step, unsigned areas = 1) {
    add({name + "-flags", step, false, areas, Free::flags, true});
  }
  /// Words, and flags. With all words free some steps have too many paths for every rule set.
  void parts(const std::string& name, const Step& step, unsigned areas = 1,
             bool everywhere = true) {
    add({name, step, false, areas, Free::words, everywhere});
    onlyFlags(name, step, areas);
  }
  void partly(const std::string& name, const Step& step, unsigned areas = 1) {
    parts(name, step, areas, false);
  }
  void neighbours(const std::string& name, const Step& step) {
    add({name + "-neighbours", step, false, 3, Free::neighbours, true});
  }
  void limits(const std::string& name, const Step& step) {
    add({name + "-limits", step, false, 1, Free::limits, true});
  }
  std::vector<PathStep> take() { return std::move(steps_); }

 private:
  std::vector<PathStep> steps_;
};

void addAccesses(StepList& list) {
  list.partly("touch-r", access(Op::touch, Access::read));
  list.parts("touch-w", access(Op::touch, Access::write));
  list.parts("touch-x", access(Op::touch, Access::exec));
  list.whole("touch-w", access(Op::touch, Access::write), 1, true);
  list.neighbours("touch-w", access(Op::touch, Access::write));
  list.add({"touch-w-apart", access(Op::touch, Access::write), false, 2, Free::apart, true});
  list.partly("kernel-r", access(Op::kernel, Access::read));
  list.partly("kernel-w", access(Op::kernel, Access::write));
  list.partly("gup-r", access(Op::gup, Access::read));
  list.partly("gup-w", access(Op::gup, Access::write));
  list.whole("gup-w", access(Op::gup, Access::write), 1, true);
}

void addMappings(StepList& list) {
  list.partly("mmap-none-fixed", call(Op::mmap, flag::fixed));
  list.parts("mmap-rw-fixed", mapping(flag::fixed));
  list.add({"mmap-rw-fixed-low", mapping(flag::fixed), true, 1, Free::words, true});
  list.neighbours("mmap-rw-fixed", mapping(flag::fixed));
  list.partly("mmap-rw-fixed-growsdown", mapping(flag::fixed | flag::growsdown));
  list.partly("mmap-rw-fixed-shared", mapping(flag::fixed | flag::shared));
  list.parts("mmap-rw-fixed-noreplace", mapping(flag::fixedNoreplace));
  list.whole("mmap-rw-fixed-noreserve", mapping(flag::fixed | flag::noreserve), 0);
  list.whole("mmap-rw-fixed-locked", mapping(flag::fixed | flag::locked), 0);
  list.whole("mmap-rw-fixed-locked-growsdown",
             mapping(flag::fixed | flag::locked | flag::growsdown), 0);
  list.whole("mmap-rw-fixed-populate", mapping(flag::fixed | flag::populate), 0);
  list.add({"mmap-rw-fixed-shared-populate", mapping(flag::fixed | flag::shared | flag::populate),
            false, 0, Free::all, false});
  list.parts("mmap-rw-hint", mapping(0));
  list.add({"mmap-rw-hint-low", mapping(0), true, 1, Free::words, true});
  list.whole("mmap-rw-hint-growsdown", mapping(flag::growsdown), 0);
  list.whole("mmap-rw-shared", mapping(flag::shared), 0);
  list.whole("mmap-rw-shared-growsdown", mapping(flag::shared | flag::growsdown), 0);
  list.whole("mmap-rw-stack", mapping(flag::growsdown | flag::stack), 0);
}

void addRanges(StepList& list) {
  constexpr std::uint8_t read = trace::prot::read;
  constexpr std::uint8_t readWrite = trace::prot::read | trace::prot::write;
  list.parts("munmap", call(Op::munmap));
  list.parts("mprotect-none", protection(0));
  list.parts("mprotect-r", protection(read));
  list.parts("mprotect-rw", protection(readWrite));
  list.neighbours("mprotect-rw", protection(readWrite));
  list.limits("mprotect-rw", protection(readWrite));
  list.parts("mprotect-rw-growsdown", protection(readWrite, flag::growsdown));
  list.parts("mlock", call(Op::mlock));
  list.neighbours("mlock", call(Op::mlock));
  list.parts("munlock", call(Op::munlock), 2);
  list.neighbours("munlock", call(Op::munlock));
  list.parts("dontneed", call(Op::dontneed));
  list.parts("mremap", call(Op::mremap));
  list.onlyFlags("mremap-maymove", call(Op::mremap, flag::maymove));
  list.onlyFlags("mremap-to", call(Op::mremap, flag::to));
  list.neighbours("mremap-to", call(Op::mremap, flag::to));
  list.limits("mremap-maymove", call(Op::mremap, flag::maymove));
  list.limits("mremap-to", call(Op::mremap, flag::to));
  list.whole("fork", call(Op::fork), 2);
}

} // namespace

const std::vector<PathStep>& pathSteps() {
  static const std::vector<PathStep> all = [] {
    StepList list;
    addAccesses(list);
    addMappings(list);
    addRanges(list);
    return list.take();
  }();
  return all;
}

} // namespace growsdown::proofs
