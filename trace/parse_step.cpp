// A step and its outcome, by the tables of trace/fields.h.
#include "trace/fields.h"
#include "trace/parse.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace growsdown::trace {
namespace {

struct Absent {
  std::string_view word, nearest, how;
};
constexpr Absent absentCalls[] = {
#define GROWSDOWN_ABSENT(word, nearest, how) {word, nearest, how},
#include "trace/absent.def"
};

/// Fails with the step that comes nearest to a call that the format does not have. False: it is not
/// known either.
bool nameNearest(Scanner& in) {
  const std::string_view word = in.peek();
  for (const Absent& absent : absentCalls)
    if (word == absent.word) {
      in.fail(in.here(), quoted(word) + " is not a step of this format; the nearest is " +
                             quoted(absent.nearest) + ": " + std::string(absent.how) +
                             " (docs/trace-format.md, Steps)");
      return true;
    }
  return false;
}

Op parseOp(Scanner& in) {
  const std::string_view word = in.peek();
  for (const OpField& field : opFields)
    if (word == field.name) return in.take(), field.op;
  // The names that two of the steps have in C.
  if (word == "madvise") return in.take(), Op::dontneed;
  if (word == "setrlimit") return in.take(), Op::limit;
  if (nameNearest(in)) return {};
  const Words names = wordsOf(opFields);
  Words words = names;
  words.insert(words.end(), {"=", "with", "init", headerWord});
  in.expected("a step (" + alternatives(names) + "), a state line (`=`) or `growsdown-trace 1`",
              words);
  return {};
}

/// Whether a word is that flag: `maymove`, or as in C `MREMAP_MAYMOVE`.
bool isFlag(std::string_view word, const FlagField& field) {
  if (word == field.name) return true;
  switch (field.flag) {
  case flag::maymove:
    return word == "MREMAP_MAYMOVE";
  case flag::to:
    return word == "MREMAP_MAYMOVE|MREMAP_FIXED" || word == "MREMAP_FIXED|MREMAP_MAYMOVE";
  case flag::growsdown:
    return word == "PROT_GROWSDOWN";
  default:
    return false;
  }
}

/// One of the operation's flags, or nothing: then `optional` gets those that there could have been.
void parseOneFlag(Scanner& in, Step& step, Words& optional) {
  const std::uint16_t flags = fieldsOf(step.op).flags;
  for (const FlagField& field : flagFields)
    if ((flags & field.flag) && isFlag(in.peek(), field)) {
      in.take();
      step.flags = field.flag;
      if (field.flag == flag::to) step.target = in.address();
      return;
    }
  for (const FlagField& field : flagFields)
    if (flags & field.flag) optional.push_back(field.name);
}

/// Flags of C that every mapping has unless another flag says otherwise.
constexpr std::string_view impliedFlags[] = {"private", "anonymous", "anon"};

void parseOperand(Scanner& in, Operand operand, Step& step, Words& optional) {
  switch (operand) {
  case Operand::address:
    step.address = in.address();
    break;
  case Operand::length:
    step.length = in.address("LEN");
    break;
  case Operand::oldLength:
    step.length = in.address("OLD_LEN");
    break;
  case Operand::newLength:
    step.newLength = in.address("NEW_LEN");
    break;
  case Operand::limit:
    step.limit = static_cast<LimitKind>(in.oneOf(limitNames, "the limit", "RLIMIT_"));
    break;
  case Operand::value:
    step.length = in.takeIf("unlimited") || in.takeIf("RLIM_INFINITY")
                      ? unlimited
                      : in.number("bytes (decimal or 0x hexadecimal) or `unlimited`");
    break;
  case Operand::no:
    if (!in.takeIf("no")) in.expected("`no`", {"no"});
    break;
  case Operand::prot: {
    bool growsdown = false;
    step.prot =
        in.protection((fieldsOf(step.op).operands.has(Operand::oneFlag)) ? &growsdown : nullptr);
    if (growsdown) step.flags |= flag::growsdown;
    break;
  }
  case Operand::flagList: {
    const char* const where = in.here();
    const std::string_view word = in.peek();
    step.flags = static_cast<std::uint16_t>(
        in.flagList(flagFields, fieldsOf(step.op).flags, "MAP_", impliedFlags));
    if ((step.flags & flag::shared) != 0 && (word.find("private") != std::string_view::npos ||
                                             word.find("PRIVATE") != std::string_view::npos))
      in.fail(where, "private and shared at once are MAP_SHARED_VALIDATE, which this format does "
                     "not have");
    break;
  }
  case Operand::oneFlag:
    parseOneFlag(in, step, optional);
    break;
  case Operand::stackPointer:
    if (in.takeIf("own"))
      step.flags = flag::own;
    else
      step.address = in.number("ADDR (bytes, decimal or 0x hexadecimal) or `own`");
    break;
  case Operand::access:
    step.access = static_cast<Access>(in.oneOf(accessNames, "the access"));
    break;
  case Operand::copy:
    step.access = static_cast<Access>(in.oneOf(std::span(accessNames).first<2>(), "the access"));
    break;
  }
}

/// The residency of pages: a digit for each of the first 64, then `+` and a number if there are more.
void parsePages(Scanner& in, Outcome& out) {
  constexpr const char* what = "a digit for each page, `1` for a resident one, else `0`; after 64 "
                               "digits `+` and the number of other resident pages";
  const std::string_view word = in.peek();
  const std::size_t digits = std::min(word.find_first_not_of("01"), word.size());
  if (digits == 0 || digits > listedPages) return in.expected(what);
  std::uint64_t resident = 0;
  for (std::size_t i = 0; i < digits; i++)
    if (word[i] == '1') resident |= std::uint64_t{1} << i;
  std::uint32_t after = 0;
  if (digits < word.size()) {
    const char* const end = word.data() + word.size();
    const char* const number = word.data() + digits + 1;
    const auto [stop, error] = std::from_chars(std::min(number, end), end, after);
    if (digits != listedPages || word[digits] != '+' || error != std::errc() || stop != end)
      return in.expected(what);
  }
  in.take();
  out = Outcome::listing(digits < word.size() ? listedPages + 1 : digits, resident, after);
}

void parseOk(Scanner& in, Answer answer, Outcome& out) {
  out = Outcome::okay();
  if (in.atEnd()) return;
  if (answer == Answer::pages) return parsePages(in, out);
  if (answer != Answer::place) return;
  out = in.takeIf("elsewhere") ? Outcome::elsewhere()
                               : Outcome::at(in.number("ADDR, `elsewhere` or the end of the line"));
}

void parseSignal(Scanner& in, Signal signal, Outcome& out) {
  out = Outcome::signalled(signal);
  if (in.atEnd()) return;
  if (!in.takeIf("at")) return in.expected("`at` ADDR or the end of the line", {"at"});
  out.address = in.address();
  out.hasAddress = true;
}

void parseOutcome(Scanner& in, Op op, Outcome& out) {
  const Answer answer = fieldsOf(op).answer;
  const std::string_view word = in.peek();
  if (word == "ok") {
    in.take();
    return parseOk(in, answer, out);
  }
  if (word == "unknown") {
    in.take();
    out = Outcome::undecided();
    return;
  }
  if (answer == Answer::signal) {
    for (const SignalField& field : signalFields)
      if (word == field.name) {
        in.take();
        return parseSignal(in, field.signal, out);
      }
  } else {
    for (const ErrnoField& field : errnoFields)
      if (word == field.name) {
        in.take();
        out = Outcome::failed(field.error);
        return;
      }
  }
  Words words = {"ok"};
  const Words rest = answer == Answer::signal ? wordsOf(signalFields) : wordsOf(errnoFields);
  words.insert(words.end(), rest.begin(), rest.end());
  words.push_back("unknown");
  in.expected("OUTCOME of " + quoted(name(op)) + ": " + alternatives(words), words);
}

} // namespace

