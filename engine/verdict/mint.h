// VerdictMint makes verdicts. It is the only friend of Verdict, and only the
// engine may depend on it: a Verdict that accepts is thereby a proof that the
// engine looked.

#ifndef CHAINKEEP_ENGINE_VERDICT_MINT_H_
#define CHAINKEEP_ENGINE_VERDICT_MINT_H_

#include <string_view>
#include <utility>

#include "chainkeep/verdict.h"
#include "engine/path/path_builder.h"
#include "engine/verdict/registered_device.h"

namespace chainkeep {

class VerdictMint {
 public:
  // A refusal. For kAccepted the result is kNoVerdict: a mistake here must not
  // let anybody in. `detail` lives forever.
  static Verdict Refuse(VerdictFields fields, Reason reason,
                        std::string_view detail = {}) {
    fields.reason = reason == Reason::kAccepted ? Reason::kNoVerdict : reason;
    fields.detail = detail;
    return Verdict(std::move(fields));
  }

  // The refusal, once the client has proven its key: nothing is left to do.
  static Verdict Settle(Verdict refusal) {
    refusal.fields_.completion = Completion::kNone;
    return refusal;
  }

  // An acceptance, for which a verified path is needed.
  static Verdict Accept(VerdictFields fields, path::VerifiedPath path) {
    fields.reason = Reason::kAccepted;
    fields.completion = Completion::kNone;
    fields.failing_certificate = -1;
    fields.account = *path.anchor().account;
    fields.mode = path.anchor().state().mode;
    fields.ca = path.anchor().ca->id;
    fields.issuer = path.issuer();
    fields.intermediates = std::move(path).intermediates();
    fields.not_after = path.not_after();
    fields.trust_versions.revocation = path.crl_version();
    fields.trust_versions.anchor = path.anchor().state().version;
    return Verdict(std::move(fields));
  }

  // An acceptance for the sake of a device's record.
  static Verdict Accept(VerdictFields fields, const RegisteredDevice& device) {
    fields.reason = Reason::kAccepted;
    fields.completion = Completion::kNone;
    fields.failing_certificate = -1;
    fields.account = *device.record().account;
    fields.mode = device.record().mode;
    fields.ca = device.ca();
    fields.issuer = device.record().issuer;
    fields.not_after = device.not_after();
    fields.trust_versions.anchor = device.anchor_version();
    fields.trust_versions.device = device.record().version;
    return Verdict(std::move(fields));
  }
};

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_VERDICT_MINT_H_
