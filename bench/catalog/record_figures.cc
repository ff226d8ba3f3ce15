#include "bench/catalog/record_figures.h"

#include <cstring>
#include <string_view>

#include "absl/strings/str_format.h"
#include "bench/catalog/fleet.h"
#include "bench/catalog/key.h"
#include "bench/catalog/lookup_loop.h"
#include "bench/catalog/memory.h"
#include "engine/catalog/catalog.h"
#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"

namespace chainkeep::bench {
namespace {

// As the registrations: a hundred for each account.
constexpr uint64_t kPerAccount = 100;

// What was added to a catalog since it was made.
class Growth {
 public:
  explicit Growth(size_t count)
      : count_(static_cast<double>(count)),
        allocated_(AllocatedBytes()),
        resident_(GetResident().bytes),
        start_(Clock::now()) {}

  double Bytes() const {
    return static_cast<double>(AllocatedBytes() - allocated_) / count_;
  }
  void Print(std::string_view what) const {
    absl::PrintF(
        "  %.0f %s in %.2f s by one thread: %.1f bytes each as allocated,\n"
        "  %.1f as resident\n",
        count_, what, SecondsSince(start_), Bytes(),
        static_cast<double>(GetResident().bytes - resident_) / count_);
  }

 private:
  const double count_;
  const size_t allocated_;
  const size_t resident_;
  const Clock::time_point start_;
};

// Looks random, as a SHA-256 does.
CertificateId IdAt(uint64_t number) {
  const Key halves[] = {KeyAt(2 * number), KeyAt(2 * number + 1)};
  CertificateId::Array bytes;
  static_assert(sizeof(halves) == sizeof(bytes));
  std::memcpy(bytes.data(), halves, sizeof(bytes));
  return CertificateId(bytes);
}

}  // namespace

void RunEndpoints(const Scale& scale) {
  catalog::Catalog catalog;
  const Region region = *Region::Parse("us-east-1");
  size_t name_bytes = 0;
  const Growth growth(scale.entries);
  for (uint64_t i = 0; i < scale.entries; ++i) {
    const sni::HostName name = *sni::HostName::Parse(HostNameAt(i));
    name_bytes += name.text().size();
    catalog.endpoints().Put(
        name, {.account = AccountAt(i / kPerAccount), .region = region},
        catalog.NextVersion());
  }
  growth.Print("endpoints");
  const double names =
      static_cast<double>(name_bytes) / static_cast<double>(scale.entries);
  absl::PrintF("  an endpoint beyond its name of %.0f bytes: %.1f\n", names,
               growth.Bytes() - names);
  ReportFigure("bytes_endpoint", growth.Bytes() - names);
}

void RunDevices(const Scale& scale) {
  catalog::Catalog catalog;
  const Region region = *Region::Parse("us-east-1");
  const Growth growth(scale.entries);
  for (uint64_t i = 0; i < scale.entries; ++i) {
    const uint64_t account = i / kPerAccount;
    Require(
        catalog
            .PutDevice(AccountAt(account), region,
                       {.signed_id = SignedId(IdAt(i).bytes()),
                        .id = IdAt(i),
                        .mode = i % 2 == 0 ? Mode::kDefault : Mode::kSniOnly,
                        .status = DeviceStatus::kActive,
                        .ca = IdAt(kFirstMissing + account)})
            .ok(),
        "a device cannot be put");
  }
  growth.Print("devices");
  ReportFigure("bytes_device", growth.Bytes());
}

}  // namespace chainkeep::bench
