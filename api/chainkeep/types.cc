#include "chainkeep/types.h"

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

namespace chainkeep {
namespace {

// Character classes are spelled out: those of <cctype> follow the locale.
bool IsIdentifierCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// The value of a hex digit of either case, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

namespace internal {

absl::Status CheckIdentifier(std::string_view what, std::string_view text) {
  bool good =
      !text.empty() && text.size() <= Identifier<AccountTag>::kMaxLength;
  for (char c : text) good = good && IsIdentifierCharacter(c);
  if (good) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat(what,
                                " must be 1 to 64 characters of "
                                "[A-Za-z0-9_-]"));
}

absl::Status ParseHex(std::string_view what, std::string_view text,
                      std::span<uint8_t> bytes) {
  const absl::Status ill_formed = MakeError(
      ErrorCode::kInvalidRequest,
      absl::StrCat("a ", what, " must be ", 2 * bytes.size(), " hex digits"));
  if (text.size() != 2 * bytes.size()) return ill_formed;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) return ill_formed;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return absl::OkStatus();
}

std::string ToHex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xf]);
  }
  return hex;
}

}  // namespace internal

std::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kDefault:
      return "DEFAULT";
    case Mode::kSniOnly:
      return "SNI_ONLY";
  }
  return "";
}

std::string_view CaStatusName(CaStatus status) {
  switch (status) {
    case CaStatus::kInactive:
      return "INACTIVE";
    case CaStatus::kActive:
      return "ACTIVE";
  }
  return "";
}

std::string_view DeviceStatusName(DeviceStatus status) {
  switch (status) {
    case DeviceStatus::kInactive:
      return "INACTIVE";
    case DeviceStatus::kActive:
      return "ACTIVE";
    case DeviceStatus::kRevoked:
      return "REVOKED";
    case DeviceStatus::kPendingTransfer:
      return "PENDING_TRANSFER";
    case DeviceStatus::kPendingActivation:
      return "PENDING_ACTIVATION";
  }
  return "";
}

absl::StatusOr<Mode> ParseMode(std::string_view name) {
  for (Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
    if (name == ModeName(mode)) return mode;
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   "a certificate mode is DEFAULT or SNI_ONLY");
}

absl::StatusOr<CaStatus> ParseCaStatus(std::string_view name) {
  for (CaStatus status : {CaStatus::kInactive, CaStatus::kActive}) {
    if (name == CaStatusName(status)) return status;
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   "a CA's status is ACTIVE or INACTIVE");
}

absl::StatusOr<DeviceStatus> ParseDeviceStatus(std::string_view name) {
  for (DeviceStatus status :
       {DeviceStatus::kInactive, DeviceStatus::kActive, DeviceStatus::kRevoked,
        DeviceStatus::kPendingTransfer, DeviceStatus::kPendingActivation}) {
    if (name == DeviceStatusName(status)) return status;
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   "a device certificate's status is ACTIVE, INACTIVE, REVOKED,"
                   " PENDING_TRANSFER or PENDING_ACTIVATION");
}

}  // namespace chainkeep
