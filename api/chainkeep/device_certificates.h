// Device certificates as the registry's commands speak of them (registry.h).
//
// A device is known by the SHA-256 of its certificate. A record of it is needed
// where a listener's ValidationPolicy is kRegisteredDevice; elsewhere one that
// exists and is not ACTIVE refuses. Plain values; any thread may read a const
// one. The views in a request belong to the caller and are read during the call
// only.

#ifndef CHAINKEEP_API_CHAINKEEP_DEVICE_CERTIFICATES_H_
#define CHAINKEEP_API_CHAINKEEP_DEVICE_CERTIFICATES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/list.h"
#include "chainkeep/types.h"

namespace chainkeep {

struct RegisterCertificateRequest {
  Account account = {};
  Region region = {};
  // PEM, exactly one CERTIFICATE block, 1 to 65,536 characters.
  std::string_view certificate = {};
  // PEM of the registered CA that signed it. Required where the account has
  // several CAs of the issuer's name; "" is the same as absent.
  std::string_view ca_certificate = {};
  // "ACTIVE", "INACTIVE", "REVOKED", or "" for INACTIVE.
  std::string_view status = {};
  // Deprecated way to say "ACTIVE"; excludes another status.
  bool set_as_active = false;
};

struct RegisterCertificateWithoutCaRequest {
  Account account = {};
  Region region = {};
  std::string_view certificate = {};
  std::string_view status = {};
};

// CertificateRequest names one device certificate.
struct CertificateRequest {
  Account account = {};
  Region region = {};
  std::string_view certificate_id = {};  // 64 hex digits
};

struct UpdateCertificateRequest {
  CertificateRequest certificate = {};
  // "ACTIVE", "INACTIVE" or "REVOKED", which is for good.
  std::string_view new_status = {};
};

struct DeleteCertificateRequest {
  CertificateRequest certificate = {};
  // Delete although policies are attached. Things still prevent it.
  bool force_delete = false;
};

struct ListCertificatesRequest {
  Account account = {};
  Region region = {};
  ListOptions list = {};
};

struct ListCertificatesByCaRequest {
  Account account = {};
  Region region = {};
  std::string_view ca_certificate_id = {};
  ListOptions list = {};
};

// AttachmentRequest names a policy or a thing, and the certificate that it is
// attached to. Both are opaque names, which only count: a certificate with a
// thing cannot be deleted.
struct AttachmentRequest {
  CertificateRequest certificate = {};
  std::string_view name =
      {};  // 1 to 128 of [A-Za-z0-9:_-], policies: [\w+=,.@-]
};

struct TransferCertificateRequest {
  CertificateRequest certificate = {};
  std::string_view target_account = {};
  std::string_view message = {};  // at most 128 characters
};

// Any account that has seen a certificate can register it without its CA and
// offer it. So whose offer is meant is to be said by whoever knows; without it
// the only offer is, and of several none.
struct AcceptTransferRequest {
  CertificateRequest certificate = {};
  std::string_view source_account = {};
  bool set_as_active = false;
};

struct RejectTransferRequest {
  CertificateRequest certificate = {};
  std::string_view source_account = {};
  std::string_view reason = {};  // at most 128 characters
};

struct ListIncomingTransfersRequest {
  Account account = {};
  Region region = {};
  int page_size = 25;            // 1 to 250
  std::string_view marker = {};  // from the page before; "": the first page
};

// IncomingTransfer is a certificate that another account offers.
struct IncomingTransfer {
  CertificateId id;
  Account from;
  Mode mode = Mode::kDefault;
  std::string message;
  UnixMillis transfer_date = 0;
};

// Transfer is what is known of a certificate's last transfer.
struct Transfer {
  Account to;
  std::string message;
  std::string reject_reason;
  UnixMillis transfer_date = 0;
  UnixMillis accept_date = 0;  // 0: not accepted
  UnixMillis reject_date = 0;  // 0: not rejected

  friend bool operator==(const Transfer&, const Transfer&) = default;
};

struct DeviceDescription {
  std::string arn;  // arn:aws:iot:<region>:<account>:cert/<id>
  CertificateId id;
  CertificateId ca;  // empty if it was registered without one
  Mode mode = Mode::kDefault;
  DeviceStatus status = DeviceStatus::kInactive;
  std::string pem;
  Account owned_by;
  Account previous_owned_by;  // empty if it never was another's
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;
  int64_t customer_version = 0;
  std::string generation_id;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  std::optional<Transfer> transfer;
  std::vector<std::string> policies;
  std::vector<std::string> things;
};

struct DeviceSummary {
  std::string arn;
  CertificateId id;
  DeviceStatus status = DeviceStatus::kInactive;
  Mode mode = Mode::kDefault;
  UnixMillis creation_date = 0;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_DEVICE_CERTIFICATES_H_
