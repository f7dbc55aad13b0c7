#include "trace/bytes.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>

namespace growsdown::trace {
namespace {

using Byte = std::uint8_t;
using Record16 = std::array<Byte, byteRecordSize>;

// A header byte that chooses none of the table's values.
constexpr Byte absentByte = 0xfe;  // memory only: no `with memory` line
constexpr Byte literalByte = 0xff; // the value stands in a literal record

enum HeaderByte : std::size_t { hRules, hPage, hMinAddr, hLsmMinAddr, hMapCount, hVaBits, hMemory };

// A record's bytes.
enum RecordByte : std::size_t {
  rOp,
  rAddress,      // form and anchor
  rAddressPages, // two bytes
  rAddressTweak = 4,
  rLength, // form, value, tweak
  rLengthValue,
  rLengthTweak,
  rKind,      // prot, access, or which limit
  rFlags,     // of mmap, mprotect, mremap (with the target's tweak), sp
  rNewLength, // mremap: form, value, tweak; mmap: the rarer flags
  rNewLengthValue,
  rNewLengthTweak,
  rTarget, // form and anchor
  rTargetPages,
};

// From here on an op byte makes a record a literal: bytes 1 to 9 are a field and its 64-bit value,
// which replaces that field of the next step. Whatever the other forms cannot say is said so.
constexpr Byte firstLiteralOp = 0xf8;
enum Field : unsigned {
  fAddress,
  fLength,
  fNewLength,
  fTarget,
  fPage,
  fMinAddr,
  fLsmMinAddr,
  fMapCount,
  fVaBits,
  fMemory,
  fieldCount,
};
constexpr unsigned stepFields = fPage;

constexpr Op opTable[32] = {
    Op::touch,  Op::touch,   Op::touch,    Op::touch,    Op::touch,    Op::touch,    Op::touch,
    Op::sp,     Op::mmap,    Op::mmap,     Op::mmap,     Op::mmap,     Op::mmap,     Op::mmap,
    Op::mmap,   Op::fork,    Op::mprotect, Op::mprotect, Op::mprotect, Op::mprotect, Op::munmap,
    Op::munmap, Op::mremap,  Op::mremap,   Op::limit,    Op::limit,    Op::capable,  Op::dontneed,
    Op::mlock,  Op::munlock, Op::kernel,   Op::gup};

constexpr Byte rw = prot::read | prot::write;
constexpr Byte protTable[16] = {rw,
                                rw,
                                rw,
                                rw,
                                rw,
                                rw,
                                prot::read,
                                prot::read,
                                prot::none,
                                prot::none,
                                prot::all,
                                prot::exec,
                                prot::write,
                                prot::read | prot::exec,
                                prot::write | prot::exec,
                                rw};
constexpr Access accessTable[8] = {Access::write, Access::read, Access::write, Access::exec,
                                   Access::write, Access::read, Access::write, Access::read};
constexpr LimitKind limitTable[8] = {LimitKind::stack,   LimitKind::as,    LimitKind::memlock,
                                     LimitKind::data,    LimitKind::stack, LimitKind::as,
                                     LimitKind::memlock, LimitKind::stack};

// mmap's flags: how it is placed and whether it grows, and the rest.
constexpr unsigned placing = flag::fixed | flag::fixedNoreplace | flag::growsdown;
constexpr unsigned grows = flag::fixed | flag::growsdown;
constexpr unsigned placingTable[16] = {flag::fixed,
                                       grows,
                                       flag::fixed,
                                       grows,
                                       flag::fixed,
                                       grows,
                                       flag::fixed,
                                       grows,
                                       flag::growsdown,
                                       0,
                                       flag::fixedNoreplace,
                                       flag::fixedNoreplace | flag::growsdown,
                                       flag::fixed | flag::fixedNoreplace,
                                       placing,
                                       grows,
                                       grows};
constexpr unsigned restTable[8] = {flag::shared,
                                   flag::noreserve,
                                   flag::locked,
                                   flag::populate,
                                   flag::stack,
                                   flag::shared | flag::populate,
                                   flag::locked | flag::populate,
                                   flag::shared};
constexpr unsigned noRestBelow = 144;
constexpr unsigned anyRestFrom = 224;

constexpr std::optional<std::uint64_t> no;
constexpr std::optional<std::uint64_t> pageTable[16] = {
    no, no, no, no, no, no, no, no, no, no, 4096, 16384, 16384, 65536, 65536, no};
constexpr std::optional<std::uint64_t> minAddrTable[16] = {
    no, no, no, no, no, no, no, no, 0, 1, 4096, 4097, 0x2000, 0x8000, 0x10000, 0x100000};
constexpr std::optional<std::uint64_t> lsmMinAddrTable[16] = {
    no, no, no, no, no, no, no, no, 0, 4096, 0x8000, 0x8000, 0x8000, 0x9000, 0x10000, 0x10000};
constexpr std::optional<std::uint64_t> mapCountTable[16] = {no, no, no, no, no, no, no, 65530,
                                                            0,  1,  2,  3,  4,  5,  6,  8};
constexpr std::optional<std::uint64_t> vaBitsTable[16] = {no, no, no, no, no, no, no, no,
                                                          no, 36, 39, 42, 47, 48, 52, 56};
constexpr std::uint64_t memoryPagesTable[16] = {1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024,
                                                1024, 1024, 64,   256,  512,  2048, 4096, 4096};

// Offsets in pages. Near ones come four times as often; far ones stand around the guard distance of
// 256 pages, a 4K table's 512 and the starting stack limit's 2048.
constexpr unsigned nearBytes = 192;
constexpr int nearSpan = 48;
constexpr int farOffsets[32] = {254,  255,  256,  257,   258,   -254,  -255,  -256,
                                -257, -258, 64,   -64,   128,   -128,  300,   -301,
                                511,  512,  513,  -511,  -512,  -513,  1024,  -1024,
                                2047, 2048, 2049, -2047, -2048, -2049, -2050, -1500};
constexpr unsigned rawForm = 14; // from here on the offset is a signed 16-bit number

constexpr std::uint64_t farLengths[32] = {
    64,   128,  254,  255,  256,  257,  258,  300,  301,  509,  510, 511, 512, 513, 514, 1023,
    1024, 1025, 1500, 2046, 2047, 2048, 2049, 2050, 4096, 8192, 16,  15,  17,  32,  31,  33};

// A tweak is a few bytes on top of a number of pages.
constexpr unsigned firstTweak = 240;
constexpr unsigned tweakCount = 16;

constexpr unsigned wildAnchor = 15;
constexpr unsigned anchorCount = 15;

/// What the forms mean under one rule set and its `with` lines.
struct Terms {
  std::uint64_t page = 4096;
  std::array<std::uint64_t, anchorCount> anchors{};
  std::array<std::uint64_t, 16> wild{};
  std::array<std::uint64_t, 16> absurd{};
  std::array<std::uint64_t, tweakCount> tweaks{};

