// Which part of a CA's certificates a CRL speaks of: the
// issuingDistributionPoint of the CRL (RFC 5280 §5.2.5) and the
// cRLDistributionPoints of a certificate (§4.2.1.13), and whether the two mean
// the same.
//
// Views of DER, no copy; a name that is relative to its issuer is put together
// in memory of its own. Plain values; any thread may read them.

#ifndef CHAINKEEP_ENGINE_X509_DISTRIBUTION_POINT_H_
#define CHAINKEEP_ENGINE_X509_DISTRIBUTION_POINT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name.h"

namespace chainkeep::x509 {

// ReasonMask has bit n set for bit n of ReasonFlags; bit 0 means nothing.
using ReasonMask = uint16_t;
inline constexpr ReasonMask kAllReasons = 0x1fe;

// kMaxPointBytes bounds what a distribution point may be called: the extnValue
// of either extension, and a relative name with its issuer. Real ones have a
// few hundred bytes, and what is asked on every handshake is to cost no more.
inline constexpr size_t kMaxPointBytes = 4096;

// DistributionPointName has exactly one of the two.
struct DistributionPointName {
  std::optional<GeneralNames> full_name;
  // Contents of the SET of nameRelativeToCRLIssuer.
  std::optional<Bytes> relative_name;
};

// CertificateScope says to which certificates a CRL limits itself.
enum class CertificateScope : uint8_t {
  kAll,
  kEndEntity,  // onlyContainsUserCerts
  kCa,         // onlyContainsCACerts
  kAttribute,  // onlyContainsAttributeCerts: none that this library knows
};

struct IssuingDistributionPoint {
  std::optional<DistributionPointName> name;
  CertificateScope scope = CertificateScope::kAll;
  ReasonMask reasons = kAllReasons;
  bool is_indirect = false;

  // Parse reads an extnValue. At most one of the scopes may be named. More than
  // 16 names, or than kMaxPointBytes, are kUnsupported.
  static der::Result<IssuingDistributionPoint> Parse(
      Bytes value, der::Tolerated* tolerated = nullptr);
};

// DistributionPoint is one of a certificate's.
struct DistributionPoint {
  std::optional<DistributionPointName> name;
  ReasonMask reasons = kAllReasons;
  // Somebody else than the certificate's issuer signs the CRL.
  bool has_crl_issuer = false;
};

// DistributionPoints is a list of at least one.
class DistributionPoints {
 public:
  // Parse reads the extnValue of cRLDistributionPoints. More than 16 points, 64
  // names in all of them, or kMaxPointBytes are kUnsupported.
  static der::Result<DistributionPoints> Parse(
      Bytes value, der::Tolerated* tolerated = nullptr);

  Bytes contents() const { return contents_; }

 private:
  explicit DistributionPoints(Bytes contents) : contents_(contents) {}

  Bytes contents_;
};

class DistributionPointReader {
 public:
  explicit DistributionPointReader(const DistributionPoints& points)
      : rest_(points.contents()) {}

  // The next one, or nothing at the end.
  std::optional<DistributionPoint> Next();

 private:
  der::Cursor rest_;
};

// FullName returns the DER of the contents of GeneralNames that `name` stands
// for: its own, or the one directoryName of `issuer` and the relative name;
// nothing where these make more than kMaxPointBytes.
std::string FullName(const DistributionPointName& name, const Name& issuer);

// IsSamePoint returns whether two names match in the sense of RFC 5280 §6.3.3
// (b) (2) (i): directoryNames compared as names, all others byte for byte,
// since nothing else is sure to be the same.
bool IsSamePoint(const GeneralName& a, const GeneralName& b);

// PointHash is the same for names that IsSamePoint holds the same. `seed` is
// the caller's secret.
uint64_t PointHash(const GeneralName& name, uint64_t seed);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_DISTRIBUTION_POINT_H_
