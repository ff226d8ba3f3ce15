// Implements chainkeep/engine.h: the walk of one handshake through the rooms.

#include "chainkeep/engine.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/events.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "engine/catalog/catalog.h"
#include "engine/path/path_builder.h"
#include "engine/projection/projection.h"
#include "engine/registry/registry_impl.h"
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

absl::Status Invalid(std::string_view what) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("listener: ", what));
}

absl::Status CheckAlgorithms(std::string_view whose,
                             const AlgorithmPolicy& policy) {
  if (policy.min_rsa_bits < 1024 || policy.max_rsa_bits > 16384 ||
      policy.min_rsa_bits > policy.max_rsa_bits) {
    return MakeError(
        ErrorCode::kInvalidRequest,
        absl::StrCat(whose,
                     ": RSA limits must lie within 1024 and 16384 bits,"
                     " in order"));
  }
  return absl::OkStatus();
}

absl::Status CheckBudgets(const Budgets& budgets) {
  if (budgets.presented_certificates > path::kMaxPresented) {
    return Invalid("at most 64 presented certificates");
  }
  if (budgets.path_length < 2 || budgets.path_length > path::kMaxPathLength) {
    return Invalid("path_length must be 2 to 16");
  }
  if (budgets.candidates < 1 || budgets.candidates > path::kMaxCandidates) {
    return Invalid("candidates must be 1 to 32");
  }
  if (budgets.certificate_bytes == 0 || budgets.chain_bytes == 0 ||
      budgets.signatures == 0 || budgets.steps == 0 ||
      budgets.name_comparisons == 0) {
    return Invalid("a budget of zero lets nobody in");
  }
  return absl::OkStatus();
}

absl::Status CheckRevocation(const RevocationOptions& revocation) {
  return revocation.max_age_seconds.value_or(0) >= 0
             ? absl::OkStatus()
             : Invalid("the age of CRLs must not be negative");
}

absl::Status CheckPolicies(const CertificatePolicyOptions& policies) {
  using Explicit = CertificatePolicyOptions::Explicit;
  if (!policies.initial_policies.empty() &&
      policies.explicit_policy != Explicit::kRequired) {
    return Invalid("initial policies need explicit_policy kRequired");
  }
  for (const std::string& dotted : policies.initial_policies) {
    const absl::Status status = internal::EncodeOid(dotted).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckEndpointCache(const EndpointCacheOptions& cache) {
  constexpr size_t kMinBytes = size_t{1} << 20;
  constexpr size_t kMinNegativeBytes = size_t{64} << 10;
  constexpr int64_t kHour = 3600;
  const auto invalid = [](std::string_view what) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("endpoint cache: ", what));
  };
  if (cache.bytes < kMinBytes) return invalid("at least 1 MiB");
  if (cache.negative_bytes < kMinNegativeBytes ||
      cache.negative_bytes > cache.bytes) {
    return invalid("negative_bytes must be 64 KiB to bytes");
  }
  if (cache.ttl_seconds < 1 || cache.ttl_seconds > 24 * kHour ||
      cache.negative_ttl_seconds < 1 ||
      cache.negative_ttl_seconds > cache.ttl_seconds) {
    return invalid("times to live must be 1 s to a day, negative ones less");
  }
  if (cache.stale_seconds < 0 || cache.stale_seconds > kHour) {
    return invalid("stale_seconds must be 0 to an hour");
  }
  if (cache.lookups < 1 || cache.lookups > (1 << 16)) {
    return invalid("lookups must be 1 to 65536");
  }
  if (cache.lookup_timeout_seconds < 1 || cache.lookup_timeout_seconds > 60) {
    return invalid("lookup_timeout_seconds must be 1 to 60");
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const EngineOptions& options) {
  absl::Status status =
      CheckAlgorithms("registration", options.registration_algorithms);
  return status.ok() ? CheckEndpointCache(options.endpoint_cache) : status;
}

absl::Status CheckLoad(const LoadOptions& load) {
  if (load.threads >= 1 && load.threads <= 256) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidRequest,
                   "load: threads must be 1 to 256");
}

// What a handshake says of its server name: a name, or nothing because it says
// none, or a refusal.
struct AskedName {
  std::optional<sni::HostName> name;
  std::optional<Verdict> refusal;
};

// What the server name of a handshake led to: a tenant, or nothing because
// there is none, or a refusal.
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

Verdict RefuseFor(VerdictFields fields, Reason reason,
                  std::string_view detail = {}) {
  fields.reason = reason;
  fields.detail = detail;
  return VerdictMint::Refuse(fields);
}

AskedName ReadName(const Listener& listener,
                   std::optional<std::string_view> server_name) {
  if (!server_name || (listener.options().ip_literal_as_absent &&
                       sni::IsIpLiteral(*server_name))) {
    return {};
  }
  const std::optional<sni::HostName> name = sni::HostName::Parse(*server_name);
  if (name) return {name, {}};
  return {{}, RefuseFor(FieldsFor(listener), Reason::kServerNameMalformed)};
}

