#include "examples/gateway/publisher.h"

#include <MQTTAsync.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace gateway {

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Create(
    const HostPort& broker) {
  const std::string uri = absl::StrCat("tcp://", broker.host, ":", broker.port);
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
  options.sendWhileDisconnected = 1;
  options.allowDisconnectedSendAtAnyTime = 1;
  options.maxBufferedMessages = kMaxWaiting;
  options.deleteOldestMessages = 1;
  MQTTAsync client = nullptr;
  const int result = MQTTAsync_createWithOptions(
      &client, uri.c_str(), absl::StrCat("gateway-", getpid()).c_str(),
      MQTTCLIENT_PERSISTENCE_NONE, nullptr, &options);
  if (result != MQTTASYNC_SUCCESS) {
    return absl::InternalError(absl::StrCat("an MQTT client for ", uri, ": ",
                                            MQTTAsync_strerror(result)));
  }
  std::unique_ptr<Publisher> publisher(new Publisher(client));
  publisher->Connect();
  return publisher;
}

Publisher::~Publisher() {
  MQTTAsync client = client_;
  MQTTAsync_destroy(&client);
}

void Publisher::Publish(const std::string& topic, const std::string& payload) {
  MQTTAsync_message message = MQTTAsync_message_initializer;
  message.payload = const_cast<char*>(payload.data());
  message.payloadlen = static_cast<int>(payload.size());
  message.qos = 1;
  if (MQTTAsync_sendMessage(client_, topic.c_str(), &message, nullptr) !=
      MQTTASYNC_SUCCESS) {
    ++dropped_;
  }
}

void Publisher::Tick() {
  if (connect_again_.exchange(false)) Connect();
}

// The library reconnects by itself once it was connected, and not before.
void Publisher::Connect() {
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  options.keepAliveInterval = 20;
  options.cleansession = 1;
  options.automaticReconnect = 1;
  options.minRetryInterval = 1;
  options.maxRetryInterval = 30;
  options.context = this;
  options.onFailure = [](void* context, MQTTAsync_failureData*) {
    static_cast<Publisher*>(context)->connect_again_ = true;
  };
  if (MQTTAsync_connect(client_, &options) != MQTTASYNC_SUCCESS) {
    connect_again_ = true;
  }
}

}  // namespace gateway
