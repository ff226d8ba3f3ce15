#include "tests/property/oracle.h"

#include <algorithm>

namespace chainkeep::test {
namespace {

bool MayHaveIssued(const CertificateFacts& ca, const CertificateFacts& issued) {
  return ca.subject == issued.issuer;
}

bool HasIssued(const CertificateFacts& ca, const CertificateFacts& issued) {
  return MayHaveIssued(ca, issued) && ca.key == issued.signer;
}

// Whether names lead from `ca`, by what was presented, to a registered CA of
// the view. Nothing is verified for a certificate from which none do.
bool LeadsOn(const auto& view, const std::vector<int>& presented, int ca) {
  std::vector<int> ways = {ca};
  for (size_t i = 0; i < ways.size(); ++i) {
    const CertificateFacts& issued = kCas[ways[i]];
    if (std::ranges::any_of(view, [&](const auto& v) {
          return MayHaveIssued(kCas[v.ca], issued);
        })) {
      return true;
    }
    for (int next : presented) {
      if (MayHaveIssued(kCas[next], issued) &&
          std::ranges::find(ways, next) == ways.end()) {
        ways.push_back(next);
      }
    }
  }
  return false;
}

// Of several findings about one handshake the most telling is reported.
void KeepMoreTelling(Reason other, Reason* reason) {
  constexpr Reason kOrder[] = {Reason::kNoVerdict, Reason::kNoRegisteredCa,
                               Reason::kNoIssuer, Reason::kBadSignature,
                               Reason::kCaInactive};
  const auto rank = [&](Reason r) { return std::ranges::find(kOrder, r); };
  if (rank(other) > rank(*reason)) *reason = other;
}

}  // namespace

bool Oracle::Register(int account, int region, int ca, Mode mode,
                      CaStatus status) {
  if (rows_.contains({account, region, ca})) return false;
  for (const auto& [key, row] : rows_) {
    if (mode == Mode::kDefault && row.mode == Mode::kDefault &&
        std::get<1>(key) == region && std::get<2>(key) == ca) {
      return false;
    }
  }
  ++now_;
  rows_[{account, region, ca}] = {mode, status, now_, now_};
  return true;
}

bool Oracle::SetStatus(int account, int region, int ca, CaStatus status) {
  const auto found = rows_.find({account, region, ca});
  if (found == rows_.end()) return false;
  if (found->second.status != status) found->second.change = ++now_;
  found->second.status = status;
  return true;
}

bool Oracle::Delete(int account, int region, int ca) {
  const auto found = rows_.find({account, region, ca});
  if (found == rows_.end() || found->second.status == CaStatus::kActive) {
    return false;
  }
  rows_.erase(found);
  return true;
}

bool Oracle::PutEndpoint(int host, int account, int region,
                         EndpointService service, EndpointStatus status) {
  const auto found = names_.find({region, host});
  if (found != names_.end() && found->second.account != account) return false;
  // Saying again what is said changes nothing, for no answer either.
  if (found != names_.end() && found->second.service == service &&
      found->second.status == status) {
    return true;
  }
  names_[{region, host}] = {account, service, status, ++now_};
  return true;
}

bool Oracle::DeleteEndpoint(int host, int account, int region) {
  const auto found = names_.find({region, host});
  if (found == names_.end() || found->second.account != account) return false;
  names_.erase(found);
  return true;
}

Oracle::Resolved Oracle::Resolve(const Question& question) const {
  if (question.server_name == kNone) return {};
  const ServerNameFacts& sent = kServerNames[question.server_name];
  if (sent.is_ip_literal && question.ip_literal_as_absent) return {};
  if (sent.host == kMalformed) return {Reason::kServerNameMalformed};
  const auto found = names_.find({question.region, sent.host});
  if (found == names_.end()) return {Reason::kServerNameUnknown};
  const Name& name = found->second;
  if (name.status == EndpointStatus::kDisabled) {
    return {Reason::kServerNameDisabled, name.account};
  }
  if (name.service != question.service) {
    return {Reason::kServerNameWrongService, name.account};
  }
  return {{}, name.account, name.change};
}

// Oldest first.
std::vector<Oracle::Visible> Oracle::View(int region, int tenant) const {
  std::vector<Visible> view;
  for (const auto& [key, row] : rows_) {
    const auto& [account, row_region, ca] = key;
    if (row_region != region) continue;
    if (tenant == kNone ? row.mode == Mode::kDefault : account == tenant) {
      view.push_back({account, ca, row});
    }
  }
  std::ranges::sort(view, {}, [](const Visible& v) { return v.row.age; });
  return view;
}

Oracle::Denials Oracle::FindDenials(int region, int tenant) const {
  Denials denials, vouched_for;
  for (const auto& [key, row] : rows_) {
    const auto& [account, row_region, registered] = key;
    if (row_region != region) continue;
    const bool is_seen = tenant != kNone || row.mode == Mode::kDefault;
    for (int ca = 0; ca < kCaCount; ++ca) {
      if (kCas[ca].subject != kCas[registered].subject ||
          kCas[ca].key != kCas[registered].key) {
        continue;
      }
      if (row.status == CaStatus::kInactive) denials.emplace(account, ca);
      if (row.status == CaStatus::kActive && is_seen) {
        vouched_for.emplace(account, ca);
      }
    }
  }
  for (const auto& one : vouched_for) denials.erase(one);
  return denials;
}

bool Oracle::HasDenied(const Scene& scene, int account,
                       const std::vector<int>& cas) {
  return std::ranges::any_of(cas, [&](int ca) {
    return scene.denials.contains({account, ca});
  });
}

Answer Oracle::Search(const Scene& scene, const CertificateFacts& certificate,
                      const std::vector<int>& presented,
                      std::vector<int> path) const {
  Answer answer;
  const std::vector<Visible>& view = scene.view;
  // Candidates in the order in which they are tried: those that were presented
  // first, those that say another key id last.
  std::vector<Visible> candidates;
  std::ranges::copy_if(
      view, std::back_inserter(candidates),
      [&](const Visible& v) { return MayHaveIssued(kCas[v.ca], certificate); });
  std::ranges::stable_sort(candidates, {}, [&](const Visible& v) {
    const auto sent = std::ranges::find(presented, v.ca);
    const int key_id = kCas[v.ca].key_id;
    const bool says_another = certificate.authority_key_id != kNone &&
                              key_id != kNone &&
                              key_id != certificate.authority_key_id;
    return std::pair(sent - presented.begin(), says_another);
  });
  for (const Visible& v : candidates) {
    if (!HasIssued(kCas[v.ca], certificate)) {
      KeepMoreTelling(Reason::kBadSignature, &answer.reason);
    } else if (v.row.status == CaStatus::kInactive ||
               HasDenied(scene, v.account, path)) {
      KeepMoreTelling(Reason::kCaInactive, &answer.reason);
    } else {
      return {.reason = Reason::kAccepted,
              .account = v.account,
              .mode = v.row.mode,
              .ca = v.ca,
              .registration_change = v.row.change,
              .intermediates = path};
    }
  }
  // Then what was presented, as steps to a registered CA.
  std::vector<int> steps;
  bool has_issuer = !candidates.empty();
  for (int ca : presented) {
    if (!MayHaveIssued(kCas[ca], certificate)) continue;
    if (!LeadsOn(view, presented, ca)) {
      has_issuer = true;
      KeepMoreTelling(Reason::kNoIssuer, &answer.reason);
      continue;
    }
    const bool is_on_path = std::ranges::any_of(path, [&](int on_path) {
      return kCas[on_path].subject == kCas[ca].subject &&
             kCas[on_path].key == kCas[ca].key;
    });
    if (!is_on_path) steps.push_back(ca);
  }
  std::ranges::stable_sort(steps, {}, [&](int ca) {
    return certificate.authority_key_id == kNone ||
           kCas[ca].key_id != certificate.authority_key_id;
  });
  for (int ca : steps) {
    if (!HasIssued(kCas[ca], certificate)) {
      KeepMoreTelling(Reason::kBadSignature, &answer.reason);
      continue;
    }
    std::vector<int> longer = path;
    longer.push_back(ca);
    const Answer further = Search(scene, kCas[ca], presented, longer);
    if (further.accepted()) return further;
    KeepMoreTelling(further.reason, &answer.reason);
  }
  if (!has_issuer && steps.empty()) {
    KeepMoreTelling(path.empty() ? Reason::kNoRegisteredCa : Reason::kNoIssuer,
                    &answer.reason);
  }
  return answer;
}

Answer Oracle::Ask(const Question& question) const {
  const Resolved name = Resolve(question);
  if (name.refusal) return {*name.refusal, name.account};
  const CertificateFacts& leaf = kLeaves[question.leaf];
  Answer answer = Search(SceneOf(question.region, name.account), leaf,
                         question.presented, {});
  answer.endpoint_change = name.change;
  if (!answer.accepted()) answer.account = name.account;
  if (answer.reason != Reason::kNoRegisteredCa || name.account != kNone) {
    return answer;
  }
  for (const auto& [key, row] : rows_) {
    const auto& [account, region, ca] = key;
    if (region == question.region && row.mode == Mode::kSniOnly &&
        MayHaveIssued(kCas[ca], leaf)) {
      answer.reason = Reason::kServerNameRequired;
    }
  }
  return answer;
}

bool Oracle::StillHolds(const Question& question, const Answer& answer) const {
  if (!answer.accepted()) return false;
  const Resolved name = Resolve(question);
  if (name.refusal || name.change != answer.endpoint_change) return false;
  const Scene scene = SceneOf(question.region, name.account);
  return !HasDenied(scene, answer.account, answer.intermediates) &&
         std::ranges::any_of(scene.view, [&](const Visible& v) {
           return v.ca == answer.ca && v.account == answer.account &&
                  v.row.change == answer.registration_change;
         });
}

bool Oracle::MayUseSniOnly(const Question& question, int account,
                           int ca) const {
  if (question.server_name == kNone) return false;
  const int host = kServerNames[question.server_name].host;
  const auto name = names_.find({question.region, host});
  const auto row = rows_.find({account, question.region, ca});
  return name != names_.end() && name->second.account == account &&
         name->second.status == EndpointStatus::kEnabled &&
         name->second.service == question.service && row != rows_.end() &&
         row->second.mode == Mode::kSniOnly &&
         row->second.status == CaStatus::kActive;
}

}  // namespace chainkeep::test
