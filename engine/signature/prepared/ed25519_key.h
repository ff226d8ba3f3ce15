// PreparedKey for Ed25519.
//
// What is accepted is what BoringSSL's ED25519_verify accepts: a signature
// (R, S) with S below the order for which the encoding of S B - h A is R, byte
// for byte, h being SHA-512(R, A, message) modulo the order. No factor 8: that
// is the stricter of the two rules of RFC 8032 §5.1.7. So
//   - an R that is not the one encoding of its point is never right;
//   - an A that is not, of a y from p on or with the sign of an x of 0, is read
//     by some libraries and not by others: it is not prepared;
//   - an A may be of small order, or have a part that is. Its multiple is by h
//     as a whole number: there is no order that h could be taken modulo.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ED25519_KEY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ED25519_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/edwards_table.h"
#include "engine/signature/prepared/layout.h"
#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/prepared/terms.h"

namespace chainkeep::signature::prepared {

class Ed25519Key final : public PreparedKey {
 public:
  using Encoded = std::array<uint8_t, 32>;

  // Requires a table of the opposite of the key's point, that opposite, and an
  // arithmetic that the processor has.
  Ed25519Key(const Encoded& encoded, const TablePoint<Ed25519>& opposite,
             Table<Ed25519> table, Arithmetic arithmetic);

  Outcome Verify(Bytes message, Bytes signature) const override;
  size_t bytes() const override { return sizeof(*this) + table_.bytes(); }

  // g B - k A, of g below the order and k below 2^255.
  EdwardsPoint Sum(const Words<4>& g, const Words<4>& k) const;

  const Table<Ed25519>& table() const { return table_; }

 private:
  TablePoint<Ed25519> opposite_;
  Encoded encoded_;
  Arithmetic arithmetic_;
  Table<Ed25519> table_;
};

const Layout<Ed25519>& Ed25519KeyLayout(Level level);
const Layout<Ed25519>& Ed25519GeneratorLayout();

// The table of the generator: a constant, computed when it is first asked for.
const Table<Ed25519>& Ed25519GeneratorTable();

// The number in [0, order) that 64 bytes, least significant first, are modulo
// the order.
Words<4> ReduceHash(Bytes hash);

// Whether `encoded` is the encoding of the point, byte for byte.
bool HasEncoding(const EdwardsPoint& point, Bytes encoded);

// IsLibrarysMultiple returns whether k times the key's point has, by the sum of
// points of its table, the y that X25519 gives; `scalar` is one of X25519. The
// x is up to its sign. Costs about one verification.
bool IsLibrarysMultiple(const Ed25519Key& key,
                        const std::array<uint8_t, 32>& scalar, Bytes encoded);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ED25519_KEY_H_
