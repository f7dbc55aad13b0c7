// The theorems, one function each.
#pragma once

#include "proofs/theorems/theorem.h"

namespace growsdown::proofs {

// areas/
Theorem changeExact();
Theorem forkKeeps();
Theorem mapExact();
Theorem placeFree();
Theorem placeSearch();
Theorem remapGrows();
Theorem remapMoves();
Theorem remapWhole();
Theorem unmapExact();
Theorem walkExact();

// entries/
Theorem anonAdopted();
Theorem entriesFault();
Theorem entriesFork();
Theorem entriesMap();
Theorem entriesMove();
Theorem entriesProtect();
Theorem entriesUnmap();
Theorem entryRights();
Theorem faultKeeps();

// growth/
Theorem growthEqual();
Theorem growthSafe();
Theorem guardPageFault();

// lemmas/
Theorem indexSearch();
Theorem listInOrder();
Theorem operatorsExact();

// step/
Theorem stepAddress();

// tables/
Theorem tablesCounts();
Theorem tablesEntry();
Theorem tablesFreed();
Theorem tablesMap();
Theorem tablesNeeded();
Theorem tablesSound();
Theorem tablesStock();
Theorem tablesWalk();

// versions/
std::vector<Theorem> versions(); ///< one for each operation

} // namespace growsdown::proofs
