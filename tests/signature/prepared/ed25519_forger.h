// Ed25519 by Big, slowly, and signatures that nobody would make: by keys and
// about points that have a part of small order.

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_ED25519_FORGER_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_ED25519_FORGER_H_

#include <optional>
#include <string>

#include "tests/signature/prepared/big.h"

namespace chainkeep::test::slow {

// Of -x^2 + y^2 = 1 + d x^2 y^2 modulo 2^255 - 19; coordinates in [0, p).
struct EdwardsPoint {
  Big x = 0, y = 1;
};
inline bool operator==(const EdwardsPoint& a, const EdwardsPoint& b) {
  return a.x == b.x && a.y == b.y;
}

const Big& Prime();
const Big& D();
const Big& Order();  // of the generator
const EdwardsPoint& Generator();
// Eight points, those whose order divides 8: i times one of order 8.
const EdwardsPoint& Torsion(int i);

EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b);
EdwardsPoint Negate(const EdwardsPoint& a);
EdwardsPoint Multiply(Big k, const EdwardsPoint& a);

// 32 bytes: y, and the lowest bit of x as the highest one.
std::string Encode(const EdwardsPoint& a);
// The same of any y and bit.
std::string Encode(const Big& y, bool is_odd);
// As the library reads it: any y below 2^255, and any bit where x is 0.
std::optional<EdwardsPoint> Decode(const std::string& encoded);

// Bytes, least significant first.
Big FromLittleEndian(std::string bytes);
std::string LittleEndian(const Big& a, size_t size);

}  // namespace chainkeep::test::slow

namespace chainkeep::test {

class Ed25519Forger {
 public:
  // The key a B + T, T being Torsion(torsion).
  explicit Ed25519Forger(const Big& a, int torsion = 0);

  // The signature with R = r B + Torsion(torsion) and S = r + h a. It is right
  // if that torsion is -h T: for the right one of eight, where T has order 8.
  std::string Sign(const std::string& message, const Big& r,
                   int torsion = 0) const;

  // By the library.
  bool Verifies(const std::string& message, const std::string& signature) const;

  const std::string& key() const { return key_; }  // 32 bytes

 private:
  Big a_;
  std::string key_;
};

bool Ed25519Verifies(const std::string& key, const std::string& message,
                     const std::string& signature);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_ED25519_FORGER_H_
