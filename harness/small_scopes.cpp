#include "harness/small_scopes.h"

#include "trace/text.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace growsdown::harness {

using trace::RuleSet;
using trace::Step;

namespace {

constexpr std::uint64_t page = 4096;

std::string hex(std::uint64_t value) {
  return trace::printBytes(value);
}
/// Pages as a range's length.
std::string size(std::uint64_t pages) {
  return " " + hex(pages * page);
}

/// Parses steps that are separated by newlines or `;`.
std::vector<Step> steps(std::string text) {
  for (char& c : text)
    if (c == ';') c = '\n';
  const trace::ParseResult parsed = trace::parse("growsdown-trace 1\n" + text + "\n", "scope");
  if (parsed.error) throw std::logic_error(parsed.error->text());
  std::vector<Step> out;
  for (const trace::Record& record : parsed.traces.front().records)
    out.push_back(record.step);
  return out;
}

std::vector<std::string> numbers(std::int64_t from, std::int64_t to) {
  std::vector<std::string> out;
  for (std::int64_t n = from; n <= to; ++n)
    out.push_back(std::to_string(n));
  return out;
}

using Point = std::span<const std::size_t>;

/// The accesses that may grow a stack.
const Axis accesses = {
    "access", {"touch r", "touch w", "touch x", "kernel w", "gup r", "gup w"}, true};

std::string accessAt(std::size_t which, std::uint64_t address) {
  const std::string& access = accesses.values[which];
  const std::size_t blank = access.find(' ');
  return access.substr(0, blank + 1) + hex(address) + access.substr(blank) + "\n";
}

constexpr std::uint64_t stackStart = 0x1000400000;

// A stack of two pages, and one page of something below it.
Scope growthNeighbour() {
  Scope s;
  s.name = "growth-neighbour";
  s.about = "One access at or below the start of an untouched stack of two pages, with one page of "
            "another area below: `pages below` from the stack's start to the page of the access "
            "(0: its lowest page), `left` pages between that page and the neighbour.";
  const std::vector<std::string> kinds = {"none", "---",        "r--",       "-w-",
                                          "--x",  "rw- shared", "--- stack", "r-- stack"};
  std::vector<std::string> left = numbers(0, 260);
  s.axes = {{"neighbour", kinds}, {"pages below", {"0", "1", "3"}}, {"left", left}, accesses};
  s.start = [](Point at) {
    static const char* const mapped[] = {"",
                                         "none fixed",
                                         "r fixed",
                                         "w fixed",
                                         "x fixed",
                                         "rw fixed,shared",
                                         "none fixed,growsdown",
                                         "r fixed,growsdown"};
    const std::uint64_t below[] = {0, 1, 3};
    const std::uint64_t touched = stackStart - below[at[1]] * page;
    const std::uint64_t neighbour = touched - (at[2] + 1) * page;
    std::string text;
    if (at[0] != 0) text += "mmap " + hex(neighbour) + size(1) + " " + mapped[at[0]] + "\n";
    text += "mmap " + hex(stackStart) + size(2) + " rw fixed,growsdown\n";
    return steps(text + accessAt(at[3], touched + 8));
  };
  return s;
}

Scope growthLimits() {
  Scope s;
  s.name = "growth-limits";
  s.about = "One access below an untouched stack of two pages, with one limit set: `room` is the "
            "limit less what the stack will measure from its end to the page of the access, in "
            "bytes.";
  s.axes = {{"limit", {"stack", "as", "memlock", "data"}},
            {"room", {"-8192", "-4097", "-4096", "-4095", "-1", "0", "1", "4095", "4096", "8192"}},
            {"pages below", {"0", "1", "3"}},
            {"stack", {"plain", "locked"}},
            {"capable", {"yes", "no"}},
            accesses};
  s.start = [](Point at) {
    static const char* const kinds[] = {"stack", "as", "memlock", "data"};
    const std::int64_t rooms[] = {-8192, -4097, -4096, -4095, -1, 0, 1, 4095, 4096, 8192};
    const std::uint64_t below[] = {0, 1, 3};
    const std::uint64_t touched = stackStart - below[at[2]] * page;
    const std::uint64_t limit =
        (2 + below[at[2]]) * page + static_cast<std::uint64_t>(rooms[at[1]]);
    std::string text = "mmap " + hex(stackStart) + size(2) + " rw fixed,growsdown" +
                       (at[3] != 0 ? ",locked" : "") + "\n";
    text += std::string("limit ") + kinds[at[0]] + " " + hex(limit) + "\n";
    if (at[4] != 0) text += "capable no\n";
    return steps(text + accessAt(at[5], touched));
  };
  return s;
}

Scope growthLow() {
  Scope s;
  s.name = "growth-low";
  s.about = "One access at the page `page` (from address 0) to an untouched stack of two pages at "
            "page 20, with vm.mmap_min_addr 8192 and CONFIG_LSM_MMAP_MIN_ADDR 65536.";
  s.with.minAddr = 8192;
  s.with.lsmMinAddr = 65536;
  s.axes = {{"page", numbers(0, 20)}, {"capable", {"yes", "no"}}, accesses};
  s.start = [](Point at) {
    std::string text = "mmap " + hex(20 * page) + size(2) + " rw fixed,growsdown\n";
    if (at[1] != 0) text += "capable no\n";
    return steps(text + accessAt(at[2], at[0] * page));
  };
  return s;
}

Scope growthStackPointer() {
  Scope s;
  s.name = "growth-sp";
  s.about = "One access below an untouched stack of two pages while the stack pointer is "
            "`distance` bytes above the access, at the byte `byte` of its page.";
  const std::vector<std::string> distances = {"-4096", "0",     "65535", "65536",  "65791",
                                              "65792", "65793", "65794", "1048576"};
  s.axes = {{"distance", distances},
            {"byte", {"0", "1", "4095"}},
            {"pages below", {"0", "1", "20"}},
            accesses};
  s.start = [](Point at) {
    const std::int64_t distance[] = {-4096, 0, 65535, 65536, 65791, 65792, 65793, 65794, 1 << 20};
    const std::uint64_t bytes[] = {0, 1, 4095};
    const std::uint64_t below[] = {0, 1, 20};
    const std::uint64_t touched = stackStart - below[at[2]] * page + bytes[at[1]];
    const std::uint64_t sp = touched + static_cast<std::uint64_t>(distance[at[0]]);
    return steps("mmap " + hex(stackStart) + size(2) + " rw fixed,growsdown\nsp " + hex(sp) + "\n" +
                 accessAt(at[3], touched));
  };
  return s;
}

/// A scope that searches all sequences of up to `depth` steps after a single start.
Scope search(std::string name, std::string about, const std::string& start,
             const std::string& alphabet, unsigned depth) {
  Scope s;
  s.name = std::move(name);
  s.about = std::move(about);
  if (!start.empty()) s.start = [first = steps(start)](Point) { return first; };
  s.alphabet = steps(alphabet);
  s.depth = depth;
  return s;
}

Scope growth() {
  return search("growth",
                "A stack of one page with room below, a neighbour that comes, goes and loses its "
                "rights, and what touches, kernel accesses and get_user_pages make of them.",
                "",
                "mmap 0x1000400000 0x1000 rw fixed,growsdown;"
                "mmap 0x10003fe000 0x1000 r fixed;"
                "munmap 0x10003fe000 0x1000;"
                "mprotect 0x10003fe000 0x1000 none;"
                "mprotect 0x1000400000 0x1000 r growsdown;"
                "touch 0x1000400000 w;"
                "touch 0x10003ffff8 w;"
                "touch 0x10003fe000 r;"
                "kernel 0x10003ff000 w;"
                "gup 0x10003ff000 w;"
                "mlock 0x1000400000 0x1000;"
                "dontneed 0x1000400000 0x1000;"
                "limit stack 0x1000;"
                "munmap 0x1000400000 0x1000;"
                "fork",
                anyLength);
}

Scope merge() {
  Scope s = search("merge",
                   "Three adjacent pages, each mapped readable or writable: mapped again, written, "
                   "protected, inherited.",
                   "",
                   "mmap 0x1000100000 0x1000 rw fixed;"
                   "mmap 0x1000101000 0x1000 rw fixed;"
                   "mmap 0x1000102000 0x1000 rw fixed;"
                   "mmap 0x1000101000 0x1000 rw fixed,stack;"
                   "mmap 0x1000101000 0x1000 rw fixed,noreserve;"
                   "touch 0x1000100000 w;"
                   "touch 0x1000101000 w;"
                   "touch 0x1000101000 r;"
                   "touch 0x1000102000 w;"
                   "mprotect 0x1000100000 0x1000 rw;"
                   "mprotect 0x1000101000 0x1000 r;"
                   "mprotect 0x1000101000 0x1000 rw;"
                   "munmap 0x1000101000 0x1000;"
                   "fork",
                   anyLength);
  s.axes = {{"first", {"r", "rw"}}, {"second", {"r", "rw"}}, {"third", {"r", "rw"}}};
  s.start = [](Point at) {
    static const char* const prot[] = {"r", "rw"};
    std::string text;
    for (std::size_t i = 0; i < 3; ++i)
      text += "mmap " + hex(0x1000100000 + i * page) + size(1) + " " + prot[at[i]] + " fixed\n";
    return steps(text);
  };
  return s;
}

Scope mremap() {
  return search("mremap",
                "Two pages, with other pages directly after them and at a target: every kind of "
                "mremap, under limits, private and shared.",
                "",
                "mmap 0x1000100000 0x2000 rw fixed;"
                "mmap 0x1000100000 0x2000 rw fixed,shared;"
                "mmap 0x1000102000 0x1000 rw fixed;"
                "mmap 0x1000103000 0x1000 rw fixed;"
                "mmap 0x1000200000 0x1000 r fixed;"
                "touch 0x1000100000 w;"
                "touch 0x1000103000 w;"
                "mlock 0x1000100000 0x2000;"
                "mremap 0x1000100000 0x1000 0x1000 to 0x1000200000;"
                "mremap 0x1000100000 0x3000 0x3000 to 0x1000200000;"
                "mremap 0x1000100000 0x2000 0x1000 to 0x1000200000;"
                "mremap 0x1000100000 0x2000 0x3000 to 0x1000200000;"
                "mremap 0x1000100000 0x2000 0x2000 to 0x1000101000;"
                "mremap 0x1000100000 0x2000 0x1000;"
                "mremap 0x1000100000 0x2000 0x3000;"
                "mremap 0x1000100000 0 0x1000 to 0x1000200000;"
                "mremap 0x1000100000 0x1000 0xfffffffffffff000 maymove;"
                "limit as 0x2000;"
                "limit memlock 0x1000;"
                "capable no",
                7);
}

Scope count() {
  Scope s = search("count",
                   "At most eight areas: which steps are refused because of that, and what "
                   "they have removed before.",
                   "mmap 0x1000100000 0x3000 rw fixed\nmmap 0x1000200000 0x1000 r fixed\n",
                   "mmap 0x1000000000 0x1000 r fixed;"
                   "mmap 0x1000002000 0x1000 r fixed;"
                   "mmap 0x1000004000 0x1000 r fixed;"
                   "mmap 0x1000101000 0x1000 r fixed;"
                   "mmap 0x1000101000 0x1000 rw fixed;"
                   "munmap 0x1000101000 0x1000;"
                   "mprotect 0x1000101000 0x1000 r;"
                   "mlock 0x1000101000 0x1000;"
                   "mremap 0x1000101000 0x1000 0x1000 to 0x1000200000;"
                   "mremap 0x1000100000 0x3000 0x3000 to 0x1000200000;"
                   "mremap 0x1000100000 0x1000 0x2000 to 0x1000200000",
                   anyLength);
  s.with.maxMapCount = 8;
  return s;
}

Scope fixed() {
  return search("fixed",
                "MAP_FIXED, MAP_FIXED_NOREPLACE and hints over three pages, with limits in reach.",
                "",
                "mmap 0x1000100000 0x3000 rw fixed;"
                "mmap 0x1000101000 0x1000 rw fixed;"
                "mmap 0x1000101000 0x1000 r fixed;"
                "mmap 0x1000101000 0x3000 rw fixed;"
                "mmap 0x1000101000 0x1000 rw fixed_noreplace;"
                "mmap 0x1000101000 0x1000 rw fixed,locked;"
                "mmap 0x1000101000 0x1000 rw fixed,stack;"
                "touch 0x1000101000 w;"
                "munmap 0x1000101000 0x1000;"
                "mprotect 0x1000100000 0x3000 r;"
                "mprotect 0x1000101000 0x1000 rw;"
                "limit as 0x2000;"
                "limit data 0x2000;"
                "limit memlock 0;"
                "capable no",
                16);
}

Scope protect() {
  return search(
      "protect",
      "Two pages whose rights, presence and accounting change: what an entry allows, what "
      "stays committed, what RLIMIT_DATA refuses.",
      "",
      "mmap 0x1000100000 0x2000 rw fixed;"
      "mmap 0x1000100000 0x2000 r fixed;"
      "mmap 0x1000100000 0x2000 rw fixed,noreserve;"
      "touch 0x1000100000 r;"
      "touch 0x1000100000 w;"
      "touch 0x1000101000 x;"
      "gup 0x1000100000 r;"
      "mprotect 0x1000100000 0x1000 none;"
      "mprotect 0x1000100000 0x2000 r;"
      "mprotect 0x1000100000 0x2000 rw;"
      "mprotect 0x1000101000 0x1000 w;"
      "mprotect 0x1000101000 0x1000 x;"
      "limit data 0x1000;"
      "mlock 0x1000100000 0x1000;"
      "fork",
      anyLength);
}

Scope shared() {
  return search("shared",
                "Two pages of shared memory, and one that outgrows its object: read, written, "
                "pinned, protected, inherited, discarded.",
                "",
                "mmap 0x1000100000 0x2000 rw fixed,shared;"
                "mmap 0x1000100000 0x1000 r fixed,shared;"
                "mremap 0x1000100000 0x2000 0x3000;"
                "touch 0x1000100000 r;"
                "touch 0x1000100000 w;"
                "touch 0x1000101000 x;"
                "touch 0x1000102000 w;"
                "kernel 0x1000101000 r;"
                "kernel 0x1000101000 w;"
                "gup 0x1000100000 w;"
                "mprotect 0x1000100000 0x2000 r;"
                "mprotect 0x1000100000 0x2000 rw;"
                "dontneed 0x1000100000 0x2000;"
                "mlock 0x1000100000 0x1000;"
                "fork",
                anyLength);
}

Scope lock() {
  return search("lock",
                "Four pages and a stack of one, without capabilities and with three pages to lock: "
                "mlock, munlock, populating, get_user_pages, before and after fork.",
                "capable no\nlimit memlock 0x3000\n",
                "mmap 0x1000100000 0x4000 rw fixed;"
                "mmap 0x1000100000 0x2000 rw fixed,locked;"
                "mmap 0x1000100000 0x2000 w fixed,populate;"
                "mmap 0x1000400000 0x1000 rw fixed,growsdown,locked;"
                "mlock 0x1000100000 0x2000;"
                "mlock 0x1000101000 0x2000;"
                "mlock 0x1000100000 0x4000;"
                "munlock 0x1000101000 0x1000;"
                "touch 0x1000100000 w;"
                "touch 0x1000100000 r;"
                "kernel 0x1000100000 r;"
                "gup 0x1000100000 r;"
                "gup 0x1000100000 w;"
                "gup 0x10003ff000 w;"
                "fork",
                anyLength);
}

// Whole page tables: 2 MiB and 1 GiB.
Scope tables() {
  return search(
      "tables",
      "1 GiB at a 1 GiB boundary: touched, cut, filled again, discarded and moved by whole "
      "page tables.",
      "mmap 0x840000000 0x40000000 rw fixed\n",
      "touch 0x840000000 r;"
      "touch 0x840200000 w;"
      "munmap 0x840000000 0x200000;"
      "mmap 0x840000000 0x200000 rw fixed;"
      "dontneed 0x840000000 0x200000;"
      "dontneed 0x840001000 0x400000;"
      "mprotect 0x840100000 0x1000 r;"
      "mremap 0x840000000 0x40000000 0x40000000 to 0x880000000;"
      "mremap 0x840000000 0x200000 0x200000 to 0x880001000",
      anyLength);
}

// Addresses that are not plain user addresses.
Scope addresses(const trace::Parameters& left, const trace::Parameters& right) {
  Scope s;
  s.name = "addresses";
  s.about = "One page, untouched or written; one step at its address, with tags in the top byte, "
            "and at the ends of the address spaces.";
  constexpr std::uint64_t mapped = 0x1000100000;
  std::vector<std::uint64_t> places = {mapped,
                                       mapped + 2,
                                       mapped | std::uint64_t{0x01} << 56,
                                       mapped | std::uint64_t{0xff} << 56,
                                       mapped | std::uint64_t{1} << 55,
                                       mapped | std::uint64_t{1} << 47,
                                       std::uint64_t{1} << 47,
                                       (std::uint64_t{1} << 47) - page,
                                       0xffff800000000000,
                                       0xffff7ffffffff000,
                                       0x00ff000000000000,
                                       ~std::uint64_t{0} - (page - 1),
                                       0};
  for (const trace::Parameters* p : {&left, &right})
    places.insert(places.end(), {p->taskSize, p->taskSize - page});
  std::vector<std::string> names;
  std::vector<std::uint64_t> unique;
  for (const std::uint64_t place : places) {
    if (std::find(unique.begin(), unique.end(), place) != unique.end()) continue;
    unique.push_back(place);
    names.push_back(hex(place) == "0" ? "0x0" : hex(place));
  }
  struct Form {
    const char* name;
    const char* before; ///< the address
    const char* after;
  };
  static constexpr Form forms[] = {
      {"touch r", "touch ", " r"},
      {"touch w", "touch ", " w"},
      {"touch x", "touch ", " x"},
      {"kernel r", "kernel ", " r"},
      {"gup w", "gup ", " w"},
      {"munmap", "munmap ", " 0x1000"},
      {"mprotect", "mprotect ", " 0x1000 r"},
      {"mlock", "mlock ", " 0x1000"},
      {"munlock", "munlock ", " 0x1000"},
      {"dontneed", "dontneed ", " 0x1000"},
      {"dontneed to the top of its tag", "dontneed ", " 0xfffffffffff000"},
      {"mremap", "mremap ", " 0x1000 0x1000 to 0x1000200000"},
      {"mmap fixed", "mmap ", " 0x1000 r fixed"},
  };
  std::vector<std::string> formNames;
  for (const Form& form : forms)
    formNames.emplace_back(form.name);
  s.axes = {{"page", {"untouched", "written"}}, {"step", formNames, true}, {"address", names}};
  s.start = [unique](Point at) {
    std::string text = "mmap " + hex(mapped) + size(1) + " rw fixed\n";
    if (at[0] != 0) text += "touch " + hex(mapped) + " w\n";
    const Form& form = forms[at[1]];
    return steps(text + form.before + hex(unique[at[2]]) + form.after + "\n");
  };
  return s;
}

Scope placement(const trace::Parameters& left, const trace::Parameters& right) {
  std::string alphabet = "mmap 0x1000400000 0x1000 rw fixed,growsdown;"
                         "mmap 0x20000 0x1000 rw fixed,growsdown;"
                         "mmap 0x10003ff000 0x1000 r -;"
                         "mmap 0x1000300000 0x1000 r -;"
                         "mmap 0x10002ff000 0x2000 r -;"
                         "mmap 0x5000 0x1000 r -;"
                         "mmap 0 0x1000 r -;"
                         "mmap 0 0x200000 rw -;"
                         "mmap 0 0x200000 rw shared;"
                         "munmap 0x1000400000 0x1000;"
                         "capable no";
  // Areas that fill all addresses, those above the low ones, those above a stack there, and those
  // that a search downwards looks at.
  for (const trace::Parameters* p : {&left, &right}) {
    const std::uint64_t end = p->taskSize;
    for (const std::string& step : {"mmap 0x1000 " + hex(end - 0x1000) + " none fixed",
                                    "mmap 0x10000 " + hex(end - 0x10000) + " none fixed",
                                    "mmap 0x21000 " + hex(end - 0x21000) + " none fixed",
                                    "mmap 0x21000 " + hex(p->mmapBase - 0x21000) + " none fixed"})
      if (alphabet.find(step) == std::string::npos) alphabet += ";" + step;
  }
  Scope s =
      search("placement",
             "Hints beside stacks, requests without a hint, and an address space that is full "
             "above 64 KiB; CONFIG_LSM_MMAP_MIN_ADDR is 65536.",
             "", alphabet, 6);
  s.with.lsmMinAddr = 65536;
  return s;
}

} // namespace

std::vector<Scope> scopes(const RuleSet& left, const RuleSet& right) {
  // Both sides get the same shape of address space if they have one in common.
  trace::With with;
  if (left.arch == right.arch && left.arch == trace::Arch::arm64) with.vaBits = 48;
  std::string error;
  const auto leftParameters = trace::makeParameters(left, with, error);
  const auto rightParameters = trace::makeParameters(right, with, error);
  if (!leftParameters || !rightParameters) throw std::logic_error(error);
  std::vector<Scope> all = {growthNeighbour(), growthLimits(), growthLow(), growthStackPointer(),
                            growth(),          merge(),        mremap(),    count(),
                            fixed(),           protect(),      shared(),    lock(),
                            tables()};
  all.push_back(addresses(*leftParameters, *rightParameters));
  all.push_back(placement(*leftParameters, *rightParameters));
  for (Scope& scope : all)
    scope.with.vaBits = with.vaBits;
  return all;
}

} // namespace growsdown::harness
