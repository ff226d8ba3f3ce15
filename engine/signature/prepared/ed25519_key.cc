#include "engine/signature/prepared/ed25519_key.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/signature/prepared/edwards_sum.h"
#include "engine/signature/prepared/inverse.h"
#include "openssl/curve25519.h"
#include "openssl/sha.h"

namespace chainkeep::signature::prepared {
namespace {

using Order = OrderOf<Ed25519>;

constexpr Layout<Ed25519> kSmall{Comb(253, 4, 8)};
constexpr Layout<Ed25519> kMedium{Windows(253, 5)};
constexpr Layout<Ed25519> kLarge{Windows(253, 7)};
constexpr Layout<Ed25519> kGenerator{Windows(253, 11)};  // 2.2 MiB

// With one more for an even factor.
constexpr bool Fits(const Layout<Ed25519>& layout) {
  return layout.shape().additions() + kGenerator.shape().additions() + 1 <=
         Terms<Ed25519>::kMaxCount;
}
static_assert(Fits(kSmall) && Fits(kMedium) && Fits(kLarge));
// Scalars of X25519 are below 2^255.
static_assert(kSmall.shape().digits() >= 255 &&
              kMedium.shape().digits() >= 255 &&
              kLarge.shape().digits() >= 255);

// y = 4/5 and an even x (RFC 8032 §5.1).
constexpr Ed25519Key::Encoded kGeneratorEncoded = {
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

Table<Ed25519> BuildGeneratorTable() {
  TableBuilder<Ed25519> builder(&kGenerator, *DecodePoint(kGeneratorEncoded));
  while (builder.Step() == BuildState::kWorking) continue;
  return builder.Take();
}

class Ed25519KeyBuilder final : public KeyBuilder {
 public:
  Ed25519KeyBuilder(const Ed25519Key::Encoded& encoded,
                    const EdwardsPoint& opposite, Level level,
                    Arithmetic arithmetic)
      : encoded_(encoded),
        opposite_(ToTablePoint(ToAddends({opposite}).front())),
        arithmetic_(arithmetic),
        builder_(&Ed25519KeyLayout(level), opposite) {}

  BuildState Step() override {
    if (key_ == nullptr) {
      if (builder_.Step() == BuildState::kDone) {
        key_ = std::make_unique<Ed25519Key>(encoded_, opposite_,
                                            builder_.Take(), arithmetic_);
      }
      return BuildState::kWorking;
    }
    return Compare();
  }

  std::unique_ptr<const PreparedKey> Take() override { return std::move(key_); }

 private:
  // Each meets a point of every sub-table.
  static constexpr int kComparisons = 3;

  // By scalars that are others for each key.
  BuildState Compare() {
    std::array<uint8_t, 33> seed;
    std::copy(encoded_.begin(), encoded_.end(), seed.begin());
    seed.back() = static_cast<uint8_t>(compared_);
    std::array<uint8_t, SHA256_DIGEST_LENGTH> scalar;
    SHA256(seed.data(), seed.size(), scalar.data());
    if (!IsLibrarysMultiple(*key_, scalar, encoded_)) {
      return BuildState::kFailed;
    }
    return ++compared_ == kComparisons ? BuildState::kDone
                                       : BuildState::kWorking;
  }

  Ed25519Key::Encoded encoded_;
  TablePoint<Ed25519> opposite_;
  Arithmetic arithmetic_;
  TableBuilder<Ed25519> builder_;
  std::unique_ptr<Ed25519Key> key_;
  int compared_ = 0;
};

}  // namespace

const Layout<Ed25519>& Ed25519KeyLayout(Level level) {
  switch (level) {
    case Level::kSmall:
      return kSmall;
    case Level::kMedium:
      return kMedium;
    case Level::kLarge:
      return kLarge;
  }
  return kSmall;
}

const Layout<Ed25519>& Ed25519GeneratorLayout() { return kGenerator; }

const Table<Ed25519>& Ed25519GeneratorTable() {
  // Never freed: threads of the host may verify until the very end.
  static const Table<Ed25519>& table =
      *new Table<Ed25519>(BuildGeneratorTable());
  return table;
}

Words<4> ReduceHash(Bytes hash) {
  // 2^256 R^2 modulo the order: the product with it is the form of 2^256 a.
  constexpr Words<4> kHighFactor =
      PowerOfTwo<4>(256 + 2 * kLimbBits * Order::kLimbs, Order::kValue);
  const auto low = FromWords<Order>(FromLittleEndian<4>(hash.first(32)));
  const auto high = FromWords<Order>(FromLittleEndian<4>(hash.subspan(32)));
  // Both are at most 16 times the order, which leaves 16 / 2^8 + 1 of it.
  const auto sum = Mul(low, FromWords<Order>(kRSquared<Order>)) +
                   Mul(high, FromWords<Order>(kHighFactor));
  Residue<Order> one;
  one.limbs[0] = 1;
  return Canonical(Mul(sum, one));
}

bool HasEncoding(const EdwardsPoint& point, Bytes encoded) {
  Words<4> y = FromLittleEndian<4>(encoded);
  const bool is_odd = (y[3] >> 63) != 0;
  y[3] &= ~uint64_t{0} >> 1;
  if (!IsLess<4>(y, Ed25519::kPrime)) return false;
  if (!IsZero(Mul(ToField51(y), point.z) - point.y)) return false;
  const Words<4> x = kInverter<FieldOf<Ed25519>>.Divide(Canonical(point.x),
                                                        Canonical(point.z));
  return ((x[0] & 1) != 0) == is_odd;
}

Ed25519Key::Ed25519Key(const Encoded& encoded,
                       const TablePoint<Ed25519>& opposite,
                       Table<Ed25519> table, Arithmetic arithmetic)
    : opposite_(opposite),
      encoded_(encoded),
      arithmetic_(arithmetic),
      table_(std::move(table)) {}

EdwardsPoint Ed25519Key::Sum(const Words<4>& g, const Words<4>& k) const {
  // An even k is one less than an odd one.
  const bool is_even = (k[0] & 1) == 0;
  Words<4> odd = k;
  odd[0] |= 1;
  Terms<Ed25519> terms;
  terms.AppendDigits(table_, table_.layout().RecodeExactly(odd));
  terms.Append(Ed25519GeneratorTable(), g);
  if (is_even) terms.Append(&opposite_, true);
  return arithmetic_ == Arithmetic::kPortable ? SumPortable(terms)
                                              : SumIfma(terms);
}

Outcome Ed25519Key::Verify(Bytes message, Bytes signature) const {
  if (signature.size() != ED25519_SIGNATURE_LEN) return Outcome::kInvalid;
  const Bytes r = signature.first(32);
  const Words<4> s = FromLittleEndian<4>(signature.subspan(32));
  if (!IsLess<4>(s, Ed25519::kOrder)) return Outcome::kInvalid;
  std::array<uint8_t, SHA512_DIGEST_LENGTH> hash;
  SHA512_CTX context;
  SHA512_Init(&context);
  SHA512_Update(&context, r.data(), r.size());
  SHA512_Update(&context, encoded_.data(), encoded_.size());
  SHA512_Update(&context, message.data(), message.size());
  SHA512_Final(hash.data(), &context);
  return HasEncoding(Sum(s, ReduceHash(hash)), r) ? Outcome::kValid
                                                  : Outcome::kInvalid;
}

bool IsLibrarysMultiple(const Ed25519Key& key,
                        const std::array<uint8_t, 32>& scalar, Bytes encoded) {
  // u = (1 + y) / (1 - y), also of the product; of y = 1, infinity, it is 0, as
  // X25519 has it (RFC 7748 §4.1, §5).
  const auto u_of = [](const Field51& y, const Field51& z) {
    return kInverter<FieldOf<Ed25519>>.Divide(Canonical(z + y),
                                              Canonical(z - y));
  };
  const auto little_endian = [](const Words<4>& a) {
    auto bytes = ToBytes<4>(a);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
  };
  const auto point = DecodePoint(encoded);
  if (!point.has_value()) return false;
  std::array<uint8_t, 32> found = {};
  // It returns 0 where it writes zeros.
  X25519(found.data(), scalar.data(),
         little_endian(u_of(point->y, point->z)).data());
  // As X25519 takes it.
  Words<4> k = FromLittleEndian<4>(scalar);
  k[0] &= ~uint64_t{7};
  k[3] = (k[3] & (~uint64_t{0} >> 2)) | uint64_t{1} << 62;
  const EdwardsPoint multiple = key.Sum({}, k);
  return found == little_endian(u_of(multiple.y, multiple.z));
}

std::unique_ptr<KeyBuilder> StartPreparingEd25519(Bytes key, Level level,
                                                  Arithmetic arithmetic) {
  const auto chosen = Choose(arithmetic);
  if (!chosen.has_value() || *chosen == Arithmetic::kOff ||
      key.size() != ED25519_PUBLIC_KEY_LEN) {
    return nullptr;
  }
  const auto point = DecodePoint(key);
  if (!point.has_value() || !HasEncoding(*point, key)) return nullptr;
  Ed25519GeneratorTable();
  Ed25519Key::Encoded encoded;
  std::copy(key.begin(), key.end(), encoded.begin());
  return std::make_unique<Ed25519KeyBuilder>(encoded, Negate(*point), level,
                                             *chosen);
}

void WarmUpEd25519() { Ed25519GeneratorTable(); }

}  // namespace chainkeep::signature::prepared