  explicit Terms(const Parameters& p) : page(p.geometry.page) {
    const auto up = [&](std::uint64_t value) { return (value + page - 1) / page * page; };
    constexpr std::uint64_t stack = 0x1000400000;  // where most happens: a table's boundary
    constexpr std::uint64_t border = 0x1000000000; // a boundary of tables at every level
    anchors = {stack,
               stack,
               stack,
               stack,
               stack - 256 * page,
               stack + 256 * page,
               stack - initialStackLimit,
               border,
               border,
               windows[1].start,
               windows[1].end,
               nearSpan / 2 * page, // so that near offsets begin at 0
               up(p.minAddr) + (nearSpan / 2 - 1) * page,
               up(std::max<std::uint64_t>(p.lsmMinAddr, 0x8000)) + nearSpan / 3 * page,
               windows[0].end};
    wild = {programAddress,
            p.taskSize - page,
            p.taskSize,
            p.taskSize + page,
            p.mmapBase,
            p.mmapBase - page,
            up(p.unmappedBase),
            p.mapWindow,
            1ULL << 55,
            (1ULL << 56) | stack,
            (0xffULL << 56) | stack,
            1ULL << 63,
            0 - page,
            ~0ULL,
            0xffffffff80000000,
            0xffff000000000000};
    absurd = {0,
              unlimited,
              p.taskSize,
              p.taskSize - page,
              p.mmapBase,
              1ULL << 63,
              0 - page,
              0 - 2 * page,
              1ULL << 32,
              1ULL << 34,
              1ULL << 40,
              windows[1].end - windows[1].start,
              1ULL << 21,
              1ULL << 30,
              (1ULL << 63) - page,
              unlimited};
    tweaks = {1,
              0ULL - 1,
              2,
              4,
              0ULL - 4,
              8,
              0ULL - 8,
              page / 2,
              page / 2 - 1,
              page / 2 + 1,
              3,
              7,
              0x64,
              0x7b,
              page / 2 + 8,
              0ULL - 2};
  }

