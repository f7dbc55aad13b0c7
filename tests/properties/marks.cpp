#include "tests/properties/marks.h"

#include "harness/builtin_systems.h"
#include "harness/coverage.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace growsdown::properties {
namespace {

class Marks final : public testing::Environment {
 public:
  void add(const harness::System& model) {
    const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
    const std::string name = std::string(test->test_suite_name()) + "." + test->name();
    for (std::size_t i = 0; i < model.ruleHits().size(); ++i)
      if (model.ruleHits()[i] != 0)
        coverage_.add(model::findRule(model.ruleId(i))->rule, harness::Means::property, name,
                      model.ruleHits()[i]);
  }
  void TearDown() override {
    const char* const file = std::getenv("GROWSDOWN_MARKS");
    if (file == nullptr) return;
    std::ofstream out(file, std::ios::binary);
    out << coverage_.print();
    if (!out.flush()) ADD_FAILURE() << file << " cannot be written";
  }

 private:
  harness::Coverage coverage_;
};

Marks* const marks = new Marks;
[[maybe_unused]] testing::Environment* const registered = testing::AddGlobalTestEnvironment(marks);

} // namespace

std::unique_ptr<harness::System, void (*)(harness::System*)> judgedModel() {
  return {harness::makeModel().release(), [](harness::System* model) {
            marks->add(*model);
            delete model;
          }};
}

} // namespace growsdown::properties
