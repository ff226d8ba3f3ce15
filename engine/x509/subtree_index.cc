#include "engine/x509/subtree_index.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "engine/der/writer.h"

namespace chainkeep::x509 {
namespace {

bool LessFromEnd(std::string_view a, std::string_view b) {
  return CompareFromEnd(a, b) < 0;
}

bool EqualFromEnd(std::string_view a, std::string_view b) {
  return CompareFromEnd(a, b) == 0;
}

void SortTexts(std::vector<std::string_view>* texts) {
  std::sort(texts->begin(), texts->end(), LessFromEnd);
  texts->erase(std::unique(texts->begin(), texts->end(), EqualFromEnd),
               texts->end());
}

bool HasText(const std::vector<std::string_view>& texts,
             std::string_view text) {
  return std::binary_search(texts.begin(), texts.end(), text, LessFromEnd);
}

// Drops every element of a sorted list that the one kept before it covers.
template <typename T, typename CoversOther>
void DropCovered(std::vector<T>* sorted, CoversOther covers) {
  size_t kept = 0;
  for (size_t i = 0; i < sorted->size(); ++i) {
    if (kept > 0 && covers((*sorted)[kept - 1], (*sorted)[i])) continue;
    if (kept != i) (*sorted)[kept] = std::move((*sorted)[i]);
    ++kept;
  }
  sorted->erase(sorted->begin() + kept, sorted->end());
}

void SortTrees(std::vector<std::string_view>* trees) {
  SortTexts(trees);
  DropCovered(trees, [](std::string_view base, std::string_view host) {
    return LiesBelow(host, base);
  });
}

bool HasTree(const std::vector<std::string_view>& trees,
             std::string_view host) {
  auto behind = std::upper_bound(trees.begin(), trees.end(), host, LessFromEnd);
  return behind != trees.begin() && LiesBelow(host, *--behind);
}

template <typename Block>
bool BlockLess(const Block& a, const Block& b) {
  return a.first != b.first ? a.first < b.first
                            : a.prefix_length < b.prefix_length;
}

template <typename Block>
bool BlockCovers(const Block& base, const Block& other) {
  if (other.prefix_length < base.prefix_length) return false;
  const size_t whole = base.prefix_length / 8;
  if (!std::equal(base.first.begin(), base.first.begin() + whole,
                  other.first.begin())) {
    return false;
  }
  const unsigned bits = base.prefix_length % 8;
  return bits == 0 ||
         ((base.first[whole] ^ other.first[whole]) >> (8 - bits)) == 0;
}

template <typename Block>
void SortBlocks(std::vector<Block>* blocks) {
  std::sort(blocks->begin(), blocks->end(), BlockLess<Block>);
  DropCovered(blocks, BlockCovers<Block>);
}

template <typename Block>
bool HasBlock(const std::vector<Block>& blocks, Bytes address) {
  Block one{{}, static_cast<uint8_t>(8 * address.size())};
  std::copy(address.begin(), address.end(), one.first.begin());
  auto behind =
      std::upper_bound(blocks.begin(), blocks.end(), one, BlockLess<Block>);
  return behind != blocks.begin() && BlockCovers(*--behind, one);
}

// `base` is an address and its contiguous mask.
template <typename Block>
Block MakeBlock(Bytes base) {
  const size_t size = base.size() / 2;
  Block block{};
  unsigned ones = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t mask = base[size + i];
    block.first[i] = base[i] & mask;
    ones += std::popcount(mask);
  }
  block.prefix_length = static_cast<uint8_t>(ones);
  return block;
}

// A hash for each RDN, equal for equal ones. The seed is fixed: whoever makes
// two bases collide loses the index, and is charged for the slow way.
std::vector<uint64_t> HashRdns(const Name& name) {
  std::vector<uint64_t> hashes;
  std::string wrapped;
  der::Cursor rdns(name.rdns());
  Bytes rdn;
  while (rdns.ReadElement(der::kSet, &rdn)) {
    wrapped.clear();
    der::AppendElement(der::kSequence, rdn, &wrapped);
    const der::Result<Name> one = Name::Parse(
        {reinterpret_cast<const uint8_t*>(wrapped.data()), wrapped.size()});
    hashes.push_back(one.ok() ? one->Hash(/*seed=*/0) : 0);
  }
  return hashes;
}

bool BeginsWith(const std::vector<uint64_t>& rdns,
                const std::vector<uint64_t>& base) {
  return rdns.size() >= base.size() &&
         std::equal(base.begin(), base.end(), rdns.begin());
}

}  // namespace

std::optional<SubtreeIndex> SubtreeIndex::Build(
    const std::vector<GeneralName>& bases, SubtreeList list) {
  SubtreeIndex index(list);
  for (const GeneralName& base : bases) index.Add(base);
  if (!index.Sort()) return std::nullopt;
  return index;
}

