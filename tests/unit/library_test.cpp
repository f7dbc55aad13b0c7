// The public C++ interface: every call, every error and every signal.
#include "tests/unit/library_scenario.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace growsdown {

namespace tests {
extern unsigned long allocations; // reference_allocation_test.cpp
}

namespace {

using namespace tests;

void expectSignal(const FaultResult& result, SignalCode code, Address address) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(name(result.signal().code), name(code));
  EXPECT_EQ(result.signal().address, address);
}

// --- making one

TEST(Library, IsMadeByNameAndRefusesWhatDoesNotExist) {
  EXPECT_NO_THROW(AddressSpace("linux-5.4-arm64"));
  EXPECT_THROW(AddressSpace("linux-9.9-arm64"), std::invalid_argument);
  const auto refused = [](std::string_view rules, const auto& change) {
    Options options;
    change(options);
    EXPECT_THROW(AddressSpace(rules, options), std::invalid_argument);
  };
  refused("linux-6.12-amd64", [](Options& o) { o.pageSize = 65536; });
  refused("linux-6.12-amd64", [](Options& o) { o.addressBits = 48; });
  refused("linux-6.12-amd64", [](Options& o) { o.mmapMinAddr = 1ULL << 47; });
  refused("linux-6.12-amd64", [](Options& o) { o.maxMapCount = 1ULL << 31; });
  refused("linux-6.12-amd64", [](Options& o) { o.mmapBase = 0x7fff00000001; });
  refused("linux-6.12-amd64", [](Options& o) { o.mmapBase = 1ULL << 48; });
  refused("linux-6.12-amd64", [](Options& o) { o.stackGuardGap = 100; });
  refused("linux-4.3-amd64", [](Options& o) { o.stackGuardGap = 65536; });
  refused("linux-6.12-amd64", [](Options& o) { o.knobs = {{"no-such-knob", "true"}}; });
  refused("linux-6.12-amd64", [](Options& o) { o.knobs = {{"gup-grows", "maybe"}}; });
  const auto recorded = recordedRuleSets(), all = allRuleSets();
  EXPECT_NE(std::find(recorded.begin(), recorded.end(), "linux-6.12-arm64"), recorded.end());
  for (const std::string& rules : all)
    EXPECT_EQ(AddressSpace(rules).rules(), rules);
  EXPECT_GT(all.size(), recorded.size());
}

TEST(Library, HasTheShapeThatWasAskedFor) {
  Options options;
  options.pageSize = 16384;
  options.addressBits = 47;
  AddressSpace space("linux-6.12-arm64", options);
  EXPECT_EQ(space.pageSize(), 16384U);
  EXPECT_EQ(space.end(), 1ULL << 47);
  EXPECT_LT(space.mmapBase(), space.end());
  EXPECT_EQ(space.mmapBase() % 16384, 0U);
  EXPECT_EQ(space.limit(Limit::stack), 8ULL << 20);
  EXPECT_EQ(space.limit(Limit::as), unlimited);
}

// --- calls

TEST(Library, MmapPlacesFromTheTopDown) {
  Options options;
  options.mmapBase = 0x7000'0000'0000;
  AddressSpace space = amd64(options);
  EXPECT_EQ(space.placement(0, 3 * page, anonymous).value(), 0x7000'0000'0000 - 3 * page);
  EXPECT_EQ(space.mmap(0, 3 * page, rw, anonymous).value(), 0x7000'0000'0000 - 3 * page);
  EXPECT_EQ(space.mmap(0, page, rw, shared).value(), 0x7000'0000'0000 - 4 * page);
  EXPECT_EQ(space.mmap(base + 1, page, rw, anonymous).value(), base) << "a hint is rounded down";
  EXPECT_EQ(space.mmap(page, page, rw, anonymous).value(), 65536U) << "and up to the minimum";
  // Above a stack no gap, below it one of 256 pages.
  need(space.mmap(0x6000'0000'0000, page, rw, stack));
  EXPECT_EQ(space.placement(0x6000'0000'0000 - page, page, anonymous).value(),
            0x7000'0000'0000 - 5 * page);
  EXPECT_EQ(space.placement(0x6000'0000'0000 - 257 * page, page, anonymous).value(),
            0x6000'0000'0000 - 257 * page);
  options.searchesUp = true;
  EXPECT_EQ(amd64(options).mmap(0, page, rw, anonymous).value(), 0x2aaa'aaaa'b000U);
}

