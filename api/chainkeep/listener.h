// A listener is a checked set of ListenerOptions, and where handshakes begin.
//
//   chainkeep::Handshake handshake = listener.Begin(server_name);

#ifndef CHAINKEEP_API_CHAINKEEP_LISTENER_H_
#define CHAINKEEP_API_CHAINKEEP_LISTENER_H_

#include <optional>
#include <string_view>

#include "chainkeep/options.h"

namespace chainkeep {

class Handshake;  // handshake.h
namespace gate {
struct Core;
}

// Listener is made by Engine::CreateListener and is no larger than two
// pointers: copy it freely. What it stands for belongs to the engine, which
// keeps it until it is destroyed: make one when a gate opens, not for each
// connection. Immutable, usable by any thread.
class Listener {
 public:
  // The engine's, as it has checked them.
  const ListenerOptions& options() const { return *options_; }

  // Begin starts a handshake and resolves its server name: the host_name of
  // the server_name extension (RFC 6066 §3) as sent, nothing if the ClientHello
  // has no such extension (an empty name is malformed, not absent). Call it
  // when the ClientHello was read, before anything is answered. Takes no lock
  // and costs well under a microsecond; a name that has to be looked up by an
  // EndpointSource is handed to it here. Any bytes may be given.
  Handshake Begin(std::optional<std::string_view> server_name) const;

 private:
  friend class Engine;
  friend struct gate::Core;
  friend class Admission;
  friend class HandshakeWalk;
  Listener(const ListenerOptions* options, gate::Core* core)
      : options_(options), core_(core) {}

  const ListenerOptions* options_;
  gate::Core* core_;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_LISTENER_H_
