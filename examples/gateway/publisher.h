// Publisher: tells the broker what the registry has to tell, on topics that
// begin with "$aws/events/".
//
//   auto publisher = Publisher::Create({"127.0.0.1", 1884});
//   (*publisher)->Publish("$aws/events/certificates/registered/4f…", "{…}");
//
// Messages go out at least once (MQTT QoS 1) and in order, by a thread of the
// MQTT library's own. While the broker is away they wait, the newest
// kMaxWaiting of them. Why that is enough: a device whose event was lost is
// refused, tries again, and causes another.
//
// Thread-safety: Publish by any thread; Tick by the gateway's loop.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_PUBLISHER_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_PUBLISHER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "examples/gateway/sockets.h"

namespace gateway {

class Publisher {
 public:
  static constexpr int kMaxWaiting = 10'000;

  // Create begins to connect to `broker`, which need not be there yet. Errors:
  // of the MQTT library alone.
  static absl::StatusOr<std::unique_ptr<Publisher>> Create(
      const HostPort& broker);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Publish hands over one message. Never waits.
  void Publish(const std::string& topic, const std::string& payload);

  // Tick tries again to reach a broker that has not been there. Call it about
  // every second.
  void Tick();

  // Messages that were not taken: of a library without memory, for example.
  int64_t dropped() const { return dropped_.load(); }

 private:
  explicit Publisher(void* client) : client_(client) {}

  void Connect();

  void* const client_;  // MQTTAsync
  std::atomic<bool> connect_again_{false};
  std::atomic<int64_t> dropped_{0};
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_PUBLISHER_H_
