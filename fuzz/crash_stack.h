// The stack of a reported difference. Fuzzing services take two crashes with the same upper frames
// for one bug, so different differences need different frames.
#pragma once

#include "harness/shrink.h"

namespace growsdown::fuzz {

/// The functions that are on the stack when a difference ends the program, from the top: one per
/// compared field, one per operation, one per deciding rule.
struct CrashStack {
  using Frame = void (*)(const CrashStack&);
  Frame field;
  Frame op;
  Frame rule;
  void (*end)(); ///< what the top frame calls

  explicit CrashStack(const harness::Signature& signature);
  /// Calls `end` below these frames.
  void run() const { rule(*this); }
};

} // namespace growsdown::fuzz
