#include "tools/common.h"

#include "systems/open.h"
#include "trace/ruleset.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <lzma.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

namespace growsdown::tools {
namespace fs = std::filesystem;

namespace {

std::string readRaw(const std::string& path) {
  const bool standardInput = path == "-";
  if (!standardInput && fs::is_directory(path))
    throw Stop(usage, path + ": is a directory; a file is wanted here");
  std::FILE* file = standardInput ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) throw Stop(usage, path + ": cannot open: " + std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, file))
    text.append(buffer, n);
  const bool bad = std::ferror(file) != 0;
  const int why = errno;
  if (!standardInput) std::fclose(file);
  if (bad) throw Stop(usage, path + ": cannot read: " + std::strerror(why));
  return text;
}

// Traces compress very well; a bomb does even better.
constexpr std::size_t maxUnpacked = std::size_t{1} << 31;

std::string unpack(const std::string& packed, const std::string& path) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::uint64_t{1} << 30, LZMA_CONCATENATED) != LZMA_OK)
    throw Stop(failure, path + ": cannot start the xz decoder");
  std::string text;
  std::vector<std::uint8_t> buffer(1 << 18);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = lzma_code(&stream, LZMA_FINISH);
    text.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - stream.avail_out);
    if (text.size() > maxUnpacked) break;
  }
  lzma_end(&stream);
  if (text.size() > maxUnpacked) throw Stop(usage, path + ": unpacks to more than 2 GiB");
  if (status != LZMA_STREAM_END)
    throw Stop(usage,
               path + ": not a whole xz file (" +
                   (status == LZMA_FORMAT_ERROR ? "not xz at all"
                    : status == LZMA_BUF_ERROR  ? "cut short"
                    : status == LZMA_DATA_ERROR ? "damaged"
                                                : fmt::format("lzma error {}", int(status))) +
                   ")");
  return text;
}

std::string pack(std::string_view text, const std::string& path) {
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  if (lzma_easy_buffer_encode(9, LZMA_CHECK_CRC64, nullptr,
                              reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                              reinterpret_cast<std::uint8_t*>(packed.data()), &size,
                              packed.size()) != LZMA_OK)
    throw Stop(failure, path + ": cannot compress");
  packed.resize(size);
  return packed;
}

// Says, once a process, what to think of a rule set that no recording judges.
void noteUnjudged(const trace::RuleSet& rules) {
  static std::mutex mutex;
  static std::set<std::string_view> said;
  const std::lock_guard lock(mutex);
  if (!said.insert(rules.name).second) return;
  const trace::StandIn near = trace::standIn(rules);
  std::string text = fmt::format("growsdown: note: no recording judges {}, which is composed of "
                                 "the known changes; the nearest recorded rule set is {}",
                                 rules.name, near.recorded->name);
  text += near.knobs.empty() ? ", with the same knobs" : ", which differs in ";
  text += fmt::format("{}", fmt::join(near.knobs, ", "));
  fmt::print(stderr, "{}\n", text);
}

bool isTraceName(const std::string& name) {
  return name.ends_with(".trace") || name.ends_with(".trace.xz");
}

} // namespace

std::string readFile(const std::string& path) {
  std::string text = readRaw(path);
  return path.ends_with(".xz") ? unpack(text, path) : text;
}

void writeFile(const std::string& path, std::string_view plain) {
  const std::string packed = path.ends_with(".xz") ? pack(plain, path) : std::string();
  const std::string_view text = packed.empty() ? plain : packed;
  const bool standardOutput = path == "-";
  std::FILE* file = standardOutput ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = (standardOutput ? std::fflush(file) : std::fclose(file)) == 0 && good;
  if (!good) throw Stop(failure, path + ": cannot write: " + std::strerror(errno));
}

void checkWritable(const std::string& path) {
  if (path.empty() || path == "-") return;
  std::FILE* const file = std::fopen(path.c_str(), "ab");
  if (file == nullptr)
    throw Stop(failure, path + ": cannot open for writing: " + std::strerror(errno));
  std::fclose(file);
}