// Before the maple tree, the hole below the small area would be next.
TEST(Library, MmapPlacesBelowTheWholeGap) {
  Options options;
  options.mmapBase = 0x7000'0000'0000;
  const Address stackStart = 0x7000'0000'0000 - page, small = stackStart - 16 * page;
  for (const char* rules : {"linux-6.18-amd64", "linux-5.10-amd64"}) {
    AddressSpace space(rules, options);
    need(space.mmap(stackStart, page, rw, stack | MapFlags::fixed));
    need(space.mmap(small, page, rw, anonymous | MapFlags::fixed));
    const Address next = rules == std::string("linux-5.10-amd64") ? small : stackStart - 256 * page;
    EXPECT_EQ(space.mmap(0, page, rw, anonymous).value(), next - page) << rules;
    EXPECT_EQ(space.mmap(0, 15 * page, rw, anonymous).value(), next - 16 * page) << rules;
  }
  // A range that the hole below the stack could not hold anyway is not sent below the gap.
  AddressSpace space("linux-6.18-amd64", options);
  need(space.mmap(stackStart, page, rw, stack | MapFlags::fixed));
  need(space.mmap(small, page, rw, anonymous | MapFlags::fixed));
  EXPECT_EQ(space.mmap(0, 16 * page, rw, anonymous).value(), small - 16 * page);
}

TEST(Library, MmapAnswersEachError) {
  Options options;
  options.maxMapCount = 3;
  AddressSpace space = amd64(options);
  EXPECT_EQ(space.mmap(base, 0, rw, fixedly).error(), Errno::einval);
  EXPECT_EQ(space.mmap(base + 1, page, rw, fixedly).error(), Errno::einval);
  EXPECT_EQ(space.mmap(base, page, rw, MapFlags::anonymous).error(), Errno::einval);
  EXPECT_EQ(space.placement(base, page, MapFlags::anonymous).error(), Errno::einval);
  EXPECT_EQ(space.mmap(base, page, rw, shared | MapFlags::growsdown).error(), Errno::einval);
  EXPECT_EQ(space.mmap(page, page, rw, fixedly).error(), Errno::eperm);
  EXPECT_EQ(space.mmap(base, 1ULL << 47, rw, anonymous).error(), Errno::enomem);
  space.setLimit(Limit::memlock, page);
  EXPECT_EQ(space.mmap(base, 2 * page, rw, fixedly | MapFlags::locked).error(), Errno::eagain);
  space.setLimit(Limit::as, page);
  EXPECT_EQ(space.mmap(base, 2 * page, rw, fixedly).error(), Errno::enomem);
  space.setLimit(Limit::as, unlimited);
  space.setLimit(Limit::data, page);
  EXPECT_EQ(space.mmap(base, 2 * page, rw, fixedly).error(), Errno::enomem);
  space.setLimit(Limit::data, unlimited);
  need(space.mmap(base, page, rw, fixedly));
  EXPECT_EQ(space.mmap(base, page, rw, anonymous | MapFlags::fixedNoreplace).error(),
            Errno::eexist);
  EXPECT_EQ(space.mmap(base, page, rw, fixedly).raw(), static_cast<std::int64_t>(base));
  for (int i = 1; i < 4; ++i)
    need(space.mmap(base + i * 8 * page, page, rw, fixedly));
  EXPECT_EQ(space.mmap(base + 64 * page, page, rw, fixedly).error(), Errno::enomem);
  EXPECT_EQ(space.mmap(base + 64 * page, page, rw, fixedly).raw(), -12);
  EXPECT_EQ(space.counters().areas, 4U);
}

