// Names, and what /proc shows.
#include "growsdown/address_space.hpp"

#include "trace/ruleset.h"

#include <cinttypes>
#include <cstdio>

namespace growsdown {

std::string_view name(Errno error) noexcept {
  switch (error) {
  case Errno::none:
    return "success";
  case Errno::eperm:
    return "EPERM";
  case Errno::eagain:
    return "EAGAIN";
  case Errno::enomem:
    return "ENOMEM";
  case Errno::efault:
    return "EFAULT";
  case Errno::eexist:
    return "EEXIST";
  case Errno::einval:
    return "EINVAL";
  }
  return "unknown error";
}

std::string_view name(SignalCode code) noexcept {
  switch (code) {
  case SignalCode::segvMaperr:
    return "SIGSEGV/MAPERR";
  case SignalCode::segvAccerr:
    return "SIGSEGV/ACCERR";
  case SignalCode::segvKernel:
    return "SIGSEGV/KERNEL";
  case SignalCode::busAdrerr:
    return "SIGBUS/ADRERR";
  }
  return "unknown signal";
}

// The numbers of Linux, whatever the host's are.
int Signal::number() const noexcept {
  return code == SignalCode::busAdrerr ? 7 : 11;
}
int Signal::siCode() const noexcept {
  switch (code) {
  case SignalCode::segvMaperr:
    return 1;
  case SignalCode::segvAccerr:
  case SignalCode::busAdrerr:
    return 2;
  case SignalCode::segvKernel:
    return 0x80;
  }
  return 0;
}

std::string mapsLine(const Area& area) {
  char line[64];
  const auto letter = [&](Prot prot, char c) { return contains(area.prot, prot) ? c : '-'; };
  std::snprintf(line, sizeof line, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c", area.shownStart,
                area.end, letter(Prot::read, 'r'), letter(Prot::write, 'w'),
                letter(Prot::exec, 'x'), area.shared() ? 's' : 'p');
  return line;
}

// fs/proc/task_mmu.c:show_smap_vma_flags
std::string smapsFlags(const Area& area) {
  std::string out;
  const auto add = [&](bool set, const char* word) {
    if (!set) return;
    if (!out.empty()) out += ' ';
    out += word;
  };
  add(contains(area.prot, Prot::read), "rd");
  add(contains(area.prot, Prot::write), "wr");
  add(contains(area.prot, Prot::exec), "ex");
  add(area.shared(), "sh");
  out += out.empty() ? "mr mw me" : " mr mw me"; // anonymous memory may always get these rights
  add(area.shared(), "ms");
  add(area.growsdown, "gd");
  add(area.locked, "lo");
  add(area.accounted, "ac");
  add(area.noreserve, "nr");
  add(area.nohugepage, "nh");
  return out;
}

namespace {
std::vector<std::string> namesOf(std::span<const trace::RuleSet> sets) {
  std::vector<std::string> names;
  for (const trace::RuleSet& rules : sets)
    names.emplace_back(rules.name);
  return names;
}
} // namespace

std::vector<std::string> recordedRuleSets() {
  return namesOf(trace::ruleSets());
}
std::vector<std::string> allRuleSets() {
  return namesOf(trace::releases());
}

} // namespace growsdown
