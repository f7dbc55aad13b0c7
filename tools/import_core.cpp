#include "tools/common.h"
#include "tools/import.h"
#include "trace/ruleset.h"
#include "trace/text.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace growsdown::tools {
namespace {

constexpr std::uint32_t fileNote = 0x46494c45, signalNote = 0x53494749; // NT_FILE, NT_SIGINFO

/// What the notes of a core file say.
struct Notes {
  std::uint64_t page = 4096;
  std::optional<std::uint64_t> stackPointer, counter; ///< of the first thread, which faulted
  std::uint64_t inStack = 0; ///< an address in the main stack; 0: not known
  int signal = 0, code = 0;
  std::uint64_t address = 0; ///< si_addr
  struct File {
    std::uint64_t start, end, offset; ///< bytes
  };
  std::vector<File> files;
};

/// The bytes of a core file. All accesses are checked.
class Core {
 public:
  Core(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {
    header_ = at<Elf64_Ehdr>(0);
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0 ||
        header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_type != ET_CORE)
      fail("not a core file of a 64-bit little-endian machine");
    if (header_.e_machine != EM_X86_64 && header_.e_machine != EM_AARCH64)
      fail("not of x86-64 or arm64");
  }

  bool isArm() const { return header_.e_machine == EM_AARCH64; }

  std::vector<Elf64_Phdr> segments() const {
    std::uint64_t count = header_.e_phnum;
    if (count == PN_XNUM) count = at<Elf64_Shdr>(header_.e_shoff).sh_info;
    std::vector<Elf64_Phdr> list;
    for (std::uint64_t i = 0; i < count; ++i)
      list.push_back(at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr)));
    return list;
  }

  template <class T>
  T at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) fail("the file is cut short");
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  [[noreturn]] void fail(const std::string& why) const { throw Stop(usage, file_ + ": " + why); }

 private:
  std::string_view bytes_;
  const std::string& file_;
  Elf64_Ehdr header_{};
};

// struct elf_prstatus, 64 bits: the registers follow 112 bytes; x86-64 has sp and ip at 19 and 16,
// arm64 at 31 and 32.
void readStatus(const Core& core, std::uint64_t at, Notes& notes) {
  if (notes.stackPointer) return;
  const auto reg = [&](unsigned number) {
    return core.at<std::uint64_t>(at + 112 + number * 8ULL);
  };
  notes.stackPointer = reg(core.isArm() ? 31 : 19);
  notes.counter = reg(core.isArm() ? 32 : 16);
}

void readVector(const Core& core, std::uint64_t at, std::uint64_t size, Notes& notes) {
  for (std::uint64_t i = 0; i + sizeof(Elf64_auxv_t) <= size; i += sizeof(Elf64_auxv_t)) {
    const auto entry = core.at<Elf64_auxv_t>(at + i);
    if (entry.a_type == AT_PAGESZ) notes.page = entry.a_un.a_val;
    if (notes.page != 4096 && notes.page != 16384 && notes.page != 65536)
      core.fail(fmt::format("a page size of {} bytes", notes.page));
    if (entry.a_type == AT_RANDOM) notes.inStack = entry.a_un.a_val;
  }
}

void readFiles(const Core& core, std::uint64_t at, std::uint64_t size, Notes& notes) {
  const auto count = core.at<std::uint64_t>(at);
  const auto unit = core.at<std::uint64_t>(at + 8);
  if (count > size / 24) core.fail("a list of mapped files that does not fit its note");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t entry = at + 16 + i * 24;
    notes.files.push_back({core.at<std::uint64_t>(entry), core.at<std::uint64_t>(entry + 8),
                           core.at<std::uint64_t>(entry + 16) * unit});
  }
}

void readNotes(const Core& core, const Elf64_Phdr& segment, Notes& notes) {
  const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
  for (std::uint64_t at = segment.p_offset, end = at + segment.p_filesz;
       at + sizeof(Elf64_Nhdr) <= end;) {
    const auto note = core.at<Elf64_Nhdr>(at);
    const std::uint64_t content = at + sizeof(Elf64_Nhdr) + padded(note.n_namesz);
    if (note.n_type == NT_PRSTATUS && note.n_namesz == 5) readStatus(core, content, notes);
    if (note.n_type == NT_AUXV) readVector(core, content, note.n_descsz, notes);
    if (note.n_type == fileNote) readFiles(core, content, note.n_descsz, notes);
    if (note.n_type == signalNote && notes.signal == 0) {
      notes.signal = core.at<std::int32_t>(content);
      notes.code = core.at<std::int32_t>(content + 8);
      notes.address = core.at<std::uint64_t>(content + 16);
    }
    at = content + padded(note.n_descsz);
  }
}

