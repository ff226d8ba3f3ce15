// SubtreeIndex is one list of subtrees (permitted or excluded) made ready to be
// asked many times: O(m log m) to build, O(log m) for a name.
//
// It answers exactly what asking Covers for each base would (subtree.h); a test
// holds the two against each other. It is for certificates whose names times
// constraints are many (CVE-2024-12133, CVE-2025-14831, CVE-2025-58187); for
// others, asking base by base is quicker and allocates nothing.
//
// HOW. Subtrees of one form are nested or disjoint. Sorted so that whatever a
// base covers stands directly behind it, and with every base dropped that
// another one covers, at most one base can cover a name: the last one that is
// not behind the name. Host names are sorted by their last character first,
// addresses by prefix, directory names by the hashes of their RDNs, where the
// hash finds the candidate and the comparison of the names decides. Two rules
// do not nest and have sorted lists of their own, which must hold the very
// text: bases of a single host or mailbox, and the parents of excluded dNSName
// bases, in which a wildcard is looked up. Of excluded directory names a hash
// does not know the doubts: unless there are none, each base is asked.
//
// Owns its tables, but views the bases' DER, which must stay alive. Immutable;
// any thread may ask.

#ifndef CHAINKEEP_ENGINE_X509_SUBTREE_INDEX_H_
#define CHAINKEEP_ENGINE_X509_SUBTREE_INDEX_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"
#include "engine/x509/general_name.h"
#include "engine/x509/host_text.h"
#include "engine/x509/subtree.h"

namespace chainkeep::x509 {

class SubtreeIndex {
 public:
  // Build takes all bases of the list at once; they must be readable. Returns
  // nothing if the hashes of two directory names collide, which somebody must
  // have worked for: ask base by base then.
  static std::optional<SubtreeIndex> Build(
      const std::vector<GeneralName>& bases, SubtreeList list);

  // Whether Covers(name) takes O(log m), and not O(m); `directory` is that of a
  // directoryName.
  bool IsQuick(NameForm form, const Name& directory) const;

  // Covers returns whether a base covers `name`.
  bool Covers(const ComparableName& name) const;

 private:
  // Texts sorted by CompareFromEnd.
  using Texts = std::vector<std::string_view>;

  struct AddressBlock {
    std::array<uint8_t, 16> first;  // an IPv4 address in the first four
    uint8_t prefix_length;
  };
  using AddressBlocks = std::vector<AddressBlock>;

  struct Directory {
    std::vector<uint64_t> rdns;  // a hash for each RDN
    Name name;
  };

  explicit SubtreeIndex(SubtreeList list) : list_(list) {}

  void Add(const GeneralName& base);
  void AddHostOrDomain(std::string_view text, Texts* hosts, Texts* domains);
  bool Sort();

  bool MailboxLess(const Mailbox& a, const Mailbox& b) const;
  bool CoversDns(std::string_view host) const;
  bool CoversMailbox(const Mailbox& mailbox) const;
  bool CoversDirectory(const Name& name) const;

  SubtreeList list_;
  Texts dns_, dns_parents_;
  Texts uri_hosts_, uri_domains_;
  Texts mail_hosts_, mail_domains_;
  std::vector<Mailbox> mailboxes_;
  AddressBlocks ipv4_, ipv6_;
  std::vector<Directory> directories_;
  bool has_doubtful_ = false;  // among the directory names
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_SUBTREE_INDEX_H_
