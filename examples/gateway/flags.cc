#include "examples/gateway/flags.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gateway {
namespace {

absl::StatusOr<ListenFlag> ParseListen(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not REGION=ADDRESS:PORT"));
  }
  absl::StatusOr<chainkeep::Region> region =
      chainkeep::Region::Parse(text.substr(0, equals));
  if (!region.ok()) return region.status();
  absl::StatusOr<HostPort> where = ParseHostPort(text.substr(equals + 1));
  if (!where.ok()) return where.status();
  return ListenFlag{*region, *where};
}

absl::StatusOr<uint32_t> ParseCount(std::string_view text) {
  uint32_t count = 0;
  if (!absl::SimpleAtoi(text, &count) || count == 0 || count > 1000000) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a number from 1 to 1000000"));
  }
  return count;
}

absl::Status ApplyLimit(std::string_view name, std::string_view value,
                        Limits* limits) {
  absl::StatusOr<uint32_t> count = ParseCount(value);
  if (!count.ok()) return count.status();
  if (name == "--max-connections") {
    limits->connections = *count;
  } else if (name == "--max-connections-per-device") {
    limits->connections_per_device = *count;
  } else if (name == "--handshake-seconds") {
    limits->handshake = std::chrono::seconds(*count);
  } else {
    limits->idle = std::chrono::seconds(*count);
  }
  return absl::OkStatus();
}

absl::Status Apply(std::string_view name, std::string_view value,
                   Flags* flags) {
  if (name == "--listen") {
    absl::StatusOr<ListenFlag> listen = ParseListen(value);
    if (!listen.ok()) return listen.status();
    flags->listen.push_back(*listen);
    return absl::OkStatus();
  }
  if (name == "--upstream") {
    absl::StatusOr<HostPort> upstream = ParseHostPort(value);
    if (!upstream.ok()) return upstream.status();
    flags->upstream = *upstream;
    return absl::OkStatus();
  }
  if (name == "--certificate") {
    flags->certificate = std::string(value);
    return absl::OkStatus();
  }
  if (name == "--key") {
    flags->key = std::string(value);
    return absl::OkStatus();
  }
  if (name == "--store") {
    flags->store = std::string(value);
    return absl::OkStatus();
  }
  if (name == "--policy") {
    using chainkeep::ValidationPolicy;
    if (value != "trusted-chain" && value != "registered-device") {
      return absl::InvalidArgumentError(
          "--policy must be trusted-chain or registered-device");
    }
    flags->policy = value == "trusted-chain"
                        ? ValidationPolicy::kTrustedChain
                        : ValidationPolicy::kRegisteredDevice;
    return absl::OkStatus();
  }
  if (name == "--encoding") {
    using chainkeep::EncodingRule;
    if (value != "tolerant" && value != "strict") {
      return absl::InvalidArgumentError(
          "--encoding must be tolerant or strict");
    }
    flags->encoding =
        value == "strict" ? EncodingRule::kStrict : EncodingRule::kTolerant;
    return absl::OkStatus();
  }
  if (name == "--serials") {
    using chainkeep::SerialRule;
    if (value != "positive" && value != "any") {
      return absl::InvalidArgumentError("--serials must be positive or any");
    }
    flags->serials =
        value == "any" ? SerialRule::kAnyInteger : SerialRule::kPositive;
    return absl::OkStatus();
  }
  if (name == "--prepared-keys") {
    using chainkeep::PreparedKeys;
    constexpr std::pair<std::string_view, PreparedKeys> kChoices[] = {
        {"off", PreparedKeys::kOff},
        {"automatic", PreparedKeys::kAutomatic},
        {"portable", PreparedKeys::kPortable},
        {"ifma", PreparedKeys::kIfma}};
    for (const auto& [word, keys] : kChoices) {
      if (value != word) continue;
      flags->prepared_keys = keys;
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "--prepared-keys must be off, automatic, portable or ifma");
  }
  if (name == "--max-connections" || name == "--max-connections-per-device" ||
      name == "--handshake-seconds" || name == "--idle-seconds") {
    return ApplyLimit(name, value, &flags->limits);
  }
  return absl::InvalidArgumentError(absl::StrCat(name, " is not a flag"));
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(std::span<const std::string_view> arguments) {
  Flags flags;
  bool per_device_given = false;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(arguments[i], " needs a value"));
    }
    absl::Status status = Apply(arguments[i], arguments[i + 1], &flags);
    if (!status.ok()) return status;
    per_device_given |= arguments[i] == "--max-connections-per-device";
  }
  if (flags.listen.empty() || flags.certificate.empty() || flags.key.empty()) {
    return absl::InvalidArgumentError(
        "--listen, --certificate and --key are required");
  }
  if (!per_device_given) {
    Limits& limits = flags.limits;
    limits.connections_per_device =
        std::min(limits.connections_per_device,
                 std::max<size_t>(limits.connections / 2, 1));
  }
  return flags;
}

std::string_view Usage() {
  return "usage: gateway --certificate FILE --key FILE\n"
         "               --listen REGION=ADDRESS:PORT ...\n"
         "               [--upstream HOST:PORT] [--store FILE]\n"
         "               [--policy trusted-chain|registered-device]\n"
         "               [--encoding tolerant|strict]\n"
         "               [--serials positive|any]\n"
         "               [--prepared-keys off|automatic|portable|ifma]\n"
         "               [--max-connections N]\n"
         "               [--max-connections-per-device N]\n"
         "               [--handshake-seconds N] [--idle-seconds N]\n"
         "       gateway --help\n";
}

}  // namespace gateway
