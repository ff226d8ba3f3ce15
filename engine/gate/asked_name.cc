#include "engine/gate/asked_name.h"

namespace chainkeep::gate {

AskedName ReadName(const ListenerOptions& options,
                   std::optional<std::string_view> server_name) {
  using Kind = AskedName::Kind;
  if (!server_name ||
      (options.ip_literal_as_absent && sni::IsIpLiteral(*server_name))) {
    return {.kind = Kind::kAbsent};
  }
  const std::optional<sni::HostName> name = sni::HostName::Parse(*server_name);
  return {.kind = name ? Kind::kName : Kind::kMalformed, .name = name};
}

}  // namespace chainkeep::gate
