// The control plane: who registers which CA, and which host names are whose.
//
// The commands are those of AWS IoT's multi-account registration, for any cloud
// of devices. One CA may be registered by many accounts of a region in mode
// SNI_ONLY, and by at most one in mode DEFAULT, which demands proof that the
// account holds the CA's key: a verification certificate, signed by that key,
// whose subject's common name is the account's registration code.
//
//   auto code = registry.GetRegistrationCode(account, region);
//   // openssl req -subj /CN=$code ... | openssl x509 -req -CA ca.pem ...
//   auto registered = registry.RegisterCaCertificate(
//       {.account = account, .region = region, .ca_certificate = ca_pem,
//        .verification_certificate = verification_pem,
//        .set_as_active = true});
//
// Every command is atomic: it happens as a whole or, with an error, not at all.
// A change is visible to the next handshake when the command returns. Every
// member may be called by any thread; commands are ordered by a lock of their
// own, and never wait for a handshake.
//
// An account sees its own records only: another's read as not found.
//
// An engine has a registry, in memory or over a Store (store.h). A process that
// only changes records opens one without an engine: OpenRegistry.

#ifndef CHAINKEEP_API_CHAINKEEP_REGISTRY_H_
#define CHAINKEEP_API_CHAINKEEP_REGISTRY_H_

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/ca_certificates.h"
#include "chainkeep/device_certificates.h"
#include "chainkeep/domain_configurations.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/options.h"
#include "chainkeep/provisioning_templates.h"
#include "chainkeep/store.h"
#include "chainkeep/types.h"

namespace chainkeep {

// ImportReport says what came of an import.
struct ImportReport {
  struct Refusal {
    int64_t line = 0;  // the first is 1
    absl::Status status;
  };

  int64_t imported = 0;
  int64_t unchanged = 0;  // what was there already, just so
  int64_t refused = 0;
  std::vector<Refusal> refusals;  // the first 1,000
};

// ImportOptions says what an import must be.
struct ImportOptions {
  // An export ends with a line that counts and hashes all before it: one
  // without it was truncated or mixed with another, and none of it is taken.
  // kMayBeMissing takes lines from wherever they come.
  enum class End : uint8_t { kRequired, kMayBeMissing };
  End end = End::kRequired;
};

// RegistryStats counts a registry's records, of all accounts.
struct RegistryStats {
  int64_t ca_registrations = 0;
  int64_t device_certificates = 0;
  int64_t endpoints = 0;
  int64_t provisioning_templates = 0;
  int64_t crl_sets = 0;
  int64_t revision = 0;
};

class Registry {
 public:
  virtual ~Registry() = default;

  // ---- CA certificates

  // GetRegistrationCode returns the account's code in that region, 64 lowercase
  // hex digits from a cryptographic random source; the first call makes it.
  virtual absl::StatusOr<std::string> GetRegistrationCode(
      const Account& account, const Region& region) = 0;

  // DeleteRegistrationCode forgets the code; the next Get makes another.
  // Errors: kResourceNotFound, if there is none.
  virtual absl::Status DeleteRegistrationCode(const Account& account,
                                              const Region& region) = 0;

  // RegisterCaCertificate registers one CA in one scope. Costs a parse, the
  // preparation of the key and, in mode DEFAULT, one signature check.
  // Errors: kInvalidRequest (arguments), kCertificateValidation (the CA or the
  // verification certificate), kRegistrationCodeValidation (its common name),
  // kResourceAlreadyExists (held by this account in either mode, with
  // ResourceOf(); or DEFAULT by another account of the region, without it).
  virtual absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
      const RegisterCaCertificateRequest& request) = 0;

