#include "proofs/rules.h"

namespace growsdown::model {
GROWSDOWN_RULES(template, Concrete)
} // namespace growsdown::model
