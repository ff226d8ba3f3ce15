// TlsGate is a TLS server with a gate, which is shown one flight of a client.

#ifndef CHAINKEEP_FUZZ_TLS_GATE_H_
#define CHAINKEEP_FUZZ_TLS_GATE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "chainkeep/verdict.h"
#include "openssl/ssl.h"

namespace chainkeep::fuzz {

// The one endpoint that is switched on, and one that is not.
inline constexpr std::string_view kKnownName = "a.b";
inline constexpr std::string_view kDisabledName = "off.b";

// Not thread-safe.
class TlsGate {
 public:
  // What came of a ClientHello. If neither: BoringSSL ended it by itself.
  struct Outcome {
    bool goes_on = false;           // the server has said hello
    std::optional<Reason> refusal;  // the gate has refused
    // What the engine was asked about; absent as well if it was not asked.
    std::optional<std::string> server_name;
  };

  TlsGate();

  Outcome Receive(std::string_view records);

  // What the engine answers to a server name; nothing if it may go on.
  std::optional<Reason> RefusalOf(std::string_view server_name) const;

 private:
  // Keeps the last refusal.
  struct Observer final : public EventObserver {
    void OnRefused(const ConnectionEvent& event) override;
    Outcome last;
  };

  Observer observer_;
  std::unique_ptr<Engine> engine_;
  std::optional<Listener> listener_;
  bssl::UniquePtr<SSL_CTX> ctx_;
};

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_TLS_GATE_H_
