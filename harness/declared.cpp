#include "harness/declared.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace growsdown::harness {
namespace {

// ru_minflt counts for the whole process. Under user-mode Linux, whose process faults on each page
// that its host does not map yet, a recording program can fault on a page of its own around the
// first touch that it makes: then even a refused access, which calls no handle_mm_fault, counts 1.
// Only the program that recorded the traces labelled W did.
bool recordersOwnFault(const trace::RuleSet& rules, const trace::Trace& trace, std::size_t step,
                       const Difference& difference) {
  if (!rules.hostMappedPages || difference.field != "faults") return false;
  const auto& comments = trace.records.front().comments;
  if (std::none_of(comments.begin(), comments.end(),
                   [](const std::string& line) { return line.starts_with("# W"); }))
    return false;
  const auto at = trace.records.begin() + static_cast<std::ptrdiff_t>(step);
  if (at->step.op != trace::Op::touch) return false;
  if (std::any_of(trace.records.begin(), at,
                  [](const trace::Record& r) { return r.step.op == trace::Op::touch; }))
    return false;
  const auto number = [](const std::string& text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  return number(difference.left) == number(difference.right) + 1;
}

} // namespace

std::string_view declaredDifference(const trace::RuleSet& rules, const trace::Trace& trace,
                                    std::size_t step, const Difference& difference) {
  if (recordersOwnFault(rules, trace, step, difference))
    return "the recording program's own page faulted around its first touch";
  return {};
}

} // namespace growsdown::harness
