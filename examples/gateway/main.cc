// A TLS gateway in front of an MQTT broker, guarded by chainkeep.
//
//   gateway --certificate server.pem --key server.key
//           --listen us-east-1=127.0.0.1:8883 --upstream 127.0.0.1:1884
//
// Reads commands on standard input (control_plane.h) and writes JSON lines on
// standard output: first {"pid":…,"listening":[{"region":…,"port":…}]}, then
// one for each connection and one for each command. Ends well (0) on SIGINT,
// SIGTERM and the end of its input. --help prints the flags.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "examples/gateway/flags.h"
#include "examples/gateway/gateway.h"

namespace {

int Fail(const absl::Status& status) {
  // It may quote a flag, or a file's name: nothing that a terminal obeys.
  std::string text;
  for (const char c : status.message()) {
    const bool is_shown = c >= ' ' && c < 0x7f;
    absl::StrAppend(&text, is_shown
                               ? std::string(1, c)
                               : absl::CHexEscape(std::string_view(&c, 1)));
  }
  std::fprintf(stderr, "gateway: %s\n", text.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (std::find(arguments.begin(), arguments.end(), "--help") !=
      arguments.end()) {
    std::fputs(std::string(gateway::Usage()).c_str(), stdout);
    return 0;
  }
  absl::StatusOr<gateway::Flags> flags = gateway::ParseFlags(arguments);
  if (!flags.ok()) {
    Fail(flags.status());
    std::fputs(std::string(gateway::Usage()).c_str(), stderr);
    return 2;
  }
  auto server = gateway::Gateway::Create(*flags);
  if (!server.ok()) return Fail(server.status());
  const absl::Status status = (*server)->Run();
  return status.ok() ? 0 : Fail(status);
}
