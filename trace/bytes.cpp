#include "trace/bytes.h"

#include "trace/byte_terms.h"
#include "trace/fields.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace growsdown::trace {
namespace {

using Byte = std::uint8_t;
using Record16 = std::array<Byte, byteRecordSize>;

// A header byte that chooses none of the table's values.
constexpr Byte absentByte = 0xfe;  // memory only: no `with memory` line
constexpr Byte literalByte = 0xff; // the value is in a literal record

// The header's bytes: the rule set, then one for each key of withFields.
constexpr std::size_t rulesByte = 0;
constexpr std::size_t firstWithByte = 1;
constexpr std::size_t withCount = std::size(withFields);
constexpr std::size_t memoryKey = withCount - 1;
static_assert(withFields[memoryKey].member == &With::memory);

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

// From here on an op byte makes a record a literal: bytes 1 to 9 are a field and its 64-bit value.
// The value replaces that field of the next step or, if the header asks for it, of a `with` line.
// The fields are those of stepNumbers, then those of withFields.
constexpr Byte firstLiteralOp = 0xf8;
constexpr unsigned stepFieldCount = stepNumbers.size();
constexpr unsigned fieldCount = stepFieldCount + withCount;

constexpr Op opTable[32] = {
    Op::touch,   Op::touch,   Op::touch,    Op::touch,    Op::touch,    Op::touch,    Op::touch,
    Op::sp,      Op::mmap,    Op::mmap,     Op::mmap,     Op::mmap,     Op::mmap,     Op::mmap,
    Op::mincore, Op::fork,    Op::mprotect, Op::mprotect, Op::mprotect, Op::mprotect, Op::munmap,
    Op::munmap,  Op::mremap,  Op::mremap,   Op::limit,    Op::limit,    Op::capable,  Op::dontneed,
    Op::mlock,   Op::munlock, Op::kernel,   Op::gup};

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

constexpr unsigned protectGrowsdown = 7; // of 8
constexpr unsigned targetTweak(Byte flags) {
  return 192U + (flags >> 2U);
}

void decodeOperand(Operand operand, const Record16& r, Step& step) {
  switch (operand) {
  case Operand::limit:
    step.limit = limitTable[r[rKind] % 8];
    break;
  case Operand::prot:
    step.prot = protTable[r[rKind] % 16];
    break;
  case Operand::flagList: {
    const unsigned rest = r[rNewLength];
    step.flags = static_cast<std::uint16_t>(
        placingTable[r[rFlags] % 16] | (rest < noRestBelow   ? 0
                                        : rest < anyRestFrom ? restTable[(rest - noRestBelow) % 8]
                                                             : (rest & 31U) << 3U));
    break;
  }
  case Operand::oneFlag:
    if (fieldsOf(step.op).flags & flag::to) {
      const unsigned how = r[rFlags] % 4;
      step.flags = how == 0 ? std::uint16_t{0} : how == 1 ? flag::maymove : flag::to;
    } else if (r[rFlags] % 8 == protectGrowsdown) {
      step.flags = flag::growsdown;
    }
    break;
  case Operand::stackPointer:
    if (r[rFlags] % 4 == 0) step.flags = flag::own;
    break;
  case Operand::access:
    step.access = accessTable[r[rKind] % 8];
    break;
  case Operand::copy:
    step.access = r[rKind] % 2 ? Access::write : Access::read;
    break;
  case Operand::address:
  case Operand::length:
  case Operand::oldLength:
  case Operand::newLength:
  case Operand::value:
  case Operand::no:
    break;
  }
}

Step decodeStep(const Terms& terms, const Record16& r) {
  Step step;
  step.op = opTable[r[rOp] % 32];
  for (const Operand operand : fieldsOf(step.op).operands)
    decodeOperand(operand, r, step);
  if (hasNumber(step, addressNumber))
    step.address =
        terms.address(r[rAddress], r[rAddressPages], r[rAddressPages + 1], r[rAddressTweak]);
  if (hasNumber(step, lengthNumber))
    step.length = terms.length(r[rLength], r[rLengthValue], r[rLengthTweak]);
  if (hasNumber(step, newLengthNumber))
    step.newLength = terms.length(r[rNewLength], r[rNewLengthValue], r[rNewLengthTweak]);
  if (hasNumber(step, targetNumber))
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

void encodeOperand(Operand operand, const Step& step, Record16& r) {
  switch (operand) {
  case Operand::limit:
    r[rKind] = indexIn(limitTable, step.limit);
    break;
  case Operand::prot:
    r[rKind] = indexIn(protTable, step.prot);
    break;
  case Operand::flagList: {
    r[rFlags] = indexIn(placingTable, step.flags & placing);
    const unsigned rest = step.flags & ~placing;
    const Byte common = indexIn(restTable, rest);
    r[rNewLength] = static_cast<Byte>(rest == 0                       ? 0
                                      : common < std::size(restTable) ? noRestBelow + common
                                                                      : anyRestFrom + (rest >> 3U));
    break;
  }
  case Operand::oneFlag:
    if (fieldsOf(step.op).flags & flag::to)
      r[rFlags] = step.flags & flag::to ? 2 : step.flags & flag::maymove ? 1 : 0;
    else if (step.flags & flag::growsdown)
      r[rFlags] = protectGrowsdown;
    break;
  case Operand::stackPointer:
    r[rFlags] = step.flags & flag::own ? 0 : 1;
    break;
  case Operand::access:
    r[rKind] = indexIn(accessTable, step.access);
    break;
  case Operand::copy:
    r[rKind] = step.access == Access::write;
    break;
  case Operand::address:
  case Operand::length:
  case Operand::oldLength:
  case Operand::newLength:
  case Operand::value:
  case Operand::no:
    break;
  }
}

void encodeStep(const Terms& terms, const Step& step, std::vector<Byte>& out) {
  Record16 r{};
  r[rOp] = indexIn(opTable, step.op);
  for (const Operand operand : fieldsOf(step.op).operands)
    encodeOperand(operand, step, r);
  if (hasNumber(step, addressNumber))
    terms.encodeAddress(step.address, r[rAddress], r[rAddressPages], r[rAddressPages + 1],
                        r[rAddressTweak]);
  if (hasNumber(step, lengthNumber))
    terms.encodeLength(step.length, r[rLength], r[rLengthValue], r[rLengthTweak]);
  if (hasNumber(step, newLengthNumber))
    terms.encodeLength(step.newLength, r[rNewLength], r[rNewLengthValue], r[rNewLengthTweak]);
  if (hasNumber(step, targetNumber)) {
    Byte tweakCode = 0;
    if (terms.encodeAddress(step.target, r[rTarget], r[rTargetPages], r[rTargetPages + 1],
                            tweakCode) &&
        tweakCode >= firstTweak)
      r[rFlags] |= static_cast<Byte>((tweakCode - 192U) << 2U);
  }
  // Literals hold the values that the forms cannot encode.
  const Step said = decodeStep(terms, r);
  for (unsigned field = 0; field < stepFieldCount; field++) {
    const std::uint64_t meant = step.*stepNumbers[field];
    if (hasNumber(step, static_cast<Number>(field)) && said.*stepNumbers[field] != meant) {
      const Record16 l = literal(field, meant);
      out.insert(out.end(), l.begin(), l.end());
    }
  }
  out.insert(out.end(), r.begin(), r.end());
}

// The values that a header byte chooses from, for each key of withFields but `memory`.
constexpr std::span<const std::optional<std::uint64_t>> withTables[] = {
    pageTable, minAddrTable, lsmMinAddrTable, mapCountTable, vaBitsTable};
static_assert(std::size(withTables) == memoryKey);

/// Drops `with` lines until the rule set takes them: first those of the shape, last one first, then
/// the others. `memory` stays.
Parameters fit(const RuleSet& rules, With& with) {
  std::string error;
  for (std::size_t i = memoryKey; i-- > 0;) {
    if (!withFields[i].shape) continue;
    if (auto p = makeParameters(rules, with, error)) return *p;
    (with.*withFields[i].member).reset();
  }
  for (std::size_t i = 0; i < memoryKey; i++) {
    if (withFields[i].shape) continue;
    if (auto p = makeParameters(rules, with, error)) return *p;
    (with.*withFields[i].member).reset();
  }
  return makeParameters(rules, with, error).value();
}

Record16 recordAt(std::span<const Byte> bytes, std::size_t at) {
  Record16 r{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
              std::min(byteRecordSize, bytes.size() - at), r.begin());
  return r;
}

using Header = std::array<Byte, byteHeaderSize>;

/// The `with` lines that the header chooses; `bytes` are the records, for literals.
With decodeWith(const Header& header, std::span<const Byte> bytes, const RuleSet& rules,
                std::optional<Parameters>& parameters) {
  std::array<std::optional<std::uint64_t>, fieldCount> literals;
  const auto* const keys = header.data() + firstWithByte;
  if (std::find(keys, keys + withCount, literalByte) != keys + withCount)
    for (std::size_t at = 0; at < bytes.size(); at += byteRecordSize)
      if (const Record16 r = recordAt(bytes, at);
          r[0] >= firstLiteralOp && !literals[r[1] % fieldCount])
        literals[r[1] % fieldCount] = literalValue(r);

  With with;
  for (std::size_t i = 0; i < memoryKey; i++)
    with.*withFields[i].member = keys[i] == literalByte
                                     ? literals[stepFieldCount + i]
                                     : withTables[i][keys[i] % withTables[i].size()];
  parameters = fit(rules, with);
  if (keys[memoryKey] == literalByte && literals[stepFieldCount + memoryKey])
    with.memory = literals[stepFieldCount + memoryKey];
  else if (keys[memoryKey] != absentByte)
    with.memory = memoryPagesTable[keys[memoryKey] % 16] * parameters->geometry.page;
  return with;
}

/// Puts the header's bytes for `with`, and literals after them for values that the header cannot
/// encode.
void encodeWith(const With& with, std::uint64_t page, std::vector<Byte>& out) {
  const auto say = [&](std::size_t key) {
    out[firstWithByte + key] = literalByte;
    const Record16 l =
        literal(static_cast<unsigned>(stepFieldCount + key), *(with.*withFields[key].member));
    out.insert(out.end(), l.begin(), l.end());
  };
  for (std::size_t i = 0; i < memoryKey; i++) {
    const auto found =
        std::find(withTables[i].begin(), withTables[i].end(), with.*withFields[i].member);
    if (found != withTables[i].end())
      out[firstWithByte + i] = static_cast<Byte>(found - withTables[i].begin());
    else
      say(i);
  }
  if (!with.memory) {
    out[firstWithByte + memoryKey] = absentByte;
    return;
  }
  const Byte found = *with.memory % page == 0 ? indexIn(memoryPagesTable, *with.memory / page) : 16;
  if (found < 16)
    out[firstWithByte + memoryKey] = found;
  else
    say(memoryKey);
}

} // namespace

Decoded decode(std::span<const std::uint8_t> bytes) {
  Header header{};
  const std::size_t headerBytes = std::min(bytes.size(), header.size());
  std::copy_n(bytes.begin(), headerBytes, header.begin());
  bytes = bytes.subspan(headerBytes);

  const auto all = ruleSets();
  Decoded out{&all[header[rulesByte] % all.size()], {}};
  std::optional<Parameters> parameters;
  out.trace.with = decodeWith(header, bytes, *out.rules, parameters);

  const Terms terms(*parameters);
  std::array<std::optional<std::uint64_t>, stepFieldCount> replaced;
  for (std::size_t at = 0; at < bytes.size() && out.trace.records.size() < maxDecodedSteps;
       at += byteRecordSize) {
    const Record16 r = recordAt(bytes, at);
    if (r[0] >= firstLiteralOp) {
      if (const unsigned field = r[1] % fieldCount; field < stepFieldCount)
        replaced[field] = literalValue(r);
      continue;
    }
    Record record;
    record.step = decodeStep(terms, r);
    for (unsigned field = 0; field < stepFieldCount; field++)
      if (replaced[field] && hasNumber(record.step, static_cast<Number>(field)))
        record.step.*stepNumbers[field] = *replaced[field];
    replaced = {};
    out.trace.records.push_back(std::move(record));
  }
  return out;
}

std::vector<std::uint8_t> encode(const RuleSet& rules, const Trace& trace) {
  const auto all = ruleSets();
  auto known =
      std::find_if(all.begin(), all.end(), [&](const RuleSet& r) { return r.name == rules.name; });
  if (known == all.end()) known = all.begin();

  std::vector<Byte> out(byteHeaderSize);
  out[rulesByte] = static_cast<Byte>(known - all.begin());
  With with = trace.with;
  const Parameters parameters = fit(*known, with);
  encodeWith(with, parameters.geometry.page, out);
  const Terms terms(parameters);
  for (std::size_t i = 0; i < std::min(trace.records.size(), maxDecodedSteps); i++)
    encodeStep(terms, trace.records[i].step, out);
  return out;
}

} // namespace growsdown::trace