TEST(Library, RefusesWhatItDoesNotCover) {
  AddressSpace space = amd64();
  need(space.mmap(base, page, rw, fixedly));
  const auto hugetlb = static_cast<MapFlags>(0x40000);
  EXPECT_THROW(static_cast<void>(space.mmap(0, page, rw, anonymous | hugetlb)), Unsupported);
  EXPECT_THROW(static_cast<void>(space.mmap(0, page, rw, MapFlags::privateMapping)), Unsupported);
  EXPECT_THROW(static_cast<void>(space.mmap(0, page, static_cast<Prot>(16), anonymous)),
               Unsupported);
  EXPECT_THROW(static_cast<void>(space.mprotect(base, page, static_cast<Prot>(16))), Unsupported);
  EXPECT_THROW(static_cast<void>(space.madvise(base, page, static_cast<Advice>(8))), Unsupported);
  EXPECT_THROW(static_cast<void>(space.mremap(base, page, page, static_cast<MremapFlags>(4))),
               Unsupported);
  try {
    static_cast<void>(space.mmap(0, page, rw, anonymous | hugetlb));
  } catch (const Unsupported& error) {
    EXPECT_STREQ(error.what(), "growsdown: the flag of mmap 0x40000 is not covered");
  }
  EXPECT_EQ(maps(space), Lines{"1000000000-1000001000 rw-p"});
}

TEST(Library, IgnoresWhatLinuxIgnores) {
  AddressSpace space = amd64();
  need(
      space.mmap(base, page, rw | Prot::sem, fixedly | MapFlags::denywrite | MapFlags::executable));
  need(space.mmap(base + page, page, rw, fixedly | MapFlags::populate | MapFlags::nonblock));
  EXPECT_FALSE(space.pageAt(base + page)) << "MAP_NONBLOCK: nothing is populated";
  EXPECT_EQ(maps(space), Lines{"1000000000-1000002000 rw-p"});
}

TEST(Library, MunmapAndMprotect) {
  AddressSpace space = amd64();
  need(space.mmap(base, 4 * page, rw, fixedly));
  need(space.munmap(base + page, page));
  need(space.munmap(base + page, page));
  EXPECT_EQ(space.munmap(base + 1, page).error(), Errno::einval);
  EXPECT_EQ(space.munmap(base, 0).error(), Errno::einval);
  EXPECT_EQ(space.munmap(base, 1ULL << 48).error(), Errno::einval);
  EXPECT_EQ(space.mprotect(base + 1, page, Prot::read).error(), Errno::einval);
  need(space.mprotect(base, 0, Prot::read));
  EXPECT_EQ(space.mprotect(base, 4 * page, Prot::read).error(), Errno::enomem);
  EXPECT_EQ(maps(space), (Lines{"1000000000-1000001000 r--p", "1000002000-1000004000 rw-p"}))
      << "the part before the hole has changed";
  EXPECT_EQ(space.mprotect(base, page, Prot::read | Prot::growsdown).error(), Errno::einval);
  need(space.mmap(base + 64 * page, 4 * page, rw, stack));
  need(space.mprotect(base + 66 * page, page, Prot::read | Prot::growsdown));
  EXPECT_EQ(maps(space).at(2), "1000040000-1000043000 r--p") << "down to the start of the area";
  EXPECT_EQ(space.areaAt(base + 64 * page)->growsdown, true);
  EXPECT_EQ(space.areaAt(base + page), std::nullopt);
  EXPECT_EQ(space.areaFrom(base + page)->start, base + 2 * page);
}

