#include "tests/support/test_crls.h"

#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

std::string EncodeRevoked(const RevokedSpec& revoked) {
  std::string entry = Tlv(0x02, revoked.serial) + Time(revoked.revoked_at);
  if (revoked.extensions) entry += Tlv(0x30, *revoked.extensions);
  return Tlv(0x30, entry);
}

}  // namespace

std::string MakeCrl(const CrlSpec& spec, const TestCertificate& issuer) {
  const std::string algorithm =
      EncodeSignatureAlgorithm(issuer.key.get(), spec.digest, spec.padding);
  std::string tbs;
  if (spec.version) tbs += Tlv(0x02, *spec.version);
  tbs += spec.inner_algorithm.value_or(algorithm);
  tbs += EncodeName(spec.issuer.value_or(issuer.subject));
  tbs += Time(spec.this_update);
  if (spec.next_update) tbs += Time(*spec.next_update);
  if (!spec.revoked.empty() || spec.writes_empty_revoked) {
    std::string list;
    for (const RevokedSpec& revoked : spec.revoked) {
      list += EncodeRevoked(revoked);
    }
    tbs += Tlv(0x30, list);
  }
  if (!spec.extensions.empty() || spec.writes_empty_extensions) {
    tbs += Tlv(0xa0, Tlv(0x30, spec.extensions));
  }
  tbs = Tlv(0x30, tbs);
  return Tlv(0x30, tbs + spec.outer_algorithm.value_or(algorithm) +
                       BitString(Sign(issuer.key.get(), spec.digest,
                                      spec.padding, tbs)));
}

std::string EncodeExtension(std::string_view oid, std::string_view value) {
  return Tlv(0x30, Oid(oid) + Tlv(0x04, value));
}

std::string EncodeCriticalExtension(std::string_view oid,
                                    std::string_view value) {
  return Tlv(0x30, Oid(oid) + True() + Tlv(0x04, value));
}

std::string EncodeReason(uint8_t reason) {
  return Tlv(0x0a, std::string(1, static_cast<char>(reason)));
}

}  // namespace chainkeep::test
