// CA certificates as the registry's commands speak of them (registry.h).
//
// Plain values; any thread may read a const one. The views in a request belong
// to the caller and are read during the call only.

#ifndef CHAINKEEP_API_CHAINKEEP_CA_CERTIFICATES_H_
#define CHAINKEEP_API_CHAINKEEP_CA_CERTIFICATES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/list.h"
#include "chainkeep/types.h"

namespace chainkeep {

// Tag is metadata of the account's own.
struct Tag {
  std::string key;    // 1 to 128 characters
  std::string value;  // 0 to 256

  friend bool operator==(const Tag&, const Tag&) = default;
};

// RegistrationConfig says what happens when a device of the CA connects for the
// first time: a template runs, given here or by its name.
struct RegistrationConfig {
  std::string template_body = {};  // JSON, at most 10,240 bytes
  std::string role_arn = {};       // 20 to 2,048 characters; recorded only
  std::string template_name = {};  // of a provisioning template of type JITP

  friend bool operator==(const RegistrationConfig&,
                         const RegistrationConfig&) = default;
};

struct RegisterCaCertificateRequest {
  Account account = {};
  Region region = {};
  // PEM, exactly one CERTIFICATE block, 1 to 65,536 characters.
  std::string_view ca_certificate = {};
  // PEM, likewise. Required in mode DEFAULT, forbidden in SNI_ONLY; "" is the
  // same as absent.
  std::string_view verification_certificate = {};
  // "DEFAULT", "SNI_ONLY", or "" for DEFAULT.
  std::string_view certificate_mode = {};
  // Otherwise the registration begins INACTIVE.
  bool set_as_active = false;
  // Devices of the CA may be registered at their first connection.
  bool allow_auto_registration = false;
  std::optional<RegistrationConfig> registration_config = {};
  std::vector<Tag> tags = {};  // at most 50
};

struct UpdateCaCertificateRequest {
  Account account = {};
  Region region = {};
  // 64 hex digits.
  std::string_view ca_certificate_id = {};
  // "ACTIVE", "INACTIVE", or "" to leave it.
  std::string_view new_status = {};
  // "ENABLE", "DISABLE", or "" to leave it.
  std::string_view new_auto_registration_status = {};
  // Absent: leave it.
  std::optional<RegistrationConfig> registration_config = {};
  // Switches it off, with whatever was to happen at a first connect. Excludes
  // "ENABLE", and a registration_config.
  bool remove_auto_registration = false;
};

struct ListCaCertificatesRequest {
  Account account = {};
  Region region = {};
  ListOptions list = {};
  // Only those whose registration_config names it; "": all.
  std::string_view template_name = {};
};

struct RegisteredCertificate {
  std::string arn;  // arn:aws:iot:<region>:<account>:cacert/<id>, or …:cert/…
  CertificateId id;
};

struct CaDescription {
  std::string arn;
  CertificateId id;
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  bool auto_registration = false;
  std::string pem;
  Account owned_by;
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;
  int64_t customer_version = 0;  // 1 at first, one more at each update
  std::string generation_id;     // another at each update
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  std::optional<RegistrationConfig> registration_config;
};

struct CaSummary {
  std::string arn;
  CertificateId id;
  CaStatus status = CaStatus::kInactive;
  UnixMillis creation_date = 0;
};

struct SetCrlsRequest {
  Account account = {};
  Region region = {};
  // PEM of the CA whose certificates the lists speak of. It need not be
  // registered: an intermediate's is given the same way. Several blocks, 16 at
  // most, are several CAs: each list becomes that CA's which has signed it, and
  // each CA must get one. All of it is stored, or nothing.
  std::string_view ca_certificate = {};
  // Each PEM with one X509 CRL block, or DER. All that the account has for this
  // CA from now on, whichever of its certificates others were given with. None:
  // what was given with this certificate is taken back (see Registry::SetCrls).
  std::vector<std::string_view> crls = {};
  // What messages call each of `crls`: a file and a place in it, say. Empty:
  // "CRL 1" and so on.
  std::vector<std::string_view> crl_names = {};
};

// CrlsSummary is what an account has of CRLs of one CA.
struct CrlsSummary {
  CaId ca;
  std::string subject;  // of the CA, RFC 4514
  // The certificates of it that lists were given with and not taken back.
  std::vector<CertificateId> given_with;
  int64_t lists = 0;
  int64_t bytes = 0;  // of their DER
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_CA_CERTIFICATES_H_