TEST(Library, Mremap) {
  AddressSpace space = amd64();
  constexpr auto moves = MremapFlags::maymove;
  need(space.mmap(base, 2 * page, rw, fixedly));
  EXPECT_EQ(space.mremap(base, 2 * page, 3 * page, MremapFlags::none).value(), base);
  need(space.mmap(base + 3 * page, page, Prot::none, fixedly));
  EXPECT_EQ(space.mremap(base, 3 * page, 4 * page, MremapFlags::none).error(), Errno::enomem);
  EXPECT_EQ(space.mremap(base, 3 * page, 4 * page, moves).value(), space.mmapBase() - 4 * page);
  EXPECT_EQ(space.mremap(base, page, page, MremapFlags::none).error(), Errno::efault);
  EXPECT_EQ(space.mremap(base + 1, page, page, moves).error(), Errno::einval);
  EXPECT_EQ(space.mremap(base + 3 * page, page, page, MremapFlags::fixed, base).error(),
            Errno::einval)
      << "MREMAP_FIXED without MREMAP_MAYMOVE";
  EXPECT_EQ(space.mremap(base + 3 * page, page, page, moves | MremapFlags::fixed, base).value(),
            base);
  EXPECT_EQ(space.mremap(base, page, page, moves | MremapFlags::fixed, page).error(), Errno::eperm);
  EXPECT_EQ(space.mremap(base, page, 1ULL << 48, moves).error(), Errno::enomem);
  need(space.mmap(base, page, rw, fixedly));
  need(space.mlock(base, page));
  space.setLimit(Limit::memlock, page);
  EXPECT_EQ(space.mremap(base, page, 2 * page, moves).error(), Errno::eagain);
}

TEST(Library, MlockMunlockMadvise) {
  AddressSpace space = amd64();
  need(space.mmap(base, 2 * page, rw, fixedly));
  need(space.mlock(base, page));
  EXPECT_EQ(space.counters().locked, page);
  EXPECT_EQ(space.counters().anonymous, page) << "locking populates";
  EXPECT_EQ(space.madvise(base, page, Advice::dontneed).error(), Errno::einval);
  need(space.munlock(base, page));
  EXPECT_EQ(space.munlock(base, 3 * page).error(), Errno::enomem);
  EXPECT_EQ(space.munlock(base, ~0ULL - 2 * page).error(), Errno::einval);
  need(space.madvise(base, page, Advice::dontneed));
  EXPECT_EQ(space.counters().anonymous, 0U);
  EXPECT_EQ(space.madvise(base, 3 * page, Advice::dontneed).error(), Errno::enomem);
  EXPECT_EQ(space.madvise(base + 1, page, Advice::dontneed).error(), Errno::einval);
  EXPECT_EQ(space.mlock(base, 3 * page).error(), Errno::enomem);
  space.setLimit(Limit::memlock, page);
  EXPECT_EQ(space.mlock(base, 2 * page).error(), Errno::enomem);
  space.setLimit(Limit::memlock, 0);
  EXPECT_EQ(space.mlock(base, page).error(), Errno::eperm);
  EXPECT_EQ(space.limit(Limit::memlock), 0U);
}

TEST(Library, MincoreListsEveryPage) {
  AddressSpace space = amd64();
  need(space.mmap(base, 200 * page, rw, fixedly));
  std::vector<std::uint8_t> expected(200, 0), resident;
  for (const unsigned i : {0U, 3U, 63U, 64U, 130U, 199U}) {
    ASSERT_TRUE(space.fault(base + i * page, Access::write).ok());
    expected[i] = 1;
  }
  need(space.mincore(base, 200 * page, resident));
  EXPECT_EQ(resident, expected);
  need(space.mincore(base, 199 * page + 1, resident));
  EXPECT_EQ(resident, expected);
  EXPECT_EQ(space.mincore(base + 1, page, resident).error(), Errno::einval);
  EXPECT_TRUE(resident.empty());
  EXPECT_EQ(space.mincore(base, 201 * page, resident).error(), Errno::enomem);
  need(space.mincore(base, 0, resident));
  EXPECT_TRUE(resident.empty());
}

// --- accesses

TEST(Library, FaultSaysWhatIsMapped) {
  AddressSpace space = amd64();
  need(space.mmap(base, 4 * page, rw, fixedly));
  const FaultResult read = space.fault(base + 5, Access::read);
  ASSERT_TRUE(read.ok());
  const Pages zero{base, base + page, Prot::read, PageKind::zero, 0, 0};
  EXPECT_EQ(read.mapped().page, zero);
  ASSERT_EQ(read.mapped().changed.size(), 1U);
  EXPECT_EQ(read.mapped().changed[0], zero);
  EXPECT_TRUE(space.fault(base + 6, Access::read).mapped().changed.empty());
  const FaultResult write = space.fault(base + 7, Access::write);
  EXPECT_EQ(write.mapped().page, (Pages{base, base + page, rw, PageKind::anonymous, 0, 0}));
  EXPECT_EQ(write.mapped().changed.size(), 1U);
  EXPECT_EQ(space.counters().faults, 2U);
  EXPECT_THROW(static_cast<void>(write.signal()), std::bad_variant_access);
  EXPECT_EQ(space.pageAt(base)->rights, rw);
  EXPECT_FALSE(space.pageAt(base + page));
  EXPECT_FALSE(space.pageAt(~0ULL));
}

