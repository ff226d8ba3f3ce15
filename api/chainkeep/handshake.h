// A handshake is an object: begun with the ClientHello, shown the client's
// certificates, finished when the client has proven its key.
//
//   chainkeep::Handshake handshake = listener.Begin(server_name);
//   chainkeep::Provisional answer = handshake.Present(leaf, presented);
//   if (!answer.goes_on()) return SendAlert(answer.alert());
//   ... the rest of the TLS handshake: the client proves its key ...
//   chainkeep::Admission admission = handshake.Finish();
//   if (!admission.accepted()) return SendAlert(admission.alert());
//   ... and from then on, as often as the host likes ...
//   if (!admission.Holds(leaf, presented)) Close();
//
// With BoringSSL, tls.h makes these calls.
//
// WHY TWO STEPS. TLS hands the server a client's certificate before the client
// has proven that it holds the key: anybody who has seen a certificate can
// present it. So Present only reads and answers, and its answer cannot say
// "accepted"; what has an effect (an event, a record, a counter) waits for
// Finish.

#ifndef CHAINKEEP_API_CHAINKEEP_HANDSHAKE_H_
#define CHAINKEEP_API_CHAINKEEP_HANDSHAKE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "chainkeep/listener.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep {

// HandshakeWalk is what a handshake has come to; the engine's own.
class HandshakeWalk;

// Provisional is what is known before the client has proven its key: whether
// the TLS handshake may go on. A value. Nothing in it says "accepted".
class Provisional {
 public:
  // True: go on with the TLS handshake. False: end it with alert().
  bool goes_on() const { return goes_on_; }

  // Why not: for logs, never for the peer. kNoVerdict where it goes on.
  Reason reason() const { return reason_; }

  // The AlertDescription (RFC 8446 §6.2) to end the handshake with; 0 where it
  // goes on.
  uint8_t alert() const { return alert_; }

 private:
  friend class HandshakeWalk;
  Provisional(bool goes_on, Reason reason, uint8_t alert)
      : goes_on_(goes_on), reason_(reason), alert_(alert) {}

  bool goes_on_;
  Reason reason_;
  uint8_t alert_;
};

// Admission is what a handshake has ended with: the verdict, and, if that
// accepts, what a host keeps with the connection in order to ask whether it may
// stay. A value of about a kilobyte that owns all it says; it may be moved to
// another thread, and is to be asked by one thread at a time. Must not be asked
// after its engine was destroyed.
class Admission {
 public:
  // A refusal, kNoVerdict.
  Admission() = default;

  const Verdict& verdict() const { return verdict_; }
  bool accepted() const { return verdict_.accepted(); }

  // The alert to tell a refusal by; 0 if it accepts.
  uint8_t alert() const { return TlsAlertOf(verdict_); }

  // When to close the connection, or to ask for another handshake.
  UnixSeconds not_after() const { return verdict_.not_after(); }

  // Holds says whether the connection may stay: whether its device, by the
  // certificates it has shown, would be accepted for the same account now.
  // `leaf` and `presented` are those that the handshake was shown (a TLS
  // library keeps them); of others, and of a refusal, the answer is false.
  //
  // While nothing that the answer rests on has changed this costs a few
  // look-ups, and the certificates are not read. When something has, the device
  // is judged anew, at the cost of a verdict, and verdict() is the new one. So
  // a change that concerns another device leaves this one where it is: a CRL
  // drops those that it names. Changes of endpoints, registrations, CRLs, and
  // device records count, and so does the passing of not_after(); no event is
  // needed to be right. The hook is not asked again, and nothing is told to the
  // observer. Of a server name that an EndpointSource knows the last answer
  // counts until there is another, which is then requested.
  bool Holds(Bytes leaf, std::span<const Bytes> presented = {});

  // IsUnchanged says whether everything that an acceptance rests on is as it
  // was: Holds without the second look, for a host that would have to fetch the
  // certificates. False does not mean that the connection must go.
  bool IsUnchanged() const;

 private:
  friend class HandshakeWalk;
  explicit Admission(Verdict refusal) : verdict_(std::move(refusal)) {}
  Admission(const Listener& listener, std::optional<std::string_view> host_name,
            const Account& named_account, Verdict verdict);
  std::optional<std::string_view> host_name() const {
    if (!has_name_) return std::nullopt;
    return std::string_view(name_.data(), name_size_);
  }

  Verdict verdict_;
  std::optional<Listener> listener_;
  // The host name that was resolved, and the account that it led to.
  bool has_name_ = false;
  uint8_t name_size_ = 0;
  std::array<char, 253> name_;
  Account named_account_;
};

