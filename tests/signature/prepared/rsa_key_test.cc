// Prepared RSA keys answer as the library does, and their arithmetic is that of
// Big.

#include "engine/signature/prepared/rsa_key.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/prepared/rsa_power.h"
#include "engine/signature/pss_parameters.h"
#include "gtest/gtest.h"
#include "openssl/digest.h"
#include "openssl/err.h"
#include "openssl/rsa.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/rsa_forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::AllWays;
using test::Big;
using test::RsaForger;
using test::RsaOf;

template <class Bits>
class RsaKeyTest : public testing::Test {
 protected:
  static constexpr int kBits = Bits::value;
  static constexpr int kRegisters = kRsaRegisters<kBits>;
  static constexpr int kWords = kRsaWords<kBits>;
  static constexpr size_t kSize = kBits / 8;

  void SetUp() override {
    if (!Choose(Arithmetic::kIfma).has_value()) {
      GTEST_SKIP() << "the processor has no AVX-512 IFMA";
    }
  }

  static const RsaForger& TheForger() {
    static const RsaForger& forger = *new RsaForger(kBits);
    return forger;
  }

  // Odd numbers of kBits, the smallest and largest among them: arithmetic asks
  // for no more.
  static std::vector<Big> Moduli() {
    const Big half = Big::TwoTo(kBits - 1);
    return {half + 1,
            half + half - 1,
            half + Big::TwoTo(kBits - 2) - 1,
            half + half - Big::TwoTo(52) + 1,
            TheForger().n(),
            half + Big::Below(Big::TwoTo(kBits - 2)).TimesTwoTo(1) + 1};
  }

  static RsaNumber<kRegisters> Number(const Big& a) {
    return ToRsaNumber<kRegisters, kWords + 1>(a.template Words<kWords + 1>());
  }
  static Big ValueOf(const RsaNumber<kRegisters>& number) {
    Big sum;
    for (int i = 8 * kRegisters; i-- > 0;) {
      const uint64_t limb = number.limbs[i % kRegisters * 8 + i / kRegisters];
      EXPECT_EQ(limb >> 52, 0u) << "limb " << i << " is not carried";
      sum = sum.TimesTwoTo(52) + static_cast<int64_t>(limb);
    }
    return sum;
  }

  // Numbers up to twice the modulus, as Multiply takes them. The product of R
  // and B^i is B^i: before it is carried, limbs of whole lanes are B - 1, and a
  // carry goes through one lane after the other, up to the i-th limb.
  static std::vector<Big> Numbers(const Big& n) {
    const Big r = Big::TwoTo(52 * 8 * kRegisters);
    std::vector<Big> numbers = {0, 1, n - 1, n, n + n - 1, n + n, r.Modulo(n)};
    for (const int bit :
         {51, 52, 53, 52 * kRegisters, 52 * (kRegisters * 4 + 1),
          52 * kRegisters * 7, kBits - 20, kBits - 1}) {
      numbers.push_back(Big::TwoTo(bit));
      numbers.push_back(Big::TwoTo(bit) - 1);
    }
    for (int i = 0; i < 4; ++i) numbers.push_back(Big::Below(n + n));
    return numbers;
  }
};

template <int kBits>
struct Of {
  static constexpr int value = kBits;
};
using Sizes = testing::Types<Of<2048>, Of<3072>, Of<4096>>;
TYPED_TEST_SUITE(RsaKeyTest, Sizes);

TYPED_TEST(RsaKeyTest, Multiplies) {
  const Big r = Big::TwoTo(52 * 8 * this->kRegisters);
  for (const Big& n : this->Moduli()) {
    const Big r_inverse = r.InverseModulo(n);
    const Big opposite = Big(0) - n.InverseModulo(Big::TwoTo(52));
    const RsaModulus<TestFixture::kRegisters> modulus = {
        this->Number(n), this->Number((r * r).Modulo(n)),
        opposite.Modulo(Big::TwoTo(52)).template Words<1>()[0]};
    const auto numbers = this->Numbers(n);
    for (const Big& a : numbers) {
      for (const Big& b : numbers) {
        RsaNumber<TestFixture::kRegisters> product;
        Multiply(modulus, this->Number(a), this->Number(b), &product);
        const Big value = this->ValueOf(product);
        ASSERT_EQ(value.Modulo(n), (a * b * r_inverse).Modulo(n));
        ASSERT_LE(value.TimesTwoTo(30), n.TimesTwoTo(30) + n);
      }
    }
  }
}

