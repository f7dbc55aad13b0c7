#include "fuzz/crash_stack.h"

#include "model/rule.h"
#include "trace/fields.h"

#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace growsdown::fuzz {
namespace {

/// Each function writes a value of its own after its call. So the call is not the last thing that it
/// does, and no two functions are equal: a compiler merges neither frames nor functions.
volatile unsigned passed = 0;

enum Number : unsigned { numberOfFields = 1000, numberOfOps = 2000, numberOfRules = 3000 };

// The names of the functions are what a service shows.
#define GROWSDOWN_FRAME(name, next, number)                                                        \
  [[gnu::noinline]] static void name(const CrashStack& stack) {                                    \
    next;                                                                                          \
    passed = number;                                                                               \
  }

#define GROWSDOWN_FIELDS(FIELD)                                                                    \
  FIELD(outcome, "outcome")                                                                        \
  FIELD(areas, "areas[]")                                                                          \
  FIELD(areaStart, "areas[].start")                                                                \
  FIELD(areaEnd, "areas[].end")                                                                    \
  FIELD(areaShownStart, "areas[].shownStart")                                                      \
  FIELD(areaPgoff, "areas[].pgoff")                                                                \
  FIELD(areaObject, "areas[].object")                                                              \
  FIELD(areaFlags, "areas[].flags")                                                                \
  FIELD(areaForked, "areas[].forked")                                                              \
  FIELD(areaAnon, "areas[].anon")                                                                  \
  FIELD(pages, "pages[]")                                                                          \
  FIELD(pageKind, "pages[].kind")                                                                  \
  FIELD(pageProt, "pages[].prot")                                                                  \
  FIELD(pageInherited, "pages[].inherited")                                                        \
  FIELD(pageDirty, "pages[].dirty")                                                                \
  FIELD(pageHosted, "pages[].hosted")                                                              \
  FIELD(pageFrame, "pages[].frame")                                                                \
  FIELD(frames, "frames")                                                                          \
  FIELD(anons, "anons")                                                                            \
  FIELD(objects, "objects[]")                                                                      \
  FIELD(objectId, "objects[].id")                                                                  \
  FIELD(objectSize, "objects[].pages")                                                             \
  FIELD(objectPages, "objectPages[]")                                                              \
  FIELD(objectPageFrame, "objectPages[].frame")

enum FieldPlace : unsigned {
#define GROWSDOWN_PLACE(name, text) name##Field,
  GROWSDOWN_FIELDS(GROWSDOWN_PLACE)
#undef GROWSDOWN_PLACE
#define GROWSDOWN_COUNTER(counter, ...) counter##Counter,
#include "trace/fields.def"
      invariantField,
  otherField,
};

struct DiffersIn {
#define GROWSDOWN_FUNCTION(name, text)                                                             \
  GROWSDOWN_FRAME(name, stack.end(), numberOfFields + static_cast<unsigned>(name##Field))
  GROWSDOWN_FIELDS(GROWSDOWN_FUNCTION)
#undef GROWSDOWN_FUNCTION
#define GROWSDOWN_COUNTER(counter, ...)                                                            \
  GROWSDOWN_FRAME(counter, stack.end(), numberOfFields + static_cast<unsigned>(counter##Counter))
#include "trace/fields.def"
  GROWSDOWN_FRAME(anInvariant, stack.end(), numberOfFields + static_cast<unsigned>(invariantField))
  GROWSDOWN_FRAME(somethingElse, stack.end(), numberOfFields + static_cast<unsigned>(otherField))
};

struct At {
#define GROWSDOWN_OP(op, ...)                                                                      \
  GROWSDOWN_FRAME(op, stack.field(stack), numberOfOps + static_cast<unsigned>(trace::Op::op))
#include "trace/fields.def"
};

struct DecidedBy {
#define GROWSDOWN_RULE(enumerator, ...)                                                            \
  GROWSDOWN_FRAME(enumerator, stack.op(stack),                                                     \
                  numberOfRules + static_cast<unsigned>(model::Rule::enumerator))
#include "model/rule.def"
  GROWSDOWN_FRAME(noRule, stack.op(stack), numberOfRules - 1U)
};

CrashStack::Frame frameOfField(std::string_view field) {
  struct Row {
    std::string_view text;
    CrashStack::Frame frame;
  };
  static constexpr Row rows[] = {
#define GROWSDOWN_ROW(name, text) {text, DiffersIn::name},
      GROWSDOWN_FIELDS(GROWSDOWN_ROW)
#undef GROWSDOWN_ROW
  };
  for (const Row& row : rows)
    if (row.text == field) return row.frame;
  static constexpr CrashStack::Frame ofCounters[] = {
#define GROWSDOWN_COUNTER(counter, ...) DiffersIn::counter,
#include "trace/fields.def"
  };
  constexpr std::string_view counters = "counters.";
  if (field.starts_with(counters))
    for (std::size_t i = 0; i < std::size(ofCounters); ++i)
      if (trace::counterFields[i].inCode == field.substr(counters.size())) return ofCounters[i];
  return field.starts_with("invariant ") ? DiffersIn::anInvariant : DiffersIn::somethingElse;
}

CrashStack::Frame frameOfOp(trace::Op op) {
  static constexpr CrashStack::Frame frames[] = {
#define GROWSDOWN_OP(op, ...) At::op,
#include "trace/fields.def"
  };
  return frames[static_cast<std::size_t>(op)];
}

CrashStack::Frame frameOfRule(std::string_view id) {
  static constexpr CrashStack::Frame frames[] = {
#define GROWSDOWN_RULE(enumerator, ...) DecidedBy::enumerator,
#include "model/rule.def"
  };
  const model::RuleInfo* const rule = model::findRule(id);
  return rule != nullptr ? frames[static_cast<std::size_t>(rule->rule)] : DecidedBy::noRule;
}

} // namespace

CrashStack::CrashStack(const harness::Signature& signature)
    : field(frameOfField(signature.field)), op(frameOfOp(signature.op)),
      rule(frameOfRule(signature.rule)), end([] { std::abort(); }) {}

} // namespace growsdown::fuzz
