// PreparedKey for ECDSA over P-256 and P-384.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ECDSA_KEY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ECDSA_KEY_H_

#include <memory>
#include <utility>

#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/prepared/table.h"
#include "openssl/ec_key.h"

namespace chainkeep::signature::prepared {

// Where r and s stand in a signature: the bytes of two numbers, without zeros
// in front, most significant first.
struct RAndS {
  Bytes r, s;
};

// ReadSignature takes a signature apart; false for what is not DER of a
// SEQUENCE of two INTEGERs that are not negative, to the last byte: that is
// what the library's parser takes.
bool ReadSignature(Bytes signature, RAndS* out);

template <class Curve>
class EcdsaKey final : public PreparedKey {
 public:
  // Requires a table of the key's point that has been compared with the
  // library, and an arithmetic that the processor has.
  EcdsaKey(Table<Curve> table, Arithmetic arithmetic)
      : table_(std::move(table)), arithmetic_(arithmetic) {}

  Outcome Verify(Bytes digest, Bytes signature) const override;
  size_t bytes() const override { return sizeof(*this) + table_.bytes(); }

  // Of numbers of any length.
  Outcome Verify(Bytes digest, const RAndS& signature) const;

  const Table<Curve>& table() const { return table_; }

 private:
  Table<Curve> table_;
  Arithmetic arithmetic_;
};

// The layout of keys of a level, and that of the generator.
template <class Curve>
const Layout<Curve>& KeyLayout(Level level);
template <class Curve>
const Layout<Curve>& GeneratorLayout();

// The table of the generator: a constant, computed when it is first asked for.
template <class Curve>
const Table<Curve>& GeneratorTable();

// IsMultiple returns whether the table has at its place, by the library's
// arithmetic, the multiple of `point` that it shall have. Costs about one
// verification.
template <class Curve>
bool IsMultiple(const Table<Curve>& table, int sub_table, uint32_t index,
                const EC_GROUP& group, const EC_POINT& point);

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_ECDSA_KEY_H_
