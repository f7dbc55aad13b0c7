// The rules that theorems run, over both domains. They are compiled once, in rules_symbolic.cpp and
// rules_concrete.cpp, not in the file of each theorem. A rule which is missing here compiles too,
// more slowly.
#pragma once

#include "model/step.h"
#include "proofs/area_list.h"

// Explicit instantiations over the domain D; `kind` is `template` or `extern template`.
#define GROWSDOWN_RULES(kind, D)                                                                   \
  kind StepResult<D> perform<D>(LoggedSpace<D>&, const Call<D>&);                                  \
  kind Placed<D> mmap<D>(LoggedSpace<D>&, D::Word, D::Word, std::uint32_t, std::uint32_t);         \
  kind Errno munmap<D>(LoggedSpace<D>&, const D::Word&, const D::Word&);                           \
  kind Errno mprotect<D>(LoggedSpace<D>&, D::Word, const D::Word&, std::uint32_t, bool);           \
  kind Errno mlock<D>(LoggedSpace<D>&, const D::Word&, const D::Word&);                            \
  kind Errno munlock<D>(LoggedSpace<D>&, const D::Word&, const D::Word&);                          \
  kind Errno dontneed<D>(LoggedSpace<D>&, D::Word, const D::Word&);                                \
  kind Placed<D> mremap<D>(LoggedSpace<D>&, const D::Word&, D::Word, D::Word, std::uint32_t,       \
                           const D::Word&);                                                        \
  kind void fork<D>(LoggedSpace<D>&);                                                              \
  kind Residency<D> mincore<D>(LoggedSpace<D>&, const D::Word&, const D::Word&);                   \
  kind AccessResult performAccess<D>(LoggedSpace<D>&, const D::Word&, Access, bool);               \
  kind AccessResult pageFault<D>(LoggedSpace<D>&, const D::Word&, Access, bool);                   \
  kind bool getUserPage<D>(LoggedSpace<D>&, const D::Word&, Access);                               \
  kind Fault handleMmFault<D>(LoggedSpace<D>&, Position<D>, const D::Word&, bool);                 \
  kind bool permitted<D>(LoggedSpace<D>&, Entry<D>&, Access, bool);                                \
  kind void settle<D>(const Space<D>&, Entry<D>&, const D::Flags&);                                \
  kind Errno expandStack<D>(LoggedSpace<D>&, Position<D>, const D::Word&);                         \
  kind bool guardStep<D>(LoggedSpace<D>&, Position<D>, const D::Word&);                            \
  kind Errno mapRegion<D>(LoggedSpace<D>&, const D::Word&, const D::Word&, std::uint32_t);         \
  kind void insertArea<D>(LoggedSpace<D>&, const Vma<D>&, bool);                                   \
  kind bool hintFits<D>(LoggedSpace<D>&, const D::Word&, const D::Word&, std::uint64_t);           \
  kind std::optional<D::Word> highestBelow<D>(LoggedSpace<D>&, Position<D>, const D::Word&,        \
                                              const D::Word&, const D::Word&);                     \
  kind std::optional<D::Word> lowestBelow<D>(const Space<D>&, Position<D>, const D::Word&,         \
                                             const D::Word&, std::uint64_t);                       \
  kind Errno modifyFlags<D>(LoggedSpace<D>&, Position<D>, const D::Word&, const D::Word&,          \
                            const D::Flags&, Position<D>&);                                        \
  kind void changeProtection<D>(Space<D>&, const D::Word&, const D::Word&, const D::Flags&);       \
  kind Errno protectRange<D>(LoggedSpace<D>&, Position<D>, const D::Word&, const D::Word&,         \
                             std::uint32_t, Position<D>&);                                         \
  kind Errno lockRange<D>(LoggedSpace<D>&, Position<D>, const D::Word&, const D::Word&, bool,      \
                          Position<D>&);                                                           \
  kind Errno moveToFree<D>(LoggedSpace<D>&, const D::Word&, const D::Word&, const D::Word&,        \
                           const D::Word&);                                                        \
  kind void makeTable<D>(LoggedSpace<D>&, unsigned, const D::Word&);                               \
  kind void makeTables<D>(LoggedSpace<D>&, const D::Word&, bool);                                  \
  kind Counters<D> countRange<D>(const Space<D>&, const D::Word&, const D::Word&);

namespace growsdown::model {
GROWSDOWN_RULES(extern template, proofs::Symbolic)
GROWSDOWN_RULES(extern template, Concrete)
} // namespace growsdown::model