  // DescribeCaCertificate. Errors: kInvalidRequest, kResourceNotFound.
  virtual absl::StatusOr<CaDescription> DescribeCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) = 0;

  // UpdateCaCertificate changes the status, or auto-registration, or both.
  // Setting what is already set succeeds. The mode never changes: delete and
  // register again. Errors: kInvalidRequest, kResourceNotFound.
  virtual absl::Status UpdateCaCertificate(
      const UpdateCaCertificateRequest& request) = 0;

  // DeleteCaCertificate forgets an INACTIVE registration. Errors:
  // kInvalidRequest, kResourceNotFound, kCertificateState (it is ACTIVE).
  virtual absl::Status DeleteCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) = 0;

  // ListCaCertificates. Errors: kInvalidRequest.
  virtual absl::StatusOr<List<CaSummary>> ListCaCertificates(
      const ListCaCertificatesRequest& request) = 0;

  // SetCrls replaces, as a whole, the CRLs that this account's handshakes are
  // answered from for one CA (see RevocationOptions). Each list is parsed and
  // its signature verified here, once. Loading a million entries takes about
  // half a second; the look-up in a handshake does not depend on their number.
  //
  // A CA is its name and its key. Lists belong to it, not to one of its
  // certificates: those given last count, with whichever certificate, and stay
  // when registrations of the CA go. Without lists, SetCrls takes back what was
  // given with this certificate; what is known of the CA goes when that was the
  // last one that lists had been given with (ListCrls says with which; the 16
  // latest are known). DeleteCrls removes it whatever. A list to come
  // (thisUpdate) revokes what it names from now on, and replaces none of before
  // that speaks of the same certificates: that one stays until a list is given
  // that is current.
  //
  // Errors: kInvalidRequest (arguments; of one CA more than 64 lists, or more
  // than 64 MiB of them together, in DER; a CA without a list), kLimitExceeded
  // (the account has CRLs of 128 other CAs in the region),
  // kCertificateValidation (the CA's certificate, or a list that is ill-formed,
  // delta or indirect, of another issuer, or not signed by the CA). The message
  // says which list.
  virtual absl::Status SetCrls(const SetCrlsRequest& request) = 0;

  // DeleteCrls removes all lists of the CA that ListCrls calls `ca`. Errors:
  // kInvalidRequest, kResourceNotFound.
  virtual absl::Status DeleteCrls(const Account& account, const Region& region,
                                  std::string_view ca) = 0;

  // ListCrls returns what the account has of CRLs, a CA each. Reads all of
  // them. Errors: kInvalidRequest.
  virtual absl::StatusOr<std::vector<CrlsSummary>> ListCrls(
      const Account& account, const Region& region) = 0;

  // ---- Device certificates

  // RegisterCertificate registers a device certificate in the mode of the CA
  // that signed it, which must be registered by the account and ACTIVE; the
  // CA's own validity is not asked, for a device stands by its record. Costs a
  // parse and a signature check. Errors: kInvalidRequest (arguments),
  // kCertificateValidation (the certificate, or no registered CA signed it),
  // kCertificateState (the CA is INACTIVE), kCertificateConflict (several CAs
  // of the issuer's name, and none given), kResourceAlreadyExists.
  virtual absl::StatusOr<RegisteredCertificate> RegisterCertificate(
      const RegisterCertificateRequest& request) = 0;

  // RegisterCertificateWithoutCa registers one in mode SNI_ONLY, whoever signed
  // it. Errors: kInvalidRequest, kCertificateValidation,
  // kResourceAlreadyExists.
  virtual absl::StatusOr<RegisteredCertificate> RegisterCertificateWithoutCa(
      const RegisterCertificateWithoutCaRequest& request) = 0;

  // DescribeCertificate. Errors: kInvalidRequest, kResourceNotFound.
  virtual absl::StatusOr<DeviceDescription> DescribeCertificate(
      const CertificateRequest& request) = 0;

  // UpdateCertificate sets the status; setting what is set succeeds. Errors:
  // kInvalidRequest (a status that no caller may set), kResourceNotFound,
  // kCertificateState (it is REVOKED, or being transferred).
  virtual absl::Status UpdateCertificate(
      const UpdateCertificateRequest& request) = 0;

  // DeleteCertificate. Errors: kInvalidRequest, kResourceNotFound,
  // kCertificateState (it is ACTIVE, or being transferred), kDeleteConflict
  // (something is attached).
  virtual absl::Status DeleteCertificate(
      const DeleteCertificateRequest& request) = 0;

  // Errors: kInvalidRequest. An unknown CA's list is empty.
  virtual absl::StatusOr<List<DeviceSummary>> ListCertificates(
      const ListCertificatesRequest& request) = 0;
  virtual absl::StatusOr<List<DeviceSummary>> ListCertificatesByCa(
      const ListCertificatesByCaRequest& request) = 0;

  // What is attached counts, and nothing else. Attaching what is attached
  // succeeds, as does detaching what is not. Errors: kInvalidRequest,
  // kResourceNotFound (the certificate), kLimitExceeded (more than 10 policies,
  // or than 100 things).
  virtual absl::Status AttachPolicy(const AttachmentRequest& request) = 0;
  virtual absl::Status DetachPolicy(const AttachmentRequest& request) = 0;
  virtual absl::Status AttachThing(const AttachmentRequest& request) = 0;
  virtual absl::Status DetachThing(const AttachmentRequest& request) = 0;

  // A certificate goes to another account of the region in two steps: its owner
  // offers it, and the other accepts or rejects it, or its owner thinks better
  // of it. Meanwhile it lets nobody in. Errors: kInvalidRequest,
  // kResourceNotFound, kCertificateState (it is ACTIVE, or REVOKED),
  // kTransferConflict (policies are attached; or the accepting account has the
  // certificate, or is offered it by several and has named none),
  // kTransferAlreadyCompleted (there is nothing to cancel any more; told to who
  // gave the certificate away as long as who took it has it). An offer succeeds
  // whatever the other account has, and whoever else makes it one.
  virtual absl::StatusOr<std::string> TransferCertificate(
      const TransferCertificateRequest& request) = 0;  // returns its ARN
  virtual absl::Status AcceptCertificateTransfer(
      const AcceptTransferRequest& request) = 0;
  virtual absl::Status RejectCertificateTransfer(
      const RejectTransferRequest& request) = 0;
  virtual absl::Status CancelCertificateTransfer(
      const CertificateRequest& request) = 0;
  // The offers to an account, by certificate id and offering account. Errors:
  // kInvalidRequest.
  virtual absl::StatusOr<List<IncomingTransfer>> ListIncomingTransfers(
      const ListIncomingTransfersRequest& request) = 0;

  // ---- Endpoints

  // PutEndpoint gives a host name to an account, or replaces what the same
  // account said of it. Errors: kInvalidRequest (the name, account or region;
  // or it is a domain configuration's, which alone may change it),
  // kResourceAlreadyExists (another account of the region has it).
  virtual absl::Status PutEndpoint(const Endpoint& endpoint) = 0;

  // DeleteEndpoint. Errors: kInvalidRequest, kResourceNotFound (not there, or
  // another account's).
  virtual absl::Status DeleteEndpoint(const Account& account,
                                      const Region& region,
                                      std::string_view host_name) = 0;

  // ---- Domain configurations

  // CreateDomainConfiguration gives the account an endpoint. Errors:
  // kInvalidRequest, kResourceAlreadyExists (the name, by this account; or the
  // host name, by anybody of the region), kLimitExceeded (more than 10).
  virtual absl::StatusOr<DomainConfigurationDescription>
  CreateDomainConfiguration(
      const CreateDomainConfigurationRequest& request) = 0;
  virtual absl::StatusOr<DomainConfigurationDescription>
  DescribeDomainConfiguration(const DomainConfigurationRequest& request) = 0;
  virtual absl::StatusOr<DomainConfigurationDescription>
  UpdateDomainConfiguration(
      const UpdateDomainConfigurationRequest& request) = 0;
  // Errors: also kInvalidRequest while it is ENABLED.
  virtual absl::Status DeleteDomainConfiguration(
      const DomainConfigurationRequest& request) = 0;
  virtual absl::StatusOr<List<DomainConfigurationSummary>>
  ListDomainConfigurations(const Account& account, const Region& region) = 0;

  // DescribeEndpoint returns the account's host name for a service; the first
  // call makes it, and it never changes.
  virtual absl::StatusOr<std::string> DescribeEndpoint(
      const DescribeEndpointRequest& request) = 0;

  // ---- Provisioning templates

  // Errors: kInvalidRequest (also a body that is no template),
  // kResourceAlreadyExists.
  virtual absl::StatusOr<ProvisioningTemplateDescription>
  CreateProvisioningTemplate(
      const CreateProvisioningTemplateRequest& request) = 0;
  virtual absl::StatusOr<ProvisioningTemplateDescription>
  DescribeProvisioningTemplate(const ProvisioningTemplateRequest& request) = 0;
  // Errors: kInvalidRequest, kResourceNotFound, kDeleteConflict (a registered
  // CA names it).
  virtual absl::Status DeleteProvisioningTemplate(
      const ProvisioningTemplateRequest& request) = 0;

  // ---- A whole registry, for operators

  // Import reads a registry as JSON lines, one record each, in batches of
  // at most 1,000 lines or a mebibyte, or of one line that is longer; each is
  // committed or not as a whole. It keeps uniqueness,
  // but asks for no proof of possession: a DEFAULT registration is marked as
  // imported. Lines that are wrong are reported and left out. An import into
  // an empty registry begins a history of its own.
  // Errors: what ends it; `report` says what was done until then.
  // kInvalidRequest where the end is required and is not that of the lines:
  // then nothing was done.
  virtual absl::Status Import(std::istream& lines, const ImportOptions& options,
                              ImportReport& report) = 0;

  // Export writes all of the registry so that Import takes it, of one state,
  // which it has read before it writes: a stream that makes it wait keeps
  // nobody else waiting. What is large lies in a temporary file meanwhile.
  virtual absl::Status Export(std::ostream& lines) = 0;

  virtual absl::StatusOr<RegistryStats> GetRegistryStats() = 0;
};

// RegistryOptions are those of EngineOptions that a registry needs. What the
// pointers point to is not owned and must outlive it.
struct RegistryOptions {
  const Clock* clock = nullptr;       // null: SystemClock()
  EventObserver* observer = nullptr;  // null: nobody is told
  AlgorithmPolicy registration_algorithms = {};
  EncodingRule registration_encoding = EncodingRule::kTolerant;
  SerialRule registration_serial_rule = SerialRule::kPositive;
  WildcardEndpoints wildcard_endpoints = WildcardEndpoints::kRefused;
  // What host names that the registry makes end with, after the region.
  std::string endpoint_domain = "example.com";
};

// OpenRegistry returns the registry of a store, for a process that answers no
// handshakes. Gateways that follow the store see what it changes. Errors:
// kInvalidRequest (options), and the store's.
absl::StatusOr<std::unique_ptr<Registry>> OpenRegistry(
    std::unique_ptr<Store> store, const RegistryOptions& options);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_REGISTRY_H_
