// Absurd addresses and lengths, for every operation that takes some. What is expected follows from
// the order of the kernels' checks, and from where their 64-bit sums wrap.
#include "model/invariants.h"
#include "model/process.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <string>

namespace growsdown::rules {
namespace {

// 39 bits in both rule sets: TASK_SIZE is 0x8000000000. The areas: a, four pages, and a stack.
const std::string setup = R"(growsdown-trace 1
with va-bits 39
init area 0x1000100000-0x1000104000 rw account pgoff 0x1000100
init area 0x1000800000-0x1000801000 rw growsdown,account pgoff 0x1000800
)";

struct Row {
  const char* step;
  const char* outcome43;
  const char* outcome612;
  const char* why;
};

// clang-format off
const Row rows[] = {
    // munmap: unaligned, beyond TASK_SIZE, longer than what is left; only then is it rounded.
    {"munmap 0 0", "EINVAL", "EINVAL", "nothing"},
    {"munmap 0 0x1", "ok", "ok", "a page where nothing is"},
    {"munmap 0x1 0x1", "EINVAL", "EINVAL", "unaligned"},
    {"munmap 0 0xffffffffffffffff", "EINVAL", "EINVAL", "longer than TASK_SIZE"},
    {"munmap 0 0x8000000001", "EINVAL", "EINVAL", "one byte longer than TASK_SIZE"},
    {"munmap 0 0x8000000000", "ok", "ok", "all"},
    {"munmap 0x8000000000 0", "EINVAL", "EINVAL", "nothing, at TASK_SIZE"},
    {"munmap 0x8000000000 0x1", "EINVAL", "EINVAL", "nothing is left there"},
    {"munmap 0x8000001000 0", "EINVAL", "EINVAL", "beyond TASK_SIZE"},
    {"munmap 0xfffffffffffff000 0x1000", "EINVAL", "EINVAL", "the last page of all"},
    {"munmap 0xff00000000000000 0x1000", "EINVAL", "ok", "a tagged 0"},
    {"munmap 0xff80000000000000 0x1000", "EINVAL", "EINVAL", "the kernel's half is not tagged"},
    // mprotect: unaligned, empty, wrapping, and then a hole.
    {"mprotect 0 0 r", "ok", "ok", "nothing"},
    {"mprotect 0x1 0 r", "EINVAL", "EINVAL", "unaligned before empty"},
    {"mprotect 0 0x1 r", "ENOMEM", "ENOMEM", "no area"},
    {"mprotect 0 0xffffffffffffffff r", "ENOMEM", "ENOMEM", "rounds to 0: end is not above start"},
    {"mprotect 0x1000100000 0xffffffffffffffff r", "ENOMEM", "ENOMEM", "the same"},
    {"mprotect 0x1000100000 0xfffffffffffff000 r", "ENOMEM", "ENOMEM", "wraps"},
    {"mprotect 0xfffffffffffff000 0x1000 r", "ENOMEM", "ENOMEM", "ends at 2^64"},
    {"mprotect 0xfffffffffffff000 0 r", "ok", "ok", "nothing, anywhere"},
    {"mprotect 0xffffffffffffffff 0 r", "EINVAL", "EINVAL", "unaligned"},
    {"mprotect 0xffffffffffffe000 0x1000 r", "ENOMEM", "ENOMEM", "no area up there"},
    {"mprotect 0 0x8000000000 r", "ENOMEM", "ENOMEM", "a hole at the start: nothing is changed"},
    {"mprotect 0xff00001000100000 0x1000 rw", "ENOMEM", "ok", "tagged"},
    {"mprotect 0 0x1000100000 r growsdown", "ENOMEM", "ENOMEM", "ends where the area starts"},
    {"mprotect 0 0x1000100001 r growsdown", "EINVAL", "EINVAL", "that area does not grow"},
    {"mprotect 0x1000104000 0x6fc001 rw growsdown", "ok", "ok", "from the stack's start on"},
    {"mprotect 0x1000801000 0x1000 r growsdown", "ENOMEM", "ENOMEM", "no area above"},
    // mlock: no alignment is asked; the length is rounded after the offset was added, and may wrap.
    {"mlock 0 0", "ok", "ok", "nothing"},
    {"mlock 0 0x1", "ENOMEM", "ENOMEM", "no area"},
    {"mlock 0x1 0", "ENOMEM", "ENOMEM", "an offset makes it a page"},
    {"mlock 0 0xffffffffffffffff", "ok", "ok", "rounds to 0"},
    {"mlock 0x1 0xffffffffffffffff", "ok", "ok", "is 0 with the offset"},
    {"mlock 0x2 0xffffffffffffffff", "ENOMEM", "ENOMEM", "is 1 with the offset: a page"},
    {"mlock 0x1000100000 0xffffffffffffffff", "ok", "ok", "rounds to 0: nothing is locked"},
    {"mlock 0x1000100000 0xfffffffffffff000", "EINVAL", "EINVAL", "ends below its start"},
    {"mlock 0 0xfffffffffffff000", "ENOMEM", "ENOMEM", "does not wrap: a hole"},
    {"mlock 0xfffffffffffff000 0x1000", "EINVAL", "EINVAL", "ends at 2^64, which is 0"},
    {"mlock 0xffffffffffffffff 0", "EINVAL", "EINVAL", "the last page"},
    {"mlock 0xffffffffffffe000 0x1000", "ENOMEM", "ENOMEM", "no area up there"},
    {"mlock 0x1000100fff 0x3001", "ok", "ok", "four pages"},
    {"munlock 0x1000100fff 0x3002", "ENOMEM", "ENOMEM", "a fifth, where nothing is"},
    {"mlock 0xff00000000000000 0", "ok", "ok", "nothing"},
    {"munlock 0 0", "ok", "ok", "nothing"},
    {"munlock 0x1 0", "ENOMEM", "ENOMEM", "an offset makes it a page"},
    {"munlock 0x1000100000 0xffffffffffffffff", "ok", "ok", "rounds to 0"},
    {"munlock 0x1000100000 0xfffffffffffff000", "EINVAL", "EINVAL", "ends below its start"},
    {"munlock 0xffffffffffffffff 0x1", "EINVAL", "EINVAL", "the last page"},
    {"munlock 0x1000800000 0x1000", "ok", "ok", "not locked"},
    // dontneed: aligned; what rounds to 0 is refused here.
    {"dontneed 0 0", "ok", "ok", "nothing"},
    {"dontneed 0x1 0", "EINVAL", "EINVAL", "unaligned before empty"},
    {"dontneed 0 0xffffffffffffffff", "EINVAL", "EINVAL", "rounds to 0"},
    {"dontneed 0 0xfffffffffffff000", "ENOMEM", "ENOMEM", "everything, with holes"},
    {"dontneed 0x1000100000 0xfffffffffffff000", "EINVAL", "EINVAL", "wraps"},
    {"dontneed 0xfffffffffffff000 0x1000", "EINVAL", "EINVAL", "ends at 2^64"},
    {"dontneed 0xfffffffffffff000 0", "ok", "ok", "nothing"},
    {"dontneed 0xffffffffffffe000 0x1000", "ENOMEM", "ENOMEM", "no area up there"},
    {"dontneed 0xff00001000100000 0x4000", "ENOMEM", "ok", "tagged"},
    // mmap at a fixed address: empty, wrapping, too long, beyond, unaligned.
    {"mmap 0 0 rw fixed", "EINVAL", "EINVAL", "nothing"},
    {"mmap 0xffffffffffffffff 0 rw fixed", "EINVAL", "EINVAL", "nothing, before all else"},
    {"mmap 0 0xffffffffffffffff rw fixed", "ENOMEM", "ENOMEM", "rounds to 0"},
    {"mmap 0 0xfffffffffffff000 rw fixed", "ENOMEM", "ENOMEM", "too long"},
    {"mmap 0 0x8000000000 none fixed", "ENOMEM", "ENOMEM", "longer than TASK_SIZE less the minimum"},
    {"mmap 0 0x7ffffff000 none fixed", "ok 0", "ok 0", "the longest; the capable may map page 0"},
    {"mmap 0x2000 0x7ffffff000 none fixed", "ENOMEM", "ENOMEM", "ends beyond TASK_SIZE"},
    {"mmap 0x7ffffff000 0x1000 rw fixed", "ok 0x7ffffff000", "ok 0x7ffffff000", "the last page"},
    {"mmap 0x7fffffffff 0x1000 rw fixed", "ENOMEM", "ENOMEM", "beyond before unaligned"},
    {"mmap 0x8000000000 0x1 rw fixed", "ENOMEM", "ENOMEM", "at TASK_SIZE"},
    {"mmap 0xffffffffffffffff 0x1 rw fixed", "ENOMEM", "ENOMEM", "far beyond"},
    {"mmap 0x1 0x1000 rw fixed", "EINVAL", "EINVAL", "unaligned"},
    {"mmap 0xff00000000000000 0x1000 rw fixed", "ENOMEM", "ENOMEM", "mmap takes no tags off"},
    {"mmap 0xffffffffffffffff 0x1 rw fixed_noreplace", "ok elsewhere", "ENOMEM", "4.3: a hint"},
    {"mmap 0x1000100001 0x1 rw fixed_noreplace", "ok elsewhere", "EINVAL", "4.3: a hint, taken"},
    {"mmap 0x1000100000 0x1 rw fixed_noreplace", "ok elsewhere", "EEXIST", "4.3: a hint, taken"},
    // mmap with a hint: never refused for the hint.
    {"mmap 0xffffffffffffffff 0 rw -", "EINVAL", "EINVAL", "nothing"},
    {"mmap 0x1 0x1 rw -", "ok elsewhere", "ok elsewhere", "less than a page is no hint"},
    {"mmap 0xffffffffffffffff 0x1000 rw -", "ok elsewhere", "ok elsewhere", "does not fit"},
    {"mmap 0x8000000000 0x1000 rw -", "ok elsewhere", "ok elsewhere", "does not fit"},
    {"mmap 0x7ffffff000 0x1 r -", "ok 0x7ffffff000", "ok 0x7ffffff000", "fits"},
    {"mmap 0 0xffffffffffffffff rw -", "ENOMEM", "ENOMEM", "rounds to 0"},
    {"mmap 0 0x8000000000 r -", "ENOMEM", "ENOMEM", "too long"},
    {"mmap 0 0x7ffffff000 r -", "ENOMEM", "ENOMEM", "no such room"},
    {"mmap 0xff00001000200000 0x1000 r -", "ok elsewhere", "ok elsewhere", "no tags come off"},
    {"mmap 0 0xffffffffffffffff rw fixed,growsdown,shared", "ENOMEM", "ENOMEM", "length first"},
    // mremap: 4.3 unmaps before it looks, and then looks only where something is to grow.
    {"mremap 0 0 0", "EINVAL", "EINVAL", "to nothing"},
    {"mremap 0x1 0 0x1000", "EINVAL", "EINVAL", "unaligned"},
    {"mremap 0 0 0x1000", "EFAULT", "EFAULT", "no area"},
    {"mremap 0 0x1000 0x1000", "ok 0", "EFAULT", "4.3: nothing to do, wherever"},
    {"mremap 0x8000000000 0x1000 0x1000", "ok 0x8000000000", "EFAULT", "even there"},
    {"mremap 0xfffffffffffff000 0x1 0x1", "ok 0xfffffffffffff000", "EFAULT", "and there"},
    {"mremap 0x8000000000 0x2000 0x1000", "EINVAL", "EFAULT", "4.3: munmap refuses the tail"},
    {"mremap 0xfffffffffffff000 0x1000 0x2000", "EFAULT", "EFAULT", "no area"},
    {"mremap 0x1000100000 0x4000 0xffffffffffffffff", "EINVAL", "EINVAL", "rounds to 0"},
    {"mremap 0x1000100000 0x4000 0xfffffffffffff000 maymove", "ENOMEM", "ENOMEM", "beyond even an unlimited RLIMIT_AS"},
    {"mremap 0x1000100000 0x4000 0x8000000000 maymove", "ENOMEM", "ENOMEM", "no such room"},
    {"mremap 0x1000100000 0x4000 0x8000000000", "ENOMEM", "ENOMEM", "the stack is in the way"},
    {"mremap 0x1000100000 0xffffffffffffffff 0x1000", "ENOMEM", "EINVAL", "an old length of 0: 4.3 finds no room for a copy in place"},
    {"mremap 0x1000100000 0xffffffffffffffff 0x1000 to 0x1000200000", "ok 0x1000200000", "EINVAL", "4.3: an empty copy"},
    {"mremap 0x1000100000 0xfffffffffffff000 0x1000", "EINVAL", "EINVAL", "munmap refuses the tail"},
    {"mremap 0x1000100000 0xfffffffffffff000 0x1000 to 0x1000200000", "EINVAL", "EINVAL", "the overlap test wraps and passes; munmap refuses the tail"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0x1", "EINVAL", "EINVAL", "unaligned"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0xfffffffffffff000", "EINVAL", "EINVAL", "beyond"},
    {"mremap 0x1000100000 0x1000 0x8000000001 to 0", "EINVAL", "EINVAL", "longer than TASK_SIZE"},
    {"mremap 0x1000100000 0x1000 0x1000 to 0", "ok 0", "ok 0", "the capable may"},
    {"mremap 0xff00001000100000 0x4000 0x1000", "EINVAL", "ok 0x1000100000", "tagged; 4.3: munmap refuses the tail"},
    {"mremap 0 0x1000 0x1000 to 0x1", "EINVAL", "EFAULT", "6.12 looks for the area first"},
    // Accesses.
    {"touch 0 r", "SIGSEGV/MAPERR", "SIGSEGV/MAPERR", "a null pointer"},
    {"touch 0x7fffffffff w", "SIGSEGV/MAPERR", "SIGSEGV/MAPERR", "the last byte"},
    {"touch 0x8000000000 w", "SIGSEGV/MAPERR", "SIGSEGV/MAPERR", "the first beyond"},
    {"touch 0xffffffffffffffff r", "SIGSEGV/MAPERR at 0xffffffffffffff", "SIGSEGV/MAPERR", "the last of all"},
    {"touch 0xff00001000103fff w", "ok", "ok", "tagged"},
    {"touch 0xff00001000104000 w", "SIGSEGV/MAPERR at 0x1000104000", "SIGSEGV/MAPERR at 0x1000104000", "tagged, and too far below the stack"},
    {"kernel 0 r", "EFAULT", "EFAULT", "a null pointer"},
    {"kernel 0x7fffffffff w", "EFAULT", "EFAULT", "the last byte"},
    {"kernel 0xffffffffffffffff r", "EFAULT", "EFAULT", "the last of all"},
    {"kernel 0xff00001000100000 w", "EFAULT", "EFAULT", "access_ok takes no tags"},
    {"gup 0 r", "EFAULT", "EFAULT", "a null pointer"},
    {"gup 0x8000000000 w", "EFAULT", "EFAULT", "the first beyond"},
    {"gup 0xffffffffffffffff w", "EFAULT", "EFAULT", "the last of all"},
    {"gup 0xff00001000100000 w", "EFAULT", "ok", "tagged"},
    // And what takes any number.
    {"limit stack 0xffffffffffffffff", "ok", "ok", "unlimited"},
    {"sp 0xffffffffffffffff", "ok", "ok", ""},
};
// clang-format on

TEST(RuleArguments, AbsurdOnes) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    const bool is43 = rules.name == "linux-4.3-arm64";
    for (const Row& row : rows) {
      const std::string step =
          std::string(row.step) + " -> " + (is43 ? row.outcome43 : row.outcome612) + "\n";
      SCOPED_TRACE(std::string(rules.name) + ": " + step + row.why);
      const trace::ParseResult parsed = trace::parse(setup + step, "row");
      ASSERT_FALSE(parsed.error) << parsed.error->text();
      const trace::Trace& trace = parsed.traces.at(0);
      std::string error;
      const auto parameters = trace::makeParameters(rules, trace.with, error);
      ASSERT_TRUE(parameters) << error;
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
      // None of these refusals leaves anything behind.
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
