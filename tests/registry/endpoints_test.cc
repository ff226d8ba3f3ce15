// Endpoints: whose a host name is, and what the data plane sees of it.

#include <optional>
#include <string>

#include "engine/sni/endpoint_table.h"
#include "engine/sni/host_name.h"
#include "tests/registry/registry_fixture.h"
#include "tests/sni/resolved.h"

namespace chainkeep::test {
namespace {

class RegistryEndpoints : public RegistryRules {
 protected:
  absl::Status Put(std::string_view name, const Account& account,
                   const Region& region) {
    return registry_->PutEndpoint(
        {.host_name = std::string(name), .account = account, .region = region});
  }

  // What a listener for kData in `region` makes of `name`.
  Resolved Resolve(const Region& region, std::string_view name) {
    return test::Resolve(catalog_, region, *sni::HostName::Parse(name));
  }

  // The account that `name` leads to, if any.
  std::optional<Account> Owner(const Region& region, std::string_view name) {
    const Resolved resolution = Resolve(region, name);
    if (!resolution.tenant.has_value()) return std::nullopt;
    return resolution.tenant->account();
  }
};

TEST_F(RegistryEndpoints, NamesAreCheckedAndKeptInLowerCase) {
  struct Case {
    std::string name;
    ErrorCode code;
  };
  const Case kCases[] = {
      {"a1b2.iot.us-east-1.example.com", ErrorCode::kOk},
      {"UPPER.Example.COM", ErrorCode::kOk},
      {"localhost", ErrorCode::kOk},
      {"under_score.example", ErrorCode::kOk},
      {std::string(63, 'a') + ".example", ErrorCode::kOk},
      {"", ErrorCode::kInvalidRequest},
      {".", ErrorCode::kInvalidRequest},
      {"trailing.example.", ErrorCode::kInvalidRequest},
      {".leading.example", ErrorCode::kInvalidRequest},
      {"two..dots", ErrorCode::kInvalidRequest},
      {"*.example", ErrorCode::kInvalidRequest},
      {"-hyphen.example", ErrorCode::kInvalidRequest},
      {"hyphen-.example", ErrorCode::kInvalidRequest},
      {"sp ace.example", ErrorCode::kInvalidRequest},
      {"sla/sh.example", ErrorCode::kInvalidRequest},
      {std::string("nul\0.example", 12), ErrorCode::kInvalidRequest},
      {"caf\xc3\xa9.example", ErrorCode::kInvalidRequest},
      {"192.0.2.1", ErrorCode::kInvalidRequest},
      {"2001:db8::1", ErrorCode::kInvalidRequest},
      {"[2001:db8::1]", ErrorCode::kInvalidRequest},
      {std::string(64, 'a') + ".example", ErrorCode::kInvalidRequest},
      {std::string(1 << 20, 'a'), ErrorCode::kInvalidRequest},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name.substr(0, 80));
    EXPECT_TRUE(HasCode(Put(row.name, a_, r1_), row.code));
    if (row.code == ErrorCode::kOk) {
      EXPECT_EQ(Owner(r1_, row.name), a_);
    } else {
      EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r1_, row.name),
                          ErrorCode::kInvalidRequest));
    }
  }
  const std::optional<Endpoint> stored = catalog_.endpoints().Find(
      r1_, *sni::HostName::Parse("upper.example.com"));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->host_name, "upper.example.com");
}

TEST_F(RegistryEndpoints, ANameBelongsToOneAccountOfARegion) {
  ASSERT_TRUE(HasCode(Put("h.example", a_, r1_), ErrorCode::kOk));
  for (const char* spelling : {"h.example", "H.EXAMPLE", "h.Example"}) {
    const absl::Status status = Put(spelling, b_, r1_);
    EXPECT_TRUE(HasCode(status, ErrorCode::kResourceAlreadyExists));
    EXPECT_FALSE(ResourceOf(status).has_value());
    EXPECT_EQ(status.ToString().find(a_.text()), std::string::npos);
  }
  EXPECT_EQ(Owner(r1_, "h.example"), a_);
  EXPECT_TRUE(HasCode(Put("h.example", b_, r2_), ErrorCode::kOk));
  EXPECT_EQ(Owner(r1_, "h.example"), a_);
  EXPECT_EQ(Owner(r2_, "h.example"), b_);
  EXPECT_TRUE(HasCode(Put("x.h.example", b_, r1_), ErrorCode::kOk));
}

