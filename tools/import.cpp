#include "tools/import.h"

#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace growsdown::tools {

void addArea(trace::State& state, const ImportedArea& area, std::uint64_t page) {
  using namespace trace;
  Area added;
  added.start = added.shownStart = area.start;
  added.end = area.end;
  added.flags = area.rights | (area.growsdown ? vm::growsdown : 0U);
  if (area.shared) {
    added.flags |= vm::shared;
    added.object = state.objects.size() + 1;
    state.objects.push_back({added.object, (area.end - area.start) / page});
  } else {
    if ((area.rights & vm::write) != 0) added.flags |= vm::account;
    added.pgoff = (area.file ? area.offset : area.start) / page;
  }
  state.areas.push_back(added);
}

namespace {

struct Arguments {
  std::string path, as, output = "-", touch;
  std::vector<std::string> limits;
  std::uint64_t pid = 0, page = 4096;
};

// Guesses what a file is by its beginning.
std::string formOf(std::string_view text) {
  if (text.starts_with("\177ELF")) return "core";
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const std::size_t dash = text.find_first_not_of("0123456789abcdef");
  const bool range = dash != 0 && dash != std::string_view::npos && text[dash] == '-';
  return range ? "maps" : "strace";
}

Imported read(const Arguments& arguments, const std::string& text, const std::string& form) {
  if (form == "core") return importCore(text, arguments.path);
  if (form == "maps") return importMaps(text, arguments.path, arguments.page);
  return importStrace(text, arguments.path, arguments.pid);
}

// The steps of `limit RESOURCE BYTES` lines and of --touch, which are read as those of a trace.
std::vector<trace::Record> steps(const std::string& lines, std::string_view option) {
  const trace::ParseResult parsed = trace::parse("growsdown-trace 1\n" + lines, option);
  if (parsed.error) throw Stop(usage, fmt::format("{}: {}", option, parsed.error->message));
  return parsed.traces.front().records;
}

std::vector<trace::Record> limitsOf(const Arguments& arguments) {
  std::string lines;
  for (std::string limit : arguments.limits) {
    const std::size_t equals = limit.find('=');
    if (equals == std::string::npos || limit.find('\n') != std::string::npos)
      throw Stop(usage, "--limit requires NAME=BYTES, such as stack=8M, not `" + limit + "`");
    limit[equals] = ' ';
    lines += "limit " + limit + "\n";
  }
  return steps(lines, "--limit");
}

std::vector<trace::Record> touchOf(const Arguments& arguments) {
  if (arguments.touch.empty()) return {};
  if (arguments.touch.find('\n') != std::string::npos)
    throw Stop(usage, "--touch requires an address");
  const bool access = arguments.touch.find(' ') != std::string::npos;
  return steps("touch " + arguments.touch + (access ? "\n" : " w\n"), "--touch");
}

// The soft limits of the process whose maps these are, if its /proc/PID/limits is beside the file.
std::string limitsBeside(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code error;
  if (file.filename() != "maps" || !std::filesystem::exists(file.parent_path() / "limits", error))
    return {};
  const std::string beside = (file.parent_path() / "limits").string();
  const std::string text = readFile(beside);
  std::string lines;
  for (const auto& [name, limit] :
       {std::pair("Max stack size", "stack"), std::pair("Max locked memory", "memlock"),
        std::pair("Max data size", "data"), std::pair("Max address space", "as")}) {
    const std::size_t at = text.find(name);
    if (at == std::string::npos) continue;
    const std::size_t begin = text.find_first_not_of(' ', at + std::string_view(name).size());
    if (begin == std::string::npos)
      throw Stop(usage, beside + ": the file ends after `" + name + "`");
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    lines += fmt::format("limit {} {}\n", limit, text.substr(begin, end - begin));
  }
  return lines;
}

int run(const Arguments& arguments) {
  const std::string text = readFile(arguments.path);
  const std::string form = arguments.as.empty() ? formOf(text) : arguments.as;
  Imported imported = read(arguments, text, form);
  trace::Trace& trace = imported.trace;
  std::vector<trace::Record> first =
      steps(limitsBeside(arguments.path), "the limits beside " + arguments.path);
  for (trace::Record& record : limitsOf(arguments))
    first.push_back(std::move(record));
  trace.records.insert(trace.records.begin(), first.begin(), first.end());
  for (trace::Record& record : touchOf(arguments))
    trace.records.push_back(std::move(record));
  trace.before.insert(trace.before.begin(),
                      fmt::format("# title: {} ({})", trace::plainText(arguments.path), form));
  imported.notes.emplace_back(
      "the process has all capabilities here; `capable no` at the start takes "
      "them away");
  for (const std::string& note : imported.notes) {
    trace.before.push_back("# " + trace::plainText(note));
    fmt::print(stderr, "growsdown import: {}\n", trace::plainText(note));
  }
  writeFile(arguments.output, trace::print(trace));
  return agreed;
}

} // namespace

void addImport(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "import", "Make a trace of a /proc/PID/maps, of a core file, or of an strace log");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("FILE", arguments->path, "The file; may be compressed (.xz), - is standard input")
      .typeName("FILE")
      .required();
  sub.addOption("--as", arguments->as, "What it is (default: by its beginning)")
      .oneOf({"maps", "core", "strace"});
  sub.addOption("--limit", arguments->limits,
                "A soft limit at the start: stack, as, memlock or data (may be repeated)")
      .typeName("NAME=BYTES")
      .oneValueEach();
  sub.addOption("--touch", arguments->touch,
                "Add an access at the end, a write unless `ADDR r` or `ADDR x` says otherwise")
      .typeName("ADDR");
  sub.addOption("--page", arguments->page, "maps: the size of a page, in bytes (default: 4096)")
      .typeName("BYTES");
  sub.addOption("--pid", arguments->pid,
                "strace: the process to follow, with its threads (default: the first)")
      .typeName("N");
  sub.addOption("--output,-o", arguments->output, "File for the trace (default: standard output)")
      .typeName("FILE");
  sub.footer(
      "Maps and core files become an initial state: `explain` then says what an access does in\n"
      "it, and why. A core file adds the access that ended the process. Of /proc/PID/maps, the\n"
      "limits of the process are read as well.\n\n"
      "An strace log (`strace -f -o LOG COMMAND`) becomes the calls of one process with their\n"
      "results; each mapping is made where the kernel put it. `replay` says whether the rules\n"
      "give the same results, and `history --outcomes` under which kernels they are others.\n\n"
      "Mappings of files become private or shared anonymous memory. What the trace does not have\n"
      "of its source is a comment in it, and is printed.\n\n"
      "Exit codes: 0 done; 2 wrong usage or malformed input; 4 the file could not be written.\n\n"
      "Examples:\n"
      "  growsdown import core | growsdown explain -\n"
      "  growsdown import /proc/1234/maps --touch 0x7ffd1c3ff000 | growsdown explain -\n"
      "  strace -f -o log ./program; growsdown import log | growsdown history --outcomes -");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
