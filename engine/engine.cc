// Implements chainkeep/engine.h: the walk of one handshake through the rooms.

#include "chainkeep/engine.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "chainkeep/certificate.h"
#include "chainkeep/events.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "engine/asked_name.h"
#include "engine/catalog/catalog.h"
#include "engine/device_gate.h"
#include "engine/hook_call.h"
#include "engine/memory/epochs.h"
#include "engine/options_check.h"
#include "engine/path/budget.h"
#include "engine/path/path_builder.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/projection/projection.h"
#include "engine/registry/command_context.h"
#include "engine/registry/device_status.h"
#include "engine/registry/first_connect.h"
#include "engine/registry/registry_impl.h"
#include "engine/signature/key_tables.h"
#include "engine/signature/signed_id.h"
#include "engine/sni/endpoint_table.h"
#include "engine/sni/host_name.h"
#include "engine/sni/sni_cache.h"
#include "engine/store/memory_store.h"
#include "engine/store/store_impl.h"
#include "engine/verdict/mint.h"
#include "engine/x509/certificate.h"

namespace chainkeep {
namespace {

// An observer that is not interested, so that nobody has to ask for null.
EventObserver* NobodyListens() {
  static EventObserver& nobody = *new EventObserver;
  return &nobody;
}

RegistryOptions RegistryOptionsOf(const EngineOptions& options,
                                  const Clock* clock) {
  return {.clock = clock,
          .observer = options.observer,
          .registration_algorithms = options.registration_algorithms,
          .registration_encoding = options.registration_encoding,
          .registration_serial_rule = options.registration_serial_rule,
          .wildcard_endpoints = options.wildcard_endpoints,
          .endpoint_domain = options.endpoint_domain};
}

signature::KeyTableOptions KeyTableOptionsOf(const EngineOptions& options,
                                             EventObserver* observer) {
  using signature::prepared::Arithmetic;
  return {.arithmetic =
              signature::prepared::Choose(ArithmeticOf(options.prepared_keys))
                  .value_or(Arithmetic::kOff),
          .bytes = options.prepared_key_bytes,
          .compare_one_in = options.prepared_compare_one_in,
          .on_disagreement =
              [observer](const PreparedKeyDisagreement& disagreement) {
                observer->OnPreparedKeysDisagree(disagreement);
              }};
}

// What the server name of a handshake led to: a tenant, or nothing because
// there is none, or a refusal. Copies, which need no pin.
struct NameAnswer {
  std::optional<sni::ResolvedTenant> tenant;
  std::optional<Verdict> refusal;
};

// Numbers for engines and listeners, so that a verdict can say whose it is.
// Unique in the process; zero is nobody's.
uint64_t NextId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

VerdictFields FieldsFor(const Listener& listener) {
  VerdictFields fields;
  fields.region = listener.options().region;
  return fields;
}

// What the registered endpoints say of a name, and of those they do not know,
// what is at hand of the source's answers. `cache` is null without a source.
sni::Resolution Resolve(const memory::Epochs::Pin& pin,
                        const sni::EndpointTable& endpoints,
                        const sni::SniCache* cache,
                        const ListenerOptions& options,
                        const sni::HostName& name) {
  const sni::Resolution resolution =
      endpoints.Resolve(pin, options.region, name, options.service);
  if (cache != nullptr && resolution.refusal() == Reason::kServerNameUnknown) {
    return cache->Find(pin, options.region, name, options.service);
  }
  return resolution;
}

NameAnswer ResolveName(const catalog::Catalog& catalog,
                       const sni::SniCache* cache, const Listener& listener,
                       std::optional<std::string_view> server_name) {
  const AskedName asked = ReadName(listener, server_name);
  if (asked.kind == AskedName::Kind::kAbsent) return {};
  if (asked.kind == AskedName::Kind::kMalformed) {
    return {
        {},
        VerdictMint::Refuse(FieldsFor(listener), Reason::kServerNameMalformed)};
  }
  const memory::Epochs::Pin pin = catalog.epochs().Acquire();
  const sni::Resolution resolution =
      Resolve(pin, catalog.endpoints(), cache, listener.options(), *asked.name);
  if (resolution.has_tenant()) return {resolution.tenant(), {}};
  VerdictFields fields = FieldsFor(listener);
  fields.account = resolution.account();
  fields.trust_versions.endpoint = resolution.version();
  return {{}, VerdictMint::Refuse(fields, resolution.refusal())};
}

// What one handshake is judged by, under kTrustedChain.
struct ChainQuestion {
  const catalog::Catalog::Pin& pin;
  const Listener& listener;
  const Handshake& handshake;
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
  const ValidationOptions& options = question.listener.options().validation;
  const catalog::CrlView crls =
      question.pin.Crls(question.listener.options().region);
  path::PathResult result =
      path::BuildPath({.leaf = question.leaf,
                       .presented = question.handshake.presented,
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
  const Region& region = question.listener.options().region;
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
  const Region& region = question.listener.options().region;
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
  if (question.listener.options().legacy_default_routing) {
    const Verdict routed = JudgeInView(question, fields);
    if (routed.accepted() || routed.completion() == Completion::kRefusal) {
      return routed;
    }
  }
  if (!IsAnothers({question.pin, question.listener, tenant},
                  {fields.signed_id, fields.device})) {
    return verdict;
  }
  VerdictFields misused = fields;
  misused.spent = question.budget.spent();
  return VerdictMint::Refuse(misused, Reason::kServerNameMisused);
}

// `verdict`, unless it would let another certificate's holder go on.
Verdict OfThisLeaf(const Listener& listener, const Handshake& handshake,
                   const Verdict& verdict) {
  if ((!verdict.accepted() && !verdict.needs_completion()) ||
      verdict.device() == ComputeCertificateId(handshake.leaf)) {
    return verdict;
  }
  return VerdictMint::Refuse(FieldsFor(listener), Reason::kNoVerdict,
                             "the verdict is about another certificate");
}

// The refusal of a device whose account has too many at a time. A refusal's
// account is the server name's (R78).
Verdict Throttle(const Listener& listener, const Verdict& verdict) {
  VerdictFields fields = FieldsFor(listener);
  fields.account = verdict.account();
  fields.device = verdict.device();
  fields.signed_id = verdict.signed_id();
  fields.ca = verdict.ca();
  return VerdictMint::Refuse(fields, Reason::kRegistrationThrottled);
}

// The refusal of a device that was accepted but for the hook.
Verdict RefuseForHook(const Listener& listener, const Handshake& handshake,
                      const Verdict& verdict, Reason reason) {
  const bool has_name = ReadName(listener, handshake.server_name).kind !=
                        AskedName::Kind::kAbsent;
  VerdictFields fields = FieldsFor(listener);
  if (has_name) fields.account = verdict.account();
  fields.device = verdict.device();
  fields.signed_id = verdict.signed_id();
  fields.ca = verdict.ca();
  return VerdictMint::Refuse(fields, reason,
                             has_name ? "" : "a server name is needed");
}

}  // namespace

struct Engine::Impl {
  Impl(const EngineOptions& options,
       std::shared_ptr<store::RegistryStore> records)
      : clock(options.clock != nullptr ? options.clock : &SystemClock()),
        observer(options.observer != nullptr ? options.observer
                                             : NobodyListens()),
        catalog([this] { return clock->Now(); },
                KeyTableOptionsOf(options, observer)),
        store(std::move(records)),
        projection({.store = store.get(),
                    .catalog = &catalog,
                    .observer = observer,
                    .algorithms = options.registration_algorithms}),
        registry(registry::MakeRegistry(store, &projection,
                                        RegistryOptionsOf(options, clock))),
        first_connect(
            registry::CommandContext(store, &projection,
                                     RegistryOptionsOf(options, clock)),
            observer, options.provisioning, options.first_connects_per_second) {
    if (options.endpoint_source == nullptr) return;
    names = std::make_unique<sni::SniCache>(
        sni::SniCache::Uses{.epochs = &catalog.epochs(),
                            .hasher = &catalog.hasher(),
                            .clock = clock,
                            .source = options.endpoint_source},
        options.endpoint_cache);
  }

