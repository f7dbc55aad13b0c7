// The one writer of SARIF 2.1.0, the form in which code hosts show the results of checkers.
#pragma once

#include <string>
#include <vector>

namespace growsdown::tools {

/// A difference or an error.
struct SarifResult {
  std::string rule;    ///< the id of the rule that decided; empty: none did
  std::string message; ///< what differs
  std::string file;    ///< with a trace that shows it; may be empty
  unsigned line = 0;   ///< in `file`; 0: the whole file
  std::string known;   ///< the reason why it is accepted; empty: it is not
};

/// The document. Every rule that a result names is described, with its id, title and text.
std::string sarif(const std::vector<SarifResult>& results);

} // namespace growsdown::tools
