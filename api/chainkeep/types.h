// The words every other header uses: who owns a registration, where it lives,
// and how it may be reached.
//
// All types here are small values: copying one copies its bytes, nothing in
// them points elsewhere, and a const object may be read by any number of
// threads.
//
//   absl::StatusOr<chainkeep::Account> account =
//       chainkeep::Account::Parse("111122223333");
//   if (!account.ok()) return account.status();
//   chainkeep::Scope scope{*account, *chainkeep::Region::Parse("us-east-1"),
//                          chainkeep::Mode::kSniOnly};

#ifndef CHAINKEEP_API_CHAINKEEP_TYPES_H_
#define CHAINKEEP_API_CHAINKEEP_TYPES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace chainkeep {

// Bytes is a view of bytes that somebody else owns and keeps alive.
using Bytes = std::span<const uint8_t>;

// UnixSeconds counts whole seconds since 1970-01-01T00:00:00Z, leap seconds
// not counted, as RFC 5280 §4.1.2.5 times do. Negative before 1970.
using UnixSeconds = int64_t;

// UnixMillis counts milliseconds since the same moment.
using UnixMillis = int64_t;

namespace internal {

// Returns OK when `text` has 1 to 64 characters of [A-Za-z0-9_-]; else
// kInvalidRequest, whose message begins with `what`.
absl::Status CheckIdentifier(std::string_view what, std::string_view text);

// Reads `text`, two hex digits for each of `bytes`. Errors: kInvalidRequest,
// whose message begins with `what`.
absl::Status ParseHex(std::string_view what, std::string_view text,
                      std::span<uint8_t> bytes);
std::string ToHex(Bytes bytes);

}  // namespace internal

// Identifier is an opaque name of 1 to 64 characters of [A-Za-z0-9_-], stored
// in place. A default-constructed one is empty and equals no parsed one.
template <typename Tag>
class Identifier {
 public:
  static constexpr size_t kMaxLength = 64;

  Identifier() = default;

  // Parse returns the identifier spelled by `text`, case kept as it is.
  // Errors: ErrorCode::kInvalidRequest.
  static absl::StatusOr<Identifier> Parse(std::string_view text) {
    absl::Status status = internal::CheckIdentifier(Tag::kWhat, text);
    if (!status.ok()) return status;
    Identifier result;
    text.copy(result.text_.data(), text.size());
    result.size_ = static_cast<uint8_t>(text.size());
    return result;
  }

  std::string_view text() const { return {text_.data(), size_}; }
  bool empty() const { return size_ == 0; }

  friend bool operator==(const Identifier& a, const Identifier& b) {
    return a.text() == b.text();
  }
  friend auto operator<=>(const Identifier& a, const Identifier& b) {
    return a.text() <=> b.text();
  }
  template <typename H>
  friend H AbslHashValue(H h, const Identifier& id) {
    return H::combine(std::move(h), id.text());
  }

 private:
  std::array<char, kMaxLength> text_ = {};
  uint8_t size_ = 0;
};

struct AccountTag {
  static constexpr std::string_view kWhat = "account";
};
struct RegionTag {
  static constexpr std::string_view kWhat = "region";
};

// Account names a tenant: whoever registers CAs and owns devices.
using Account = Identifier<AccountTag>;

// Region names an independent part of the cloud: nothing registered in one is
// visible in another.
using Region = Identifier<RegionTag>;

// Mode says how a registration may be reached.
enum class Mode : uint8_t {
  // The certificate alone names the account. One CA has at most one
  // registration of this mode in a region, proven by possession of its key.
  kDefault,
  // Only a handshake whose server name resolved to the account sees it. Any
  // number of accounts may register the same CA in this mode.
  kSniOnly,
};

// Scope is where a registration lives.
struct Scope {
  Account account = {};
  Region region = {};
  Mode mode = Mode::kDefault;

  friend bool operator==(const Scope&, const Scope&) = default;
};

// CaStatus is what the owner of a registration says of it.
enum class CaStatus : uint8_t { kInactive, kActive };

// DeviceStatus is the state of a registered device certificate. Only kActive
// lets it in.
enum class DeviceStatus : uint8_t {
  kInactive,
  kActive,
  kRevoked,  // for good
  kPendingTransfer,
  kPendingActivation,
};

// Sha256Id names something by a SHA-256, written as 64 lowercase hex digits.
template <typename Tag>
class Sha256Id {
 public:
  static constexpr size_t kSize = 32;
  using Array = std::array<uint8_t, kSize>;

  // The default id is 32 zero bytes, which nothing known hashes to.
  Sha256Id() = default;
  explicit Sha256Id(const Array& bytes) : bytes_(bytes) {}

  // Parse reads 64 hex digits of either case. Errors:
  // ErrorCode::kInvalidRequest.
  static absl::StatusOr<Sha256Id> Parse(std::string_view text) {
    Sha256Id id;
    absl::Status status = internal::ParseHex(Tag::kWhat, text, id.bytes_);
    if (!status.ok()) return status;
    return id;
  }

  const Array& bytes() const { return bytes_; }
  std::string ToHex() const { return internal::ToHex(bytes_); }
  bool empty() const { return bytes_ == Array{}; }

  friend bool operator==(const Sha256Id&, const Sha256Id&) = default;
  friend auto operator<=>(const Sha256Id&, const Sha256Id&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Sha256Id& id) {
    return H::combine(std::move(h), id.bytes_);
  }

 private:
  Array bytes_ = {};
};

struct CertificateIdTag {
  static constexpr std::string_view kWhat = "certificate id";
};
struct SignedIdTag {
  static constexpr std::string_view kWhat = "signed id";
};
struct CaIdTag {
  static constexpr std::string_view kWhat = "CA id";
};

// CertificateId is the SHA-256 of a certificate's DER: the same certificate has
// the same id in every account and region. It names a record, for requests and
// for people. Whoever holds a certificate can make others of another id from
// it, for its signature is not signed: nothing may be denied by this id.
using CertificateId = Sha256Id<CertificateIdTag>;

// SignedId is the SHA-256 of a certificate's TBSCertificate (RFC 5280 §4.1.1),
// what its issuer has signed, the device's key included. All certificates that
// can be made of one without its issuer have the same: a device is known by it.
using SignedId = Sha256Id<SignedIdTag>;

// CaId is the SHA-256 of a CA's name, as names are compared, and its key. All
// certificates of the CA have it, renewed and cross-signed ones alike.
using CaId = Sha256Id<CaIdTag>;

// The names used on the wire and in logs: "DEFAULT", "SNI_ONLY"; "ACTIVE",
// "INACTIVE", "REVOKED", "PENDING_TRANSFER", "PENDING_ACTIVATION". Static
// strings.
std::string_view ModeName(Mode mode);
std::string_view CaStatusName(CaStatus status);
std::string_view DeviceStatusName(DeviceStatus status);

// Reads those names, exactly as spelled. Errors: ErrorCode::kInvalidRequest.
absl::StatusOr<Mode> ParseMode(std::string_view name);
absl::StatusOr<CaStatus> ParseCaStatus(std::string_view name);
absl::StatusOr<DeviceStatus> ParseDeviceStatus(std::string_view name);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_TYPES_H_