TYPED_TEST(RsaKeyTest, RaisesToThePower) {
  for (const Big& n : this->Moduli()) {
    const RsaKey<TestFixture::kBits> key(RsaOf(n));
    ASSERT_TRUE(key.is_complete());
    for (const Big& number : this->Numbers(n)) {
      const Big s = number.Modulo(n);
      Big power = s;
      for (int i = 0; i < 16; ++i) power = (power * power).Modulo(n);
      typename RsaKey<TestFixture::kBits>::Block block;
      ASSERT_TRUE(key.Recover(AsBytes(s.Bytes(this->kSize)), &block));
      EXPECT_EQ(std::string(block.begin(), block.end()),
                (power * s).Modulo(n).Bytes(this->kSize));
    }
  }
}

TYPED_TEST(RsaKeyTest, HoldsToTheRange) {
  const RsaForger& forger = this->TheForger();
  const Big n = forger.n();
  const RsaKey<TestFixture::kBits> key(RsaOf(n));
  const auto expect = [&](const std::string& signature, bool is_in_range) {
    typename RsaKey<TestFixture::kBits>::Block found, expected;
    size_t size = 0;
    EXPECT_EQ(key.Recover(AsBytes(signature), &found), is_in_range);
    EXPECT_EQ(RSA_verify_raw(&forger.key(), &size, expected.data(),
                             expected.size(), AsBytes(signature).data(),
                             signature.size(), RSA_NO_PADDING) == 1,
              is_in_range);
    if (is_in_range) {
      EXPECT_EQ(found, expected);
    }
    EXPECT_EQ(key.Verify(AsBytes(std::string(32, 'x')), AsBytes(signature)),
              Outcome::kInvalid);
  };
  const size_t size = this->kSize;
  for (const Big& s : {Big(0), Big(1), Big(2), n - 2, n - 1}) {
    expect(s.Bytes(size), true);
  }
  for (const Big& s :
       {n, n + 1, n + 2, Big::TwoTo(8 * static_cast<int>(size)) - 1}) {
    expect(s.Bytes(size), false);
  }
  // Other lengths, of numbers that are in the range.
  expect("", false);
  expect(Big(1).Bytes(1), false);
  expect((n - 1).Bytes(size + 1), false);
  expect(Big(1).Bytes(size - 1), false);
  expect(Big(1).Bytes(2 * size), false);
  ERR_clear_error();
}

// The digests that are told by their length.
const size_t kDigestSizes[] = {32, 48, 64};

TYPED_TEST(RsaKeyTest, AcceptsWhatIsSignedAndNothingElse) {
  const RsaForger& forger = this->TheForger();
  const AllWays ways(forger.key());
  for (const size_t digest_size : kDigestSizes) {
    std::string digest(digest_size, '\x1f');
    const std::string good = forger.Sign(forger.Pkcs1Block(digest));
    EXPECT_TRUE(forger.Verifies(digest, good));
    EXPECT_EQ(ways.Count(Outcome::kValid, digest, good), ways.size());
    // s + n has the same power.
    const Big s = Big::OfBytes(good);
    if (s + forger.n() < Big::TwoTo(8 * static_cast<int>(this->kSize))) {
      const std::string other = (s + forger.n()).Bytes(this->kSize);
      EXPECT_FALSE(forger.Verifies(digest, other));
      EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, other), ways.size());
    }
    for (size_t i = 0; i < good.size(); i += 5) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
      EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, bad), ways.size());
    }
    digest[3] = static_cast<char>(digest[3] ^ 4);
    EXPECT_FALSE(forger.Verifies(digest, good));
    EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, good), ways.size());
  }
  // Digests that the key does not know.
  const std::string zeros(this->kSize, '\0');
  for (const size_t digest_size : {0u, 20u, 28u, 31u, 33u, 65u}) {
    EXPECT_EQ(
        ways.Count(Outcome::kNotDecided, std::string(digest_size, 'x'), zeros),
        ways.size());
  }
}

