#include "tests/property/scenario.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "tests/support/ask.h"
#include "tests/support/manual_clock.h"

namespace chainkeep::test {
namespace {

constexpr std::string_view kViolation = "R82 IS VIOLATED";

// Stage is one engine and one oracle.
class Stage {
 public:
  explicit Stage(Tally* tally) : tally_(*tally) {
    engine_ = *Engine::Create({.clock = &clock_});
  }

  // Returns what differed, or "".
  std::string Do(const Operation& operation);

 private:
  using Kind = Operation::Kind;

  // A handshake that may still be finished.
  struct Pending {
    Question question;
    Answer answer;
    Handshake handshake;
  };

  absl::Status Command(const Operation& o);
  bool CommandOracle(const Operation& o);
  absl::Status Register(const Operation& o);
  const Listener& ListenerFor(const Question& question);
  Attempt HandshakeOf(const Question& question);
  std::string Present(const Question& question);
  std::string Finish();
  std::string Compare(const Question& question, const Answer& answer,
                      const Verdict& verdict);

  const Cast& cast_ = Cast::Get();
  Tally& tally_;
  ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  Oracle oracle_;
  std::map<std::tuple<int, EndpointService, bool>, Listener> listeners_;
  std::optional<Pending> pending_;
  // Of the handshake that is pending, and of others meanwhile.
  std::deque<std::vector<Bytes>> presented_;
};

absl::Status Stage::Register(const Operation& o) {
  Registry& registry = engine_->registry();
  RegisterCaCertificateRequest request = {
      .account = cast_.account(o.account),
      .region = cast_.region(o.region),
      .ca_certificate = cast_.ca_pem(o.ca),
      .certificate_mode = ModeName(o.mode),
      .set_as_active = o.status == CaStatus::kActive};
  std::string proof;
  if (o.mode == Mode::kDefault) {
    proof = cast_.ProofPem(
        o.ca, *registry.GetRegistrationCode(request.account, request.region));
  }
  request.verification_certificate = proof;
  return registry.RegisterCaCertificate(request).status();
}

absl::Status Stage::Command(const Operation& o) {
  Registry& registry = engine_->registry();
  const Account& account = cast_.account(o.account);
  const Region& region = cast_.region(o.region);
  const std::string ca = cast_.ca_id(o.ca).ToHex();
  switch (o.kind) {
    case Kind::kRegister:
      return Register(o);
    case Kind::kSetStatus:
      return registry.UpdateCaCertificate(
          {.account = account,
           .region = region,
           .ca_certificate_id = ca,
           .new_status = CaStatusName(o.status)});
    case Kind::kDelete:
      return registry.DeleteCaCertificate(account, region, ca);
    case Kind::kPutEndpoint:
      return registry.PutEndpoint({.host_name = Cast::Host(o.host),
                                   .account = account,
                                   .region = region,
                                   .service = o.service,
                                   .status = o.endpoint_status});
    default:
      return registry.DeleteEndpoint(account, region, Cast::Host(o.host));
  }
}

bool Stage::CommandOracle(const Operation& o) {
  switch (o.kind) {
    case Kind::kRegister:
      return oracle_.Register(o.account, o.region, o.ca, o.mode, o.status);
    case Kind::kSetStatus:
      return oracle_.SetStatus(o.account, o.region, o.ca, o.status);
    case Kind::kDelete:
      return oracle_.Delete(o.account, o.region, o.ca);
    case Kind::kPutEndpoint:
      return oracle_.PutEndpoint(o.host, o.account, o.region, o.service,
                                 o.endpoint_status);
    default:
      return oracle_.DeleteEndpoint(o.host, o.account, o.region);
  }
}

const Listener& Stage::ListenerFor(const Question& question) {
  const std::tuple key(question.region, question.service,
                       question.ip_literal_as_absent);
  const auto found = listeners_.find(key);
  if (found != listeners_.end()) return found->second;
  ListenerOptions options;
  options.region = cast_.region(question.region);
  options.service = question.service;
  options.ip_literal_as_absent = question.ip_literal_as_absent;
  return listeners_.emplace(key, *engine_->CreateListener(options))
      .first->second;
}

Attempt Stage::HandshakeOf(const Question& question) {
  std::vector<Bytes>& presented = presented_.emplace_back();
  for (int ca : question.presented) {
    presented.push_back(cast_.ca(ca).bytes());
  }
  Attempt handshake;
  if (question.server_name != kNone) {
    handshake.server_name = kServerNames[question.server_name].text;
  }
  handshake.leaf = cast_.leaf(question.leaf).bytes();
  handshake.presented = presented;
  return handshake;
}

std::string Stage::Present(const Question& question) {
  pending_.reset();
  presented_.clear();
  const Listener& listener = ListenerFor(question);
  const Attempt attempt = HandshakeOf(question);
  const Verdict verdict = test::Judge(listener, attempt);
  const Answer answer = oracle_.Ask(question);
  pending_.emplace(Pending{question, answer, test::Show(listener, attempt)});
  return Compare(question, answer, verdict);
}

std::string Stage::Finish() {
  if (!pending_) return "";
  Pending pending = *std::exchange(pending_, std::nullopt);
  const Verdict verdict = pending.handshake.Finish().verdict();
  // What was refused stays refused.
  const bool keeps = !pending.answer.accepted() ||
                     oracle_.StillHolds(pending.question, pending.answer);
  ++tally_[keeps ? "finished, held" : "finished, asked again"];
  return Compare(pending.question,
                 keeps ? pending.answer : oracle_.Ask(pending.question),
                 verdict);
}

std::string Stage::Compare(const Question& question, const Answer& answer,
                           const Verdict& verdict) {
  if (verdict.accepted() && verdict.mode() == Mode::kSniOnly) {
    int account = 0;
    int ca = 0;
    while (cast_.account(account) != verdict.account()) ++account;
    while (cast_.ca_id(ca) != verdict.ca()) ++ca;
    if (!oracle_.MayUseSniOnly(question, account, ca)) {
      return absl::StrCat(kViolation, ": SNI_ONLY of account ", account,
                          " and CA ", ca, " let in who did not name it");
    }
  }
  const Account account =
      answer.account == kNone ? Account() : cast_.account(answer.account);
  const bool same =
      verdict.reason() == answer.reason && verdict.account() == account &&
      (!answer.accepted() || (verdict.mode() == answer.mode &&
                              verdict.ca() == cast_.ca_id(answer.ca)));
  const std::string expected = absl::StrCat(
      ReasonName(answer.reason),
      answer.accepted() ? absl::StrCat(" ", ModeName(answer.mode)) : "",
      question.server_name == kNone ? "" : " named");
  ++tally_[expected];
  if (same) return "";
  return absl::StrCat("expected ", expected, ", account ", answer.account,
                      ", CA ", answer.ca, "; the engine says ",
                      ReasonName(verdict.reason()), " ",
                      ModeName(verdict.mode()), ", ", verdict.account().text(),
                      ", ", verdict.ca().ToHex().substr(0, 8));
}

std::string Stage::Do(const Operation& operation) {
  if (operation.kind == Kind::kHandshake) return Present(operation.question);
  if (operation.kind == Kind::kFinish) return Finish();
  const absl::Status status = Command(operation);
  if (CommandOracle(operation) != status.ok()) {
    return absl::StrCat("the command should ", status.ok() ? "fail" : "succeed",
                        "; it says \"", status.message(), "\"");
  }
  if (engine_->GetStats().registrations != oracle_.registrations()) {
    return "there are not as many registrations as there should be";
  }
  return "";
}

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  int Below(int n) { return static_cast<int>(engine_() % n); }
  bool OneIn(int n) { return Below(n) == 0; }

