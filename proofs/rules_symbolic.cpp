#include "proofs/rules.h"

namespace growsdown::model {
GROWSDOWN_RULES(template, proofs::Symbolic)
} // namespace growsdown::model