// What the registered endpoints say of a name, and of those they do not know,
// what is at hand of the source's answers. `cache` is null without a source.
sni::Resolution Resolve(const sni::EndpointTable& endpoints,
                        const sni::SniCache* cache,
                        const ListenerOptions& options,
                        const sni::HostName& name) {
  sni::Resolution resolution =
      endpoints.Resolve(options.region, name, options.service);
  if (cache != nullptr && resolution.refusal == Reason::kServerNameUnknown) {
    return cache->Find(options.region, name, options.service);
  }
  return resolution;
}

NameAnswer ResolveName(const sni::EndpointTable& endpoints,
                       const sni::SniCache* cache, const Listener& listener,
                       std::optional<std::string_view> server_name) {
  const AskedName asked = ReadName(listener, server_name);
  if (!asked.name) return {{}, asked.refusal};
  const sni::Resolution resolution =
      Resolve(endpoints, cache, listener.options(), *asked.name);
  if (resolution.tenant) return {resolution.tenant, {}};
  VerdictFields fields = FieldsFor(listener);
  fields.account = resolution.account;
  fields.trust_versions.endpoint = resolution.version;
  return {{}, RefuseFor(fields, resolution.refusal)};
}

path::PathResult BuildIn(const path::AnchorSource& view,
                         const catalog::CrlView& crls, const Listener& listener,
                         const Handshake& handshake,
                         const x509::Certificate& leaf, UnixSeconds now) {
  return path::BuildPath({.leaf = leaf,
                          .presented = handshake.presented,
                          .anchors = view,
                          .crls = crls,
                          .options = listener.options().validation,
                          .now = now});
}

// The version of the CRLs that an answer for `account` rests on.
uint64_t CrlVersion(const catalog::CrlView& crls, const Listener& listener,
                    const Account& account) {
  const RevocationOptions& options = listener.options().validation.revocation;
  return options.scope == RevocationOptions::Scope::kOff
             ? 0
             : crls.Version(account);
}

Verdict Judge(const path::PathResult& result, VerdictFields fields,
              const catalog::CrlView& crls, const Listener& listener) {
  fields.spent = result.spent;
  if (result.path) {
    fields.trust_versions.revocation =
        CrlVersion(crls, listener, *result.path->anchor().account);
    return VerdictMint::Accept(fields, *result.path);
  }
  fields.failing_certificate = result.failure.certificate;
  return RefuseFor(fields, result.failure.reason, result.failure.detail);
}

}  // namespace

struct Engine::Impl {
  Impl(const EngineOptions& options,
       std::shared_ptr<store::RegistryStore> records)
      : clock(options.clock != nullptr ? options.clock : &SystemClock()),
        observer(options.observer != nullptr ? options.observer
                                             : NobodyListens()),
        catalog([this] { return clock->Now(); }),
        store(std::move(records)),
        projection({.store = store.get(),
                    .catalog = &catalog,
                    .observer = observer,
                    .algorithms = options.registration_algorithms}),
        registry(registry::MakeRegistry(
            store, &projection,
            {.clock = clock,
             .observer = observer,
             .registration_algorithms = options.registration_algorithms,
             .wildcard_endpoints = options.wildcard_endpoints})) {
    if (options.endpoint_source == nullptr) return;
    names = std::make_unique<sni::SniCache>(
        sni::SniCache::Uses{
            .epochs = &catalog.epochs(),
            .hasher = &catalog.hasher(),
            .clock = clock,
            .source = options.endpoint_source,
            .next_version = [this] { return catalog.NextVersion(); }},
        options.endpoint_cache);
  }

  NameAnswer Resolve(const Listener& listener,
                     std::optional<std::string_view> server_name) const {
    return ResolveName(catalog.endpoints(), names.get(), listener, server_name);
  }

  // What a verdict of this engine for `listener` says of its origin. Numbers
  // are far too few to meet after the multiplication, which is by an odd
  // constant.
  uint64_t OriginOf(const Listener& listener) const {
    return id * 0x9e3779b97f4a7c15 + listener.id();
  }

