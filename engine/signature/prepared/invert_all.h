// The inverses of many numbers at the price of one inversion.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_

#include <cstddef>
#include <vector>

#include "engine/signature/prepared/field51.h"
#include "engine/signature/prepared/inverse.h"
#include "engine/signature/prepared/residue.h"

namespace chainkeep::signature::prepared {

// a R, the Montgomery form of a.
template <class Field>
Residue<Field> ToMontgomery(const Words<Field::kWords>& a) {
  return Mul(FromWords<Field>(a), FromWords<Field>(kRSquared<Field>));
}

// R / a in Montgomery form, that is the form of 1/x of what a stands for.
template <class Field>
Residue<Field> Invert(const Residue<Field>& a) {
  return FromWords<Field>(
      kInverter<Field>.Divide(kRSquared<Field>, Canonical(a)));
}

inline Field51 Invert(const Field51& a) {
  return ToField51(kInverter<FieldOf<Ed25519>>.Divide({1}, Canonical(a)));
}

// Inverts all of `values`, none of them 0: what comes before the i-th one,
// times the inverse of all up to it, is its own inverse. False if one is 0.
template <class Number>
bool InvertAll(std::vector<Number>* values) {
  if (values->empty()) return true;
  std::vector<Number> products(values->size());
  Number product = values->front();
  for (size_t i = 1; i < values->size(); ++i) {
    products[i] = product;
    product = Mul(product, (*values)[i]);
  }
  if (IsZero(product)) return false;
  Number inverse = Invert(product);
  for (size_t i = values->size(); i-- > 1;) {
    const Number value = (*values)[i];
    (*values)[i] = Mul(inverse, products[i]);
    inverse = Mul(inverse, value);
  }
  values->front() = inverse;
  return true;
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_
