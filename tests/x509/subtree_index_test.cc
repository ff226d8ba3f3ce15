// Holds the index against asking base by base, over random subtrees and names
// from small alphabets, so that they meet often.

#include "engine/x509/subtree_index.h"

#include <random>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/x509/name_constraints.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::Tlv;
using Random = std::mt19937;

size_t Pick(Random& random, size_t count) {
  return std::uniform_int_distribution<size_t>(0, count - 1)(random);
}

std::string Host(Random& random) {
  static const char* const kLabels[] = {"a", "B", "ab", "b", "-a", "A-", "0"};
  std::string host = kLabels[Pick(random, 6)];
  for (size_t more = Pick(random, 4); more > 0; --more) {
    host = std::string(kLabels[Pick(random, std::size(kLabels))]) + "." + host;
  }
  return host;
}

std::string HostOrDomain(Random& random) {
  return (Pick(random, 2) == 0 ? "." : "") + Host(random);
}

std::string MailboxText(Random& random) {
  static const char* const kLocals[] = {"u", "U", "v", "u.v"};
  return std::string(kLocals[Pick(random, 4)]) + "@" + Host(random);
}

std::string Directory(Random& random) {
  static const char* const kValues[] = {"x", "X ", "y", "x  y", "X Y"};
  static const uint8_t kTags[] = {test::kUtf8, test::kPrintable,
                                  test::kTeletex};
  test::DistinguishedName name;
  for (size_t count = Pick(random, 4); count > 0; --count) {
    name.push_back({Pick(random, 2) == 0 ? "O" : "OU", kValues[Pick(random, 5)],
                    kTags[Pick(random, 8) == 0 ? 2 : Pick(random, 2)],
                    !name.empty() && Pick(random, 4) == 0});
  }
  return test::EncodeName(test::InDerOrder(std::move(name)));
}

std::string Bytes4(Random& random) {
  // Two values a byte make neighbours and equals common.
  std::string address;
  for (int i = 0; i < 4; ++i) address += Pick(random, 2) == 0 ? '\x0a' : '\x0b';
  return address;
}

std::string Mask(Random& random, size_t bytes) {
  size_t ones = Pick(random, 8 * bytes + 1);
  std::string mask;
  for (size_t i = 0; i < bytes; ++i) {
    const size_t here = std::min<size_t>(ones, 8);
    mask += static_cast<char>(0xff00 >> here);
    ones -= here;
  }
  return mask;
}

std::string Base(Random& random) {
  switch (Pick(random, 6)) {
    case 0:
      return Tlv(
          0x82, Pick(random, 20) == 0
                    ? (Pick(random, 2) == 0 ? "." : "")
                    : HostOrDomain(random) + (Pick(random, 4) == 0 ? "." : ""));
    case 1:
      return Tlv(0x81, Pick(random, 2) == 0 ? MailboxText(random)
                                            : HostOrDomain(random));
    case 2:
      return Tlv(0x86, HostOrDomain(random));
    case 3:
      return Tlv(0x87, Bytes4(random) + Mask(random, 4));
    case 4: {
      std::string address;
      for (int i = 0; i < 4; ++i) address += Bytes4(random);
      return Tlv(0x87, address + Mask(random, 16));
    }
    default:
      return Tlv(0xa4, Directory(random));
  }
}

std::string RandomName(Random& random) {
  switch (Pick(random, 6)) {
    case 0: {
      const size_t star = Pick(random, 3);
      return Tlv(0x82, star == 0 && Pick(random, 8) == 0
                           ? "*"
                           : (star == 0 ? "*." : "") + Host(random) +
                                 (Pick(random, 4) == 0 ? "." : ""));
    }
    case 1:
      return Tlv(0x81, MailboxText(random));
    case 2:
      return Tlv(0x86, "h://" + Host(random) + "/");
    case 3:
      return Tlv(0x87, Bytes4(random));
    case 4: {
      std::string address;
      for (int i = 0; i < 4; ++i) address += Bytes4(random);
      return Tlv(0x87, address);
    }
    default:
      return Tlv(0xa4, Directory(random));
  }
}

std::vector<GeneralName> ReadAll(const std::string& list, AddressShape shape) {
  std::vector<GeneralName> names;
  der::Cursor cursor(AsBytes(list));
  while (!cursor.empty()) {
    const der::Result<GeneralName> name = ReadGeneralName(cursor, shape);
    if (!name.ok()) {
      ADD_FAILURE() << name.fault().what;
      break;
    }
    names.push_back(*name);
  }
  return names;
}