  const uint64_t id = NextId();
  const Clock* const clock;
  EventObserver* const observer;
  catalog::Catalog catalog;
  const std::shared_ptr<store::RegistryStore> store;
  projection::Projection projection;
  const std::unique_ptr<Registry> registry;
  std::unique_ptr<sni::SniCache> names;  // null without an EndpointSource
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<bool> is_stopped{false};
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  return std::unique_ptr<Engine>(new Engine(
      std::make_unique<Impl>(options, std::make_shared<store::MemoryStore>())));
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options, std::unique_ptr<Store> store,
    const LoadOptions& load) {
  absl::Status status = CheckOptions(options);
  if (status.ok()) status = CheckLoad(load);
  if (!status.ok()) return status;
  std::shared_ptr<store::RegistryStore> records;
  if (store != nullptr) records = store->impl().Take();
  if (records == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "engine: no store");
  }
  auto impl = std::make_unique<Impl>(options, std::move(records));
  status = impl->projection.Load(load);
  if (!status.ok()) return status;
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<Listener> Engine::CreateListener(
    const ListenerOptions& options) const {
  if (options.region.empty()) return Invalid("region is required");
  absl::Status status =
      CheckAlgorithms("listener", options.validation.algorithms);
  if (status.ok()) status = CheckBudgets(options.validation.budgets);
  if (status.ok()) status = CheckPolicies(options.validation.policies);
  if (status.ok()) status = CheckRevocation(options.validation.revocation);
  if (!status.ok()) return status;
  return Listener(options, NextId());
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
  // Of a name that is registered the source is not asked.
  if (impl_->catalog.endpoints()
              .Resolve(options.region, *asked.name, options.service)
              .refusal != Reason::kServerNameUnknown ||
      names->Use(options.region, *asked.name) == NameState::kReady) {
    return NameState::kReady;
  }
  names->Await(options.region, *asked.name,
               [fields = FieldsFor(listener), callback = std::move(callback)](
                   const sni::NameOutcome& outcome) {
                 std::optional<Verdict> refusal;
                 if (outcome.reason != Reason::kAccepted) {
                   refusal = RefuseFor(fields, outcome.reason, outcome.detail);
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
  if (excess != Reason::kAccepted) return RefuseFor(fields, excess);

  const der::Result<x509::Certificate> leaf =
      x509::Certificate::Parse(handshake.leaf);
  if (!leaf.ok()) {
    fields.failing_certificate = 0;
    return RefuseFor(fields, Reason::kMalformed, leaf.fault().what);
  }
  fields.device = ComputeCertificateId(handshake.leaf);

  const UnixSeconds now = impl_->clock->Now();
  const Region& region = listener.options().region;
  const catalog::Catalog::Pin pin = impl_->catalog.Acquire();
  const catalog::CrlView crls = pin.Crls(region);
  if (name.tenant) {
    const catalog::TenantView view = pin.View(*name.tenant);
    return Judge(BuildIn(view, crls, listener, handshake, *leaf, now), fields,
                 crls, listener);
  }
  const catalog::DefaultView view = pin.View(region);
  path::PathResult result =
      BuildIn(view, crls, listener, handshake, *leaf, now);
  if (result.failure.reason == Reason::kNoRegisteredCa &&
      pin.HasSniOnlyIssuer(region, leaf->issuer())) {
    result.failure.reason = Reason::kServerNameRequired;
  }
  return Judge(result, fields, crls, listener);
}

// Whether everything that an accepting `verdict` rested on is as it was.
bool Engine::StillHolds(const Listener& listener, const Handshake& handshake,
                        const Verdict& verdict) const {
  if (!verdict.accepted() || verdict.origin() != impl_->OriginOf(listener)) {
    return false;
  }
  const NameAnswer name = impl_->Resolve(listener, handshake.server_name);
  TrustVersions versions;
  path::Anchor anchor;
  const catalog::Catalog::Pin pin = impl_->catalog.Acquire();
  if (name.tenant) {
    versions.endpoint = name.tenant->version();
    if (!pin.View(*name.tenant).FindById(verdict.ca(), &anchor)) return false;
  } else if (name.refusal || !pin.View(listener.options().region)
                                  .FindById(verdict.ca(), &anchor)) {
    return false;
  }
  versions.anchor = anchor.version;
  versions.revocation = CrlVersion(pin.Crls(listener.options().region),
                                   listener, verdict.account());
  return versions == verdict.trust_versions() &&
         *anchor.account == verdict.account() &&
         impl_->clock->Now() <= verdict.not_after();
}

Verdict Engine::Complete(const Listener& listener, const Handshake& handshake,
                         const Verdict& verdict) {
  Verdict final = verdict;
  if (!verdict.accepted()) {
    // Said again below, now of a client that has proven its key.
  } else if (verdict.device() != ComputeCertificateId(handshake.leaf)) {
    final = RefuseFor(FieldsFor(listener), Reason::kNoVerdict,
                      "the verdict is about another certificate");
  } else if (!StillHolds(listener, handshake, verdict)) {
    final = Validate(listener, handshake);
  }
  if (final.accepted()) {
    impl_->accepted.fetch_add(1, std::memory_order_relaxed);
    impl_->observer->OnAccepted(
        {final, KeyProof::kProven, handshake.server_name});
  } else {
    impl_->refused.fetch_add(1, std::memory_order_relaxed);
    impl_->observer->OnRefused(
        {final, KeyProof::kProven, handshake.server_name});
  }
  return final;
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
          .held_bytes = held.bytes,
          .oldest_reader_seconds = held.oldest_pin_seconds};
}

}  // namespace chainkeep
