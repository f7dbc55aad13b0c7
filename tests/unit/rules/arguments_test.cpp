// Absurd addresses and lengths, for every operation that has such operands. The expectations follow
// from the order of the kernels' checks, and from the points at which their 64-bit sums wrap.
#include "model/invariants.h"
#include "model/process.h"
#include "tests/unit/rules/scenario.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace growsdown::rules {
namespace {

// END is TASK_SIZE. The areas: four pages, and a stack.
const std::string setup = R"(growsdown-trace 1
init area 0x1000100000-0x1000104000 rw account pgoff 0x1000100
init area 0x1000800000-0x1000801000 rw growsdown,account pgoff 0x1000800
)";

/// The outcome of a step by rule set: `SELECTOR| OUTCOME` (scenario.h) or `OUTCOME` alone,
/// separated by semicolons; the first that fits counts.
struct Row {
  const char* step;
  const char* outcomes;
  const char* why;
};

// clang-format off
const Row rows[] = {
    // munmap: unaligned, beyond TASK_SIZE, longer than the rest; the length is rounded afterwards.
    {"munmap 0 0", "EINVAL", "nothing"},
    {"munmap 0 0x1", "ok", "a page where nothing is"},
    {"munmap 0x1 0x1", "EINVAL", "unaligned"},
    {"munmap 0 0xffffffffffffffff", "EINVAL", "longer than TASK_SIZE"},
    {"munmap 0 END+0x1", "EINVAL", "one byte longer than TASK_SIZE"},
    {"munmap 0 END", "ok", "all"},
    {"munmap END 0", "EINVAL", "nothing, at TASK_SIZE"},
    {"munmap END 0x1", "EINVAL", "nothing is left there"},
    {"munmap END+0x1000 0", "EINVAL", "beyond TASK_SIZE"},
    {"munmap 0xfffffffffffff000 0x1000", "EINVAL", "the last page of all"},
    {"munmap 0xff00000000000000 0x1000", "5.10+ arm64| ok; EINVAL", "a tagged 0"},
    {"munmap 0xff80000000000000 0x1000", "EINVAL", "the kernel's half is not tagged"},
    // mprotect: unaligned, empty, wrapping, and then a hole.
    {"mprotect 0 0 r", "ok", "nothing"},
    {"mprotect 0x1 0 r", "EINVAL", "unaligned before empty"},
    {"mprotect 0 0x1 r", "ENOMEM", "no area"},
    {"mprotect 0 0xffffffffffffffff r", "ENOMEM", "rounds to 0: end is not above start"},
    {"mprotect 0x1000100000 0xffffffffffffffff r", "ENOMEM", "the same"},
    {"mprotect 0x1000100000 0xfffffffffffff000 r", "ENOMEM", "wraps"},
    {"mprotect 0xfffffffffffff000 0x1000 r", "ENOMEM", "ends at 2^64"},
    {"mprotect 0xfffffffffffff000 0 r", "ok", "nothing, anywhere"},
    {"mprotect 0xffffffffffffffff 0 r", "EINVAL", "unaligned"},
    {"mprotect 0xffffffffffffe000 0x1000 r", "ENOMEM", "no area up there"},
    {"mprotect 0 END r", "ENOMEM", "a hole at the start: nothing is changed"},
    {"mprotect 0xff00001000100000 0x1000 rw", "5.10+ arm64| ok; ENOMEM", "tagged"},
    {"mprotect 0 0x1000100000 r growsdown", "ENOMEM", "ends where the area starts"},
    {"mprotect 0 0x1000100001 r growsdown", "EINVAL", "that area does not grow"},
    {"mprotect 0x1000104000 0x6fc001 rw growsdown", "ok", "from the stack's start on"},
    {"mprotect 0x1000801000 0x1000 r growsdown", "ENOMEM", "no area above"},
    // mlock: no alignment is required; the length plus the offset is rounded, and may wrap.
    {"mlock 0 0", "ok", "nothing"},
    {"mlock 0 0x1", "ENOMEM", "no area"},
    {"mlock 0x1 0", "ENOMEM", "an offset makes it a page"},
    {"mlock 0 0xffffffffffffffff", "ok", "rounds to 0"},
    {"mlock 0x1 0xffffffffffffffff", "ok", "is 0 with the offset"},
    {"mlock 0x2 0xffffffffffffffff", "ENOMEM", "is 1 with the offset: a page"},
    {"mlock 0x1000100000 0xffffffffffffffff", "ok", "rounds to 0: nothing is locked"},
    {"mlock 0x1000100000 0xfffffffffffff000", "EINVAL", "ends below its start"},
    {"mlock 0 0xfffffffffffff000", "ENOMEM", "does not wrap: a hole"},
    {"mlock 0xfffffffffffff000 0x1000", "EINVAL", "ends at 2^64, which is 0"},
    {"mlock 0xffffffffffffffff 0", "EINVAL", "the last page"},
    {"mlock 0xffffffffffffe000 0x1000", "ENOMEM", "no area up there"},
    {"mlock 0x1000100fff 0x3001", "ok", "four pages"},
    {"munlock 0x1000100fff 0x3002", "ENOMEM", "a fifth, where nothing is"},
    {"mlock 0xff00000000000000 0", "ok", "nothing"},
    {"munlock 0 0", "ok", "nothing"},
    {"munlock 0x1 0", "ENOMEM", "an offset makes it a page"},
    {"munlock 0x1000100000 0xffffffffffffffff", "ok", "rounds to 0"},
    {"munlock 0x1000100000 0xfffffffffffff000", "EINVAL", "ends below its start"},
    {"munlock 0xffffffffffffffff 0x1", "EINVAL", "the last page"},
    {"munlock 0x1000800000 0x1000", "ok", "not locked"},
    // dontneed: aligned; a length that rounds to 0 is refused here.
    {"dontneed 0 0", "ok", "nothing"},
    {"dontneed 0x1 0", "EINVAL", "unaligned before empty"},
    {"dontneed 0 0xffffffffffffffff", "EINVAL", "rounds to 0"},
    {"dontneed 0 0xfffffffffffff000", "ENOMEM", "everything, with holes"},
    {"dontneed 0x1000100000 0xfffffffffffff000", "EINVAL", "wraps"},
    {"dontneed 0xfffffffffffff000 0x1000", "EINVAL", "ends at 2^64"},
    {"dontneed 0xfffffffffffff000 0", "ok", "nothing"},
    {"dontneed 0xffffffffffffe000 0x1000", "ENOMEM", "no area up there"},
    {"dontneed 0xff00001000100000 0x4000", "5.10+ arm64| ok; ENOMEM", "tagged"},
    // mmap at a fixed address: empty, wrapping, too long, beyond, unaligned.
    {"mmap 0 0 rw fixed", "EINVAL", "nothing"},
    {"mmap 0xffffffffffffffff 0 rw fixed", "EINVAL", "nothing, before all else"},
    {"mmap 0 0xffffffffffffffff rw fixed", "ENOMEM", "rounds to 0"},
    {"mmap 0 0xfffffffffffff000 rw fixed", "ENOMEM", "too long"},
    {"mmap 0 END none fixed", "amd64| ok 0; ENOMEM", "longer than TASK_SIZE less the minimum, which x86 does not ask"},
    {"mmap 0 END-0x1000 none fixed", "ok 0", "the longest; the capable may map page 0"},
    {"mmap 0x2000 END-0x1000 none fixed", "ENOMEM", "ends beyond TASK_SIZE"},
    {"mmap END-0x1000 0x1000 rw fixed", "ok END-0x1000", "the last page"},
    {"mmap END-0x1 0x1000 rw fixed", "ENOMEM", "beyond before unaligned"},
    {"mmap END 0x1 rw fixed", "ENOMEM", "at TASK_SIZE"},
    {"mmap 0xffffffffffffffff 0x1 rw fixed", "ENOMEM", "far beyond"},
    {"mmap 0x1 0x1000 rw fixed", "EINVAL", "unaligned"},
    {"mmap 0xff00000000000000 0x1000 rw fixed", "ENOMEM", "mmap takes no tags off"},
    {"mmap 0xffffffffffffffff 0x1 rw fixed_noreplace", "4.3| ok elsewhere; ENOMEM", "4.3: a hint"},
    {"mmap 0x1000100001 0x1 rw fixed_noreplace", "4.3| ok elsewhere; EINVAL", "4.3: a hint, taken"},
    {"mmap 0x1000100000 0x1 rw fixed_noreplace", "4.3| ok elsewhere; EEXIST", "4.3: a hint, taken"},
    // mmap with a hint: never refused for the hint.
    {"mmap 0xffffffffffffffff 0 rw -", "EINVAL", "nothing"},
    {"mmap 0x1 0x1 rw -", "ok elsewhere", "less than a page is no hint"},
    {"mmap 0xffffffffffffffff 0x1000 rw -", "ok elsewhere", "does not fit"},
    {"mmap END 0x1000 rw -", "ok elsewhere", "does not fit"},
    {"mmap END-0x1000 0x1 r -", "ok END-0x1000", "fits"},
    {"mmap 0 0xffffffffffffffff rw -", "ENOMEM", "rounds to 0"},
    {"mmap 0 END r -", "ENOMEM", "too long"},
    {"mmap 0 END-0x1000 r -", "ENOMEM", "no such room"},
    {"mmap 0xff00001000200000 0x1000 r -", "ok elsewhere", "no tags come off"},
    {"mmap 0 0xffffffffffffffff rw fixed,growsdown,shared", "ENOMEM", "length first"},
    // mremap: 4.3 unmaps before it looks up an area, and looks one up only if the range grows.
    {"mremap 0 0 0", "EINVAL", "to nothing"},
    {"mremap 0x1 0 0x1000", "EINVAL", "unaligned"},
    {"mremap 0 0 0x1000", "EFAULT", "no area"},
    {"mremap 0 0x1000 0x1000", "4.3..5.10| ok 0; EFAULT", "to 5.10: nothing to do, wherever"},
    {"mremap END 0x1000 0x1000", "4.3..5.10| ok END; EFAULT", "even there"},
    {"mremap 0xfffffffffffff000 0x1 0x1", "4.3..5.10| ok 0xfffffffffffff000; EFAULT", "and there"},
    {"mremap END 0x2000 0x1000", "4.3..5.10| EINVAL; EFAULT", "to 5.10: munmap refuses the tail"},
    {"mremap 0xfffffffffffff000 0x1000 0x2000", "EFAULT", "no area"},
    {"mremap 0x1000100000 0x4000 0xffffffffffffffff", "EINVAL", "rounds to 0"},
    {"mremap 0x1000100000 0x4000 0xfffffffffffff000 maymove", "6.18+| EINVAL; ENOMEM", "beyond even an unlimited RLIMIT_AS"},
    {"mremap 0x1000100000 0x4000 END maymove", "ENOMEM", "no such room"},
    {"mremap 0x1000100000 0x4000 END", "ENOMEM", "the stack is in the way"},
    {"mremap 0x1000100000 0xffffffffffffffff 0x1000", "4.3| ENOMEM; EINVAL", "an old length of 0: 4.3 finds no room for a copy in place"},
    {"mremap 0x1000100000 0xffffffffffffffff 0x1000 to 0x1000200000", "4.3| ok 0x1000200000; EINVAL", "4.3: an empty copy"},
    {"mremap 0x1000100000 0xfffffffffffff000 0x1000", "EINVAL", "munmap refuses the tail"},
    {"mremap 0x1000100000 0xfffffffffffff000 0x1000 to 0x1000200000", "EINVAL", "the overlap test wraps and passes; munmap refuses the tail"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0x1", "EINVAL", "unaligned"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0xfffffffffffff000", "EINVAL", "beyond"},
    {"mremap 0x1000100000 0x1000 END+0x1 to 0", "EINVAL", "longer than TASK_SIZE"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0", "ok 0", "the capable may"},
    {"mremap 0xff00001000100000 0x4000 0x1000", "5.10+ arm64| ok 0x1000100000; 4.3..5.10| EINVAL; EFAULT", "tagged; to 5.10: munmap refuses the tail"},
    {"mremap 0 0x1000 0x1000 to 0x1", "6.1..6.12| EFAULT; EINVAL", "6.1 and 6.12 look for the area first"},
    // Accesses.
    {"touch 0 r", "SIGSEGV/MAPERR", "a null pointer"},
    {"touch END-0x1 w", "SIGSEGV/MAPERR", "the last byte"},
    {"touch END w", "SIGSEGV/MAPERR", "the first beyond"},
    {"touch 0xffffffffffffffff r", "4.3 arm64| SIGSEGV/MAPERR at 0xffffffffffffff; SIGSEGV/MAPERR", "the last of all"},
    {"touch 0xff00001000103fff w", "arm64| ok; amd64| SIGSEGV/KERNEL at 0; SIGSEGV/ACCERR at 0", "tagged; of neither half of x86's"},
    {"touch 0xff00001000104000 w", "arm64| SIGSEGV/MAPERR at 0x1000104000; amd64| SIGSEGV/KERNEL at 0; SIGSEGV/ACCERR at 0", "tagged, and too far below the stack"},
    {"kernel 0 r", "EFAULT", "a null pointer"},
    {"kernel END-0x1 w", "EFAULT", "the last byte"},
    {"kernel 0xffffffffffffffff r", "EFAULT", "the last of all"},
    {"kernel 0xff00001000100000 w", "EFAULT", "access_ok takes no tags"},
    {"gup 0 r", "EFAULT", "a null pointer"},
    {"gup END w", "EFAULT", "the first beyond"},
    {"gup 0xffffffffffffffff w", "EFAULT", "the last of all"},
    {"gup 0xff00001000100000 w", "5.10+ arm64| ok; EFAULT", "tagged"},
    // Steps that accept any number.
    {"limit stack 0xffffffffffffffff", "ok", "unlimited"},
    {"sp 0xffffffffffffffff", "ok", ""},
};
// clang-format on

std::string outcomeUnder(const trace::RuleSet& rules, const std::string& outcomes) {
  std::istringstream in(outcomes);
  for (std::string one; std::getline(in, one, ';');) {
    const std::size_t bar = one.find('|');
    if (bar == std::string::npos) return one;
    if (selects(one.substr(0, bar), rules)) return one.substr(bar + 1);
  }
  return "";
}

TEST(RuleArguments, AbsurdOnes) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, {}, error);
    ASSERT_TRUE(parameters) << error;
    for (const Row& row : rows) {
      const std::string step =
          numbered(std::string(row.step) + " -> " + outcomeUnder(rules, row.outcomes), *parameters);
      SCOPED_TRACE(std::string(rules.name) + ": " + step + "\n" + row.why);
      const trace::ParseResult parsed = trace::parse(setup + step + "\n", "row");
      ASSERT_FALSE(parsed.error) << parsed.error->text();
      const trace::Trace& trace = parsed.traces.at(0);
      trace::State initial = *trace.initial;
      initial.counters.total = 5;
      initial.counters.stack = 1;
      initial.counters.data = 4;
      initial.counters.committed = 5;
      model::Process process;
      process.start(*parameters, &initial);
      trace::State before;
      process.snapshot(before);
      const trace::Outcome outcome = process.apply(trace.records.at(0).step);
      EXPECT_EQ(trace::print(outcome), trace::print(trace.records.at(0).expected))
          << "by " << model::info(process.decidingRule()).id;
      trace::State after;
      process.snapshot(after);
      const model::Invariant* const broken = model::firstBroken(after, *parameters);
      EXPECT_EQ(broken, nullptr) << broken->name;
      // None of these refusals changes anything.
      before.counters.faults = after.counters.faults = 0;
      if (outcome.kind == trace::Outcome::Kind::error ||
          outcome.kind == trace::Outcome::Kind::signal) {
        EXPECT_TRUE(after == before);
      }
    }
  }
}

} // namespace
} // namespace growsdown::rules
