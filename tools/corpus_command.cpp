#include "fuzz/groups.h"
#include "fuzz/reach.h"
#include "fuzz/whole_file.h"
#include "harness/metadata.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/corpus_items.h"
#include "tools/files.h"
#include "tools/json.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace growsdown::tools {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string action, output, json;
  std::vector<std::string> paths;
  bool text = false;
  unsigned limit = 1000000;
  std::string rule, set, cve, word;
};

/// Says what is damaged. The exit code: damaged input is malformed input.
int told(const Items& items) {
  for (const std::string& lost : items.damaged)
    fmt::print(stderr, "growsdown: damaged: {}\n", trace::plainText(lost));
  return items.damaged.empty() ? agreed : usage;
}

std::string needOutput(const Arguments& arguments) {
  if (arguments.output.empty())
    throw Stop(usage, fmt::format("corpus {}: --output must name the result", arguments.action));
  return arguments.output;
}

// --- writing ---

void writePack(const std::string& file, const Items& items) {
  writeFile(file, fuzz::printPack(items.entries));
}

/// Writes each entry as a file. Files with other contents stay, and are an error.
int writeFolder(const std::string& folder, const Items& items) {
  makeDirectory(folder);
  std::size_t written = 0, same = 0, other = 0;
  for (const fuzz::PackEntry& entry : items.entries) {
    const fs::path file = fs::path(folder) / entry.name;
    std::error_code code;
    fs::create_directories(file.parent_path(), code);
    const int error = fuzz::writeWhole(file, entry.bytes, fuzz::Existing::keep);
    if (error == 0) {
      ++written;
    } else if (error == EEXIST) {
      const bool isSame = readFile(file.string()) == entry.bytes;
      same += isSame;
      other += !isSame;
      if (!isSame)
        fmt::print(stderr, "growsdown: {}: exists with other contents and stays\n", file.string());
    } else {
      throw Stop(failure, file.string() + ": cannot write: " + std::strerror(error));
    }
  }
  fmt::print("{} files written to {}, {} were there, {} not written\n", written, folder, same,
             other);
  return other == 0 ? agreed : failure;
}

/// A pack, or a folder if the name is not one of a pack.
int write(const std::string& output, const Items& items) {
  if (!output.ends_with(".pack") && !output.ends_with(".pack.xz"))
    return writeFolder(output, items);
  writePack(output, items);
  fmt::print("{} entries written to {}\n", items.entries.size(), output);
  return agreed;
}

// --- the actions ---

struct Counts {
  std::size_t traces = 0, steps = 0, inputs = 0, unreadable = 0;
  std::size_t longest = 0;
  std::map<std::string, std::size_t> sets, operations;
};

Counts countItems(const Items& items) {
  Counts counts;
  for (const fuzz::PackEntry& entry : items.entries) {
    if (isInput(entry)) {
      ++counts.inputs;
      continue;
    }
    const trace::ParseResult parsed = trace::parse(entry.bytes, entry.name);
    counts.unreadable += parsed.error.has_value();
    for (const trace::Trace& trace : parsed.traces) {
      ++counts.traces;
      counts.steps += trace.records.size();
      counts.longest = std::max(counts.longest, trace.records.size());
      for (const std::string& set : harness::metadata(trace).sets)
        ++counts.sets[set];
      for (const trace::Record& record : trace.records)
        ++counts.operations[std::string(trace::name(record.step.op))];
    }
  }
  return counts;
}

int stats(const Arguments& arguments) {
  const Items items = readItems(arguments.paths);
  const Counts counts = countItems(items);
  fuzz::Features seen;
  fuzz::Reach reach(seen);
  for (const fuzz::PackEntry& entry : items.entries)
    if (!isInput(entry)) reach.addText(entry.bytes);
  const auto hits = reach.model().ruleHits();
  const auto rules = std::count_if(hits.begin(), hits.end(), [](auto n) { return n != 0; });
  std::size_t bytes = 0;
  for (const fuzz::PackEntry& entry : items.entries)
    bytes += entry.bytes.size();
  Json document = jsonDocument("corpus");
  document["entries"] = items.entries.size();
  document["bytes"] = bytes;
  document["traces"] = counts.traces;
  document["steps"] = counts.steps;
  document["longest"] = counts.longest;
  document["inputs"] = counts.inputs;
  document["unreadable"] = counts.unreadable;
  document["reach"] = seen.count();
  document["rulesReached"] = rules;
  document["sets"] = counts.sets;
  document["operations"] = counts.operations;
  document["damaged"] = jsonList(items.damaged);
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(document));
  fmt::print("{} entries, {} bytes, in {} files and {} packs\n"
             "{} traces, {} steps, at most {} in one; {} inputs; {} entries are not readable\n"
             "reach {}; {} of {} rules\n",
             items.entries.size(), bytes, items.files, items.packs, counts.traces, counts.steps,
             counts.longest, counts.inputs, counts.unreadable, seen.count(), rules, hits.size());
  for (const auto& [name, count] : counts.operations)
    fmt::print("  {:10} {:>9} steps\n", name, count);
  return std::max(told(items), counts.unreadable == 0 ? int{agreed} : int{usage});
}

