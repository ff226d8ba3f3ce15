#include "engine/x509/subtree.h"

#include "absl/strings/match.h"
#include "engine/x509/host_text.h"

namespace chainkeep::x509 {
namespace {

// "host" or ".domain".
bool IsHostOrDomain(std::string_view text) {
  if (absl::StartsWith(text, ".")) text.remove_prefix(1);
  return IsHost(text);
}

// RFC 5280 §4.2.1.10: a host constrains that host alone; ".domain" those below.
bool HostOrDomainCovers(std::string_view base, std::string_view host) {
  return absl::StartsWith(base, ".") ? LiesBelow(host, base)
                                     : absl::EqualsIgnoreCase(base, host);
}

bool IsReadableDnsBase(std::string_view text) {
  if (text.empty() || text == ".") return true;
  // RFC 5280 knows no wildcard here, and who writes one means more than the
  // label "*".
  if (absl::StrContains(text, '*')) return false;
  if (absl::StartsWith(text, ".")) text.remove_prefix(1);
  return HasWholeLabels(WithoutTrailingDot(text));
}

bool DnsCovers(std::string_view base, std::string_view host, SubtreeList list) {
  const std::optional<std::string_view> subtree = DnsBase(base);
  if (!subtree) return false;
  if (LiesBelow(host, *subtree)) return true;
  if (list == SubtreeList::kPermitted) return false;
  const std::optional<std::string_view> rest = WildcardRest(host);
  const std::optional<std::string_view> parent = WithoutFirstLabel(*subtree);
  return rest && parent && absl::EqualsIgnoreCase(*rest, *parent);
}

bool MailCovers(std::string_view base, const ComparableName& name,
                SubtreeList list) {
  const size_t at = base.find('@');
  if (at == std::string_view::npos) return HostOrDomainCovers(base, name.host);
  if (!absl::EqualsIgnoreCase(base.substr(at + 1), name.host)) return false;
  const std::string_view local_part = base.substr(0, at);
  return list == SubtreeList::kPermitted
             ? local_part == name.local_part
             : absl::EqualsIgnoreCase(local_part, name.local_part);
}

bool AddressCovers(Bytes base, Bytes address) {
  if (base.size() != 2 * address.size()) return false;
  const Bytes mask = base.subspan(address.size());
  for (size_t i = 0; i < address.size(); ++i) {
    if (((base[i] ^ address[i]) & mask[i]) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> DnsBase(std::string_view text) {
  if (text == ".") return std::nullopt;
  return WithoutTrailingDot(text);
}

std::optional<std::string_view> WildcardRest(std::string_view host) {
  if (host == "*") return std::string_view();
  if (!absl::StartsWith(host, "*.")) return std::nullopt;
  return host.substr(2);
}

std::optional<std::string_view> WithoutFirstLabel(std::string_view base) {
  if (base.empty() || base.front() == '.') return std::nullopt;
  const size_t dot = base.find('.');
  if (dot == std::string_view::npos) return std::string_view();
  return base.substr(dot + 1);
}

bool IsReadableBase(const GeneralName& base) {
  switch (base.form) {
    case NameForm::kRfc822Name:
      return absl::StrContains(base.text(), '@')
                 ? ParseMailbox(base.text()).has_value()
                 : IsHostOrDomain(base.text());
    case NameForm::kDnsName:
      return IsReadableDnsBase(base.text());
    case NameForm::kUri:
      return IsHostOrDomain(base.text());
    case NameForm::kDirectoryName:
    case NameForm::kIpAddress:
      return true;
    case NameForm::kOtherName:
    case NameForm::kX400Address:
    case NameForm::kEdiPartyName:
    case NameForm::kRegisteredId:
      return false;
  }
  return false;
}

std::optional<ComparableName> ToComparable(const GeneralName& name) {
  ComparableName result;
  result.form = name.form;
  switch (name.form) {
    case NameForm::kRfc822Name: {
      const std::optional<Mailbox> mailbox = ParseMailbox(name.text());
      if (!mailbox) return std::nullopt;
      result.host = mailbox->host;
      result.local_part = mailbox->local_part;
      return result;
    }
    case NameForm::kDnsName:
      result.host = WithoutTrailingDot(name.text());
      if (!HasWholeLabels(result.host)) return std::nullopt;
      return result;
    case NameForm::kUri: {
      const std::optional<std::string_view> host = UriHost(name.text());
      if (!host) return std::nullopt;
      result.host = *host;
      return result;
    }
    case NameForm::kDirectoryName:
      result.directory = name.directory_name;
      return result;
    case NameForm::kIpAddress:
      result.address = name.contents;
      return result;
    default:
      return std::nullopt;
  }
}

bool Covers(const GeneralName& base, const ComparableName& name,
            SubtreeList list) {
  if (base.form != name.form) return false;
  switch (base.form) {
    case NameForm::kRfc822Name:
      return MailCovers(base.text(), name, list);
    case NameForm::kDnsName:
      return DnsCovers(base.text(), name.host, list);
    case NameForm::kUri:
      return HostOrDomainCovers(base.text(), name.host);
    case NameForm::kDirectoryName:
      return list == SubtreeList::kPermitted
                 ? IsWithin(name.directory, base.directory_name)
                 : MayBeWithin(name.directory, base.directory_name);
    case NameForm::kIpAddress:
      return AddressCovers(base.contents, name.address);
    default:
      return false;
  }
}

}  // namespace chainkeep::x509
