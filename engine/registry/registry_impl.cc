#include "engine/registry/registry_impl.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/registry/attachment_commands.h"
#include "engine/registry/bulk_commands.h"
#include "engine/registry/ca_commands.h"
#include "engine/registry/code_commands.h"
#include "engine/registry/command_context.h"
#include "engine/registry/crl_commands.h"
#include "engine/registry/device_commands.h"
#include "engine/registry/domain_commands.h"
#include "engine/registry/endpoint_commands.h"
#include "engine/registry/list_commands.h"
#include "engine/registry/template_commands.h"
#include "engine/registry/transfer_commands.h"

namespace chainkeep::registry {
namespace {

class RegistryImpl final : public Registry {
 public:
  explicit RegistryImpl(CommandContext context)
      : context_(std::move(context)) {}

  absl::StatusOr<std::string> GetRegistrationCode(
      const Account& account, const Region& region) override {
    return registry::GetRegistrationCode(context_, account, region);
  }

  absl::Status DeleteRegistrationCode(const Account& account,
                                      const Region& region) override {
    return registry::DeleteRegistrationCode(context_, account, region);
  }

  absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
      const RegisterCaCertificateRequest& request) override {
    return registry::RegisterCaCertificate(context_, request);
  }

  absl::StatusOr<CaDescription> DescribeCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) override {
    return registry::DescribeCaCertificate(context_, account, region,
                                           ca_certificate_id);
  }

  absl::Status UpdateCaCertificate(
      const UpdateCaCertificateRequest& request) override {
    return registry::UpdateCaCertificate(context_, request);
  }