  std::uint64_t tweak(unsigned code) const {
    return code < firstTweak ? 0 : tweaks[(code - firstTweak) % tweakCount];
  }

  static int pages(unsigned form, Byte low, Byte high) {
    if (form >= rawForm) return static_cast<std::int16_t>(low | high << 8);
    return low < nearBytes ? low % nearSpan - nearSpan / 2 : farOffsets[(low - nearBytes) % 32];
  }

  std::uint64_t address(Byte how, Byte low, Byte high, unsigned tweakCode) const {
    const unsigned anchor = how & 15U;
    if (anchor == wildAnchor) return wild[low % wild.size()] + tweak(tweakCode);
    return anchors[anchor] +
           static_cast<std::uint64_t>(static_cast<std::int64_t>(pages(how >> 4U, low, high))) *
               page +
           tweak(tweakCode);
  }

  std::uint64_t length(Byte how, Byte value, Byte tweakCode) const {
    switch (how & 7U) {
    default:
      return (1 + (value & 7U)) * page + tweak(tweakCode);
    case 4:
      return ((how >> 3U) * 256U + value) * page + tweak(tweakCode);
    case 5:
      return farLengths[value % 32] * page + tweak(tweakCode);
    case 6:
      return (value & 31U) * page + tweak(tweakCode);
    case 7:
      return absurd[value % absurd.size()] + tweak(tweakCode);
    }
  }

  /// The bytes of an address: how, low, high and tweak; false where only a literal can say it.
  bool encodeAddress(std::uint64_t value, Byte& how, Byte& low, Byte& high, Byte& tweakCode) const {
    for (unsigned t = 0; t <= tweakCount; t++) {
      const unsigned code = t == 0 ? 0 : firstTweak + t - 1;
      const std::uint64_t base = value - tweak(code);
      std::int64_t best = std::numeric_limits<std::int64_t>::max();
      for (unsigned a = 0; a < anchorCount; a++) {
        const auto difference = static_cast<std::int64_t>(base - anchors[a]);
        if (difference % static_cast<std::int64_t>(page) != 0) continue;
        const std::int64_t offset = difference / static_cast<std::int64_t>(page);
        if (offset < -32768 || offset > 32767 || std::abs(offset) >= best) continue;
        best = std::abs(offset);
        const auto far = std::find(std::begin(farOffsets), std::end(farOffsets), offset);
        if (offset >= -nearSpan / 2 && offset < nearSpan / 2) {
          how = static_cast<Byte>(a);
          low = static_cast<Byte>(offset + nearSpan / 2);
          high = 0;
        } else if (far != std::end(farOffsets)) {
          how = static_cast<Byte>(a);
          low = static_cast<Byte>(nearBytes + static_cast<unsigned>(far - std::begin(farOffsets)));
          high = 0;
        } else {
          how = static_cast<Byte>(rawForm << 4U | a);
          low = static_cast<Byte>(offset & 0xff);
          high = static_cast<Byte>(offset >> 8 & 0xff);
        }
      }
      const auto found = std::find(wild.begin(), wild.end(), base);
      if (best > nearSpan && found != wild.end()) {
        how = wildAnchor;
        low = static_cast<Byte>(found - wild.begin());
        high = 0;
        best = 0;
      }
      if (best == std::numeric_limits<std::int64_t>::max()) continue;
      tweakCode = static_cast<Byte>(code);
      return true;
    }
    return false;
  }