// Every byte of the right encoding matters: one after the other is changed, and
// the block is signed.
TYPED_TEST(RsaKeyTest, ComparesAllOfThePadding) {
  const RsaForger& forger = this->TheForger();
  const AllWays ways(forger.key());
  const std::string digest(32, '\x33');
  const std::string good = forger.Pkcs1Block(digest);
  // A signature of 2048 bits by this private key takes about 2 ms.
  const size_t step = this->kSize == 256 ? 1 : 7;
  for (size_t i = 0; i < good.size(); i += step) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
    const std::string signature = forger.Sign(bad);
    EXPECT_FALSE(forger.Verifies(digest, signature)) << i;
    EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, signature), ways.size())
        << i;
  }
}

// Encodings that some implementation has taken.
TYPED_TEST(RsaKeyTest, TakesNoOtherEncoding) {
  const RsaForger& forger = this->TheForger();
  const AllWays ways(forger.key());
  const std::string digest(32, '\x33');
  const std::string good = forger.Pkcs1Block(digest);
  const std::string info = good.substr(good.size() - 19 - 32);
  const auto block = [&](const std::string& start, const std::string& end) {
    return start +
           std::string(this->kSize - start.size() - end.size(), '\xff') + end;
  };
  const std::string zero(1, '\0');
  const std::string start = zero + '\1';
  std::string without_null = info;
  without_null.erase(15, 2);  // 05 00
  without_null[1] = 47;
  without_null[3] = 11;
  std::string other_hash = info;
  other_hash[14] = 2;
  std::string long_length = info;  // 30 81 31
  long_length.insert(1, 1, '\x81');
  const std::string blocks[] = {
      block(start, zero + without_null),
      block(start, zero + other_hash),
      block(start, zero + long_length),
      block(start, zero + digest),
      block(zero + '\2', zero + info),
      block(zero + zero, zero + info),
      // Garbage behind, between, and in the padding (CVE-2006-4339).
      start + std::string(8, '\xff') + zero + info +
          std::string(this->kSize - 11 - info.size(), '\0'),
      start + std::string(8, '\xff') + zero +
          std::string(this->kSize - 11 - info.size(), 'x') + info,
      block(start, zero + zero + info),
      block(start, zero + info + '\1'),
      std::string(this->kSize, '\0'),
  };
  for (const std::string& bad : blocks) {
    ASSERT_EQ(bad.size(), this->kSize);
    const std::string signature = forger.Sign(bad);
    EXPECT_FALSE(forger.Verifies(digest, signature));
    EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, signature), ways.size());
  }
  EXPECT_EQ(ways.Count(Outcome::kValid, digest,
                       forger.Sign(block(start, zero + info))),
            ways.size());
}

