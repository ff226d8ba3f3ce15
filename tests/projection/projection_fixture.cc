#include "tests/projection/projection_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/sni/endpoint_name.h"
#include "engine/x509/certificate.h"

namespace chainkeep::test {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::EndpointRow;
using store::RegistryView;
using store::Transaction;

std::string Line(std::string_view kind, const Account& account,
                 const CertificateId& id, Mode mode, std::string_view status) {
  return absl::StrCat(kind, " ", account.text(), " ", id.ToHex().substr(0, 8),
                      " ", ModeName(mode), " ", status);
}

std::string Line(const Endpoint& endpoint) {
  return absl::StrCat(
      "name ", endpoint.host_name, " ", endpoint.account.text(),
      endpoint.status == EndpointStatus::kEnabled ? "" : " off");
}

}  // namespace

absl::Status ForgetfulStore::Read(const Query& query) const {
  if (!damaged_) return store_.Read(query);
  // Which rows a query reads is not to be seen from here: it is run to find out
  // whether the damaged one is among them.
  bool is_met = false;
  const absl::Status status = store_.Read([&](const RegistryView& view) {
    class Watch final : public RegistryView {
     public:
      Watch(const RegistryView& view, const CertificateId& id, bool* is_met)
          : view_(view), id_(id), is_met_(*is_met) {}
      std::optional<CaRow> FindCa(const store::CaKey& key) const override {
        is_met_ |= key.id == id_;
        return view_.FindCa(key);
      }
      std::optional<DeviceRow> FindDevice(
          const store::DeviceKey& key) const override {
        is_met_ |= key.id == id_;
        return view_.FindDevice(key);
      }
      std::optional<Account> FindDefaultHolder(
          const Region&, const CertificateId&) const override {
        return {};
      }
      std::vector<CaRow> FindCasBySubject(const store::Tenant&,
                                          uint64_t) const override {
        return {};
      }
      uint64_t subject_seed() const override { return 0; }
      std::vector<CaRow> ListCas(const store::Tenant&, std::string_view,
                                 const store::Page&) const override {
        return {};
      }
      std::optional<Account> FindDefaultDeviceHolder(
          const Region&, const CertificateId&) const override {
        return {};
      }
      std::optional<DeviceRow> FindTransferTo(
          const store::Tenant&, const CertificateId&) const override {
        return {};
      }
      std::vector<DeviceRow> ListDevices(const store::Tenant&,
                                         const std::optional<CertificateId>&,
                                         const store::Page&) const override {
        return {};
      }
      std::optional<std::string> FindRegistrationCode(
          const store::Tenant&) const override {
        return {};
      }
      std::optional<EndpointRow> FindEndpoint(
          const Region& region, std::string_view name) const override {
        return view_.FindEndpoint(region, name);
      }
      bool OthersHaveEndpointsBelow(const store::Tenant&,
                                    std::string_view) const override {
        return false;
      }
      std::optional<EndpointRow> FindConfiguration(
          const store::Tenant&, std::string_view) const override {
        return {};
      }
      std::vector<EndpointRow> ListConfigurations(
          const store::Tenant&) const override {
        return {};
      }
      std::optional<store::TemplateRow> FindTemplate(
          const store::Tenant&, std::string_view) const override {
        return {};
      }
      std::optional<store::CrlRow> FindCrls(
          const store::CertificateKey& ca) const override {
        return view_.FindCrls(ca);
      }
      store::Revision revision() const override { return view_.revision(); }
      absl::Status ForEachCa(const Visit<CaRow>& visit) const override {
        return view_.ForEachCa(visit);
      }
      absl::Status ForEachDevice(const Visit<DeviceRow>& visit) const override {
        return view_.ForEachDevice(visit);
      }
      absl::Status ForEachEndpoint(
          const Visit<EndpointRow>& visit) const override {
        return view_.ForEachEndpoint(visit);
      }
      absl::Status ForEachTemplate(
          const Visit<store::TemplateRow>& visit) const override {
        return view_.ForEachTemplate(visit);
      }
      absl::Status ForEachCrls(
          const Visit<store::CrlRow>& visit) const override {
        return view_.ForEachCrls(visit);
      }
      absl::Status ForEachCode(const Visit<CodeRow>& visit) const override {
        return view_.ForEachCode(visit);
      }

     private:
      const RegistryView& view_;
      const CertificateId id_;
      bool& is_met_;
    };
    return query(Watch(view, *damaged_, &is_met));
  });
  if (status.ok() && is_met) {
    return MakeError(ErrorCode::kInternalFailure, "a row is damaged");
  }
  return status;
}

absl::StatusOr<store::Changes> ForgetfulStore::ReadChanges(
    store::Revision after, size_t limit) const {
  auto changes = store_.ReadChanges(after, limit);
  if (!std::exchange(forgets_, false) || !changes.ok()) return changes;
  changes->changes.clear();
  changes->complete = false;
  return changes;
}

