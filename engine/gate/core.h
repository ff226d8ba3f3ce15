// Core is an engine's rooms, wired together: what every handshake walk uses.
//
// Thread-safe as its members are. Nothing here decides anything.

#ifndef CHAINKEEP_ENGINE_GATE_CORE_H_
#define CHAINKEEP_ENGINE_GATE_CORE_H_

#include <atomic>
#include <deque>
#include <memory>

#include "chainkeep/events.h"
#include "chainkeep/listener.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "engine/catalog/catalog.h"
#include "engine/memory/fork_safe_mutex.h"
#include "engine/projection/projection.h"
#include "engine/registry/first_connect.h"
#include "engine/sni/sni_cache.h"
#include "engine/store/registry_store.h"

namespace chainkeep::gate {

struct Core {
  Core(const EngineOptions& options,
       std::shared_ptr<store::RegistryStore> records);

  // A listener with `options`, which were checked.
  Listener MakeListener(const ListenerOptions& options);

  // Counts how a connection ended whose client has proven the key, and tells.
  void Tell(const ConnectionEvent& event);

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

 private:
  memory::ForkSafeMutex mutex_;
  std::deque<ListenerOptions> listeners_;  // addresses stay
};

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_CORE_H_
