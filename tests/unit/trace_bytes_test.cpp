#include "trace/bytes.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

namespace growsdown::trace {
namespace {

using Bytes = std::vector<std::uint8_t>;

Trace parseOne(const std::string& text) {
  const ParseResult result = parse(text, "t");
  EXPECT_FALSE(result.error) << result.error->text();
  return result.traces.empty() ? Trace() : result.traces[0];
}

void expectSame(const Trace& wanted, const Trace& got, const std::string& name) {
  EXPECT_EQ(wanted.with, got.with) << name << "\n" << printWith(wanted.with) << printWith(got.with);
  ASSERT_EQ(std::min(wanted.records.size(), maxDecodedSteps), got.records.size()) << name;
  for (std::size_t i = 0; i < got.records.size(); i++)
    EXPECT_EQ(wanted.records[i].step, got.records[i].step)
        << name << ": " << print(wanted.records[i].step) << " became "
        << print(got.records[i].step);
}

void expectRoundTrip(const RuleSet& rules, const Trace& trace, const std::string& name) {
  const Decoded decoded = decode(encode(rules, trace));
  EXPECT_EQ(decoded.rules, findRuleSet(rules.name)) << name;
  expectSame(trace, decoded.trace, name);
}

Bytes randomBytes(std::mt19937_64& random, std::size_t most) {
  Bytes bytes(random() % (most + 1));
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(TraceBytes, NoBytesAreATrace) {
  const Decoded decoded = decode({});
  EXPECT_EQ(decoded.rules, ruleSets().data());
  EXPECT_TRUE(decoded.trace.records.empty());
  EXPECT_EQ(decoded.trace.with.memory, 1024U * 4096U);
}

TEST(TraceBytes, EveryByteStringIsAWellFormedTrace) {
  std::mt19937_64 random(1);
  for (unsigned i = 0; i < 3000; i++) {
    const Bytes bytes = randomBytes(random, 400);
    const Decoded decoded = decode(bytes);
    std::string error;
    ASSERT_TRUE(makeParameters(*decoded.rules, decoded.trace.with, error)) << error;
    if (!bytes.empty()) {
      EXPECT_EQ(decoded.rules, &ruleSets()[bytes[0] % ruleSets().size()]);
    }
    // Its text is well-formed and has the same meaning: no unused field is set.
    const std::string text = print(decoded.trace);
    const ParseResult parsed = parse(text, "t");
    ASSERT_FALSE(parsed.error) << parsed.error->text();
    expectSame(parsed.traces.at(0), decoded.trace, text);
    expectRoundTrip(*decoded.rules, decoded.trace, text);
  }
}

TEST(TraceBytes, EveryOperationRoundTrips) {
  Trace trace = parseOne(R"(growsdown-trace 1
with page 4096
with min-addr 12345
with lsm-min-addr 32768
with max-map-count 77
with memory 123456789
limit stack 0x800000
limit as unlimited
limit memlock 0
limit data 0x12345678
capable no
mmap 0x1000400000 0x1000 rw fixed,growsdown
mmap 0 0xfffffffffffff000 none -
mmap 0xffffffffffffffff 0xffffffffffffffff x fixed,fixed_noreplace,growsdown,shared,noreserve,locked,populate,stack
munmap 0xdeadbeefdeadbeef 0x123456789abcdef
mprotect 0x10003ff000 0x1001 wx growsdown
mprotect 0x10003ff001 0 rwx
mlock 0x1fffff 1
munlock 0x2000000000 0x800
dontneed 0x800000000 0x7fffff000
mremap 0x1000400000 0x100000 0x101000
mremap 0x1000400000 0x1000 0x2000 maymove
mremap 0x1000400000 0x1000 0x2000 to 0x1000300001
mremap 0x123456789abcdef1 0x123456789abcdef2 0x123456789abcdef3 to 0x123456789abcdef4
fork
touch 0xfffe2407b r
touch 0x10002fffff w
touch 0xff00001000400000 x
sp own
sp 0x10003effff
sp 0
kernel 0 r
kernel 0x1000 w
gup 0x7fff r
gup 0x8000 w
)");
  for (const RuleSet& rules : ruleSets()) {
    trace.with.vaBits = rules.arch == Arch::arm64 ? 48 : rules.arch == Arch::amd64 ? 47 : 39;
    expectRoundTrip(rules, trace, std::string(rules.name));
  }
}

// Bytes can express all shapes of page tables of a rule set's kernels, and decode to each of them.
TEST(TraceBytes, EveryGeometry) {
  using Shape = std::pair<std::uint64_t, std::uint64_t>;
  std::map<std::string_view, std::set<Shape>> wanted;
  for (const RuleSet& rules : ruleSets())
    for (const std::uint64_t page : {4096U, 16384U, 65536U})
      for (std::uint64_t bits = 30; bits < 60; bits++) {
        Trace trace;
        trace.with.page = page;
        trace.with.vaBits = bits;
        std::string error;
        if (!makeParameters(rules, trace.with, error)) continue;
        expectRoundTrip(rules, trace, std::string(rules.name));
        wanted[rules.name].insert({page, bits});
      }
  EXPECT_EQ(wanted["linux-7.2-arm64"].size(), 10U);
  EXPECT_EQ(wanted["linux-7.2-amd64"].size(), 2U);
  std::mt19937_64 random(3);
  for (unsigned i = 0; i < 30000; i++) {
    const Decoded decoded = decode(randomBytes(random, 8));
    std::string error;
    const auto p = makeParameters(*decoded.rules, decoded.trace.with, error);
    ASSERT_TRUE(p) << error;
    wanted[decoded.rules->name].erase({p->geometry.page, p->geometry.vaBits});
  }
  for (const auto& [name, shapes] : wanted)
    for (const auto& [page, bits] : shapes)
      ADD_FAILURE() << name << " " << page << "/" << bits << " is never drawn";
}

TEST(TraceBytes, AllFlagsAndWholeRangesOfAddresses) {
  std::mt19937_64 random(2);
  for (unsigned page : {4096U, 65536U}) {
    Trace trace;
    trace.with.page = page;
    for (unsigned flags = 0; flags < 256; flags++)
      for (std::uint8_t prot = 0; prot < 8; prot++) {
        const std::uint64_t address = random() >> random() % 64;
        const std::uint64_t length = random() >> random() % 64;
        trace.records.push_back({});
        trace.records.back().step = {.op = Op::mmap,
                                     .prot = prot,
                                     .flags = static_cast<std::uint16_t>(flags),
                                     .address = address / (random() % 2 ? page : 1) * page,
                                     .length = length};
        if (trace.records.size() == maxDecodedSteps) {
          expectRoundTrip(ruleSets()[0], trace, "mmap");
          trace.records.clear();
        }
      }
    expectRoundTrip(ruleSets()[0], trace, "mmap");
  }
}

TEST(TraceBytes, WithLinesThatARuleSetDoesNotTakeAreDropped) {
  const RuleSet& old = *findRuleSet("linux-4.3-arm64");
  const Trace trace = parseOne("growsdown-trace 1\nwith page 16384\nwith memory 65536\nfork\n");
  const Decoded decoded = decode(encode(old, trace));
  EXPECT_FALSE(decoded.trace.with.page);
  EXPECT_EQ(decoded.trace.with.memory, 65536U);
  EXPECT_EQ(decoded.trace.records.size(), 1U);
  RuleSet unlisted = old;
  unlisted.name = "mine";
  EXPECT_EQ(decode(encode(unlisted, trace)).rules, ruleSets().data());
}

TEST(TraceBytes, LongTracesAreCut) {
  Trace trace;
  trace.with.memory = 1U << 22;
  for (std::size_t i = 0; i < maxDecodedSteps + 10; i++) {
    trace.records.push_back({});
    trace.records.back().step = {.op = Op::touch, .address = 0x123456789a0 + i};
  }
  expectRoundTrip(ruleSets()[0], trace, "long");
  const Bytes endless(100000, 0);
  EXPECT_EQ(decode(endless).trace.records.size(), maxDecodedSteps);
}

TEST(TraceBytes, CorpusRoundTrips) {
  unsigned traces = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GROWSDOWN_CORPUS)) {
    if (entry.path().extension() != ".trace") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    const ParseResult result = parse(text.str(), entry.path().string());
    ASSERT_FALSE(result.error) << result.error->text();
    for (const Trace& trace : result.traces)
      for (const RuleSet& rules : ruleSets()) {
        std::string error;
        if (!makeParameters(rules, trace.with, error)) continue;
        expectRoundTrip(rules, trace, entry.path().string());
        traces++;
      }
  }
  EXPECT_GT(traces, 0U);
}

// Properties for mutation: edits are local, and random bytes hit the same pages.

TEST(TraceBytes, AnEditOfARecordChangesItsStepOnly) {
  std::mt19937_64 random(3);
  for (unsigned i = 0; i < 300; i++) {
    Bytes bytes = randomBytes(random, 0);
    bytes.resize(byteHeaderSize + 20 * byteRecordSize);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(random());
    for (std::size_t r = 0; r < 20; r++)
      bytes[byteHeaderSize + r * byteRecordSize] %= 128; // steps, no literals
    Bytes edited = bytes;
    const std::size_t record = random() % 20;
    const std::size_t at = byteHeaderSize + record * byteRecordSize + random() % byteRecordSize;
    edited[at] = static_cast<std::uint8_t>(
        at % byteRecordSize == byteHeaderSize % byteRecordSize ? random() % 128 : random());
    const Trace before = decode(bytes).trace;
    const Trace after = decode(edited).trace;
    ASSERT_EQ(before.records.size(), 20U);
    ASSERT_EQ(after.records.size(), 20U);
    for (std::size_t s = 0; s < 20; s++)
      if (s != record) {
        EXPECT_EQ(before.records[s].step, after.records[s].step);
      }
  }
}

TEST(TraceBytes, RandomBytesMeetOnFewPages) {
  std::mt19937_64 random(4);
  std::map<Op, unsigned> ops;
  unsigned small = 0, total = 0, met = 0, traces = 0;
  for (unsigned i = 0; i < 500; i++) {
    Bytes bytes(byteHeaderSize + 30 * byteRecordSize);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(random());
    const Trace trace = decode(bytes).trace;
    if (trace.with.memory && *trace.with.memory <= (4096ULL << 16)) small++;
    traces++;
    const std::uint64_t below = 300 * trace.with.page.value_or(4096);
    std::vector<const Step*> maps;
    for (const auto& record : trace.records) {
      const Step& step = record.step;
      ops[step.op]++;
      if (step.op == Op::mmap) maps.push_back(&step);
      if (step.op != Op::touch) continue;
      total++;
      // Inside an area that was mapped before, or below it at a distance that matters for growth.
      met += std::any_of(maps.begin(), maps.end(), [&](const Step* map) {
        return step.address + below - map->address < map->length + below;
      });
    }
  }
  EXPECT_EQ(ops.size(), opCount);
  EXPECT_GT(small * 100, traces * 97); // a huge machine is the rare exception
  EXPECT_GT(met * 100, total * 20);
  RecordProperty("met", static_cast<int>(met * 100 / total));
}

} // namespace
} // namespace growsdown::trace
