#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace growsdown::trace {
namespace {

const std::string head = "growsdown-trace 1\n";

Trace parseOne(const std::string& text) {
  const ParseResult result = parse(text, "t");
  EXPECT_FALSE(result.error) << result.error->text();
  EXPECT_EQ(result.traces.size(), 1U);
  return result.traces.empty() ? Trace() : result.traces[0];
}

Record parseStep(const std::string& line) {
  const Trace trace = parseOne("growsdown-trace 1\n" + line + "\n");
  EXPECT_EQ(trace.records.size(), 1U);
  return trace.records.empty() ? Record() : trace.records[0];
}

bool sameData(const Trace& a, const Trace& b) {
  if (a.with != b.with || a.initial != b.initial || a.records.size() != b.records.size() ||
      a.before != b.before || a.trailing != b.trailing)
    return false;
  for (std::size_t i = 0; i < a.records.size(); i++)
    if (a.records[i].step != b.records[i].step || a.records[i].expected != b.records[i].expected ||
        a.records[i].state != b.records[i].state || a.records[i].comments != b.records[i].comments)
      return false;
  return true;
}

/// Parsing printed text gives equal data, and printing that data gives equal text.
void expectFixpoint(const std::string& text, const std::string& name) {
  const ParseResult first = parse(text, name);
  ASSERT_FALSE(first.error) << first.error->text();
  const std::string printed = print(first.traces);
  const ParseResult second = parse(printed, name);
  ASSERT_FALSE(second.error) << second.error->text();
  EXPECT_EQ(print(second.traces), printed) << name;
  ASSERT_EQ(first.traces.size(), second.traces.size()) << name;
  for (std::size_t i = 0; i < first.traces.size(); i++)
    EXPECT_TRUE(sameData(first.traces[i], second.traces[i])) << name << ": trace " << i;
}

// All elements of the format, in canonical form.
const char* const canonical = R"(# before the first trace
# another line, with UTF-8: Größe
growsdown-trace 1
with page 4096
with min-addr 4096
with lsm-min-addr 32768
with max-map-count 65530
with va-bits 48
with memory 4194304
# before the first step
limit stack 0x8000 -> ok
limit as unlimited
limit memlock 0 -> ok
limit data 0x1000 -> EPERM
capable no -> ok
mmap 0x1000100000 0x4000 rw fixed,growsdown -> ok 0x1000100000
= map 0x1000100000-0x1000104000 rw-p
= pages size +4 stack +4 locked +0 data +0 resident 0 tables +0
mmap 0 0x1000 none - -> ok elsewhere
mmap 0 0x1000 rwx fixed,fixed_noreplace,growsdown,shared,noreserve,locked,populate,stack -> EINVAL
mmap 0x1000200001 0xffffffffffffffff x shared -> ENOMEM
= same
munmap 0x1000100000 0x1000 -> ok
mprotect 0x1000101000 0x1000 r growsdown -> ok
mprotect 0x1000101000 0x1000 wx -> EACCES
mlock 0x1000101000 0x1000 -> EAGAIN
munlock 0x1000101000 0x1000 -> ok
dontneed 0x1000101000 0x1000 -> ok
mremap 0x1000101000 0x1000 0x2000 -> ENOMEM
mremap 0x1000101000 0x1000 0x2000 maymove -> ok 0x1000300000
mremap 0x1000300000 0x2000 0x2000 to 0 -> ok 0
= map 0-0x2000 r--p
= map 0x1000102000-0x1000102000 rwxs
= map 0x1000102000-0x1000104000 ---p
= pages size -2 stack +0 locked +10 data +0 resident 18446744073709551615
fork -> ok
# a comment in between
#
touch 0x10000fc000 w -> ok
= faults 1
touch 0x10000fb001 r -> SIGSEGV/MAPERR
= same
= faults 0
touch 0x10000fb001 x -> SIGSEGV/ACCERR at 0x10000fb000
touch 0x10000fb000 r -> SIGBUS/ADRERR
touch 0x800000000000 r -> SIGSEGV/KERNEL at 0
touch 0x10000fb000 r -> SIGSEGV/PKUERR
touch 0x10000fb000 r -> unknown
sp 0x1000200000 -> ok
sp own -> ok
kernel 0x10000fb000 r -> EFAULT
mincore 0x10000fb000 0x4000 -> ok 0110
mincore 0x10000fb000 0x41000 -> ok 1111111111111111111111111111111111111111111111111111111111111111+0
mincore 0x10000fb000 0 -> ok
mincore 0x10000fb000 0xffffffffffffffff -> ENOMEM
gup 0x10000fb000 w -> ok
= abnormal
# at the end of a trace, before the next
growsdown-trace 1
growsdown-trace 1
init area 0x1000-0x5000 rw growsdown,account pgoff 0x1 anon 1 forked
init area 0x5000-0x8000 rw shared pgoff 0x2 object 2
init area 0x8000-0x9000 none shared,growsdown,locked,noreserve,account,nohugepage
init area 0x9000-0xa000 rwx -
init page 0x1000 zero r
init page 0x2000 anonymous r frame 7 inherited
init page 0x5000 shared rw frame 8 dirty
init object 2 pages 16
init object-page 2 index 2 frame 8
init object-page 2 index 3 frame 9
init counters total 9 stack 5 locked 1 data 1 committed 6
touch 0x1000 w
# at the very end
)";

