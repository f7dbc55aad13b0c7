// A shared library with the C interface of include/growsdown/system.h, loaded into this process. A
// crash of the library ends the process, so `--on plugin:LIBRARY` uses another one (plugin_main.cpp).
#pragma once

#include "harness/system.h"
#include "include/growsdown/system.h"

#include <memory>
#include <string>

namespace growsdown::systems {

/// The library is never unloaded. Throws std::runtime_error if it cannot be used, and
/// harness::Misbehaved if an answer has no meaning.
class Plugin final : public harness::System {
 public:
  explicit Plugin(const std::string& path);
  /// A table of this process, which must outlive the object. `path` is its name in messages.
  Plugin(const growsdown_system* table, const std::string& path);
  ~Plugin() override;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  std::string_view name() const override { return table_->name; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override;
  trace::Outcome apply(const trace::Step& step) override;
  void snapshot(trace::State& out) const override;
  harness::Fields shows() const override;
  std::string_view rules() const override { return table_->rules ? table_->rules : ""; }
  std::string_view reason() const override { return reason_; }
  std::uint32_t does() const override;

 private:
  void end();

  const growsdown_system* table_ = nullptr;
  void* space_ = nullptr;
  std::uint64_t page_ = 4096;
  std::string reason_;
};

} // namespace growsdown::systems
