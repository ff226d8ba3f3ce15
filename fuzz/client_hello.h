// ClientHello messages: written around an input, and read apart from BoringSSL.

#ifndef CHAINKEEP_FUZZ_CLIENT_HELLO_H_
#define CHAINKEEP_FUZZ_CLIENT_HELLO_H_

#include <optional>
#include <string>
#include <string_view>

#include "chainkeep/types.h"

namespace chainkeep::fuzz {

// What an input stands for. Its first byte says what the rest of it is; zero is
// the contents of the server_name extension.
struct ClientHello {
  std::string body;     // of the handshake message
  std::string records;  // the message as it is sent
  // Nothing in it but the server_name can be wrong.
  bool is_good_around_the_name = false;
};

// MakeClientHello puts `input` into a ClientHello that is good but for it, in
// TLS records of one size. Every input gives one.
ClientHello MakeClientHello(Bytes input);

// ServerNameIn says what a ClientHello has to say of a server name.
struct ServerNameIn {
  // No more to be known: what follows the fixed part cannot be read.
  bool is_readable = false;
  int extensions = 0;  // of type server_name
  // If there is exactly one, and it holds exactly one host_name and nothing
  // else (RFC 6066 §3). May be any bytes.
  std::optional<std::string> host_name = {};
};

ServerNameIn ReadServerName(Bytes body);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CLIENT_HELLO_H_
