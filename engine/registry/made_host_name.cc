#include "engine/registry/made_host_name.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "openssl/rand.h"

namespace chainkeep::registry {
namespace {

constexpr EndpointType kTypes[] = {
    {"iot:Data-ATS", "-ats.iot.", EndpointService::kData},
    {"iot:Data", ".iot.", EndpointService::kData},
    {"iot:CredentialProvider", ".credentials.iot.",
     EndpointService::kCredentialProvider},
    {"iot:Jobs", ".jobs.iot.", EndpointService::kJobs},
};

// A byte that is below 7 * 36 is one of 36 values, each as likely as the next.
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kUnbiased = 256 / kAlphabet.size() * kAlphabet.size();

}  // namespace

std::span<const EndpointType> EndpointTypes() { return kTypes; }

absl::StatusOr<EndpointType> FindEndpointType(std::string_view name) {
  if (name.empty()) name = "iot:Data";
  for (const EndpointType& type : kTypes) {
    if (type.name == name) return type;
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   "an endpoint type is iot:Data-ATS, iot:Data, "
                   "iot:CredentialProvider or iot:Jobs");
}

std::string NewPrefix(char letter, size_t digits) {
  std::string prefix(1, letter);
  while (prefix.size() <= digits) {
    uint8_t byte = 0;
    RAND_bytes(&byte, 1);
    if (byte < kUnbiased) prefix.push_back(kAlphabet[byte % kAlphabet.size()]);
  }
  return prefix;
}

absl::StatusOr<sni::EndpointName> MakeHostName(std::string_view prefix,
                                               const EndpointType& type,
                                               const Region& region,
                                               std::string_view domain) {
  const std::optional<sni::EndpointName> name = sni::EndpointName::Parse(
      absl::StrCat(prefix, type.infix, region.text(), ".", domain));
  if (name.has_value()) return *name;
  return MakeError(ErrorCode::kInvalidRequest,
                   "the region's name cannot be part of a host name");
}

std::optional<std::string> PrefixOf(std::string_view host_name,
                                    const EndpointType& type) {
  const size_t end = host_name.find(type.infix);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(host_name.substr(0, end));
}

}  // namespace chainkeep::registry