  bool encodeLength(std::uint64_t value, Byte& how, Byte& low, Byte& tweakCode) const {
    for (unsigned t = 0; t <= tweakCount; t++) {
      const unsigned code = t == 0 ? 0 : firstTweak + t - 1;
      const std::uint64_t base = value - tweak(code);
      const std::uint64_t pages = base / page;
      const auto far = std::find(std::begin(farLengths), std::end(farLengths), pages);
      const auto odd = std::find(absurd.begin(), absurd.end(), base);
      if (odd != absurd.end()) {
        how = 7;
        low = static_cast<Byte>(odd - absurd.begin());
      } else if (base % page != 0) {
        continue;
      } else if (pages >= 1 && pages <= 8) {
        how = 0;
        low = static_cast<Byte>(pages - 1);
      } else if (pages < 32) {
        how = 6;
        low = static_cast<Byte>(pages);
      } else if (far != std::end(farLengths)) {
        how = 5;
        low = static_cast<Byte>(far - std::begin(farLengths));
      } else if (pages < 8192) {
        how = static_cast<Byte>(4U | (pages >> 8U) << 3U);
        low = static_cast<Byte>(pages & 0xffU);
      } else {
        continue;
      }
      tweakCode = static_cast<Byte>(code);
      return true;
    }
    return false;
  }
};

/// Which 64-bit fields a step of this kind has.
constexpr unsigned fieldsOf(const Step& step) {
  constexpr unsigned range = 1U << fAddress | 1U << fLength;
  switch (step.op) {
  case Op::limit:
    return 1U << fLength;
  case Op::mmap:
  case Op::munmap:
  case Op::mprotect:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
    return range;
  case Op::mremap:
    return range | 1U << fNewLength | (step.flags & flag::to ? 1U << fTarget : 0U);
  case Op::touch:
  case Op::kernel:
  case Op::gup:
    return 1U << fAddress;
  case Op::sp:
    return step.flags & flag::own ? 0U : 1U << fAddress;
  case Op::capable:
  case Op::fork:
    break;
  }
  return 0;
}

std::uint64_t& fieldOf(Step& step, unsigned field) {
  switch (field) {
  case fAddress:
    return step.address;
  case fLength:
    return step.length;
  case fNewLength:
    return step.newLength;
  default:
    return step.target;
  }
}

constexpr unsigned mprotectGrowsdown = 7; // of 8
constexpr unsigned targetTweak(Byte flags) {
  return 192U + (flags >> 2U);
}

Step decodeStep(const Terms& terms, const Record16& r) {
  Step step;
  step.op = opTable[r[rOp] % 32];
  switch (step.op) {
  case Op::limit:
    step.limit = limitTable[r[rKind] % 8];
    break;
  case Op::mmap: {
    step.prot = protTable[r[rKind] % 16];
    const unsigned rest = r[rNewLength];
    step.flags = static_cast<std::uint16_t>(
        placingTable[r[rFlags] % 16] | (rest < noRestBelow   ? 0
                                        : rest < anyRestFrom ? restTable[(rest - noRestBelow) % 8]
                                                             : (rest & 31U) << 3U));
    break;
  }
  case Op::mprotect:
    step.prot = protTable[r[rKind] % 16];
    if (r[rFlags] % 8 == mprotectGrowsdown) step.flags = flag::growsdown;
    break;
  case Op::mremap: {
    const unsigned how = r[rFlags] % 4;
    step.flags = how == 0 ? std::uint16_t{0} : how == 1 ? flag::maymove : flag::to;
    break;
  }
  case Op::touch:
    step.access = accessTable[r[rKind] % 8];
    break;
  case Op::kernel:
  case Op::gup:
    step.access = r[rKind] % 2 ? Access::write : Access::read;
    break;
  case Op::sp:
    if (r[rFlags] % 4 == 0) step.flags = flag::own;
    break;
  case Op::capable:
  case Op::munmap:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
  case Op::fork:
    break;
  }
  const unsigned fields = fieldsOf(step);
  if (fields & 1U << fAddress)
    step.address =
        terms.address(r[rAddress], r[rAddressPages], r[rAddressPages + 1], r[rAddressTweak]);
  if (fields & 1U << fLength)
    step.length = terms.length(r[rLength], r[rLengthValue], r[rLengthTweak]);
  if (fields & 1U << fNewLength)
    step.newLength = terms.length(r[rNewLength], r[rNewLengthValue], r[rNewLengthTweak]);
  if (fields & 1U << fTarget)
    step.target =
        terms.address(r[rTarget], r[rTargetPages], r[rTargetPages + 1], targetTweak(r[rFlags]));
  return step;
}

template <class Table, class Value>
Byte indexIn(const Table& table, const Value& value) {
  return static_cast<Byte>(std::find(std::begin(table), std::end(table), value) -
                           std::begin(table));
}

Record16 literal(unsigned field, std::uint64_t value) {
  Record16 r{};
  r[0] = firstLiteralOp;
  r[1] = static_cast<Byte>(field);
  for (unsigned i = 0; i < 8; i++)
    r[2 + i] = static_cast<Byte>(value >> 8 * i);
  return r;
}

std::uint64_t literalValue(const Record16& r) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; i++)
    value |= static_cast<std::uint64_t>(r[2 + i]) << 8 * i;
  return value;
}

