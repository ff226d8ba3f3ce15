#include "engine/x509/name_constraints.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "engine/x509/normalized_value.h"
#include "engine/x509/subtree_index.h"

namespace chainkeep::x509 {
namespace {

using der::Fault;
using der::IllFormed;
using enum NameConstraintResult;

// 1.2.840.113549.1.9.1, emailAddress of PKCS #9.
constexpr uint8_t kOidEmailAddress[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                        0x0d, 0x01, 0x09, 0x01};
// 1.3.6.1.5.5.7.8.9, id-on-SmtpUTF8Mailbox.
constexpr uint8_t kOidSmtpUtf8Mailbox[] = {0x2b, 0x06, 0x01, 0x05,
                                           0x05, 0x07, 0x08, 0x09};

// The mailbox of an otherName that is a SmtpUTF8Mailbox, as an rfc822Name
// (RFC 9598 §6); nothing of any other. One that is no UTF8String gives an empty
// name, which is no mailbox.
std::optional<GeneralName> ReadSmtpUtf8Mailbox(const GeneralName& other) {
  der::Cursor fields(other.contents);
  Bytes type, wrapped, text;
  if (!der::ReadOid(fields, &type) || !der::Equal(type, kOidSmtpUtf8Mailbox)) {
    return std::nullopt;
  }
  if (fields.Read(der::ContextConstructed(0), &wrapped)) {
    der::Cursor inner(wrapped);
    if (!inner.Read(der::kUtf8String, &text) || !inner.empty() ||
        !IsText(der::kUtf8String, text)) {
      text = Bytes();
    }
  }
  return GeneralName{NameForm::kRfc822Name, text, Name()};
}

// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0,
//                               maximum [1] OPTIONAL }
der::Result<GeneralName> ParseSubtree(Bytes contents,
                                      der::Tolerated* tolerated = nullptr) {
  der::Cursor fields(contents);
  der::Result<GeneralName> base =
      ReadGeneralName(fields, AddressShape::kAddressAndMask, tolerated);
  if (!base.ok() || fields.empty()) return base;
  if (fields.NextIs(der::ContextPrimitive(0))) {
    uint64_t minimum;
    if (!der::ReadUint(fields, &minimum, der::ContextPrimitive(0))) {
      return IllFormed("minimum");
    }
    if (minimum == 0) {
      der::Note(tolerated,
                "nameConstraints: minimum 0 is written, which is the DEFAULT");
      if (fields.empty()) return base;
    }
  }
  Bytes maximum;
  if (!fields.empty() &&
      (!der::ReadInteger(fields, &maximum, der::ContextPrimitive(1)) ||
       !fields.empty())) {
    return IllFormed("GeneralSubtree");
  }
  return der::Unsupported("minimum or maximum of a GeneralSubtree");
}

// Where names times bases are at most this many, no index is worth its memory.
constexpr uint64_t kFewPairs = 256;

// What one comparison of `name` with `base` is charged: the base's length
// counts, and in a directoryName each RDN is work. There the name's length
// counts, too: its white space is skipped, and an RDN of several attributes
// hashed, for each base anew.
uint64_t CompareWeight(const GeneralName& base, const ComparableName& name) {
  const size_t bytes = base.contents.size();
  return 1 + (base.form == NameForm::kDirectoryName
                  ? bytes / 2 + name.directory.der().size() / 8
                  : bytes / 64);
}

// What it is charged to make a base or a name ready for the index, beyond a
// comparison for each level of the search: an RDN is hashed, a text is read.
uint64_t IndexWeight(const GeneralName& name) {
  const size_t bytes = name.contents.size();
  return name.form == NameForm::kDirectoryName ? 2 * bytes : bytes / 4;
}

// Answer is what one list says of one name.
enum class Answer : uint8_t { kCovered, kNotCovered, kBudget };

// Evaluation asks for the names of one certificate, one after the other.
class Evaluation {
 public:
  Evaluation(const NameConstraints& constraints, uint64_t* comparisons_left)
      : constraints_(constraints), comparisons_left_(comparisons_left) {}

  // Prepare builds the indexes where that saves work for `names` names.
  NameConstraintResult Prepare(uint64_t names);

  NameConstraintResult Check(const GeneralName& name);

 private:
  Answer Ask(SubtreeList list, const ComparableName& name, uint64_t weight);
  Answer AskEachBase(SubtreeList list, const ComparableName& name);
  NameConstraintResult BuildIndex(SubtreeList list,
                                  std::optional<SubtreeIndex>* index);

  // Takes `count` from the budget; false if there is not so much.
  bool Spend(uint64_t count);

