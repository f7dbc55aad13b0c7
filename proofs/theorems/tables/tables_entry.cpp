// A descriptor keeps the number of its page table.
#include "proofs/budgets.h"
#include "proofs/descriptor_word.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/tables/tree.h"
#include "reference/physical_memory.h"

namespace growsdown::proofs {
namespace {

void proveEntry(Run<Symbolic>& run, const Question& question) {
  constexpr std::uint32_t tables = std::uint32_t{1} << 30;
  const unsigned pageShift = 12 + 2 * run.choose("page", 3);
  const SymDescriptor table(smt::zeroExtend(
      run.flags("table", question.wrongEncoding == "wide" ? ~std::uint32_t{0} : tables - 1)
          .term(Explorer::current().context()),
      32));
  const SymDescriptor entry = reference::PhysicalMemory::entryFor(table, pageShift);
  run.require("the entry leads to the table",
              reference::PhysicalMemory::tableFor(entry, pageShift) == table);
  run.require("it is a table descriptor", (entry & SymDescriptor(3)) == SymDescriptor(3));
}

} // namespace

Theorem tablesEntry() {
  Theorem t;
  t.name = "tables-entry";
  t.claims = {"`tableAt` of `entryOf` returns the table. The entry is a valid table descriptor, "
              "and not empty."};
  t.sizes = "all tables of the zone (numbers below 2^30); pages of 4, 16 and 64 KiB";
  t.assumptions = {};
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "wide"}};
  t.budget = budgets::tablesEntry;
  t.explore = exploreUnknown<proveEntry>;
  return t;
}

} // namespace growsdown::proofs
