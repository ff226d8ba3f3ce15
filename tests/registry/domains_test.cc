// Domain configurations and the account's own endpoints: R64, R66 to R68.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/sni/endpoint_table.h"
#include "engine/sni/host_name.h"
#include "tests/registry/registry_fixture.h"

namespace chainkeep::test {
namespace {

class DomainRules : public RegistryRules {
 protected:
  absl::StatusOr<DomainConfigurationDescription> Create(
      const Account& account, std::string_view name,
      std::string_view domain_name = "", std::string_view service_type = "") {
    return registry_->CreateDomainConfiguration({.account = account,
                                                 .region = r1_,
                                                 .name = name,
                                                 .domain_name = domain_name,
                                                 .service_type = service_type});
  }
  absl::Status Set(const Account& account, std::string_view name,
                   std::string_view status) {
    return registry_
        ->UpdateDomainConfiguration(
            {.configuration = {.account = account, .region = r1_, .name = name},
             .new_status = status})
        .status();
  }
  absl::Status Delete(const Account& account, std::string_view name) {
    return registry_->DeleteDomainConfiguration(
        {.account = account, .region = r1_, .name = name});
  }
  std::string EndpointOf(const Account& account, const Region& region,
                         std::string_view type) {
    const auto name = registry_->DescribeEndpoint(
        {.account = account, .region = region, .endpoint_type = type});
    EXPECT_TRUE(HasCode(name.status(), ErrorCode::kOk));
    return name.value_or("");
  }
  // What a handshake gets for the name.
  std::optional<Endpoint> Resolved(std::string_view host_name) {
    return catalog_.endpoints().Find(r1_, *sni::HostName::Parse(host_name));
  }
  std::vector<std::string> Names(const Account& account) {
    std::vector<std::string> names;
    const auto list = registry_->ListDomainConfigurations(account, r1_);
    EXPECT_TRUE(HasCode(list.status(), ErrorCode::kOk));
    for (const auto& item : list->items) names.push_back(item.name);
    return names;
  }
};

TEST_F(DomainRules, R64_EndpointsHaveTheirFormAndStay) {
  struct Case {
    const char* type;
    const char* middle;
    EndpointService service;
  };
  constexpr Case kCases[] = {
      {"iot:Data-ATS", "-ats.iot.us-east-1.example.com",
       EndpointService::kData},
      {"iot:Data", ".iot.us-east-1.example.com", EndpointService::kData},
      {"iot:CredentialProvider", ".credentials.iot.us-east-1.example.com",
       EndpointService::kCredentialProvider},
      {"iot:Jobs", ".jobs.iot.us-east-1.example.com", EndpointService::kJobs},
  };
  std::set<std::string> prefixes;
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.type);
    const std::string name = EndpointOf(a_, r1_, row.type);
    ASSERT_TRUE(absl::EndsWith(name, row.middle)) << name;
    const std::string prefix =
        name.substr(0, name.size() - std::string(row.middle).size());
    EXPECT_GE(prefix.size(), 14u);
    EXPECT_EQ(prefix.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
              std::string::npos);
    prefixes.insert(prefix);
    EXPECT_EQ(EndpointOf(a_, r1_, row.type), name);
    const std::optional<Endpoint> endpoint = Resolved(name);
    ASSERT_TRUE(endpoint.has_value());
    EXPECT_EQ(endpoint->account, a_);
    EXPECT_EQ(endpoint->service, row.service);
    EXPECT_EQ(endpoint->status, EndpointStatus::kEnabled);
  }
  // One account has one prefix, another another.
  EXPECT_EQ(prefixes.size(), 1u);
  EXPECT_FALSE(
      absl::StartsWith(EndpointOf(b_, r1_, "iot:Data-ATS"), *prefixes.begin()));
  EXPECT_EQ(EndpointOf(a_, r1_, ""), EndpointOf(a_, r1_, "iot:Data"));
  EXPECT_TRUE(absl::EndsWith(EndpointOf(a_, r2_, "iot:Jobs"),
                             ".jobs.iot.eu-west-1.example.com"));
}

