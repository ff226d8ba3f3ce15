#include "tests/catalog/catalog_model.h"

#include <algorithm>
#include <array>
#include <memory>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "engine/sni/host_name.h"
#include "tests/sni/resolved.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {
namespace {

using catalog::AutoRegistration;

// Each CA of the model as it really is.
struct Certificates {
  std::vector<TestCertificate> cas;
  std::vector<CertificateId> ids;
  // A certificate for each subject, some as spelled by nobody else.
  std::vector<TestCertificate> subjects;
  std::vector<x509::Name> names;  // of those
  std::vector<Account> accounts;
  std::vector<Region> regions;
};

std::string KeyIdText(int key_id) {
  return key_id == kNoKeyId ? "" : absl::StrCat("key id ", key_id);
}

Certificates Make() {
  Certificates made;
  for (int i = 0; i < kModelCaCount; ++i) {
    CertificateSpec spec =
        CaSpec(absl::StrCat("subject ", kModelCas[i].subject));
    // Every other one in capitals and as a PrintableString: the same name.
    if (i % 2 == 1) {
      spec.subject.front().value[0] = 'S';
      spec.subject.front().tag = kPrintable;
    }
    spec.subject_key_id = KeyIdText(kModelCas[i].key_id);
    made.cas.push_back(MakeCertificate(spec, nullptr));
    made.ids.push_back(ComputeCertificateId(made.cas.back().bytes()));
  }
  for (int i = 0; i < kModelSubjects; ++i) {
    made.subjects.push_back(
        MakeCertificate(CaSpec(absl::StrCat("SUBJECT  ", i)), nullptr));
    made.names.push_back(
        x509::Certificate::Parse(made.subjects.back().bytes())->subject());
  }
  for (int i = 0; i < kModelAccounts; ++i) {
    made.accounts.push_back(*Account::Parse(absl::StrCat("a", i)));
  }
  for (int i = 0; i < kModelRegions; ++i) {
    made.regions.push_back(*Region::Parse(absl::StrCat("r", i)));
  }
  return made;
}

const Certificates& The() {
  static const Certificates& certificates = *new Certificates(Make());
  return certificates;
}

const x509::Name& SubjectName(int subject) { return The().names[subject]; }

sni::HostName HostOf(int host) {
  return *sni::HostName::Parse(absl::StrCat("h", host, ".example.com"));
}

// The name by which the tests, but no operation, reach a tenant.
sni::HostName OwnHost(int account) {
  return *sni::HostName::Parse(absl::StrCat("own", account, ".example.com"));
}

bool Shows(const path::Anchor& anchor, const CatalogModel::Registration& r) {
  return anchor.ca->id == The().ids[r.ca] &&
         *anchor.account == The().accounts[r.account] &&
         anchor.state().mode == r.mode && anchor.state().status == r.status &&
         anchor.state().version == r.version && anchor.ca != nullptr &&
         anchor.ca->certificate.subject() ==
             SubjectName(kModelCas[r.ca].subject);
}

std::string_view AutoText(AutoRegistration auto_registration) {
  return auto_registration == AutoRegistration::kEnabled ? " automatic" : "";
}

std::string Text(const path::Anchor& anchor) {
  return absl::StrCat(
      anchor.ca->id.ToHex().substr(0, 6), " of ", anchor.account->text(), " ",
      ModeName(anchor.state().mode), " ", CaStatusName(anchor.state().status),
      " v", anchor.state().version, AutoText(anchor.state().auto_registration));
}

std::string Text(const CatalogModel::Registration& r) {
  return absl::StrCat(The().ids[r.ca].ToHex().substr(0, 6), " of a", r.account,
                      " ", ModeName(r.mode), " ", CaStatusName(r.status), " v",
                      r.version, AutoText(r.auto_registration));
}

}  // namespace

bool CatalogModel::Publish(int account, int region, int ca, Mode mode,
                           CaStatus status,
                           AutoRegistration auto_registration) {
  if (registrations_.contains({account, region, ca})) return false;
  for (const Registration& other : View(region, std::nullopt)) {
    if (mode == Mode::kDefault && other.ca == ca) return false;
  }
  registrations_[{account, region, ca}] = {
      account, region, ca, mode, status, next_age_++, 0, auto_registration};
  return true;
}

bool CatalogModel::Withdraw(int account, int region, int ca) {
  return registrations_.erase({account, region, ca}) == 1;
}

CatalogModel::Registration* CatalogModel::Find(int account, int region,
                                               int ca) {
  const auto found = registrations_.find({account, region, ca});
  return found == registrations_.end() ? nullptr : &found->second;
}

