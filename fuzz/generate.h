// Single steps and parameters, drawn for a state.
#pragma once

#include "fuzz/addresses.h"

#include <cstdint>
#include <vector>

namespace growsdown::fuzz {

/// One step that makes sense in that state.
trace::Step randomStep(Random& random, const Swarm& swarm, const View& view);

/// A `limit` step that sets one of the limits to what is in use, or near it.
trace::Step bindingLimit(Random& random, const View& view);

/// Rights (prot::*), mostly those that programs use.
std::uint8_t someProt(Random& random);

/// `count` mappings of a page or two in one part of the address space, so that few of them merge: an
/// address space with many areas. They come in ascending, descending or any order.
std::vector<trace::Step> crowd(Random& random, Word page, unsigned count);

/// Parameters worth trying: page size, address width, least addresses and map count. The memory of
/// the machine is small, so that a step which fills an area ends a trace and not the campaign.
trace::With randomWith(Random& random, const trace::RuleSet& rules);

} // namespace growsdown::fuzz
