// What an embedder may choose. Every default is the strict one; an option that
// weakens security says so in its name.
//
// Options are plain values, read once, when an engine or a listener is made.
//
//   chainkeep::ListenerOptions options;
//   options.region = *chainkeep::Region::Parse("us-east-1");
//   auto listener = engine->CreateListener(options);

#ifndef CHAINKEEP_API_CHAINKEEP_OPTIONS_H_
#define CHAINKEEP_API_CHAINKEEP_OPTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/prepared_keys.h"
#include "chainkeep/types.h"

namespace chainkeep {

class EventObserver;         // events.h
class ProvisioningObserver;  // provisioning.h
class ValidationHook;        // hook.h

// Clock tells the time to everything that judges a validity. Implementations
// must be thread-safe and must not block: Now() is called on each handshake.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixSeconds Now() const = 0;
  // The same, finer, for the dates of records. Whole seconds, unless
  // overridden.
  virtual UnixMillis NowMillis() const { return Now() * 1000; }
};

// SystemClock returns the machine's real-time clock. It lives forever.
const Clock& SystemClock();

// EnumSet is a set of enumerators, stored as one word.
template <typename E>
class EnumSet {
 public:
  constexpr EnumSet(std::initializer_list<E> members) {
    for (E member : members) bits_ |= Bit(member);
  }
  constexpr bool Has(E member) const { return (bits_ & Bit(member)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend bool operator==(const EnumSet&, const EnumSet&) = default;

 private:
  static constexpr uint32_t Bit(E member) {
    return uint32_t{1} << static_cast<unsigned>(member);
  }

  uint32_t bits_ = 0;
};

enum class SignatureScheme : uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEd25519 };
enum class SignatureDigest : uint8_t { kSha256, kSha384, kSha512 };
enum class EllipticCurve : uint8_t { kP256, kP384, kP521 };

// MlDsa names a parameter set of FIPS 204: ML-DSA-44, -65 or -87.
enum class MlDsa : uint8_t { k44, k65, k87 };

// AlgorithmPolicy says which signatures and keys are good enough. It governs
// each certificate of a path, and what the TLS binding offers and accepts.
struct AlgorithmPolicy {
  // RSA moduli, in bits. Below 2048 is broken by NIST SP 800-57 part 1; above
  // 8192 a verification costs an attacker's victim too much (CVE-2023-6237).
  unsigned min_rsa_bits = 2048;
  unsigned max_rsa_bits = 8192;

  // RSA and ECDSA with a digest outside of `digests`, and ECDSA on a curve
  // outside of `curves`, are refused whatever `schemes` says. RSASSA-PSS is
  // taken with a salt as long as its digest only.
  EnumSet<SignatureScheme> schemes = {
      SignatureScheme::kRsaPkcs1, SignatureScheme::kRsaPss,
      SignatureScheme::kEcdsa, SignatureScheme::kEd25519};
  EnumSet<SignatureDigest> digests = {SignatureDigest::kSha256,
                                      SignatureDigest::kSha384,
                                      SignatureDigest::kSha512};
  EnumSet<EllipticCurve> curves = {EllipticCurve::kP256, EllipticCurve::kP384,
                                   EllipticCurve::kP521};

  // Post-quantum signatures by CAs (RFC 9881), and keys for them: none, unless
  // asked for. It is for CAs: the TLS binding cannot have a device prove such a
  // key and offers it to none. A check costs 25 (44) to 47 µs (87) where the CA
  // is registered, and 78 to 213 µs where it is presented, or registered and
  // used for the first time. EngineOptions says what may be registered.
  EnumSet<MlDsa> ml_dsa = {};

