#include "engine/signature/prepared/rsa_power.h"

#include <utility>

#include "engine/signature/prepared/lanes.h"

namespace chainkeep::signature::prepared {

#if defined(__x86_64__)

namespace {

using Int = Eight::Int;

// A sum that grows row by row, in two accumulators: multiples of a do not wait
// for those of n, of which each row's needs the one before.
template <int kRegisters>
struct Sums {
  Int of_a[kRegisters];
  Int of_n[kRegisters];
};

template <int kRegisters>
struct Operands {
  Int a[kRegisters];
  Int n[kRegisters];
  Int negated_inverse;
};

// Adds a b and as much of n as makes the lowest limb 0 modulo B, and divides by
// B. Before row kRow the sum's register i is the one at place i + kRow: what is
// left of the first one becomes the last.
template <int kRow, int kRegisters, size_t... kIndex>
CHAINKEEP_IFMA void AddRow(const Operands<kRegisters>& operands, Int b,
                           Sums<kRegisters>* sums,
                           std::index_sequence<kIndex...>) {
  const Int zero = Eight::Set(0);
  Int* const of_a = sums->of_a;
  Int* const of_n = sums->of_n;
  const auto place = [](size_t i) __attribute__((always_inline)) {
    return (i + kRow) % kRegisters;
  };
  ((of_a[place(kIndex)] =
        Eight::MulLow(of_a[place(kIndex)], operands.a[kIndex], b)),
   ...);
  const Int lowest = Eight::Add(of_a[kRow], of_n[kRow]);
  const Int q = Eight::MulLow(
      zero, _mm512_broadcastq_epi64(_mm512_castsi512_si128(lowest)),
      operands.negated_inverse);
  of_n[kRow] = lowest;
  ((of_n[place(kIndex)] =
        Eight::MulLow(of_n[place(kIndex)], operands.n[kIndex], q)),
   ...);
  // The low limb is in lane 0; its carry goes to the next register's.
  const Int carry = _mm512_srli_epi64(of_n[kRow], 52);
  of_n[place(1)] =
      _mm512_mask_add_epi64(of_n[place(1)], 1, of_n[place(1)], carry);
  of_a[kRow] = zero;
  of_n[kRow] = _mm512_alignr_epi64(zero, of_n[kRow], 1);
  ((of_a[place(kIndex + 1)] =
        Eight::MulHigh(of_a[place(kIndex + 1)], operands.a[kIndex], b)),
   ...);
  ((of_n[place(kIndex + 1)] =
        Eight::MulHigh(of_n[place(kIndex + 1)], operands.n[kIndex], q)),
   ...);
}

template <int kRegisters, size_t... kRow>
CHAINKEEP_IFMA void AddRows(const Operands<kRegisters>& operands,
                            const uint64_t* b, Sums<kRegisters>* sums,
                            std::index_sequence<kRow...> all) {
  (AddRow<kRow>(operands, Eight::Set(static_cast<int64_t>(b[kRow * 8])), sums,
                all),
   ...);
}

// Brings limbs below B. A carry out of a lane's last limb goes to the next
// lane, where it may cause another one: seldom, and seven times at most.
template <int kRegisters>
CHAINKEEP_IFMA void Carry(Int* limbs) {
  const Int mask = Eight::Set((int64_t{1} << 52) - 1);
  do {
    for (int i = 0; i < kRegisters; ++i) {
      const Int carry = _mm512_srli_epi64(limbs[i], 52);
      limbs[i] = Eight::And(limbs[i], mask);
      if (i + 1 < kRegisters) {
        limbs[i + 1] = Eight::Add(limbs[i + 1], carry);
      } else {
        limbs[0] =
            Eight::Add(limbs[0], _mm512_alignr_epi64(carry, Eight::Set(0), 7));
      }
    }
  } while (_mm512_cmpgt_epu64_mask(limbs[0], mask) != 0);
}

template <int kRegisters>
CHAINKEEP_IFMA_CALL void MultiplyInLanes(const RsaModulus<kRegisters>& modulus,
                                         const RsaNumber<kRegisters>& a,
                                         const RsaNumber<kRegisters>& b,
                                         RsaNumber<kRegisters>* product) {
  Operands<kRegisters> operands;
  Sums<kRegisters> sums;
  for (int i = 0; i < kRegisters; ++i) {
    operands.a[i] = _mm512_load_si512(&a.limbs[i * 8]);
    operands.n[i] = _mm512_load_si512(&modulus.n.limbs[i * 8]);
    sums.of_a[i] = sums.of_n[i] = Eight::Set(0);
  }
  operands.negated_inverse =
      Eight::Set(static_cast<int64_t>(modulus.negated_inverse));
  for (int lane = 0; lane < 8; ++lane) {
    AddRows<kRegisters>(operands, &b.limbs[lane], &sums,
                        std::make_index_sequence<kRegisters>());
  }
  for (int i = 0; i < kRegisters; ++i) {
    sums.of_n[i] = Eight::Add(sums.of_n[i], sums.of_a[i]);
  }
  Carry<kRegisters>(sums.of_n);
  for (int i = 0; i < kRegisters; ++i) {
    _mm512_store_si512(&product->limbs[i * 8], sums.of_n[i]);
  }
}

}  // namespace

template <int kRegisters>
void Multiply(const RsaModulus<kRegisters>& modulus,
              const RsaNumber<kRegisters>& a, const RsaNumber<kRegisters>& b,
              RsaNumber<kRegisters>* product) {
  MultiplyInLanes(modulus, a, b, product);
}

#else  // defined(__x86_64__)

// Never called: Choose does not choose it.
template <int kRegisters>
void Multiply(const RsaModulus<kRegisters>&, const RsaNumber<kRegisters>&,
              const RsaNumber<kRegisters>&, RsaNumber<kRegisters>* product) {
  *product = {};
}

#endif  // defined(__x86_64__)

template <int kRegisters>
RsaNumber<kRegisters> RaiseTo65537(const RsaModulus<kRegisters>& modulus,
                                   const RsaNumber<kRegisters>& s) {
  RsaNumber<kRegisters> power;
  Multiply(modulus, s, modulus.r_squared, &power);  // s R
  for (int i = 0; i < 16; ++i) Multiply(modulus, power, power, &power);
  Multiply(modulus, power, s, &power);  // without R, as s has none
  return power;
}

template void Multiply(const RsaModulus<5>&, const RsaNumber<5>&,
                       const RsaNumber<5>&, RsaNumber<5>*);
template void Multiply(const RsaModulus<8>&, const RsaNumber<8>&,
                       const RsaNumber<8>&, RsaNumber<8>*);
template void Multiply(const RsaModulus<10>&, const RsaNumber<10>&,
                       const RsaNumber<10>&, RsaNumber<10>*);
template RsaNumber<5> RaiseTo65537(const RsaModulus<5>&, const RsaNumber<5>&);
template RsaNumber<8> RaiseTo65537(const RsaModulus<8>&, const RsaNumber<8>&);
template RsaNumber<10> RaiseTo65537(const RsaModulus<10>&,
                                    const RsaNumber<10>&);

}  // namespace chainkeep::signature::prepared