std::vector<CatalogModel::Registration> CatalogModel::View(
    int region, std::optional<int> account) const {
  std::vector<Registration> view;
  for (const auto& [key, r] : registrations_) {
    if (r.region == region &&
        (account ? r.account == *account : r.mode == Mode::kDefault)) {
      view.push_back(r);
    }
  }
  return view;
}

std::vector<CatalogModel::Registration> CatalogModel::Issuers(
    std::vector<Registration> view, int subject, int key_id) {
  std::erase_if(view, [&](const Registration& r) {
    return kModelCas[r.ca].subject != subject;
  });
  std::ranges::sort(view, {}, [&](const Registration& r) {
    const int own = kModelCas[r.ca].key_id;
    const bool says_another =
        key_id != kNoKeyId && own != kNoKeyId && own != key_id;
    return std::pair(says_another, r.age);
  });
  return view;
}

bool CatalogModel::HasSniOnlyIssuer(int region, int subject) const {
  return std::ranges::any_of(registrations_, [&](const auto& entry) {
    const Registration& r = entry.second;
    return r.region == region && r.mode == Mode::kSniOnly &&
           kModelCas[r.ca].subject == subject;
  });
}

size_t CatalogModel::records() const {
  std::set<int> cas;
  for (const auto& [key, r] : registrations_) cas.insert(r.ca);
  return cas.size();
}

const CatalogModel::EndpointEntry* CatalogModel::Resolve(int region,
                                                         int host) const {
  const auto found = endpoints_.find({region, host});
  return found == endpoints_.end() ? nullptr : &found->second;
}

CatalogPair::CatalogPair(catalog::Catalog& catalog) : catalog_(catalog) {
  for (int account = 0; account < kModelAccounts; ++account) {
    for (const Region& region : The().regions) {
      catalog_.endpoints().Put(
          OwnHost(account),
          {.account = The().accounts[account], .region = region},
          catalog_.NextVersion());
    }
  }
}

sni::ResolvedTenant CatalogPair::Tenant(int account, int region) const {
  return *test::Resolve(catalog_, The().regions[region], OwnHost(account))
              .tenant;
}

std::string CatalogPair::Do(
    std::span<const uint8_t, kOperationSize> operation) {
  const int account = operation[1] % kModelAccounts;
  const int region = operation[1] / kModelAccounts % kModelRegions;
  const int ca = operation[2] % kModelCaCount;
  const int host = operation[2] % kModelHosts;
  const uint8_t options = operation[3];
  switch (operation[0] % 8) {
    case 0:
    case 1:
      return Publish(account, region, ca, options);
    case 2:
      return Withdraw(account, region, ca);
    case 3:
      return options & 1 ? SetAutoRegistration(account, region, ca,
                                               AutoRegistration::kEnabled)
                         : SetStatus(account, region, ca, CaStatus::kActive);
    case 4:
      return options & 1 ? SetAutoRegistration(account, region, ca,
                                               AutoRegistration::kDisabled)
                         : SetStatus(account, region, ca, CaStatus::kInactive);
    case 5:
      return PutEndpoint(account, region, host, options);
    case 6:
      return RemoveEndpoint(region, host);
    default:
      return Ask(account, region, operation[2] % kModelSubjects, options);
  }
}

std::string CatalogPair::Publish(int account, int region, int ca,
                                 uint8_t options) {
  const Mode mode = options & 1 ? Mode::kSniOnly : Mode::kDefault;
  const CaStatus status = options & 2 ? CaStatus::kInactive : CaStatus::kActive;
  const AutoRegistration automatic =
      options & 8 ? AutoRegistration::kEnabled : AutoRegistration::kDisabled;
  const Scope scope{The().accounts[account], The().regions[region], mode};
  // A record that is not the shared one is as good: two commands may have made
  // theirs at the same time.
  const auto record = options & 4 ? catalog::CaRecord::Make(The().cas[ca].der)
                                  : catalog_.Record(The().cas[ca].der);
  if (!record.ok()) return "a CA certificate was not taken";
  const bool published =
      catalog_.Publish(scope, *record, status, automatic).ok();
  if (published !=
      model_.Publish(account, region, ca, mode, status, automatic)) {
    return absl::StrCat("Publish says ", published);
  }
  return published ? KeepVersion(account, region, ca) : "";
}

std::string CatalogPair::SetStatus(int account, int region, int ca,
                                   CaStatus status) {
  const bool changed =
      catalog_
          .SetStatus(The().accounts[account], The().regions[region],
                     The().ids[ca], status)
          .ok();
  Registration* r = model_.Find(account, region, ca);
  if (changed != (r != nullptr)) {
    return absl::StrCat("SetStatus says ", changed);
  }
  if (!changed) return "";
  // Setting what is set already may count as a change, or not.
  if (r->status == status && ShownVersion(account, region, ca) == r->version) {
    return "";
  }
  r->status = status;
  return KeepVersion(account, region, ca);
}