void SubtreeIndex::Add(const GeneralName& base) {
  switch (base.form) {
    case NameForm::kRfc822Name:
      if (const std::optional<Mailbox> mailbox = ParseMailbox(base.text())) {
        mailboxes_.push_back(*mailbox);
      } else {
        AddHostOrDomain(base.text(), &mail_hosts_, &mail_domains_);
      }
      return;
    case NameForm::kDnsName: {
      const std::optional<std::string_view> tree = DnsBase(base.text());
      if (!tree) return;
      dns_.push_back(*tree);
      if (list_ == SubtreeList::kPermitted) return;
      if (const auto parent = WithoutFirstLabel(*tree)) {
        dns_parents_.push_back(*parent);
      }
      return;
    }
    case NameForm::kUri:
      AddHostOrDomain(base.text(), &uri_hosts_, &uri_domains_);
      return;
    case NameForm::kIpAddress:
      (base.contents.size() == 8 ? ipv4_ : ipv6_)
          .push_back(MakeBlock<AddressBlock>(base.contents));
      return;
    case NameForm::kDirectoryName:
      has_doubtful_ = has_doubtful_ || !LeavesNoDoubt(base.directory_name);
      directories_.push_back(
          {HashRdns(base.directory_name), base.directory_name});
      return;
    default:
      return;
  }
}

void SubtreeIndex::AddHostOrDomain(std::string_view text, Texts* hosts,
                                   Texts* domains) {
  (absl::StartsWith(text, ".") ? domains : hosts)->push_back(text);
}

bool SubtreeIndex::Sort() {
  SortTrees(&dns_);
  SortTexts(&dns_parents_);
  SortTexts(&uri_hosts_);
  SortTrees(&uri_domains_);
  SortTexts(&mail_hosts_);
  SortTrees(&mail_domains_);
  std::sort(
      mailboxes_.begin(), mailboxes_.end(),
      [this](const Mailbox& a, const Mailbox& b) { return MailboxLess(a, b); });
  SortBlocks(&ipv4_);
  SortBlocks(&ipv6_);

  std::sort(
      directories_.begin(), directories_.end(),
      [](const Directory& a, const Directory& b) { return a.rdns < b.rdns; });
  bool collision = false;
  DropCovered(&directories_, [&](const Directory& base, const Directory& name) {
    if (!BeginsWith(name.rdns, base.rdns)) return false;
    const bool within = IsWithin(name.name, base.name);
    collision = collision || !within;
    return within;
  });
  return !collision;
}

// By host, then by local part: exactly where that is how it is compared.
bool SubtreeIndex::MailboxLess(const Mailbox& a, const Mailbox& b) const {
  const int hosts = CompareFromEnd(a.host, b.host);
  if (hosts != 0) return hosts < 0;
  return list_ == SubtreeList::kPermitted
             ? a.local_part < b.local_part
             : CompareFromEnd(a.local_part, b.local_part) < 0;
}

bool SubtreeIndex::CoversDns(std::string_view host) const {
  if (HasTree(dns_, host)) return true;
  const std::optional<std::string_view> rest = WildcardRest(host);
  return rest && HasText(dns_parents_, *rest);
}

bool SubtreeIndex::CoversMailbox(const Mailbox& mailbox) const {
  return HasText(mail_hosts_, mailbox.host) ||
         HasTree(mail_domains_, mailbox.host) ||
         std::binary_search(mailboxes_.begin(), mailboxes_.end(), mailbox,
                            [this](const Mailbox& a, const Mailbox& b) {
                              return MailboxLess(a, b);
                            });
}

bool SubtreeIndex::IsQuick(NameForm form, const Name& directory) const {
  return form != NameForm::kDirectoryName || list_ == SubtreeList::kPermitted ||
         (!has_doubtful_ && LeavesNoDoubt(directory));
}

bool SubtreeIndex::CoversDirectory(const Name& name) const {
  if (!IsQuick(NameForm::kDirectoryName, name)) {
    return std::any_of(
        directories_.begin(), directories_.end(),
        [&](const Directory& base) { return MayBeWithin(name, base.name); });
  }
  if (directories_.empty()) return false;
  const std::vector<uint64_t> rdns = HashRdns(name);
  auto behind = std::upper_bound(directories_.begin(), directories_.end(), rdns,
                                 [](const std::vector<uint64_t>& a,
                                    const Directory& b) { return a < b.rdns; });
  return behind != directories_.begin() && IsWithin(name, (--behind)->name);
}

bool SubtreeIndex::Covers(const ComparableName& name) const {
  switch (name.form) {
    case NameForm::kRfc822Name:
      return CoversMailbox({name.local_part, name.host});
    case NameForm::kDnsName:
      return CoversDns(name.host);
    case NameForm::kUri:
      return HasText(uri_hosts_, name.host) || HasTree(uri_domains_, name.host);
    case NameForm::kIpAddress:
      return HasBlock(name.address.size() == 4 ? ipv4_ : ipv6_, name.address);
    case NameForm::kDirectoryName:
      return CoversDirectory(name.directory);
    default:
      return false;
  }
}

}  // namespace chainkeep::x509