/// The advice of `madvise ADDR LEN MADV_DONTNEED`, after the operands of `dontneed`.
void parseAdvice(Scanner& in) {
  if (in.takeIf("MADV_DONTNEED")) return;
  const bool other = in.peek().starts_with("MADV_");
  in.expected(std::string("`MADV_DONTNEED`") + (other ? ", the only advice of this format" : ""),
              {"MADV_DONTNEED"});
}

void parseStep(Scanner& in, Step& step, Outcome& expected) {
  const bool madvise = in.peek() == "madvise";
  step.op = parseOp(in);
  if (in.failed()) return;
  Words optional;
  for (const Operand operand : fieldsOf(step.op).operands) {
    parseOperand(in, operand, step, optional);
    if (in.failed()) return;
  }
  if (madvise) parseAdvice(in);
  if (in.failed() || in.atEnd()) return;
  if (in.takeIf("->")) return parseOutcome(in, step.op, expected);
  if (has(step.op, Operand::flagList))
    for (const FlagField& field : flagFields)
      if (in.peek() == field.name || in.peek().starts_with("MAP_"))
        return in.fail(in.here(), "found " + quoted(in.peek()) +
                                      " after the flags: flags are separated by commas, without "
                                      "blanks");
  optional.push_back("->");
  std::string what;
  for (const std::string_view word : optional)
    what += (what.empty() ? "" : ", ") + quoted(word);
  in.expected(what + " or the end of the line", optional);
}

} // namespace growsdown::trace
