#include "engine/signature/ml_dsa.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/ml_dsa.h"

namespace chainkeep::signature {
namespace {

using test::MlDsaSigner;
using test::Oid;
using test::Tlv;
using Kind = der::Fault::Kind;

constexpr std::string_view kMessage = "the part that is signed";

struct Set {
  MlDsa set;
  Scheme scheme;
  KeyKind kind;
  const char* name;
  const char* oid;
  const char* mode;  // in the vectors
};

constexpr Set kSets[] = {
    {MlDsa::k44, Scheme::kMlDsa44, KeyKind::kMlDsa44, "ML-DSA-44",
     "2.16.840.1.101.3.4.3.17", "ML-DSA-4x4"},
    {MlDsa::k65, Scheme::kMlDsa65, KeyKind::kMlDsa65, "ML-DSA-65",
     "2.16.840.1.101.3.4.3.18", "ML-DSA-6x5"},
    {MlDsa::k87, Scheme::kMlDsa87, KeyKind::kMlDsa87, "ML-DSA-87",
     "2.16.840.1.101.3.4.3.19", "ML-DSA-8x7"},
};

PublicKey ParseKey(const MlDsaSigner& signer) {
  auto parsed = PublicKey::Parse(AsBytes(signer.Spki()));
  EXPECT_TRUE(parsed.ok()) << parsed.fault().what;
  return *std::move(parsed);
}

TEST(MlDsa, VerifiesWhatWasSignedAndNothingElse) {
  for (const Set& c : kSets) {
    SCOPED_TRACE(c.name);
    const MlDsaSigner signer(c.set);
    const PublicKey key = ParseKey(signer);
    const SignatureAlgorithm algorithm{c.scheme, Digest::kNone};
    const std::string signature = signer.Sign(kMessage);
    EXPECT_TRUE(key.Verify(algorithm, AsBytes(kMessage), AsBytes(signature)));
    EXPECT_FALSE(ParseKey(MlDsaSigner(c.set, 2))
                     .Verify(algorithm, AsBytes(kMessage), AsBytes(signature)));
    EXPECT_FALSE(key.Verify(algorithm, Bytes(), AsBytes(signature)));
    EXPECT_FALSE(
        key.Verify(algorithm, AsBytes("another part"), AsBytes(signature)));
    // The first byte of each third: challenge, response, hints.
    for (const size_t at : {size_t{0}, signature.size() / 2,
                            signature.size() - 1, signature.size() - 60}) {
      std::string changed = signature;
      changed[at] = static_cast<char>(changed[at] ^ 0x01);
      EXPECT_FALSE(key.Verify(algorithm, AsBytes(kMessage), AsBytes(changed)))
          << at;
    }
    // What failed before leaves no trace.
    EXPECT_TRUE(key.Verify(algorithm, AsBytes(kMessage), AsBytes(signature)));
  }
}

TEST(MlDsa, SignaturesOfAnotherLengthAreNone) {
  for (const Set& c : kSets) {
    SCOPED_TRACE(c.name);
    const MlDsaSigner signer(c.set);
    const PublicKey key = ParseKey(signer);
    const SignatureAlgorithm algorithm{c.scheme, Digest::kNone};
    const std::string signature = signer.Sign(kMessage);
    EXPECT_EQ(signature.size(), SizesOf(c.set).signature);
    for (const std::string& other :
         {std::string(), signature.substr(1),
          signature.substr(0, signature.size() - 1),
          signature + std::string(1, '\0'), signature + signature}) {
      EXPECT_FALSE(key.Verify(algorithm, AsBytes(kMessage), AsBytes(other)));
    }
  }
}

// I1: the key fixes the algorithm.
TEST(MlDsa, I1_AnotherAlgorithmDoesNotFit) {
  for (const Set& c : kSets) {
    SCOPED_TRACE(c.name);
    const MlDsaSigner signer(c.set);
    const PublicKey key = ParseKey(signer);
    const std::string signature = signer.Sign(kMessage);
    for (const Scheme scheme :
         {Scheme::kRsaPkcs1, Scheme::kRsaPss, Scheme::kEcdsa, Scheme::kEd25519,
          Scheme::kMlDsa44, Scheme::kMlDsa65, Scheme::kMlDsa87}) {
      if (scheme == c.scheme) continue;
      for (const Digest digest : {Digest::kNone, Digest::kSha256}) {
        EXPECT_FALSE(key.Fits({scheme, digest}));
        EXPECT_FALSE(key.Verify({scheme, digest}, AsBytes(kMessage),
                                AsBytes(signature)));
      }
    }
    for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kP256, KeyKind::kP384,
                               KeyKind::kP521, KeyKind::kEd25519}) {
      EXPECT_FALSE(Fits(kind, {c.scheme, Digest::kNone}));
    }
  }
}