TYPED_TEST(RsaKeyTest, ChecksPssAsTheLibraryDoes) {
  const RsaForger& forger = this->TheForger();
  const AllWays ways(forger.key());
  const EVP_MD* const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
  for (const EVP_MD* md : digests) {
    const size_t size = EVP_MD_size(md);
    const PssParameters parameters = {md, md, static_cast<int>(size)};
    const std::string digest(size, '\x44');
    const std::string block = forger.PssBlock(parameters, digest);
    const std::string good = forger.Sign(block);
    EXPECT_TRUE(forger.VerifiesPss(parameters, digest, good));
    EXPECT_EQ(ways.CountPss(Outcome::kValid, parameters, digest, good),
              ways.size());
    std::vector<std::string> bad = {"", good.substr(1), good + '\0',
                                    forger.n().Bytes(this->kSize),
                                    std::string(this->kSize, '\0')};
    for (size_t i = 0; i < block.size(); i += 29) {
      std::string changed = block;
      changed[i] = static_cast<char>(changed[i] ^ (1 << i % 7));
      bad.push_back(forger.Sign(changed));
    }
    for (const std::string& signature : bad) {
      EXPECT_FALSE(forger.VerifiesPss(parameters, digest, signature));
      EXPECT_EQ(ways.CountPss(Outcome::kInvalid, parameters, digest, signature),
                ways.size());
    }
    EXPECT_EQ(ways.CountPss(Outcome::kInvalid, parameters, digest + 'x', good),
              ways.size());
    EXPECT_EQ(ways.CountPss(Outcome::kInvalid, {md, md, 20}, digest, good),
              ways.size());
    // Not for the other padding.
    EXPECT_EQ(ways.Count(Outcome::kInvalid, digest, good), ways.size());
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TYPED_TEST(RsaKeyTest, TakesTheMemoryThatItSays) {
  const RsaKey<TestFixture::kBits> key(RsaOf(this->TheForger().n()));
  EXPECT_LE(key.bytes(), this->kSize * 5);
  EXPECT_EQ(key.bytes(), sizeof(key));
}

TYPED_TEST(RsaKeyTest, IsBuiltInSteps) {
  const auto builder =
      StartPreparing(this->TheForger().key(), Arithmetic::kIfma);
  EXPECT_EQ(builder->Step(), BuildState::kWorking);
  EXPECT_EQ(builder->Step(), BuildState::kDone);
  EXPECT_NE(builder->Take(), nullptr);
}

TYPED_TEST(RsaKeyTest, IsNotForOtherKeys) {
  const Big n = this->TheForger().n();
  const auto starts = [](const Big& modulus, const Big& exponent,
                         Arithmetic arithmetic) {
    return StartPreparing(*RsaOf(modulus, exponent), arithmetic) != nullptr;
  };
  EXPECT_TRUE(starts(n, 65537, Arithmetic::kIfma));
  EXPECT_TRUE(starts(n, 65537, Arithmetic::kBest));
  EXPECT_FALSE(starts(n, 65537, Arithmetic::kOff));
  EXPECT_FALSE(starts(n, 65537, Arithmetic::kPortable));
  EXPECT_FALSE(starts(n - 1, 65537, Arithmetic::kIfma)) << "even";
  for (const int64_t exponent : {1, 3, 17, 65535, 65536, 65539}) {
    EXPECT_FALSE(starts(n, exponent, Arithmetic::kIfma)) << exponent;
  }
  EXPECT_FALSE(starts(n, Big::TwoTo(64) + 65537, Arithmetic::kIfma));
  const Big top = Big::TwoTo(8 * static_cast<int>(this->kSize) - 1);
  EXPECT_FALSE(starts(n - top, 65537, Arithmetic::kIfma)) << "a bit less";
  EXPECT_FALSE(starts(n + top + top, 65537, Arithmetic::kIfma)) << "one more";
  EXPECT_FALSE(starts(15, 65537, Arithmetic::kIfma));
  const bssl::UniquePtr<RSA> empty(RSA_new());
  EXPECT_EQ(StartPreparing(*empty, Arithmetic::kIfma), nullptr);
}

TEST(RsaKey, HasTheLibrarysDigestInfo) {
  const RsaForger forger(2048);
  for (const size_t size : kDigestSizes) {
    const Bytes prefix = DigestInfoPrefix(size);
    const std::string block = forger.Pkcs1Block(std::string(size, 'x'));
    EXPECT_EQ(std::string(prefix.begin(), prefix.end()),
              block.substr(block.size() - size - prefix.size(), prefix.size()));
  }
  EXPECT_TRUE(DigestInfoPrefix(20).empty());
}

}  // namespace
}  // namespace chainkeep::signature::prepared
