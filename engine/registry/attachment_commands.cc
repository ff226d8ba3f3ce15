#include "engine/registry/attachment_commands.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/device_rules.h"
#include "engine/store/device_row.h"

namespace chainkeep::registry {
namespace {

using store::DeviceKey;
using store::DeviceRow;

using Names = std::vector<std::string>;

// What of a row is meant, how its names look, and how many there may be.
struct Kind {
  Names DeviceRow::*names;
  absl::Status (*check)(std::string_view name);
  size_t limit;
  std::string_view what;
};

constexpr Kind kPolicies = {&DeviceRow::policies, CheckPolicyName, kMaxPolicies,
                            "policies"};
constexpr Kind kThings = {&DeviceRow::things, CheckThingName, kMaxThings,
                          "things"};

// Names are kept in order, each once.
Outcome Insert(Names& names, std::string_view name, const Kind& kind) {
  const auto place = std::lower_bound(names.begin(), names.end(), name);
  if (place != names.end() && *place == name) return Effect::kNone;
  if (names.size() >= kind.limit) {
    return MakeError(
        ErrorCode::kLimitExceeded,
        absl::StrCat("the certificate has ", kind.limit, " ", kind.what));
  }
  names.insert(place, std::string(name));
  return Effect::kChanged;
}

Outcome Erase(Names& names, std::string_view name, const Kind&) {
  const auto place = std::lower_bound(names.begin(), names.end(), name);
  if (place == names.end() || *place != name) return Effect::kNone;
  names.erase(place);
  return Effect::kChanged;
}

using Change = Outcome (*)(Names&, std::string_view, const Kind&);

// What is attached is no property of the certificate: its version stays.
absl::Status Apply(const CommandContext& context, std::string_view operation,
                   const AttachmentRequest& request, const Kind& kind,
                   Change change) {
  const CertificateRequest& certificate = request.certificate;
  const absl::StatusOr<DeviceKey> key = CheckCertificateKey(
      certificate.account, certificate.region, certificate.certificate_id);
  if (!key.ok()) return key.status();
  const absl::Status check = kind.check(request.name);
  if (!check.ok()) return check;
  return context.Commit(
      {operation, key->tenant, DeviceArn(*key)},
      [&](store::Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOwnDevice(t, *key);
        if (!row.ok()) return row.status();
        const Outcome outcome = change((*row).*kind.names, request.name, kind);
        if (outcome.ok() && *outcome == Effect::kChanged) {
          t.PutDevice(*row);
        }
        return outcome;
      });
}

}  // namespace

absl::Status AttachPolicy(const CommandContext& context,
                          const AttachmentRequest& request) {
  return Apply(context, "AttachPolicy", request, kPolicies, Insert);
}

absl::Status DetachPolicy(const CommandContext& context,
                          const AttachmentRequest& request) {
  return Apply(context, "DetachPolicy", request, kPolicies, Erase);
}

absl::Status AttachThing(const CommandContext& context,
                         const AttachmentRequest& request) {
  return Apply(context, "AttachThingPrincipal", request, kThings, Insert);
}

absl::Status DetachThing(const CommandContext& context,
                         const AttachmentRequest& request) {
  return Apply(context, "DetachThingPrincipal", request, kThings, Erase);
}

}  // namespace chainkeep::registry
