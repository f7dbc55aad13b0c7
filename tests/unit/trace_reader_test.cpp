// Files read trace by trace, and what their errors say.
#include "trace/text.h"

#include <gtest/gtest.h>

#include <string>

namespace growsdown::trace {
namespace {

TEST(Parse, SuggestsNoWordThatIsThere) {
  const ParseResult parsed =
      parse("growsdown-trace 1\ninit counters committed 1 locked 1\nfork\n", "file");
  ASSERT_TRUE(parsed.error);
  EXPECT_EQ(parsed.error->message.find("did you mean"), std::string::npos) << parsed.error->text();
}

// The reader gives what `parse` gives, one after the other.
TEST(TraceReader, ReadsTraceByTrace) {
  const std::string text = "# a\ngrowsdown-trace 1\n# b\nfork -> ok\n# c\n"
                           "growsdown-trace 1\nwith memory 65536\nfork\nfork\n# d\n";
  const ParseResult whole = parse(text, "file");
  ASSERT_FALSE(whole.error);
  ASSERT_EQ(whole.traces.size(), 2U);
  TraceReader reader(text, "file");
  for (const Trace& expected : whole.traces) {
    Trace trace;
    ASSERT_TRUE(reader.next(trace));
    EXPECT_EQ(print(trace), print(expected));
    EXPECT_EQ(trace.line, expected.line);
  }
  Trace none;
  EXPECT_FALSE(reader.next(none));
  EXPECT_FALSE(reader.error());
}

TEST(TraceReader, GivesTheTracesBeforeAnError) {
  const std::string text = "growsdown-trace 1\nfork\ngrowsdown-trace 1\nfrok\n";
  TraceReader reader(text, "file");
  Trace trace;
  EXPECT_TRUE(reader.next(trace));
  EXPECT_FALSE(reader.next(trace));
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->line, 4U);
  EXPECT_TRUE(parse(text, "file").traces.empty());
  TraceReader empty("", "file");
  EXPECT_FALSE(empty.next(trace));
  EXPECT_TRUE(empty.error());
}

} // namespace
} // namespace growsdown::trace
