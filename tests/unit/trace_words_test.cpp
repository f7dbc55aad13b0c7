// The names of C that the format reads, and the errors for words that it does not have.
#include "trace/fields.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace growsdown::trace {
namespace {

const std::string head = "growsdown-trace 1\n";

std::string printed(const std::string& line) {
  const ParseResult result = parse(head + line + "\n", "file");
  if (result.error) return result.error->text();
  return print(result.traces);
}

TEST(TraceWords, WordsOfCAreRead) {
  const std::pair<const char*, const char*> rows[] = {
      {"mmap 0x1000 16K PROT_READ|PROT_WRITE MAP_PRIVATE|MAP_ANONYMOUS|MAP_GROWSDOWN",
       "mmap 0x1000 0x4000 rw growsdown"},
      {"mmap 0 2M PROT_NONE MAP_ANON|MAP_SHARED|MAP_FIXED_NOREPLACE",
       "mmap 0 0x200000 none fixed_noreplace,shared"},
      {"mmap 0 0x1K --- private,anonymous", "mmap 0 0x400 none -"},
      {"mprotect 4K 1G r-x", "mprotect 0x1000 0x40000000 rx"},
      {"mprotect 4K 4K PROT_READ|PROT_WRITE|PROT_GROWSDOWN", "mprotect 0x1000 0x1000 rw growsdown"},
      {"mprotect 4K 4K rw PROT_GROWSDOWN", "mprotect 0x1000 0x1000 rw growsdown"},
      {"mremap 0 4K 8K MREMAP_MAYMOVE", "mremap 0 0x1000 0x2000 maymove"},
      {"mremap 0 4K 8K MREMAP_MAYMOVE|MREMAP_FIXED 1M", "mremap 0 0x1000 0x2000 to 0x100000"},
      {"setrlimit RLIMIT_MEMLOCK RLIM_INFINITY", "limit memlock unlimited"},
      {"madvise 4K 4K MADV_DONTNEED -> ok", "dontneed 0x1000 0x1000 -> ok"},
  };
  for (const auto& [text, canonicalText] : rows)
    EXPECT_EQ(printed(text), head + canonicalText + "\n") << text;
}

// The nearest step of a call that the format does not have is a step that it has.
TEST(TraceWords, AbsentCallsNameAStep) {
  const std::pair<std::string_view, std::string_view> rows[] = {
#define GROWSDOWN_ABSENT(word, nearest, how) {word, nearest},
#include "trace/absent.def"
  };
  for (const auto& [word, nearest] : rows) {
    EXPECT_FALSE(findOp(word)) << word;
    EXPECT_TRUE(findOp(nearest)) << nearest;
  }
}

struct Wrong {
  std::string text;
  unsigned line, column;
  const char* message;
};
const Wrong wrongs[] = {
    {head + "mmap 0x1000 0x1000 rw MAP_SHARED|MAP_PRIVATE\n", 2, 23, "MAP_SHARED_VALIDATE"},
    {head + "mmap 0x1000 0x1000 rw MAP_FIXED|MAP_GROWDOWN\n", 2, 33, "did you mean `growsdown`?"},
    {head + "mmap 0x1000 0x1000 rw MAP_FIXED|fixed\n", 2, 33, "twice"},
    {head + "mmap 0x1000 0x1000 PROT_READ|PROT_WRIET -\n", 2, 30, "did you mean `write`?"},
    {head + "mmap 0x1000 0x1000 PROT_READ|PROT_GROWSDOWN -\n", 2, 30, "expected PROT"},
    {head + "mmap 0x1000 4Q rw -\n", 2, 13, "expected LEN"},
    {head + "mmap 0x1000 4KK rw -\n", 2, 13, "expected LEN"},
    {head + "mmap 0x1000 17179869184G rw -\n", 2, 13, "is too great"},
    {head + "limit RLIMIT_STAK 1M\n", 2, 7, "did you mean `stack`?"},
    {head + "mlockall\n", 2, 1, "the nearest is `mlock`: one `mlock` for each area"},
    {head + "brk 0x1000\n", 2, 1, "the nearest is `mmap`"},
    {head + "madvise 0x1000 0x1000 MADV_FREE\n", 2, 23, "the only advice of this format"},
    {head + "madvise 0x1000 0x1000\n", 2, 22, "expected `MADV_DONTNEED`"},
};

TEST(TraceWords, ErrorsNameWhatWasMeant) {
  for (const Wrong& wrong : wrongs) {
    const ParseResult result = parse(wrong.text, "file");
    ASSERT_TRUE(result.error) << wrong.text;
    const std::string place =
        "file:" + std::to_string(wrong.line) + ":" + std::to_string(wrong.column) + ": ";
    EXPECT_TRUE(result.error->text().starts_with(place)) << wrong.text << result.error->text();
    EXPECT_NE(result.error->message.find(wrong.message), std::string::npos)
        << wrong.text << result.error->text();
  }
}

} // namespace
} // namespace growsdown::trace