TEST(TraceText, CanonicalTextIsPrintedByteForByte) {
  const ParseResult result = parse(canonical, "t");
  ASSERT_FALSE(result.error) << result.error->text();
  EXPECT_EQ(result.traces.size(), 3U);
  EXPECT_EQ(print(result.traces), canonical);
  std::string oneByOne;
  for (const Trace& trace : result.traces)
    oneByOne += print(trace);
  EXPECT_EQ(oneByOne, canonical);
}

TEST(TraceText, FieldsOfSteps) {
  const Record m = parseStep("mremap 0x1000 4096 0x2000 to 18446744073709551615 -> ok 0x3000");
  EXPECT_EQ(m.step, (Step{.op = Op::mremap,
                          .flags = flag::to,
                          .address = 0x1000,
                          .length = 0x1000,
                          .newLength = 0x2000,
                          .target = ~std::uint64_t{0}}));
  EXPECT_EQ(m.expected, Outcome::at(0x3000));
  EXPECT_EQ(m.line, 2U);
  EXPECT_EQ(parseStep("limit data unlimited").step.length, unlimited);
  EXPECT_EQ(parseStep("limit as 18446744073709551615").step, parseStep("limit as unlimited").step);
  EXPECT_EQ(parseStep("mmap 0 0 xr -").step.prot, prot::read | prot::exec);
  EXPECT_EQ(parseStep("mmap 0 0 r populate,fixed").step.flags, flag::fixed | flag::populate);
  EXPECT_EQ(parseStep("mprotect 1 2 none growsdown").step.flags, flag::growsdown);
  EXPECT_EQ(parseStep("sp own").step.flags, flag::own);
  EXPECT_EQ(parseStep("touch 7 x").step.access, Access::exec);
  EXPECT_EQ(parseStep("touch 7 x").expected, Outcome());
  EXPECT_EQ(parseStep("touch 7 x -> SIGSEGV/ACCERR at 4").expected,
            (Outcome{.kind = Outcome::Kind::signal,
                     .signal = Signal::segvAccerr,
                     .hasAddress = true,
                     .address = 4}));
  EXPECT_EQ(parseStep("mmap 0 1 r - -> ok").expected, Outcome::okay());
  EXPECT_EQ(parseStep("fork -> unknown").expected, Outcome::undecided());
}

TEST(TraceText, FieldsOfStates) {
  const Observation state =
      parseStep("touch 0 r\n= map 0x1000-0x3000 r-xs\n= map 12288-16384 -w-p\n"
                "= pages size -1 stack 2 locked +3 data -0 resident 5\n"
                "= faults 6\n= abnormal")
          .state;
  ASSERT_EQ(state.map.size(), 2U);
  EXPECT_EQ(state.map[0], (MapLine{0x1000, 0x3000, prot::read | prot::exec, true}));
  EXPECT_EQ(state.map[1], (MapLine{0x3000, 0x4000, prot::write, false}));
  EXPECT_EQ(state.pages, (PagesLine{-1, 2, 3, 0, 5, 0, false}));
  EXPECT_EQ(state.faults, 6U);
  EXPECT_TRUE(state.hasMap && state.hasPages && state.hasFaults && state.abnormal);
  EXPECT_FALSE(state.same);
  EXPECT_TRUE(parseStep("touch 0 r\n= same").state.same);
}

