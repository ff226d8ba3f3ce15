// The inverses of many residues at the price of one inversion.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_

#include <cstddef>
#include <vector>

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

// Inverts all of `values`, none of them 0: what comes before the i-th one,
// times the inverse of all up to it, is its own inverse. False if one is 0.
template <class Field>
bool InvertAll(std::vector<Residue<Field>>* values) {
  std::vector<Residue<Field>> products(values->size());
  Residue<Field> product = FromWords<Field>(kR<Field>);
  for (size_t i = 0; i < values->size(); ++i) {
    products[i] = product;
    product = Mul(product, (*values)[i]);
  }
  if (IsZero(product)) return false;
  Residue<Field> inverse = Invert(product);
  for (size_t i = values->size(); i-- > 0;) {
    const Residue<Field> value = (*values)[i];
    (*values)[i] = Mul(inverse, products[i]);
    inverse = Mul(inverse, value);
  }
  return true;
}

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_INVERT_ALL_H_
