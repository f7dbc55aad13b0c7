#include "tools/corpus.h"

#include "harness/metadata.h"
#include "tools/files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace growsdown::tools {

std::string corpusFolder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const std::filesystem::path& path :
       {self.parent_path().parent_path() / "share/growsdown/corpus",
        std::filesystem::path(GROWSDOWN_SOURCE) / "corpus"})
    if (std::filesystem::is_directory(path / "rules", error)) return path.string();
  return {};
}

std::vector<std::string> ownCorpus() {
  std::vector<std::string> paths;
  if (const std::string own = corpusFolder(); !own.empty())
    for (const char* part : {"/rules", "/regressions", "/paths"})
      if (std::filesystem::is_directory(own + part)) paths.push_back(own + part);
  return paths;
}

std::vector<trace::Trace> corpusFor(const trace::RuleSet& rules,
                                    const std::vector<std::string>& paths) {
  const std::string_view near = trace::standIn(rules).recorded->name;
  std::vector<trace::Trace> traces;
  for (const std::string& file : traceFiles(paths))
    for (trace::Trace& trace : readTraces(file)) {
      const std::vector<std::string> sets = harness::metadata(trace).sets;
      const auto has = [&](std::string_view name) {
        return std::count(sets.begin(), sets.end(), name) != 0;
      };
      if (sets.empty() || has(rules.name) || has(near)) traces.push_back(std::move(trace));
    }
  return traces;
}

} // namespace growsdown::tools
