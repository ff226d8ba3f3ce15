#include "engine/sni/endpoint_name.h"

namespace chainkeep::sni {
namespace {

constexpr std::string_view kStar = "*.";

}  // namespace

std::string_view EndpointName::ParentOf(std::string_view text) {
  const size_t dot = text.find('.');
  return dot == std::string_view::npos ? std::string_view()
                                       : text.substr(dot + 1);
}

EndpointName::EndpointName(const HostName& name)
    : size_(static_cast<uint8_t>(name.text().size())) {
  name.text().copy(text_.data(), size_);
}

std::optional<EndpointName> EndpointName::Parse(std::string_view text) {
  const bool is_wildcard = text.starts_with(kStar);
  if (text.size() > HostName::kMaxLength) return std::nullopt;
  const std::optional<HostName> name =
      HostName::Parse(is_wildcard ? text.substr(kStar.size()) : text);
  if (!name) return std::nullopt;
  if (!is_wildcard) return EndpointName(*name);
  if (ParentOf(name->text()).empty()) return std::nullopt;
  EndpointName result;
  kStar.copy(result.text_.data(), kStar.size());
  name->text().copy(result.text_.data() + kStar.size(), name->text().size());
  result.size_ = static_cast<uint8_t>(kStar.size() + name->text().size());
  return result;
}

std::optional<EndpointName> EndpointName::CoveringWildcard() const {
  const std::string_view parent = ParentOf(text());
  if (is_wildcard() || ParentOf(parent).empty()) return std::nullopt;
  EndpointName result;
  kStar.copy(result.text_.data(), kStar.size());
  parent.copy(result.text_.data() + kStar.size(), parent.size());
  result.size_ = static_cast<uint8_t>(kStar.size() + parent.size());
  return result;
}

}  // namespace chainkeep::sni
