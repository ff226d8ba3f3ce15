#include "engine/signature/prepared/rsa_key.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/signature/error_queue.h"
#include "engine/signature/prepared/curves.h"
#include "engine/signature/pss_parameters.h"
#include "openssl/bn.h"
#include "openssl/digest.h"

namespace chainkeep::signature::prepared {
namespace {

constexpr uint64_t kExponent = 65537;

constexpr size_t kPrefixSize = 19;

// SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING }.
constexpr std::array<uint8_t, kPrefixSize> Prefix(uint8_t hash, uint8_t size) {
  return {0x30, static_cast<uint8_t>(kPrefixSize - 2 + size),
          0x30, 0x0d,
          0x06, 0x09,
          0x60, 0x86,
          0x48, 0x01,
          0x65, 0x03,
          0x04, 0x02,
          hash, 0x05,
          0x00, 0x04,
          size};
}
constexpr auto kSha256Prefix = Prefix(1, 32);
constexpr auto kSha384Prefix = Prefix(2, 48);
constexpr auto kSha512Prefix = Prefix(3, 64);

template <int kBits>
class RsaKeyBuilder final : public KeyBuilder {
 public:
  // Requires a key that is complete.
  RsaKeyBuilder(RSA& library, std::unique_ptr<RsaKey<kBits>> key)
      : library_(bssl::UpRef(&library)), key_(std::move(key)) {}

  // Compares powers with the library's: of a fixed number, and of one that is
  // another for each key.
  BuildState Step() override {
    const ErrorQueueGuard guard;
    typename RsaKey<kBits>::Block number, expected, found;
    number.fill(0x5a);
    if (compared_ == 1) {
      BN_bn2bin_padded(number.data(), number.size(),
                       RSA_get0_n(library_.get()));
      --number.front();  // which is 128 at least
    }
    size_t size = 0;
    if (RSA_verify_raw(library_.get(), &size, expected.data(), expected.size(),
                       number.data(), number.size(), RSA_NO_PADDING) != 1 ||
        !key_->Recover(number, &found) || expected != found) {
      return BuildState::kFailed;
    }
    return ++compared_ == 2 ? BuildState::kDone : BuildState::kWorking;
  }

  std::unique_ptr<const PreparedKey> Take() override { return std::move(key_); }

 private:
  bssl::UniquePtr<RSA> library_;
  std::unique_ptr<RsaKey<kBits>> key_;
  int compared_ = 0;
};

template <int kBits>
std::unique_ptr<KeyBuilder> Start(RSA& library) {
  auto key = std::make_unique<RsaKey<kBits>>(bssl::UpRef(&library));
  if (!key->is_complete()) return nullptr;
  return std::make_unique<RsaKeyBuilder<kBits>>(library, std::move(key));
}

}  // namespace

Bytes DigestInfoPrefix(size_t digest_size) {
  switch (digest_size) {
    case 32:
      return kSha256Prefix;
    case 48:
      return kSha384Prefix;
    case 64:
      return kSha512Prefix;
    default:
      return {};
  }
}

template <int kBits>
RsaKey<kBits>::RsaKey(bssl::UniquePtr<RSA> key) : key_(std::move(key)) {
  const ErrorQueueGuard guard;
  const BIGNUM* const n = RSA_get0_n(key_.get());
  const auto words_of = [](const BIGNUM* number, Words<kWords>* words) {
    Block bytes;
    if (BN_bn2bin_padded(bytes.data(), bytes.size(), number) != 1) return false;
    *words = FromBytes<kWords>(bytes);
    return true;
  };
  const bssl::UniquePtr<BN_CTX> context(BN_CTX_new());
  const bssl::UniquePtr<BIGNUM> r_squared(BN_new());
  Words<kWords> words;
  if (context == nullptr || r_squared == nullptr || !words_of(n, &n_) ||
      BN_set_bit(r_squared.get(), 2 * kLimbBits * 8 * kRegisters) != 1 ||
      BN_nnmod(r_squared.get(), r_squared.get(), n, context.get()) != 1 ||
      !words_of(r_squared.get(), &words)) {
    return;
  }
  modulus_ = {ToRsaNumber<kRegisters, kWords>(n_),
              ToRsaNumber<kRegisters, kWords>(words), NegatedInverse(n_[0])};
  is_complete_ = true;
}

template <int kBits>
bool RsaKey<kBits>::Recover(Bytes signature, Block* block) const {
  if (signature.size() != kSize) return false;
  const auto s = FromBytes<kWords>(signature);
  if (!IsLess<kWords>(s, n_)) return false;
  // Below 2 n: a word more, in which it may end.
  auto power = FromRsaNumber<kRegisters, kWords + 1>(
      RaiseTo65537<kRegisters>(modulus_, ToRsaNumber<kRegisters, kWords>(s)));
  Words<kWords> low;
  std::copy_n(power.begin(), kWords, low.begin());
  if (power[kWords] != 0 || !IsLess<kWords>(low, n_)) {
    SubtractFrom<kWords>(&low, n_);
  }
  *block = ToBytes<kWords>(low);
  return true;
}

template <int kBits>
Outcome RsaKey<kBits>::Verify(Bytes digest, Bytes signature) const {
  const Bytes prefix = DigestInfoPrefix(digest.size());
  if (prefix.empty()) return Outcome::kNotDecided;
  Block found;
  if (!Recover(signature, &found)) return Outcome::kInvalid;
  // 00 01 FF ... FF 00 prefix digest. There is one right encoding, and it is
  // compared whole: nothing is parsed (CVE-2006-4339 and its kind).
  Block expected;
  expected.fill(0xff);
  expected[0] = 0;
  expected[1] = 1;
  const size_t digest_at = kSize - digest.size();
  const size_t prefix_at = digest_at - prefix.size();
  expected[prefix_at - 1] = 0;
  std::copy(prefix.begin(), prefix.end(), expected.begin() + prefix_at);
  std::copy(digest.begin(), digest.end(), expected.begin() + digest_at);
  return found == expected ? Outcome::kValid : Outcome::kInvalid;
}

template <int kBits>
Outcome RsaKey<kBits>::VerifyPss(const PssParameters& parameters, Bytes digest,
                                 Bytes signature) const {
  Block block;
  if (digest.size() != EVP_MD_size(parameters.digest) ||
      !Recover(signature, &block)) {
    return Outcome::kInvalid;
  }
  const ErrorQueueGuard guard;
  return RSA_verify_PKCS1_PSS_mgf1(key_.get(), digest.data(), parameters.digest,
                                   parameters.mgf_digest, block.data(),
                                   parameters.salt_length) == 1
             ? Outcome::kValid
             : Outcome::kInvalid;
}

std::unique_ptr<KeyBuilder> StartPreparing(RSA& key, Arithmetic arithmetic) {
  const auto chosen = Choose(arithmetic);
  const BIGNUM* const n = RSA_get0_n(&key);
  const BIGNUM* const e = RSA_get0_e(&key);
  if (chosen != Arithmetic::kIfma || n == nullptr || e == nullptr ||
      BN_is_odd(n) != 1 || BN_is_word(e, kExponent) != 1) {
    return nullptr;
  }
  switch (BN_num_bits(n)) {
    case 2048:
      return Start<2048>(key);
    case 3072:
      return Start<3072>(key);
    case 4096:
      return Start<4096>(key);
    default:
      return nullptr;
  }
}

template class RsaKey<2048>;
template class RsaKey<3072>;
template class RsaKey<4096>;

}  // namespace chainkeep::signature::prepared