std::vector<std::string> traceFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (path == "-" || !fs::is_directory(path)) {
      if (path != "-" && !fs::exists(path)) throw Stop(usage, path + ": no such file or directory");
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
      if (entry->is_regular_file() && isTraceName(entry->path().filename().string()))
        found.push_back(entry->path().string());
    if (error) throw Stop(usage, path + ": cannot read the directory: " + error.message());
    if (found.empty())
      throw Stop(usage, path + ": no *.trace or *.trace.xz in this directory or below");
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::vector<trace::Trace> readTraces(const std::string& path) {
  const std::string text = readFile(path);
  trace::ParseResult parsed = trace::parse(text, path == "-" ? "standard input" : path);
  if (parsed.error) throw Stop(usage, parsed.error->text());
  if (parsed.traces.empty())
    throw Stop(usage, path + ": no trace in it (a trace begins with the line `growsdown-trace 1`)");
  return std::move(parsed.traces);
}

trace::Trace readTrace(const std::string& path, unsigned index) {
  std::vector<trace::Trace> traces = readTraces(path);
  if (index == 0 && traces.size() > 1)
    throw Stop(usage, fmt::format("{}: holds {} traces; say which one with --trace 1..{}", path,
                                  traces.size(), traces.size()));
  if (index > traces.size())
    throw Stop(usage, fmt::format("{}: has no trace {}, it holds {}", path, index, traces.size()));
  return std::move(traces[index == 0 ? 0 : index - 1]);
}

trace::RuleSet ruleSet(const std::string& name, const std::vector<std::string>& knobs) {
  const trace::RuleSet* found = trace::findRuleSet(name);
  if (found == nullptr) {
    std::string known;
    for (const trace::RuleSet& r : trace::ruleSets())
      known += "\n  " + std::string(r.name);
    const auto all = trace::releases();
    throw Stop(usage, "no rule set `" + name + "`; judged by recordings:" + known +
                          "\nand, composed: linux-X.Y-ARCH for any release from " +
                          trace::print(all.front().version) + " to " +
                          trace::print(all.back().version) + " and arm64, amd64 or um");
  }
  if (found->kernel.empty()) noteUnjudged(*found);
  trace::RuleSet rules = *found;
  for (const std::string& knob : knobs) {
    const auto equals = knob.find('=');
    if (equals == std::string::npos)
      throw Stop(usage, "--knob wants NAME=VALUE, not `" + knob + "`");
    std::string error;
    if (!trace::setKnob(rules, knob.substr(0, equals), knob.substr(equals + 1), error))
      throw Stop(usage, "--knob " + knob + ": " + error);
  }
  return rules;
}

std::string valueOf(const trace::RuleSet& rules, std::string_view knob) {
  for (trace::Knob& k : trace::knobs(rules))
    if (k.name == knob) return std::move(k.value);
  return "";
}

std::vector<std::string> ruleSetsOf(const trace::Trace& trace, const harness::Metadata& data,
                                    std::string_view otherwise) {
  if (!data.error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + data.error);
  if (!data.sets.empty()) return data.sets;
  std::string error;
  const std::string named = harness::ruleSetOfName(trace.file, error);
  if (!error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + error);
  return {named.empty() ? std::string(otherwise) : named};
}

trace::Parameters parametersOf(const trace::RuleSet& rules, const trace::Trace& trace) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  if (!parameters) throw Stop(unknown, place(trace, trace.line) + ": " + error);
  return *parameters;
}

std::unique_ptr<harness::System> system(const std::string& name) {
  std::string error;
  auto made = systems::open(name, error);
  if (!made) throw Stop(usage, error);
  return made;
}

std::string rulesOf(const harness::System& system) {
  try {
    return std::string(system.rules());
  } catch (const harness::CannotSay& e) {
    throw Stop(unknown, std::string(system.name()) + ": " + e.what());
  }
}

