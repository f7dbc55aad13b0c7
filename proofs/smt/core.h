// A Z3 context, for the files of this folder: only they see Z3's headers.
#pragma once

#include "proofs/smt/smt.h"

#include <z3.h>

#include <memory>
#include <string>

namespace growsdown::proofs::smt {

/// The only code that treats the node of a term as a Z3_ast.
struct Core : std::enable_shared_from_this<Core> {
  Z3_context z3;
  Asking asking;

  explicit Core(const Asking& how = {}) : asking(how) {
    const Z3_config config = Z3_mk_config();
    z3 = Z3_mk_context_rc(config);
    Z3_del_config(config);
    if (z3 == nullptr) throw Error("Z3 gave no context");
    Z3_set_error_handler(z3, nullptr); // instead of exit(): every call is followed by verify()
    Z3_set_ast_print_mode(z3, Z3_PRINT_SMTLIB2_COMPLIANT);
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() { Z3_del_context(z3); }

  void verify() const {
    const Z3_error_code code = Z3_get_error_code(z3);
    if (code != Z3_OK) throw Error(std::string("Z3: ") + Z3_get_error_msg(z3, code));
  }
  Term wrap(Z3_ast ast) {
    verify();
    if (ast == nullptr) throw Error("Z3 gave no term");
    return Term(shared_from_this(), ast);
  }
  Z3_symbol symbol(const std::string& text) const { return Z3_mk_string_symbol(z3, text.c_str()); }

  Z3_sort sortOf(Sort sort, unsigned width) const {
    switch (sort) {
    case Sort::boolean:
      return Z3_mk_bool_sort(z3);
    case Sort::integer:
      return Z3_mk_int_sort(z3);
    case Sort::bits:
      return Z3_mk_bv_sort(z3, width);
    case Sort::other:
      break;
    }
    throw Error("no unknown of that sort");
  }

  static Z3_ast raw(const Term& t) {
    if (t.empty()) throw Error("an empty term was used");
    return static_cast<Z3_ast>(t.node_);
  }
  static const std::shared_ptr<Core>& of(const Term& t) {
    if (t.empty()) throw Error("an empty term was used");
    return t.core_;
  }
  static const std::shared_ptr<Core>& of(const Context& c) { return c.core_; }
  static Core& both(const Term& a, const Term& b) {
    if (of(a) != of(b)) throw Error("terms of two contexts were mixed");
    return *a.core_;
  }
};

// The term that `make` builds of the operands.
template <class F>
Term unary(const Term& a, F make) {
  Core& core = *Core::of(a);
  return core.wrap(make(core.z3, Core::raw(a)));
}
template <class F>
Term binary(const Term& a, const Term& b, F make) {
  Core& core = Core::both(a, b);
  return core.wrap(make(core.z3, Core::raw(a), Core::raw(b)));
}
template <class F>
Term nary(const Term& a, const Term& b, F make) {
  Core& core = Core::both(a, b);
  const Z3_ast both[] = {Core::raw(a), Core::raw(b)};
  return core.wrap(make(core.z3, 2, both));
}

} // namespace growsdown::proofs::smt