  Operation Command();
  // One that is likely to matter to `question`.
  Operation CommandAbout(const Question& question);
  Question Ask();

 private:
  std::mt19937_64 engine_;
};

Operation Dice::Command() {
  using Kind = Operation::Kind;
  constexpr Kind kKinds[] = {
      Kind::kRegister,    Kind::kRegister,      Kind::kSetStatus,
      Kind::kSetStatus,   Kind::kSetStatus,     Kind::kDelete,
      Kind::kDelete,      Kind::kPutEndpoint,   Kind::kPutEndpoint,
      Kind::kPutEndpoint, Kind::kDeleteEndpoint};
  Operation o;
  o.kind = kKinds[Below(std::size(kKinds))];
  o.account = Below(kAccountCount);
  // One of the regions is busier, so that things meet in it.
  o.region = OneIn(4) ? 1 : 0;
  o.ca = Below(kCaCount);
  o.mode = OneIn(3) ? Mode::kDefault : Mode::kSniOnly;
  o.status = OneIn(3) ? CaStatus::kInactive : CaStatus::kActive;
  o.host = Below(kHostCount);
  o.service =
      OneIn(8) ? EndpointService::kCredentialProvider : EndpointService::kData;
  o.endpoint_status =
      OneIn(8) ? EndpointStatus::kDisabled : EndpointStatus::kEnabled;
  return o;
}

Operation Dice::CommandAbout(const Question& question) {
  Operation o = Command();
  o.region = question.region;
  std::vector<int> issuers;
  for (int ca = 0; ca < kCaCount; ++ca) {
    if (kCas[ca].key == kLeaves[question.leaf].signer) issuers.push_back(ca);
  }
  if (!issuers.empty()) o.ca = issuers[Below(issuers.size())];
  if (question.server_name != kNone) {
    o.host = std::max(kServerNames[question.server_name].host, 0);
  }
  return o;
}

Question Dice::Ask() {
  Question q;
  q.region = OneIn(4) ? 1 : 0;
  if (OneIn(12)) q.service = EndpointService::kCredentialProvider;
  q.ip_literal_as_absent = OneIn(4);
  q.leaf = Below(kLeafCount);
  if (OneIn(8)) {
    q.server_name = Below(kServerNameCount);
  } else if (!OneIn(3)) {
    q.server_name = Below(kHostCount);
  }
  for (int i = Below(3); i > 0; --i) q.presented.push_back(Below(kCaCount));
  return q;
}

}  // namespace