  // SHA-1 collides (SHAttered, 2017). Only for devices that cannot be renewed;
  // the TLS binding never offers it, whatever this says.
  bool insecure_sha1 = false;
};

// What AWS IoT takes of device certificates and their CAs, as its developer
// guide lists it: RSA (v1.5 and PSS) and ECDSA with SHA-2, no Ed25519. DSA,
// which that list has, is never taken here.
inline constexpr AlgorithmPolicy kAws = {.schemes = {SignatureScheme::kRsaPkcs1,
                                                     SignatureScheme::kRsaPss,
                                                     SignatureScheme::kEcdsa}};

// LeafProfile says what of keyUsage, extendedKeyUsage and basicConstraints a
// leaf must satisfy.
enum class LeafProfile : uint8_t {
  // Where keyUsage is present it has digitalSignature; where extendedKeyUsage
  // is present it has clientAuth (or anyExtendedKeyUsage), as has every
  // issuer's below the anchor; not a CA.
  kClientAuth,
  // Likewise, and extendedKeyUsage must be present with clientAuth itself.
  kClientAuthRequired,
  // Likewise, without looking at extendedKeyUsage.
  kAnyPurpose,
  // Nothing of the above is looked at on the leaf.
  kNone,
};

// EncodingRule says in which encodings certificates and CRLs are taken.
enum class EncodingRule : uint8_t {
  // DER, and those encodings beside it that have one reading and stand in
  // certificates that exist: docs/usage.md has the list, and who writes them.
  kTolerant,
  // DER alone (X.690 §10, §11).
  kStrict,
};

// SerialRule says which serial numbers a device's and an intermediate's
// certificate may have. A registered CA's is not looked at.
enum class SerialRule : uint8_t {
  // Positive, at most 20 octets (RFC 5280 §4.1.2.2).
  kPositive,
  // Any INTEGER, which the same section advises to be prepared for: CAs have
  // written zero, negative and longer ones.
  kAnyInteger,
};

// Budgets bound what one answer may cost. Spending one up refuses with that
// budget's reason; there is no trying on, but for the two that say so.
struct Budgets {
  // Presented certificates, the leaf not counted; counted before any parsing.
  // Real chains have 1 to 3. At most 64.
  unsigned presented_certificates = 16;
  // Bytes of one certificate, checked before parsing. Real ones have 300 to
  // 2,000; 64 KiB leaves room for post-quantum keys.
  size_t certificate_bytes = 64 * 1024;
  // Bytes of all certificates of a handshake, the leaf's counted, likewise.
  size_t chain_bytes = 256 * 1024;
  // Certificates of a path, leaf and anchor counted; 2 to 16. Unlike the other
  // budgets this one prunes: a longer path is given up, a shorter one may still
  // be found.
  unsigned path_length = 8;
  // Candidates taken from the registrations for one link; 1 to 32. The exact
  // registration of a presented issuer is tried beside them. This one prunes as
  // well: to end the answer here would let whoever registers many CAs of
  // another's name shut its devices out, though they bring a path of their own.
  unsigned candidates = 16;
  // Signature checks, in units that bound time: a check by a P-256 key is 1, by
  // Ed25519 1, P-384 11, P-521 28; RSA of 2048 to 3072 bits 1, of 4096 2, of
  // 8192 6, and up to 14 with an exponent of 33 bits; ML-DSA 3 (44), 4 (65) and
  // 7 (87). All rounded up from measured ones (docs/benchmarks.md, where a unit
  // took 50 µs). One check is always made, whatever it costs: so a CA with a
  // P-521 key is of use to its devices, and needs more than the default for
  // what is below an intermediate with such a key.
  unsigned signature_units = 24;
  // Candidates looked at over the whole search.
  unsigned steps = 200;
  // What else is done with the certificates: each byte that is parsed, hashed,
  // normalized or compared, as often as it is, the presented ones included. The
  // unit is the time in which SHA-256 takes a byte (0.56 ns where it was
  // measured); what is dearer than that counts for up to 20. An everyday
  // certificate of 700 bytes costs some 7,000, one of 60 KB that is hardly read
  // 250,000. It bounds names to some 20 KB and certificate policies to 10 KB in
  // all.
  uint64_t work_bytes = 500'000;
  // Comparisons of a name with a name constraint; a long name counts as
  // several, and reading a name or a constraint as four. One took up to 12 ns;
  // CVE-2024-12133 is what no limit at all costs.
  unsigned name_comparisons = 20'000;
};

namespace internal {

// EncodeOid returns the contents of the OBJECT IDENTIFIER that `dotted` spells,
// every arc below 2^32. Errors: ErrorCode::kInvalidRequest.
absl::StatusOr<std::string> EncodeOid(std::string_view dotted);

}  // namespace internal

// KeyPurpose is one KeyPurposeId of extendedKeyUsage (RFC 5280 §4.2.1.12).
class KeyPurpose {
 public:
  static constexpr KeyPurpose ClientAuth() { return IdKp(2); }
  static constexpr KeyPurpose ServerAuth() { return IdKp(1); }

