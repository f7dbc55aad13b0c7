#include "trace/fields.h"
#include "trace/parse.h"
#include "trace/text.h"

#include <algorithm>
#include <charconv>

namespace growsdown::trace {
namespace {

void putDecimal(std::string& out, std::uint64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

void putHex(std::string& out, std::uint64_t value) {
  char buffer[16];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr;
  out += "0x";
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

void putBytes(std::string& out, std::uint64_t value) {
  if (value == 0)
    out += '0';
  else
    putHex(out, value);
}

void putSigned(std::string& out, std::int64_t value) {
  out += value < 0 ? '-' : '+';
  const auto bits = static_cast<std::uint64_t>(value);
  putDecimal(out, value < 0 ? 0 - bits : bits);
}

void putProt(std::string& out, std::uint32_t prot) {
  if ((prot & prot::all) == 0) {
    out += "none";
    return;
  }
  if (prot & prot::read) out += 'r';
  if (prot & prot::write) out += 'w';
  if (prot & prot::exec) out += 'x';
}

void putRange(std::string& out, std::uint64_t start, std::uint64_t end) {
  putBytes(out, start);
  out += '-';
  putBytes(out, end);
}

/// The operation's flags that are set, with commas between them; `-` without any.
template <class Flags>
void putFlagList(std::string& out, const Flags& flags, std::uint32_t bits) {
  bool first = true;
  for (const auto& [flag, word] : flags)
    if (bits & flag) {
      if (!first) out += ',';
      out += word;
      first = false;
    }
  if (first) out += '-';
}

/// The one flag that a step has, with the blank before it; nothing without any. `to` wins.
void putOneFlag(std::string& out, const Step& step) {
  if (step.flags & fieldsOf(step.op).flags & flag::to) {
    out += " to ";
    return putBytes(out, step.target);
  }
  for (const FlagField& field : flagFields)
    if (step.flags & fieldsOf(step.op).flags & field.flag) {
      out += ' ';
      out += field.name;
      return;
    }
}

/// An operand with the blank before it.
void putOperand(std::string& out, Operand operand, const Step& step) {
  if (operand == Operand::oneFlag) return putOneFlag(out, step);
  out += ' ';
  switch (operand) {
  case Operand::address:
    return putBytes(out, step.address);
  case Operand::length:
  case Operand::oldLength:
    return putBytes(out, step.length);
  case Operand::newLength:
    return putBytes(out, step.newLength);
  case Operand::limit:
    out += name(step.limit);
    break;
  case Operand::value:
    if (step.length != unlimited) return putBytes(out, step.length);
    out += "unlimited";
    break;
  case Operand::no:
    out += "no";
    break;
  case Operand::prot:
    return putProt(out, step.prot);
  case Operand::flagList:
    return putFlagList(out, flagFields, step.flags & fieldsOf(step.op).flags);
  case Operand::stackPointer:
    if (!(step.flags & flag::own)) return putBytes(out, step.address);
    out += "own";
    break;
  case Operand::access:
  case Operand::copy:
    out += name(step.access);
    break;
  case Operand::oneFlag:
    break;
  }
}

void putStep(std::string& out, const Step& step) {
  out += name(step.op);
  for (const Operand operand : fieldsOf(step.op).operands)
    putOperand(out, operand, step);
}

void putOutcome(std::string& out, const Outcome& outcome) {
  switch (outcome.kind) {
  case Outcome::Kind::unspecified:
    break;
  case Outcome::Kind::ok:
    out += "ok";
    break;
  case Outcome::Kind::okAddress:
    out += "ok ";
    putBytes(out, outcome.address);
    break;
  case Outcome::Kind::okElsewhere:
    out += "ok elsewhere";
    break;
  case Outcome::Kind::okPages:
    out += "ok ";
    for (unsigned i = 0; i < std::min<unsigned>(outcome.pages, listedPages); i++)
      out += (outcome.resident >> i & 1U) != 0 ? '1' : '0';
    if (outcome.pages > listedPages) {
      out += '+';
      putDecimal(out, outcome.residentAfter);
    }
    break;
  case Outcome::Kind::error: {
    const std::string_view known = name(outcome.error);
    if (known.empty()) {
      // Not of the format: a message, never a trace.
      out += "errno ";
      putDecimal(out, static_cast<std::uint64_t>(outcome.error));
    } else {
      out += known;
    }
    break;
  }
  case Outcome::Kind::signal:
    out += name(outcome.signal);
    if (outcome.hasAddress) {
      out += " at ";
      putBytes(out, outcome.address);
    }
    break;
  case Outcome::Kind::unknown:
    out += "unknown";
    break;
  }
}

void putState(std::string& out, const Observation& state) {
  for (const MapLine& line : state.map) {
    out += "= map ";
    putRange(out, line.start, line.end);
    out += ' ';
    out += line.prot & prot::read ? 'r' : '-';
    out += line.prot & prot::write ? 'w' : '-';
    out += line.prot & prot::exec ? 'x' : '-';
    out += line.shared ? 's' : 'p';
    out += '\n';
  }
  if (state.hasPages) {
    const PagesLine& pages = state.pages;
    out += "= pages size ";
    putSigned(out, pages.size);
    out += " stack ";
    putSigned(out, pages.stack);
    out += " locked ";
    putSigned(out, pages.locked);
    out += " data ";
    putSigned(out, pages.data);
    out += " resident ";
    putDecimal(out, pages.resident);
    if (pages.hasTables) {
      out += " tables ";
      putSigned(out, pages.tables);
    }
    out += '\n';
  }
  if (state.same) out += "= same\n";
  if (state.hasFaults) {
    out += "= faults ";
    putDecimal(out, state.faults);
    out += '\n';
  }
  if (state.abnormal) out += "= abnormal\n";
}

void putInitial(std::string& out, const State& state) {
  const auto number = [&](std::string_view word, std::uint64_t value) {
    out += ' ';
    out += word;
    out += ' ';
    putDecimal(out, value);
  };
  for (const Area& area : state.areas) {
    out += "init area ";
    putRange(out, area.start, area.end);
    out += ' ';
    putProt(out, area.flags & vm::access);
    out += ' ';
    putFlagList(out, vmFlagFields, area.flags);
    if (area.pgoff != 0) {
      out += " pgoff ";
      putHex(out, area.pgoff);
    }
    if (area.anon != 0) number("anon", area.anon);
    if (area.forked) out += " forked";
    if (area.object != 0) number("object", area.object);
    out += '\n';
  }
  for (const Page& page : state.pages) {
    out += "init page ";
    putBytes(out, page.address);
    out += ' ';
    out += name(page.kind);
    out += ' ';
    putProt(out, page.prot);
    if (page.frame != 0) number("frame", page.frame);
    if (page.inherited) out += " inherited";
    if (page.dirty) out += " dirty";
    if (page.hosted) out += " hosted";
    out += '\n';
  }
  for (const Object& object : state.objects) {
    out += "init object ";
    putDecimal(out, object.id);
    number("pages", object.pages);
    out += '\n';
  }
  for (const ObjectPage& page : state.objectPages) {
    out += "init object-page ";
    putDecimal(out, page.object);
    number("index", page.index);
    number("frame", page.frame);
    out += '\n';
  }
  const bool nothing = state.areas.empty() && state.pages.empty() && state.objects.empty() &&
                       state.objectPages.empty();
  const auto counts = [&](const CounterField& field) {
    return field.initial && state.counters.*field.member != 0;
  };
  if (nothing || std::any_of(std::begin(counterFields), std::end(counterFields), counts)) {
    out += "init counters";
    for (const CounterField& field : counterFields)
      if (field.initial) number(field.name, state.counters.*field.member);
    out += '\n';
  }
}

void putWith(std::string& out, const With& with) {
  for (const WithField& field : withFields)
    if (with.*field.member) {
      out += "with ";
      out += field.name;
      out += ' ';
      putDecimal(out, *(with.*field.member));
      out += '\n';
    }
}

void putComments(std::string& out, const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    out += comment;
    out += '\n';
  }
}

void putTrace(std::string& out, const Trace& trace) {
  putComments(out, trace.before);
  out += headerWord;
  out += " 1\n";
  putWith(out, trace.with);
  if (trace.initial) putInitial(out, *trace.initial);
  for (const Record& record : trace.records) {
    putComments(out, record.comments);
    putStep(out, record.step);
    if (record.expected.kind != Outcome::Kind::unspecified) {
      out += " -> ";
      putOutcome(out, record.expected);
    }
    out += '\n';
    putState(out, record.state);
  }
  putComments(out, trace.trailing);
}

} // namespace

std::string print(const Trace& trace) {
  std::string out;
  putTrace(out, trace);
  return out;
}

std::string print(std::span<const Trace> traces) {
  std::string out;
  for (const Trace& trace : traces)
    putTrace(out, trace);
  return out;
}

std::string print(const Step& step) {
  std::string out;
  putStep(out, step);
  return out;
}

std::string print(const Outcome& outcome) {
  std::string out;
  putOutcome(out, outcome);
  return out;
}

std::string printState(const Observation& state) {
  std::string out;
  putState(out, state);
  return out;
}

std::string printInitial(const State& state) {
  std::string out;
  putInitial(out, state);
  return out;
}

std::string printWith(const With& with) {
  std::string out;
  putWith(out, with);
  return out;
}

std::string printBytes(std::uint64_t value) {
  std::string out;
  putBytes(out, value);
  return out;
}

std::string printProt(std::uint8_t prot) {
  std::string out;
  putProt(out, prot);
  return out;
}

std::string printVmFlags(std::uint32_t flags) {
  std::string out;
  putFlagList(out, vmFlagFields, flags);
  return out;
}

} // namespace growsdown::trace
