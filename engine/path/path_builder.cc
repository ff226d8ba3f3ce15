#include "engine/path/path_builder.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <memory>
#include <utility>
#include <vector>

#include "engine/path/budget.h"
#include "engine/path/path_check.h"
#include "engine/path/presented_chain.h"
#include "engine/path/rules.h"
#include "engine/path/work.h"
#include "engine/signature/cost.h"
#include "engine/signature/signed_id.h"

namespace chainkeep::path {
namespace {

// A key id is a digest, and a hint for the order only: a longer one is none, so
// that comparing them costs nothing.
constexpr size_t kMaxKeyIdBytes = 64;

Bytes HintOf(const std::optional<Bytes>& key_id) {
  return key_id && key_id->size() <= kMaxKeyIdBytes ? *key_id : Bytes();
}

Bytes KeyIdOf(const x509::Certificate& certificate) {
  return HintOf(certificate.extensions().authority_key_id);
}

// Whether `issuer` says of itself that it is the one `subject` names by key id.
// Both are what their senders wrote.
bool KeyIdMatches(const x509::Certificate& subject,
                  const x509::Certificate& issuer) {
  const Bytes wanted = KeyIdOf(subject);
  return !wanted.empty() &&
         der::Equal(wanted, HintOf(issuer.extensions().subject_key_id));
}

}  // namespace

class PathSearch {
 public:
  explicit PathSearch(const PathRequest& request)
      : request_(request), budget_(request.budget) {}

  PathResult Run();

 private:
  // Which of the presented certificates comes next for a certificate: first
  // those whose key id matches, then the others.
  enum class Pass : uint8_t { kKeyIdMatches, kOthers, kDone };

  struct Frame {
    Pass pass = Pass::kKeyIdMatches;
    size_t next = 0;
    signature::SignatureAlgorithm algorithm;
    // What is wrong with the certificate whoever issued it.
    Finding own_fault;
    // Which presented certificate it is; null for the leaf.
    PresentedCertificate* presented = nullptr;
    bool had_issuer = false;
  };

  size_t depth() const { return length_ - 1; }
  const x509::Certificate& top() const { return *path_[depth()]; }

  bool Over() const { return path_found_ || budget_.exhausted().has_value(); }

  PresentedChain& presented() {
    if (!presented_) {
      presented_.emplace(request_.leaf, request_.presented, budget_);
    }
    return *presented_;
  }
  // The numbers of names on the path, as the presented chain counts them.
  uint16_t SubjectAt(size_t place) {
    const PresentedCertificate* presented_at = frames_[place].presented;
    return presented_at != nullptr ? presented_at->subject
                                   : presented().leaf_subject();
  }
  uint16_t TopIssuer() {
    const PresentedCertificate* presented_at = frames_[depth()].presented;
    return presented_at != nullptr ? presented_at->issuer
                                   : presented().leaf_issuer();
  }

  void Object(Finding finding, size_t place);
  void Object(Reason reason, size_t place) {
    Object(Finding{.reason = reason}, place);
  }
  // The same of a certificate's own fault.
  void Object(Finding finding, size_t place,
              const x509::Certificate& certificate);
  void Enter(const x509::Certificate& certificate,
             PresentedCertificate* presented);
  Finding FindOwnFault(const x509::Certificate& certificate) const;
  enum class Issuer : uint8_t { kAnchor, kPresented };
  bool TakeStep(Issuer issuer);
  bool TakeSignature(const signature::KeyInfo& issuer);
  bool IsIssuedBy(const AnchorCa& ca);
  bool IsIssuedWith(const signature::PublicKey& key);
  const SignedId* TopId() const {
    return depth() == 0 ? request_.leaf_id : nullptr;
  }
  std::vector<Intermediate> Intermediates();
  Finding CheckStatus(const Anchor& anchor,
                      const std::vector<Intermediate>& intermediates) const;
  void FindWays();
  bool LeadsOn(const PresentedCertificate& candidate);
  void TryAnchors();
  void TryAnchor(const Anchor& anchor);
  PresentedCertificate* NextPresented();
  void TryPresented(PresentedCertificate& candidate);
  bool IsOnPath(const PresentedCertificate& candidate);

