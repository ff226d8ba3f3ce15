#include "engine/gate/core.h"

#include <mutex>
#include <utility>

#include "engine/gate/options_check.h"
#include "engine/registry/command_context.h"
#include "engine/registry/registry_impl.h"
#include "engine/signature/key_tables.h"
#include "engine/signature/prepared/arithmetic.h"

namespace chainkeep::gate {
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

}  // namespace

Core::Core(const EngineOptions& options,
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
      first_connect(registry::CommandContext(store, &projection,
                                             RegistryOptionsOf(options, clock)),
                    observer, options.provisioning,
                    options.first_connects_per_second) {
  if (options.endpoint_source == nullptr) return;
  names = std::make_unique<sni::SniCache>(
      sni::SniCache::Uses{.epochs = &catalog.epochs(),
                          .hasher = &catalog.hasher(),
                          .clock = clock,
                          .source = options.endpoint_source},
      options.endpoint_cache);
}

Listener Core::MakeListener(const ListenerOptions& options) {
  const std::lock_guard lock(mutex_);
  return Listener(&listeners_.emplace_back(options), this);
}

void Core::Tell(const ConnectionEvent& event) {
  if (event.verdict.accepted()) {
    accepted.fetch_add(1, std::memory_order_relaxed);
    observer->OnAccepted(event);
  } else {
    refused.fetch_add(1, std::memory_order_relaxed);
    observer->OnRefused(event);
  }
}

}  // namespace chainkeep::gate
