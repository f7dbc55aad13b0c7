#include "proofs/path_shapes.h"

#include <algorithm>

namespace growsdown::proofs {

const std::vector<Shape>& allShapes() {
  using K = Shape::Kind;
  using P = Shape::Page;
  static const std::vector<Shape> all = {
      {{}},
      {{K::plain}},
      {{K::plain}, P::zero},
      {{K::own}},
      {{K::own}, P::zero},
      {{K::own}, P::clean},
      {{K::own}, P::writable},
      {{K::forked}},
      {{K::forked}, P::inherited},
      {{K::shared}},
      {{K::shared}, P::held},
      {{K::shared}, P::shared},
      {{K::shared}, P::dirty},
      {{K::plain, K::plain}},
      {{K::own, K::plain}},
      {{K::own, K::plain}, P::writable, 0},
      {{K::plain, K::own}},
      {{K::plain, K::own}, P::writable, 1},
      {{K::own, K::own}},
      {{K::own, K::common}},
      {{K::forked, K::plain}},
      {{K::plain, K::forked}},
      {{K::shared, K::plain}},
      {{K::plain, K::shared}},
      {{K::shared, K::shared}},
      {{K::plain, K::plain, K::plain}},
      {{K::own, K::plain, K::own}},
      {{K::own, K::plain, K::common}},
      {{K::own, K::own, K::own}},
  };
  return all;
}

unsigned countWith(const std::vector<Shape>& shapes, unsigned areas) {
  return static_cast<unsigned>(std::count_if(
      shapes.begin(), shapes.end(), [&](const Shape& s) { return s.areas.size() <= areas; }));
}

const std::vector<Shape>& fewShapes() {
  using K = Shape::Kind;
  using P = Shape::Page;
  static const std::vector<Shape> few = {
      {{}},
      {{K::plain}},
      {{K::own}, P::writable},
      {{K::shared}, P::dirty},
      {{K::plain, K::plain}},
      {{K::own, K::plain}, P::writable, 0},
      {{K::shared, K::shared}},
  };
  return few;
}

const std::vector<Shape>& apartShapes() {
  using K = Shape::Kind;
  static const std::vector<Shape> two = {
      {{K::plain, K::plain}}, {{K::own, K::plain}}, {{K::plain, K::own}}};
  return two;
}

} // namespace growsdown::proofs
