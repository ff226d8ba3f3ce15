#include "engine/gate/handshake_walk.h"

#include <algorithm>
#include <utility>

#include "chainkeep/certificate.h"
#include "chainkeep/events.h"
#include "engine/catalog/catalog.h"
#include "engine/gate/chain_gate.h"
#include "engine/gate/hook_call.h"
#include "engine/gate/record_gate.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/registry/first_connect.h"
#include "engine/signature/signed_id.h"
#include "engine/sni/sni_cache.h"
#include "engine/verdict/mint.h"

namespace chainkeep {

using gate::AskedName;
using gate::NameAnswer;

HandshakeWalk::HandshakeWalk(const Listener& listener,
                             std::optional<std::string_view> server_name)
    : listener_(listener),
      has_name_(server_name.has_value()),
      asked_(gate::ReadName(options(), server_name)) {
  if (server_name) {
    name_size_ =
        static_cast<uint8_t>(std::min(server_name->size(), name_.size()));
    std::copy_n(server_name->begin(), name_size_, name_.begin());
  }
}

std::optional<std::string_view> HandshakeWalk::sent_name() const {
  if (!has_name_) return std::nullopt;
  return std::string_view(name_.data(), name_size_);
}

void HandshakeWalk::Begin() {
  NameAnswer name = gate::ResolveRegistered(core(), options(), asked_);
  if (name.refusal != Reason::kServerNameUnknown || core().names == nullptr) {
    return Apply(name);
  }
  if (core().names->Use(options().region, *asked_.name) == NameState::kReady) {
    return Apply(gate::ResolveSourced(core(), options(), asked_));
  }
  stage_ = Stage::kPending;
  wait_ = std::make_shared<gate::NameWait>();
  core().names->Await(
      options().region, *asked_.name,
      [wait = wait_](const sni::NameOutcome& came) { wait->Answer(came); });
}

void HandshakeWalk::Recall(const Account& account, uint64_t version) {
  Apply(gate::ResolveAgain(core(), options(), asked_, account, version));
}

void HandshakeWalk::Apply(const NameAnswer& name) {
  name_answer_ = name;
  stage_ = Stage::kBegun;
  if (name.refusal != Reason::kAccepted) Refuse(name.refusal);
}

void HandshakeWalk::Refuse(Reason reason, std::string_view detail) {
  stage_ = Stage::kRefused;
  verdict_ = VerdictMint::Refuse(KnownFields(), reason, detail);
}

bool HandshakeWalk::pending() {
  if (stage_ != Stage::kPending) return false;
  const std::optional<sni::NameOutcome> came = wait_->outcome();
  if (!came) return true;
  if (came->reason != Reason::kAccepted) {
    Refuse(came->reason, came->detail);
  } else {
    Apply(gate::ResolveSourced(core(), options(), asked_));
  }
  return false;
}

bool HandshakeWalk::Await(std::function<void()> callback) {
  return pending() && wait_->Await(std::move(callback));
}

Provisional HandshakeWalk::answer() const {
  switch (stage_) {
    case Stage::kBegun:
    case Stage::kGoesOn:
      return {true, Reason::kNoVerdict, 0};
    case Stage::kPending:
      return {false, Reason::kServerNamePending,
              TlsAlertOf(Reason::kServerNamePending)};
    case Stage::kRefused:
    case Stage::kOver:
      break;
  }
  return {false, verdict_.reason(), TlsAlertOf(verdict_)};
}

VerdictFields HandshakeWalk::KnownFields() const {
  VerdictFields fields;
  fields.region = options().region;
  fields.account = name_answer_.account;
  fields.trust_versions.endpoint = name_answer_.version;
  fields.device = device_;
  fields.signed_id = signed_id_;
  fields.leaf_ca = leaf_ca_;
  return fields;
}

Provisional HandshakeWalk::Present(Bytes leaf,
                                   std::span<const Bytes> presented) {
  if (pending()) {
    Refuse(Reason::kServerNamePending);
  } else if (stage_ == Stage::kGoesOn) {
    Refuse(Reason::kNoVerdict, "certificates were presented before");
  } else if (stage_ == Stage::kBegun) {
    leaf_bytes_ = leaf;
    presented_ = presented;
    std::optional<Verdict> refusal = Read();
    verdict_ = refusal ? *std::move(refusal) : Judge();
    stage_ = verdict_.accepted() || verdict_.needs_completion()
                 ? Stage::kGoesOn
                 : Stage::kRefused;
  }
  return answer();
}

std::optional<Verdict> HandshakeWalk::Read() {
  const ValidationOptions& validation = options().validation;
  VerdictFields fields = KnownFields();
  const Reason excess =
      path::MeasureInput(leaf_bytes_, presented_, validation.budgets);
  if (excess != Reason::kAccepted) return VerdictMint::Refuse(fields, excess);

  fields.device = device_ = ComputeCertificateId(leaf_bytes_);
  path::Budget budget(validation.budgets);
  const der::Result<x509::Certificate> leaf =
      x509::Certificate::Parse(leaf_bytes_);
  if (!leaf.ok()) {
    // All that is done with it; the answer is the same if that is too much.
    (void)budget.TakeWork(path::ParseWorkOfIllFormed(leaf_bytes_) +
                          path::IdWork(leaf_bytes_));
    fields.spent = budget.spent();
    fields.failing_certificate = 0;
    fields.disclosure = Disclosure::kReason;  // whatever is registered
    return VerdictMint::Refuse(fields, Reason::kMalformed, leaf.fault().what);
  }
  leaf_.emplace(*leaf);
  if (!Charge(budget)) {
    fields.spent = budget.spent();
    return VerdictMint::Refuse(fields, *budget.exhausted());
  }
  fields.signed_id = signed_id_ = signature::ComputeSignedId(*leaf_);
  // No other profile takes a CA as a device.
  if (validation.leaf_profile == LeafProfile::kNone &&
      leaf_->extensions().is_ca) {
    fields.leaf_ca = leaf_ca_ = signature::ComputeCaId(*leaf_);
  }
  const path::Finding encoding =
      path::CheckEncoding(*leaf_, validation.encoding);
  if (encoding.ok()) return std::nullopt;
  fields.failing_certificate = 0;
  fields.disclosure = Disclosure::kReason;
  return VerdictMint::Refuse(fields, encoding.reason, encoding.detail);
}

bool HandshakeWalk::Charge(path::Budget& budget) const {
  return budget.TakeWork(path::ParseWork(*leaf_) + path::IdWork(leaf_bytes_) +
                         path::IdWork(leaf_->tbs()));
}

Verdict HandshakeWalk::Judge() const {
  path::Budget budget(options().validation.budgets);
  Charge(budget);  // Read has seen that it suffices
  const UnixSeconds now = core().clock->Now();
  const catalog::Catalog::Pin pin = core().catalog.Acquire();
  const gate::Asker asker{pin, options(), name_answer_.tenant};
  const auto judge =
      options().validation.policy == ValidationPolicy::kRegisteredDevice
          ? gate::JudgeRecord
          : gate::JudgeChain;
  return judge(asker, presented_, *leaf_, budget, now, KnownFields());
}

bool HandshakeWalk::IsAsItWas() const {
  return chainkeep::IsAsItWas(
      core(), options(),
      gate::ResolveAgain(core(), options(), asked_, name_answer_.account,
                         name_answer_.version),
      verdict_);
}

Verdict HandshakeWalk::JudgeAgain() {
  Recall(name_answer_.account, name_answer_.version);
  return stage_ == Stage::kRefused ? verdict_ : Judge();
}

bool HandshakeWalk::MayWait() const {
  if (stage_ != Stage::kGoesOn) return false;
  return verdict_.completion() == Completion::kFirstConnect ||
         (verdict_.accepted() && (options().hook != nullptr || !IsAsItWas()));
}

Account HandshakeWalk::owner() const {
  return verdict_.completion() == Completion::kFirstConnect
             ? FindOwner(verdict_).value_or(Account())
             : verdict_.account();
}

std::optional<Account> HandshakeWalk::FindOwner(const Verdict& verdict) const {
  const catalog::Catalog::Pin pin = core().catalog.Acquire();
  const auto record = gate::FindRecord({pin, options(), name_answer_.tenant},
                                       {signed_id_, device_});
  if (record) return *record->account;
  if (name_answer_.tenant) return name_answer_.tenant->account();
  path::Anchor anchor;
  if (!pin.View(options().region).FindById(verdict.ca(), &anchor)) {
    return std::nullopt;
  }
  return *anchor.account;
}

bool HandshakeWalk::AdmitsFirstConnect(const Verdict& verdict) const {
  using Kind = registry::FirstConnect::Kind;
  const std::optional<Account> owner = FindOwner(verdict);
  return !owner ||
         core().first_connect.Admit(
             *owner, verdict.reason() == Reason::kDevicePendingActivation
                         ? Kind::kWaiting
                         : Kind::kUnknown);
}

Verdict HandshakeWalk::FirstConnect(const Verdict& verdict) const {
  using Sight = registry::FirstConnect::Sight;
  const std::optional<sni::ResolvedTenant>& tenant = name_answer_.tenant;
  VerdictFields fields = KnownFields();
  fields.ca = verdict.ca();
  fields.disclosure = Disclosure::kReason;
  const std::optional<Account> owner = FindOwner(verdict);
  if (!owner) return VerdictMint::Refuse(fields, Reason::kDeviceNotRegistered);
  path::Finding outcome = core().first_connect.Run(
      {.tenant = {*owner, options().region},
       .sight = tenant ? Sight::kBothModes : Sight::kDefaultOnly,
       .ca = verdict.ca(),
       .device = device_,
       .signed_id = signed_id_,
       .leaf = *leaf_});
  if (outcome.reason == Reason::kDeviceNotRegistered &&
      gate::IsAnothers({core().catalog.Acquire(), options(), tenant},
                       {signed_id_, device_})) {
    outcome.reason = Reason::kServerNameMisused;
  }
  return VerdictMint::Refuse(fields, outcome.reason, outcome.detail);
}

Verdict HandshakeWalk::RefuseWith(const Verdict& verdict, Reason reason,
                                  std::string_view detail) const {
  VerdictFields fields = KnownFields();
  fields.ca = verdict.ca();
  return VerdictMint::Refuse(fields, reason, detail);
}

Verdict HandshakeWalk::RefuseForHook(const Verdict& verdict,
                                     Reason reason) const {
  return RefuseWith(
      verdict, reason,
      asked_.kind == AskedName::Kind::kAbsent ? "a server name is needed" : "");
}

Verdict HandshakeWalk::AskHook(const FinishOptions& how,
                               const Verdict& verdict) {
  const Reason reason = asked_.kind != AskedName::Kind::kName
                            ? Reason::kRefusedByHook
                            : gate::AskHook(options(),
                                            {.server_name = *sent_name(),
                                             .connection_id = how.connection_id,
                                             .leaf = leaf_bytes_,
                                             .presented = presented_,
                                             .verdict = verdict},
                                            *core().clock);
  if (reason != Reason::kAccepted) return RefuseForHook(verdict, reason);
  // The hook may have taken its time. What it said was of this account.
  verdict_ = verdict;
  if (IsAsItWas()) return verdict;
  const Verdict again = JudgeAgain();
  if (again.accepted() ? again.account() == verdict.account()
                       : again.completion() != Completion::kFirstConnect) {
    return again;
  }
  return RefuseWith(again, Reason::kRefusedByHook,
                    "it was asked about another account");
}

Verdict HandshakeWalk::Conclude(const FinishOptions& how) {
  const bool may_wait = how.waiting == FinishOptions::Waiting::kAllowed;
  Verdict final = verdict_;
  // Nothing is read or written for a device that has not been admitted.
  bool is_admitted = false;
  if (final.completion() == Completion::kFirstConnect && may_wait) {
    is_admitted = AdmitsFirstConnect(final);
    // Another process may have registered or activated it a moment ago. If
    // that cannot be read, nor can the first connection be written.
    if (is_admitted) {
      core().projection.CatchUp({owner(), options().region}, {}).IgnoreError();
    }
    final = JudgeAgain();
  } else if (final.accepted() && !IsAsItWas()) {
    final = JudgeAgain();
    is_admitted = may_wait && final.completion() == Completion::kFirstConnect &&
                  AdmitsFirstConnect(final);
  }
  if (final.accepted() && options().hook != nullptr) {
    final = may_wait ? AskHook(how, final)
                     : RefuseForHook(final, Reason::kHookTimeout);
  }
  if (final.completion() == Completion::kFirstConnect) {
    final = is_admitted ? FirstConnect(final)
                        : RefuseWith(final, Reason::kRegistrationThrottled);
  }
  return VerdictMint::Settle(std::move(final));
}

Admission HandshakeWalk::Finish(const FinishOptions& how) {
  if (pending()) {
    Refuse(Reason::kServerNamePending);
  } else if (stage_ == Stage::kBegun) {
    Refuse(Reason::kNoVerdict, "no certificate was presented");
  } else if (stage_ == Stage::kGoesOn) {
    verdict_ = Conclude(how);
    stage_ = Stage::kOver;
    core().Tell({verdict_, KeyProof::kProven, sent_name()});
    return Admission(
        listener_,
        asked_.name ? std::optional(asked_.name->text()) : std::nullopt,
        name_answer_.account, std::exchange(verdict_, Over()));
  }
  const Verdict refusal = verdict_;
  Abandon();
  return Admission(refusal);
}

// What is said of a handshake that is over already.
Verdict HandshakeWalk::Over() const {
  return VerdictMint::Refuse(KnownFields(), Reason::kNoVerdict,
                             "the handshake is over");
}

void HandshakeWalk::Abandon() {
  if (wait_ != nullptr) wait_->Abandon();
  if (stage_ == Stage::kOver) return;
  if (pending()) Refuse(Reason::kServerNamePending);
  const Verdict refusal =
      stage_ == Stage::kRefused
          ? verdict_
          : VerdictMint::Refuse(KnownFields(), Reason::kNoVerdict,
                                "the handshake was not finished");
  stage_ = Stage::kOver;
  core().observer->OnRefused({refusal, KeyProof::kUnproven, sent_name()});
  verdict_ = Over();
}

void HandshakeWalk::Leave() {
  stage_ = Stage::kOver;
  verdict_ = Verdict();
}

bool IsAsItWas(const gate::Core& core, const ListenerOptions& options,
               const NameAnswer& name, const Verdict& verdict) {
  if (!verdict.accepted() || name.refusal != Reason::kAccepted ||
      core.clock->Now() > verdict.not_after()) {
    return false;
  }
  const std::optional<sni::ResolvedTenant>& tenant = name.tenant;
  const catalog::Catalog::Pin pin = core.catalog.Acquire();
  const bool is_own = tenant && tenant->account() == verdict.account();
  if (tenant && !is_own && !options.legacy_default_routing) return false;

  TrustVersions versions;
  versions.endpoint = name.version;
  const std::optional<catalog::DeviceView> record =
      is_own ? pin.FindDevice(*tenant, verdict.signed_id())
             : pin.FindDevice(options.region, verdict.signed_id(),
                              verdict.issuer());
  if (record) versions.device = record->version;
  const gate::Asker asker{pin, options, tenant};
  if (DenialsOf(asker, verdict.account())
          .FindDevice(verdict.account(), verdict.signed_id())) {
    return false;
  }
  if (verdict.trust_versions().anchor != 0) {
    const std::optional<path::Anchor> anchor =
        FindAnchor(asker, verdict.account(), verdict.ca());
    if (!anchor || HasInactive(asker, verdict)) return false;
    versions.anchor = anchor->state().version;
  }
  if (options.validation.policy == ValidationPolicy::kTrustedChain &&
      options.validation.revocation.scope != RevocationOptions::Scope::kOff) {
    versions.revocation = pin.Crls(options.region).Version(verdict.account());
  }
  return versions == verdict.trust_versions();
}

}  // namespace chainkeep