/// Leaves the traces that reach something which no shorter one reaches, and all inputs.
void prune(Items& items, std::size_t limit) {
  std::vector<fuzz::PackEntry> traces, inputs;
  for (fuzz::PackEntry& entry : items.entries)
    (isInput(entry) ? inputs : traces).push_back(std::move(entry));
  std::stable_sort(traces.begin(), traces.end(),
                   [](const auto& a, const auto& b) { return a.bytes.size() < b.bytes.size(); });
  const std::size_t before = traces.size();
  fuzz::Features seen;
  fuzz::chooseByReach(traces, nullptr, limit, seen);
  fmt::print("{} of {} traces reach something new; reach {}\n", traces.size(), before,
             seen.count());
  items.entries = std::move(traces);
  items.entries.insert(items.entries.end(), inputs.begin(), inputs.end());
}

int pruneAll(const Arguments& arguments) {
  Items items = readItems(arguments.paths);
  prune(items, arguments.limit);
  std::string output = arguments.output;
  if (output.empty() && arguments.action == "prune" && arguments.paths.size() == 1 &&
      arguments.paths.front().ends_with(".pack"))
    output = arguments.paths.front(); // in place; a damaged pack is no place for what is left
  if (output.empty() || (arguments.output.empty() && !items.damaged.empty()))
    output = needOutput(arguments);
  const int code = write(output, items);
  return std::max(code, told(items));
}

int convert(const Arguments& arguments) {
  const std::string output = needOutput(arguments);
  const Items items = arguments.action == "import" ? importItems(arguments.paths, !arguments.text)
                                                   : readItems(arguments.paths);
  if (items.entries.empty()) throw Stop(usage, "nothing to write: no entry was found");
  const int code = arguments.action == "unpack" ? writeFolder(output, items) : write(output, items);
  return std::max(code, told(items));
}

int verify(const Arguments& arguments) {
  const Items items = readItems(arguments.paths);
  std::size_t traces = 0, wrong = 0;
  for (const fuzz::PackEntry& entry : items.entries) {
    if (isInput(entry)) continue;
    const trace::ParseResult parsed = trace::parse(entry.bytes, entry.name);
    std::string error = parsed.error ? parsed.error->text() : "";
    for (const trace::Trace& trace : parsed.traces) {
      ++traces;
      if (const std::string text = harness::metadata(trace).error; !text.empty())
        error = place(trace, trace.line) + ": " + text;
    }
    if (error.empty()) continue;
    ++wrong;
    fmt::print("{}\n", error);
  }
  fmt::print("{} entries, {} traces: {} malformed, {} damaged\n", items.entries.size(), traces,
             wrong, items.damaged.size());
  return std::max(told(items), wrong == 0 ? int{agreed} : int{usage});
}

// --- search ---

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return value.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool matches(const Arguments& arguments, const harness::Metadata& data, const std::string& text) {
  return contains(data.rules, arguments.rule) && contains(data.sets, arguments.set) &&
         (arguments.cve.empty() || data.cve.find(arguments.cve) != std::string::npos) &&
         (arguments.word.empty() || text.find(arguments.word) != std::string::npos);
}

Json metadataOf(const std::string& name, std::size_t number, const trace::Trace& trace,
                const harness::Metadata& data) {
  std::string id = fs::path(name).filename().string();
  id.resize(id.size() - (id.ends_with(".trace") ? 6 : 0));
  return Json::object(
      {{"id", number == 0 ? id : fmt::format("{}:{}", id, number + 1)},
       {"entry", name},
       {"title", data.title},
       {"rules", jsonList(data.rules)},
       {"sets", jsonList(data.sets)},
       {"cve", data.cve},
       {"commit", data.commit},
       {"verdict", data.expect == harness::Metadata::Expect::diverge ? "diverge" : "agree"},
       {"found", data.found},
       {"steps", trace.records.size()}});
}

