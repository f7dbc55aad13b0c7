#include "reference/index_search.h"

#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace growsdown::reference::index {
namespace {

// A root with few children is searched without vectors: their latency is longer than that of three
// comparisons. Other nodes have many children, and a branch on the number would be mispredicted.
constexpr unsigned fewChildren = 4;
inline unsigned inFew(const std::uint64_t* separators, std::uint64_t address) {
  const auto past = [&](unsigned i) { return separators[i] <= address ? 1U : 0U; };
  return past(0) + past(1) + past(2);
}

// So is a leaf, if it is the root, with `fewAreas` areas: there, one vector has all keys.
constexpr unsigned fewAreas = 16;

// The descent, compiled once per instruction set: a call per node would cost more than the
// comparison. A macro, because a function takes the instruction set of its own definition and not
// of its caller. The attribute `target` is the instruction set. inInner and inLeaf are the searches
// in a node; the argument of inLeaf is the most keys that the leaf may have.
#define GROWSDOWN_DESCENT(form, target)                                                            \
  target inline Found inLeafOf##form(void* node, std::uint64_t address) {                          \
    Leaf* leaf = static_cast<Leaf*>(node);                                                         \
    const auto key = static_cast<std::uint32_t>(keyOf(leaf->base, address));                       \
    return {leaf, inLeaf##form<leafAreas>(leaf->keys, leaf->count, key)};                          \
  }                                                                                                \
  target Found find##form(void* root, unsigned height, std::uint64_t address) {                    \
    if (height == 0) {                                                                             \
      Leaf* leaf = static_cast<Leaf*>(root);                                                       \
      if (leaf->count > fewAreas) return inLeafOf##form(leaf, address);                            \
      const auto key = static_cast<std::uint32_t>(keyOf(leaf->base, address));                     \
      return {leaf, inLeaf##form<fewAreas>(leaf->keys, leaf->count, key)};                         \
    }                                                                                              \
    const Inner& top = *static_cast<const Inner*>(root);                                           \
    void* node = top.children[top.count <= fewChildren                                             \
                                  ? inFew(top.separators, address)                                 \
                                  : inInner##form(top.separators, top.count - 1, address)];        \
    while (--height > 0) {                                                                         \
      const Inner& inner = *static_cast<const Inner*>(node);                                       \
      node = inner.children[inInner##form(inner.separators, inner.count - 1, address)];            \
    }                                                                                              \
    return inLeafOf##form(node, address);                                                          \
  }                                                                                                \
  target Found path##form(void* root, unsigned height, std::uint64_t address, Path& path) {        \
    void* node = root;                                                                             \
    while (height > 0) {                                                                           \
      Inner& inner = *static_cast<Inner*>(node);                                                   \
      const unsigned child = inInner##form(inner.separators, inner.count - 1, address);            \
      --height;                                                                                    \
      path.nodes[height] = &inner;                                                                 \
      path.children[height] = child;                                                               \
      node = inner.children[child];                                                                \
    }                                                                                              \
    return inLeafOf##form(node, address);                                                          \
  }

#define GROWSDOWN_BASELINE
unsigned inInnerScalar(const std::uint64_t* separators, unsigned count, std::uint64_t address) {
  return positionAbove(separators, count, address);
}
template <unsigned most>
unsigned inLeafScalar(const std::uint32_t* keys, unsigned count, std::uint32_t key) {
  return positionAbove(keys, count, key);
}
GROWSDOWN_DESCENT(Scalar, GROWSDOWN_BASELINE)

#if defined(__x86_64__)
#define GROWSDOWN_AVX512 __attribute__((target("avx512f,avx512bw,bmi,popcnt")))
#define GROWSDOWN_AVX2 __attribute__((target("avx2,popcnt")))

// The comparisons are of unsigned numbers, and result in one bit per key.
GROWSDOWN_AVX512 unsigned inInnerAvx512(const std::uint64_t* separators, unsigned,
                                        std::uint64_t address) {
  static_assert(fanout == 16);
  const __m512i a = _mm512_set1_epi64(static_cast<long long>(address));
  const __mmask8 low = _mm512_cmple_epu64_mask(_mm512_load_si512(separators), a);
  const __mmask8 high = _mm512_cmple_epu64_mask(_mm512_load_si512(separators + 8), a);
  return static_cast<unsigned>(_mm_popcnt_u32(_mm512_kunpackb(high, low)));
}
template <unsigned most>
GROWSDOWN_AVX512 inline unsigned inLeafAvx512(const std::uint32_t* keys, unsigned,
                                              std::uint32_t key) {
  static_assert(most == 16 || most == 48);
  const __m512i k = _mm512_set1_epi32(static_cast<int>(key));
  const __mmask16 low = _mm512_cmple_epu32_mask(_mm512_load_si512(keys), k);
  if constexpr (most == 16) return static_cast<unsigned>(_mm_popcnt_u32(low));
  const __mmask16 middle = _mm512_cmple_epu32_mask(_mm512_load_si512(keys + 16), k);
  const __mmask16 high = _mm512_cmple_epu32_mask(_mm512_load_si512(keys + 32), k);
  const __mmask64 all = _mm512_kunpackd(high, _mm512_kunpackw(middle, low));
  return static_cast<unsigned>(_mm_popcnt_u64(all));
}

// The comparisons are of signed numbers, so both sides have their top bit flipped. A result of -1
// is a key above.
GROWSDOWN_AVX2 unsigned inInnerAvx2(const std::uint64_t* separators, unsigned,
                                    std::uint64_t address) {
  const __m256i top = _mm256_set1_epi64x(std::numeric_limits<long long>::min());
  const __m256i a = _mm256_xor_si256(_mm256_set1_epi64x(static_cast<long long>(address)), top);
  __m256i above = _mm256_setzero_si256();
  for (unsigned i = 0; i < fanout; i += 4) {
    const auto* at = reinterpret_cast<const __m256i*>(separators + i);
    const __m256i four = _mm256_xor_si256(_mm256_load_si256(at), top);
    above = _mm256_add_epi64(above, _mm256_cmpgt_epi64(four, a));
  }
  const __m128i two =
      _mm_add_epi64(_mm256_castsi256_si128(above), _mm256_extracti128_si256(above, 1));
  const __m128i one = _mm_add_epi64(two, _mm_unpackhi_epi64(two, two));
  return fanout + static_cast<unsigned>(_mm_cvtsi128_si32(one));
}
template <unsigned most>
GROWSDOWN_AVX2 inline unsigned inLeafAvx2(const std::uint32_t* keys, unsigned, std::uint32_t key) {
  const __m256i top = _mm256_set1_epi32(static_cast<int>(std::uint32_t{1} << 31));
  const __m256i k = _mm256_xor_si256(_mm256_set1_epi32(static_cast<int>(key)), top);
  __m256i above = _mm256_setzero_si256();
  for (unsigned i = 0; i < most; i += 8) {
    const auto* at = reinterpret_cast<const __m256i*>(keys + i);
    const __m256i eight = _mm256_xor_si256(_mm256_load_si256(at), top);
    above = _mm256_add_epi32(above, _mm256_cmpgt_epi32(eight, k));
  }
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(above), _mm256_extracti128_si256(above, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  const __m128i one = _mm_add_epi32(two, _mm_shuffle_epi32(two, 1));
  return most + static_cast<unsigned>(_mm_cvtsi128_si32(one));
}

GROWSDOWN_DESCENT(Avx512, GROWSDOWN_AVX512)
GROWSDOWN_DESCENT(Avx2, GROWSDOWN_AVX2)
#elif defined(__aarch64__)
// A result of -1 is a key that is at most the address.
unsigned inInnerNeon(const std::uint64_t* separators, unsigned, std::uint64_t address) {
  const uint64x2_t a = vdupq_n_u64(address);
  uint64x2_t past = vdupq_n_u64(0);
  for (unsigned i = 0; i < fanout; i += 2)
    past = vaddq_u64(past, vcleq_u64(vld1q_u64(separators + i), a));
  return static_cast<unsigned>(0 - vaddvq_u64(past));
}
template <unsigned most>
unsigned inLeafNeon(const std::uint32_t* keys, unsigned, std::uint32_t key) {
  const uint32x4_t k = vdupq_n_u32(key);
  uint32x4_t past = vdupq_n_u32(0);
  for (unsigned i = 0; i < most; i += 4)
    past = vaddq_u32(past, vcleq_u32(vld1q_u32(keys + i), k));
  return 0 - vaddvq_u32(past);
}
GROWSDOWN_DESCENT(Neon, GROWSDOWN_BASELINE)
#endif

std::vector<Search> available() {
  std::vector<Search> forms;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
    forms.push_back({"avx512", inInnerAvx512, inLeafAvx512<leafAreas>, findAvx512, pathAvx512});
  if (__builtin_cpu_supports("avx2"))
    forms.push_back({"avx2", inInnerAvx2, inLeafAvx2<leafAreas>, findAvx2, pathAvx2});
#elif defined(__aarch64__)
  forms.push_back({"neon", inInnerNeon, inLeafNeon<leafAreas>, findNeon, pathNeon});
#endif
  forms.push_back({"scalar", inInnerScalar, inLeafScalar<leafAreas>, findScalar, pathScalar});
  return forms;
}

} // namespace

const std::vector<Search>& searches() {
  static const std::vector<Search> forms = available();
  return forms;
}

} // namespace growsdown::reference::index