TEST(TraceText, InitialState) {
  const Trace trace =
      parseOne("growsdown-trace 1\n"
               "init area 0x1000-0x5000 rw growsdown,account forked anon 3 pgoff 1\n"
               "init page 0x4000 anonymous rw frame 9\n"
               "init counters committed 7\n"
               "fork\n");
  ASSERT_TRUE(trace.initial);
  ASSERT_EQ(trace.initial->areas.size(), 1U);
  EXPECT_EQ(trace.initial->areas[0],
            (Area{.start = 0x1000,
                  .end = 0x5000,
                  .pgoff = 1,
                  .anon = 3,
                  .flags = vm::read | vm::write | vm::growsdown | vm::account,
                  .forked = true}));
  ASSERT_EQ(trace.initial->pages.size(), 1U);
  EXPECT_EQ(trace.initial->pages[0], (Page{.address = 0x4000,
                                           .frame = 9,
                                           .kind = Page::Kind::anonymous,
                                           .prot = prot::read | prot::write}));
  EXPECT_EQ(trace.initial->counters.committed, 7U);
  // An empty state differs from a missing state.
  EXPECT_EQ(printInitial(State()), "init counters total 0 stack 0 locked 0 data 0 committed 0\n");
  EXPECT_TRUE(parseOne("growsdown-trace 1\n" + printInitial(State())).initial);
}

TEST(TraceText, WhatIsReadBesidesCanonicalText) {
  const std::string loose = "\n  # indented comment\n\r\n"
                            "growsdown-trace   1  # after the header\r\n"
                            "# before a with line\n"
                            "\twith memory 0x400000 # after a with line\n"
                            "with page 0x1000\n"
                            "mmap\t0x0 010 wr growsdown,fixed  ->  ok 0X # not a number\n";
  const ParseResult bad = parse(loose, "t");
  ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->line, 8U);
  std::string good = loose;
  good.replace(good.find("0X"), 2, "0");
  const Trace trace = parseOne(good + "# between a step and its state\n= same\n");
  EXPECT_EQ(print(trace), "# indented comment\n"
                          "growsdown-trace 1\n"
                          "with page 4096\n"
                          "with memory 4194304\n"
                          "# after the header\n"
                          "# before a with line\n"
                          "# after a with line\n"
                          "# not a number\n"
                          "# between a step and its state\n"
                          "mmap 0 0xa rw fixed,growsdown -> ok 0\n"
                          "= same\n");
  expectFixpoint(good, "loose");
}

TEST(TraceText, CommentsKeepTheirPlace) {
  const ParseResult result = parse("# a\ngrowsdown-trace 1\n# b\nfork\n# c\nfork\n# d\n"
                                   "growsdown-trace 1\n# e\n",
                                   "t");
  ASSERT_FALSE(result.error);
  ASSERT_EQ(result.traces.size(), 2U);
  using Lines = std::vector<std::string>;
  EXPECT_EQ(result.traces[0].before, Lines{"# a"});
  EXPECT_EQ(result.traces[0].records[0].comments, Lines{"# b"});
  EXPECT_EQ(result.traces[0].records[1].comments, Lines{"# c"});
  EXPECT_EQ(result.traces[0].trailing, Lines{});
  EXPECT_EQ(result.traces[1].before, Lines{"# d"});
  EXPECT_EQ(result.traces[1].trailing, Lines{"# e"});
  EXPECT_EQ(result.traces[1].line, 8U);
}

TEST(TraceText, EveryErrnoAndSignalHasItsWord) {
  unsigned known = 0;
  for (unsigned i = 1; i < 200; i++)
    if (const auto word = name(static_cast<Errno>(i)); !word.empty()) {
      EXPECT_EQ(parseStep("munmap 0 0 -> " + std::string(word)).expected,
                Outcome::failed(static_cast<Errno>(i)));
      known++;
    }
  EXPECT_EQ(known, 14U);
  for (const Signal signal :
       {Signal::segvMaperr, Signal::segvAccerr, Signal::segvPkuerr, Signal::busAdrerr})
    EXPECT_EQ(parseStep("touch 0 r -> " + std::string(name(signal))).expected,
              Outcome::signalled(signal));
}

