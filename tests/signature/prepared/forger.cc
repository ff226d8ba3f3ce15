#include "tests/signature/prepared/forger.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "openssl/ecdsa.h"
#include "openssl/err.h"

namespace chainkeep::test {
namespace {

bssl::UniquePtr<EC_POINT> NewPoint(const EC_GROUP& group) {
  return bssl::UniquePtr<EC_POINT>(EC_POINT_new(&group));
}

// a G + b Q.
bssl::UniquePtr<EC_POINT> Sum(const EC_GROUP& group, const Big& a,
                              const EC_POINT& q, const Big& b) {
  auto sum = NewPoint(group);
  if (EC_POINT_mul(&group, sum.get(), a.get(), &q, b.get(), nullptr) != 1) {
    std::abort();
  }
  return sum;
}

bssl::UniquePtr<EC_KEY> NewKey(int nid) {
  return bssl::UniquePtr<EC_KEY>(EC_KEY_new_by_curve_name(nid));
}

std::string Encode(const Big& r, const Big& s) {
  const bssl::UniquePtr<ECDSA_SIG> signature(ECDSA_SIG_new());
  if (ECDSA_SIG_set0(signature.get(), BN_dup(r.get()), BN_dup(s.get())) != 1) {
    std::abort();
  }
  uint8_t* bytes = nullptr;
  size_t size = 0;
  if (ECDSA_SIG_to_bytes(&bytes, &size, signature.get()) != 1) std::abort();
  const bssl::UniquePtr<uint8_t> owner(bytes);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace

Forger::Forger(bssl::UniquePtr<EC_KEY> key) : key_(std::move(key)) {
  order_ = Big::Copy(EC_GROUP_get0_order(&group()));
}

Forger::Forger(int nid) : Forger(NewKey(nid)) {
  if (EC_KEY_generate_key(key_.get()) != 1) std::abort();
  d_ = Big::Copy(EC_KEY_get0_private_key(key_.get()));
}

Forger::Forger(int nid, const Big& d) : Forger(NewKey(nid)) {
  d_ = d.Modulo(order_);
  auto point = NewPoint(group());
  if (EC_POINT_mul(&group(), point.get(), d_.get(), nullptr, nullptr,
                   nullptr) != 1 ||
      EC_KEY_set_public_key(key_.get(), point.get()) != 1) {
    std::abort();
  }
}

Forger Forger::WithLargeX(int nid, Forgery* forgery) {
  Forger forger(NewKey(nid));
  const EC_GROUP& group = forger.group();
  auto point = NewPoint(group);
  Big r = Big::Below(Big::TwoTo(60));
  while (EC_POINT_set_compressed_coordinates_GFp(
             &group, point.get(), (forger.order_ + r).get(), 0, nullptr) != 1) {
    ERR_clear_error();
    r = r + 1;
  }
  // Q = (R - u1 G) / u2.
  const Big u1 = Big::Below(forger.order_);
  const Big u2 = Big::Below(forger.order_);
  const Big over_u2 = u2.InverseModulo(forger.order_);
  const auto q =
      Sum(group, (forger.order_ - u1 * over_u2).Modulo(forger.order_), *point,
          over_u2);
  if (EC_KEY_set_public_key(forger.key_.get(), q.get()) != 1) std::abort();
  *forgery = *forger.Forge(u1, u2);
  if (!(forgery->r == r)) std::abort();
  return forger;
}

std::optional<Forgery> Forger::Forge(const Big& u1, const Big& u2) const {
  if (u2.Modulo(order_) == 0) return std::nullopt;
  const auto sum = Sum(group(), u1.Modulo(order_),
                       *EC_KEY_get0_public_key(key_.get()), u2.Modulo(order_));
  if (EC_POINT_is_at_infinity(&group(), sum.get()) == 1) return std::nullopt;
  Big x;
  if (EC_POINT_get_affine_coordinates_GFp(&group(), sum.get(), x.get(), nullptr,
                                          nullptr) != 1) {
    std::abort();
  }
  const Big r = x.Modulo(order_);
  if (r == 0) return std::nullopt;
  const Big s = (r * u2.InverseModulo(order_)).Modulo(order_);
  return Write((u1 * s).Modulo(order_), r, s);
}

Forgery Forger::Write(const Big& z, const Big& r, const Big& s) const {
  const size_t size = static_cast<size_t>(BN_num_bytes(order_.get()));
  return {z.Bytes(size), r, s, Encode(r, s)};
}

bool Forger::Verifies(const std::string& digest,
                      const std::string& signature) const {
  const bool verifies =
      ECDSA_verify(0, reinterpret_cast<const uint8_t*>(digest.data()),
                   digest.size(),
                   reinterpret_cast<const uint8_t*>(signature.data()),
                   signature.size(), key_.get()) == 1;
  ERR_clear_error();
  return verifies;
}

}  // namespace chainkeep::test