  // FromOid reads "1.3.6.1.5.5.7.3.2". Errors: ErrorCode::kInvalidRequest, also
  // for an OID of more than 32 bytes in DER.
  static absl::StatusOr<KeyPurpose> FromOid(std::string_view dotted);

  // The contents of the OBJECT IDENTIFIER.
  Bytes oid() const { return {oid_.data(), size_}; }

 private:
  KeyPurpose() = default;
  // 1.3.6.1.5.5.7.3.`last`. Not made when first asked for: who forks at that
  // moment would leave it half made to the child, which waits for it for ever.
  static constexpr KeyPurpose IdKp(uint8_t last) {
    KeyPurpose purpose;
    purpose.oid_ = {0x2b, 6, 1, 5, 5, 7, 3, last};
    purpose.size_ = 8;
    return purpose;
  }

  std::array<uint8_t, 32> oid_ = {};
  uint8_t size_ = 0;
};

// AnchorRules says what of a registered CA's certificate is enforced, beyond
// its name and key, when a path ends in it.
enum class AnchorRules : uint8_t {
  // Nothing: a trust anchor is a name and a key (RFC 5280 §6.1.1 (d)).
  kNameAndKey,
  // What it says of the certificates below it: basicConstraints with its path
  // length, keyUsage, name constraints, policy constraints (RFC 5937). Of what
  // it has no extension for, it says nothing.
  kConstraints,
  // Also its validity, and that it is a CA's certificate that may sign
  // certificates. Not its extended key usage, serial number or issuer.
  kFull,
};

// CertificatePolicyOptions are the inputs of RFC 5280 §6.1.1 (c), (e), (f),
// (g).
struct CertificatePolicyOptions {
  // The policies that are acceptable, as dotted OIDs. Empty: any. They bind
  // only where a policy is required: by `explicit_policy`, which a listener
  // demands beside them, or by a certificate.
  std::vector<std::string> initial_policies = {};

  enum class Explicit : uint8_t { kNotRequired, kRequired };
  enum class Mapping : uint8_t { kAllowed, kInhibited };
  enum class AnyPolicy : uint8_t { kAllowed, kInhibited };

  Explicit explicit_policy = Explicit::kNotRequired;
  Mapping mapping = Mapping::kAllowed;
  AnyPolicy any_policy = AnyPolicy::kAllowed;
};

// RevocationOptions says for whom a CRL must answer, and what its silence
// means. CRLs are given to the registry (Registry::SetCrls); nothing is ever
// fetched.
struct RevocationOptions {
  enum class Scope : uint8_t {
    kOff,    // CRLs are not looked at
    kLeaf,   // the device's certificate must not be revoked
    kChain,  // nor any intermediate's below the anchor
  };
  enum class OnDoubt : uint8_t { kRefuse, kAccept };

