// NameConstraints (RFC 5280 §4.2.1.10): which names a CA's certificates may
// carry, and whether those of one certificate are among them.
//
//   der::Result<NameConstraints> constraints =
//       NameConstraints::Parse(*extensions.name_constraints);
//   if (!constraints.ok()) return constraints.fault();
//   uint64_t comparisons_left = budget;
//   NameConstraintResult result =
//       Evaluate(*constraints, {subject, subject_alt_name}, &comparisons_left);
//
// A name of some form must be covered by no excluded base of that form and, if
// there are permitted bases of that form, by one of them. Forms do not mix, and
// neither do the constraints of two CAs: ask once for each (CVE-2026-42011).
// subtree.h says what a base covers.
//
// WHICH NAMES
//  - Each name of the subjectAltName.
//  - The subject, as a directoryName. An empty subject only where there is no
//    subjectAltName: then it is all that the certificate says.
//  - Each emailAddress of the subject, as an rfc822Name, where the
//    subjectAltName has none. RFC 5280 demands that where there is no
//    subjectAltName at all; a dNSName in it should not free the address.
//  - Each SmtpUTF8Mailbox of the subjectAltName, as an rfc822Name (RFC 9598
//  §6).
//
// COST. n names and m constraints take O((n + m) log m): where n * m is large,
// a sorted index is built (subtree_index.h), which allocates; otherwise nothing
// is allocated. Either way the work is counted before it is done, in
// comparisons of which long texts and directory names count for several, and
// ends when the caller's budget does: 250,000 of them took 1.8 to 3.1 ms
// (bench/x509, 2.6 GHz). Thread-safe: pure functions over views.

#ifndef CHAINKEEP_ENGINE_X509_NAME_CONSTRAINTS_H_
#define CHAINKEEP_ENGINE_X509_NAME_CONSTRAINTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name.h"
#include "engine/x509/subtree.h"

namespace chainkeep::x509 {

class NameConstraints {
 public:
  // Parse reads the contents of the NameConstraints SEQUENCE. At least one list
  // must be there, and none empty. A minimum but 0, or a maximum, is
  // kUnsupported: RFC 5280 gives neither a meaning.
  static der::Result<NameConstraints> Parse(
      Bytes contents, der::Tolerated* tolerated = nullptr);

  // The contents of the list's GeneralSubtrees; empty if it is absent.
  Bytes subtrees(SubtreeList list) const { return of(list).subtrees; }

  // How many bases of `form` the list has.
  size_t Count(SubtreeList list, NameForm form) const {
    return of(list).counts[static_cast<size_t>(form)];
  }
  // How many of all forms.
  size_t Count(SubtreeList list) const { return of(list).count; }

  // Whether some base is of `form`, and whether each one of them can be read.
  bool Constrains(NameForm form) const {
    return Count(SubtreeList::kPermitted, form) != 0 ||
           Count(SubtreeList::kExcluded, form) != 0;
  }
  bool IsReadable(NameForm form) const {
    return (unreadable_ >> static_cast<size_t>(form) & 1) == 0;
  }

 private:
  struct List {
    Bytes subtrees;
    size_t count = 0;
    std::array<uint32_t, kNameFormCount> counts = {};
  };

  NameConstraints() = default;

  der::Fault ParseList(Bytes subtrees, List* list, der::Tolerated* tolerated);
  const List& of(SubtreeList list) const {
    return list == SubtreeList::kPermitted ? permitted_ : excluded_;
  }

  List permitted_;
  List excluded_;
  uint16_t unreadable_ = 0;  // a bit for each form
};

// SubtreeReader walks the bases of a parsed list.
class SubtreeReader {
 public:
  explicit SubtreeReader(Bytes subtrees) : rest_(subtrees) {}

  // The next base, or nothing at the end.
  std::optional<GeneralName> Next();

  // The next base of `form`. Others are stepped over unread, and `steps` counts
  // all that were looked at.
  std::optional<GeneralName> Next(NameForm form, uint64_t* steps);

 private:
  der::Cursor rest_;
};

// CertificateNames is what name constraints look at in a certificate.
struct CertificateNames {
  Name subject;
  // Contents of the GeneralNames of subjectAltName.
  std::optional<Bytes> subject_alt_name;
};

enum class NameConstraintResult : uint8_t {
  kAllowed,
  // A name is excluded or not permitted, or cannot be read though names of its
  // form are constrained; or the subjectAltName is ill-formed.
  kForbidden,
  // A name is of a form that is constrained in a way we do not implement.
  kUnsupported,
  // The comparisons ran out.
  kBudget,
};

// Evaluate says whether a certificate with `names` may stand below a CA with
// `constraints`. Takes what it did from `comparisons_left`, all of it where the
// answer is kBudget.
NameConstraintResult Evaluate(const NameConstraints& constraints,
                              const CertificateNames& names,
                              uint64_t* comparisons_left);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_NAME_CONSTRAINTS_H_
