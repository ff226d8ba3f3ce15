#include "engine/signature/prepared/inverse.h"

#include <algorithm>
#include <bit>

namespace chainkeep::signature::prepared {
namespace internal {

Transition NextBatch(uint64_t f, uint64_t g, int64_t* delta) {
  uint64_t u = 1, v = 0, q = 0, r = 1;
  int64_t left = kSteps;
  while (true) {
    // An even g is halved, delta grows by 1; the matrix is times 2, in which f
    // stays f. As many steps at once as there are zeros.
    const int zeros = std::countr_zero(g | uint64_t{1} << left);
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    *delta += zeros;
    left -= zeros;
    if (left == 0) {
      return {static_cast<int64_t>(u), static_cast<int64_t>(v),
              static_cast<int64_t>(q), static_cast<int64_t>(r)};
    }

    // Both odd. The first kind of step is the second kind after an exchange:
    // (delta, f, g) to (-delta, g, -f). Which kind it is cannot be predicted:
    // this is written without a branch.
    const bool exchange = __builtin_expect_with_probability(*delta > 0, 1, 0.5);
    const uint64_t old_f = f, old_u = u, old_v = v;
    f = exchange ? g : f;
    g = exchange ? -old_f : g;
    u = exchange ? q : u;
    q = exchange ? -old_u : q;
    v = exchange ? r : v;
    r = exchange ? -old_v : r;
    *delta = exchange ? -*delta : *delta;
    const int64_t steps = 1 - *delta < left ? 1 - *delta : left;
    const uint64_t mask = steps < 6 ? (uint64_t{1} << steps) - 1 : 63;
    const uint64_t multiple = g * f * (f * f - 2) & mask;
    g += multiple * f;
    q += multiple * u;
    r += multiple * v;
  }
}

}  // namespace internal

using internal::kSteps;
using internal::Transition;

namespace {

constexpr uint64_t kMask = (uint64_t{1} << kSteps) - 1;

int64_t LowLimb(Int128 a) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) & kMask);
}

}  // namespace

template <int kWords>
void Inverter<kWords>::ApplyExactly(const Transition& t, int size, Number* f,
                                    Number* g) {
  Int128 f_sum = 0;
  Int128 g_sum = 0;
  for (int i = 0; i < size; ++i) {
    // |u| + |v| <= 2^62 and limbs below 2^62 in size: below 2^124 + a carry.
    f_sum +=
        static_cast<Int128>(t.u) * (*f)[i] + static_cast<Int128>(t.v) * (*g)[i];
    g_sum +=
        static_cast<Int128>(t.q) * (*f)[i] + static_cast<Int128>(t.r) * (*g)[i];
    if (i > 0) {
      (*f)[i - 1] = LowLimb(f_sum);
      (*g)[i - 1] = LowLimb(g_sum);
    }
    f_sum >>= kSteps;
    g_sum >>= kSteps;
  }
  (*f)[size - 1] = static_cast<int64_t>(f_sum);
  (*g)[size - 1] = static_cast<int64_t>(g_sum);
}

template <int kWords>
void Inverter<kWords>::ApplyModulo(const Transition& t, Number* d,
                                   Number* e) const {
  // The multiple of m that makes a sum divisible by 2^62, in [-2^61, 2^61).
  const auto multiple_for = [this](Int128 sum) {
    const uint64_t multiple = static_cast<uint64_t>(sum) * negated_inverse_;
    return static_cast<int64_t>(multiple << (64 - kSteps)) >> (64 - kSteps);
  };
  Int128 d_sum =
      static_cast<Int128>(t.u) * (*d)[0] + static_cast<Int128>(t.v) * (*e)[0];
  Int128 e_sum =
      static_cast<Int128>(t.q) * (*d)[0] + static_cast<Int128>(t.r) * (*e)[0];
  const int64_t d_multiple = multiple_for(d_sum);
  const int64_t e_multiple = multiple_for(e_sum);
  d_sum += static_cast<Int128>(d_multiple) * modulus_[0];
  e_sum += static_cast<Int128>(e_multiple) * modulus_[0];
  for (int i = 1; i < kSize; ++i) {
    d_sum >>= kSteps;
    e_sum >>= kSteps;
    // Below 2^124 + 2^123 + a carry.
    d_sum += static_cast<Int128>(t.u) * (*d)[i] +
             static_cast<Int128>(t.v) * (*e)[i] +
             static_cast<Int128>(d_multiple) * modulus_[i];
    e_sum += static_cast<Int128>(t.q) * (*d)[i] +
             static_cast<Int128>(t.r) * (*e)[i] +
             static_cast<Int128>(e_multiple) * modulus_[i];
    (*d)[i - 1] = LowLimb(d_sum);
    (*e)[i - 1] = LowLimb(e_sum);
  }
  (*d)[kSize - 1] = static_cast<int64_t>(d_sum >> kSteps);
  (*e)[kSize - 1] = static_cast<int64_t>(e_sum >> kSteps);
}

template <int kWords>
Words<kWords> Inverter<kWords>::Divide(const Words<kWords>& scale,
                                       const Words<kWords>& x) const {
  if (IsZero<kWords>(x)) return {};
  Number f = modulus_;
  Number g = internal::ToSigned62<kSize, kWords>(x);
  Number d = {};
  Number e = internal::ToSigned62<kSize, kWords>(scale);
  int64_t delta = 1;
  int size = kSize;
  for (int batch = 0; batch < kMaxBatches; ++batch) {
    const Transition t = internal::NextBatch(
        static_cast<uint64_t>(f[0]), static_cast<uint64_t>(g[0]), &delta);
    ApplyExactly(t, size, &f, &g);
    ApplyModulo(t, &d, &e);
    if (std::all_of(g.begin(), g.begin() + size,
                    [](int64_t limb) { return limb == 0; })) {
      break;
    }
    // A last limb that is only a sign gives it to the one before it.
    while (size > 1 && (f[size - 1] == 0 || f[size - 1] == -1) &&
           (g[size - 1] == 0 || g[size - 1] == -1)) {
      --size;
      f[size - 1] |=
          static_cast<int64_t>(static_cast<uint64_t>(f[size]) << kSteps);
      g[size - 1] |=
          static_cast<int64_t>(static_cast<uint64_t>(g[size]) << kSteps);
    }
  }
  // f is 1 or -1. d is within 10 m of 0.
  if (f[size - 1] < 0) {
    Number opposite = {};
    internal::AddMultiple<kSize>(-1, d, &opposite);
    d = opposite;
  }
  while (d[kSize - 1] < 0) internal::AddMultiple<kSize>(1, modulus_, &d);
  while (true) {
    Number less = d;
    internal::AddMultiple<kSize>(-1, modulus_, &less);
    if (less[kSize - 1] < 0) break;
    d = less;
  }
  Words<kWords> result = {};
  for (int i = 0; i < kWords; ++i) {
    const int limb = i * 64 / kSteps;
    const int shift = i * 64 % kSteps;
    const Uint128 both =
        static_cast<Uint128>(static_cast<uint64_t>(d[limb])) |
        (limb + 1 < kSize
             ? static_cast<Uint128>(static_cast<uint64_t>(d[limb + 1]))
                   << kSteps
             : 0);
    // shift is at most 2 (kWords - 1), so two limbs are enough for a word.
    result[i] = static_cast<uint64_t>(both >> shift);
  }
  return result;
}

template class Inverter<4>;
template class Inverter<6>;

}  // namespace chainkeep::signature::prepared