  const NameConstraints& constraints_;
  uint64_t* const comparisons_left_;
  std::optional<SubtreeIndex> permitted_, excluded_;
};

bool Evaluation::Spend(uint64_t count) {
  if (*comparisons_left_ < count) {
    *comparisons_left_ = 0;
    return false;
  }
  *comparisons_left_ -= count;
  return true;
}

NameConstraintResult Evaluation::BuildIndex(
    SubtreeList list, std::optional<SubtreeIndex>* index) {
  const uint64_t count = constraints_.Count(list);
  uint64_t weight = count * std::bit_width(count);
  std::vector<GeneralName> bases;
  bases.reserve(count);
  SubtreeReader reader(constraints_.subtrees(list));
  while (std::optional<GeneralName> base = reader.Next()) {
    if (!constraints_.IsReadable(base->form)) continue;
    weight += IndexWeight(*base);
    bases.push_back(*base);
  }
  if (!Spend(weight)) return kBudget;
  // Without an index, for a collision, each base is asked after all.
  *index = SubtreeIndex::Build(bases, list);
  return kAllowed;
}

NameConstraintResult Evaluation::Prepare(uint64_t names) {
  const uint64_t bases = constraints_.Count(SubtreeList::kPermitted) +
                         constraints_.Count(SubtreeList::kExcluded);
  const uint64_t pairs = names * bases;
  if (pairs <= kFewPairs || pairs <= (bases + names) * std::bit_width(bases)) {
    return kAllowed;
  }
  const NameConstraintResult result =
      BuildIndex(SubtreeList::kPermitted, &permitted_);
  if (result != kAllowed) return result;
  return BuildIndex(SubtreeList::kExcluded, &excluded_);
}

Answer Evaluation::AskEachBase(SubtreeList list, const ComparableName& name) {
  SubtreeReader reader(constraints_.subtrees(list));
  uint64_t steps = 0;
  while (std::optional<GeneralName> base = reader.Next(name.form, &steps)) {
    if (!Spend(steps - 1 + CompareWeight(*base, name))) return Answer::kBudget;
    steps = 0;
    if (Covers(*base, name, list)) return Answer::kCovered;
  }
  return Spend(steps) ? Answer::kNotCovered : Answer::kBudget;
}

Answer Evaluation::Ask(SubtreeList list, const ComparableName& name,
                       uint64_t weight) {
  const std::optional<SubtreeIndex>& index =
      list == SubtreeList::kPermitted ? permitted_ : excluded_;
  // What is not quick is to be charged base by base.
  if (!index || !index->IsQuick(name.form, name.directory)) {
    return AskEachBase(list, name);
  }
  const uint64_t depth = std::bit_width(constraints_.Count(list, name.form));
  if (!Spend(depth + weight)) return Answer::kBudget;
  return index->Covers(name) ? Answer::kCovered : Answer::kNotCovered;
}

NameConstraintResult Evaluation::Check(const GeneralName& name) {
  if (!constraints_.IsReadable(name.form)) return kUnsupported;
  const std::optional<ComparableName> comparable = ToComparable(name);
  if (!comparable) return kForbidden;
  const uint64_t weight = IndexWeight(name);
  if (constraints_.Count(SubtreeList::kExcluded, name.form) != 0) {
    const Answer answer = Ask(SubtreeList::kExcluded, *comparable, weight);
    if (answer == Answer::kBudget) return kBudget;
    if (answer == Answer::kCovered) return kForbidden;
  }
  if (constraints_.Count(SubtreeList::kPermitted, name.form) != 0) {
    const Answer answer = Ask(SubtreeList::kPermitted, *comparable, weight);
    if (answer == Answer::kBudget) return kBudget;
    if (answer == Answer::kNotCovered) return kForbidden;
  }
  return kAllowed;
}

// Shows `visit` each name of the certificate whose form is constrained, until
// it returns something else than kAllowed.
template <typename Visit>
NameConstraintResult ForEachName(const NameConstraints& constraints,
                                 const Name& subject,
                                 const std::optional<GeneralNames>& alt_names,
                                 Visit visit) {
  if (constraints.Constrains(NameForm::kDirectoryName) &&
      (!subject.empty() || !alt_names)) {
    const NameConstraintResult result =
        visit({NameForm::kDirectoryName, subject.der(), subject});
    if (result != kAllowed) return result;
  }
  if (constraints.Constrains(NameForm::kRfc822Name) &&
      (!alt_names || alt_names->Count(NameForm::kRfc822Name) == 0)) {
    AttributeReader reader(subject);
    while (std::optional<Attribute> attribute = reader.Next()) {
      if (!der::Equal(attribute->type, kOidEmailAddress)) continue;
      // An IA5String (RFC 5280 appendix A.1); another type is not guessed at.
      if (attribute->value_tag != der::kIa5String) return kForbidden;
      const NameConstraintResult result =
          visit({NameForm::kRfc822Name, attribute->value, Name()});
      if (result != kAllowed) return result;
    }
  }
  if (!alt_names) return kAllowed;
  GeneralNameReader reader(*alt_names);
  while (std::optional<GeneralName> name = reader.Next()) {
    if (constraints.Constrains(name->form)) {
      const NameConstraintResult result = visit(*name);
      if (result != kAllowed) return result;
    }
    if (name->form != NameForm::kOtherName ||
        !constraints.Constrains(NameForm::kRfc822Name)) {
      continue;
    }
    if (const std::optional<GeneralName> mailbox = ReadSmtpUtf8Mailbox(*name)) {
      const NameConstraintResult result = visit(*mailbox);
      if (result != kAllowed) return result;
    }
  }
  return kAllowed;
}

}  // namespace

der::Fault NameConstraints::ParseList(Bytes subtrees, List* list,
                                      der::Tolerated* tolerated) {
  if (subtrees.empty()) return IllFormed("GeneralSubtrees");
  list->subtrees = subtrees;
  der::Cursor rest(subtrees);
  while (!rest.empty()) {
    Bytes contents;
    if (!rest.Read(der::kSequence, &contents)) {
      return IllFormed("GeneralSubtree");
    }
    const der::Result<GeneralName> base = ParseSubtree(contents, tolerated);
    if (!base.ok()) return base.fault();
    ++list->count;
    ++list->counts[static_cast<size_t>(base->form)];
    if (!IsReadableBase(*base)) {
      unreadable_ |= 1u << static_cast<size_t>(base->form);
    }
  }
  return Fault();
}

der::Result<NameConstraints> NameConstraints::Parse(Bytes contents,
                                                    der::Tolerated* tolerated) {
  der::Cursor fields(contents);
  std::optional<Bytes> permitted, excluded;
  if (!fields.ReadOptional(der::ContextConstructed(0), &permitted) ||
      !fields.ReadOptional(der::ContextConstructed(1), &excluded) ||
      !fields.empty() || (!permitted && !excluded)) {
    return IllFormed("NameConstraints");
  }
  NameConstraints constraints;
  if (permitted) {
    const Fault fault =
        constraints.ParseList(*permitted, &constraints.permitted_, tolerated);
    if (fault.kind != Fault::Kind::kNone) return fault;
  }
  if (excluded) {
    const Fault fault =
        constraints.ParseList(*excluded, &constraints.excluded_, tolerated);
    if (fault.kind != Fault::Kind::kNone) return fault;
  }
  return constraints;
}

std::optional<GeneralName> SubtreeReader::Next() {
  Bytes contents;
  if (!rest_.Read(der::kSequence, &contents)) return std::nullopt;
  der::Result<GeneralName> base = ParseSubtree(contents);
  if (!base.ok()) return std::nullopt;
  return *base;
}

std::optional<GeneralName> SubtreeReader::Next(NameForm form, uint64_t* steps) {
  const unsigned number = static_cast<unsigned>(form);
  Bytes contents;
  for (der::Cursor at = rest_; at.Read(der::kSequence, &contents); rest_ = at) {
    ++*steps;
    const der::Cursor base(contents);
    if (base.NextIs(der::ContextPrimitive(number)) ||
        base.NextIs(der::ContextConstructed(number))) {
      return Next();
    }
  }
  return std::nullopt;
}

NameConstraintResult Evaluate(const NameConstraints& constraints,
                              const CertificateNames& names,
                              uint64_t* comparisons_left) {
  std::optional<GeneralNames> alt_names;
  if (names.subject_alt_name) {
    const der::Result<GeneralNames> parsed =
        GeneralNames::Parse(*names.subject_alt_name);
    if (!parsed.ok()) return kForbidden;
    alt_names = *parsed;
  }
  uint64_t count = 0;
  const NameConstraintResult counted = ForEachName(
      constraints, names.subject, alt_names, [&count](const GeneralName&) {
        ++count;
        return kAllowed;
      });
  if (counted != kAllowed) return counted;

  Evaluation evaluation(constraints, comparisons_left);
  const NameConstraintResult prepared = evaluation.Prepare(count);
  if (prepared != kAllowed) return prepared;
  return ForEachName(constraints, names.subject, alt_names,
                     [&evaluation](const GeneralName& name) {
                       return evaluation.Check(name);
                     });
}

}  // namespace chainkeep::x509