// A read fault maps the pages around it that the object has already.
TEST(Library, FaultAroundIsPartOfTheAnswer) {
  AddressSpace space = amd64();
  need(space.mmap(base, 8 * page, rw, shared | MapFlags::fixed));
  for (const unsigned i : {1U, 2U, 5U})
    ASSERT_TRUE(space.fault(base + i * page, Access::write).ok());
  // A second mapping of the object: mremap of a shared area with an old length of 0.
  const Address second = space.mremap(base, 0, 8 * page, MremapFlags::maymove).value();
  const FaultResult result = space.fault(second + 3 * page, Access::read);
  ASSERT_TRUE(result.ok());
  const auto pages = [&](unsigned first, unsigned last) {
    return Pages{second + first * page, second + last * page, rw, PageKind::shared, 1,
                 first * page};
  };
  EXPECT_EQ(std::vector(result.mapped().changed.begin(), result.mapped().changed.end()),
            (std::vector{pages(1, 4), pages(5, 6)}));
  EXPECT_EQ(result.mapped().page, pages(3, 4));
}

TEST(Library, FaultRaisesEachSignal) {
  AddressSpace space = amd64();
  need(space.mmap(base, page, Prot::read, fixedly));
  expectSignal(space.fault(base + page, Access::read), SignalCode::segvMaperr, base + page);
  expectSignal(space.fault(base + 1, Access::write), SignalCode::segvAccerr, base + 1);
  expectSignal(space.fault(base + 6, Access::exec), SignalCode::segvAccerr, base + 4);
  expectSignal(space.fault(1ULL << 50, Access::read), SignalCode::segvKernel, 0);
  // An area that mremap has made longer than its object.
  need(space.mmap(base, page, rw, shared | MapFlags::fixed));
  need(space.mremap(base, page, 2 * page, MremapFlags::none));
  expectSignal(space.fault(base + page, Access::read), SignalCode::busAdrerr, base + page);
  const auto numbers = [](SignalCode code) {
    const Signal signal{code, 0};
    return std::pair(signal.number(), signal.siCode());
  };
  EXPECT_EQ(numbers(SignalCode::segvMaperr), std::pair(11, 1));
  EXPECT_EQ(numbers(SignalCode::segvAccerr), std::pair(11, 2));
  EXPECT_EQ(numbers(SignalCode::segvKernel), std::pair(11, 0x80));
  EXPECT_EQ(numbers(SignalCode::busAdrerr), std::pair(7, 2));

  AddressSpace arm("linux-6.12-arm64");
  need(arm.mmap(base, page, rw, fixedly));
  const Address tagged = base | 0x5aULL << 56;
  EXPECT_EQ(arm.fault(tagged, Access::write).mapped().page.start, base);
  expectSignal(arm.fault(tagged + page, Access::write), SignalCode::segvMaperr, base + page);
}

TEST(Library, StacksGrowAndStop) {
  AddressSpace space = amd64();
  const Address top = base + 1024 * page;
  need(space.mmap(base, page, rw, fixedly));
  need(space.mmap(top - page, page, rw, stack));
  ASSERT_TRUE(space.fault(top - 100 * page, Access::write).ok());
  EXPECT_EQ(space.areaAt(top - 1)->length(), 100 * page);
  EXPECT_EQ(space.counters().stack, 100 * page);
  expectSignal(space.fault(base + 256 * page, Access::write), SignalCode::segvMaperr,
               base + 256 * page);
  ASSERT_TRUE(space.fault(base + 257 * page, Access::write).ok()) << "a gap of 256 pages is left";
  space.setLimit(Limit::stack, 1024 * page);
  need(space.munmap(base, page));
  expectSignal(space.fault(top - 1025 * page, Access::write), SignalCode::segvMaperr,
               top - 1025 * page);
  ASSERT_TRUE(space.fault(top - 1024 * page, Access::write).ok());

  Options options;
  options.stackGuardGap = 16 * page;
  AddressSpace smaller = amd64(options);
  need(smaller.mmap(base, page, rw, fixedly));
  need(smaller.mmap(top - page, page, rw, stack));
  EXPECT_TRUE(smaller.fault(base + 17 * page, Access::write).ok());
  EXPECT_FALSE(smaller.fault(base + 16 * page, Access::write).ok());
}