TEST_F(RegistryEndpoints, SpellingsOfANameAreOneName) {
  ASSERT_TRUE(HasCode(Put("Upper.EXAMPLE", a_, r1_), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Put("upper.example", b_, r1_),
                      ErrorCode::kResourceAlreadyExists));
  EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r1_, "UPPER.example"),
                      ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Put("upper.example", b_, r1_), ErrorCode::kOk));
}

TEST_F(RegistryEndpoints, TheOwnerReplacesWhatItSaid) {
  ASSERT_TRUE(HasCode(Put("h.example", a_, r1_), ErrorCode::kOk));
  const uint64_t first = Resolve(r1_, "h.example").version;
  struct Case {
    EndpointService service;
    EndpointStatus status;
    Reason refusal;
  };
  constexpr Case kCases[] = {
      {EndpointService::kData, EndpointStatus::kDisabled,
       Reason::kServerNameDisabled},
      {EndpointService::kJobs, EndpointStatus::kEnabled,
       Reason::kServerNameWrongService},
      {EndpointService::kCredentialProvider, EndpointStatus::kEnabled,
       Reason::kServerNameWrongService},
  };
  uint64_t version = first;
  for (const Case& row : kCases) {
    ASSERT_TRUE(HasCode(registry_->PutEndpoint({.host_name = "H.example",
                                                .account = a_,
                                                .region = r1_,
                                                .service = row.service,
                                                .status = row.status}),
                        ErrorCode::kOk));
    const Resolved resolution = Resolve(r1_, "h.example");
    EXPECT_FALSE(resolution.tenant.has_value());
    EXPECT_EQ(resolution.refusal, row.refusal);
    EXPECT_EQ(resolution.account, a_);
    EXPECT_NE(resolution.version, version);
    version = resolution.version;
  }
  ASSERT_TRUE(HasCode(Put("h.example", a_, r1_), ErrorCode::kOk));
  EXPECT_EQ(Owner(r1_, "h.example"), a_);
  EXPECT_EQ(catalog_.endpoints().size(), 1u);
}

TEST_F(RegistryEndpoints, ADisabledNameIsNotGivenAway) {
  ASSERT_TRUE(
      HasCode(registry_->PutEndpoint({.host_name = "h.example",
                                      .account = a_,
                                      .region = r1_,
                                      .status = EndpointStatus::kDisabled}),
              ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(Put("h.example", b_, r1_), ErrorCode::kResourceAlreadyExists));
}

TEST_F(RegistryEndpoints, OnlyTheOwnerDeletes) {
  ASSERT_TRUE(HasCode(Put("h.example", a_, r1_), ErrorCode::kOk));
  const absl::Status others = registry_->DeleteEndpoint(b_, r1_, "h.example");
  EXPECT_TRUE(HasCode(others, ErrorCode::kResourceNotFound));
  EXPECT_EQ(others, registry_->DeleteEndpoint(b_, r1_, "nobodys.example"));
  EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r2_, "h.example"),
                      ErrorCode::kResourceNotFound));
  EXPECT_EQ(Owner(r1_, "h.example"), a_);
  EXPECT_TRUE(
      HasCode(registry_->DeleteEndpoint(a_, r1_, "H.EXAMPLE"), ErrorCode::kOk));
  EXPECT_EQ(Resolve(r1_, "h.example").refusal, Reason::kServerNameUnknown);
  EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r1_, "h.example"),
                      ErrorCode::kResourceNotFound));
}

TEST_F(RegistryEndpoints, ADeletedNameIsFree) {
  ASSERT_TRUE(HasCode(Put("h.example", a_, r1_), ErrorCode::kOk));
  const uint64_t before = Resolve(r1_, "h.example").version;
  ASSERT_TRUE(
      HasCode(registry_->DeleteEndpoint(a_, r1_, "h.example"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Put("h.example", b_, r1_), ErrorCode::kOk));
  EXPECT_EQ(Owner(r1_, "h.example"), b_);
  EXPECT_NE(Resolve(r1_, "h.example").version, before);
}

}  // namespace
}  // namespace chainkeep::test
