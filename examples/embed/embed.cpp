// A program that asks what Linux would do: it maps memory, lets a stack grow by page faults until the
// guard gap and the limit stop it, and prints what /proc/PID/maps would show. docs/library.md has its
// output.
//
//     c++ -std=c++20 embed.cpp $(pkg-config --cflags --libs growsdown) -o embed
#include <growsdown/address_space.hpp>

#include <cstdio>
#include <string>

using namespace growsdown;

namespace {

constexpr std::uint64_t page = 4096;
constexpr MapFlags anonymous = MapFlags::privateMapping | MapFlags::anonymous;

// A host would change its own mappings here.
struct Host final : Observer {
  void map(const Pages& pages, Contents contents) override {
    if (contents == Contents::copied)
      print("copy ", pages);
    else
      print("map  ", pages);
  }
  void protect(const Pages& pages) override { print("prot ", pages); }
  void move(Address from, const Pages& pages) override {
    print("move ", pages);
    std::printf("             from %llx\n", static_cast<unsigned long long>(from));
  }
  void unmap(Address start, Address end) override {
    std::printf("    host: unmap %llx-%llx\n", static_cast<unsigned long long>(start),
                static_cast<unsigned long long>(end));
  }

 private:
  static void print(const char* what, const Pages& pages) {
    std::printf("    host: %s %llx-%llx %s\n", what, static_cast<unsigned long long>(pages.start),
                static_cast<unsigned long long>(pages.end),
                contains(pages.rights, Prot::write) ? "rw" : "r");
  }
};

void touch(AddressSpace& space, Address address) {
  const FaultResult result = space.fault(address, Access::write);
  std::printf("write to %llx: %s\n", static_cast<unsigned long long>(address),
              result.ok() ? "ok" : std::string(name(result.signal().code)).c_str());
}

} // namespace

int main() {
  Options options;
  options.stackLimit = 256 * page;
  AddressSpace space("linux-6.12-amd64", options);
  Host host;
  space.observe(&host);

  const Prot rw = Prot::read | Prot::write;
  const auto heap = space.mmap(0, 16 * page, rw, anonymous);
  if (!heap) {
    std::printf("mmap: %s\n", std::string(name(heap.error())).c_str());
    return 1;
  }
  std::printf("mmap chose %llx\n", static_cast<unsigned long long>(heap.value()));
  touch(space, heap.value());

  // A stack of one page, 300 pages above another mapping.
  const Address top = 0x7fff00000000;
  const MapFlags fixed = anonymous | MapFlags::fixed;
  if (!space.mmap(top - 301 * page, page, rw, fixed) ||
      !space.mmap(top - page, page, rw, fixed | MapFlags::growsdown))
    return 1;
  touch(space, top - 8);         // in the area
  touch(space, top - 40 * page); // the stack grows
  touch(space, top - 45 * page); // 255 pages would be left: the guard gap is 256
  if (!space.munmap(top - 301 * page, page)) return 1;
  touch(space, top - 256 * page); // no gap is needed now
  touch(space, top - 257 * page); // RLIMIT_STACK

  for (const Area& area : space.areas())
    std::printf("%s  %s\n", mapsLine(area).c_str(), smapsFlags(area).c_str());
  const Counters counters = space.counters();
  std::printf("VmSize %llu kB, VmRSS %llu kB, VmStk %llu kB\n",
              static_cast<unsigned long long>(counters.total / 1024),
              static_cast<unsigned long long>(counters.resident() / 1024),
              static_cast<unsigned long long>(counters.stack / 1024));
  return 0;
}