std::string rulesOf(const std::vector<std::string>& systems) {
  for (const std::string& name : systems)
    if (std::string rules = rulesOf(*system(name)); !rules.empty()) return rules;
  return {};
}

trace::With fitting(trace::With with, const trace::RuleSet& rules) {
  std::string why;
  if (!trace::makeParameters(rules, with, why)) with.vaBits.reset();
  return with;
}

std::string systemNames() {
  std::string text;
  for (const systems::Kind& kind : systems::kinds())
    text += (text.empty() ? "" : ", ") + print(kind);
  return text;
}

std::string notCompared(const harness::System& system, harness::Fields fields) {
  const harness::Fields shows = system.shows() & fields;
  harness::Fields hidden = harness::shown::all & ~shows;
  // Its areas start where maps says, then.
  if ((shows & harness::shown::areas) != 0 && (shows & harness::shown::start) == 0)
    hidden &= ~harness::shown::maps;
  if (hidden == 0) return {};
  return fmt::format("not compared on {}: {}\n", system.name(), harness::print(hidden));
}

std::string place(const trace::Trace& trace, unsigned line) {
  const std::string file = trace.file.empty() ? "trace" : trace.file;
  return line == 0 ? file : file + ":" + std::to_string(line);
}

std::string report(const trace::Trace& trace, const harness::RunResult& result,
                   std::string_view leftName, std::string_view rightName) {
  const bool atStart = result.step >= trace.records.size();
  std::string text = place(trace, atStart ? trace.line : trace.records[result.step].line) + ": ";
  text += atStart ? std::string("at the start")
                  : fmt::format("step {}: {}", result.step + 1,
                                trace::print(trace.records[result.step].step));
  text += "\n";
  if (result.verdict == harness::Verdict::diverged) {
    text += fmt::format("    {}: {} {}, {} {}\n", result.difference.field, leftName,
                        result.difference.left, rightName, result.difference.right);
    if (!result.rule.empty()) text += "    decided by " + result.rule + "\n";
    if (!result.brokenInvariants.empty())
      text += "    broken invariants: " + result.brokenInvariants + "\n";
  } else {
    text += fmt::format("    {}: {}\n", harness::name(result.verdict), result.reason);
  }
  return text;
}

bool showsProgress() {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  return terminal;
}

void progress(const std::string& text) {
  static std::mutex mutex;
  if (!showsProgress()) return;
  const std::lock_guard lock(mutex);
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

double seconds(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const double factor = unit.empty() || unit == "s" ? 1
                        : unit == "ms"              ? 0.001
                        : unit == "m"               ? 60
                        : unit == "h"               ? 3600
                                                    : 0;
  if (error != std::errc() || factor == 0 || !(value >= 0) || value * factor > 1e9)
    throw Stop(usage, "a duration such as 20s, 10m or 1h is wanted, not `" + text + "`");
  return value * factor;
}

std::string jsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : trace::plainText(text, true)) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else
      out += c;
  }
  return out += '"';
}

std::string changeJson(const trace::Change& change) {
  std::string archs;
  for (const trace::Arch arch : {trace::Arch::arm64, trace::Arch::amd64, trace::Arch::um})
    if ((change.archs >> static_cast<unsigned>(arch) & 1) != 0)
      archs += (archs.empty() ? "" : ", ") + jsonString(trace::name(arch));
  return fmt::format("{{\"knob\": {}, \"since\": {}, \"backport\": {}, \"archs\": [{}], "
                     "\"value\": {}, \"commit\": {}, \"cve\": {}, \"why\": {}}}",
                     jsonString(change.knob), jsonString(print(change.since)),
                     change.backport == trace::Version{} ? "null"
                                                         : jsonString(print(change.backport)),
                     archs, jsonString(change.value), jsonString(change.commit),
                     jsonString(change.cve), jsonString(change.why));
}

std::string xmlText(std::string_view text) {
  std::string out;
  for (const char c : trace::plainText(text, true)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

unsigned hardwareJobs() {
  return std::max(1U, std::thread::hardware_concurrency());
}

} // namespace growsdown::tools
