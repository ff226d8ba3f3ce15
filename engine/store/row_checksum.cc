#include "engine/store/row_checksum.h"

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "xxhash.h"

namespace chainkeep::store {
namespace {

// Part of the format of the file: the order of the fields below, numbers as
// eight bytes, least significant first, and texts after their length.
class Checksum {
 public:
  Checksum() { XXH3_64bits_reset(&state_); }

  template <typename... Fields>
  Checksum& Add(const Fields&... fields) {
    (AddOne(fields), ...);
    return *this;
  }

  int64_t value() const {
    return static_cast<int64_t>(XXH3_64bits_digest(&state_));
  }

 private:
  template <typename Number>
  requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void AddOne(Number number) {
    uint8_t bytes[8];
    auto left = static_cast<uint64_t>(number);
    for (uint8_t& byte : bytes) {
      byte = static_cast<uint8_t>(left);
      left >>= 8;
    }
    XXH3_64bits_update(&state_, bytes, sizeof(bytes));
  }
  void AddOne(std::string_view text) {
    AddOne(text.size());
    XXH3_64bits_update(&state_, text.data(), text.size());
  }
  void AddOne(const std::string& text) { AddOne(std::string_view(text)); }
  template <typename Tag>
  void AddOne(const Sha256Id<Tag>& id) {
    XXH3_64bits_update(&state_, id.bytes().data(), id.bytes().size());
  }
  void AddOne(const Tenant& tenant) {
    Add(tenant.account.text(), tenant.region.text());
  }
  void AddOne(const CertificateKey& key) { Add(key.tenant, key.id); }
  void AddOne(const Tag& tag) { Add(tag.key, tag.value); }
  void AddOne(const RegistrationConfig& config) {
    Add(config.template_body, config.role_arn, config.template_name);
  }
  void AddOne(const Transfer& transfer) {
    Add(transfer.to.text(), transfer.message, transfer.reject_reason,
        transfer.transfer_date, transfer.accept_date, transfer.reject_date);
  }
  template <typename Part>
  void AddOne(const std::optional<Part>& part) {
    AddOne(part.has_value());
    if (part) AddOne(*part);
  }
  template <typename Element>
  void AddOne(const std::vector<Element>& list) {
    AddOne(list.size());
    for (const Element& element : list) AddOne(element);
  }

  XXH3_state_t state_;
};

}  // namespace

int64_t ChecksumOf(const CaRow& row) {
  return Checksum()
      .Add(row.key, row.mode, row.status, row.proof, row.auto_registration,
           row.registration_config, row.tags, row.der, row.subject,
           row.subject_hash, row.not_before, row.not_after, row.creation_date,
           row.last_modified_date, row.customer_version, row.generation_id)
      .value();
}

int64_t ChecksumOf(const DeviceRow& row) {
  return Checksum()
      .Add(row.key, row.signed_id, row.mode, row.status, row.ca, row.issuer,
           row.der, row.not_before, row.not_after, row.creation_date,
           row.last_modified_date, row.customer_version, row.generation_id,
           row.previous_owner.text(), row.transfer, row.policies, row.things)
      .value();
}

int64_t ChecksumOf(const EndpointRow& row) {
  const Endpoint& endpoint = row.endpoint;
  return Checksum()
      .Add(endpoint.host_name, endpoint.account.text(), endpoint.region.text(),
           endpoint.service, endpoint.status, row.configuration, row.type,
           row.creation_date, row.last_status_change_date)
      .value();
}

int64_t ChecksumOf(const TemplateRow& row) {
  return Checksum()
      .Add(row.tenant, row.name, row.type, row.enabled, row.description,
           row.body, row.role_arn, row.creation_date, row.last_modified_date)
      .value();
}

int64_t ChecksumOf(const CrlRow& row) {
  return Checksum().Add(row.key, row.ca, row.given_with, row.crls).value();
}

int64_t ChecksumOf(const RegistryView::CodeRow& row) {
  return Checksum().Add(row.tenant, row.code).value();
}

int64_t ChecksumOf(const Change& change) {
  return Checksum()
      .Add(change.revision, change.kind, change.tenant, change.id,
           change.device, change.host_name)
      .value();
}

int64_t ChecksumOf(const History& history) {
  return Checksum().Add(history.store, history.epoch).value();
}

int64_t ChecksumOfSeed(uint64_t subject_seed) {
  return Checksum().Add(subject_seed).value();
}

}  // namespace chainkeep::store