  const PathRequest& request_;
  // Made when the search first comes to it: the everyday path does not.
  std::optional<PresentedChain> presented_;
  Budget& budget_;
  // Of each number of a name: whether a certificate whose issuer bears it
  // stands on a way of names to a registered CA. Filled when first asked for.
  std::optional<std::bitset<2 * (kMaxPresented + 1)>> has_way_;

  std::array<const x509::Certificate*, kMaxPathLength> path_;
  std::array<Frame, kMaxPathLength> frames_;
  size_t length_ = 0;

  std::optional<VerifiedPath> path_found_;
  Finding failure_;
  // Whether a path was good but for what the handshake may not see: whatever is
  // reported, without that it would have been accepted.
  bool met_hidden_ = false;
};

void PathSearch::Object(Finding finding, size_t place) {
  finding.certificate = static_cast<int>(place);
  failure_ = MoreTelling(failure_, finding);
}

void PathSearch::Object(Finding finding, size_t place,
                        const x509::Certificate& certificate) {
  if (finding.reason == Reason::kWeakKey) {
    finding.detail = DescribeWeakKey(certificate, request_.options.algorithms);
  }
  Object(finding, place);
}

// Puts `certificate` on the path.
void PathSearch::Enter(const x509::Certificate& certificate,
                       PresentedCertificate* presented) {
  const AllowedAlgorithm allowed =
      CheckSignatureAlgorithm(certificate, request_.options.algorithms);
  Frame frame;
  frame.algorithm = allowed.algorithm;
  frame.own_fault =
      allowed.finding.ok() ? FindOwnFault(certificate) : allowed.finding;
  frame.presented = presented;
  path_[length_] = &certificate;
  frames_[length_] = frame;
  ++length_;
}

// Cheap checks, so that a certificate that can be on no path costs no
// signature. CheckPath decides; this only saves work.
Finding PathSearch::FindOwnFault(const x509::Certificate& certificate) const {
  const ValidationOptions& options = request_.options;
  Finding finding = CheckEncoding(certificate, options.encoding);
  if (finding.ok()) {
    finding = CheckBasicFields(certificate, options.serial_rule);
  }
  if (finding.ok()) {
    finding.reason = CheckCriticalExtensions(certificate, options);
  }
  if (finding.ok()) {
    finding.reason = CheckSubjectKey(certificate, options.algorithms);
  }
  if (finding.ok()) {
    finding.reason = length_ == 0 ? CheckLeaf(certificate, options)
                                  : CheckIssuer(certificate);
  }
  if (finding.ok()) finding.reason = CheckValidity(certificate, request_.now);
  return finding;
}

// Called with each possible issuer of the certificate on top. False if that
// certificate, or the search, is to be given up.
bool PathSearch::TakeStep(Issuer issuer) {
  Frame& frame = frames_[depth()];
  frame.had_issuer = true;
  if (!budget_.TakeStep()) return false;
  // Only now: what is wrong with a certificate is for the account of its issuer
  // to know, and is not told of one that nobody here could have issued.
  if (frame.own_fault.ok()) return true;
  // Most refusals of good devices are for their time: of one that a registered
  // CA has signed, which a signature shows, the peer may know that, too.
  if (issuer == Issuer::kAnchor &&
      (frame.own_fault.reason == Reason::kExpired ||
       frame.own_fault.reason == Reason::kNotYetValid)) {
    return true;
  }
  Object(frame.own_fault, depth(), top());
  frame.pass = Pass::kDone;
  return false;
}

// Before a key is prepared or used. False if it cannot have signed the
// certificate on top, or if no signature may be checked any more.
bool PathSearch::TakeSignature(const signature::KeyInfo& issuer) {
  const signature::SignatureAlgorithm algorithm = frames_[depth()].algorithm;
  if (signature::Fits(issuer.kind, algorithm)) {
    return budget_.TakeWork(VerifyWork(top(), algorithm)) &&
           budget_.TakeSignature(signature::VerificationUnits(issuer));
  }
  Object(Reason::kBadSignature, depth());
  return false;
}

bool PathSearch::IsIssuedBy(const AnchorCa& ca) {
  if (ca.Verify(frames_[depth()].algorithm, top().tbs(), top().signature(),
                TopId(), &budget_.extra_verification())) {
    return true;
  }
  Object(Reason::kBadSignature, depth());
  return false;
}

bool PathSearch::IsIssuedWith(const signature::PublicKey& key) {
  if (key.Verify(frames_[depth()].algorithm, top().tbs(), top().signature(),
                 TopId())) {
    return true;
  }
  Object(Reason::kBadSignature, depth());
  return false;
}

void PathSearch::FindWays() {
  has_way_.emplace();
  // Whether a registered CA bears the name that a certificate has as issuer's.
  std::bitset<2 * (kMaxPresented + 1)> asked;
  const auto ask = [&](uint16_t issuer) {
    if (asked[issuer] || Over()) return;
    asked[issuer] = true;
    const x509::Name& name = presented().name(issuer);
    Anchor anchor;
    has_way_->set(issuer,
                  budget_.TakeWork(LookUpWork(name)) &&
                      request_.anchors.FindIssuers(name, {}, {&anchor, 1}) > 0);
  };
  ask(presented().leaf_issuer());
  for (size_t i = 0; i < presented().size(); ++i) ask(presented()[i].issuer);

  // Whoever is issued by a name with a way is a way for whom it issues.
  for (bool is_new = true; is_new && !Over();) {
    is_new = false;
    for (size_t i = 0; i < presented().size(); ++i) {
      const PresentedCertificate& one = presented()[i];
      if (!(*has_way_)[one.issuer] || (*has_way_)[one.subject]) continue;
      has_way_->set(one.subject);
      is_new = true;
    }
  }
}

bool PathSearch::LeadsOn(const PresentedCertificate& candidate) {
  if (!has_way_) FindWays();
  return (*has_way_)[candidate.issuer];
}

void PathSearch::TryAnchors() {
  if (!budget_.TakeWork(LookUpWork(top().issuer()))) return;
  const size_t limit = request_.options.budgets.candidates;
  std::array<Anchor, kMaxCandidates + 1> anchors;
  const size_t there_are = request_.anchors.FindIssuers(
      top().issuer(), KeyIdOf(top()), std::span(anchors).first(limit + 1));
  size_t count = std::min(there_are, limit);

  // Several CAs may share a subject, and strangers may have registered more of
  // them than are looked at. A presented issuer names the one that is meant, by
  // its certificate id: another certificate of the CA is not found so, which
  // costs its presenter a hint and nobody else anything.
  if (count > 1 || there_are > limit) {
    for (size_t i = 0; i < presented().size() && !Over(); ++i) {
      PresentedCertificate& issuer = presented()[i];
      Anchor exact;
      if (issuer.subject != TopIssuer() ||
          !request_.anchors.FindById(presented().IdOf(issuer), &exact)) {
        continue;
      }
      TryAnchor(exact);
      const auto end = std::remove_if(
          anchors.begin(), anchors.begin() + count,
          [&](const Anchor& anchor) { return anchor.ca->id == exact.ca->id; });
      count = end - anchors.begin();
    }
  }
  for (size_t i = 0; i < count && !Over(); ++i) TryAnchor(anchors[i]);
  if (there_are > limit) Object(Reason::kBudgetCandidates, depth());
}

std::vector<Intermediate> PathSearch::Intermediates() {
  std::vector<Intermediate> intermediates;
  intermediates.reserve(length_ - 1);
  for (size_t i = 1; i < length_; ++i) {
    intermediates.push_back({presented().IdOf(*frames_[i].presented),
                             signature::ComputeCaId(*path_[i])});
  }
  return intermediates;
}

// What is wrong with a path whose certificates are all right.
Finding PathSearch::CheckStatus(
    const Anchor& anchor,
    const std::vector<Intermediate>& intermediates) const {
  if (anchor.state().status != CaStatus::kActive) {
    return {Reason::kCaInactive, static_cast<int>(length_)};
  }
  const auto object = [&](const CaId& ca, size_t place) -> Finding {
    const CaDenial denial = request_.denials.FindDenial(*anchor.account, ca);
    if (denial == CaDenial::kNone) return {};
    return {.reason = Reason::kCaInactive,
            .certificate = static_cast<int>(place),
            .is_hidden = denial == CaDenial::kHidden};
  };
  Finding finding;
  // LeafProfile::kNone lets a CA in as a device.
  if (path_[0]->extensions().is_ca) {
    finding = object(signature::ComputeCaId(*path_[0]), 0);
  }
  for (size_t i = 0; i < intermediates.size() && finding.ok(); ++i) {
    finding = object(intermediates[i].ca, 1 + i);
  }
  return finding;
}

void PathSearch::TryAnchor(const Anchor& anchor) {
  if (!TakeStep(Issuer::kAnchor)) return;
  if (length_ + 1 > budget_.limits().path_length) {
    return Object(Reason::kBudgetPathLength, depth());
  }
  // Before its arithmetic: the listener's policy may be the stricter one, and
  // is what an embedder has to keep dear keys out.
  if (!signature::IsStrongEnough(request_.options.algorithms,
                                 anchor.ca->key.info())) {
    return Object({.reason = Reason::kWeakKey}, length_,
                  anchor.ca->certificate);
  }
  if (!TakeSignature(anchor.ca->key.info()) || !IsIssuedBy(*anchor.ca)) return;

  path_[length_] = &anchor.ca->certificate;
  const Path path(path_.data(), length_ + 1);
  if (!budget_.TakeWork(JudgingWork(path, request_.options.revocation))) return;

  UnixSeconds not_before = path[0]->not_before();
  UnixSeconds not_after = path[0]->not_after();
  // The anchor's own only where it is enforced.
  const bool counts_anchor =
      request_.options.anchor_rules == AnchorRules::kFull;
  for (const x509::Certificate* certificate :
       path.first(counts_anchor ? length_ + 1 : length_)) {
    not_before = std::max(not_before, certificate->not_before());
    not_after = std::min(not_after, certificate->not_after());
  }
  Finding finding = CheckPath(path, request_.options, request_.now, budget_);
  uint64_t crl_version = 0;
  if (finding.ok()) {
    const RevocationFinding revocation = CheckRevocation(
        path, anchor, request_.crls, request_.options.revocation, request_.now);
    finding = revocation.finding;
    not_after = std::min(not_after, revocation.good_until.value_or(not_after));
    crl_version = revocation.version;
  }
  std::vector<Intermediate> intermediates;
  if (finding.ok()) {
    intermediates = Intermediates();
    finding = CheckStatus(anchor, intermediates);
  }
  finding.issued = Issued::kByRegisteredCa;
  failure_ = MoreTelling(failure_, finding);
  met_hidden_ |= finding.is_hidden;
  if (finding.ok()) {
    path_found_ = VerifiedPath(anchor, std::move(intermediates), not_before,
                               not_after, crl_version);
  }
}

// Whether the candidate, or another certificate of the same subject and key, is
// on the path already: going round again would add nothing (CVE-2024-0567).
bool PathSearch::IsOnPath(const PresentedCertificate& candidate) {
  for (size_t i = 0; i < length_; ++i) {
    if (frames_[i].presented == &candidate ||
        (SubjectAt(i) == candidate.subject &&
         signature::IsSameKey(path_[i]->spki(),
                              candidate.certificate.spki()))) {
      return true;
    }
  }
  return false;
}

// The next presented certificate that may have issued the one on top, or null.
PresentedCertificate* PathSearch::NextPresented() {
  Frame& frame = frames_[depth()];
  while (frame.pass != Pass::kDone && !Over()) {
    if (frame.next == presented().size()) {
      frame.pass =
          frame.pass == Pass::kKeyIdMatches ? Pass::kOthers : Pass::kDone;
      frame.next = 0;
      continue;
    }
    PresentedCertificate& candidate = presented()[frame.next++];
    if (candidate.subject != TopIssuer()) continue;
    if (!LeadsOn(candidate)) {
      // Somebody may have issued the one on top, and nobody here that one.
      frame.had_issuer = true;
      Object(Reason::kNoIssuer, depth() + 1);
      continue;
    }
    const Pass pass = KeyIdMatches(top(), candidate.certificate)
                          ? Pass::kKeyIdMatches
                          : Pass::kOthers;
    if (pass == frame.pass && !IsOnPath(candidate)) return &candidate;
  }
  return nullptr;
}

void PathSearch::TryPresented(PresentedCertificate& candidate) {
  if (!TakeStep(Issuer::kPresented)) return;
  // The anchor needs a place as well.
  if (length_ + 2 > budget_.limits().path_length) {
    return Object(Reason::kBudgetPathLength, depth());
  }
  const Finding fault = FindOwnFault(candidate.certificate);
  if (!fault.ok()) return Object(fault, depth() + 1, candidate.certificate);
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(candidate.certificate.spki());
  if (!info.ok()) return Object(Reason::kMalformed, depth() + 1);
  if (!TakeSignature(*info)) return;
  const signature::PublicKey* key = PresentedChain::KeyOf(candidate);
  if (key == nullptr) return Object(Reason::kMalformed, depth() + 1);
  if (IsIssuedWith(*key)) {
    Enter(candidate.certificate, &candidate);
    TryAnchors();
  }
}

PathResult PathSearch::Run() {
  Enter(request_.leaf, nullptr);
  TryAnchors();
  while (!Over() && length_ > 0) {
    if (PresentedCertificate* candidate = NextPresented()) {
      TryPresented(*candidate);
      continue;
    }
    if (!frames_[depth()].had_issuer) {
      Object(depth() == 0 ? Reason::kNoRegisteredCa : Reason::kNoIssuer,
             depth());
    }
    --length_;
  }
  PathResult result;
  result.spent = budget_.spent();
  if (path_found_) {
    result.path = std::move(path_found_);
    result.spent.path_length = static_cast<uint32_t>(length_ + 1);
  } else {
    result.failure =
        budget_.exhausted() ? Finding{*budget_.exhausted()} : failure_;
    result.failure.is_hidden = met_hidden_;
  }
  return result;
}

Reason MeasureInput(Bytes leaf, std::span<const Bytes> presented,
                    const Budgets& budgets) {
  if (presented.size() > budgets.presented_certificates) {
    return Reason::kBudgetCertificates;
  }
  const auto is_too_large = [&budgets](Bytes certificate) {
    return certificate.size() > budgets.certificate_bytes;
  };
  if (is_too_large(leaf) ||
      std::any_of(presented.begin(), presented.end(), is_too_large)) {
    return Reason::kBudgetBytes;
  }
  size_t total = leaf.size();
  for (Bytes certificate : presented) total += certificate.size();
  return total > budgets.chain_bytes ? Reason::kBudgetBytes : Reason::kAccepted;
}

PathResult BuildPath(const PathRequest& request) {
  return PathSearch(request).Run();
}

}  // namespace chainkeep::path
