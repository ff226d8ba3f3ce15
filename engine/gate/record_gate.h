// The gate of device records: what they say of a handshake.
//
// Under kTrustedChain a record can only refuse; under kRegisteredDevice it
// decides, in the order that R79 gives: the record, its status, the leaf's
// validity. A view without a tenant sees records of mode DEFAULT only
// (catalog.h, invariant 2).
//
// Pure and thread-safe; all of it happens under the caller's pin.

#ifndef CHAINKEEP_ENGINE_GATE_RECORD_GATE_H_
#define CHAINKEEP_ENGINE_GATE_RECORD_GATE_H_

#include <optional>
#include <span>

#include "chainkeep/listener.h"
#include "chainkeep/verdict.h"
#include "engine/catalog/catalog.h"
#include "engine/path/anchor_source.h"
#include "engine/path/budget.h"
#include "engine/sni/resolution.h"
#include "engine/x509/certificate.h"

namespace chainkeep::gate {

// Whom a handshake is looked up for: a tenant, or nobody in particular.
struct Asker {
  const catalog::Catalog::Pin& pin;
  const ListenerOptions& options;
  const std::optional<sni::ResolvedTenant>& tenant;
};

// The registration that `account` has of a CA, in the asker's tenant's view if
// that is its own, or else among the region's DEFAULT ones.
std::optional<path::Anchor> FindAnchor(const Asker& asker,
                                       const Account& account,
                                       const CertificateId& ca);

// What `account` has refused, as the same view shows what makes up for it.
catalog::DenialView DenialsOf(const Asker& asker, const Account& account);

// Whether the account of an accepting verdict has switched off a CA of its
// chain: an intermediate, or the leaf where it is a CA's certificate.
bool HasInactive(const Asker& asker, const Verdict& verdict);

// A device that is looked up: what it is known by, and the certificate that was
// presented, which tells two of that name apart (device_table.h).
struct DeviceName {
  const SignedId& signed_id;
  const CertificateId& presented;
};

// The record of the device that the asker sees.
std::optional<catalog::DeviceView> FindRecord(const Asker& asker,
                                              const DeviceName& device);

// Whether the asker, who has a tenant, sees no record of the device and another
// account of the region has it in mode DEFAULT (R71).
bool IsAnothers(const Asker& asker, const DeviceName& device);

// JudgeRecord answers under kRegisteredDevice. `fields` say what is known so
// far, the device's ids included. The verdict needs completion where the device
// may be registered now.
Verdict JudgeRecord(const Asker& asker, std::span<const Bytes> presented,
                    const x509::Certificate& leaf, path::Budget& budget,
                    UnixSeconds now, VerdictFields fields);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_RECORD_GATE_H_
