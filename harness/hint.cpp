#include "harness/hint.h"

#include "model/rule.h"
#include "trace/check.h"
#include "trace/text.h"

#include <algorithm>

namespace growsdown::harness {

std::string hintFor(std::string_view rule, const trace::Trace& trace, std::size_t step) {
  GROWSDOWN_CHECK(step < trace.records.size());
  if (rule != model::info(model::Rule::growStackPointer).id) return {};
  const auto end = trace.records.begin() + static_cast<std::ptrdiff_t>(step);
  if (std::any_of(trace.records.begin(), end,
                  [](const trace::Record& record) { return record.step.op == trace::Op::sp; }))
    return {};
  return "no step says where the stack pointer is, and x86 before 5.0 lets a stack grow only near "
         "it: "
         "write `sp " +
         trace::printBytes(trace.records[step].step.address) + "` before this step";
}

} // namespace growsdown::harness
