// The memory code of a kernel tree, which runs in a process of its own: the shim that
// systems/kernel-tree/build makes of the tree. Whole traces go to it through shared memory.
#pragma once

#include "harness/system.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct kt_memory;

namespace growsdown::systems {

/// How a shim is built.
struct TreeBuild {
  bool sanitize = false; ///< ASan, UBSan and the kernel's own validators after each step
  bool edges = false;    ///< counts the edges of the kernel's code
  bool coverage = false; ///< writes the lines and branches reached, for gcov
};

/// A kernel tree, and the program that runs its memory code.
struct BuiltTree {
  std::string shim;    ///< path of the program
  std::string version; ///< of the tree's Makefile: `7.2.12`
  std::string rules;   ///< the rule set for it; empty: no rule set
  std::string whyNot;  ///< why there is no rule set
  double seconds = 0;  ///< that the build took; 0: the program was up to date
};

/// Builds the shim for the tree in a folder of `cache`, unless it is up to date. An empty `cache` is
/// $XDG_CACHE_HOME/growsdown or ~/.cache/growsdown. Throws harness::CannotSay with the reason if the
/// tree does not fit or something is missing on this machine.
BuiltTree buildTree(const std::string& tree, const TreeBuild& how, const std::string& cache = {});

/// The constructor starts the process. It is started again for the next trace after it crashed or
/// hung. After three traces in which it hung, `start` throws CannotSay.
class KernelTree final : public harness::System {
 public:
  KernelTree(BuiltTree built, TreeBuild how, std::string shown);
  ~KernelTree() override;
  KernelTree(const KernelTree&) = delete;
  KernelTree& operator=(const KernelTree&) = delete;

  std::string_view name() const override { return shown_; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override;
  void ahead(std::span<const trace::Record> records) override;
  bool worksAhead() const override { return true; }
  bool repeats() const override { return true; }
  trace::Outcome apply(const trace::Step& step) override;
  void snapshot(trace::State& out) const override;
  harness::Fields shows() const override;
  std::uint32_t does() const override;
  std::string_view rules() const override;
  std::string_view reason() const override { return reason_; }

  const BuiltTree& built() const { return built_; }
  bool reachedNewCode() override;

 private:
  void launch();
  void stop();
  void run();
  [[noreturn]] void died(int status);
  void lost(std::string what);
  bool chosen(const trace::Step& step, std::uint64_t address) const;
  trace::Outcome outcome(const trace::Step& step, std::size_t at);

  const BuiltTree built_;
  const TreeBuild how_;
  const std::string shown_;
  std::string reason_;
  int file_ = -1;
  int process_ = -1;
  kt_memory* memory_ = nullptr;
  std::uint32_t requests_ = 0;

  std::vector<trace::Step> steps_; ///< of the trace: those that were applied, then those announced
  std::size_t applied_ = 0;        ///< steps
  std::size_t ran_ = 0;            ///< steps that have a result
  bool announced_ = false;         ///< steps_ belongs to the next start
  unsigned hangs_ = 0;             ///< since the construction
  std::string misbehaved_;         ///< at the step `ran_`; empty: it did not
  trace::Windows windows_ = trace::windows;
  std::uint64_t effectiveMinAddr_ = 0;
  std::vector<std::uint8_t> edges_; ///< that earlier processes reached
  std::uint32_t edgeCount_ = 0;
};

} // namespace growsdown::systems
