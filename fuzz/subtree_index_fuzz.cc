// The index of subtrees answers for every name what asking each base would.

#include <algorithm>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/x509/name_constraints.h"
#include "engine/x509/subtree_index.h"
#include "fuzz/name_lists.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using x509::ComparableName;
using x509::SubtreeList;

std::vector<ComparableName> Comparable(const x509::GeneralNames& alt_names) {
  std::vector<ComparableName> names;
  x509::GeneralNameReader reader(alt_names);
  while (const auto name = reader.Next()) {
    if (const auto read = ToComparable(*name)) names.push_back(*read);
  }
  return names;
}

void Check(Bytes subtrees, SubtreeList list,
           const std::vector<ComparableName>& names) {
  std::vector<x509::GeneralName> bases;
  x509::SubtreeReader reader(subtrees);
  while (const auto base = reader.Next()) {
    if (IsReadableBase(*base)) bases.push_back(*base);
  }
  const auto index = x509::SubtreeIndex::Build(bases, list);
  Require(index.has_value(), "no collision without somebody to work for it");
  for (const ComparableName& name : names) {
    const bool one_by_one =
        std::any_of(bases.begin(), bases.end(),
                    [&](const auto& base) { return Covers(base, name, list); });
    Require(index->Covers(name) == one_by_one, "index and bases agree");
  }
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const fuzz::NameLists lists = fuzz::ReadNameLists(fuzz::Input(data, size));
  const std::string contents = lists.Constraints();
  const auto constraints = x509::NameConstraints::Parse(AsBytes(contents));
  const auto alt_names = x509::GeneralNames::Parse(AsBytes(lists.alt_names));
  if (!constraints.ok() || !alt_names.ok()) return 0;
  const auto names = fuzz::Comparable(*alt_names);
  for (const auto list :
       {fuzz::SubtreeList::kPermitted, fuzz::SubtreeList::kExcluded}) {
    fuzz::Check(constraints->subtrees(list), list, names);
  }
  return 0;
}