  Scope scope = Scope::kOff;
  // No CRL speaks of the certificate.
  OnDoubt unknown = OnDoubt::kRefuse;
  // One does, and is past its nextUpdate, or older than `max_age_seconds`. A
  // certificate that it names is refused all the same.
  OnDoubt stale = OnDoubt::kRefuse;
  std::optional<int64_t> max_age_seconds = {};
};

// ValidationPolicy says what lets a device in.
enum class ValidationPolicy : uint8_t {
  // Its chain leads to a registered, ACTIVE CA. A record of the device is not
  // needed; one that exists and is not ACTIVE refuses. Devices are not
  // registered at their first connection, whatever their CA's registration
  // says.
  kTrustedChain,
  // Its very certificate is registered by the account and ACTIVE (AWS IoT's
  // way). Its CA counts at the registration only; of the options below only
  // `registered_ca`, `first_connect_issuer`, the key sizes and curves of
  // `algorithms`, `encoding`, `serial_rule` and the budgets are looked at. A
  // certificate that is not
  // registered may become so at its first connection, if the CA that signed it
  // is registered with auto-registration.
  kRegisteredDevice,
};

// RegisteredCa says what a registered device's CA must be when it connects.
enum class RegisteredCa : uint8_t {
  kNotConsulted,
  // Registered by the same account, ACTIVE, and within its validity. A device
  // that was registered without a CA is refused.
  kMustBeActive,
};

// FirstConnectIssuer says how the CA is found that signed a device which
// connects for the first time. With a server name the device's own certificate
// is enough; without one:
enum class FirstConnectIssuer : uint8_t {
  kMustBePresented,  // the CA's certificate stands in the device's chain
  kLeafSuffices,
};

// ValidationOptions says what a chain must satisfy.
struct ValidationOptions {
  ValidationPolicy policy = ValidationPolicy::kTrustedChain;
  RegisteredCa registered_ca = RegisteredCa::kNotConsulted;
  FirstConnectIssuer first_connect_issuer =
      FirstConnectIssuer::kMustBePresented;
  // A registered CA lets in what it has signed itself, and nothing below other
  // CAs that it has signed. Replaces budgets.path_length.
  bool direct_issuer_only = false;
  AlgorithmPolicy algorithms = {};
  LeafProfile leaf_profile = LeafProfile::kClientAuth;
  // If set, what leaf and intermediates must be usable for, where they have an
  // extendedKeyUsage, in place of what the profile asks.
  std::optional<KeyPurpose> required_purpose = {};
  // Of leaf, intermediates, and, where AnchorRules says kFull, registered CA.
  EncodingRule encoding = EncodingRule::kTolerant;
  SerialRule serial_rule = SerialRule::kPositive;
  AnchorRules anchor_rules = AnchorRules::kFull;
  CertificatePolicyOptions policies = {};
  RevocationOptions revocation = {};
  Budgets budgets = {};
  // Critical extensions that the host processes itself, after the verdict: at
  // most 32 dotted OIDs. Any other that is not processed here refuses, under
  // both policies, whichever certificate has it (RFC 5280 §4.2). Registered CAs
  // must have none.
  std::vector<std::string> processed_extensions = {};
};

// ListenerOptions is all that may differ between two listeners of a gateway.
struct ListenerOptions {
  // Where this listener is. Required: server names resolve only inside it, and
  // without a server name it is what is searched.
  Region region = {};

  // What is served here. An endpoint of another service is refused.
  EndpointService service = EndpointService::kData;

  ValidationOptions validation = {};

  // A server_name that is an IP address is malformed (RFC 6066 §3) and refused.
  // Many device libraries send one when they are given an address to dial; with
  // this they are treated as if they had sent none.
  bool ip_literal_as_absent = false;

  // A device whose certificate or CA is of mode DEFAULT is let in as its own
  // account's though it sends another account's server name, as AWS IoT once
  // did. For fleets that cannot be changed: it makes a server name mean less
  // than it says. Nothing of mode SNI_ONLY is ever reached so.
  bool legacy_default_routing = false;

  // Who is asked last, once a device has proven its key and would be let in.
  // Not owned; outlives the engine. A listener with a hook refuses handshakes
  // without a server name (kRefusedByHook), and with an address that counts as
  // none: nobody gets past it by sending none. Null: nobody is asked.
  ValidationHook* hook = nullptr;
  // An answer that comes later refuses (kHookTimeout). Told by the engine's
  // clock. 1 to 60,000.
  int64_t hook_timeout_millis = 5000;
};

// EndpointCacheOptions bound what is kept of an EndpointSource's answers, for
// how long, and what asking may cost.
struct EndpointCacheOptions {
  // Memory of the cache: endpoints, and the tables that find them. A name of 35
  // bytes takes 248 beside its share of the tables, so this is some 215,000 of
  // them. At least 1 MiB, and at most half of the memory of the machine, or of
  // what setrlimit(2) leaves: the tables are made at once.
  size_t bytes = size_t{64} << 20;
  // Memory for names that nobody has, beside that. Strangers fill it, as fast
  // as they like, and push out nothing but each other. 64 KiB to `bytes`.
  size_t negative_bytes = size_t{1} << 20;