std::string CatalogPair::SetAutoRegistration(int account, int region, int ca,
                                             AutoRegistration value) {
  const bool changed =
      catalog_
          .SetAutoRegistration(The().accounts[account], The().regions[region],
                               The().ids[ca], value)
          .ok();
  Registration* r = model_.Find(account, region, ca);
  if (changed != (r != nullptr)) {
    return absl::StrCat("SetAutoRegistration says ", changed);
  }
  if (!changed) return "";
  r->auto_registration = value;
  return ShownVersion(account, region, ca) == r->version
             ? ""
             : "SetAutoRegistration has changed the version";
}

std::string CatalogPair::Withdraw(int account, int region, int ca) {
  const bool withdrawn = catalog_
                             .Withdraw(The().accounts[account],
                                       The().regions[region], The().ids[ca])
                             .ok();
  return withdrawn == model_.Withdraw(account, region, ca)
             ? ""
             : absl::StrCat("Withdraw says ", withdrawn);
}

uint64_t CatalogPair::ShownVersion(int account, int region, int ca) const {
  const sni::ResolvedTenant tenant = Tenant(account, region);
  path::Anchor anchor;
  const auto pin = catalog_.Acquire();
  return pin.View(tenant).FindById(The().ids[ca], &anchor)
             ? anchor.state().version
             : 0;
}

// After a change: the version that the catalog now shows must be a new one.
std::string CatalogPair::KeepVersion(int account, int region, int ca) {
  const uint64_t version = ShownVersion(account, region, ca);
  if (version == 0) return "what was published or changed is not shown";
  uint64_t& last = last_versions_[{account, region, ca}];
  if (version <= last) return "a version went backwards, or stayed";
  if (!versions_.insert(version).second) return "a version was used twice";
  last = version;
  model_.Find(account, region, ca)->version = version;
  return "";
}

std::string CatalogPair::PutEndpoint(int account, int region, int host,
                                     uint8_t options) {
  CatalogModel::EndpointEntry entry{
      account,
      options & 1 ? EndpointService::kCredentialProvider
                  : EndpointService::kData,
      options & 2 ? EndpointStatus::kDisabled : EndpointStatus::kEnabled,
      catalog_.NextVersion()};
  if (!versions_.insert(entry.version).second) {
    return "a version was used twice";
  }
  catalog_.endpoints().Put(HostOf(host),
                           {.account = The().accounts[account],
                            .region = The().regions[region],
                            .service = entry.service,
                            .status = entry.status},
                           entry.version);
  model_.PutEndpoint(region, host, entry);
  return "";
}

std::string CatalogPair::RemoveEndpoint(int region, int host) {
  const bool removed =
      catalog_.endpoints().Remove(The().regions[region], HostOf(host));
  return removed == model_.RemoveEndpoint(region, host)
             ? ""
             : absl::StrCat("Remove says ", removed);
}

// Asks for the issuers in a room that may be too small for all of them.
std::string CatalogPair::Ask(int account, int region, int subject,
                             uint8_t options) const {
  const int key_id = options % (kModelKeyIds + 1) - 1;
  const size_t room = options / 32;
  const auto pin = catalog_.Acquire();
  const auto ask = [&](const path::AnchorSource& view,
                       std::optional<int> of_account) {
    return CompareIssuers(
        view,
        CatalogModel::Issuers(model_.View(region, of_account), subject, key_id),
        subject, key_id, room);
  };
  const std::string difference = ask(pin.View(The().regions[region]), {});
  return difference.empty() ? ask(pin.View(Tenant(account, region)), account)
                            : difference;
}

std::string CatalogPair::CompareIssuers(
    const path::AnchorSource& view, const std::vector<Registration>& expected,
    int subject, int key_id, size_t room) const {
  std::vector<path::Anchor> anchors(room);
  const std::string wanted = KeyIdText(key_id);
  const size_t count =
      view.FindIssuers(SubjectName(subject), AsBytes(wanted), anchors);
  const std::string question =
      absl::StrCat("subject ", subject, ", \"", wanted, "\", room for ", room);
  // What does not fit is the last in the order.
  if (count != std::min(room, expected.size())) {
    return absl::StrCat(question, ": ", count, " of ", expected.size());
  }
  for (size_t i = 0; i < count; ++i) {
    if (!Shows(anchors[i], expected[i])) {
      return absl::StrCat(question, ": at ", i, " ", Text(anchors[i]),
                          ", expected ", Text(expected[i]));
    }
  }
  return "";
}