  NameAnswer Resolve(const Listener& listener,
                     std::optional<std::string_view> server_name) const {
    return ResolveName(catalog, names.get(), listener, server_name);
  }

  // The same for an accepting verdict that is looked at again: what the source
  // has said last counts, also if a handshake of now would ask it again.
  NameAnswer ResolveAgain(const Listener& listener,
                          std::optional<std::string_view> server_name,
                          const Verdict& verdict) const {
    NameAnswer answer = Resolve(listener, server_name);
    if (!answer.refusal ||
        answer.refusal->reason() != Reason::kServerNamePending) {
      return answer;
    }
    const ListenerOptions& options = listener.options();
    answer.tenant = names->Recall(
        options.region, *ReadName(listener, server_name).name,
        verdict.account(), options.service, verdict.trust_versions().endpoint);
    if (answer.tenant) answer.refusal.reset();
    return answer;
  }

  // Whether `name` has an endpoint that is registered: of such a name the
  // source is not asked.
  bool IsRegistered(const ListenerOptions& options,
                    const sni::HostName& name) const {
    const memory::Epochs::Pin pin = catalog.epochs().Acquire();
    return catalog.endpoints()
               .Resolve(pin, options.region, name, options.service)
               .refusal() != Reason::kServerNameUnknown;
  }

