// The states that a trace expects, in full.
#pragma once

#include "trace/trace.h"

namespace growsdown::systems {

/// Expands the state lines of a trace, such as `= same`, to the full state after each step.
class States {
 public:
  States() { last_.hasMap = last_.hasPages = true; } // empty windows

  trace::Observation next(const trace::Record& record) {
    forked_ |= record.step.op == trace::Op::fork;
    elsewhere_ |= record.expected.kind == trace::Outcome::Kind::okElsewhere;
    trace::Observation shown = record.state;
    if (shown.hasMap || shown.hasPages) {
      last_ = shown;
    } else if (shown.same) {
      shown.map = last_.map;
      shown.pages = last_.pages;
      shown.hasMap = last_.hasMap;
      shown.hasPages = last_.hasPages;
    }
    shown.same = false;
    if (forked_ || elsewhere_) shown.pages.hasTables = false;
    return shown;
  }

 private:
  trace::Observation last_;
  bool forked_ = false;
  bool elsewhere_ = false;
};

} // namespace growsdown::systems
