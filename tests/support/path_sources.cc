#include "tests/support/path_sources.h"

#include "chainkeep/certificate.h"
#include "engine/signature/signed_id.h"

namespace chainkeep::test {

ListOfAnchors::Entry::Entry(const x509::Certificate& certificate,
                            signature::PublicKey key, Bytes der, CaStatus is)
    : ca{certificate, std::move(key), ComputeCertificateId(der),
         signature::ComputeCaId(certificate)},
      status(is) {}

bool ListOfAnchors::Add(const std::string& der, CaStatus status) {
  ders_.push_back(der);
  const Bytes bytes = AsBytes(ders_.back());
  const auto certificate = x509::Certificate::Parse(bytes);
  if (!certificate.ok()) return false;
  auto key = signature::PublicKey::Parse(certificate->spki());
  if (!key.ok()) return false;
  const path::AnchorCa& ca =
      entries_.emplace_back(*certificate, std::move(*key), bytes, status).ca;
  tables_.Attach(&ca.tables, ca.key);
  tables_.Prepare(&ca.tables, ca.key, signature::prepared::Level::kSmall);
  return true;
}

size_t ListOfAnchors::FindIssuers(const x509::Name& issuer, Bytes key_id,
                                  std::span<path::Anchor> anchors) const {
  size_t count = 0;
  for (const bool wanted : {true, false}) {
    for (const Entry& entry : entries_) {
      const auto& own = entry.ca.certificate.extensions().subject_key_id;
      const bool matches = own && der::Equal(*own, key_id);
      if (count < anchors.size() && matches == wanted &&
          entry.ca.certificate.subject() == issuer) {
        anchors[count++] = ToAnchor(entry);
      }
    }
  }
  return count;
}

bool ListOfAnchors::FindById(const CertificateId& id,
                             path::Anchor* anchor) const {
  for (const Entry& entry : entries_) {
    if (entry.ca.id != id) continue;
    *anchor = ToAnchor(entry);
    return true;
  }
  return false;
}

path::Anchor ListOfAnchors::ToAnchor(const Entry& entry) const {
  return {.ca = &entry.ca,
          .account = &account_,
          .state_word = path::RegistrationState{.status = entry.status}.Pack()};
}

void ListOfCrls::Add(
    const x509::Name& issuer,
    std::vector<std::shared_ptr<const revocation::LoadedCrl>> crls) {
  sets_.emplace_back(issuer, revocation::CrlSet(std::move(crls)));
}

path::CaDenial ListOfAnchors::FindDenial(const Account& account,
                                         const CaId& ca) const {
  bool is_inactive = false;
  for (const Entry& entry : entries_) {
    if (account != account_ || entry.ca.ca_id != ca) continue;
    if (entry.status == CaStatus::kActive) return path::CaDenial::kNone;
    is_inactive = true;
  }
  return is_inactive ? path::CaDenial::kShown : path::CaDenial::kNone;
}

path::FoundCrls ListOfCrls::FindCrls(const path::Anchor&,
                                     const x509::Certificate& issuer) const {
  for (const auto& [name, set] : sets_) {
    if (name == issuer.subject()) return {&set};
  }
  return {};
}

const path::RevocationSource& NoCrls() {
  static const ListOfCrls& none = *new ListOfCrls;
  return none;
}

}  // namespace chainkeep::test
