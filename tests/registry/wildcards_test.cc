// Wildcard endpoints: who may have which name beside whom (R66, R67).

#include <memory>
#include <string>

#include "engine/sni/endpoint_table.h"
#include "engine/sni/host_name.h"
#include "engine/store/memory_store.h"
#include "tests/registry/registry_fixture.h"
#include "tests/sni/resolved.h"

namespace chainkeep::test {
namespace {

class Wildcards : public RegistryRules {
 protected:
  void SetUp() override { Make(WildcardEndpoints::kAllowed); }

  void Make(WildcardEndpoints wildcards) {
    names_ = nullptr;
    shown_ = std::make_unique<catalog::Catalog>();
    RegistryOptions options;
    options.wildcard_endpoints = wildcards;
    names_ = std::make_unique<ProjectedRegistry>(
        std::make_shared<store::MemoryStore>(), shown_.get(), &clock_, nullptr,
        options);
  }

  ErrorCode Put(std::string_view name, const Account& account,
                const Region& region) {
    return ErrorCodeOf((*names_)->PutEndpoint({.host_name = std::string(name),
                                               .account = account,
                                               .region = region}));
  }
  ErrorCode Put(std::string_view name, const Account& account) {
    return Put(name, account, r1_);
  }
  ErrorCode Delete(std::string_view name, const Account& account) {
    return ErrorCodeOf((*names_)->DeleteEndpoint(account, r1_, name));
  }

  // Whose `name` is for a handshake; empty if nobody's.
  Account Owner(std::string_view name) const {
    return Resolve(*shown_, r1_, *sni::HostName::Parse(name)).account;
  }

  std::unique_ptr<catalog::Catalog> shown_;
  std::unique_ptr<ProjectedRegistry> names_;
};

TEST_F(Wildcards, R66_AreRefusedUnlessAllowed) {
  Make(WildcardEndpoints::kRefused);
  EXPECT_EQ(Put("*.example.com", a_), ErrorCode::kInvalidRequest);
  EXPECT_TRUE(Owner("x.example.com").empty());
  EXPECT_EQ(Delete("*.example.com", a_), ErrorCode::kResourceNotFound);
  EXPECT_EQ(Put("x.example.com", a_), ErrorCode::kOk);
}

TEST_F(Wildcards, R66_CoverOneLabelAndExactWins) {
  ASSERT_EQ(Put("*.Example.com", a_), ErrorCode::kOk);
  EXPECT_EQ(Owner("x.example.com"), a_);
  EXPECT_TRUE(Owner("x.y.example.com").empty());
  EXPECT_TRUE(Owner("example.com").empty());
  ASSERT_TRUE((*names_)
                  ->PutEndpoint({.host_name = "off.example.com",
                                 .account = a_,
                                 .region = r1_,
                                 .status = EndpointStatus::kDisabled})
                  .ok());
  EXPECT_EQ(
      Resolve(*shown_, r1_, *sni::HostName::Parse("off.example.com")).refusal,
      Reason::kServerNameDisabled);
  EXPECT_EQ(Delete("*.EXAMPLE.com", a_), ErrorCode::kOk);
  EXPECT_TRUE(Owner("x.example.com").empty());
}

TEST_F(Wildcards, AreCheckedLikeNames) {
  for (const char* text :
       {"*", "*.", "*.com", "*.*.example.com", "a.*.example.com",
        "x*.example.com", "*.example.com.", "*.192.0.2.1", "*.-a.example"}) {
    EXPECT_EQ(Put(text, a_), ErrorCode::kInvalidRequest) << text;
  }
}

// Who has `first` already decides who may have `second`.
TEST_F(Wildcards, R67_ANameIsNotPutUnderAnothersWildcardNorOverItsNames) {
  const struct {
    const char* first;
    const char* second;
    ErrorCode others;  // what another account is told
  } kCases[] = {
      {"*.example.com", "x.example.com", ErrorCode::kResourceAlreadyExists},
      {"x.example.com", "*.example.com", ErrorCode::kResourceAlreadyExists},
      {"*.example.com", "*.example.com", ErrorCode::kResourceAlreadyExists},
      {"*.Example.com", "X.example.COM", ErrorCode::kResourceAlreadyExists},
      {"*.example.com", "example.com", ErrorCode::kOk},
      {"*.example.com", "x.y.example.com", ErrorCode::kOk},
      {"x.y.example.com", "*.example.com", ErrorCode::kOk},
      {"*.example.com", "*.y.example.com", ErrorCode::kOk},
      {"*.y.example.com", "*.example.com", ErrorCode::kOk},
      {"*.example.com", "x.example.org", ErrorCode::kOk},
      {"x.example", "y.example", ErrorCode::kOk},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(std::string(c.first) + " then " + c.second);
    Make(WildcardEndpoints::kAllowed);
    ASSERT_EQ(Put(c.first, a_), ErrorCode::kOk);
    EXPECT_EQ(Put(c.second, b_), c.others);
    EXPECT_EQ(Put(c.second, b_, r2_), ErrorCode::kOk) << "elsewhere";
    Make(WildcardEndpoints::kAllowed);
    ASSERT_EQ(Put(c.first, a_), ErrorCode::kOk);
    EXPECT_EQ(Put(c.second, a_), ErrorCode::kOk) << "its own";
  }
}

TEST_F(Wildcards, R67_TheOwnersNamesDoNotHideAnothers) {
  ASSERT_EQ(Put("a.example.com", a_), ErrorCode::kOk);
  ASSERT_EQ(Put("b.example.com", b_), ErrorCode::kOk);
  ASSERT_EQ(Put("c.example.com", a_), ErrorCode::kOk);
  EXPECT_EQ(Put("*.example.com", a_), ErrorCode::kResourceAlreadyExists);
  ASSERT_EQ(Delete("b.example.com", b_), ErrorCode::kOk);
  EXPECT_EQ(Put("*.example.com", a_), ErrorCode::kOk);
  EXPECT_EQ(Put("b.example.com", b_), ErrorCode::kResourceAlreadyExists);
  EXPECT_EQ(Owner("b.example.com"), a_);
  ASSERT_EQ(Delete("*.example.com", a_), ErrorCode::kOk);
  EXPECT_EQ(Put("b.example.com", b_), ErrorCode::kOk);
}

TEST_F(Wildcards, RefusalsTellNothingOfTheOther) {
  ASSERT_EQ(Put("*.example.com", a_), ErrorCode::kOk);
  ASSERT_EQ(Put("x.example.org", a_), ErrorCode::kOk);
  for (const char* name : {"x.example.com", "*.example.org", "x.example.org"}) {
    const absl::Status status = (*names_)->PutEndpoint(
        {.host_name = name, .account = b_, .region = r1_});
    EXPECT_EQ(status.message(), "this host name is taken") << name;
    EXPECT_FALSE(ResourceOf(status).has_value());
  }
}

}  // namespace
}  // namespace chainkeep::test
