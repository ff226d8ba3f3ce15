// ReadName reads the server name of a handshake as a listener is told to: the
// one reading that all of the engine goes by.
//
// Pure and thread-safe; costs a walk over the name.

#ifndef CHAINKEEP_ENGINE_GATE_ASKED_NAME_H_
#define CHAINKEEP_ENGINE_GATE_ASKED_NAME_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "chainkeep/options.h"
#include "engine/sni/host_name.h"

namespace chainkeep::gate {

// A name; or nothing, because the handshake has none (R69) or has an IP literal
// that counts as none (ListenerOptions::ip_literal_as_absent); or a malformed
// one, which is never the same as nothing (R62).
struct AskedName {
  enum class Kind : uint8_t { kAbsent, kName, kMalformed };

  Kind kind = Kind::kMalformed;
  std::optional<sni::HostName> name = {};  // of kName
};

AskedName ReadName(const ListenerOptions& options,
                   std::optional<std::string_view> server_name);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_ASKED_NAME_H_
