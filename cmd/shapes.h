// The registry's answers as JSON: the shapes of AWS's service model
// iot/2015-05-28, with its names, in its order.
//
// Pure functions; any thread may call.

#ifndef CHAINKEEP_CMD_SHAPES_H_
#define CHAINKEEP_CMD_SHAPES_H_

#include "chainkeep/ca_certificates.h"
#include "chainkeep/device_certificates.h"
#include "chainkeep/domain_configurations.h"
#include "chainkeep/provisioning_templates.h"
#include "chainkeep/registry.h"
#include "chainkeep/verdict.h"
#include "cmd/timestamps.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

using Json = nlohmann::ordered_json;

Json JsonOf(const RegisteredCertificate& registered);
Json JsonOf(const CaDescription& ca, TimestampFormat format);
Json JsonOf(const CaSummary& ca, TimestampFormat format);
Json JsonOf(const CrlsSummary& crls);
Json JsonOf(const DeviceDescription& device, TimestampFormat format);
Json JsonOf(const DeviceSummary& device, TimestampFormat format);
Json JsonOf(const IncomingTransfer& transfer, TimestampFormat format);  // ours
Json JsonOf(const DomainConfigurationDescription& configuration,
            TimestampFormat format);
Json JsonOf(const DomainConfigurationSummary& configuration);
// What create- and update-domain-configuration answer with.
Json NamesOf(const DomainConfigurationDescription& configuration);
Json JsonOf(const ProvisioningTemplateDescription& description,
            TimestampFormat format);
// What create-provisioning-template answers with.
Json NamesOf(const ProvisioningTemplateDescription& description);

// Ours.
Json JsonOf(const ImportReport& report);
Json JsonOf(const RegistryStats& stats);
Json JsonOf(const Verdict& verdict, TimestampFormat format);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_SHAPES_H_