TEST(MlDsa, KeysAreOfOneLengthAndWithoutParameters) {
  for (const Set& c : kSets) {
    SCOPED_TRACE(c.name);
    const std::string key = MlDsaSigner(c.set).PublicKey();
    ASSERT_EQ(key.size(), SizesOf(c.set).key);
    const auto spki = [&](const std::string& parameters,
                          const std::string& bits) {
      return Tlv(0x30, Tlv(0x30, Oid(c.oid) + parameters) + Tlv(0x03, bits));
    };
    const std::string whole(1, '\0');  // no unused bits
    const struct {
      const char* what;
      std::string spki;
      Kind kind;
    } kCases[] = {
        {"good", spki("", whole + key), Kind::kNone},
        {"NULL", spki(Tlv(0x05, ""), whole + key), Kind::kIllFormed},
        {"empty SEQUENCE", spki(Tlv(0x30, ""), whole + key), Kind::kIllFormed},
        {"no key", spki("", whole), Kind::kIllFormed},
        {"cut", spki("", whole + key.substr(1)), Kind::kIllFormed},
        {"longer", spki("", whole + key + "x"), Kind::kIllFormed},
        {"in an OCTET STRING", spki("", whole + Tlv(0x04, key)),
         Kind::kIllFormed},
        {"unused bits", spki("", "\x01" + key), Kind::kIllFormed},
        {"a prefix of the OID",
         Tlv(0x30,
             Tlv(0x30, Oid("2.16.840.1.101.3.4.3")) + test::BitString(key)),
         Kind::kUnsupported},
    };
    for (const auto& one : kCases) {
      SCOPED_TRACE(one.what);
      const auto info = InspectKey(AsBytes(one.spki));
      EXPECT_EQ(info.fault().kind, one.kind);
      EXPECT_EQ(PublicKey::Parse(AsBytes(one.spki)).ok(), info.ok());
      if (!info.ok()) continue;
      EXPECT_EQ(info->kind, c.kind);
      EXPECT_EQ(KeyName(*info), c.name);
    }
  }
}

// The key itself guards its length, too: Botan throws.
TEST(MlDsaKey, IsNoneOfAnotherLength) {
  for (const Set& c : kSets) {
    const std::string key(SizesOf(c.set).key, 'k');
    EXPECT_NE(MlDsaKey::Parse(c.set, AsBytes(key)), nullptr) << c.name;
    EXPECT_EQ(MlDsaKey::Parse(c.set, Bytes()), nullptr) << c.name;
    EXPECT_EQ(MlDsaKey::Parse(c.set, AsBytes(key).subspan(1)), nullptr)
        << c.name;
    EXPECT_EQ(MlDsaKey::Parse(c.set, AsBytes(key + "k")), nullptr) << c.name;
  }
}