Scenario MakeScenario(uint64_t seed, int handshakes) {
  Dice dice(seed);
  Scenario scenario;
  // A registry to begin with.
  for (int i = dice.Below(100); i > 0; --i) scenario.push_back(dice.Command());
  for (int i = 0; i < handshakes; ++i) {
    const Question question = dice.Ask();
    const auto command = [&] {
      scenario.push_back(dice.OneIn(2) ? dice.CommandAbout(question)
                                       : dice.Command());
    };
    command();
    scenario.push_back(
        {.kind = Operation::Kind::kHandshake, .question = question});
    if (!dice.OneIn(4)) continue;
    for (int j = dice.Below(6); j > 0; --j) command();
    scenario.push_back({.kind = Operation::Kind::kFinish});
  }
  return scenario;
}

std::string Play(const Scenario& scenario, Tally* tally) {
  Stage stage(tally);
  for (const Operation& operation : scenario) {
    const std::string difference = stage.Do(operation);
    if (!difference.empty()) return difference;
  }
  return "";
}

Scenario Shrink(Scenario scenario) {
  Tally tally;
  // A violation stays one, and does not become some lesser difference.
  const auto fails_alike =
      [&, first = Play(scenario, &tally)](const Scenario& shorter) {
        const std::string difference = Play(shorter, &tally);
        return !difference.empty() && difference.starts_with(kViolation) ==
                                          first.starts_with(kViolation);
      };
  for (size_t size = scenario.size() / 2; size > 0;) {
    bool removed = false;
    for (size_t at = 0; at < scenario.size();) {
      Scenario shorter = scenario;
      shorter.erase(shorter.begin() + at,
                    shorter.begin() + std::min(at + size, shorter.size()));
      if (!fails_alike(shorter)) {
        at += size;
      } else {
        scenario = std::move(shorter);
        removed = true;
      }
    }
    if (!removed || size > 1) size /= 2;
  }
  return scenario;
}

std::string Describe(const Scenario& scenario) {
  std::ostringstream text;
  for (const Operation& o : scenario) {
    const std::string where =
        absl::StrCat(" account ", o.account, ", region ", o.region);
    const std::string ca = absl::StrCat(where, ", CA ", o.ca);
    const std::string host = absl::StrCat(where, ", ", Cast::Host(o.host));
    switch (o.kind) {
      case Operation::Kind::kRegister:
        text << "register" << ca << ", " << ModeName(o.mode) << ", "
             << CaStatusName(o.status);
        break;
      case Operation::Kind::kSetStatus:
        text << "set" << ca << " " << CaStatusName(o.status);
        break;
      case Operation::Kind::kDelete:
        text << "delete" << ca;
        break;
      case Operation::Kind::kPutEndpoint:
        text << "put" << host
             << (o.service == EndpointService::kData ? "" : ", other service")
             << (o.endpoint_status == EndpointStatus::kEnabled ? ""
                                                               : ", disabled");
        break;
      case Operation::Kind::kDeleteEndpoint:
        text << "remove" << host;
        break;
      case Operation::Kind::kHandshake: {
        const Question& q = o.question;
        text << "handshake in region " << q.region << ", name "
             << (q.server_name == kNone
                     ? "absent"
                     : absl::StrCat("#", q.server_name, " \"",
                                    kServerNames[q.server_name].text, "\""))
             << ", leaf " << q.leaf << ", presenting CAs {"
             << absl::StrJoin(q.presented, " ") << "}"
             << (q.service == EndpointService::kData ? "" : ", other service")
             << (q.ip_literal_as_absent ? ", IP literal as absent" : "");
        break;
      }
      case Operation::Kind::kFinish:
        text << "complete";
        break;
    }
    text << "\n";
  }
  return text.str();
}

}  // namespace chainkeep::test
