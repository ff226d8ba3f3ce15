#include "tests/signature/prepared/differential.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "openssl/curve25519.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/ed25519_forger.h"
#include "tests/signature/prepared/forger.h"
#include "tests/signature/prepared/rsa_forger.h"

namespace chainkeep::test {
namespace {

// Tables cost as much as some hundred signatures.
constexpr int kForgeriesAKey = 150;
constexpr int kBlocksAKey = 20;

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  uint64_t Pick(uint64_t limit) { return random_() % limit; }

  Big Below(const Big& limit) {
    Big number;
    for (unsigned bits = 0; bits < BN_num_bits(limit.get()) + 64; bits += 64) {
      number = number.TimesTwoTo(64) + Big::OfWords<1>({random_()});
    }
    return number.Modulo(limit);
  }

  // A number that is short, sparse, or has long runs of a digit.
  Big Structured(const Big& n) {
    const int bits = static_cast<int>(BN_num_bits(n.get()));
    Big number;
    switch (Pick(4)) {
      case 0:
        number = static_cast<int64_t>(Pick(40));
        break;
      case 1:
        number = PowerOfTwo(bits);
        break;
      case 2:
        number =
            PowerOfTwo(bits) - PowerOfTwo(bits) + static_cast<int64_t>(Pick(3));
        break;
      default: {
        // The same few digits all the way.
        const int width = static_cast<int>(4 + Pick(9));
        const Big digits = static_cast<int64_t>(Pick(uint64_t{1} << width));
        for (int at = 0; at < bits; at += width) {
          number = number + digits.TimesTwoTo(at);
        }
      }
    }
    return (Pick(2) == 0 ? number : n - number).Modulo(n);
  }

  Big Any(const Big& n) { return Pick(2) == 0 ? Below(n) : Structured(n); }

 private:
  Big PowerOfTwo(int bits) {
    return Big::TwoTo(static_cast<int>(Pick(static_cast<uint64_t>(bits))));
  }