TEST_F(DomainRules, R64_OtherTypesAndRegionsAreRefused) {
  for (const char* type : {"iot:data", "Data", "iot:Jobs ", "iot:Data-ATS.x"}) {
    EXPECT_TRUE(
        HasCode(registry_
                    ->DescribeEndpoint(
                        {.account = a_, .region = r1_, .endpoint_type = type})
                    .status(),
                ErrorCode::kInvalidRequest))
        << type;
  }
  // A region's name that cannot be a label.
  EXPECT_TRUE(HasCode(
      registry_->DescribeEndpoint({.account = a_, .region = RegionOf("-x-")})
          .status(),
      ErrorCode::kInvalidRequest));
}

TEST_F(DomainRules, R64_TheAccountsOwnEndpointsAreNotChanged) {
  const std::string name = EndpointOf(a_, r1_, "iot:Data-ATS");
  EXPECT_EQ(Names(a_), std::vector<std::string>{"iot:Data-ATS"});
  const auto described = registry_->DescribeDomainConfiguration(
      {.account = a_, .region = r1_, .name = "iot:Data-ATS"});
  ASSERT_TRUE(HasCode(described.status(), ErrorCode::kOk));
  EXPECT_EQ(described->domain_name, name);
  EXPECT_EQ(described->type, DomainType::kEndpoint);
  EXPECT_TRUE(
      HasCode(Set(a_, "iot:Data-ATS", "DISABLED"), ErrorCode::kInvalidRequest));
  EXPECT_TRUE(HasCode(Delete(a_, "iot:Data-ATS"), ErrorCode::kInvalidRequest));
  EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r1_, name),
                      ErrorCode::kInvalidRequest));
  EXPECT_TRUE(
      HasCode(Create(a_, "iot:Data").status(), ErrorCode::kInvalidRequest));
  EXPECT_EQ(EndpointOf(a_, r1_, "iot:Data-ATS"), name);
}

