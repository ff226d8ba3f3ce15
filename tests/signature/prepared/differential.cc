#include "tests/signature/prepared/differential.h"

#include <array>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/forger.h"

namespace chainkeep::test {
namespace {

// Tables cost as much as some hundred signatures.
constexpr int kForgeriesAKey = 150;

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  uint64_t Pick(uint64_t limit) { return random_() % limit; }

  Big Below(const Big& limit) {
    std::array<uint64_t, 7> words;
    for (uint64_t& word : words) word = random_();
    return Big::OfWords(words).Modulo(limit);
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

void Print(const Forger& forger, const Forgery& forgery, bool verifies) {
  std::string digest, signature;
  const auto append = [](const std::string& bytes, std::string* hex) {
    for (const char c : bytes) {
      char two[3];
      std::snprintf(two, sizeof(two), "%02x", static_cast<unsigned char>(c));
      *hex += two;
    }
  };
  append(forgery.digest, &digest);
  append(forgery.signature, &signature);
  const bssl::UniquePtr<char> d(BN_bn2hex(forger.d().get()));
  std::fprintf(stderr,
               "disagreement: the library %s; d %s, digest %s, signature %s\n",
               verifies ? "accepts" : "refuses", d.get(), digest.c_str(),
               signature.c_str());
}

void Compare(const Forger& forger, const AllWays& ways, const Forgery& forgery,
             Differential* result) {
  const bool verifies = forger.Verifies(forgery.digest, forgery.signature);
  const size_t valid =
      ways.Count(Outcome::kValid, forgery.digest, forgery.signature);
  const size_t invalid =
      ways.Count(Outcome::kInvalid, forgery.digest, forgery.signature);
  const size_t wrong = verifies ? invalid : valid;
  result->answers += ways.size();
  result->valid += valid;
  result->invalid += invalid;
  result->undecided += ways.size() - valid - invalid;
  if (wrong > 0 && result->disagreements < 10) {
    Print(forger, forgery, verifies);
  }
  result->disagreements += wrong;
}

}  // namespace

Differential RunDifferential(uint64_t answers, uint64_t seed) {
  Maker maker(seed);
  Differential result;
  uint64_t answers_384 = 0;
  while (result.answers < answers) {
    const bool is_384 = answers_384 * 10 < result.answers;
    const uint64_t before = result.answers;
    const int nid = is_384 ? NID_secp384r1 : NID_X9_62_prime256v1;
    const Big order = Forger(nid, 1).order();
    Big d = maker.Pick(4) == 0 ? maker.Structured(order) : maker.Below(order);
    if (d == 0) d = 1;
    const Forger forger(nid, d);
    const AllWays ways(forger.key());
    for (int i = 0; i < kForgeriesAKey && result.answers < answers; ++i) {
      const auto forgery = forger.Forge(maker.Any(order), maker.Any(order));
      if (!forgery.has_value()) continue;
      for (const Forgery& variant : Variants(forger, *forgery, &maker)) {
        Compare(forger, ways, variant, &result);
      }
    }
    if (is_384) answers_384 += result.answers - before;
  }
  return result;
}

}  // namespace chainkeep::test