  // How long an answer is served: a name that moved stays that long with its
  // old account, unless Engine::InvalidateServerName says so earlier. A name
  // that is in use is asked for again after three quarters of it, so that no
  // handshake waits. 1 second to a day.
  int64_t ttl_seconds = 60;
  // Likewise that nobody has the name. So long a new one may be refused; it
  // takes little to keep a device that tries on and on away from the source.
  int64_t negative_ttl_seconds = 5;
  // How much longer an answer is served while the source does not give a new
  // one. Zero, for what is served then may be another's by now; at most an
  // hour.
  int64_t stale_seconds = 0;

  // How many names are asked for at a time; beyond, a name that is not at hand
  // is refused (Reason::kServerNameUnavailable). As many again are for asking
  // anew for what is at hand, which strangers thus cannot prevent. 1 to 65,536.
  unsigned lookups = 1024;
  // After which a Lookup that has not answered is given up: what a stub
  // resolver of DNS waits for (resolv.conf(5)). 1 to 60.
  int64_t lookup_timeout_seconds = 5;
};

// LoadOptions says how an engine reads its store when it is made.
struct LoadOptions {
  // How many threads parse certificates and fill tables meanwhile. 1 to 256.
  unsigned threads = 1;
  // Told now and then how many records are in place, and how many have been
  // found so far; by one thread at a time. Null: nobody is told.
  std::function<void(int64_t done, int64_t total)> progress = {};
};

// EngineOptions is what a whole engine shares. What the pointers point to is
// not owned and must outlive the engine.
struct EngineOptions {
  // Null: SystemClock().
  const Clock* clock = nullptr;

  // Null: nobody is told.
  EventObserver* observer = nullptr;

  // What keys and signatures a CA's certificate may have to be registered, and
  // its verification certificate and CRLs; and a device's, by hand or at its
  // first connection. A listener still judges each path by its own policy.
  AlgorithmPolicy registration_algorithms = {};
  // Likewise in which encodings. What is registered already stays.
  EncodingRule registration_encoding = EncodingRule::kTolerant;
  // And which serial numbers a device's may have.
  SerialRule registration_serial_rule = SerialRule::kPositive;

  // Whether Registry::PutEndpoint takes wildcards.
  WildcardEndpoints wildcard_endpoints = WildcardEndpoints::kRefused;

  // Who is asked for server names that no registered endpoint serves. Null:
  // nobody; they are refused.
  EndpointSource* endpoint_source = nullptr;

  // What host names that the registry makes end with, after the region.
  std::string endpoint_domain = "example.com";

  // Who creates what provisioning templates ask for. Null: nobody; a device
  // becomes ACTIVE all the same.
  ProvisioningObserver* provisioning = nullptr;
  // How many devices of one account may be registered at their first
  // connection, or run its template, in a second; as many at once after a rest
  // (AWS's quota). Beyond: kRegistrationThrottled, and no record. Ten times as
  // many, and ten at least, are looked at in the store and told of; beyond, a
  // connection costs no look.
  uint32_t first_connects_per_second = 15;
  EndpointCacheOptions endpoint_cache = {};

  // By which arithmetic signatures of registered CAs are verified, with tables
  // of their keys (prepared_keys.h). kIfma where the processor lacks it is an
  // error.
  PreparedKeys prepared_keys = PreparedKeys::kAutomatic;
  // Memory of these tables, for all CAs together; 5.5 MiB of it are shared. A
  // CA with a P-256 key takes 4 KiB if it is used now and then, 52 KiB if it is
  // used more, and 256 KiB if much: this is some 14,000, 1,100 or 230 of them
  // (docs/benchmarks.md). At least 8 MiB.
  size_t prepared_key_bytes = size_t{64} << 20;
  // Of what such a table accepts, one in so many is compared with the library,
  // and the first uses of each table are; 1 to 2^20.
  uint32_t prepared_compare_one_in = 1024;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_OPTIONS_H_
