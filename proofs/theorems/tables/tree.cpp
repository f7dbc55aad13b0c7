#include "proofs/theorems/tables/tree.h"

namespace growsdown::proofs {

bool hasTreeShapes(const trace::RuleSet& rules) {
  return rules.name == trace::defaultRuleSet || rules.name == "linux-7.2-arm64" ||
         rules.name == "linux-7.2-amd64";
}

namespace {

// The newest kernels have all shapes. Of the oldest, those with pages of 4 KiB are enough.
std::vector<trace::Geometry> shapesOf(const trace::RuleSet& rules) {
  std::vector<trace::Geometry> shapes;
  for (const std::uint64_t page : {4096, 16384, 65536})
    for (unsigned vaBits = 36; vaBits <= 56; ++vaBits) {
      if (rules.name == trace::defaultRuleSet && page != 4096) continue;
      trace::With with;
      with.page = page;
      with.vaBits = vaBits;
      std::string ignored;
      if (const auto p = trace::makeParameters(rules, with, ignored)) shapes.push_back(p->geometry);
    }
  return shapes;
}

} // namespace

Exploration exploreTrees(void (*prove)(Run<Symbolic>&, TreeMemory&), const Question& question,
                         const Budget& budget, const Accept& accept) {
  const std::vector<trace::Geometry> shapes = shapesOf(*question.demanded);
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        e.summarised();
        Run<Symbolic> run(e);
        const trace::Geometry& shape =
            shapes[e.choose("shape", static_cast<unsigned>(shapes.size()))];
        TreeMemory memory(e, shape, question.wrongEncoding);
        prove(run, memory);
      },
      {}, accept);
}

Exploration exploreContents(void (*prove)(Run<Symbolic>&, const Question&),
                            const Question& question, const Budget& budget, const Accept& accept) {
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        e.summarised();
        Run<Symbolic> run(e);
        prove(run, question);
      },
      {}, accept);
}

} // namespace growsdown::proofs
