// A Forger makes signatures of which one knows everything: that are sums of
// chosen multiples, that go wrong in chosen ways.
//
// A signature (r, s) over the number z by the key Q = d G is about the point
// u1 G + u2 Q with u1 = z/s and u2 = r/s. Here u1 and u2 are chosen, and z, r
// and s follow; what is so made verifies, without a private key.

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_FORGER_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_FORGER_H_

#include <optional>
#include <string>

#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "tests/signature/prepared/big.h"

namespace chainkeep::test {

struct Forgery {
  std::string digest;
  Big r, s;
  std::string signature;  // DER
};

class Forger {
 public:
  // A key at random, or the one whose private key is `d`. `nid`: P-256, P-384.
  explicit Forger(int nid);
  Forger(int nid, const Big& d);

  // A key whose signature `*forgery` is about a point with an x from the order
  // on, so that r + n < p.
  static Forger WithLargeX(int nid, Forgery* forgery);

  // The signature about u1 G + u2 Q; nothing if that is infinity, or has an r
  // of 0, or if u2 is 0.
  std::optional<Forgery> Forge(const Big& u1, const Big& u2) const;

  // Of any numbers.
  Forgery Write(const Big& z, const Big& r, const Big& s) const;

  const EC_KEY& key() const { return *key_; }
  const EC_GROUP& group() const { return *EC_KEY_get0_group(key_.get()); }
  const Big& order() const { return order_; }
  // Of the key; 0 if it is not known.
  const Big& d() const { return d_; }

  // By the library.
  bool Verifies(const std::string& digest, const std::string& signature) const;

 private:
  explicit Forger(bssl::UniquePtr<EC_KEY> key);

  bssl::UniquePtr<EC_KEY> key_;
  Big order_;
  Big d_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_FORGER_H_
