#include "engine/gate/chain_gate.h"

#include <optional>
#include <utility>

#include "engine/path/path_builder.h"
#include "engine/path/work.h"
#include "engine/registry/device_status.h"
#include "engine/verdict/mint.h"

namespace chainkeep::gate {
namespace {

// What one handshake is judged by, under kTrustedChain.
struct ChainQuestion {
  const catalog::Catalog::Pin& pin;
  const ListenerOptions& options;
  std::span<const Bytes> presented;
  const x509::Certificate& leaf;
  path::Budget& budget;  // for all searches of this handshake
  UnixSeconds now;
};

// Looks for a path in a view, and answers if there is none.
struct ChainAnswer {
  std::optional<path::VerifiedPath> path;
  Verdict refusal;
};

ChainAnswer FindPath(const ChainQuestion& question,
                     const path::AnchorSource& view,
                     const catalog::DenialView& denials,
                     VerdictFields& fields) {
  const ValidationOptions& options = question.options.validation;
  const catalog::CrlView crls = question.pin.Crls(question.options.region);
  path::PathResult result = path::BuildPath({.leaf = question.leaf,
                                             .presented = question.presented,
                                             .anchors = view,
                                             .denials = denials,
                                             .crls = crls,
                                             .options = options,
                                             .budget = question.budget,
                                             .now = question.now,
                                             .leaf_id = &fields.signed_id});
  fields.spent = result.spent;
  if (result.path) return {std::move(result.path), {}};
  if (options.direct_issuer_only &&
      result.failure.reason == Reason::kBudgetPathLength) {
    return {{},
            VerdictMint::Refuse(fields, Reason::kNoRegisteredCa,
                                "only a direct issuer would do")};
  }
  fields.failing_certificate = result.failure.certificate;
  fields.disclosure = result.failure.issued == path::Issued::kByRegisteredCa
                          ? Disclosure::kReason
                          : Disclosure::kNoRegisteredCa;
  if (result.failure.is_hidden) fields.completion = Completion::kRefusal;
  return {{},
          VerdictMint::Refuse(fields, result.failure.reason,
                              result.failure.detail)};
}

// Answers from the region's DEFAULT registrations. Whose the device is comes
// out at the end of its path only, and with it whose refusals hold: those of
// mode SNI_ONLY too, which a stranger who has seen the certificate is not to
// learn of.
Verdict JudgeInView(const ChainQuestion& question, VerdictFields fields) {
  const Region& region = question.options.region;
  const catalog::DenialView denials =
      question.pin.Denials(region, catalog::DenialView::Sight::kDefaultOnly);
  ChainAnswer answer =
      FindPath(question, question.pin.View(region), denials, fields);
  if (!answer.path) return answer.refusal;
  const Account& account = *answer.path->anchor().account;
  const std::optional<catalog::DeviceView> record =
      question.pin.FindDevice(region, fields.signed_id, answer.path->issuer());
  if (record) {
    fields.trust_versions.device = record->version;
    const Reason status = registry::ReasonOf(record->status);
    if (status != Reason::kAccepted) return VerdictMint::Refuse(fields, status);
    if (*record->account != account) {
      return VerdictMint::Refuse(
          fields, Reason::kNoRegisteredCa,
          "another account than the CA's has the device's record");
    }
  }
  if (const auto denial = denials.FindDevice(account, fields.signed_id)) {
    if (denial->mode != Mode::kDefault) {
      fields.completion = Completion::kRefusal;
    }
    return VerdictMint::Refuse(fields, registry::ReasonOf(denial->status));
  }
  return VerdictMint::Accept(std::move(fields), *std::move(answer.path));
}

// Without a tenant.
Verdict JudgeInRegion(const ChainQuestion& question,
                      const VerdictFields& fields) {
  const Region& region = question.options.region;
  const Verdict verdict = JudgeInView(question, fields);
  if (verdict.reason() != Reason::kNoRegisteredCa ||
      !question.budget.TakeWork(path::LookUpWork(question.leaf.issuer())) ||
      !question.pin.HasSniOnlyIssuer(region, question.leaf.issuer())) {
    return verdict;
  }
  VerdictFields required = fields;
  required.spent = question.budget.spent();
  return VerdictMint::Refuse(required, Reason::kServerNameRequired);
}

// Answers from the registrations of a tenant, and from the record that it has
// of the device.
Verdict JudgeAsTenant(const ChainQuestion& question,
                      const sni::ResolvedTenant& tenant, VerdictFields fields) {
  if (const auto record = question.pin.FindDevice(tenant, fields.signed_id)) {
    fields.trust_versions.device = record->version;
    const Reason status = registry::ReasonOf(record->status);
    if (status != Reason::kAccepted) return VerdictMint::Refuse(fields, status);
  }
  const catalog::DenialView denials = question.pin.Denials(
      tenant.region(), catalog::DenialView::Sight::kBothModes);
  ChainAnswer answer =
      FindPath(question, question.pin.View(tenant), denials, fields);
  if (!answer.path) return answer.refusal;
  return VerdictMint::Accept(std::move(fields), *std::move(answer.path));
}

Verdict JudgeInTenant(const ChainQuestion& question,
                      const std::optional<sni::ResolvedTenant>& tenant,
                      const VerdictFields& fields) {
  const Verdict verdict = JudgeAsTenant(question, *tenant, fields);
  if (verdict.reason() != Reason::kNoRegisteredCa) return verdict;
  if (question.options.legacy_default_routing) {
    const Verdict routed = JudgeInView(question, fields);
    if (routed.accepted() || routed.completion() == Completion::kRefusal) {
      return routed;
    }
  }
  if (!IsAnothers({question.pin, question.options, tenant},
                  {fields.signed_id, fields.device})) {
    return verdict;
  }
  VerdictFields misused = fields;
  misused.spent = question.budget.spent();
  return VerdictMint::Refuse(misused, Reason::kServerNameMisused);
}

}  // namespace

Verdict JudgeChain(const Asker& asker, std::span<const Bytes> presented,
                   const x509::Certificate& leaf, path::Budget& budget,
                   UnixSeconds now, VerdictFields fields) {
  const ChainQuestion question{asker.pin, asker.options, presented,
                               leaf,      budget,        now};
  return asker.tenant ? JudgeInTenant(question, asker.tenant, fields)
                      : JudgeInRegion(question, fields);
}

}  // namespace chainkeep::gate
