// A prepared key verifies faster than the library does: what can be computed of
// the key alone, beforehand, is kept as a table.
//
//   auto builder = StartPreparing(ec_key, Level::kSmall, Arithmetic::kBest);
//   while (builder->Step() == BuildState::kWorking) continue;
//   const std::unique_ptr<const PreparedKey> key = builder->Take();
//   switch (key->Verify(digest, signature)) { ... }
//
// The answer is the library's, always: kValid and kInvalid are, and kNotDecided
// says to ask it. See SECURITY.md for how that is tried.
//
// Timing. How long a verification takes depends on the key, the signature and
// the message. All three are public: a certificate authority's key and what it
// has signed. Nothing here may be used with a private key or a shared secret.
//
// Thread-safety: a PreparedKey is immutable, any number of threads may use one.
// A builder belongs to one thread at a time. Nothing here locks, but for the
// first use of a curve in a process: see WarmUp.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_PREPARED_PREPARED_KEY_H_
#define CHAINKEEP_ENGINE_SIGNATURE_PREPARED_PREPARED_KEY_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "chainkeep/types.h"
#include "engine/signature/prepared/arithmetic.h"
#include "openssl/base.h"

namespace chainkeep::signature {
struct PssParameters;  // pss_parameters.h
}  // namespace chainkeep::signature

namespace chainkeep::signature::prepared {

// How much memory a key may take; docs/benchmarks.md has what each level gives.
//
//              P-256      P-384    Ed25519
//   kSmall      4 KiB      6 KiB      6 KiB    comb of 4 teeth
//   kMedium    52 KiB    116 KiB     77 KiB    windows of 5 bits
//   kLarge    256 KiB    330 KiB    222 KiB    windows of 8, 7 and 7 bits
enum class Level : uint8_t { kSmall, kMedium, kLarge };

// kNotDecided, of ECDSA: two points with the same x met, which the formulas
// cannot add. Chance does not find that, but somebody with a key of his own
// choice may.
enum class Outcome : uint8_t { kValid, kInvalid, kNotDecided };

class PreparedKey {
 public:
  virtual ~PreparedKey() = default;

  // Whether `signature`, as it stands in a certificate, is this key's. `input`
  // is what the key's algorithm takes:
  //   ECDSA    the digest, of any length
  //   RSA      the digest, for PKCS #1 v1.5: by its length that of SHA-256,
  //            SHA-384 or SHA-512; others are not decided
  //   Ed25519  the message
  // Does not allocate, touches no error queue.
  virtual Outcome Verify(Bytes input, Bytes signature) const = 0;

  // The same for RSASSA-PSS, of an RSA key; other keys do not decide. The
  // padding is checked by the library. Allocates.
  virtual Outcome VerifyPss(const PssParameters& /*parameters*/,
                            Bytes /*digest*/, Bytes /*signature*/) const {
    return Outcome::kNotDecided;
  }

  // What the key takes of memory, shared tables apart.
  virtual size_t bytes() const = 0;
};

// kFailed: the table does not agree with the library. It must not happen; the
// key cannot be prepared, and the library verifies.
enum class BuildState : uint8_t { kWorking, kDone, kFailed };

class KeyBuilder {
 public:
  virtual ~KeyBuilder() = default;

  // Does a part of the work, which costs no more than about one verification by
  // the library. The last parts compare multiples that the table has with the
  // library's. Not to be called again after kDone or kFailed.
  virtual BuildState Step() = 0;

  // Requires kDone, once.
  virtual std::unique_ptr<const PreparedKey> Take() = 0;
};

// StartPreparing returns a builder of a table for `key`; null for a curve other
// than P-256 and P-384, for kOff, and for an arithmetic that the processor does
// not have. The key must outlive the builder, and has been parsed by the
// library, which has so checked that its point is on the curve. `arithmetic` is
// what will verify. Allocates.
std::unique_ptr<KeyBuilder> StartPreparing(const EC_KEY& key, Level level,
                                           Arithmetic arithmetic);

// The same for an RSA key, of which there is one level: about 1 KB for 2048
// bits. Null for a modulus that is even or has not 2048, 3072 or 4096 bits, for
// an exponent other than 65537, and for arithmetics but kIfma: without it the
// library is not slower. The builder and what it makes hold a reference.
std::unique_ptr<KeyBuilder> StartPreparing(RSA& key, Arithmetic arithmetic);

// The same for an Ed25519 key, 32 bytes, which are not needed afterwards. Null
// also where they are not the one encoding of a point.
std::unique_ptr<KeyBuilder> StartPreparingEd25519(Bytes key, Level level,
                                                  Arithmetic arithmetic);

// WarmUp builds the shared table of the generator of `key`'s curve, unless it
// is there: some milliseconds, once in a process. Where it was not called, the
// first StartPreparing pays for it. Threads that come meanwhile wait.
void WarmUp(const EC_KEY& key);
void WarmUpEd25519();

// What the tables of generators take of memory, if all curves are in use.
size_t SharedBytes();

}  // namespace chainkeep::signature::prepared

#endif  // CHAINKEEP_ENGINE_SIGNATURE_PREPARED_PREPARED_KEY_H_
