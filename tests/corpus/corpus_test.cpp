// The corpus as data: its text, the comment lines of its files, and which rules it reaches.
#include "harness/coverage.h"
#include "harness/metadata.h"
#include "model/process.h"
#include "model/rule.h"
#include "trace/ruleset.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown {
namespace {

struct File {
  std::string name, text;
  std::vector<trace::Trace> traces;
};

std::vector<File> load(std::string_view folder) {
  std::vector<File> files;
  const auto root = std::filesystem::path(GROWSDOWN_CORPUS) / folder;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().extension() != ".trace") continue;
    File file;
    file.name = std::string(folder) + "/" + entry.path().filename().string();
    std::ifstream in(entry.path(), std::ios::binary);
    file.text.assign(std::istreambuf_iterator<char>(in), {});
    trace::ParseResult result = trace::parse(file.text, file.name);
    if (result.error)
      ADD_FAILURE() << result.error->text();
    else
      file.traces = std::move(result.traces);
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  EXPECT_FALSE(files.empty()) << "no traces in " << root;
  return files;
}

std::vector<File> all() {
  std::vector<File> files = load("rules");
  for (File& file : load("regressions"))
    files.push_back(std::move(file));
  return files;
}

/// The rules that the traces of a file reach in the model, each under the rule sets that it names.
std::set<std::string> reached(const File& file) {
  model::Process process;
  for (const trace::Trace& trace : file.traces) {
    for (const std::string& set : harness::metadata(trace).sets) {
      std::string error;
      const auto parameters = trace::makeParameters(*trace::findRuleSet(set), trace.with, error);
      if (!parameters) {
        ADD_FAILURE() << file.name << ":" << trace.line << ": " << error;
        continue;
      }
      process.start(*parameters, trace.initial ? &*trace.initial : nullptr);
      for (const trace::Record& record : trace.records)
        process.apply(record.step);
    }
  }
  std::set<std::string> ids;
  for (const model::RuleInfo& rule : model::rules())
    if (process.hits()[static_cast<std::size_t>(rule.rule)] != 0) ids.emplace(rule.id);
  return ids;
}

TEST(Corpus, IsCanonicalText) {
  for (const File& file : all()) {
    std::string printed;
    for (const trace::Trace& trace : file.traces)
      printed += trace::print(trace);
    EXPECT_EQ(printed, file.text) << file.name;
  }
}

TEST(Corpus, SaysWhatItIs) {
  for (const File& file : all()) {
    for (const trace::Trace& trace : file.traces) {
      const harness::Metadata data = harness::metadata(trace);
      const std::string where = file.name + ":" + std::to_string(trace.line);
      EXPECT_EQ(data.error, "") << where;
      EXPECT_FALSE(data.title.empty()) << where << ": no `# title:`";
      EXPECT_FALSE(data.sets.empty()) << where << ": no `# sets:`";
      EXPECT_FALSE(data.rules.empty()) << where << ": no `# rules:`";
      for (const std::string& id : data.rules)
        EXPECT_NE(model::findRule(id), nullptr) << where << ": no rule has the id " << id;
    }
  }
}

TEST(Corpus, ExpectsSomethingOfEveryStep) {
  for (const File& file : all())
    for (const trace::Trace& trace : file.traces)
      for (const trace::Record& record : trace.records)
        EXPECT_NE(record.expected.kind, trace::Outcome::Kind::unspecified)
            << file.name << ":" << record.line << ": no outcome is expected";
}

TEST(Corpus, ReachesTheRulesThatItNames) {
  for (const File& file : all()) {
    const std::set<std::string> ids = reached(file);
    std::set<std::string> named;
    for (const trace::Trace& trace : file.traces)
      for (const std::string& id : harness::metadata(trace).rules)
        named.insert(id);
    for (const std::string& id : named)
      EXPECT_TRUE(ids.count(id)) << file.name << " names " << id << " and never comes there";
  }
}

TEST(Corpus, NameOfARecordingSaysTheRuleSet) {
  const auto named = [](std::string_view path) {
    std::string error;
    const std::string name = harness::ruleSetOfName(path, error);
    return error.empty() ? name : "error: " + error;
  };
  EXPECT_EQ(named("corpus/observed/linux-4.3-arm64.trace.xz"), "linux-4.3-arm64");
  EXPECT_EQ(named("linux-4.3-arm64@64k.trace"), "linux-4.3-arm64");
  EXPECT_EQ(named("linux-5.4-amd64@a@b.trace"), "linux-5.4-amd64");
  // names no rule set
  EXPECT_EQ(named("-"), "");
  EXPECT_EQ(named("linux-4.3-arm64/stack.trace"), "");
  EXPECT_EQ(named("linux-fee7e49d4514-guard.trace"), "");
  EXPECT_EQ(named("linux-4-guard.trace"), "");
  // names a rule set that does not exist
  for (const char* path :
       {"linux-9.9-arm64.trace", "linux-4.3-vax@x.trace", "host@x.trace", "@.xz"})
    EXPECT_EQ(named(path).substr(0, 6), "error:") << path;
}

TEST(Corpus, ReachesEveryRule) {
  std::set<std::string> ids;
  for (const File& file : all())
    ids.merge(reached(file));
  for (const model::RuleInfo& rule : model::rules()) {
    const std::string id(rule.id);
    if (harness::exceptionFor(rule.rule, harness::Means::corpus) != nullptr)
      EXPECT_FALSE(ids.count(id)) << id << " is reached now: no exception any more";
    else
      EXPECT_TRUE(ids.count(id)) << id << " is reached by no trace of rules/ and regressions/";
  }
}

} // namespace
} // namespace growsdown
