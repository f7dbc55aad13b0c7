#include "proofs/theorems/tables.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

#include <algorithm>

namespace growsdown::proofs {
namespace {

/// Every shape that a kernel of some rule set has.
std::vector<trace::Geometry> allShapes() {
  std::vector<trace::Geometry> shapes;
  for (const trace::RuleSet& rules : trace::ruleSets())
    for (const std::uint64_t page : {4096, 16384, 65536})
      for (unsigned vaBits = 36; vaBits <= 56; ++vaBits) {
        trace::With with;
        with.page = page;
        with.vaBits = vaBits;
        std::string ignored;
        const auto p = trace::makeParameters(rules, with, ignored);
        if (!p) continue;
        const trace::Geometry& g = p->geometry;
        if (std::none_of(shapes.begin(), shapes.end(), [&](const trace::Geometry& known) {
              return known.indexBits == g.indexBits && known.pageShift == g.pageShift;
            }))
          shapes.push_back(g);
      }
  return shapes;
}

/// Machine words cannot follow unknown memory: there are no witnesses to replay.
template <class Text>
Exploration exploreTree(const Question& question, const Budget& budget, const Accept& accept) {
  const std::vector<trace::Geometry> shapes = allShapes();
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        Run<Symbolic> run(e);
        const trace::Geometry& shape =
            shapes[e.choose("shape", static_cast<unsigned>(shapes.size()))];
        TreeMemory memory(e, shape, question.bug.empty() ? question.wrongEncoding : question.bug);
        Text::prove(run, memory);
      },
      {}, accept);
}

} // namespace

Theorem tablesMap() {
  Theorem t;
  t.name = "tables-map";
  t.statement = "The reference's page tables are a map from pages to descriptors: find, make, "
                "makeUpper and set change what they should, at every other address nothing; what "
                "was found last is remembered rightly; entries and tables are counted.";
  t.sizes = "trees of 2 to 5 levels with any content, in every shape (page size, address bits) "
            "that a rule set has; "
            "64-bit addresses and descriptors";
  t.assumptions = "the tree is sound; a table that is handed out is free and all zero";
  // It does not depend on a rule set: proved once, for the shapes of all.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "wrong-slot"}, {"encoding", "lost-write"}};
  t.budget = budgets::tablesMap;
  t.explore = exploreTree<TablesMap>;
  return t;
}

} // namespace growsdown::proofs