TEST(TraceText, OutcomesOfMincoreListPages) {
  const auto outcome = [](const std::string& text) {
    return parseStep("mincore 0 0x1000 -> ok" + text).expected;
  };
  EXPECT_EQ(outcome(""), Outcome::okay());
  EXPECT_EQ(outcome(" 1"), Outcome::listing(1, 1, 0));
  EXPECT_EQ(outcome(" 0"), Outcome::listing(1, 0, 0));
  EXPECT_EQ(outcome(" 0110"), Outcome::listing(4, 6, 0));
  const std::string zeros(63, '0');
  EXPECT_EQ(outcome(" " + zeros + "1"), Outcome::listing(64, std::uint64_t{1} << 63, 0));
  EXPECT_EQ(outcome(" " + zeros + "1+0"), Outcome::listing(65, std::uint64_t{1} << 63, 0));
  EXPECT_EQ(outcome(" " + zeros + "1+4294967295"),
            Outcome::listing(~std::uint64_t{0} >> 12, std::uint64_t{1} << 63, 4294967295));
  EXPECT_EQ(Outcome::listing(0, 0, 0), Outcome::okay());
}

TEST(TraceText, CorpusIsAFixpoint) {
  unsigned files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GROWSDOWN_CORPUS)) {
    if (entry.path().extension() != ".trace") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    expectFixpoint(text.str(), entry.path().string());
    files++;
  }
  EXPECT_GT(files, 0U);
}

TEST(TraceText, ExamplesOfTheDocumentationAreCanonical) {
  std::ifstream in(std::string(GROWSDOWN_DOCS) + "/trace-format.md");
  std::stringstream whole;
  whole << in.rdbuf();
  const std::string text = whole.str();
  unsigned examples = 0;
  const std::string fence = "```\n";
  for (std::size_t at = 0; (at = text.find(fence, at)) != std::string::npos;) {
    const std::size_t start = at + fence.size();
    const std::size_t end = text.find(fence, start);
    ASSERT_NE(end, std::string::npos);
    at = end + fence.size();
    std::string example = text.substr(start, end - start);
    if (example.find("growsdown-trace 1\n") == std::string::npos) continue;
    if (example.starts_with("$ cat ")) { // a session that first shows the file
      example.erase(0, example.find('\n') + 1);
      example.resize(std::min(example.size(), example.find("\n$ ") + 1));
    }
    EXPECT_EQ(print(parseOne(example)), example);
    examples++;
  }
  EXPECT_EQ(examples, 2U);
}

