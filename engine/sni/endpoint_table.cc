#include "engine/sni/endpoint_table.h"

#include <array>

namespace chainkeep::sni {
namespace {

// Room for both names and the '/' between, so that a look-up does not allocate.
class KeyBuffer {
 public:
  KeyBuffer(const Region& region, const HostName& name) {
    Append(region.text());
    Append("/");
    Append(name.text());
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void Append(std::string_view part) {
    part.copy(text_.data() + size_, part.size());
    size_ += part.size();
  }

  std::array<char, Region::kMaxLength + 1 + HostName::kMaxLength> text_;
  size_t size_ = 0;
};

}  // namespace

Resolution EndpointTable::Resolve(const Region& region, const HostName& name,
                                  EndpointService service) const {
  const KeyBuffer key(region, name);
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = entries_.find(key.text());
  if (found == entries_.end()) return {};
  const Endpoint& endpoint = found->second.endpoint;

  Resolution resolution;
  resolution.account = endpoint.account;
  resolution.version = found->second.version;
  if (endpoint.status != EndpointStatus::kEnabled) {
    resolution.refusal = Reason::kServerNameDisabled;
  } else if (endpoint.service != service) {
    resolution.refusal = Reason::kServerNameWrongService;
  } else {
    resolution.refusal = Reason::kAccepted;
    resolution.tenant = ResolvedTenant(endpoint.account, endpoint.region,
                                       found->second.version);
  }
  return resolution;
}

void EndpointTable::Put(const HostName& name, const Endpoint& endpoint,
                        uint64_t version) {
  const KeyBuffer key(endpoint.region, name);
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[key.text()];
  entry.endpoint = endpoint;
  entry.endpoint.host_name = name.text();
  entry.version = version;
}

bool EndpointTable::Remove(const Region& region, const HostName& name) {
  const KeyBuffer key(region, name);
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(key.text());
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

std::optional<Endpoint> EndpointTable::Find(const Region& region,
                                            const HostName& name) const {
  const KeyBuffer key(region, name);
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = entries_.find(key.text());
  if (found == entries_.end()) return std::nullopt;
  return found->second.endpoint;
}

size_t EndpointTable::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace chainkeep::sni
