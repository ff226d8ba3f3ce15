// CRLs for tests: good ones, and ones that no CA would issue.
//
//   CrlSpec spec;
//   spec.revoked = {{.serial = "\x01"}};
//   const std::string crl = MakeCrl(spec, ca);
//
// Like MakeCertificate, MakeCrl does not judge: a spec that breaks RFC 5280
// gives a CRL that does. Any thread may call.

#ifndef CHAINKEEP_TESTS_SUPPORT_TEST_CRLS_H_
#define CHAINKEEP_TESTS_SUPPORT_TEST_CRLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

struct RevokedSpec {
  std::string serial;  // contents of the INTEGER
  UnixSeconds revoked_at = kTestNow - kDay;
  // Extensions, whole elements; none: absent.
  std::optional<std::string> extensions = std::nullopt;
};

struct CrlSpec {
  // Contents of the version INTEGER; none: absent, which is v1.
  std::optional<std::string> version = std::string("\x01");
  // Overrides the issuer's subject.
  std::optional<DistinguishedName> issuer = std::nullopt;
  UnixSeconds this_update = kTestNow - kDay;
  std::optional<UnixSeconds> next_update = kTestNow + 30 * kDay;
  std::vector<RevokedSpec> revoked = {};
  // Extensions, whole elements; empty: no crlExtensions.
  std::string extensions = {};
  // Whether revokedCertificates, and crlExtensions, is written though empty.
  bool writes_empty_revoked = false;
  bool writes_empty_extensions = false;
  // If set, stands in place of the AlgorithmIdentifier, whole elements.
  std::optional<std::string> inner_algorithm = std::nullopt;
  std::optional<std::string> outer_algorithm = std::nullopt;
  DigestType digest = DigestType::kSha256;
  RsaPadding padding = RsaPadding::kPkcs1;
};

// MakeCrl signs with the key of `issuer`.
std::string MakeCrl(const CrlSpec& spec, const TestCertificate& issuer);

// One Extension element.
std::string EncodeExtension(std::string_view oid, std::string_view value);
std::string EncodeCriticalExtension(std::string_view oid,
                                    std::string_view value);

// OIDs of extensions of CRLs, and of cRLDistributionPoints.
inline constexpr std::string_view kCrlNumberOid = "2.5.29.20";
inline constexpr std::string_view kReasonCodeOid = "2.5.29.21";
inline constexpr std::string_view kInvalidityDateOid = "2.5.29.24";
inline constexpr std::string_view kDeltaCrlIndicatorOid = "2.5.29.27";
inline constexpr std::string_view kIssuingDistributionPointOid = "2.5.29.28";
inline constexpr std::string_view kCertificateIssuerOid = "2.5.29.29";
inline constexpr std::string_view kCrlDistributionPointsOid = "2.5.29.31";
inline constexpr std::string_view kAuthorityKeyIdentifierOid = "2.5.29.35";

// The value of a reasonCode.
std::string EncodeReason(uint8_t reason);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_TEST_CRLS_H_