ComparableName Only(const std::string& element) {
  return *ToComparable(ReadAll(element, AddressShape::kAddress)[0]);
}

TEST(SubtreeIndexTest, AnswersAsEachBaseDoes) {
  Random random(20'250'615);
  int covered = 0, asked = 0;
  for (int round = 0; round < 400; ++round) {
    const size_t size = Pick(random, 40);
    std::string base_list, name_list;
    for (size_t i = 0; i < size; ++i) base_list += Base(random);
    for (int i = 0; i < 40; ++i) name_list += RandomName(random);
    std::vector<GeneralName> bases;
    for (const GeneralName& base :
         ReadAll(base_list, AddressShape::kAddressAndMask)) {
      if (IsReadableBase(base)) bases.push_back(base);
    }
    for (const SubtreeList list :
         {SubtreeList::kPermitted, SubtreeList::kExcluded}) {
      const std::optional<SubtreeIndex> index =
          SubtreeIndex::Build(bases, list);
      ASSERT_TRUE(index.has_value());
      for (const GeneralName& name :
           ReadAll(name_list, AddressShape::kAddress)) {
        const std::optional<ComparableName> comparable = ToComparable(name);
        if (!comparable) continue;
        bool expected = false;
        for (const GeneralName& base : bases) {
          expected = expected || Covers(base, *comparable, list);
        }
        ASSERT_EQ(index->Covers(*comparable), expected)
            << "round " << round << " form " << static_cast<int>(name.form)
            << " " << name.text();
        covered += expected;
        ++asked;
      }
    }
  }
  // The alphabets do their work: neither answer is rare.
  EXPECT_GT(covered, asked / 10);
  EXPECT_LT(covered, asked * 9 / 10);
}

// Subtrees in subtrees, each hiding those before it from a careless search.
TEST(SubtreeIndexTest, TheWidestOfNestedSubtreesAnswers) {
  std::string list;
  std::string host = "example";
  for (int depth = 0; depth < 50; ++depth) {
    list += Tlv(0x82, host);
    host = "a." + host;
  }
  list += Tlv(0x82, "zz.example") + Tlv(0x82, "-.example");
  const std::vector<GeneralName> bases =
      ReadAll(list, AddressShape::kAddressAndMask);
  const auto index = SubtreeIndex::Build(bases, SubtreeList::kPermitted);
  ASSERT_TRUE(index.has_value());
  for (const char* text : {"example", "a.example", "a.a.a.b.a.example",
                           "z.example", "zzz.zz.example"}) {
    const std::string name = Tlv(0x82, text);
    EXPECT_TRUE(index->Covers(Only(name))) << text;
  }
  for (const char* text : {"xample", "b", "aexample", "a-example"}) {
    const std::string name = Tlv(0x82, text);
    EXPECT_FALSE(index->Covers(Only(name))) << text;
  }
}

// An RDN of more than 127 and of more than 255 bytes: its header grows.
TEST(SubtreeIndexTest, LongDirectoryNames) {
  for (const size_t length : {100u, 120u, 130u, 240u, 260u, 70'000u}) {
    const std::string value(length, 'v');
    const std::string base = Tlv(0xa4, test::EncodeName({{"O", value}}));
    const std::string inside =
        Tlv(0xa4, test::EncodeName({{"O", value}, {"CN", "d"}}));
    const std::string outside =
        Tlv(0xa4, test::EncodeName({{"O", value + "w"}}));
    const auto index = SubtreeIndex::Build(
        ReadAll(base, AddressShape::kAddressAndMask), SubtreeList::kExcluded);
    ASSERT_TRUE(index.has_value());
    EXPECT_TRUE(index->Covers(Only(inside)));
    EXPECT_FALSE(index->Covers(Only(outside)));
  }
}

TEST(SubtreeIndexTest, NothingCoversInAnEmptyList) {
  const auto index = SubtreeIndex::Build({}, SubtreeList::kExcluded);
  ASSERT_TRUE(index.has_value());
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const std::string name = RandomName(random);
    EXPECT_FALSE(index->Covers(Only(name)));
  }
}

}  // namespace
}  // namespace chainkeep::x509
