// CaRow is one registration as the store keeps it: one CA certificate in one
// scope, and all that may be asked of it later.
//
// Plain values. What is derived from the certificate (subject, validity) stands
// in the row, so that no query has to parse a certificate again.

#ifndef CHAINKEEP_ENGINE_STORE_CA_ROW_H_
#define CHAINKEEP_ENGINE_STORE_CA_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chainkeep/ca_certificates.h"
#include "chainkeep/types.h"
#include "engine/store/tenant.h"

namespace chainkeep::store {

using CaKey = CertificateKey;

// Proof says what speaks for a DEFAULT registration.
enum class Proof : uint8_t {
  kNone,      // nothing: mode SNI_ONLY needs none
  kVerified,  // a verification certificate, checked here
  kImported,  // an operator's import
};

struct CaRow {
  CaKey key;
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  Proof proof = Proof::kNone;
  bool auto_registration = false;
  std::optional<RegistrationConfig> registration_config;
  std::vector<Tag> tags;
  std::string der;
  std::string subject;        // DER of the Name, header included
  uint64_t subject_hash = 0;  // under RegistryView::subject_seed()
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  UnixMillis creation_date = 0;
  UnixMillis last_modified_date = 0;
  int64_t customer_version = 1;
  std::string generation_id;

  friend bool operator==(const CaRow&, const CaRow&) = default;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_CA_ROW_H_
