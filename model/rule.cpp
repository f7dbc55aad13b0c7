#include "model/rule.h"

namespace growsdown::model {
namespace {

constexpr RuleInfo table[] = {
#define GROWSDOWN_RULE(enumerator, id, title, text, source)                                        \
  {Rule::enumerator, id, title, text, source},
#include "model/rule.def"
};

} // namespace

std::span<const RuleInfo> rules() {
  return table;
}

const RuleInfo* findRule(std::string_view id) {
  for (const RuleInfo& rule : table)
    if (rule.id == id) return &rule;
  return nullptr;
}

} // namespace growsdown::model
