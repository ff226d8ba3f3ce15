#include "engine/signature/prepared/ecdsa_key.h"

#include <array>
#include <optional>

#include "engine/der/cursor.h"
#include "engine/signature/error_queue.h"
#include "engine/signature/prepared/ed25519_key.h"
#include "engine/signature/prepared/inverse.h"
#include "engine/signature/prepared/terms.h"
#include "openssl/bn.h"
#include "openssl/ec.h"
#include "openssl/nid.h"

namespace chainkeep::signature::prepared {
namespace {

template <class Curve>
struct Layouts;

template <>
struct Layouts<P256> {
  static constexpr Layout<P256> kSmall{Comb(256, 4, 8)};
  static constexpr Layout<P256> kMedium{Windows(256, 5)};
  static constexpr Layout<P256> kLarge{Windows(256, 8)};
  static constexpr Layout<P256> kGenerator{Windows(256, 11)};  // 1.5 MiB
};

template <>
struct Layouts<P384> {
  static constexpr Layout<P384> kSmall{Comb(384, 4, 8)};
  static constexpr Layout<P384> kMedium{Windows(384, 5)};
  static constexpr Layout<P384> kLarge{Windows(384, 7)};
  static constexpr Layout<P384> kGenerator{Windows(384, 10)};  // 1.8 MiB
};

template <class Curve>
constexpr bool Fits(const Layout<Curve>& layout) {
  return layout.shape().additions() +
             Layouts<Curve>::kGenerator.shape().additions() <=
         Terms<Curve>::kMaxCount;
}
static_assert(Fits(Layouts<P256>::kSmall) && Fits(Layouts<P256>::kMedium) &&
              Fits(Layouts<P256>::kLarge));
static_assert(Fits(Layouts<P384>::kSmall) && Fits(Layouts<P384>::kMedium) &&
              Fits(Layouts<P384>::kLarge));

template <class Curve>
constexpr int Nid() {
  return Curve::kBits == 256 ? NID_X9_62_prime256v1 : NID_secp384r1;
}

template <class Curve>
bool ToWords(const BIGNUM& number, Words<Curve::kWords>* words) {
  std::array<uint8_t, 8 * Curve::kWords> bytes;
  if (BN_bn2bin_padded(bytes.data(), bytes.size(), &number) != 1) return false;
  *words = FromBytes<Curve::kWords>(bytes);
  return true;
}

// Nothing if the library is out of memory.
template <class Curve>
std::optional<PlainPoint<Curve>> Coordinates(const EC_GROUP& group,
                                             const EC_POINT& point) {
  const bssl::UniquePtr<BIGNUM> x(BN_new()), y(BN_new());
  PlainPoint<Curve> plain;
  if (x == nullptr || y == nullptr ||
      EC_POINT_get_affine_coordinates_GFp(&group, &point, x.get(), y.get(),
                                          nullptr) != 1 ||
      !ToWords<Curve>(*x, &plain.x) || !ToWords<Curve>(*y, &plain.y)) {
    return std::nullopt;
  }
  return plain;
}

template <class Curve>
Words<Curve::kWords> HashedNumber(Bytes digest) {
  // The leftmost bits, as many as the order has. Up to twice the order, which
  // the multiplication takes.
  constexpr size_t kBytes = Curve::kBits / 8;
  return FromBytes<Curve::kWords>(
      digest.first(std::min<size_t>(digest.size(), kBytes)));
}

// The number in [1, n) that the bytes are, or nothing.
template <class Curve>
std::optional<Words<Curve::kWords>> ScalarOf(Bytes bytes) {
  while (!bytes.empty() && bytes.front() == 0) bytes = bytes.subspan(1);
  if (bytes.empty() || bytes.size() > 8 * Curve::kWords) return std::nullopt;
  const auto scalar = FromBytes<Curve::kWords>(bytes);
  if (!IsLess<Curve::kWords>(scalar, Curve::kOrder)) return std::nullopt;
  return scalar;
}

template <class Curve>
class EcdsaKeyBuilder final : public KeyBuilder {
 public:
  EcdsaKeyBuilder(const EC_KEY& key, const PlainPoint<Curve>& point,
                  Level level, Arithmetic arithmetic)
      : key_(key),
        arithmetic_(arithmetic),
        builder_(&KeyLayout<Curve>(level), point) {}

