// Implements chainkeep/engine.h: makes engines and listeners, and follows the
// store. What a handshake is judged by is in engine/gate.

#include "chainkeep/engine.h"

#include <algorithm>
#include <utility>

#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "engine/gate/core.h"
#include "engine/gate/handshake_walk.h"
#include "engine/gate/options_check.h"
#include "engine/sni/host_name.h"
#include "engine/store/memory_store.h"
#include "engine/store/store_impl.h"

namespace chainkeep {

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options) {
  if (absl::Status status = CheckEngineOptions(options); !status.ok())
    return status;
  return std::unique_ptr<Engine>(new Engine(std::make_unique<gate::Core>(
      options, std::make_shared<store::MemoryStore>())));
}

// An engine over `store` that has loaded nothing.
absl::StatusOr<std::unique_ptr<gate::Core>> Engine::Open(
    const EngineOptions& options, std::unique_ptr<Store> store) {
  if (absl::Status status = CheckEngineOptions(options); !status.ok()) {
    return status;
  }
  std::shared_ptr<store::RegistryStore> records;
  if (store != nullptr) records = store->impl().Take();
  if (records == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "engine: no store");
  }
  return std::make_unique<gate::Core>(options, std::move(records));
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    const EngineOptions& options, std::unique_ptr<Store> store,
    const LoadOptions& load) {
  absl::Status status = CheckLoadOptions(load);
  if (!status.ok()) return status;
  auto core = Open(options, std::move(store));
  if (!core.ok()) return core.status();
  status = (*core)->projection.Load(load);
  if (!status.ok()) return status;
  return std::unique_ptr<Engine>(new Engine(*std::move(core)));
}

absl::StatusOr<Verdict> Engine::AskStore(const EngineOptions& options,
                                         std::unique_ptr<Store> store,
                                         const ListenerOptions& listener,
                                         const Attempt& attempt) {
  // Of one verification no table is paid back.
  EngineOptions without_tables = options;
  without_tables.prepared_keys = PreparedKeys::kOff;
  auto core = Open(without_tables, std::move(store));
  if (!core.ok()) return core.status();
  const Engine engine(*std::move(core));
  const absl::StatusOr<Listener> checked = engine.CreateListener(listener);
  if (!checked.ok()) return checked.status();
  const absl::Status status =
      engine.core_->projection.LoadReachable(checked->options(), attempt);
  if (!status.ok()) return status;
  HandshakeWalk walk(*checked, attempt.server_name);
  walk.Begin();
  walk.Present(attempt.leaf, attempt.presented);
  return walk.verdict();
}

Engine::Engine(std::unique_ptr<gate::Core> core) : core_(std::move(core)) {}
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
  return core_->MakeListener(checked);
}

absl::Status Engine::InvalidateServerName(const Region& region,
                                          std::string_view host_name) {
  const std::optional<sni::HostName> name = sni::HostName::Parse(host_name);
  if (!name) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the host name is not one that a device can send");
  }
  if (core_->names != nullptr) core_->names->Invalidate(region, *name);
  return absl::OkStatus();
}

void Engine::GiveUpOverdueNames() {
  if (core_->names != nullptr) core_->names->GiveUpOverdue();
}

Registry& Engine::registry() { return *core_->registry; }

absl::Status Engine::Follow(int64_t timeout_millis) {
  // Waking reaches who waits already. Who was about to must notice by himself.
  constexpr int64_t kNap = 100;
  for (int64_t left = timeout_millis;; left -= kNap) {
    if (core_->is_stopped) return absl::CancelledError("following was stopped");
    absl::Status status = core_->projection.CatchUp();
    if (!status.ok() || left <= 0) return status;
    const absl::StatusOr<bool> changed = core_->store->AwaitChange(
        core_->projection.seen(), std::min(left, kNap));
    if (!changed.ok()) return changed.status();
    if (*changed) return core_->projection.CatchUp();
  }
}

void Engine::StopFollowing() {
  core_->is_stopped = true;
  core_->store->Wake();
}

Stats Engine::GetStats() const {
  const memory::Held held = core_->catalog.GetHeld();
  const sni::SniCache::Usage names = core_->names == nullptr
                                         ? sni::SniCache::Usage()
                                         : core_->names->GetUsage();
  return {.accepted = core_->accepted.load(std::memory_order_relaxed),
          .refused = core_->refused.load(std::memory_order_relaxed),
          .registrations = core_->catalog.registrations(),
          .ca_records = core_->catalog.records(),
          .endpoints = core_->catalog.endpoints().size(),
          .cached_names = names.names,
          .cached_name_bytes = names.bytes,
          .name_lookups = names.lookups,
          .prepared_keys = core_->catalog.key_tables().GetStats(),
          .held_bytes = held.bytes,
          .oldest_reader_seconds = held.oldest_pin_seconds};
}

}  // namespace chainkeep