  // What a verdict of this engine for `listener` says of its origin. Numbers
  // are far too few to meet after the multiplication, which is by an odd
  // constant.
  uint64_t OriginOf(const Listener& listener) const {
    return id * 0x9e3779b97f4a7c15 + listener.id();
  }

  // Whose the device of a verdict that needs completion is, or is to be.
  std::optional<Account> FindOwner(
      const Listener& listener,
      const std::optional<sni::ResolvedTenant>& tenant,
      const Verdict& verdict) const {
    const catalog::Catalog::Pin pin = catalog.Acquire();
    const auto record = FindRecord({pin, listener, tenant},
                                   {verdict.signed_id(), verdict.device()});
    if (record) return *record->account;
    if (tenant) return tenant->account();
    path::Anchor anchor;
    if (!pin.View(listener.options().region).FindById(verdict.ca(), &anchor)) {
      return std::nullopt;
    }
    return *anchor.account;
  }

  // Whether the device's account lets it be looked at now. From memory.
  bool AdmitsFirstConnect(const Listener& listener, const Handshake& handshake,
                          const Verdict& verdict) {
    const NameAnswer name = Resolve(listener, handshake.server_name);
    if (name.refusal) return true;  // which nobody has to look at
    const std::optional<Account> owner =
        FindOwner(listener, name.tenant, verdict);
    return !owner ||
           first_connect.Admit(
               *owner, verdict.reason() == Reason::kDevicePendingActivation
                           ? registry::FirstConnect::Kind::kWaiting
                           : registry::FirstConnect::Kind::kUnknown);
  }

  // Counts how a connection ended whose client has proven the key, and tells.
  void Tell(const Handshake& handshake, const Verdict& verdict) {
    const ConnectionEvent event{verdict, KeyProof::kProven,
                                handshake.server_name};
    if (verdict.accepted()) {
      accepted.fetch_add(1, std::memory_order_relaxed);
      observer->OnAccepted(event);
    } else {
      refused.fetch_add(1, std::memory_order_relaxed);
      observer->OnRefused(event);
    }
  }

  // Who waits to be registered, or to be activated, has proven the key.
  Verdict CompleteFirstConnect(const Listener& listener,
                               const Handshake& handshake,
                               const Verdict& verdict);

