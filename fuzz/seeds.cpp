#include "fuzz/seeds.h"

#include "model/start.h"
#include "trace/text.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace growsdown::fuzz {

bool readTraces(const std::filesystem::path& path, std::vector<trace::Trace>& traces,
                std::string& error) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  std::error_code code;
  if (fs::is_directory(path, code)) {
    fs::recursive_directory_iterator at(path, code);
    for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code))
      if (at->is_regular_file(code) && at->path().extension() == ".trace")
        files.push_back(at->path());
    if (code) {
      error = path.string() + ": " + code.message();
      return false;
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in || in.bad()) {
      error = file.string() + ": cannot be read";
      return false;
    }
    trace::ParseResult parsed = trace::parse(text, file.string());
    if (parsed.error) {
      error = parsed.error->text();
      return false;
    }
    std::move(parsed.traces.begin(), parsed.traces.end(), std::back_inserter(traces));
  }
  return true;
}

void addSeeds(const std::vector<trace::Trace>& traces,
              const std::vector<const trace::RuleSet*>& rules, std::vector<Program>& seeds) {
  std::vector<const trace::RuleSet*> sets = rules;
  if (sets.empty())
    for (const trace::RuleSet& set : trace::ruleSets())
      sets.push_back(&set);
  for (const trace::Trace& trace : traces)
    for (const trace::RuleSet* const set : sets) {
      std::string why;
      const auto parameters = trace::makeParameters(*set, trace.with, why);
      if (!parameters) continue;
      trace::Trace seed = trace;
      if (seed.initial && model::completeStart(*parameters, *seed.initial)) continue;
      seeds.push_back(toProgram(*set, seed));
      if (seeds.back().steps.size() > mostSteps) seeds.back().steps.resize(mostSteps);
    }
}

bool readSeeds(const std::filesystem::path& path, const std::vector<const trace::RuleSet*>& rules,
               std::vector<Program>& seeds, std::string& error) {
  std::vector<trace::Trace> traces;
  if (!readTraces(path, traces, error)) return false;
  addSeeds(traces, rules, seeds);
  return true;
}

} // namespace growsdown::fuzz
