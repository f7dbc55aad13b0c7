// The structure of a trace file: headers, `with` lines, and which line may follow which.
#include "trace/parse.h"

#include "trace/fields.h"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace growsdown::trace {

class TraceReader::Parser {
 public:
  Parser(std::string_view text, std::string_view file) : in_(text, file) {}

  // The next trace is whole when the next header or the end of the text comes.
  bool next(Trace& out) {
    finished_.reset();
    while (!in_.failed() && !finished_ && in_.takeLine()) {
      if (++lines_ > mostLines)
        in_.fail(in_.here(), "a trace of more than " + std::to_string(mostLines) +
                                 " lines, the most that is read");
      const std::string_view rest = in_.rest();
      if (rest.empty()) continue;
      if (rest[0] == '#') {
        pending_.emplace_back(rest);
        continue;
      }
      line();
      if (!in_.failed()) endOfLine();
    }
    if (in_.failed()) return false;
    if (!finished_ && current_) {
      giveComments(trace().trailing);
      finished_ = std::move(current_);
      current_.reset();
    }
    if (!finished_ && !any_) in_.expectedATrace();
    if (in_.failed() || !finished_) return false;
    out = std::move(*finished_);
    any_ = true;
    return true;
  }

  std::optional<ParseError> takeError() { return in_.takeError(); }

 private:
  Trace& trace() { return *current_; }

  void line() {
    const std::string_view word = in_.peek();
    if (word == headerWord) return header();
    if (!current_)
      return in_.expected("`growsdown-trace 1`, the first line of a trace", {headerWord});
    if (word == "=") return stateLine();
    if (word == "with") return withLine();
    if (word == "init") return initialLine();
    stepLine();
  }

  void endOfLine() {
    if (!in_.atEnd()) return in_.expected("the end of the line");
    const std::string_view comment = in_.rest();
    if (comment.empty()) return;
    if (current_ && !trace().records.empty())
      trace().records.back().comments.emplace_back(comment);
    else
      pending_.emplace_back(comment);
  }

  void giveComments(std::vector<std::string>& to) {
    std::move(pending_.begin(), pending_.end(), std::back_inserter(to));
    pending_.clear();
  }

  void header() {
    in_.take();
    const std::string_view version = in_.peek();
    if (version.empty()) return in_.expected("`1`, the version of the format");
    if (version != "1")
      return in_.fail(in_.here(),
                      "expected `1`, the only version of the format that is known here, found " +
                          quoted(version));
    in_.take();
    if (!in_.atEnd()) return;
    Trace fresh;
    // Comments between two traces belong to the second; the text of both is the same either way.
    giveComments(fresh.before);
    fresh.file = in_.file();
    fresh.line = in_.lineNumber();
    finished_ = std::exchange(current_, std::move(fresh));
    sawCounters_ = false;
    lines_ = 0;
  }

  void withLine() {
    if (!trace().records.empty())
      return in_.fail(in_.here(), "`with` lines must come directly after `growsdown-trace 1`, "
                                  "before the first step");
    if (trace().initial)
      return in_.fail(in_.here(), "`with` lines must come before the `init` lines");
    in_.take();
    const char* const key = in_.here();
    const WithField& field = withFields[in_.oneOf(withFields, "KEY")];
    if (in_.failed()) return;
    auto& member = trace().with.*field.member;
    const std::string word(field.name);
    if (member) return in_.fail(key, "a second `with " + word + "` line in this trace");
    const char* const where = in_.here();
    const std::uint64_t value = in_.number("the value of `" + word + "`, a number");
    if (in_.failed()) return;
    if (field.member == &With::page && value != 4096 && value != 16384 && value != 65536)
      return in_.fail(where, "expected a page size of 4096, 16384 or 65536 bytes, found " +
                                 std::to_string(value));
    member = value;
  }

  void initialLine() {
    if (!trace().records.empty())
      return in_.fail(in_.here(), "`init` lines must come before the first step");
    in_.take();
    if (!trace().initial) trace().initial.emplace();
    parseInitialLine(in_, *trace().initial, sawCounters_);
  }

  void stepLine() {
    Step step;
    Outcome expected;
    parseStep(in_, step, expected);
    if (in_.failed()) return;
    Record& record = trace().records.emplace_back();
    record.step = step;
    record.expected = expected;
    record.line = in_.lineNumber();
    record.comments = std::move(pending_);
    pending_.clear();
  }

  void stateLine() {
    if (trace().records.empty())
      return in_.fail(in_.here(),
                      "a state line describes the state after a step, and no step is before it");
    in_.take();
    giveComments(trace().records.back().comments);
    parseStateLine(in_, trace().records.back().state);
  }

  Scanner in_;
  bool sawCounters_ = false;
  bool any_ = false;      ///< whether a trace was returned
  std::size_t lines_ = 0; ///< of this trace
  std::optional<Trace> current_, finished_;
  std::vector<std::string> pending_; ///< comments not yet given to a record or a trace
};

TraceReader::TraceReader(std::string_view text, std::string_view file)
    : parser_(std::make_unique<Parser>(text, file)) {}
TraceReader::~TraceReader() = default;

bool TraceReader::next(Trace& out) {
  if (error_) return false;
  if (parser_->next(out)) return true;
  error_ = parser_->takeError();
  return false;
}

ParseResult parse(std::string_view text, std::string_view file) {
  ParseResult result;
  TraceReader reader(text, file);
  std::size_t lines = 0;
  for (Trace trace; reader.next(trace);) {
    lines += trace.records.size() + 1;
    if (lines > mostLines) {
      result.error = ParseError{std::string(file), trace.line, 1,
                                "traces with more than " + std::to_string(mostLines) +
                                    " steps, the most that is held in memory at once"};
      break;
    }
    result.traces.push_back(std::move(trace));
  }
  if (!result.error) result.error = reader.error();
  if (result.error) result.traces.clear();
  return result;
}

} // namespace growsdown::trace
