// What an engine tells its host, as it happens.
//
// An EventObserver is given to the engine in EngineOptions and is not owned.
// Registration events arrive after the change is visible to handshakes, on a
// thread that called the registry or Engine::Follow, whichever came across the
// change first: those of other processes are told like this one's. Connection
// events arrive on the thread that called Handshake::Finish, or that destroyed
// the handshake. Several threads may call at once. A call holds no lock of the
// library, so it may call the engine again, but it is on somebody's path: hand
// slow work to another thread. References are valid during the call only.
//
//   class DropConnections : public chainkeep::EventObserver {
//     void OnCaDeactivated(const chainkeep::CaEvent& event) override {
//       gateway_.CloseAll(event.scope.account, event.ca);
//     }
//   };

#ifndef CHAINKEEP_API_CHAINKEEP_EVENTS_H_
#define CHAINKEEP_API_CHAINKEEP_EVENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/prepared_keys.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep {

// CaEvent says which registration changed.
struct CaEvent {
  Scope scope;
  CertificateId ca;
  // What all certificates of the CA have in common; empty if it cannot be told
  // any more.
  CaId ca_id;
};

// DeviceEvent says which device changed. Connections are its own whose verdict
// has the same signed id: a device can present other certificates than the one
// that is registered, of other certificate ids (types.h).
struct DeviceEvent {
  Account account;
  Region region;
  // The certificate that is registered; empty if the record came and went
  // before it was seen.
  CertificateId device;
  SignedId signed_id;
  DeviceStatus status = DeviceStatus::kInactive;  // now; also if it is gone
};

// SkippedRecord is a stored record that cannot be shown to handshakes, because
// it is damaged or contradicts another: they answer as if it were not there.
struct SkippedRecord {
  // kChange is no record, but a note that one has changed: all were compared
  // with what is shown instead.
  enum class Kind : uint8_t { kCa, kDevice, kEndpoint, kCrls, kChange };

  Kind kind = Kind::kCa;
  // Empty where not even that can be read; `status` says all that is known.
  Account account;
  Region region;
  // The certificate id, or the endpoint's host name.
  std::string name;
  absl::Status status;
};

// StoreReplacement says that the store's file does not continue what the engine
// has seen of it.
struct StoreReplacement {
  enum class What : uint8_t {
    kAnotherStore,    // one that was made by itself
    kAnotherHistory,  // an older copy, or one that has gone its own way
  };
  What what = What::kAnotherHistory;
};

// ChangeEvent says what a command did to a registry's records.
struct ChangeEvent {
  Account account;
  Region region;
  // AWS's name of the command, "RegisterCACertificate"; for what AWS has not,
  // this library's, "SetCrls".
  std::string_view operation;
  // What was changed; "" where it has no name.
  std::string_view resource_arn;
  UnixMillis time = 0;
};

// FirstConnectEvent says that a device has proven its key whose certificate is
// PENDING_ACTIVATION: registered just now, or earlier and not activated since.
// Its connection is refused; it will try again.
struct FirstConnectEvent {
  Account account;
  Region region;
  CertificateId device;
  CertificateId ca;
  DeviceStatus status = DeviceStatus::kPendingActivation;
  UnixMillis time = 0;
  UnixMillis registration_time = 0;  // the same each time
};

// The topic and the payload of that event as AWS IoT publishes it: JSON with
// the keys certificateId, caCertificateId, timestamp (a number, milliseconds),
// certificateStatus, awsAccountId and certificateRegistrationTimestamp (a
// string of the same kind).
std::string FirstConnectTopic(const FirstConnectEvent& event);
std::string FirstConnectPayload(const FirstConnectEvent& event);

// KeyProof says whether the client had proven that it holds the key of the
// certificate it sent. Refusals usually come before that: what they say of a
// device is then what somebody claimed, who may only have seen its certificate.
enum class KeyProof : uint8_t { kUnproven, kProven };

// ConnectionEvent says how one connection ended up.
struct ConnectionEvent {
  const Verdict& verdict;
  KeyProof proof;
  // As the peer sent it: hostile bytes. Absent if it sent none.
  std::optional<std::string_view> server_name;
};

class EventObserver {
 public:
  virtual ~EventObserver() = default;

  // A CA was registered, in whatever status. One that is INACTIVE refuses whom
  // another CA of its account would let in by way of it: connections that have
  // its ca_id among their verdict's intermediates() should be asked about again
  // (Admission::Holds), here and when it is deactivated.
  virtual void OnCaRegistered(const CaEvent&) {}

  // A registration became ACTIVE.
  virtual void OnCaActivated(const CaEvent&) {}

  // A registration stopped being ACTIVE: connections that it let in should be
  // dropped. (Only an INACTIVE one can be deleted, so this comes before.) If
  // OnCaActivated follows at once, it is ACTIVE again, or may never have been
  // anything else: of changes that were seen together it is not known which
  // they were, and who has not followed for 100,000 is told this of all that
  // are ACTIVE. Nothing is told of a changed endpoint or CRL: ask
  // Admission::Holds.
  virtual void OnCaDeactivated(const CaEvent&) {}

  // The record of a device certificate stopped being ACTIVE, or was deleted, or
  // came to be in another status: its connections should be dropped. The status
  // may be ACTIVE, again: see OnCaDeactivated.
  virtual void OnDeviceDeactivated(const DeviceEvent&) {}

  // A device that waits to be activated has connected, and was refused. Its
  // owner decides: Registry::UpdateCertificate. Not told of devices of a CA
  // with a RegistrationConfig, whose template decides (provisioning.h).
  virtual void OnFirstConnect(const FirstConnectEvent&) {}

  // Told each time that the record is come across.
  virtual void OnRecordSkipped(const SkippedRecord&) {}

  // What is stored has become another, by a copy that was restored or a file
  // that was put in its place: everything is compared with what handshakes see,
  // and told as OnCaDeactivated says.
  virtual void OnStoreReplaced(const StoreReplacement&) {}

  // A command changed something, and is about to return; for whoever keeps a
  // record of who did what. Told by the process that ran the command.
  virtual void OnChange(const ChangeEvent&) {}

  // A table of a CA's key and the cryptographic library differed about a
  // signature, or the table was wrong when it was built. The library's answer
  // was taken, and no table is used from here on: handshakes are slower until a
  // new engine is made. Told once, on the thread of the handshake, before its
  // answer. Memory has gone bad, or this is a bug: please report it.
  virtual void OnPreparedKeysDisagree(const PreparedKeyDisagreement&) {}

  // A device proved its key and was accepted.
  virtual void OnAccepted(const ConnectionEvent&) {}

  // A connection was refused. If the verdict has an account, the record belongs
  // to it and to nobody else.
  virtual void OnRefused(const ConnectionEvent&) {}
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_EVENTS_H_