ImportedArea areaOf(const Elf64_Phdr& segment, const Notes& notes) {
  ImportedArea area;
  area.start = segment.p_vaddr;
  area.end = segment.p_vaddr + segment.p_memsz;
  if ((segment.p_flags & PF_R) != 0) area.rights |= trace::vm::read;
  if ((segment.p_flags & PF_W) != 0) area.rights |= trace::vm::write;
  if ((segment.p_flags & PF_X) != 0) area.rights |= trace::vm::exec;
  area.growsdown = area.start <= notes.inStack && notes.inStack < area.end;
  for (const Notes::File& file : notes.files)
    if (file.start <= area.start && area.start < file.end) {
      area.file = true;
      area.offset = file.offset + (area.start - file.start);
    }
  return area;
}

std::optional<trace::Signal> signalOf(const Notes& notes) {
  constexpr int segv = 11, bus = 7;
  if (notes.signal == segv && notes.code == 1) return trace::Signal::segvMaperr;
  if (notes.signal == segv && notes.code == 2) return trace::Signal::segvAccerr;
  if (notes.signal == segv && notes.code == 4) return trace::Signal::segvPkuerr;
  if (notes.signal == segv && notes.code == 0x80) return trace::Signal::segvKernel;
  if (notes.signal == bus && notes.code == 2) return trace::Signal::busAdrerr;
  return std::nullopt;
}

// A core file does not say what the access was. One at the program counter was a fetch; a write is
// the usual one, unless the area could be written.
trace::Access accessOf(const Notes& notes, const trace::State& state) {
  if (notes.counter == notes.address) return trace::Access::exec;
  for (const trace::Area& area : state.areas)
    if (area.start <= notes.address && notes.address < area.end)
      return (area.flags & trace::vm::write) != 0 ? trace::Access::read : trace::Access::write;
  return trace::Access::write;
}

void addFault(const Notes& notes, Imported& imported) {
  trace::Record record;
  if (notes.stackPointer) {
    record.step.op = trace::Op::sp;
    record.step.address = *notes.stackPointer;
    imported.trace.records.push_back(record);
  }
  const auto signal = signalOf(notes);
  if (!signal) {
    imported.notes.push_back(
        notes.signal == 0
            ? std::string(
                  "the file does not say which signal ended the process: no access is added")
            : fmt::format("the process ended by signal {}, not by a fault: no access is added",
                          notes.signal));
    return;
  }
  record.step = {};
  record.step.op = trace::Op::touch;
  record.step.address = notes.address;
  record.step.access = accessOf(notes, *imported.trace.initial);
  record.expected = trace::Outcome::signalled(*signal);
  imported.trace.records.push_back(record);
  imported.notes.push_back("a core file does not say whether the access was a read or a write; the "
                           "last step is the likelier one");
}

// The rule set for another machine than the running one must be named.
void nameMachine(const Core& core, trace::Trace& trace) {
  const trace::Arch arch = core.isArm() ? trace::Arch::arm64 : trace::Arch::amd64;
  if (trace::findRuleSet(defaultRules().name)->arch == arch) return;
  std::string_view newest;
  for (const trace::RuleSet& rules : trace::ruleSets())
    if (rules.arch == arch) newest = rules.name;
  trace.before.push_back(fmt::format("# sets: {}", newest));
}

} // namespace

Imported importCore(std::string_view bytes, const std::string& file) {
  const Core core(bytes, file);
  const std::vector<Elf64_Phdr> segments = core.segments();
  Notes notes;
  for (const Elf64_Phdr& segment : segments)
    if (segment.p_type == PT_NOTE) readNotes(core, segment, notes);
  Imported imported;
  trace::Trace& trace = imported.trace;
  if (notes.page != 4096) trace.with.page = notes.page;
  trace.initial.emplace();
  std::size_t files = 0, outside = 0;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) continue;
    const ImportedArea area = areaOf(segment, notes);
    if (area.start >= std::uint64_t{1} << 57) {
      ++outside;
      continue;
    }
    if (area.end < area.start || (area.start | area.end) % notes.page != 0)
      core.fail(fmt::format("a segment at {:#x} that is not whole pages", area.start));
    files += area.file;
    addArea(*trace.initial, area, notes.page);
  }
  if (trace.initial->areas.empty()) core.fail("no memory segment in this core file");
  std::sort(trace.initial->areas.begin(), trace.initial->areas.end(),
            [](const trace::Area& a, const trace::Area& b) { return a.start < b.start; });
  for (std::size_t i = 1; i < trace.initial->areas.size(); ++i)
    if (trace.initial->areas[i].start < trace.initial->areas[i - 1].end)
      core.fail(fmt::format("two segments overlap at {:#x}", trace.initial->areas[i].start));
  nameMachine(core, trace);
  imported.notes.push_back(
      "a core file has no limits: --limit stack=BYTES sets another than 8 MiB; "
      "and it may leave areas out (MADV_DONTDUMP, coredump_filter)");
  if (notes.inStack == 0)
    imported.notes.push_back("the file does not say where the main stack is: no area grows down");
  if (files != 0)
    imported.notes.push_back(fmt::format("{} mappings of files are anonymous memory here", files));
  if (outside != 0) imported.notes.push_back("areas beyond the user addresses are left out");
  addFault(notes, imported);
  return imported;
}

} // namespace growsdown::tools
