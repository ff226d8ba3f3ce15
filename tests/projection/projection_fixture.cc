#include "tests/projection/projection_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/signature/signed_id.h"
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

absl::Status ForgetfulStore::Outcome(absl::Status status) const {
  if (next_reads_.empty()) return status;
  const bool fails = next_reads_.front();
  next_reads_.erase(next_reads_.begin());
  return fails ? MakeError(ErrorCode::kInternalFailure, "a row is damaged")
               : status;
}

absl::Status ForgetfulStore::Read(const Query& query) const {
  if (before_reads_) before_reads_();
  return Outcome(store_.Read(query));
}

absl::Status ForgetfulStore::Follow(const store::Position& after, size_t limit,
                                    const FollowQuery& query) const {
  if (before_reads_) before_reads_();
  absl::Status status = store_.Follow(
      after, limit, [&](const RegistryView& view, const store::Changes& read) {
        if (fails_changes_) {
          return MakeError(ErrorCode::kInternalFailure,
                           "the changes are damaged");
        }
        store::Changes changes = read;
        if (std::exchange(forgets_, false)) {
          changes.changes.clear();
          changes.up_to = after;
          changes.continuity = store::Continuity::kForgotten;
        }
        return query(view, changes);
      });
  if (after_changes_) after_changes_();
  return Outcome(std::move(status));
}

CertificateId ProjectionFixture::IdOf(const TestCertificate& certificate) {
  return ComputeCertificateId(certificate.bytes());
}

SignedId ProjectionFixture::SignedOf(const TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  return signature::ComputeSignedId(*parsed);
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
  row.signed_id = SignedOf(device);
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

store::CrlRow ProjectionFixture::Crls(const Account& account,
                                      const TestCertificate& ca,
                                      std::vector<std::string> crls) {
  store::CrlRow row;
  row.key = store::CrlKeyOf(
      {account, *Region::Parse("us-east-1")},
      signature::ComputeCaId(*x509::Certificate::Parse(ca.bytes())));
  row.ca = ca.der;
  row.given_with = {IdOf(ca)};
  row.crls = std::move(crls);
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
    lines.push_back(absl::StrCat(
        Line("ca", account, id, shown->mode, CaStatusName(shown->status)),
        shown->auto_registration == catalog::AutoRegistration::kEnabled
            ? " automatic"
            : ""));
  });
  catalog_.ForEachDevice(
      [&](const Account& account, const Region& region, const SignedId& id) {
        const auto shown = catalog_.FindDevice(account, region, id);
        lines.push_back(Line("device", account, shown->id, shown->mode,
                             DeviceStatusName(shown->status)));
      });
  catalog_.endpoints().ForEach(
      [&](const Region& region, std::string_view name) {
        lines.push_back(Line(*catalog_.endpoints().Find(
            region, *sni::EndpointName::Parse(name))));
      });
  catalog_.ForEachCrls(
      [&](const Account& account, const Region&, const CaId& id) {
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
          lines.push_back(
              absl::StrCat(Line("ca", row.key.tenant.account, row.key.id,
                                row.mode, CaStatusName(row.status)),
                           row.auto_registration ? " automatic" : ""));
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
