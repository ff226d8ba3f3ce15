#include "engine/x509/host_text.h"

#include <string>

#include "gtest/gtest.h"

namespace chainkeep::x509 {
namespace {

TEST(HostTextTest, KnowsHosts) {
  const std::string label63(63, 'a');
  const std::string longest =
      label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  ASSERT_EQ(longest.size(), 253u);
  for (const std::string& host :
       {std::string("a"), std::string("Example.COM"), std::string("_x.a-b"),
        std::string("1.2.3.a"), std::string("0xg"),
        std::string("xn--bcher-kva"), longest}) {
    EXPECT_TRUE(IsHost(host)) << host;
  }
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a."), std::string(".a"),
        std::string("a..b"), std::string("a b"), std::string("*.a"),
        std::string("a/b"), std::string("a:1"), std::string("[::1]"),
        std::string("b\xc3\xbc"), std::string("a\0b", 3),
        std::string("1.2.3.4"), std::string("1"), std::string("a.0x7f"),
        std::string("a.0X"), label63 + "a", longest + "b"}) {
    EXPECT_FALSE(IsHost(text)) << text;
  }
}

TEST(HostTextTest, KnowsWholeLabels) {
  for (const char* text : {"a", "*", "*.a", "a.b", "[::1]", "a@b"}) {
    EXPECT_TRUE(HasWholeLabels(text)) << text;
  }
  for (const char* text : {"", ".", "a.", ".a", "a..b", "a b", "\xff", "a\t"}) {
    EXPECT_FALSE(HasWholeLabels(text)) << text;
  }
}

TEST(HostTextTest, OrdersFromTheEndWithTheDotFirst) {
  // Each stands before the next.
  const char* const kOrder[] = {"",     "-.a", "b",  ".b", "A.B", "x.a.b",
                                "aa.b", "c.b", "-b", "ab", "zb",  "b.c"};
  // "-.a" ends with "a"; its place is before everything that ends with "b".
  for (size_t i = 0; i < std::size(kOrder); ++i) {
    for (size_t j = 0; j < std::size(kOrder); ++j) {
      const int order = CompareFromEnd(kOrder[i], kOrder[j]);
      EXPECT_EQ(order < 0, i < j) << kOrder[i] << " and " << kOrder[j];
      EXPECT_EQ(order == 0, i == j) << kOrder[i] << " and " << kOrder[j];
    }
  }
  EXPECT_EQ(CompareFromEnd("Example.COM", "eXAMPLE.com"), 0);
}

TEST(HostTextTest, LiesBelowComparesWholeLabels) {
  struct Case {
    const char* host;
    const char* base;
    bool below;
  };
  for (const Case& c : {
           Case{"a.b", "a.b", true},
           Case{"A.b", "a.B", true},
           Case{"x.a.b", "a.b", true},
           Case{"y.x.a.b", "a.b", true},
           Case{"xa.b", "a.b", false},
           Case{"b", "a.b", false},
           Case{"a.b.c", "a.b", false},
           Case{"a.b", "", true},
           Case{"a.b", ".a.b", false},
           Case{"x.a.b", ".a.b", true},
           Case{".a.b", ".a.b", false},
           Case{"xa.b", ".a.b", false},
       }) {
    EXPECT_EQ(LiesBelow(c.host, c.base), c.below)
        << c.host << " below " << c.base;
  }
}

TEST(HostTextTest, DropsOneTrailingDot) {
  EXPECT_EQ(WithoutTrailingDot("a."), "a");
  EXPECT_EQ(WithoutTrailingDot("a.."), "a.");
  EXPECT_EQ(WithoutTrailingDot("a"), "a");
  EXPECT_EQ(WithoutTrailingDot(""), "");
}

TEST(HostTextTest, ReadsMailboxes) {
  for (const char* text : {"a@b", "*@example.com", "a.b+c=d/e@x.example",
                           "!#$%&'*+-/=?^_`{|}~@b", "\xc3\xbc@b"}) {
    EXPECT_TRUE(ParseMailbox(text).has_value()) << text;
  }
  const std::optional<Mailbox> mailbox = ParseMailbox("Foo.Bar@X.example");
  ASSERT_TRUE(mailbox.has_value());
  EXPECT_EQ(mailbox->local_part, "Foo.Bar");
  EXPECT_EQ(mailbox->host, "X.example");
  for (const char* text :
       {"", "@", "a@", "@b", "a", "a@b@c", "\"a\"@b", "a b@c", "a@b.", "a@.b",
        "a@[1.2.3.4]", "a@1.2.3.4", "a@b c", "a@*.b", "<a@b>", "b@\xc3\xbc"}) {
    EXPECT_FALSE(ParseMailbox(text).has_value()) << text;
  }
}

TEST(HostTextTest, ReadsTheHostsOfUris) {
  struct Case {
    const char* uri;
    const char* host;
  };
  for (const Case& c : {
           Case{"http://example.com", "example.com"},
           Case{"http://example.com/", "example.com"},
           Case{"ftp+x-y.1://Example.com:21/a@b", "Example.com"},
           Case{"ldap://user:pass@example.com?x", "example.com"},
           Case{"https://example.com#@evil.example", "example.com"},
           Case{"https://example.com?@evil.example", "example.com"},
           Case{"https://example.com.:443/", "example.com"},
           Case{"https://u%40v@example.com", "example.com"},
           Case{"https://example.com:", "example.com"},
       }) {
    EXPECT_EQ(UriHost(c.uri), c.host) << c.uri;
  }
  for (const char* uri : {
           "",
           "example.com",
           "http:",
           "http:/example.com",
           "http://",
           "http:///path",
           "://example.com",
           "1http://example.com",
           "h_t://example.com",
           "urn:example:com",
           "mailto:a@example.com",
           "http://192.0.2.1/",
           "http://0xc0000201/",
           "http://[2001:db8::1]/",
           "http://example.com:80x/",
           "http://example.com:80:80/",
           "http://a@b@example.com",
           "http://evil.example\\@example.com",
           "http://exa mple.com",
           "http://ex%61mple.com",
           "http://*.example.com",
           "http://example..com",
           "http://example.com..",
       }) {
    EXPECT_EQ(UriHost(uri), std::nullopt) << uri;
  }
}

}  // namespace
}  // namespace chainkeep::x509
