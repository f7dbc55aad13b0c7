// The theorems, one function each; read the text of one in the header of its name.
#pragma once

#include "proofs/theorems/theorem.h"

namespace growsdown::proofs {

Theorem stepAddress();    // step_address.h
Theorem growthSafe();     // growth.h
Theorem guardPageFault(); // guardpage.h
Theorem faultKeeps();     // fault.h
Theorem changeExact();    // change.h
Theorem unmapExact();     // unmap.h
Theorem mapExact();       // map.h
Theorem walkExact();      // walk.h
Theorem forkKeeps();      // fork.h
Theorem remapGrows();     // remap.h
Theorem remapMoves();     // move.h
Theorem remapWhole();     // remap_whole.h
Theorem placeFree();      // place.h
Theorem placeSearch();    // place.h
Theorem listInOrder();    // list.cpp
Theorem growthEqual();    // equal.h
Theorem indexSearch();    // index.cpp
Theorem entryRights();    // rights.cpp
Theorem entriesUnmap();   // entries_unmap.h
Theorem entriesProtect(); // entries_protect.h
Theorem entriesFork();    // entries_fork.h
Theorem entriesFault();   // entries_fault.h
Theorem entriesMove();    // entries_move.h
Theorem entriesMap();     // entries_map.h
Theorem operatorsExact(); // operators.cpp
Theorem tablesMap();      // tables.h
Theorem tablesCounts();   // tables.h
Theorem tablesSound();    // tables.h
Theorem tablesFreed();    // tables.h
Theorem tablesWalk();     // tables.h
Theorem tablesStock();    // tables.h
Theorem tablesEntry();    // tables.h
Theorem tablesNeeded();   // needed.h
Theorem anonAdopted();    // needed.h

std::vector<Theorem> versions(); // versions.h, one an operation

} // namespace growsdown::proofs