TEST_F(DomainRules, ArgumentsAreChecked) {
  struct Case {
    std::string name;
    std::string domain_name;
    std::string service;
    ErrorCode code;
  };
  constexpr ErrorCode kInvalid = ErrorCode::kInvalidRequest;
  const Case kCases[] = {
      {"a_Z.0-9", "good.example.org", "DATA", ErrorCode::kOk},
      {std::string(128, 'x'), "", "", ErrorCode::kOk},
      {"", "", "", kInvalid},
      {std::string(129, 'x'), "", "", kInvalid},
      {"IoT:x", "", "", kInvalid},
      {"a b", "", "", kInvalid},
      {"name", "a b", "", kInvalid},
      {"name", "10.0.0.1", "", kInvalid},
      {"name", "trailing.dot.", "", kInvalid},
      {"name", std::string(254, 'a'), "", kInvalid},
      {"name", "*.example.org", "", kInvalid},
      {"name", "", "JOBS", kInvalid},
      {"name", "", "data", kInvalid},
  };
  for (const Case& row : kCases) {
    EXPECT_TRUE(HasCode(
        Create(a_, row.name, row.domain_name, row.service).status(), row.code))
        << row.name << " " << row.domain_name << " " << row.service;
  }
  EXPECT_EQ(Names(a_).size(), 2u);
  EXPECT_TRUE(HasCode(Set(a_, "a_Z.0-9", "enabled"), kInvalid));
  EXPECT_TRUE(
      HasCode(Set(a_, "none", "ENABLED"), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(
      HasCode(Set(b_, "a_Z.0-9", "DISABLED"), ErrorCode::kResourceNotFound));
}

TEST_F(DomainRules, R66_AConfigurationIsAnEndpoint) {
  const auto created = Create(a_, "mine", "Devices.Example.org");
  ASSERT_TRUE(HasCode(created.status(), ErrorCode::kOk));
  EXPECT_EQ(created->name, "mine");
  EXPECT_EQ(created->arn,
            "arn:aws:iot:us-east-1:111122223333:domainconfiguration/mine");
  EXPECT_EQ(created->domain_name, "devices.example.org");
  EXPECT_EQ(created->type, DomainType::kCustomerManaged);
  EXPECT_EQ(created->status, EndpointStatus::kEnabled);
  EXPECT_EQ(created->last_status_change_date, clock_.NowMillis());
  EXPECT_EQ(Resolved("devices.example.org")->account, a_);
  EXPECT_FALSE(Resolved("x.devices.example.org").has_value());
  const auto made = Create(a_, "made");
  ASSERT_TRUE(HasCode(made.status(), ErrorCode::kOk));
  EXPECT_EQ(made->type, DomainType::kAwsManaged);
  EXPECT_EQ(Resolved(made->domain_name)->account, a_);
  EXPECT_EQ(Names(a_), (std::vector<std::string>{"made", "mine"}));
}

TEST_F(DomainRules, R67_ANameIsOneAccountsOfARegion) {
  ASSERT_TRUE(
      HasCode(Create(a_, "mine", "d.example.org").status(), ErrorCode::kOk));
  const absl::Status same_name = Create(a_, "mine", "e.example.org").status();
  EXPECT_TRUE(HasCode(same_name, ErrorCode::kResourceAlreadyExists));
  EXPECT_EQ(ResourceOf(same_name)->id, "mine");
  EXPECT_FALSE(Resolved("e.example.org").has_value());
  // The host name: by anybody.
  for (const Account* account : {&a_, &b_}) {
    const absl::Status taken =
        Create(*account, "other", "D.EXAMPLE.org").status();
    EXPECT_TRUE(HasCode(taken, ErrorCode::kResourceAlreadyExists));
    EXPECT_FALSE(ResourceOf(taken).has_value());
  }
  EXPECT_TRUE(
      HasCode(registry_->PutEndpoint(
                  {.host_name = "d.example.org", .account = b_, .region = r1_}),
              ErrorCode::kResourceAlreadyExists));
  // Another account may use the configuration's name.
  EXPECT_TRUE(
      HasCode(Create(b_, "mine", "f.example.org").status(), ErrorCode::kOk));
}

TEST_F(DomainRules, R68_ADisabledConfigurationIsKeptAndRefuses) {
  ASSERT_TRUE(
      HasCode(Create(a_, "mine", "d.example.org").status(), ErrorCode::kOk));
  clock_.Advance(60);
  ASSERT_TRUE(HasCode(Set(a_, "mine", "DISABLED"), ErrorCode::kOk));
  EXPECT_EQ(Resolved("d.example.org")->status, EndpointStatus::kDisabled);
  const auto described = registry_->DescribeDomainConfiguration(
      {.account = a_, .region = r1_, .name = "mine"});
  EXPECT_EQ(described->status, EndpointStatus::kDisabled);
  EXPECT_EQ(described->last_status_change_date, clock_.NowMillis());
  clock_.Advance(60);
  // What changes nothing is no change.
  ASSERT_TRUE(HasCode(Set(a_, "mine", "DISABLED"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Set(a_, "mine", ""), ErrorCode::kOk));
  EXPECT_EQ(registry_
                ->DescribeDomainConfiguration(
                    {.account = a_, .region = r1_, .name = "mine"})
                ->last_status_change_date,
            described->last_status_change_date);
  ASSERT_TRUE(HasCode(Set(a_, "mine", "ENABLED"), ErrorCode::kOk));
  EXPECT_EQ(Resolved("d.example.org")->status, EndpointStatus::kEnabled);
}

TEST_F(DomainRules, R68_OnlyADisabledOneIsDeleted) {
  ASSERT_TRUE(
      HasCode(Create(a_, "mine", "d.example.org").status(), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Delete(a_, "mine"), ErrorCode::kInvalidRequest));
  ASSERT_TRUE(HasCode(Set(a_, "mine", "DISABLED"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Delete(b_, "mine"), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(Delete(a_, "mine"), ErrorCode::kOk));
  EXPECT_FALSE(Resolved("d.example.org").has_value());
  EXPECT_TRUE(HasCode(Delete(a_, "mine"), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(
      HasCode(Create(b_, "mine", "d.example.org").status(), ErrorCode::kOk));
}

TEST_F(DomainRules, R68_AMadeNameIsDisabledForAWeekFirst) {
  ASSERT_TRUE(HasCode(Create(a_, "made").status(), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Set(a_, "made", "DISABLED"), ErrorCode::kOk));
  clock_.Advance(7 * kDay - 1);
  EXPECT_TRUE(HasCode(Delete(a_, "made"), ErrorCode::kInvalidRequest));
  clock_.Advance(1);
  EXPECT_TRUE(HasCode(Delete(a_, "made"), ErrorCode::kOk));
}

TEST_F(DomainRules, TenConfigurationsARegion) {
  EndpointOf(a_, r1_, "iot:Jobs");  // not counted
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        HasCode(Create(a_, absl::StrCat("c", i)).status(), ErrorCode::kOk));
  }
  EXPECT_TRUE(HasCode(Create(a_, "more").status(), ErrorCode::kLimitExceeded));
  EXPECT_TRUE(HasCode(Create(b_, "more").status(), ErrorCode::kOk));
  EXPECT_FALSE(EndpointOf(a_, r1_, "iot:Data").empty());
}

// The name that a configuration shows is the one that devices see.
TEST_F(DomainRules, AConfigurationsEndpointIsChangedThroughItAlone) {
  ASSERT_TRUE(
      HasCode(Create(a_, "mine", "d.example.org").status(), ErrorCode::kOk));
  const std::string made = EndpointOf(a_, r1_, "iot:Data-ATS");
  for (const auto& [host_name, configuration] :
       {std::pair<std::string, std::string>{"d.example.org", "mine"},
        {"D.Example.org", "mine"},
        {made, "iot:Data-ATS"}}) {
    SCOPED_TRACE(host_name);
    for (const EndpointStatus status :
         {EndpointStatus::kEnabled, EndpointStatus::kDisabled}) {
      const absl::Status put =
          registry_->PutEndpoint({.host_name = host_name,
                                  .account = a_,
                                  .region = r1_,
                                  .service = EndpointService::kJobs,
                                  .status = status});
      EXPECT_TRUE(HasCode(put, ErrorCode::kInvalidRequest));
      EXPECT_TRUE(absl::StrContains(
          put.message(),
          absl::StrCat("domain configuration \"", configuration, "\"")))
          << put;
    }
    // Of another account's nothing is told.
    const absl::Status others = registry_->PutEndpoint(
        {.host_name = host_name, .account = b_, .region = r1_});
    EXPECT_TRUE(HasCode(others, ErrorCode::kResourceAlreadyExists));
    EXPECT_FALSE(absl::StrContains(others.message(), configuration));
    EXPECT_EQ(Resolved(host_name)->status, EndpointStatus::kEnabled);
    EXPECT_EQ(Resolved(host_name)->service, EndpointService::kData);
    EXPECT_TRUE(HasCode(registry_->DeleteEndpoint(a_, r1_, host_name),
                        ErrorCode::kInvalidRequest));
  }
  EXPECT_EQ(Names(a_), (std::vector<std::string>{"iot:Data-ATS", "mine"}));
  // What none owns is put as often as one likes.
  for (const EndpointStatus status :
       {EndpointStatus::kEnabled, EndpointStatus::kDisabled}) {
    EXPECT_TRUE(HasCode(registry_->PutEndpoint({.host_name = "p.example.org",
                                                .account = a_,
                                                .region = r1_,
                                                .status = status}),
                        ErrorCode::kOk));
    EXPECT_EQ(Resolved("p.example.org")->status, status);
  }
}

}  // namespace
}  // namespace chainkeep::test
