// The rules of device certificates, each a function that decides one thing; see
// rules.h, which this continues.
//
// Every rule is pure. An error carries an ErrorCode and a text that names what
// was refused; none tells one account anything of another.

#ifndef CHAINKEEP_ENGINE_REGISTRY_DEVICE_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_DEVICE_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/device_certificates.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/store/device_row.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {

// How many policies and things may be attached to one certificate.
inline constexpr size_t kMaxPolicies = 10;
inline constexpr size_t kMaxThings = 100;

// ---- Arguments -------------------------------------------------------------

// The status that a certificate is registered in, "" being INACTIVE. Errors:
// kInvalidRequest for any but ACTIVE, INACTIVE and REVOKED; in a request, for
// another status beside set_as_active.
absl::StatusOr<DeviceStatus> CheckInitialStatus(std::string_view status);
absl::StatusOr<DeviceStatus> CheckInitialStatus(
    const RegisterCertificateRequest& request);

// The status that an update sets; likewise, and "" is an error too.
absl::StatusOr<DeviceStatus> CheckNewStatus(std::string_view status);

// The names of what may be attached. Errors: kInvalidRequest.
absl::Status CheckPolicyName(std::string_view name);
absl::Status CheckThingName(std::string_view name);

// The two texts that a transfer may carry. Errors: kInvalidRequest.
absl::Status CheckTransferText(std::string_view what, std::string_view text);

// ---- Certificates ----------------------------------------------------------

// Whether `leaf` may be registered as a device at all, whoever signed it: its
// validity, its key, and the algorithm of its signature (R53). Its extensions
// are not looked at, and it need not have any: what a device is registered by
// is its fingerprint. Errors: kCertificateValidation.
absl::Status CheckDeviceCertificate(const x509::Certificate& leaf,
                                    const AlgorithmPolicy& policy,
                                    SerialRule serials, UnixSeconds now);

// ---- State -----------------------------------------------------------------

// The tenant's own row. Errors: kResourceNotFound, whoever else has one.
absl::StatusOr<store::DeviceRow> FindOwnDevice(const store::RegistryView& view,
                                               const store::DeviceKey& key);

// The tenant does not have the device that `row` is of, by whichever of its
// certificates; and if it shall be DEFAULT, no account of the region has it so.
// Errors: kResourceAlreadyExists, naming the resource in the first case only.
absl::Status CheckDeviceNotHeld(const store::RegistryView& view,
                                const store::DeviceRow& row);

// A caller may take a certificate from one status to the other. Errors:
// kCertificateState.
absl::Status CheckTransition(DeviceStatus from, DeviceStatus to);

// Errors: kCertificateState (it is ACTIVE, or being transferred),
// kDeleteConflict (something is attached that prevents it).
absl::Status CheckDeletable(const store::DeviceRow& row,
                            const DeleteCertificateRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_DEVICE_RULES_H_