// The trace format confines stacks to its windows; Linux and the library do not.
TEST(Library, TheWholeAddressSpaceIsUsed) {
  for (const Address edge : {Address{0x200000}, Address{0x2000000000}, Address{0x7ff0'0000'0000}}) {
    AddressSpace space = amd64();
    need(space.mmap(edge, page, rw, stack));
    EXPECT_TRUE(space.fault(edge - 10 * page, Access::write).ok()) << edge;
    EXPECT_EQ(space.areaAt(edge)->start, edge - 10 * page);
  }
  AddressSpace space = amd64();
  need(space.mmap(0x400000, page, rw, fixedly));
  ASSERT_TRUE(space.fault(0x400000, Access::write).ok());
  EXPECT_EQ(space.counters().tables, 3 * page);
}

TEST(Library, KernelAccessesAndPins) {
  AddressSpace space = amd64();
  need(space.mmap(base + 100 * page, page, Prot::read, stack));
  need(space.kernelAccess(base + 100 * page, Access::read));
  need(space.kernelAccess(base + 99 * page, Access::exec));
  EXPECT_EQ(space.areaFrom(base)->start, base + 99 * page) << "a copy grows a stack";
  EXPECT_EQ(space.kernelAccess(base + 99 * page, Access::write).error(), Errno::efault);
  EXPECT_EQ(space.kernelAccess(space.end(), Access::read).error(), Errno::efault);
  need(space.pinPage(base + 99 * page, Access::read));
  EXPECT_EQ(space.pinPage(base + 98 * page, Access::read).error(), Errno::efault);
  EXPECT_EQ(space.pinPage(base + 99 * page, Access::write).error(), Errno::efault);

  AddressSpace older("linux-5.10-amd64");
  need(older.mmap(base + 100 * page, page, rw, stack));
  need(older.pinPage(base + 98 * page, Access::read));
  EXPECT_EQ(older.areaFrom(base)->start, base + 98 * page) << "until 6.5 a pin grows a stack";
}

TEST(Library, TheStackPointerMattersBefore5_0) {
  for (const char* rules : {"linux-4.20-amd64", "linux-5.0-amd64"}) {
    AddressSpace space(rules);
    need(space.mmap(base + 100 * page, page, rw, stack));
    const bool old = std::string(rules) == "linux-4.20-amd64";
    EXPECT_EQ(space.fault(base + 99 * page, Access::write).ok(), !old);
    space.setStackPointer(base + 90 * page);
    EXPECT_TRUE(space.fault(base + 95 * page, Access::write).ok());
  }
}

TEST(Library, FaultsAllocateNothingIfPrepared) {
  AddressSpace space = amd64();
  need(space.mmap(base + 4096 * page, page, rw, stack));
  need(space.mmap(base + (1ULL << 32), 4096 * page, rw, shared | MapFlags::fixed));
  bool ok = true;
  for (unsigned i = 0; i < 3000; ++i) {
    const auto access = i % 2 == 0 ? Access::write : Access::read;
    for (const Address address :
         {base + (4095 - i / 2) * page, base + (std::uint64_t{1} << 32) + i * 7 % 4096 * page}) {
      space.prepareFault();
      const unsigned long before = tests::allocations;
      ok &= space.fault(address, access).ok();
      ASSERT_EQ(tests::allocations, before) << i;
    }
  }
  EXPECT_TRUE(ok);
}

} // namespace
} // namespace growsdown