// FinishOptions says how Finish may go about its work.
struct FinishOptions {
  // kAllowed: a first connection is registered, and the listener's hook is
  // asked, which take as long as a disk or the host does. kForbidden: for a
  // host that has no room for one more call that may wait. Then nothing is
  // registered and no hook asked: what would have had to wait is refused, as
  // kRegistrationThrottled or kHookTimeout.
  enum class Waiting : uint8_t { kAllowed, kForbidden };
  Waiting waiting = Waiting::kAllowed;

  // What the host calls this connection, for ValidationHook. "": the engine
  // makes a name.
  std::string_view connection_id = {};
};

// Handshake is one TLS handshake as the gate sees it. Listener::Begin makes it;
// then Present, once; then, if the handshake goes on and ends well, Finish,
// once.
//
// An embedder's duties, all of them:
//  - Begin with the server name, when the ClientHello was read. If the answer
//    does not go on, Await if it is pending(), else end the handshake with its
//    alert.
//  - Present the client's certificates, when they were read. If the answer does
//    not go on, end the handshake with its alert.
//  - Finish when TLS itself has succeeded: the library takes that for the proof
//    of the key. Only an Admission that accepts lets the device in.
//  - Finish, or simply destroy, a handshake that was refused or that failed: it
//    is a refusal, told to the observer as unproven.
//  - Keep the bytes that Present was given until Finish returns or the
//    handshake is destroyed.
//  - Ask Admission::Holds from time to time, and close when it says no.
//
// Move-only; a handshake that was moved from is over. To be used by one thread
// at a time, which may change. Must not outlive its engine. Nothing is parsed,
// hashed or resolved twice on this walk unless something has changed meanwhile.
// For a device directly under its registered CA no step allocates memory of its
// own. Whatever is called in the wrong order gets a refusal, and harms nothing.
class Handshake {
 public:
  Handshake(Handshake&& other) noexcept;
  Handshake& operator=(Handshake&& other) noexcept;
  ~Handshake();

  // answer says whether the TLS handshake may go on, as far as is known: after
  // Begin by the server name alone, after Present by the certificates. While it
  // is pending it does not (kServerNamePending).
  Provisional answer() const;

  // pending returns whether an EndpointSource has still to say whose the server
  // name is. Present would refuse the handshake as kServerNamePending; the
  // name is looked up all the same, for the next attempt.
  bool pending();

  // Await sees that `callback` is called once, when the handshake is not
  // pending any more, and returns true; false, and no call, if it is not. The
  // callback may come before Await returns, and from any thread that is in the
  // engine or in EndpointSource's `Done`; it must not wait. It is not called
  // after this object, or the engine, was destroyed: destroying waits for one
  // that runs, and so must not happen under a lock that it takes. Only the
  // first one that is given is kept.
  bool Await(std::function<void()> callback);

  // Present shows the client's certificates: the DER of its own, first in the
  // Certificate message, and that of the others, in any order (hints for
  // finding a path, never trusted). Both are the caller's, see above. Pure:
  // reads and answers, never blocks on I/O. Costs one signature verification
  // for a device directly under its registered CA, one more for each presented
  // intermediate, and at most what `Budgets` allow. Any bytes get an answer.
  //
  // A handshake goes on, too, where only a client that has proven its key may
  // be told that it is refused.
  Provisional Present(Bytes leaf, std::span<const Bytes> presented = {});

  // MayWait returns whether Finish would take as long as a disk or the host's
  // hook does. Costs a few look-ups.
  bool MayWait() const;

  // owner returns whose the device is, or, if it connects for the first time,
  // is to be; of a refusal it is the server name's account. For giving accounts
  // their share of those who may wait, not for logs: without a server name a
  // refusal's account is nobody's to know (R78). Empty if unknown.
  Account owner() const;

  // Finish ends the handshake. If Present said that it goes on, the client is
  // taken to have proven its key: the versions of all that the answer rests on
  // are compared, and if one has changed the device is judged anew; a first
  // connection is registered (and refused: it may come again); the hook is
  // asked; the observer is told. If it was refused, the observer is told so, as
  // unproven. Finishing before Present, or twice, is a refusal (kNoVerdict).
  Admission Finish(const FinishOptions& options = {});

 private:
  friend class Listener;
  friend class HandshakeWalk;
  Handshake(const Listener& listener,
            std::optional<std::string_view> server_name);

  // The walk, in place, so that a handshake allocates nothing.
  static constexpr size_t kWalkBytes = 2304;
  HandshakeWalk& walk();
  const HandshakeWalk& walk() const;
  alignas(std::max_align_t) std::array<std::byte, kWalkBytes> walk_;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_HANDSHAKE_H_