  absl::Status DeleteCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) override {
    return registry::DeleteCaCertificate(context_, account, region,
                                         ca_certificate_id);
  }

  absl::StatusOr<List<CaSummary>> ListCaCertificates(
      const ListCaCertificatesRequest& request) override {
    return registry::ListCaCertificates(context_, request);
  }

  absl::Status SetCrls(const SetCrlsRequest& request) override {
    return registry::SetCrls(context_, request);
  }

  absl::Status DeleteCrls(const Account& account, const Region& region,
                          std::string_view ca) override {
    return registry::DeleteCrls(context_, account, region, ca);
  }

  absl::StatusOr<std::vector<CrlsSummary>> ListCrls(
      const Account& account, const Region& region) override {
    return registry::ListCrls(context_, account, region);
  }

  absl::StatusOr<RegisteredCertificate> RegisterCertificate(
      const RegisterCertificateRequest& request) override {
    return registry::RegisterCertificate(context_, request);
  }

  absl::StatusOr<RegisteredCertificate> RegisterCertificateWithoutCa(
      const RegisterCertificateWithoutCaRequest& request) override {
    return registry::RegisterCertificateWithoutCa(context_, request);
  }

  absl::StatusOr<DeviceDescription> DescribeCertificate(
      const CertificateRequest& request) override {
    return registry::DescribeCertificate(context_, request);
  }

  absl::Status UpdateCertificate(
      const UpdateCertificateRequest& request) override {
    return registry::UpdateCertificate(context_, request);
  }

  absl::Status DeleteCertificate(
      const DeleteCertificateRequest& request) override {
    return registry::DeleteCertificate(context_, request);
  }

  absl::StatusOr<List<DeviceSummary>> ListCertificates(
      const ListCertificatesRequest& request) override {
    return registry::ListCertificates(context_, request);
  }

  absl::StatusOr<List<DeviceSummary>> ListCertificatesByCa(
      const ListCertificatesByCaRequest& request) override {
    return registry::ListCertificatesByCa(context_, request);
  }

  absl::Status AttachPolicy(const AttachmentRequest& request) override {
    return registry::AttachPolicy(context_, request);
  }

  absl::Status DetachPolicy(const AttachmentRequest& request) override {
    return registry::DetachPolicy(context_, request);
  }

  absl::Status AttachThing(const AttachmentRequest& request) override {
    return registry::AttachThing(context_, request);
  }

  absl::Status DetachThing(const AttachmentRequest& request) override {
    return registry::DetachThing(context_, request);
  }

  absl::StatusOr<std::string> TransferCertificate(
      const TransferCertificateRequest& request) override {
    return registry::TransferCertificate(context_, request);
  }

  absl::Status AcceptCertificateTransfer(
      const AcceptTransferRequest& request) override {
    return registry::AcceptCertificateTransfer(context_, request);
  }

  absl::Status RejectCertificateTransfer(
      const RejectTransferRequest& request) override {
    return registry::RejectCertificateTransfer(context_, request);
  }

  absl::Status CancelCertificateTransfer(
      const CertificateRequest& request) override {
    return registry::CancelCertificateTransfer(context_, request);
  }

  absl::StatusOr<List<IncomingTransfer>> ListIncomingTransfers(
      const ListIncomingTransfersRequest& request) override {
    return registry::ListIncomingTransfers(context_, request);
  }

  absl::Status PutEndpoint(const Endpoint& endpoint) override {
    return registry::PutEndpoint(context_, endpoint);
  }

  absl::Status DeleteEndpoint(const Account& account, const Region& region,
                              std::string_view host_name) override {
    return registry::DeleteEndpoint(context_, account, region, host_name);
  }

  absl::StatusOr<DomainConfigurationDescription> CreateDomainConfiguration(
      const CreateDomainConfigurationRequest& request) override {
    return registry::CreateDomainConfiguration(context_, request);
  }

  absl::StatusOr<DomainConfigurationDescription> DescribeDomainConfiguration(
      const DomainConfigurationRequest& request) override {
    return registry::DescribeDomainConfiguration(context_, request);
  }

  absl::StatusOr<DomainConfigurationDescription> UpdateDomainConfiguration(
      const UpdateDomainConfigurationRequest& request) override {
    return registry::UpdateDomainConfiguration(context_, request);
  }

  absl::Status DeleteDomainConfiguration(
      const DomainConfigurationRequest& request) override {
    return registry::DeleteDomainConfiguration(context_, request);
  }

  absl::StatusOr<List<DomainConfigurationSummary>> ListDomainConfigurations(
      const Account& account, const Region& region) override {
    return registry::ListDomainConfigurations(context_, account, region);
  }

  absl::StatusOr<std::string> DescribeEndpoint(
      const DescribeEndpointRequest& request) override {
    return registry::DescribeEndpoint(context_, request);
  }

  absl::StatusOr<ProvisioningTemplateDescription> CreateProvisioningTemplate(
      const CreateProvisioningTemplateRequest& request) override {
    return registry::CreateProvisioningTemplate(context_, request);
  }

  absl::StatusOr<ProvisioningTemplateDescription> DescribeProvisioningTemplate(
      const ProvisioningTemplateRequest& request) override {
    return registry::DescribeProvisioningTemplate(context_, request);
  }

  absl::Status DeleteProvisioningTemplate(
      const ProvisioningTemplateRequest& request) override {
    return registry::DeleteProvisioningTemplate(context_, request);
  }

  absl::Status Import(std::istream& lines, const ImportOptions& options,
                      ImportReport& report) override {
    return registry::Import(context_, lines, options, report);
  }

  absl::Status Export(std::ostream& lines) override {
    return registry::Export(context_, lines);
  }

  absl::StatusOr<RegistryStats> GetRegistryStats() override {
    return registry::GetRegistryStats(context_);
  }

 private:
  const CommandContext context_;
};

}  // namespace

std::unique_ptr<Registry> MakeRegistry(
    std::shared_ptr<store::RegistryStore> store, Follower* follower,
    const RegistryOptions& options) {
  return std::make_unique<RegistryImpl>(
      CommandContext(std::move(store), follower, options));
}

}  // namespace chainkeep::registry