int search(const Arguments& arguments) {
  const Items items = readItems(arguments.paths);
  Json found = Json::array();
  for (const fuzz::PackEntry& entry : items.entries) {
    if (isInput(entry)) continue;
    const std::vector<trace::Trace> traces = trace::parse(entry.bytes, entry.name).traces;
    for (std::size_t i = 0; i < traces.size(); ++i) {
      const harness::Metadata data = harness::metadata(traces[i]);
      if (!matches(arguments, data, trace::print(traces[i]))) continue;
      found.push_back(metadataOf(entry.name, i, traces[i], data));
      fmt::print("{} ({} steps{}{}): {}\n", found.back()["id"].get<std::string>(),
                 traces[i].records.size(), data.cve.empty() ? "" : ", ", data.cve, data.title);
    }
  }
  Json document = jsonDocument("corpus-search");
  document["traces"] = found;
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(document));
  fmt::print("{} traces\n", found.size());
  return std::max(told(items), found.empty() ? int{diverged} : int{agreed});
}

int run(const Arguments& arguments) {
  checkWritable(arguments.json);
  if (arguments.action == "stats") return stats(arguments);
  if (arguments.action == "verify") return verify(arguments);
  if (arguments.action == "search") return search(arguments);
  if (arguments.action == "merge") needOutput(arguments);
  if (arguments.action == "merge" || arguments.action == "prune") return pruneAll(arguments);
  return convert(arguments);
}

void addOptions(Command sub, Arguments& arguments) {
  sub.addOption(
         "ACTION", arguments.action,
         "stats: count; merge: one corpus of those traces that reach something new; prune: "
         "the same, of a pack in place; pack, unpack: between folders and one file; "
         "import: what libFuzzer, AFL++ or honggfuzz left; verify: check every part; search: "
         "list traces by their metadata")
      .typeName("ACTION")
      .required()
      .oneOf({"stats", "merge", "prune", "pack", "unpack", "import", "verify", "search"});
  sub.addOption("PATH", arguments.paths,
                "Files and folders: packs, traces, a campaign; for import, an engine's")
      .typeName("PATH")
      .required();
  sub.addOption("--output,-o", arguments.output,
                "A pack (NAME.pack), or a folder that gets one file per entry")
      .typeName("PATH");
  sub.addFlag("--text", arguments.text,
              "import: the inputs are those of parse_fuzzer (default: of differential_fuzzer)");
  sub.addOption("--limit", arguments.limit, "merge, prune: leave at most this many traces")
      .typeName("N")
      .between(1, 100000000);
  sub.addOption("--rule", arguments.rule, "search: traces about this rule").typeName("ID");
  sub.addOption("--set", arguments.set, "search: traces for this rule set").typeName("SET");
  sub.addOption("--cve", arguments.cve, "search: traces about a CVE with this text")
      .typeName("TEXT");
  sub.addOption("--word", arguments.word, "search: traces with this text").typeName("TEXT");
  sub.addOption("--json", arguments.json, "stats, search: file for the result as JSON")
      .typeName("FILE");
}

} // namespace

void addCorpus(Command app, Action& action) {
  Command sub =
      app.addSubcommand("corpus", "Count, merge, prune, pack, import, verify and search traces");
  const auto arguments = std::make_shared<Arguments>();
  addOptions(sub, *arguments);
  sub.footer(
      "A pack is one file of many traces with checksums. A damaged pack loses the entries that\n"
      "the damage hits, and names them on stderr; a pack of a newer version is refused.\n\n"
      "Exit codes: 0 done; 1 search: no trace was found; 2 wrong usage, a malformed trace, or a\n"
      "damaged pack (what is whole was used); 4 something could not be written.\n\n"
      "Examples:\n"
      "  growsdown corpus import afl/default/queue crash-1234 -o imported.pack\n"
      "  growsdown corpus merge imported.pack night/corpus -o seeds.pack\n"
      "  growsdown corpus search corpus/regressions --rule GUARD-GAP --json found.json");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
