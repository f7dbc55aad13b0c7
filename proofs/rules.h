// The rules that theorems run, over both domains. They are compiled once, in rules_symbolic.cpp and
// rules_concrete.cpp, not in the file of each theorem. A rule which is missing here compiles too,
// more slowly.
#pragma once

#include "model/step.h"
#include "proofs/area_list.h"

// Explicit instantiations over the domain D; `kind` is `template` or `extern template`.
#define GROWSDOWN_RULES(kind, D)                                                                   \
  kind StepResult<D> perform<D>(Space<D>&, const Call<D>&);                                        \
  kind Placed<D> mmap<D>(Space<D>&, D::Word, D::Word, std::uint32_t, std::uint32_t);               \
  kind Errno munmap<D>(Space<D>&, const D::Word&, const D::Word&);                                 \
  kind Errno mprotect<D>(Space<D>&, D::Word, const D::Word&, std::uint32_t, bool);                 \
  kind Errno mlock<D>(Space<D>&, const D::Word&, const D::Word&);                                  \
  kind Errno munlock<D>(Space<D>&, const D::Word&, const D::Word&);                                \
  kind Errno dontneed<D>(Space<D>&, D::Word, const D::Word&);                                      \
  kind Placed<D> mremap<D>(Space<D>&, const D::Word&, D::Word, D::Word, std::uint32_t,             \
                           const D::Word&);                                                        \
  kind void fork<D>(Space<D>&);                                                                    \
  kind Verdict performAccess<D>(Space<D>&, const D::Word&, Access, bool);                          \
  kind Verdict pageFault<D>(Space<D>&, const D::Word&, Access, bool);                              \
  kind bool getUserPage<D>(Space<D>&, const D::Word&, Access);                                     \
  kind Fault handleMmFault<D>(Space<D>&, Position<D>, const D::Word&, bool);                       \
  kind bool permitted<D>(Space<D>&, Entry<D>&, Access, bool);                                      \
  kind void settle<D>(const Space<D>&, Entry<D>&, const D::Flags&);                                \
  kind Errno expandStack<D>(Space<D>&, Position<D>, const D::Word&);                               \
  kind bool guardStep<D>(Space<D>&, Position<D>, const D::Word&);                                  \
  kind Errno mapRegion<D>(Space<D>&, const D::Word&, const D::Word&, std::uint32_t);               \
  kind void insertArea<D>(Space<D>&, const Vma<D>&, bool);                                         \
  kind bool hintFits<D>(Space<D>&, const D::Word&, const D::Word&, std::uint64_t);                 \
  kind std::optional<D::Word> highestBelow<D>(Space<D>&, Position<D>, const D::Word&,              \
                                              const D::Word&, std::uint64_t);                      \
  kind std::optional<D::Word> lowestBelow<D>(const Space<D>&, Position<D>, const D::Word&,         \
                                             const D::Word&, std::uint64_t);                       \
  kind Errno modifyFlags<D>(Space<D>&, Position<D>, const D::Word&, const D::Word&,                \
                            const D::Flags&, Position<D>&);                                        \
  kind void changeProtection<D>(Space<D>&, const D::Word&, const D::Word&, const D::Flags&);       \
  kind Errno protectRange<D>(Space<D>&, Position<D>, const D::Word&, const D::Word&,               \
                             std::uint32_t, Position<D>&);                                         \
  kind Errno lockRange<D>(Space<D>&, Position<D>, const D::Word&, const D::Word&, bool,            \
                          Position<D>&);                                                           \
  kind Errno moveToFree<D>(Space<D>&, const D::Word&, const D::Word&, const D::Word&,              \
                           const D::Word&);                                                        \
  kind void makeTable<D>(Space<D>&, unsigned, const D::Word&);                                     \
  kind void makeTables<D>(Space<D>&, const D::Word&, bool);                                        \
  kind Counters<D> countRange<D>(const Space<D>&, const D::Word&, const D::Word&);

namespace growsdown::model {
GROWSDOWN_RULES(extern template, proofs::Symbolic)
GROWSDOWN_RULES(extern template, Concrete)
} // namespace growsdown::model
