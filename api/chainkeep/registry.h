// The control plane: who registers which CA, and which host names are whose.
//
// The commands are those of AWS IoT's multi-account registration, for any cloud
// of devices. One CA may be registered by many accounts of a region in mode
// SNI_ONLY, and by at most one in mode DEFAULT, which demands proof that the
// account holds the CA's key: a verification certificate, signed by that key,
// whose subject's common name is the account's registration code.
//
//   auto code = registry.GetRegistrationCode(account, region);
//   // openssl req -subj /CN=$code ... | openssl x509 -req -CA ca.pem ...
//   auto registered = registry.RegisterCaCertificate(
//       {.account = account, .region = region, .ca_certificate = ca_pem,
//        .verification_certificate = verification_pem,
//        .set_as_active = true});
//
// Every command is atomic: it happens as a whole or, with an error, not at all.
// A change is visible to the next handshake when the command returns. Every
// member may be called by any thread; commands are ordered by a lock of their
// own, and never wait for a handshake.
//
// An account sees its own registrations only: another's read as not found. The
// registry of this release lives in memory and ends with its engine.

#ifndef CHAINKEEP_API_CHAINKEEP_REGISTRY_H_
#define CHAINKEEP_API_CHAINKEEP_REGISTRY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"

namespace chainkeep {

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
  // Recorded for first-connect registration.
  bool allow_auto_registration = false;
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
  // Switches it off, with whatever was to happen at a first connect. Excludes
  // "ENABLE".
  bool remove_auto_registration = false;
};

struct SetCrlsRequest {
  Account account = {};
  Region region = {};
  // PEM of the CA whose certificates the lists speak of, exactly one block. It
  // need not be registered: an intermediate's is given the same way.
  std::string_view ca_certificate = {};
  // Each PEM with one X509 CRL block, or DER. All that the account has for this
  // CA from now on; none: it has none.
  std::vector<std::string_view> crls = {};
};

struct RegisteredCertificate {
  std::string arn;  // arn:aws:iot:<region>:<account>:cacert/<id>
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
  UnixSeconds creation_date = 0;
  UnixSeconds last_modified_date = 0;
  int64_t customer_version = 0;  // 1 at first, one more at each update
  std::string generation_id;     // another at each update
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
};

class Registry {
 public:
  virtual ~Registry() = default;

  // GetRegistrationCode returns the account's code in that region, 64 lowercase
  // hex digits from a cryptographic random source; the first call makes it.
  virtual absl::StatusOr<std::string> GetRegistrationCode(
      const Account& account, const Region& region) = 0;

  // DeleteRegistrationCode forgets the code; the next Get makes another.
  // Errors: kResourceNotFound, if there is none.
  virtual absl::Status DeleteRegistrationCode(const Account& account,
                                              const Region& region) = 0;

  // RegisterCaCertificate registers one CA in one scope. Costs a parse, the
  // preparation of the key and, in mode DEFAULT, one signature check.
  // Errors: kInvalidRequest (arguments), kCertificateValidation (the CA or the
  // verification certificate), kRegistrationCodeValidation (its common name),
  // kResourceAlreadyExists (held by this account in either mode, with
  // ResourceOf(); or DEFAULT by another account of the region, without it).
  virtual absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
      const RegisterCaCertificateRequest& request) = 0;

  // DescribeCaCertificate. Errors: kInvalidRequest, kResourceNotFound.
  virtual absl::StatusOr<CaDescription> DescribeCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) = 0;

  // UpdateCaCertificate changes the status, or auto-registration, or both.
  // Setting what is already set succeeds. The mode never changes: delete and
  // register again. Errors: kInvalidRequest, kResourceNotFound.
  virtual absl::Status UpdateCaCertificate(
      const UpdateCaCertificateRequest& request) = 0;

  // DeleteCaCertificate forgets an INACTIVE registration. Errors:
  // kInvalidRequest, kResourceNotFound, kCertificateState (it is ACTIVE).
  virtual absl::Status DeleteCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) = 0;

  // SetCrls replaces, as a whole, the CRLs that this account's handshakes are
  // answered from for one CA (see RevocationOptions). Each list is parsed and
  // its signature verified here, once. Loading a million entries takes about
  // half a second; the look-up in a handshake does not depend on their number.
  //
  // Errors: kInvalidRequest (arguments; more than 64 lists; a list above 64
  // MiB), kLimitExceeded (the account has CRLs of 128 other CAs in the region),
  // kCertificateValidation (the CA's certificate, or a list that is ill-formed,
  // delta or indirect, of another issuer, or not signed by the CA). The message
  // says which list.
  virtual absl::Status SetCrls(const SetCrlsRequest& request) = 0;

  // PutEndpoint gives a host name to an account, or replaces what the same
  // account said of it. Errors: kInvalidRequest (the name, account or region),
  // kResourceAlreadyExists (another account of the region has it).
  virtual absl::Status PutEndpoint(const Endpoint& endpoint) = 0;

  // DeleteEndpoint. Errors: kInvalidRequest, kResourceNotFound (not there, or
  // another account's).
  virtual absl::Status DeleteEndpoint(const Account& account,
                                      const Region& region,
                                      std::string_view host_name) = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_REGISTRY_H_