void encodeStep(const Terms& terms, const Step& step, std::vector<Byte>& out) {
  Record16 r{};
  r[rOp] = indexIn(opTable, step.op);
  switch (step.op) {
  case Op::limit:
    r[rKind] = indexIn(limitTable, step.limit);
    break;
  case Op::mmap: {
    r[rKind] = indexIn(protTable, step.prot);
    r[rFlags] = indexIn(placingTable, step.flags & placing);
    const unsigned rest = step.flags & ~placing;
    const Byte common = indexIn(restTable, rest);
    r[rNewLength] = static_cast<Byte>(rest == 0                       ? 0
                                      : common < std::size(restTable) ? noRestBelow + common
                                                                      : anyRestFrom + (rest >> 3U));
    break;
  }
  case Op::mprotect:
    r[rKind] = indexIn(protTable, step.prot);
    if (step.flags & flag::growsdown) r[rFlags] = mprotectGrowsdown;
    break;
  case Op::mremap:
    r[rFlags] = step.flags & flag::to ? 2 : step.flags & flag::maymove ? 1 : 0;
    break;
  case Op::touch:
    r[rKind] = indexIn(accessTable, step.access);
    break;
  case Op::kernel:
  case Op::gup:
    r[rKind] = step.access == Access::write;
    break;
  case Op::sp:
    r[rFlags] = step.flags & flag::own ? 0 : 1;
    break;
  case Op::capable:
  case Op::munmap:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
  case Op::fork:
    break;
  }
  const unsigned fields = fieldsOf(step);
  if (fields & 1U << fAddress)
    terms.encodeAddress(step.address, r[rAddress], r[rAddressPages], r[rAddressPages + 1],
                        r[rAddressTweak]);
  if (fields & 1U << fLength)
    terms.encodeLength(step.length, r[rLength], r[rLengthValue], r[rLengthTweak]);
  if (fields & 1U << fNewLength)
    terms.encodeLength(step.newLength, r[rNewLength], r[rNewLengthValue], r[rNewLengthTweak]);
  if (fields & 1U << fTarget) {
    Byte tweakCode = 0;
    if (terms.encodeAddress(step.target, r[rTarget], r[rTargetPages], r[rTargetPages + 1],
                            tweakCode) &&
        tweakCode >= firstTweak)
      r[rFlags] |= static_cast<Byte>((tweakCode - 192U) << 2U);
  }
  // What the forms could not say, literals do.
  Step said = decodeStep(terms, r);
  Step meant = step;
  for (unsigned field = 0; field < stepFields; field++)
    if (fields & 1U << field && fieldOf(said, field) != fieldOf(meant, field)) {
      const Record16 l = literal(field, fieldOf(meant, field));
      out.insert(out.end(), l.begin(), l.end());
    }
  out.insert(out.end(), r.begin(), r.end());
}

struct HeaderField {
  HeaderByte byte;
  Field field;
  std::optional<std::uint64_t> With::*member;
  std::span<const std::optional<std::uint64_t>> table;
};
const HeaderField headerFields[] = {
    {hPage, fPage, &With::page, pageTable},
    {hMinAddr, fMinAddr, &With::minAddr, minAddrTable},
    {hLsmMinAddr, fLsmMinAddr, &With::lsmMinAddr, lsmMinAddrTable},
    {hMapCount, fMapCount, &With::maxMapCount, mapCountTable},
    {hVaBits, fVaBits, &With::vaBits, vaBitsTable},
};

std::uint64_t pageSize(const RuleSet& rules, const With& with) {
  return with.page.value_or(rules.page);
}

