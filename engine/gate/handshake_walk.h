// HandshakeWalk is what one handshake has come to: the state behind
// chainkeep::Handshake, and the steps that change it.
//
//   kPending ──► kBegun ──Present──► kGoesOn ──Finish──► kOver
//      └──────────┴────────────────► kRefused ──Finish──► kOver
//
// What was read once (the server name, the leaf and its ids) is kept; what is
// judged again (IsAsItWas, JudgeAgain) is judged of that.
//
// A value that may be moved while nobody uses it. Tells nobody when it is
// destroyed; that is its owner's to do (Abandon).

#ifndef CHAINKEEP_ENGINE_GATE_HANDSHAKE_WALK_H_
#define CHAINKEEP_ENGINE_GATE_HANDSHAKE_WALK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "chainkeep/handshake.h"
#include "chainkeep/listener.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/gate/asked_name.h"
#include "engine/gate/core.h"
#include "engine/gate/name_wait.h"
#include "engine/gate/server_name.h"
#include "engine/path/budget.h"
#include "engine/sni/resolution.h"
#include "engine/x509/certificate.h"

namespace chainkeep {

class HandshakeWalk {
 public:
  // Reads the name; to be followed by Begin or Recall.
  HandshakeWalk(const Listener& listener,
                std::optional<std::string_view> server_name);

  // What was moved from is to be Left.
  HandshakeWalk(HandshakeWalk&& other) = default;
  HandshakeWalk& operator=(HandshakeWalk&& other) = default;

  // Begin resolves the name, or waits for whose it is. Recall is for a device
  // that was accepted before, by an endpoint of `account` at `version`
  // (ResolveAgain), and waits for nobody.
  void Begin();
  void Recall(const Account& account, uint64_t version);

  Provisional answer() const;
  bool pending();
  bool Await(std::function<void()> callback);
  Provisional Present(Bytes leaf, std::span<const Bytes> presented);
  bool MayWait() const;
  Account owner() const;
  Admission Finish(const FinishOptions& options);

  // Ends a handshake that nobody has finished, as an unproven refusal, and
  // calls nobody back from then on. Nothing if it is over.
  void Abandon();

  // Ends one that goes on elsewhere, as if it had never begun.
  void Leave();

  // What is to be said, were the key proven. For Admission, and for tools and
  // tests that ask without a handshake.
  const Verdict& verdict() const { return verdict_; }

  // The account that the server name leads to; empty without one.
  const Account& named_account() const { return name_answer_.account; }

 private:
  enum class Stage : uint8_t { kPending, kBegun, kGoesOn, kRefused, kOver };

  const ListenerOptions& options() const { return listener_.options(); }
  gate::Core& core() const { return *listener_.core_; }
  std::optional<std::string_view> sent_name() const;

  void Apply(const gate::NameAnswer& name);
  void Refuse(Reason reason, std::string_view detail = {});

  // What answers say of this handshake as far as it has come.
  VerdictFields KnownFields() const;
  // Reads the leaf; a refusal if that cannot be done.
  std::optional<Verdict> Read();
  // Charges what reading the leaf has cost; false if that is too much.
  bool Charge(path::Budget& budget) const;
  Verdict Judge() const;

  Verdict Over() const;

  bool IsAsItWas() const;
  Verdict JudgeAgain();
  Verdict Conclude(const FinishOptions& how);
  Verdict AskHook(const FinishOptions& how, const Verdict& verdict);
  Verdict RefuseForHook(const Verdict& verdict, Reason reason) const;
  Verdict RefuseWith(const Verdict& verdict, Reason reason,
                     std::string_view detail = {}) const;
  // Whose the device of a verdict that needs completion is, or is to be.
  std::optional<Account> FindOwner(const Verdict& verdict) const;
  // Whether the device's account lets it be looked at now. From memory.
  bool AdmitsFirstConnect(const Verdict& verdict) const;
  // Registers who has proven the key, or tells its owner of it again.
  Verdict FirstConnect(const Verdict& verdict) const;

  Listener listener_;
  Stage stage_ = Stage::kBegun;
  // The server name as it was sent, of at most this many bytes: a longer one is
  // malformed, and shown cut.
  bool has_name_ = false;
  uint8_t name_size_ = 0;
  std::array<char, 255> name_;
  gate::AskedName asked_;
  std::shared_ptr<gate::NameWait> wait_;  // of kPending
  gate::NameAnswer name_answer_;
  // What was presented.
  Bytes leaf_bytes_;
  std::span<const Bytes> presented_;
  std::optional<x509::Certificate> leaf_;
  CertificateId device_;
  SignedId signed_id_;
  CaId leaf_ca_;  // of a leaf that is a CA's certificate
  Verdict verdict_;
};

// IsAsItWas returns whether everything that an accepting `verdict` rests on is
// as it was. `name` is what the server name leads to now (ResolveAgain).
bool IsAsItWas(const gate::Core& core, const ListenerOptions& options,
               const gate::NameAnswer& name, const Verdict& verdict);

}  // namespace chainkeep

#endif  // CHAINKEEP_ENGINE_GATE_HANDSHAKE_WALK_H_
