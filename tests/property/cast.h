// The cast of the property test of R82: few CAs, devices, accounts and names,
// picked so that they are easily taken for each other.
//
// The tables below are the facts, as small numbers, from which an oracle can
// reason about who issued what without looking into a certificate; Cast makes
// the real certificates that say the same. Made once, then read by any thread.

#ifndef CHAINKEEP_TESTS_PROPERTY_CAST_H_
#define CHAINKEEP_TESTS_PROPERTY_CAST_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"
#include "openssl/evp.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

inline constexpr int kNone = -1;

// CertificateFacts says what a certificate says and who signed it. Two numbers
// of one kind are equal where the certificates agree.
struct CertificateFacts {
  int subject;
  int key;
  int key_id;  // kNone: it says none
  int issuer;
  int signer;
  int authority_key_id;  // kNone: it says none
};

// Six CAs of one name: an honest one, one with another key, one with another
// key that claims the honest one's key id, the honest one again as cross-signed
// by a root, without a key id, one that spells the name another way, and the
// honest one once more, with another key id. Between them that root, a CA below
// it, and a CA that has nothing to do with the others.
inline constexpr CertificateFacts kCas[] = {
    {0, 0, 0, 0, 0, kNone},      // 0: honest
    {0, 1, 1, 0, 1, kNone},      // 1: another key
    {0, 2, 0, 0, 2, kNone},      // 2: a look-alike
    {0, 0, kNone, 1, 3, kNone},  // 3: cross-signed
    {0, 6, kNone, 0, 6, kNone},  // 4: another spelling
    {1, 3, 3, 1, 3, kNone},      // 5: the root
    {2, 4, 4, 1, 3, 3},          // 6: below the root
    {3, 5, 5, 3, 5, kNone},      // 7: on its own
    {0, 0, 1, 0, 0, kNone},      // 8: renewed
};
inline constexpr int kCaCount = std::size(kCas);
inline constexpr int kOtherSpelling = 4;  // the CA

// Devices of them, and two that nobody vouches for. Their subjects and own keys
// do not matter.
inline constexpr CertificateFacts kLeaves[] = {
    {9, 9, kNone, 0, 0, 0},      // 0: of CA 0, 3 or 8, with a key id
    {9, 9, kNone, 0, 0, kNone},  // 1: of CA 0, 3 or 8, without
    {9, 9, kNone, 0, 1, 1},      // 2: of CA 1
    {9, 9, kNone, 0, 2, 0},      // 3: of CA 2
    {9, 9, kNone, 0, 6, kNone},  // 4: of CA 4
    {9, 9, kNone, 1, 3, 3},      // 5: of CA 5
    {9, 9, kNone, 2, 4, kNone},  // 6: of CA 6
    {9, 9, kNone, 3, 5, 7},      // 7: of CA 7, asks for a wrong key id
    {9, 9, kNone, 0, 8, 0},      // 8: signed by a stranger in their name
    {9, 9, kNone, 4, 8, kNone},  // 9: of a CA that is not here
};
inline constexpr int kLeafCount = std::size(kLeaves);

inline constexpr int kAccountCount = 4;
inline constexpr int kRegionCount = 2;
inline constexpr int kHostCount = 5;

// ServerNameFacts is something that a client sends in server_name.
struct ServerNameFacts {
  std::string_view text;
  int host;  // the endpoint it means; kUnknown or kMalformed
  bool is_ip_literal = false;
};
inline constexpr int kUnknown = -2;
inline constexpr int kMalformed = -3;

inline constexpr std::string_view kLongLabel =
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl";
static_assert(kLongLabel.size() == 64);

inline constexpr ServerNameFacts kServerNames[] = {
    {"h0.example.com", 0},
    {"h1.example.com", 1},
    {"h2.example.com", 2},
    {"h3.example.com", 3},
    {"h4.example.com", 4},
    {"H0.Example.COM", 0},
    {"h1.EXAMPLE.com", 1},
    {"h5.example.com", kUnknown},
    {"example.com", kUnknown},
    {"x.h0.example.com", kUnknown},
    {"", kMalformed},
    {"h0.example.com.", kMalformed},
    {".h0.example.com", kMalformed},
    {"h0..example.com", kMalformed},
    {"-h0.example.com", kMalformed},
    {"*.example.com", kMalformed},
    {"h0.example.com/", kMalformed},
    {"h0.example\xc3\xa4.com", kMalformed},
    {{"h0.example.com\0.evil.com", 24}, kMalformed},
    {{"h0.example.com\0", 15}, kMalformed},
    {kLongLabel, kMalformed},
    {"192.0.2.1", kMalformed, true},
    {"2001:db8::1", kMalformed, true},
};
inline constexpr int kServerNameCount = std::size(kServerNames);

// Cast is the certificates, the accounts and the names themselves.
class Cast {
 public:
  // The one there is. It lives for ever.
  static const Cast& Get();

  const TestCertificate& ca(int i) const { return cas_[i]; }
  const std::string& ca_pem(int i) const { return ca_pems_[i]; }
  const CertificateId& ca_id(int i) const { return ca_ids_[i]; }
  const TestCertificate& leaf(int i) const { return leaves_[i]; }
  const Account& account(int i) const { return accounts_[i]; }
  const Region& region(int i) const { return regions_[i]; }
  static std::string Host(int i) { return std::string(kServerNames[i].text); }

  // A verification certificate of CA `i` for `code`, in PEM.
  std::string ProofPem(int i, std::string_view code) const;

 private:
  Cast();
  TestCertificate Make(CertificateSpec spec, const CertificateFacts& facts);
  EVP_PKEY* key(int i) const { return keys_[i].get(); }

  std::array<bssl::UniquePtr<EVP_PKEY>, 10> keys_;
  std::vector<TestCertificate> cas_, leaves_;
  std::vector<std::string> ca_pems_;
  std::vector<CertificateId> ca_ids_;
  std::vector<Account> accounts_;
  std::vector<Region> regions_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROPERTY_CAST_H_
