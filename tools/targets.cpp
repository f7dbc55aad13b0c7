#include "tools/targets.h"

#include "fuzz/findings.h"
#include "fuzz/parse_check.h"
#include "harness/builtin_systems.h"
#include "harness/shrink.h"
#include "systems/decode_check.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <filesystem>

namespace growsdown::tools {
namespace {

std::vector<std::string> words() {
  std::vector<std::string> out{"growsdown-trace 1\n",
                               "\n",
                               " -> ok ",
                               " -> SIGSEGV/MAPERR\n",
                               "= map ",
                               "= pages ",
                               "= faults ",
                               "init ",
                               "init area ",
                               "init page ",
                               "init counters ",
                               "with ",
                               "# sets: ",
                               "fixed,",
                               "growsdown",
                               "rw",
                               "0x1000400000",
                               "0x10003ff000",
                               "unknown ",
                               "shows ",
                               "does ",
                               "hard ",
                               "begins ",
                               "name ",
                               "rules ",
                               "."};
  for (const trace::OpField& field : trace::opFields)
    out.push_back(std::string(field.name) + " ");
  for (const trace::WithField& field : trace::withFields)
    out.push_back(std::string(field.name) + " ");
  for (const trace::CounterField& field : trace::counterFields)
    out.push_back(std::string(field.name) + " ");
  return out;
}

std::vector<std::string> parserSeeds() {
  const trace::ParseResult parsed = trace::parse("growsdown-trace 1\n"
                                                 "with min-addr 4096\n"
                                                 "mmap 0x1000400000 0x4000 rw fixed,growsdown\n"
                                                 "touch 0x1000400000 w\n"
                                                 "fork\n"
                                                 "mincore 0x1000400000 0x4000\n"
                                                 "touch 0x10003ff000 w\n",
                                                 "seed");
  std::vector<std::string> seeds;
  for (const trace::Trace& trace : parsed.traces) {
    std::string error;
    const trace::RuleSet& rules = *trace::findRuleSet(trace::defaultRuleSet);
    const auto parameters = trace::makeParameters(rules, trace.with, error);
    if (!parameters) continue;
    const auto model = harness::makeModel();
    seeds.push_back(trace::print(harness::annotate(*model, *parameters, trace)));
    trace::State state;
    model->snapshot(state);
    trace::Trace initial = trace;
    initial.initial = state;
    seeds.push_back(trace::print(initial));
  }
  return seeds;
}

} // namespace

std::shared_ptr<const fuzz::InputTarget> inputTarget(std::string_view name) {
  auto target = std::make_shared<fuzz::InputTarget>();
  target->name = name;
  if (name == "parser") {
    target->run = [](std::string_view input, std::vector<std::uint64_t>& reached) {
      return fuzz::checkParse(input, &reached);
    };
    target->seeds = parserSeeds();
    target->words = words();
  } else if (name == "protocol") {
    target->run = systems::checkProtocol;
    target->seeds = systems::protocolSeeds();
    target->words = words();
  } else if (name == "plugin") {
    target->run = systems::checkPluginAnswers;
    target->seeds = systems::pluginSeeds();
  } else {
    return nullptr;
  }
  return target;
}

std::vector<std::string> inputTargetNames() {
  return {"parser", "protocol", "plugin"};
}

std::string targetOfFile(const std::string& path) {
  if (!path.ends_with(".input")) return {};
  const std::string name = std::filesystem::path(path).filename().string();
  for (const std::string& target : inputTargetNames())
    if (fuzz::signatureOf(name).starts_with(target + "-")) return target;
  return {};
}

} // namespace growsdown::tools