  BuildState Step() override {
    if (!table_.has_value()) {
      const BuildState state = builder_.Step();
      if (state != BuildState::kDone) return state;
      table_ = builder_.Take();
      return BuildState::kWorking;
    }
    return Compare();
  }

  std::unique_ptr<const PreparedKey> Take() override {
    return std::make_unique<EcdsaKey<Curve>>(*std::move(table_), arithmetic_);
  }

 private:
  // First and last are where sums begin and end; the one between is another for
  // each key.
  static constexpr int kComparisons = 3;

  BuildState Compare() {
    const Shape& shape = table_->layout().shape();
    const uint32_t last_index =
        static_cast<uint32_t>(shape.points_per_table()) - 1;
    const uint64_t any = table_->At(shape.tables / 2, last_index).x[0];
    int sub_table = 0;
    uint32_t index = 0;
    if (compared_ == 1) {
      sub_table = static_cast<int>(any % static_cast<uint64_t>(shape.tables));
      index = static_cast<uint32_t>(any >> 32) & last_index;
    } else if (compared_ == 2) {
      sub_table = shape.tables - 1;
      index = last_index;
    }
    if (!IsMultiple(*table_, sub_table, index, *EC_KEY_get0_group(&key_),
                    *EC_KEY_get0_public_key(&key_))) {
      return BuildState::kFailed;
    }
    return ++compared_ == kComparisons ? BuildState::kDone
                                       : BuildState::kWorking;
  }

  const EC_KEY& key_;
  Arithmetic arithmetic_;
  TableBuilder<Curve> builder_;
  std::optional<Table<Curve>> table_;
  int compared_ = 0;
};

template <class Curve>
std::unique_ptr<KeyBuilder> Start(const EC_KEY& key, Level level,
                                  Arithmetic arithmetic) {
  const auto point = Coordinates<Curve>(*EC_KEY_get0_group(&key),
                                        *EC_KEY_get0_public_key(&key));
  if (!point.has_value()) return nullptr;
  GeneratorTable<Curve>();
  return std::make_unique<EcdsaKeyBuilder<Curve>>(key, *point, level,
                                                  arithmetic);
}

template <class Curve>
Table<Curve> BuildGeneratorTable() {
  const ErrorQueueGuard guard;
  const bssl::UniquePtr<EC_GROUP> group(
      EC_GROUP_new_by_curve_name(Nid<Curve>()));
  const auto point =
      Coordinates<Curve>(*group, *EC_GROUP_get0_generator(group.get()));
  TableBuilder<Curve> builder(&GeneratorLayout<Curve>(), *point);
  while (builder.Step() == BuildState::kWorking) continue;
  return builder.Take();
}

int NidOf(const EC_KEY& key) {
  const EC_GROUP* const group = EC_KEY_get0_group(&key);
  if (group == nullptr || EC_KEY_get0_public_key(&key) == nullptr) {
    return NID_undef;
  }
  return EC_GROUP_get_curve_name(group);
}

}  // namespace

bool ReadSignature(Bytes signature, RAndS* out) {
  der::Cursor outer(signature);
  Bytes contents;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) return false;
  der::Cursor fields(contents);
  return der::ReadInteger(fields, &out->r) &&
         der::ReadInteger(fields, &out->s) && fields.empty() &&
         (out->r.front() & 0x80) == 0 && (out->s.front() & 0x80) == 0;
}

template <class Curve>
Outcome EcdsaKey<Curve>::Verify(Bytes digest, Bytes signature) const {
  RAndS numbers;
  if (!ReadSignature(signature, &numbers)) return Outcome::kInvalid;
  return Verify(digest, numbers);
}