  std::mt19937_64 random_;
};

void FlipBit(Maker* maker, std::string* bytes) {
  if (bytes->empty()) return;
  const size_t bit = maker->Pick(8 * bytes->size());
  (*bytes)[bit / 8] = static_cast<char>((*bytes)[bit / 8] ^ (1 << bit % 8));
}

// A signature and three that are made of it.
std::vector<Forgery> Variants(const Forger& forger, const Forgery& good,
                              Maker* maker) {
  const Big& n = forger.order();
  std::vector<Forgery> all = {good, good, good};
  FlipBit(maker, maker->Pick(2) == 0 ? &all[1].digest : &all[1].signature);
  const Big z = good.s;  // any number
  switch (maker->Pick(4)) {
    case 0:  // the opposite: verifies
      all[2] = forger.Write(z, good.r, n - good.s);
      all[2].digest = good.digest;
      break;
    case 1:
      all[2] = forger.Write(z, good.s, good.r);
      break;
    case 2:
      all[2] = forger.Write(z, maker->Structured(n), maker->Structured(n));
      break;
    default:
      all[2] = forger.Write(z, good.r + n, good.s);
      break;
  }
  return all;
}

// In hexadecimal.
std::string Hex(const std::string& bytes) {
  std::string hex;
  for (const char c : bytes) {
    char two[3];
    std::snprintf(two, sizeof(two), "%02x", static_cast<unsigned char>(c));
    hex += two;
  }
  return hex;
}

std::string Hex(const Big& number) {
  return bssl::UniquePtr<char>(BN_bn2hex(number.get())).get();
}

// Counts what `ways` say of what the library accepts if `verifies`; `key` is
// for the reader.
void Compare(const AllWays& ways, bool verifies, const std::string& key,
             const std::string& input, const std::string& signature,
             Differential* result) {
  const size_t valid = ways.Count(Outcome::kValid, input, signature);
  const size_t invalid = ways.Count(Outcome::kInvalid, input, signature);
  const size_t wrong = verifies ? invalid : valid;
  result->answers += ways.size();
  result->valid += valid;
  result->invalid += invalid;
  result->undecided += ways.size() - valid - invalid;
  if (wrong > 0 && result->disagreements < 10) {
    std::fprintf(stderr,
                 "disagreement: the library %s; %s, input %s, signature %s\n",
                 verifies ? "accepts" : "refuses", key.c_str(),
                 Hex(input).c_str(), Hex(signature).c_str());
  }
  result->disagreements += wrong;
}

void TryEcdsaKey(int nid, uint64_t answers, Maker* maker,
                 Differential* result) {
  const Big order = Forger(nid, 1).order();
  Big d = maker->Pick(4) == 0 ? maker->Structured(order) : maker->Below(order);
  if (d == 0) d = 1;
  const Forger forger(nid, d);
  const AllWays ways(forger.key());
  for (int i = 0; i < kForgeriesAKey && result->answers < answers; ++i) {
    const auto forgery = forger.Forge(maker->Any(order), maker->Any(order));
    if (!forgery.has_value()) continue;
    for (const Forgery& variant : Variants(forger, *forgery, maker)) {
      Compare(ways, forger.Verifies(variant.digest, variant.signature),
              "d " + Hex(d), variant.digest, variant.signature, result);
    }
  }
}

// Each good block and signature with others that are made of it. Good ones are
// dear to make, so there are many others.
void TryRsaKey(int bits, uint64_t answers, Maker* maker, Differential* result) {
  const RsaForger forger(bits, maker->Pick(~uint64_t{0}));
  const AllWays ways(forger.key());
  const std::string key = "n " + Hex(forger.n());
  const auto compare = [&](const std::string& digest,
                           const std::string& signature) {
    Compare(ways, forger.Verifies(digest, signature), key, digest, signature,
            result);
  };
  for (int i = 0; i < kBlocksAKey && result->answers < answers; ++i) {
    std::string digest = maker->Below(Big::TwoTo(512)).Bytes(64);
    digest.resize(32 + 16 * maker->Pick(3));
    std::string block = forger.Pkcs1Block(digest);
    const std::string good = forger.Sign(block);
    for (int repeat = 0; repeat < 20; ++repeat) compare(digest, good);
    FlipBit(maker, &block);
    compare(digest, forger.Sign(block));
    for (int j = 0; j < 20; ++j) {
      std::string changed = good;
      FlipBit(maker, &changed);
      compare(digest, changed);
      changed = digest;
      FlipBit(maker, &changed);
      compare(changed, good);
      // May be n or more, may be short.
      compare(digest, maker->Any(Big::TwoTo(bits)).Bytes(forger.size()));
      compare(digest, (Big::OfBytes(good) + forger.n() * maker->Pick(2))
                          .Bytes(forger.size() + maker->Pick(2)));
    }
  }
}

// What is signed by the library, and what is made of it; and what Big signs, by
// keys and about points with parts of small order.
void TryEd25519Key(uint64_t answers, Maker* maker, Differential* result) {
  const std::string seed = maker->Below(Big::TwoTo(256)).Bytes(32);
  std::string key(ED25519_PUBLIC_KEY_LEN, '\0');
  std::array<uint8_t, ED25519_PRIVATE_KEY_LEN> secret;
  ED25519_keypair_from_seed(reinterpret_cast<uint8_t*>(key.data()),
                            secret.data(),
                            reinterpret_cast<const uint8_t*>(seed.data()));
  const AllWays ways(key);
  const Big& order = slow::Order();
  for (int i = 0; i < kForgeriesAKey && result->answers < answers; ++i) {
    std::string message(maker->Pick(300), static_cast<char>(i));
    std::string good(ED25519_SIGNATURE_LEN, '\0');
    if (ED25519_sign(reinterpret_cast<uint8_t*>(good.data()),
                     reinterpret_cast<const uint8_t*>(message.data()),
                     message.size(), secret.data()) != 1) {
      std::abort();
    }
    const auto compare = [&](const std::string& signature) {
      Compare(ways, Ed25519Verifies(key, message, signature), "key " + Hex(key),
              message, signature, result);
    };
    compare(good);
    std::string changed = good;
    FlipBit(maker, &changed);
    compare(changed);
    const std::string r = good.substr(0, 32);
    compare(r + slow::LittleEndian(
                    slow::FromLittleEndian(good.substr(32)) + order, 32));
    compare(r + slow::LittleEndian(maker->Any(order), 32));
    compare(slow::Encode(slow::Torsion(i)) + good.substr(32));
    FlipBit(maker, &message);
    compare(good);
    FlipBit(maker, &message);
  }
  const Big a = maker->Any(order);
  const Ed25519Forger forger(maker->Pick(4) == 0 ? Big(0) : a,
                             static_cast<int>(maker->Pick(8)));
  const AllWays of_forger(forger.key());
  for (int i = 0; i < 8 && result->answers < answers; ++i) {
    const std::string signature = forger.Sign("message", maker->Any(order), i);
    Compare(of_forger, forger.Verifies("message", signature),
            "key " + Hex(forger.key()), "message", signature, result);
  }
}

}  // namespace

Differential RunDifferential(uint64_t answers, uint64_t seed) {
  Maker maker(seed);
  Differential result;
  const bool has_rsa =
      signature::prepared::Choose(Arithmetic::kIfma).has_value();
  uint64_t of_p384 = 0;
  uint64_t of_ed25519 = 0;
  uint64_t of_rsa = 0;
  while (result.answers < answers) {
    const uint64_t before = result.answers;
    if (of_p384 * 10 < before) {
      TryEcdsaKey(NID_secp384r1, answers, &maker, &result);
      of_p384 += result.answers - before;
    } else if (of_ed25519 * 5 < before) {
      TryEd25519Key(answers, &maker, &result);
      of_ed25519 += result.answers - before;
    } else if (has_rsa && of_rsa * 10 < before) {
      const int bits = static_cast<int>(2048 + 1024 * maker.Pick(3));
      TryRsaKey(bits, answers, &maker, &result);
      of_rsa += result.answers - before;
    } else {
      TryEcdsaKey(NID_X9_62_prime256v1, answers, &maker, &result);
    }
  }
  return result;
}

}  // namespace chainkeep::test
