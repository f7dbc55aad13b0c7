// Random calls of this process on the running kernel, and the same calls on the library: results and
// addresses must be equal, and so must the anonymous areas of /proc/self/maps at the end. It is a
// program by itself, because nothing else may map memory meanwhile.
//
// Exit codes: 0 equal; 1 different; 77 no rule set stands for this kernel.
#include "growsdown/address_space.hpp"
#include "systems/host.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace growsdown {
namespace {

constexpr Address userEnd = Address{1} << 56; // vsyscall lies above
constexpr unsigned calls = 20000;

struct Line {
  Address start = 0, end = 0;
  std::string rights, name;
};

std::vector<Line> readMaps() {
  std::vector<Line> lines;
  std::ifstream in("/proc/self/maps");
  for (std::string text; std::getline(in, text);) {
    unsigned long start = 0, end = 0;
    char rights[5] = "";
    int name = 0;
    std::sscanf(text.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &start, &end, rights, &name);
    if (start < userEnd) lines.push_back({start, end, rights, text.substr(name)});
  }
  return lines;
}

Prot protOf(const std::string& rights) {
  Prot prot = Prot::none;
  if (rights[0] == 'r') prot = prot | Prot::read;
  if (rights[1] == 'w') prot = prot | Prot::write;
  if (rights[2] == 'x') prot = prot | Prot::exec;
  return prot;
}

/// The areas of this process. File mappings become shared memory, which does not merge either.
bool import(AddressSpace& space) {
  for (const Line& line : readMaps()) {
    const bool anonymous = line.name.empty() || line.name[0] == '[';
    MapFlags flags = MapFlags::anonymous | MapFlags::fixed |
                     (anonymous ? MapFlags::privateMapping : MapFlags::shared);
    if (line.name == "[stack]") flags = flags | MapFlags::growsdown;
    if (!space.mmap(line.start, line.end - line.start, protOf(line.rights), flags)) return false;
  }
  return true;
}

class Comparison {
 public:
  Comparison(AddressSpace& space, unsigned seed)
      : space_(space), random_(seed), page_(space.pageSize()) {
    ranges_.reserve(calls);
  }

  void call() {
    const auto kind = random_() % 10;
    if (kind < 5 || ranges_.empty()) return mapOne();
    const std::size_t place = random_() % ranges_.size();
    Range& range = ranges_[place];
    void* const start = pointer(range.start);
    if (kind < 8) {
      compare("munmap", ::munmap(start, range.length) == 0 ? 0 : -errno,
              space_.munmap(range.start, range.length).raw());
      range = ranges_.back();
      ranges_.pop_back();
    } else if (kind < 9) {
      const std::uint64_t length = (1 + random_() % 80) * page_;
      const std::int64_t moved = result(::mremap(start, range.length, length, MREMAP_MAYMOVE));
      compare("mremap", moved,
              space_.mremap(range.start, range.length, length, MremapFlags::maymove).raw());
      if (moved > 0) range = {static_cast<Address>(moved), length};
    } else {
      const int prot = random_() % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
      compare("mprotect", ::mprotect(start, range.length, prot) == 0 ? 0 : -errno,
              space_.mprotect(range.start, range.length, static_cast<Prot>(prot)).raw());
    }
  }

  /// Compares the anonymous areas, whether this program made them or not.
  void compareAreas() {
    for (const Line& line : readMaps()) {
      if (!line.name.empty() && line.name != "/dev/zero (deleted)") continue;
      const auto area = space_.areaAt(line.start);
      if (!area || area->start != line.start || area->end != line.end ||
          area->prot != protOf(line.rights) || area->shared() != (line.rights[3] == 's'))
        differs("an area of /proc/self/maps", static_cast<std::int64_t>(line.start),
                area ? static_cast<std::int64_t>(area->start) : 0);
      ++areas;
    }
  }

  unsigned areas = 0;
  unsigned differences = 0;

 private:
  struct Range {
    Address start = 0;
    std::uint64_t length = 0;
  };

  void mapOne() {
    std::uint64_t length = (1 + random_() % 64) * page_;
    if (random_() % 8 == 0) length = (1 + random_() % 4) << 21; // huge pages are aligned
    if (random_() % 5 == 0) length -= random_() % page_;
    int flags = MAP_ANONYMOUS | MAP_NORESERVE;
    flags |= random_() % 6 == 0 ? MAP_SHARED : MAP_PRIVATE;
    if ((flags & MAP_PRIVATE) != 0 && random_() % 8 == 0) flags |= MAP_GROWSDOWN;
    const int prot = random_() % 3 == 0 ? PROT_NONE : random_() % 2 ? PROT_READ : PROT_WRITE;
    Address hint = 0;
    if (random_() % 4 == 0 && !ranges_.empty())
      hint = ranges_[random_() % ranges_.size()].start + random_() % 40 * page_ - 20 * page_ +
             random_() % 2 * 100;
    const std::int64_t mapped = result(::mmap(pointer(hint), length, prot, flags, -1, 0));
    compare("mmap", mapped,
            space_.mmap(hint, length, static_cast<Prot>(prot), static_cast<MapFlags>(flags)).raw());
    if (mapped > 0)
      ranges_.push_back({static_cast<Address>(mapped), (length + page_ - 1) & ~(page_ - 1)});
  }

  static void* pointer(Address address) { return reinterpret_cast<void*>(address); }
  static std::int64_t result(void* mapped) {
    return mapped == MAP_FAILED
               ? -errno
               : static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(mapped));
  }
  void compare(const char* what, std::int64_t kernel, std::int64_t library) {
    if (kernel != library) differs(what, kernel, library);
  }
  void differs(const char* what, std::int64_t kernel, std::int64_t library) {
    ++differences;
    std::printf("%s: the kernel has %llx, the library %llx\n", what,
                static_cast<unsigned long long>(kernel), static_cast<unsigned long long>(library));
  }

  AddressSpace& space_;
  std::mt19937_64 random_;
  const std::uint64_t page_;
  std::vector<Range> ranges_;
};

int run() {
  // The library's own memory comes from the heap, far below.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TOP_PAD, 64 << 20);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  std::string why;
  const std::string rules = systems::rulesFor(systems::runningKernel(), why);
  if (rules.empty() || access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
    std::printf("not judged: %s\n", rules.empty() ? why.c_str() : "no transparent huge pages");
    return 77;
  }
  // The program interpreter is the first thing that exec maps below mmap_base.
  Options options;
  options.pageSize = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  options.mmapBase = 0;
  for (const Line& line : readMaps())
    if (line.name.find('[') == std::string::npos) options.mmapBase = line.end;
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  options.stackLimit = limit.rlim_cur;
  AddressSpace space(rules, options);
  Comparison comparison(space, 1);
  if (!import(space)) return 1;
  for (unsigned i = 0; i < calls && comparison.differences < 10; ++i)
    comparison.call();
  comparison.compareAreas();
  std::printf("%s: %u calls, %u areas, %u differences\n", rules.c_str(), calls, comparison.areas,
              comparison.differences);
  return comparison.differences == 0 ? 0 : 1;
}

} // namespace
} // namespace growsdown

int main() {
  return growsdown::run();
}