template <class Curve>
Outcome EcdsaKey<Curve>::Verify(Bytes digest, const RAndS& signature) const {
  using Order = OrderOf<Curve>;
  const auto r = ScalarOf<Curve>(signature.r);
  const auto s = ScalarOf<Curve>(signature.s);
  if (!r.has_value() || !s.has_value()) return Outcome::kInvalid;
  // R / s, so that a product with it loses its R.
  const Residue<Order> w =
      FromWords<Order>(kInverter<Order>.Divide(kR<Order>, *s));
  const Residue<Order> z = FromWords<Order>(HashedNumber<Curve>(digest));
  Terms<Curve> terms;
  // The key first: its sum is never infinity. That of the generator is, where
  // z is 0, and would be an exception if it stood alone.
  terms.Append(table_, Canonical(Mul(w, FromWords<Order>(*r))));
  terms.Append(GeneratorTable<Curve>(), Canonical(Mul(w, z)));
  switch (arithmetic_) {
    case Arithmetic::kIfma:
    case Arithmetic::kBest:
      return HasXIfma(terms, *r);
    case Arithmetic::kPortable:
      return HasXPortable(terms, *r);
    case Arithmetic::kOff:
      break;
  }
  return Outcome::kNotDecided;
}

template <class Curve>
const Layout<Curve>& KeyLayout(Level level) {
  switch (level) {
    case Level::kSmall:
      return Layouts<Curve>::kSmall;
    case Level::kMedium:
      return Layouts<Curve>::kMedium;
    case Level::kLarge:
      return Layouts<Curve>::kLarge;
  }
  return Layouts<Curve>::kSmall;
}

template <class Curve>
const Layout<Curve>& GeneratorLayout() {
  return Layouts<Curve>::kGenerator;
}

template <class Curve>
const Table<Curve>& GeneratorTable() {
  // Never freed: threads of the host may verify until the very end.
  static const Table<Curve>& table =
      *new Table<Curve>(BuildGeneratorTable<Curve>());
  return table;
}

template <class Curve>
bool IsMultiple(const Table<Curve>& table, int sub_table, uint32_t index,
                const EC_GROUP& group, const EC_POINT& point) {
  const ErrorQueueGuard guard;
  const auto bytes =
      ToBytes<Curve::kWords>(table.layout().MultipleOf(sub_table, index));
  const bssl::UniquePtr<BIGNUM> scalar(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  const bssl::UniquePtr<EC_POINT> multiple(EC_POINT_new(&group));
  if (scalar == nullptr || multiple == nullptr ||
      EC_POINT_mul(&group, multiple.get(), nullptr, &point, scalar.get(),
                   nullptr) != 1) {
    return false;
  }
  const auto expected = Coordinates<Curve>(group, *multiple);
  const PlainPoint<Curve> found = ToPlain(table.At(sub_table, index));
  return expected.has_value() && expected->x == found.x &&
         expected->y == found.y;
}

std::unique_ptr<KeyBuilder> StartPreparing(const EC_KEY& key, Level level,
                                           Arithmetic arithmetic) {
  const auto chosen = Choose(arithmetic);
  if (!chosen.has_value() || *chosen == Arithmetic::kOff) return nullptr;
  const ErrorQueueGuard guard;
  switch (NidOf(key)) {
    case Nid<P256>():
      return Start<P256>(key, level, *chosen);
    case Nid<P384>():
      return Start<P384>(key, level, *chosen);
    default:
      return nullptr;
  }
}

void WarmUp(const EC_KEY& key) {
  switch (NidOf(key)) {
    case Nid<P256>():
      GeneratorTable<P256>();
      break;
    case Nid<P384>():
      GeneratorTable<P384>();
      break;
    default:
      break;
  }
}

size_t SharedBytes() {
  return static_cast<size_t>(GeneratorLayout<P256>().shape().points()) *
             sizeof(TablePoint<P256>) +
         static_cast<size_t>(GeneratorLayout<P384>().shape().points()) *
             sizeof(TablePoint<P384>) +
         static_cast<size_t>(Ed25519GeneratorLayout().shape().points()) *
             sizeof(TablePoint<Ed25519>);
}

template class EcdsaKey<P256>;
template class EcdsaKey<P384>;
template const Layout<P256>& KeyLayout<P256>(Level);
template const Layout<P384>& KeyLayout<P384>(Level);
template const Layout<P256>& GeneratorLayout<P256>();
template const Layout<P384>& GeneratorLayout<P384>();
template const Table<P256>& GeneratorTable<P256>();
template const Table<P384>& GeneratorTable<P384>();
template bool IsMultiple(const Table<P256>&, int, uint32_t, const EC_GROUP&,
                         const EC_POINT&);
template bool IsMultiple(const Table<P384>&, int, uint32_t, const EC_GROUP&,
                         const EC_POINT&);

}  // namespace chainkeep::signature::prepared