TEST(TraceText, ParsingIsLinear) {
  std::string text = "growsdown-trace 1\n";
  for (unsigned i = 0; i < 50000; i++)
    text += "touch 0x10000fb000 w -> ok\n= map 0x1000100000-0x1000104000 rw-p\n# c\n";
  const auto start = std::chrono::steady_clock::now();
  ASSERT_FALSE(parse(text, "t").error);
  // 3.4 MB: about 15 ms when optimised. Anything quadratic takes minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

struct Malformed {
  std::string text;
  unsigned line;
  unsigned column;
  std::string message; ///< a part of it
};

const std::string state = head + "fork\n= ";

const Malformed malformed[] = {
    // files
    {"", 1, 1, "there is no trace here: expected a line `growsdown-trace 1`"},
    {"\n\n", 2, 1, "there is no trace here"},
    {"# only a comment\n", 1, 1, "there is no trace here"},
    {"fork\n", 1, 1, "expected `growsdown-trace 1`, the first line of a trace, found `fork`"},
    {"growsdwon-trace 1\n", 1, 1, "did you mean `growsdown-trace`?"},
    {"growsdown-trace\n", 1, 16,
     "expected `1`, the version of the format, found the end of the line"},
    {"growsdown-trace 2\n", 1, 17, "the only version of the format that is known here, found `2`"},
    {"growsdown-trace 1 1\n", 1, 19, "expected the end of the line, found `1`"},
    {"growsdown-trace 1", 1, 18, "is the file truncated?"},
    {head + "touch 0x1000 w -> o", 2, 20, "is the file truncated?"},
    {head + "# a comment", 2, 12, "is the file truncated?"},
    {std::string("growsdown-trace 1\0\n", 19), 1, 18, "NUL byte"},
    {head + "# caf\xe9\n", 2, 6, "not UTF-8"},
    {head + "# \xc0\xaf\n", 2, 3, "not UTF-8"},
    {head + "# \xed\xa0\x80\n", 2, 3, "not UTF-8"},
    {head + "# \xf4\x90\x80\x80\n", 2, 3, "not UTF-8"},
    {head + "# \xe2\x82\n", 2, 3, "not UTF-8"},
    {"\xef\xbb\xbf" + head, 1, 1, "byte order mark"},
    {head + "fork\rfork\n", 2, 5, "carriage return inside a line"},
    {head + "# \x1b[31m\n", 2, 3, "control character"},
    {head + "# \xc2\x9b"
            "31m\n",
     2, 3, "control character"},
    {head + "# \xe2\x80\xae"
            "abc\n",
     2, 3, "control character"},
    {head + "# \xe2\x81\xa6"
            "abc\n",
     2, 3, "control character"},
    {head + "größe\n", 2, 1, "expected a step"},
    // with
    {head + "with\n", 2, 5,
     "KEY: `page`, `min-addr`, `lsm-min-addr`, `max-map-count`, `va-bits` or "
     "`memory`, found the end"},
    {head + "with pages 4096\n", 2, 6, "found `pages`; did you mean `page`?"},
    {head + "with page\n", 2, 10, "expected the value of `page`, a number, found the end"},
    {head + "with page 4k\n", 2, 11, "found `4k`"},
    {head + "with page 8192\n", 2, 11, "expected a page size of 4096, 16384 or 65536 bytes"},
    {head + "mincore 0 0x1000 -> ok 012\n", 2, 24, "a digit for each page"},
    {head + "mincore 0 0x1000 -> ok 01+3\n", 2, 24, "after 64 digits"},
    {head + "mincore 0 0x1000 -> ok " + std::string(64, '1') + "+\n", 2, 24, "after 64 digits"},
    {head + "mincore 0 0x1000 -> ok " + std::string(65, '1') + "\n", 2, 24, "after 64 digits"},
    {head + "mincore 0 0x1000 -> SIGSEGV/MAPERR\n", 2, 21, "OUTCOME of `mincore`"},
    {head + "with page 4096\nwith page 4096\n", 3, 6, "a second `with page` line"},
    {head + "fork\nwith page 4096\n", 3, 1, "before the first step"},
    {head + "init counters total 1\nwith page 4096\n", 3, 1, "before the `init` lines"},
    // steps
    {head + "tuoch 0 r\n", 2, 1, "found `tuoch`; did you mean `touch`?"},
    {head + "mumap 0 0x1000\n", 2, 1, "did you mean `mmap`?"},
    {head + "Fork\n", 2, 1, "did you mean `fork`?"},
    {head + "swapoff\n", 2, 1,
     "expected a step (`limit`, `capable`, `mmap`, `munmap`, `mprotect`, "
     "`mlock`, `munlock`, `dontneed`, `mremap`, `fork`, `touch`, `sp`, "
     "`kernel`, `gup` or `mincore`), a state line (`=`) or `growsdown-trace 1`, found "
     "`swapoff`"},
    {head + "limit\n", 2, 6, "the limit: `stack`, `as`, `memlock` or `data`"},
    {head + "limit stak 0\n", 2, 7, "did you mean `stack`?"},
    {head + "limit stack\n", 2, 12, "or `unlimited`, found the end of the line"},
    {head + "limit stack -1\n", 2, 13, "found `-1`"},
    {head + "capable yes\n", 2, 9, "expected `no`, found `yes`"},
    {head + "mmap\n", 2, 5, "expected ADDR (bytes, decimal or 0x hexadecimal), found the end"},
    {head + "mmap 0x\n", 2, 6, "expected ADDR"},
    {head + "mmap 0xg\n", 2, 6, "expected ADDR"},
    {head + "mmap 12a4 0x1000 rw -\n", 2, 6, "found `12a4`"},
    {head + "mmap 0x10000000000000000 0x1000 rw -\n", 2, 6,
     "`0x10000000000000000` is too great: a number is at most 2^64-1"},
    {head + "mmap 0 18446744073709551616 rw -\n", 2, 8, "is too great"},
    {head + "mmap 0x1000\n", 2, 12, "expected LEN"},
    {head + "mmap 0x1000 0x1000\n", 2, 19, "expected PROT: `none` or letters of `rwx`"},
    {head + "mmap 0x1000 0x1000 rwz -\n", 2, 20, "expected PROT"},
    {head + "mmap 0x1000 0x1000 rr -\n", 2, 20, "`r` appears twice"},
    {head + "mmap 0x1000 0x1000 rw\n", 2, 22,
     "expected FLAGS: `-` or a comma-separated list of `fixed`"},
    {head + "mmap 0x1000 0x1000 rw fixd\n", 2, 23, "did you mean `fixed`?"},
    {head + "mmap 0x1000 0x1000 rw fixed,growdown\n", 2, 29, "did you mean `growsdown`?"},
    {head + "mmap 0x1000 0x1000 rw fixed,\n", 2, 29, "found nothing"},
    {head + "mmap 0x1000 0x1000 rw fixed,fixed\n", 2, 29, "twice"},
    {head + "mmap 0x1000 0x1000 rw fixed growsdown\n", 2, 29,
     "found `growsdown` after the flags: flags are separated by commas"},
    {head + "munmap 0x1000\n", 2, 14, "expected LEN"},
    {head + "mprotect 0x1000 0x1000 rw growdown\n", 2, 27, "did you mean `growsdown`?"},
    {head + "mremap 0x1000 0x1000\n", 2, 21, "expected NEW_LEN"},
    {head + "mremap 0x1000 0x1000 0x1000 move\n", 2, 29,
     "expected `maymove`, `to`, `->` or the end of the line, found `move`"},
    {head + "mremap 0x1000 0x1000 0x1000 to\n", 2, 31, "expected ADDR"},
    {head + "mremap 0 0 0 maymove to 0\n", 2, 22, "expected `->` or the end of the line"},
    {head + "fork now\n", 2, 6, "expected `->` or the end of the line"},
    {head + "touch 0x1000\n", 2, 13, "the access: `r`, `w` or `x`"},
    {head + "kernel 0x1000 x\n", 2, 15, "the access: `r` or `w`, found `x`"},
    {head + "sp mine\n", 2, 4, "or `own`, found `mine`"},
    // outcomes
    {head + "fork ->\n", 2, 8, "expected OUTCOME of `fork`: `ok`, `EPERM`"},
    {head + "fork -> OK\n", 2, 9, "did you mean `ok`?"},
    {head + "fork -> ENOMEN\n", 2, 9, "did you mean `ENOMEM`?"},
    {head + "fork -> EWHAT\n", 2, 9, "found `EWHAT`"},
    {head + "fork -> ok ok\n", 2, 12, "expected the end of the line"},
    {head + "fork -> ok 0x1000\n", 2, 12, "expected the end of the line"},
    {head + "fork -> SIGSEGV/MAPERR\n", 2, 9, "found `SIGSEGV/MAPERR`"},
    {head + "touch 0 r -> ENOMEM\n", 2, 14, "expected OUTCOME of `touch`: `ok`, `SIGSEGV/MAPERR`"},
    {head + "touch 0 r -> SIGSEGV\n", 2, 14, "`SIGSEGV/ACCERR`"},
    {head + "touch 0 r -> SIGSEGV/MAPER\n", 2, 14, "did you mean `SIGSEGV/MAPERR`?"},
    {head + "touch 0 r -> SIGSEGV/MAPERR by 3\n", 2, 29, "expected `at` ADDR"},
    {head + "touch 0 r -> SIGSEGV/MAPERR at\n", 2, 31, "expected ADDR"},
    {head + "mmap 0 0x1000 rw - -> ok somewhere\n", 2, 26, "expected ADDR, `elsewhere` or the end"},
    {head + "mmap 0 0x1000 rw - -> ok elsewhere 0\n", 2, 36, "expected the end of the line"},
    // states
    {head + "= same\n", 2, 1, "no step is before it"},
    {state + "\n", 3, 3, "a state line: `map`, `pages`, `same`, `faults` or `abnormal`"},
    {state + "maps 0-0x1000 rw-p\n", 3, 3, "did you mean `map`?"},
    {state + "map\n", 3, 6, "expected START-END"},
    {state + "map 0x1000 rw-p\n", 3, 7, "expected START-END (bytes), found `0x1000`"},
    {state + "map 0x1000- rw-p\n", 3, 14, "expected END"},
    {state + "map 0x1000-0x2000-0x3000 rw-p\n", 3, 7, "expected START-END"},
    {state + "map 0x2000-0x1000 rw-p\n", 3, 14, "the range ends below its start"},
    {state + "map 0x1000-0x2000\n", 3, 20, "expected PERMS"},
    {state + "map 0x1000-0x2000 rw\n", 3, 21, "expected PERMS as /proc/self/maps has them"},
    {state + "map 0x1000-0x2000 wr-p\n", 3, 21, "expected PERMS"},
    {state + "map 0x3000-0x4000 rw-p\n= map 0x1000-0x2000 rw-p\n", 4, 7,
     "ascend by address and do not overlap: expected one at or above 0x4000"},
    {state + "map 0x1000-0x3000 rw-p\n= map 0x2000-0x4000 rw-p\n", 4, 7, "do not overlap"},
    {state + "pages\n", 3, 8, "expected `size`"},
    {state + "pages stack +1\n", 3, 9, "expected `size`, found `stack`"},
    {state + "pages size 1x\n", 3, 14, "found `1x`"},
    {state + "pages size +\n", 3, 14, "found `+`"},
    {state + "pages size 9223372036854775808\n", 3, 14, "less than 2^63"},
    {state + "pages size +1 stack +1 locked +0 data +0 resident +0\n", 3, 53,
     "expected a number of pages, found `+0`"},
    {state + "pages size +1 stack +1 locked +0 data +0\n", 3, 43, "expected `resident`"},
    {state + "pages size +1 stack +1 locked +0 data +0 resident 0 table +0\n", 3, 55,
     "did you mean `tables`?"},
    {state + "pages size +1 stack +1 locked +0 data +0 resident 0\n= map 0-0 rw-p\n", 4, 3,
     "a `= map` line must come before the step's `= pages` line"},
    {state + "pages size +1 stack +1 locked +0 data +0 resident 0\n= same\n", 4, 3,
     "`= same` excludes"},
    {state + "same\n= map 0-0x1000 rw-p\n", 4, 3, "`= same` excludes"},
    {state + "map 0-0x1000 rw-p\n= same\n", 4, 3, "`= same` excludes"},
    {state + "same\n= same\n", 4, 3, "a second `= same` line"},
    {state + "faults 1\n= faults 1\n", 4, 3, "a second `= faults` line"},
    {state + "faults 1\n= same\n", 4, 3, "before the step's `= faults` line"},
    {state + "faults\n", 3, 9, "expected the number of minor faults"},
    {state + "abnormal\n= same\n", 4, 3, "nothing is expected of a step after `= abnormal`"},
    {state + "same as before\n", 3, 8, "expected the end of the line"},
    // initial states
    {head + "fork\ninit area 0-0x1000 rw -\n", 3, 1, "before the first step"},
    {head + "init\n", 2, 5, "`area`, `page`, `object`, `object-page` or `counters`"},
    {head + "init aera 0-0x1000 rw -\n", 2, 6, "did you mean `area`?"},
    {head + "init area 0x1000-0x1000 rw -\n", 2, 11, "an area is not empty"},
    {head + "init area 0x1000-0x3000 rw -\ninit area 0x2000-0x4000 rw -\n", 3, 11,
     "do not overlap"},
    {head + "init area 0x1000-0x3000 rw\n", 2, 27, "expected FLAGS"},
    {head + "init area 0x1000-0x3000 rw growdown\n", 2, 28, "did you mean `growsdown`?"},
    {head + "init area 0x1000-0x3000 rw - anon 0\n", 2, 35, "an identity is a number from 1"},
    {head + "init area 0x1000-0x3000 rw - anon 1 anon 1\n", 2, 37,
     "`anon` appears twice in this line"},
    {head + "init area 0x1000-0x3000 rw - forkd\n", 2, 30, "did you mean `forked`?"},
    {head + "init page 0x1000 zeroed r\n", 2, 18,
     "the kind of page: `zero`, `anonymous` or `shared`"},
    {head + "init page 0x1000 zero r\ninit page 0x1000 zero r\n", 3, 11, "ascend by address"},
    {head + "init object 0 pages 1\n", 2, 13, "an identity is a number from 1"},
    {head + "init object 1 size 1\n", 2, 15, "expected `pages`"},
    {head + "init object 1 pages 1\ninit object 1 pages 1\n", 3, 13, "ascend by identity"},
    {head + "init object-page 1 index 1 frame 0\n", 2, 34, "an identity is a number from 1"},
    {head + "init object-page 1 index 1 frame 1\ninit object-page 1 index 0 frame 1\n", 3, 18,
     "ascend by object, then by index"},
    {head + "init counters\n", 2, 14,
     "`total`, `stack`, `locked`, `data` or `committed`, each at most once"},
    {head + "init counters stack 1 total 1\n", 2, 23, "in this order, found `total`"},
    {head + "init counters stack 1\ninit counters stack 1\n", 3, 6,
     "a second `init counters` line"},
};

TEST(TraceText, MalformedText) {
  for (const Malformed& m : malformed) {
    const ParseResult result = parse(m.text, "file");
    ASSERT_TRUE(result.error) << m.text;
    const std::string text = result.error->text();
    EXPECT_EQ(result.error->line, m.line) << m.text << text;
    EXPECT_EQ(result.error->column, m.column) << m.text << text;
    EXPECT_NE(text.find(m.message), std::string::npos) << m.text << text;
    EXPECT_EQ(text.find("file:" + std::to_string(m.line) + ":" + std::to_string(m.column) + ": "),
              0U)
        << text;
    EXPECT_TRUE(result.traces.empty()) << m.text;
    // After a good trace it is the same error, lines later.
    if (m.text.find("growsdown-trace ") == 0) {
      const ParseResult later = parse(head + "fork\n" + m.text, "file");
      ASSERT_TRUE(later.error) << m.text;
      EXPECT_TRUE(later.traces.empty());
    }
  }
}

TEST(TraceText, EveryPrefixOfATextIsReadOrRefusedInItsLastLine) {
  const std::string text = canonical;
  for (std::size_t length = 0; length < text.size(); length++) {
    const std::string prefix = text.substr(0, length);
    const ParseResult result = parse(prefix, "t");
    const auto lines = static_cast<unsigned>(std::count(prefix.begin(), prefix.end(), '\n'));
    const bool header = prefix.find("growsdown-trace 1\n") != std::string::npos;
    ASSERT_EQ(!result.error, header && prefix.back() == '\n') << prefix;
    if (result.error) {
      EXPECT_EQ(result.error->line,
                std::max(prefix.empty() || prefix.back() == '\n' ? lines : lines + 1, 1U));
    }
  }
}

TEST(PlainText, IsWhatACommentXmlAndJsonMayHave) {
  EXPECT_EQ(plainText("a < b & \"c\""), "a < b & \"c\"");
  EXPECT_EQ(plainText("gr\xc3\xb6\xc3\x9f"), "gr\xc3\xb6\xc3\x9f");
  EXPECT_EQ(plainText(std::string_view("a\0b\x1b[m\x7f\r", 8)), "a?b?[m??");
  EXPECT_EQ(plainText("\xff\xc3 \xed\xa0\x80 \xef\xbf\xbe\xef\xbf\xbd"), "?? ??? ?\xef\xbf\xbd");
  EXPECT_EQ(plainText("a\nb\tc"), "a b c");
  EXPECT_EQ(plainText("\xc2\x80 \xc2\x9b[m \xc2\xa0"), "? ?[m \xc2\xa0");
  EXPECT_EQ(
      plainText("\xe2\x80\xa9 \xe2\x80\xaa \xe2\x80\xae \xe2\x81\xa6 \xe2\x81\xa9 \xe2\x80\xaf"),
      "\xe2\x80\xa9 ? ? ? ? \xe2\x80\xaf");
  EXPECT_EQ(plainText("a\nb\tc", true), "a\nb\tc");
}

} // namespace
} // namespace growsdown::trace