  const uint64_t id = NextId();
  const Clock* const clock;
  EventObserver* const observer;
  catalog::Catalog catalog;
  const std::shared_ptr<store::RegistryStore> store;
  projection::Projection projection;
  const std::unique_ptr<Registry> registry;
  registry::FirstConnect first_connect;
  std::unique_ptr<sni::SniCache> names;  // null without an EndpointSource
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<bool> is_stopped{false};
};

Verdict Engine::Impl::CompleteFirstConnect(const Listener& listener,
                                           const Handshake& handshake,
                                           const Verdict& verdict) {
  VerdictFields fields = FieldsFor(listener);
  fields.device = verdict.device();
  fields.signed_id = verdict.signed_id();
  fields.ca = verdict.ca();
  fields.disclosure = Disclosure::kReason;
  const NameAnswer name = Resolve(listener, handshake.server_name);
  if (name.refusal) return *name.refusal;
  if (name.tenant) {
    fields.account = name.tenant->account();
    fields.trust_versions.endpoint = name.tenant->version();
  }
  using Sight = registry::FirstConnect::Sight;
  const der::Result<x509::Certificate> leaf =
      x509::Certificate::Parse(handshake.leaf);
  const std::optional<Account> owner =
      FindOwner(listener, name.tenant, verdict);
  if (!leaf.ok() || !owner) {
    return VerdictMint::Refuse(fields, Reason::kDeviceNotRegistered);
  }
  path::Finding outcome = first_connect.Run(
      {.tenant = {*owner, listener.options().region},
       .sight = name.tenant ? Sight::kBothModes : Sight::kDefaultOnly,
       .ca = verdict.ca(),
       .device = verdict.device(),
       .signed_id = verdict.signed_id(),
       .leaf = *leaf});
  if (outcome.reason == Reason::kDeviceNotRegistered &&
      IsAnothers({catalog.Acquire(), listener, name.tenant},
                 {verdict.signed_id(), verdict.device()})) {
    outcome.reason = Reason::kServerNameMisused;
  }
  return VerdictMint::Refuse(fields, outcome.reason, outcome.detail);
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options) {
  if (absl::Status status = CheckEngineOptions(options); !status.ok())
    return status;
  return std::unique_ptr<Engine>(new Engine(
      std::make_unique<Impl>(options, std::make_shared<store::MemoryStore>())));
}

// An engine over `store` that has loaded nothing.
absl::StatusOr<std::unique_ptr<Engine::Impl>> Engine::Open(
    const EngineOptions& options, std::unique_ptr<Store> store) {
  if (absl::Status status = CheckEngineOptions(options); !status.ok()) {
    return status;
  }
  std::shared_ptr<store::RegistryStore> records;
  if (store != nullptr) records = store->impl().Take();
  if (records == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "engine: no store");
  }
  return std::make_unique<Impl>(options, std::move(records));
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options, std::unique_ptr<Store> store,
    const LoadOptions& load) {
  absl::Status status = CheckLoadOptions(load);
  if (!status.ok()) return status;
  auto impl = Open(options, std::move(store));
  if (!impl.ok()) return impl.status();
  status = (*impl)->projection.Load(load);
  if (!status.ok()) return status;
  return std::unique_ptr<Engine>(new Engine(*std::move(impl)));
}

absl::StatusOr<Verdict> Engine::AskStore(const EngineOptions& options,
                                         std::unique_ptr<Store> store,
                                         const ListenerOptions& listener,
                                         const Handshake& handshake) {
  // Of one verification no table is paid back.
  EngineOptions without_tables = options;
  without_tables.prepared_keys = PreparedKeys::kOff;
  auto impl = Open(without_tables, std::move(store));
  if (!impl.ok()) return impl.status();
  const Engine engine(*std::move(impl));
  const absl::StatusOr<Listener> checked = engine.CreateListener(listener);
  if (!checked.ok()) return checked.status();
  const absl::Status status =
      engine.impl_->projection.LoadReachable(checked->options(), handshake);
  if (!status.ok()) return status;
  return engine.Validate(*checked, handshake);
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<Listener> Engine::CreateListener(
    const ListenerOptions& options) const {
  if (absl::Status status = CheckListenerOptions(options); !status.ok()) {
    return status;
  }
  ListenerOptions checked = options;
  if (options.validation.direct_issuer_only) {
    checked.validation.budgets.path_length = 2;
  }
  return Listener(checked, NextId());
}

std::optional<Verdict> Engine::RefuseByServerName(
    const Listener& listener,
    std::optional<std::string_view> server_name) const {
  return impl_->Resolve(listener, server_name).refusal;
}

NameState Engine::ResolveServerName(const Listener& listener,
                                    std::optional<std::string_view> server_name,
                                    NameCallback callback) {
  sni::SniCache* const names = impl_->names.get();
  if (names == nullptr) return NameState::kReady;
  const AskedName asked = ReadName(listener, server_name);
  if (!asked.name) return NameState::kReady;
  const ListenerOptions& options = listener.options();
  if (impl_->IsRegistered(options, *asked.name) ||
      names->Use(options.region, *asked.name) == NameState::kReady) {
    return NameState::kReady;
  }
  names->Await(
      options.region, *asked.name,
      [fields = FieldsFor(listener),
       callback = std::move(callback)](const sni::NameOutcome& outcome) {
        std::optional<Verdict> refusal;
        if (outcome.reason != Reason::kAccepted) {
          refusal = VerdictMint::Refuse(fields, outcome.reason, outcome.detail);
        }
        callback(refusal);
      });
  return NameState::kPending;
}

absl::Status Engine::InvalidateServerName(const Region& region,
                                          std::string_view host_name) {
  const std::optional<sni::HostName> name = sni::HostName::Parse(host_name);
  if (!name) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the host name is not one that a device can send");
  }
  if (impl_->names != nullptr) impl_->names->Invalidate(region, *name);
  return absl::OkStatus();
}

void Engine::GiveUpOverdueNames() {
  if (impl_->names != nullptr) impl_->names->GiveUpOverdue();
}

Verdict Engine::Validate(const Listener& listener,
                         const Handshake& handshake) const {
  const NameAnswer name = impl_->Resolve(listener, handshake.server_name);
  if (name.refusal) return *name.refusal;

  VerdictFields fields = FieldsFor(listener);
  fields.origin = impl_->OriginOf(listener);
  if (name.tenant) {
    fields.account = name.tenant->account();
    fields.trust_versions.endpoint = name.tenant->version();
  }
  const Reason excess =
      path::MeasureInput(handshake.leaf, handshake.presented,
                         listener.options().validation.budgets);
  if (excess != Reason::kAccepted) return VerdictMint::Refuse(fields, excess);

  fields.device = ComputeCertificateId(handshake.leaf);
  const der::Result<x509::Certificate> leaf =
      x509::Certificate::Parse(handshake.leaf);
  if (!leaf.ok()) {
    fields.failing_certificate = 0;
    fields.disclosure = Disclosure::kReason;  // whatever is registered
    return VerdictMint::Refuse(fields, Reason::kMalformed, leaf.fault().what);
  }
  path::Budget budget(listener.options().validation.budgets);
  if (!budget.TakeWork(path::ParseWork(*leaf) + path::IdWork(handshake.leaf))) {
    fields.spent = budget.spent();
    return VerdictMint::Refuse(fields, *budget.exhausted());
  }
  fields.signed_id = signature::ComputeSignedId(*leaf);
  const path::Finding encoding =
      path::CheckEncoding(*leaf, listener.options().validation.encoding);
  if (!encoding.ok()) {
    fields.failing_certificate = 0;
    fields.disclosure = Disclosure::kReason;
    return VerdictMint::Refuse(fields, encoding.reason, encoding.detail);
  }

  const UnixSeconds now = impl_->clock->Now();
  const catalog::Catalog::Pin pin = impl_->catalog.Acquire();
  if (listener.options().validation.policy ==
      ValidationPolicy::kRegisteredDevice) {
    return JudgeRecord({pin, listener, name.tenant}, handshake, *leaf, budget,
                       now, fields);
  }
  const ChainQuestion question{pin, listener, handshake, *leaf, budget, now};
  return name.tenant ? JudgeInTenant(question, name.tenant, fields)
                     : JudgeInRegion(question, fields);
}

// Whether everything that an accepting `verdict` rested on is as it was.
bool Engine::StillHolds(const Listener& listener, const Handshake& handshake,
                        const Verdict& verdict) const {
  if (!verdict.accepted() || verdict.origin() != impl_->OriginOf(listener)) {
    return false;
  }
  const NameAnswer name =
      impl_->ResolveAgain(listener, handshake.server_name, verdict);
  if (name.refusal || impl_->clock->Now() > verdict.not_after()) return false;
  const catalog::Catalog::Pin pin = impl_->catalog.Acquire();
  const ListenerOptions& options = listener.options();
  const bool is_own =
      name.tenant && name.tenant->account() == verdict.account();
  if (name.tenant && !is_own && !options.legacy_default_routing) return false;

  TrustVersions versions;
  if (name.tenant) versions.endpoint = name.tenant->version();
  const std::optional<catalog::DeviceView> record =
      is_own ? pin.FindDevice(*name.tenant, verdict.signed_id())
             : pin.FindDevice(options.region, verdict.signed_id(),
                              verdict.issuer());
  if (record) versions.device = record->version;
  const Asker asker{pin, listener, name.tenant};
  if (DenialsOf(asker, verdict.account())
          .FindDevice(verdict.account(), verdict.signed_id())) {
    return false;
  }
  if (verdict.trust_versions().anchor != 0) {
    const std::optional<path::Anchor> anchor =
        FindAnchor(asker, verdict.account(), verdict.ca());
    if (!anchor || HasInactive(asker, verdict.account(), handshake.leaf,
                               verdict.intermediates())) {
      return false;
    }
    versions.anchor = anchor->state().version;
  }
  if (options.validation.policy == ValidationPolicy::kTrustedChain &&
      options.validation.revocation.scope != RevocationOptions::Scope::kOff) {
    versions.revocation = pin.Crls(options.region).Version(verdict.account());
  }
  return versions == verdict.trust_versions();
}

Verdict Engine::CompleteWithHook(const Listener& listener,
                                 const Handshake& handshake,
                                 const Verdict& verdict) {
  const Reason reason = AskHook(listener, handshake, verdict, *impl_->clock);
  if (reason == Reason::kAccepted) {
    // The hook may have taken its time. What it said was of this account.
    if (StillHolds(listener, handshake, verdict)) return verdict;
    const Verdict again = Validate(listener, handshake);
    if (again.accepted() ? again.account() == verdict.account()
                         : again.completion() != Completion::kFirstConnect) {
      return again;
    }
    return VerdictMint::Refuse(FieldsFor(listener), Reason::kRefusedByHook,
                               "it was asked about another account");
  }
  return RefuseForHook(listener, handshake, verdict, reason);
}

Verdict Engine::Complete(const Listener& listener, const Handshake& handshake,
                         const Verdict& verdict) {
  // A refusal is said again, now of a client that has proven its key.
  Verdict final = OfThisLeaf(listener, handshake, verdict);
  // Nothing is read or written for a device that has not been admitted.
  bool is_admitted = false;
  if (final.completion() == Completion::kFirstConnect) {
    is_admitted = impl_->AdmitsFirstConnect(listener, handshake, final);
    // Another process may have registered or activated it a moment ago. If
    // that cannot be read, nor can the first connection be written.
    if (is_admitted) {
      impl_->projection
          .CatchUp(
              {OwnerOf(listener, handshake, final), listener.options().region},
              {})
          .IgnoreError();
    }
    final = Validate(listener, handshake);
  } else if (final.accepted() && !StillHolds(listener, handshake, final)) {
    final = Validate(listener, handshake);
    is_admitted = final.completion() == Completion::kFirstConnect &&
                  impl_->AdmitsFirstConnect(listener, handshake, final);
  }
  if (final.accepted() && listener.options().hook != nullptr) {
    final = CompleteWithHook(listener, handshake, final);
  }
  if (final.completion() == Completion::kFirstConnect) {
    final = is_admitted
                ? impl_->CompleteFirstConnect(listener, handshake, final)
                : Throttle(listener, final);
  }
  final = VerdictMint::Settle(std::move(final));
  impl_->Tell(handshake, final);
  return final;
}

Verdict Engine::TurnAway(const Listener& listener, const Handshake& handshake,
                         const Verdict& verdict) {
  Verdict final = OfThisLeaf(listener, handshake, verdict);
  if (final.accepted() && !StillHolds(listener, handshake, final)) {
    final = Validate(listener, handshake);
  }
  if (final.completion() == Completion::kFirstConnect) {
    final = Throttle(listener, final);
  } else if (final.accepted() && listener.options().hook != nullptr) {
    final = RefuseForHook(listener, handshake, final, Reason::kHookTimeout);
  }
  final = VerdictMint::Settle(std::move(final));
  impl_->Tell(handshake, final);
  return final;
}

Account Engine::OwnerOf(const Listener& listener, const Handshake& handshake,
                        const Verdict& verdict) const {
  if (verdict.completion() != Completion::kFirstConnect) {
    return verdict.account();
  }
  const NameAnswer name = impl_->Resolve(listener, handshake.server_name);
  if (name.refusal) return verdict.account();
  return impl_->FindOwner(listener, name.tenant, verdict).value_or(Account());
}

void Engine::Refuse(const Verdict& verdict,
                    std::optional<std::string_view> server_name) {
  const Verdict refusal = verdict.accepted() ? Verdict() : verdict;
  impl_->observer->OnRefused({refusal, KeyProof::kUnproven, server_name});
}

Registry& Engine::registry() { return *impl_->registry; }

absl::Status Engine::Follow(int64_t timeout_millis) {
  // Waking reaches who waits already. Who was about to must notice by himself.
  constexpr int64_t kNap = 100;
  for (int64_t left = timeout_millis;; left -= kNap) {
    if (impl_->is_stopped) return absl::CancelledError("following was stopped");
    absl::Status status = impl_->projection.CatchUp();
    if (!status.ok() || left <= 0) return status;
    const absl::StatusOr<bool> changed = impl_->store->AwaitChange(
        impl_->projection.seen(), std::min(left, kNap));
    if (!changed.ok()) return changed.status();
    if (*changed) return impl_->projection.CatchUp();
  }
}

void Engine::StopFollowing() {
  impl_->is_stopped = true;
  impl_->store->Wake();
}

Stats Engine::GetStats() const {
  const memory::Held held = impl_->catalog.GetHeld();
  const sni::SniCache::Usage names = impl_->names == nullptr
                                         ? sni::SniCache::Usage()
                                         : impl_->names->GetUsage();
  return {.accepted = impl_->accepted.load(std::memory_order_relaxed),
          .refused = impl_->refused.load(std::memory_order_relaxed),
          .registrations = impl_->catalog.registrations(),
          .ca_records = impl_->catalog.records(),
          .endpoints = impl_->catalog.endpoints().size(),
          .cached_names = names.names,
          .cached_name_bytes = names.bytes,
          .name_lookups = names.lookups,
          .prepared_keys = impl_->catalog.key_tables().GetStats(),
          .held_bytes = held.bytes,
          .oldest_reader_seconds = held.oldest_pin_seconds};
}

}  // namespace chainkeep