std::string CatalogPair::CompareView(int region,
                                     std::optional<int> account) const {
  // Asked for before pinning: the catalog's lock, while it has one, is not
  // taken twice.
  std::vector<std::shared_ptr<const catalog::CaRecord>> records;
  for (const TestCertificate& ca : The().cas) {
    records.push_back(*catalog_.Record(ca.der));
  }
  const auto pin = catalog_.Acquire();
  const catalog::DefaultView by_default = pin.View(The().regions[region]);
  const catalog::TenantView of_tenant =
      pin.View(Tenant(account.value_or(0), region));
  const path::AnchorSource& view =
      account ? static_cast<const path::AnchorSource&>(of_tenant) : by_default;
  const std::vector<Registration> all = model_.View(region, account);
  for (int subject = 0; subject < kModelSubjects; ++subject) {
    for (int key_id = kNoKeyId; key_id < kModelKeyIds; ++key_id) {
      const std::string difference =
          CompareIssuers(view, CatalogModel::Issuers(all, subject, key_id),
                         subject, key_id, kModelAccounts * kModelCaCount);
      if (!difference.empty()) return difference;
    }
  }
  for (int ca = 0; ca < kModelCaCount; ++ca) {
    path::Anchor anchor;
    const bool found = view.FindById(The().ids[ca], &anchor);
    const auto expected = std::ranges::find(all, ca, &Registration::ca);
    if (found != (expected != all.end())) {
      return absl::StrCat("FindById of CA ", ca, " says ", found);
    }
    if (found && !Shows(anchor, *expected)) {
      return absl::StrCat("FindById: ", Text(anchor), ", expected ",
                          Text(*expected));
    }
    // One record for all who registered this CA.
    if (found && &records[ca]->certificate() != &anchor.ca->certificate) {
      return absl::StrCat("CA ", ca, " has more than one record");
    }
  }
  return "";
}

std::string CatalogPair::CompareEndpoints(int region) const {
  for (int host = 0; host < kModelHosts; ++host) {
    const CatalogModel::EndpointEntry* expected = model_.Resolve(region, host);
    for (const EndpointService service :
         {EndpointService::kData, EndpointService::kCredentialProvider}) {
      const test::Resolved is =
          test::Resolve(catalog_, The().regions[region], HostOf(host), service);
      Reason reason = Reason::kAccepted;
      if (expected == nullptr) {
        reason = Reason::kServerNameUnknown;
      } else if (expected->status == EndpointStatus::kDisabled) {
        reason = Reason::kServerNameDisabled;
      } else if (expected->service != service) {
        reason = Reason::kServerNameWrongService;
      }
      const Account account =
          expected == nullptr ? Account() : The().accounts[expected->account];
      const uint64_t version = expected == nullptr ? 0 : expected->version;
      if (is.refusal != reason || is.account != account ||
          is.version != version ||
          is.tenant.has_value() != (reason == Reason::kAccepted) ||
          (is.tenant && (is.tenant->account() != account ||
                         is.tenant->region() != The().regions[region] ||
                         is.tenant->version() != version))) {
        return absl::StrCat("host ", host, " in region ", region, ": ",
                            ReasonName(is.refusal), " ", is.account.text(),
                            " v", is.version, ", expected ", ReasonName(reason),
                            " ", account.text(), " v", version);
      }
    }
  }
  return "";
}

std::string CatalogPair::CompareAll() const {
  if (catalog_.registrations() != model_.registrations() ||
      catalog_.records() != model_.records() ||
      catalog_.endpoints().size() !=
          model_.endpoints() + kModelAccounts * kModelRegions) {
    return absl::StrCat("there are ", catalog_.registrations(),
                        " registrations, ", catalog_.records(), " records, ",
                        catalog_.endpoints().size(), " endpoints");
  }
  for (int region = 0; region < kModelRegions; ++region) {
    std::string difference = CompareView(region, std::nullopt);
    for (int account = 0; account < kModelAccounts; ++account) {
      if (difference.empty()) difference = CompareView(region, account);
    }
    if (difference.empty()) difference = CompareEndpoints(region);
    if (!difference.empty()) return difference;
    const auto pin = catalog_.Acquire();
    for (int subject = 0; subject < kModelSubjects; ++subject) {
      if (pin.HasSniOnlyIssuer(The().regions[region], SubjectName(subject)) !=
          model_.HasSniOnlyIssuer(region, subject)) {
        return absl::StrCat("HasSniOnlyIssuer of subject ", subject,
                            " in region ", region);
      }
    }
  }
  return "";
}

}  // namespace chainkeep::test