/// Drops `with` lines until the rule set takes them; `memory` stays.
Parameters fit(const RuleSet& rules, With& with) {
  std::string error;
  for (auto member :
       {&With::vaBits, &With::page, &With::minAddr, &With::lsmMinAddr, &With::maxMapCount}) {
    if (auto p = makeParameters(rules, with, error)) return *p;
    with.*member = std::nullopt;
  }
  return makeParameters(rules, with, error).value();
}

} // namespace

Decoded decode(std::span<const std::uint8_t> bytes) {
  std::array<Byte, byteHeaderSize> header{};
  const std::size_t headerBytes = std::min(bytes.size(), header.size());
  std::copy_n(bytes.begin(), headerBytes, header.begin());
  bytes = bytes.subspan(headerBytes);

  const auto all = ruleSets();
  Decoded out{&all[header[hRules] % all.size()], {}};
  With& with = out.trace.with;

  // The literals of `with` lines count only where the header asks for them.
  const auto record = [&](std::size_t at) {
    Record16 r{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                std::min(byteRecordSize, bytes.size() - at), r.begin());
    return r;
  };
  std::array<std::optional<std::uint64_t>, fieldCount> literals;
  if (std::find(header.begin() + hPage, header.begin() + hMemory + 1, literalByte) !=
      header.begin() + hMemory + 1)
    for (std::size_t at = 0; at < bytes.size(); at += byteRecordSize)
      if (const Record16 r = record(at); r[0] >= firstLiteralOp && !literals[r[1] % fieldCount])
        literals[r[1] % fieldCount] = literalValue(r);

  for (const HeaderField& f : headerFields)
    with.*f.member = header[f.byte] == literalByte ? literals[f.field]
                                                   : f.table[header[f.byte] % f.table.size()];
  const Parameters parameters = fit(*out.rules, with);
  if (header[hMemory] == literalByte && literals[fMemory])
    with.memory = literals[fMemory];
  else if (header[hMemory] != absentByte)
    with.memory = memoryPagesTable[header[hMemory] % 16] * parameters.geometry.page;

  const Terms terms(parameters);
  std::array<std::optional<std::uint64_t>, stepFields> replaced;
  for (std::size_t at = 0; at < bytes.size() && out.trace.records.size() < maxDecodedSteps;
       at += byteRecordSize) {
    const Record16 r = record(at);
    if (r[0] >= firstLiteralOp) {
      if (const unsigned field = r[1] % fieldCount; field < stepFields)
        replaced[field] = literalValue(r);
      continue;
    }
    Record step;
    step.step = decodeStep(terms, r);
    const unsigned fields = fieldsOf(step.step);
    for (unsigned field = 0; field < stepFields; field++)
      if (replaced[field] && fields & 1U << field) fieldOf(step.step, field) = *replaced[field];
    replaced = {};
    out.trace.records.push_back(std::move(step));
  }
  return out;
}

std::vector<std::uint8_t> encode(const RuleSet& rules, const Trace& trace) {
  const auto all = ruleSets();
  auto known =
      std::find_if(all.begin(), all.end(), [&](const RuleSet& r) { return r.name == rules.name; });
  if (known == all.end()) known = all.begin();

  std::vector<Byte> out(byteHeaderSize);
  out[hRules] = static_cast<Byte>(known - all.begin());
  With with = trace.with;
  const Parameters parameters = fit(*known, with);
  const auto say = [&](HeaderByte byte, unsigned field, std::uint64_t value) {
    out[byte] = literalByte;
    const Record16 l = literal(field, value);
    out.insert(out.end(), l.begin(), l.end());
  };
  for (const HeaderField& f : headerFields) {
    const auto found = std::find(f.table.begin(), f.table.end(), with.*f.member);
    if (found != f.table.end())
      out[f.byte] = static_cast<Byte>(found - f.table.begin());
    else
      say(f.byte, f.field, *(with.*f.member));
  }
  if (!with.memory) {
    out[hMemory] = absentByte;
  } else {
    const std::uint64_t page = pageSize(*known, with);
    const Byte found =
        *with.memory % page == 0 ? indexIn(memoryPagesTable, *with.memory / page) : 16;
    if (found < 16)
      out[hMemory] = found;
    else
      say(hMemory, fMemory, *with.memory);
  }
  const Terms terms(parameters);
  for (std::size_t i = 0; i < std::min(trace.records.size(), maxDecodedSteps); i++)
    encodeStep(terms, trace.records[i].step, out);
  return out;
}

} // namespace growsdown::trace
