// CaRecord is one CA certificate, parsed, its key prepared, shared by all its
// registrations in all accounts and regions.

#ifndef CHAINKEEP_ENGINE_CATALOG_CA_RECORD_H_
#define CHAINKEEP_ENGINE_CATALOG_CA_RECORD_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "chainkeep/certificate.h"
#include "engine/path/anchor_source.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep::catalog {

// Immutable once made; any thread may read it.
class CaRecord {
 public:
  // Make parses `der` and prepares its key, now or as far as it is cheap. What
  // a CA must be beyond that (basicConstraints, validity, policy) is the
  // registry's rule, not this one's.
  static der::Result<std::shared_ptr<const CaRecord>> Make(
      std::string_view der, signature::Preparation preparation =
                                signature::Preparation::kForManyUses);

  const CertificateId& id() const { return ca_.id; }
  const CaId& ca_id() const { return ca_.ca_id; }
  const x509::Certificate& certificate() const { return ca_.certificate; }
  const signature::PublicKey& key() const { return ca_.key; }
  // All of them.
  const path::AnchorCa& ca() const { return ca_; }

  // Bytes held, the DER included; of the key about what BoringSSL takes for a
  // small one.
  size_t memory() const;

  CaRecord(const CaRecord&) = delete;
  CaRecord& operator=(const CaRecord&) = delete;

 private:
  CaRecord(std::unique_ptr<const std::string> der,
           const x509::Certificate& certificate, signature::PublicKey key);

  const path::AnchorCa ca_;
  const std::unique_ptr<const std::string> der_;  // the certificate views it
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_CA_RECORD_H_
