#include "engine/registry/list_rules.h"

#include <cstdint>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"

namespace chainkeep::registry {
namespace {

using store::Page;

// What a marker consists of, as bytes: the creation date, most significant byte
// first; the certificate id; the digest of these and of the list's name.
constexpr size_t kDateSize = 8;
constexpr size_t kPlaceSize = kDateSize + CertificateId::kSize;
constexpr size_t kDigestSize = 8;
constexpr size_t kMarkerSize = 64;  // in base64
static_assert((kPlaceSize + kDigestSize) * 4 == kMarkerSize * 3);

absl::Status BadMarker() {
  return MakeError(ErrorCode::kInvalidRequest,
                   "the marker is not one that this list gave");
}

std::string Digest(const ListName& name, std::string_view place) {
  // None of the parts but the last can have the separator in it.
  const std::string text = absl::StrCat(
      name.operation, "\n", name.tenant.account.text(), "\n",
      name.tenant.region.text(), "\n", static_cast<int>(name.order), "\n",
      name.filter, "\n", place);
  const CertificateId::Array digest =
      ComputeCertificateId(AsBytes(text)).bytes();
  return {digest.begin(), digest.begin() + kDigestSize};
}

std::string EncodePlace(const Page::Place& place) {
  std::string bytes;
  for (size_t i = 0; i < kDateSize; ++i) {
    const auto date = static_cast<uint64_t>(place.creation_date);
    bytes.push_back(static_cast<char>(date >> (8 * (kDateSize - 1 - i))));
  }
  const CertificateId::Array& id = place.id.bytes();
  return bytes.append(id.begin(), id.end());
}

Page::Place DecodePlace(std::string_view bytes) {
  uint64_t date = 0;
  for (size_t i = 0; i < kDateSize; ++i) {
    date = date << 8 | static_cast<uint8_t>(bytes[i]);
  }
  CertificateId::Array id;
  std::copy(bytes.begin() + kDateSize, bytes.begin() + kPlaceSize, id.begin());
  return {static_cast<UnixMillis>(date), CertificateId(id)};
}

absl::StatusOr<Page::Place> ReadMarker(const ListName& name,
                                       std::string_view marker) {
  std::string bytes;
  if (marker.size() != kMarkerSize || !absl::Base64Unescape(marker, &bytes) ||
      bytes.size() != kPlaceSize + kDigestSize) {
    return BadMarker();
  }
  const Page::Place place = DecodePlace(bytes);
  // Compared as it would be written: base64 has more than one spelling.
  if (MakeMarker(name, place) != marker) return BadMarker();
  return place;
}

}  // namespace

std::string MakeMarker(const ListName& name, const Page::Place& last) {
  std::string bytes = EncodePlace(last);
  bytes += Digest(name, bytes);
  return absl::Base64Escape(bytes);
}

absl::StatusOr<size_t> CheckPageSize(int page_size) {
  if (page_size >= 1 && page_size <= kMaxPageSize) {
    return static_cast<size_t>(page_size);
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("a page has 1 to ", kMaxPageSize, " items"));
}

absl::StatusOr<Page> CheckPage(const ListName& name,
                               const ListOptions& options) {
  const absl::StatusOr<size_t> size = CheckPageSize(options.page_size);
  if (!size.ok()) return size.status();
  Page page;
  page.limit = *size + 1;
  page.order = options.order == ListOptions::Order::kAscending
                   ? Page::Order::kAscending
                   : Page::Order::kDescending;
  if (!options.marker.empty()) {
    const absl::StatusOr<Page::Place> place = ReadMarker(name, options.marker);
    if (!place.ok()) return place.status();
    page.after = *place;
  }
  return page;
}

}  // namespace chainkeep::registry
