// The public C++ interface: ranges of areas and pages, counters, observers, copies.
#include "tests/unit/library_scenario.h"

#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace growsdown {
namespace {

using namespace tests;

static_assert(std::forward_iterator<ItemRange<Area>::iterator>);
static_assert(std::sentinel_for<std::default_sentinel_t, ItemRange<Area>::iterator>);
static_assert(!std::is_copy_constructible_v<AddressSpace>);

/// Writes down events, one line each.
struct Log final : Observer {
  void map(const Pages& pages, Contents contents) override {
    constexpr const char* names[] = {"zeros", "object", "copied"};
    add("map", pages, names[static_cast<unsigned>(contents)]);
  }
  void protect(const Pages& pages) override { add("protect", pages, ""); }
  void move(Address from, const Pages& pages) override {
    add("move", pages, "from " + std::to_string((from - base) / page));
  }
  void unmap(Address start, Address end) override { lines.push_back("unmap " + range(start, end)); }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;

 private:
  static std::string range(Address start, Address end) {
    return std::to_string((start - base) / page) + "-" + std::to_string((end - base) / page);
  }
  void add(const char* what, const Pages& pages, const std::string& more) {
    constexpr const char* kinds[] = {"zero", "anonymous", "shared"};
    std::string line = what;
    line += " " + range(pages.start, pages.end) + " ";
    for (const auto& [prot, letter] :
         {std::pair{Prot::read, 'r'}, std::pair{Prot::write, 'w'}, std::pair{Prot::exec, 'x'}})
      line += contains(pages.rights, prot) ? letter : '-';
    line += std::string(" ") + kinds[static_cast<unsigned>(pages.kind)];
    if (!more.empty()) line += " " + more;
    lines.push_back(line);
  }
};

// --- ranges

TEST(Library, AreasAreARange) {
  AddressSpace space = amd64();
  EXPECT_EQ(std::distance(space.areas().begin(), space.areas().begin()), 0);
  EXPECT_TRUE(space.areas().begin() == space.areas().end());
  for (unsigned i = 0; i < 10; ++i)
    need(space.mmap(base + i * 2 * page, page, i % 2 == 0 ? rw : Prot::read, fixedly));
  const auto areas = space.areas();
  unsigned readable = 0;
  for (auto at = areas.begin(); at != areas.end(); at++)
    readable += at->prot == Prot::read;
  EXPECT_EQ(readable, 5U);
  auto at = areas.begin();
  const auto copy = at++;
  EXPECT_EQ(copy->start, base);
  EXPECT_EQ(at->start, base + 2 * page);
  // It may be changed while it is iterated.
  for (const Area& area : space.areas())
    need(space.munmap(area.start, area.length()));
  EXPECT_TRUE(space.areas().begin() == space.areas().end());
}

TEST(Library, AreasShowWhatProcShows) {
  AddressSpace space = amd64();
  need(space.mmap(base, page, rw, stack));
  need(space.mmap(base + 2 * page, page, Prot::none, shared | MapFlags::fixed));
  need(space.mmap(base + 4 * page, page, Prot::read | Prot::exec,
                  fixedly | MapFlags::noreserve | MapFlags::stack | MapFlags::locked));
  EXPECT_EQ(maps(space), (Lines{"1000000000-1000001000 rw-p", "1000002000-1000003000 ---s",
                                "1000004000-1000005000 r-xp"}));
  Lines flags;
  for (const Area& area : space.areas())
    flags.push_back(smapsFlags(area));
  EXPECT_EQ(flags, (Lines{"rd wr mr mw me gd ac", "sh mr mw me ms", "rd ex mr mw me lo nr nh"}));
  EXPECT_EQ(space.areaAt(base)->offset, base);
  EXPECT_EQ(space.areaAt(base + 2 * page)->object, 1U);

  AddressSpace older("linux-4.3-amd64");
  need(older.mmap(base, 2 * page, rw, stack));
  EXPECT_EQ(older.areaAt(base)->shownStart, base + page) << "the guard page is not shown";
}

TEST(Library, PagesComeInRuns) {
  AddressSpace space = amd64();
  need(space.mmap(base, 1000 * page, rw, fixedly | MapFlags::populate));
  need(space.mprotect(base + 500 * page, 10 * page, Prot::read));
  need(space.madvise(base + 900 * page, page, Advice::dontneed));
  ASSERT_TRUE(space.fault(base + 900 * page, Access::read).ok());
  const auto run = [](unsigned first, unsigned last, Prot rights, PageKind kind) {
    return Pages{base + first * page, base + last * page, rights, kind, 0, 0};
  };
  std::vector<Pages> runs;
  for (const Pages& pages : space.pages())
    runs.push_back(pages);
  EXPECT_EQ(runs, (std::vector{run(0, 500, rw, PageKind::anonymous),
                               run(500, 510, Prot::read, PageKind::anonymous),
                               run(510, 900, rw, PageKind::anonymous),
                               run(900, 901, Prot::read, PageKind::zero),
                               run(901, 1000, rw, PageKind::anonymous)}));
  const auto part = space.pages(base + 505 * page + 1, base + 600 * page);
  EXPECT_EQ(*part.begin(), run(505, 510, Prot::read, PageKind::anonymous));
  EXPECT_EQ(*std::next(part.begin()), run(510, 600, rw, PageKind::anonymous));
  EXPECT_TRUE(std::next(part.begin(), 2) == part.end());
}

TEST(Library, CountersAreThoseOfProcStatus) {
  AddressSpace space = amd64();
  need(space.mmap(base, 10 * page, rw, fixedly));
  need(space.mmap(base + 20 * page, 5 * page, rw, shared | MapFlags::fixed | MapFlags::populate));
  ASSERT_TRUE(space.fault(base, Access::write).ok());
  ASSERT_TRUE(space.fault(base + page, Access::read).ok());
  const Counters counters = space.counters();
  EXPECT_EQ(counters.total, 15 * page);
  EXPECT_EQ(counters.data, 10 * page);
  EXPECT_EQ(counters.committed, 10 * page);
  EXPECT_EQ(counters.anonymous, page);
  EXPECT_EQ(counters.shared, 5 * page);
  EXPECT_EQ(counters.resident(), 6 * page) << "without the zero page";
  EXPECT_EQ(counters.areas, 2U);
  EXPECT_EQ(counters.faults, 2U);
}

// --- the observer

TEST(Library, ObserversAreToldInOrder) {
  AddressSpace space = amd64();
  Log log;
  space.observe(&log);
  need(space.mmap(base, 8 * page, rw, fixedly | MapFlags::populate));
  EXPECT_EQ(log.take(), Lines{"map 0-8 rw- anonymous zeros"});
  need(space.mprotect(base + page, 2 * page, Prot::read));
  EXPECT_EQ(log.take(), Lines{"protect 1-3 r-- anonymous"});
  need(space.mmap(base + 2 * page, 2 * page, rw, fixedly | MapFlags::populate));
  EXPECT_EQ(log.take(), (Lines{"unmap 2-4", "map 2-4 rw- anonymous zeros"}));
  need(space.madvise(base + 6 * page, 2 * page, Advice::dontneed));
  EXPECT_EQ(log.take(), Lines{"unmap 6-8"});
  ASSERT_TRUE(space.fault(base + 6 * page, Access::read).ok());
  EXPECT_EQ(log.take(), Lines{"map 6-7 r-- zero zeros"});
  ASSERT_TRUE(space.fault(base + 6 * page, Access::write).ok());
  EXPECT_EQ(log.take(), Lines{"map 6-7 rw- anonymous copied"});
  ASSERT_TRUE(space.fault(base + 6 * page, Access::write).ok());
  EXPECT_EQ(log.take(), Lines{});
  need(space.mremap(base + 4 * page, 2 * page, 2 * page, MremapFlags::maymove | MremapFlags::fixed,
                    base + 16 * page));
  EXPECT_EQ(log.take(), Lines{"move 16-18 rw- anonymous from 4"});
  space.fork();
  EXPECT_EQ(log.take(), (Lines{"protect 0-1 r-- anonymous", "protect 2-4 r-- anonymous",
                               "protect 6-7 r-- anonymous", "protect 16-18 r-- anonymous"}));
  ASSERT_TRUE(space.fault(base, Access::write).ok());
  EXPECT_EQ(log.take(), Lines{"map 0-1 rw- anonymous copied"});
  need(space.munmap(base, 32 * page));
  EXPECT_EQ(log.take(), (Lines{"unmap 0-4", "unmap 6-7", "unmap 16-18"}));
  need(space.mmap(base, 2 * page, rw, shared | MapFlags::fixed));
  need(space.kernelAccess(base + page, Access::write));
  EXPECT_EQ(log.take(), Lines{"map 1-2 rw- shared object"});
  space.observe(nullptr);
  need(space.munmap(base, page));
  EXPECT_EQ(log.take(), Lines{});
}

// A callback sees the state after the call.
TEST(Library, ObserversMayAsk) {
  struct Asks final : Observer {
    explicit Asks(AddressSpace& asked) : space(asked) {}
    void map(const Pages& pages, Contents) override { seen = space.areaAt(pages.start); }
    void protect(const Pages&) override {}
    void move(Address, const Pages&) override {}
    void unmap(Address start, Address) override { seen = space.areaAt(start); }
    AddressSpace& space;
    std::optional<Area> seen;
  };
  AddressSpace space = amd64();
  Asks asks(space);
  space.observe(&asks);
  need(space.mmap(base, page, rw, fixedly | MapFlags::populate));
  ASSERT_TRUE(asks.seen);
  EXPECT_EQ(asks.seen->start, base);
  need(space.munmap(base, page));
  EXPECT_FALSE(asks.seen);
}

// --- copies and exhaustion

TEST(Library, ClonesLiveTheirOwnLives) {
  AddressSpace space = amd64();
  need(space.mmap(base, 4 * page, rw, fixedly | MapFlags::populate));
  need(space.mmap(base + 8 * page, 4 * page, rw, shared | MapFlags::fixed | MapFlags::populate));
  space.setLimit(Limit::as, 100 * page);
  AddressSpace child = space.clone();
  child.fork();
  need(space.munmap(base, 2 * page));
  EXPECT_EQ(maps(child), (Lines{"1000000000-1000004000 rw-p", "1000008000-100000c000 rw-s"}));
  EXPECT_EQ(child.pageAt(base)->rights, Prot::read);
  EXPECT_EQ(space.pageAt(base + 2 * page)->rights, rw);
  EXPECT_EQ(child.limit(Limit::as), 100 * page);
  EXPECT_EQ(child.mmap(0, 100 * page, rw, anonymous).error(), Errno::enomem);
  const AddressSpace moved = std::move(child);
  EXPECT_EQ(moved.counters().areas, 2U);
  EXPECT_EQ(moved.rules(), "linux-6.12-amd64");
}

TEST(Library, SaysWhenItsMemoryIsFull) {
  Options options;
  options.memory = 4 * page;
  AddressSpace space = amd64(options);
  need(space.mmap(base, 8 * page, rw, fixedly));
  for (unsigned i = 0; i < 4; ++i)
    ASSERT_TRUE(space.fault(base + i * page, Access::write).ok());
  EXPECT_THROW(static_cast<void>(space.fault(base + 4 * page, Access::write)), Exhausted);
  EXPECT_THROW(static_cast<void>(space.munmap(base, page)), Exhausted) << "from then on";
}

TEST(Library, ResultsSayWhichTheyAre) {
  const Result<Address> good = Address{5}, bad = Errno::enomem;
  EXPECT_EQ(good.value(), 5U);
  EXPECT_THROW(static_cast<void>(bad.value()), std::logic_error);
  EXPECT_EQ(bad.raw(), -12);
  EXPECT_EQ(Status(Errno::efault).raw(), -14);
  EXPECT_EQ(Status().raw(), 0);
  for (const auto& [error, text] : {std::pair{Errno::none, "success"},
                                    {Errno::eperm, "EPERM"},
                                    {Errno::eagain, "EAGAIN"},
                                    {Errno::enomem, "ENOMEM"},
                                    {Errno::efault, "EFAULT"},
                                    {Errno::eexist, "EEXIST"},
                                    {Errno::einval, "EINVAL"}})
    EXPECT_EQ(name(error), text);
  for (const auto& [code, text] : {std::pair{SignalCode::segvMaperr, "SIGSEGV/MAPERR"},
                                   {SignalCode::segvAccerr, "SIGSEGV/ACCERR"},
                                   {SignalCode::segvKernel, "SIGSEGV/KERNEL"},
                                   {SignalCode::busAdrerr, "SIGBUS/ADRERR"}})
    EXPECT_EQ(name(code), text);
}

} // namespace
} // namespace growsdown
