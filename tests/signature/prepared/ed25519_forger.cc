#include "tests/signature/prepared/ed25519_forger.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "openssl/bn.h"
#include "openssl/curve25519.h"
#include "openssl/err.h"
#include "openssl/sha.h"

namespace chainkeep::test {
namespace slow {
namespace {

Big InField(const Big& a) { return a.Modulo(Prime()); }

Big Divide(const Big& a, const Big& b) {
  return InField(a * b.InverseModulo(Prime()));
}

// A square root modulo p, or nothing.
std::optional<Big> Root(const Big& a) {
  Big root;
  const bssl::UniquePtr<BN_CTX> context(BN_CTX_new());
  const bool is_square =
      BN_mod_sqrt(root.get(), a.get(), Prime().get(), context.get()) != nullptr;
  ERR_clear_error();
  if (!is_square) return std::nullopt;
  return root;
}

std::array<EdwardsPoint, 8> FindTorsion() {
  std::array<EdwardsPoint, 8> all;
  for (int64_t y = 2;; ++y) {
    const auto point = Decode(Encode(y, false));
    if (!point.has_value()) continue;
    const EdwardsPoint small = Multiply(Order(), *point);
    if (Multiply(4, small) == EdwardsPoint()) continue;
    for (size_t i = 1; i < all.size(); ++i) all[i] = Add(all[i - 1], small);
    return all;
  }
}

}  // namespace

const Big& Prime() {
  static const Big& prime = *new Big(Big::TwoTo(255) - 19);
  return prime;
}

const Big& D() {
  static const Big& d = *new Big(Divide(-121665, 121666));
  return d;
}

const Big& Order() {
  static const Big& order = *[] {
    auto* const sum = new Big;
    BIGNUM* number = sum->get();
    BN_dec2bn(&number, "27742317777372353535851937790883648493");
    *sum = *sum + Big::TwoTo(252);
    return sum;
  }();
  return order;
}

const EdwardsPoint& Generator() {
  static const EdwardsPoint& generator =
      *new EdwardsPoint(*Decode(Encode(Divide(4, 5), false)));
  return generator;
}

const EdwardsPoint& Torsion(int i) {
  static const auto& all = *new std::array<EdwardsPoint, 8>(FindTorsion());
  return all[static_cast<size_t>(i) % all.size()];
}

EdwardsPoint Add(const EdwardsPoint& a, const EdwardsPoint& b) {
  const Big product = InField(D() * InField(a.x * b.x) * InField(a.y * b.y));
  return {Divide(a.x * b.y + a.y * b.x, product + 1),
          Divide(a.y * b.y + a.x * b.x, Big(1) - product)};
}

EdwardsPoint Negate(const EdwardsPoint& a) {
  return {InField(Big(0) - a.x), a.y};
}

EdwardsPoint Multiply(Big k, const EdwardsPoint& a) {
  EdwardsPoint sum;
  for (int bit = static_cast<int>(BN_num_bits(k.get())); bit-- > 0;) {
    sum = Add(sum, sum);
    if (BN_is_bit_set(k.get(), bit) == 1) sum = Add(sum, a);
  }
  return sum;
}

std::string Encode(const EdwardsPoint& a) {
  return Encode(a.y, BN_is_odd(a.x.get()) == 1);
}

std::string Encode(const Big& y, bool is_odd) {
  return LittleEndian(is_odd ? y + Big::TwoTo(255) : y, 32);
}

std::optional<EdwardsPoint> Decode(const std::string& encoded) {
  Big y = FromLittleEndian(encoded);
  const bool is_odd = Big::TwoTo(255) <= y;
  if (is_odd) y = y - Big::TwoTo(255);
  y = InField(y);
  const Big yy = InField(y * y);
  const auto x = Root(Divide(yy - 1, D() * yy + 1));
  if (!x.has_value()) return std::nullopt;
  const EdwardsPoint point = {*x, y};
  return (BN_is_odd(x->get()) == 1) == is_odd ? point : Negate(point);
}

Big FromLittleEndian(std::string bytes) {
  std::reverse(bytes.begin(), bytes.end());
  return Big::OfBytes(bytes);
}

std::string LittleEndian(const Big& a, size_t size) {
  std::string bytes = a.Bytes(size);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

}  // namespace slow

Ed25519Forger::Ed25519Forger(const Big& a, int torsion)
    : a_(a),
      key_(slow::Encode(slow::Add(slow::Multiply(a, slow::Generator()),
                                  slow::Torsion(torsion)))) {}

std::string Ed25519Forger::Sign(const std::string& message, const Big& r,
                                int torsion) const {
  const std::string encoded = slow::Encode(
      slow::Add(slow::Multiply(r, slow::Generator()), slow::Torsion(torsion)));
  const std::string hashed = encoded + key_ + message;
  std::string hash(SHA512_DIGEST_LENGTH, '\0');
  SHA512(reinterpret_cast<const uint8_t*>(hashed.data()), hashed.size(),
         reinterpret_cast<uint8_t*>(hash.data()));
  const Big h = slow::FromLittleEndian(hash).Modulo(slow::Order());
  return encoded + slow::LittleEndian((r + h * a_).Modulo(slow::Order()), 32);
}

bool Ed25519Forger::Verifies(const std::string& message,
                             const std::string& signature) const {
  return Ed25519Verifies(key_, message, signature);
}

bool Ed25519Verifies(const std::string& key, const std::string& message,
                     const std::string& signature) {
  const auto data = [](const std::string& bytes) {
    return reinterpret_cast<const uint8_t*>(bytes.data());
  };
  const bool verifies = signature.size() == ED25519_SIGNATURE_LEN &&
                        ED25519_verify(data(message), message.size(),
                                       data(signature), data(key)) == 1;
  ERR_clear_error();
  return verifies;
}

}  // namespace chainkeep::test