CertificateId ProjectionFixture::IdOf(const TestCertificate& certificate) {
  return ComputeCertificateId(certificate.bytes());
}

CaRow ProjectionFixture::Ca(const Account& account, const TestCertificate& ca,
                            Mode mode, CaStatus status) {
  CaRow row;
  row.key = {{account, *Region::Parse("us-east-1")}, IdOf(ca)};
  row.mode = mode;
  row.status = status;
  row.der = ca.der;
  return row;
}

DeviceRow ProjectionFixture::Device(const Account& account,
                                    const TestCertificate& device,
                                    DeviceStatus status, Mode mode) {
  DeviceRow row;
  row.key = {{account, *Region::Parse("us-east-1")}, IdOf(device)};
  row.mode = mode;
  row.status = status;
  row.der = device.der;
  return row;
}

EndpointRow ProjectionFixture::Name(const Account& account,
                                    std::string_view host) {
  EndpointRow row;
  row.endpoint.host_name = std::string(host);
  row.endpoint.account = account;
  row.endpoint.region = *Region::Parse("us-east-1");
  return row;
}

void ProjectionFixture::Commit(const store::RegistryStore::Command& command) {
  const absl::Status status = store_.Transact(command);
  ASSERT_TRUE(status.ok()) << status;
}

void ProjectionFixture::Put(const CaRow& row) {
  Commit([&](Transaction& t) {
    t.PutCa(row);
    return absl::OkStatus();
  });
}

void ProjectionFixture::Put(const DeviceRow& row) {
  Commit([&](Transaction& t) {
    t.PutDevice(row);
    return absl::OkStatus();
  });
}

void ProjectionFixture::Put(const EndpointRow& row) {
  Commit([&](Transaction& t) {
    t.PutEndpoint(row);
    return absl::OkStatus();
  });
}

void ProjectionFixture::Delete(const CaRow& row) {
  Commit([&](Transaction& t) {
    t.DeleteCa(row.key);
    return absl::OkStatus();
  });
}

void ProjectionFixture::Delete(const DeviceRow& row) {
  Commit([&](Transaction& t) {
    t.DeleteDevice(row.key);
    return absl::OkStatus();
  });
}

void ProjectionFixture::CatchUp() {
  const absl::Status status = projection_.CatchUp();
  ASSERT_TRUE(status.ok()) << status;
}

std::vector<std::string> ProjectionFixture::Shown() const {
  std::vector<std::string> lines;
  catalog_.ForEachRegistration([&](const Account& account, const Region& region,
                                   const CertificateId& id) {
    const auto shown = catalog_.FindRegistration(account, region, id);
    lines.push_back(
        Line("ca", account, id, shown->mode, CaStatusName(shown->status)));
  });
  catalog_.ForEachDevice([&](const Account& account, const Region& region,
                             const CertificateId& id) {
    const auto shown = catalog_.FindDevice(account, region, id);
    lines.push_back(Line("device", account, id, shown->mode,
                         DeviceStatusName(shown->status)));
  });
  catalog_.endpoints().ForEach(
      [&](const Region& region, std::string_view name) {
        lines.push_back(Line(*catalog_.endpoints().Find(
            region, *sni::EndpointName::Parse(name))));
      });
  catalog_.ForEachCrls(
      [&](const Account& account, const Region&, const CertificateId& id) {
        lines.push_back(absl::StrCat("crls ", account.text(), " ",
                                     id.ToHex().substr(0, 8)));
      });
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> ProjectionFixture::Stored() const {
  std::vector<std::string> lines;
  const absl::Status status = store_.Read([&](const RegistryView& view) {
    view.ForEachCa([&](const CaRow& row) {
          lines.push_back(Line("ca", row.key.tenant.account, row.key.id,
                               row.mode, CaStatusName(row.status)));
          return absl::OkStatus();
        })
        .IgnoreError();
    view.ForEachDevice([&](const DeviceRow& row) {
          lines.push_back(Line("device", row.key.tenant.account, row.key.id,
                               row.mode, DeviceStatusName(row.status)));
          return absl::OkStatus();
        })
        .IgnoreError();
    view.ForEachEndpoint([&](const EndpointRow& row) {
          lines.push_back(Line(row.endpoint));
          return absl::OkStatus();
        })
        .IgnoreError();
    return view.ForEachCrls([&](const store::CrlRow& row) {
      lines.push_back(absl::StrCat("crls ", row.key.tenant.account.text(), " ",
                                   row.key.id.ToHex().substr(0, 8)));
      return absl::OkStatus();
    });
  });
  EXPECT_TRUE(status.ok()) << status;
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace chainkeep::test