TEST(MlDsa, IdentifiersHaveNoParameters) {
  for (const Set& c : kSets) {
    const auto good = ParseSignatureAlgorithm(AsBytes(Oid(c.oid)));
    ASSERT_TRUE(good.ok()) << c.name;
    EXPECT_EQ(*good, (SignatureAlgorithm{c.scheme, Digest::kNone})) << c.name;
    const std::string with_null = Oid(c.oid) + Tlv(0x05, "");
    EXPECT_EQ(ParseSignatureAlgorithm(AsBytes(with_null)).fault().kind,
              Kind::kIllFormed)
        << c.name;
  }
  // The neighbours: DSA with SHA-2, HashML-DSA-44, SLH-DSA.
  for (const char* oid : {"2.16.840.1.101.3.4.3.2", "2.16.840.1.101.3.4.3.16",
                          "2.16.840.1.101.3.4.3.20", "2.16.840.1.101.3.4.3.32",
                          "2.16.840.1.101.3.4.3.17.1"}) {
    EXPECT_EQ(ParseSignatureAlgorithm(AsBytes(Oid(oid))).fault().kind,
              Kind::kUnsupported)
        << oid;
  }
}

TEST(MlDsa, IsRefusedUnlessItsSetIsAskedFor) {
  for (const Set& c : kSets) {
    SCOPED_TRACE(c.name);
    const SignatureAlgorithm algorithm{c.scheme, Digest::kNone};
    const KeyInfo info{.kind = c.kind};
    for (const AlgorithmPolicy& policy : {AlgorithmPolicy(), kAws}) {
      EXPECT_FALSE(IsAllowed(policy, algorithm));
      EXPECT_FALSE(IsStrongEnough(policy, info));
    }
    for (const Set& asked : kSets) {
      AlgorithmPolicy policy;
      policy.ml_dsa = {asked.set};
      EXPECT_EQ(IsAllowed(policy, algorithm), asked.set == c.set);
      EXPECT_EQ(IsStrongEnough(policy, info), asked.set == c.set);
    }
  }
}

// One verifier is handed from thread to thread; whoever finds none makes one.
// Botan's own keys are not for this: two verifiers of one disturb each other.
TEST(MlDsa, AKeyIsSharedByThreads) {
  const MlDsaSigner signer(MlDsa::k44);
  const PublicKey key = ParseKey(signer);
  const SignatureAlgorithm algorithm{Scheme::kMlDsa44, Digest::kNone};
  const std::string signature = signer.Sign(kMessage);
  std::string bad = signature;
  bad.back() = static_cast<char>(bad.back() ^ 0x01);
  std::atomic<int> good_taken{0}, bad_taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        good_taken +=
            key.Verify(algorithm, AsBytes(kMessage), AsBytes(signature));
        bad_taken += key.Verify(algorithm, AsBytes(kMessage), AsBytes(bad));
        bad_taken += key.Verify(algorithm, AsBytes("m"), AsBytes(signature));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good_taken, 100);
  EXPECT_EQ(bad_taken, 0);
}

// Project Wycheproof's signatures, as Botan ships them: lines "Name = value"; a
// value holds until the next of its name, and "Valid" ends a case.
TEST(MlDsa, AgreesWithWycheproof) {
  const char* const path = std::getenv("ML_DSA_VECTORS");
  ASSERT_NE(path, nullptr);
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::map<std::string, std::string> values;
  std::map<std::string, int> cases;  // by what is to come of them
  std::string line, title;
  while (std::getline(file, line)) {
    if (line.starts_with("#")) title = line;
    const size_t equals = line.find(" =");
    if (line.starts_with("#") || equals == std::string::npos) continue;
    const std::string name = line.substr(0, equals);
    const size_t value = line.find_first_not_of(' ', equals + 2);
    values[name] = value == std::string::npos ? "" : line.substr(value);
    if (name != "Valid") continue;
    for (const Set& c : kSets) {
      if (values["Mode"] != c.mode) continue;
      const std::string key_bytes = test::FromHex(values["Key"]);
      const auto key = MlDsaKey::Parse(c.set, AsBytes(key_bytes));
      const bool verified =
          key != nullptr &&
          key->Verify(AsBytes(test::FromHex(values["Msg"])),
                      AsBytes(test::FromHex(values["Signature"])));
      EXPECT_EQ(verified, values["Valid"] == "1") << c.name << " " << title;
      ++cases[values["Valid"]];
    }
  }
  EXPECT_EQ(cases["0"], 46);
  EXPECT_EQ(cases["1"], 175);
}

}  // namespace
}  // namespace chainkeep::signature
