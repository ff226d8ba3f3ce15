#include "engine/sni/endpoint_table.h"

#include "gtest/gtest.h"

namespace chainkeep::sni {
namespace {

const Region kEast = *Region::Parse("us-east-1");
const Region kWest = *Region::Parse("eu-west-1");
const Account kA = *Account::Parse("111122223333");
const Account kB = *Account::Parse("444455556666");

HostName Name(std::string_view text) { return *HostName::Parse(text); }

Endpoint EndpointOf(const Account& account, const Region& region) {
  return {
      .host_name = "is not looked at", .account = account, .region = region};
}

TEST(EndpointTable, R63_UnknownNamesResolveToNothing) {
  EndpointTable table;
  const Resolution resolution =
      table.Resolve(kEast, Name("a.example"), EndpointService::kData);
  EXPECT_FALSE(resolution.tenant.has_value());
  EXPECT_EQ(resolution.refusal, Reason::kServerNameUnknown);
  EXPECT_TRUE(resolution.account.empty());
}

TEST(EndpointTable, R65_ResolvesInsideItsRegionOnly) {
  EndpointTable table;
  table.Put(Name("a.example"), EndpointOf(kA, kEast), 7);
  table.Put(Name("a.example"), EndpointOf(kB, kWest), 8);
  const Resolution east =
      table.Resolve(kEast, Name("A.Example"), EndpointService::kData);
  ASSERT_TRUE(east.tenant.has_value());
  EXPECT_EQ(east.tenant->account(), kA);
  EXPECT_EQ(east.tenant->region(), kEast);
  EXPECT_EQ(east.tenant->version(), 7u);
  EXPECT_EQ(table.Resolve(kWest, Name("a.example"), EndpointService::kData)
                .tenant->account(),
            kB);
  EXPECT_EQ(table.size(), 2u);
}

TEST(EndpointTable, R66_HasNoWildcards) {
  EndpointTable table;
  table.Put(Name("example.com"), EndpointOf(kA, kEast), 1);
  for (std::string_view name : {"x.example.com", "com", "xexample.com"}) {
    EXPECT_FALSE(table.Resolve(kEast, Name(name), EndpointService::kData)
                     .tenant.has_value())
        << name;
  }
}

TEST(EndpointTable, R68_DisabledAndWrongServiceKeepTheirAccount) {
  EndpointTable table;
  Endpoint endpoint = EndpointOf(kA, kEast);
  endpoint.service = EndpointService::kJobs;
  table.Put(Name("a.example"), endpoint, 1);
  Resolution resolution =
      table.Resolve(kEast, Name("a.example"), EndpointService::kData);
  EXPECT_EQ(resolution.refusal, Reason::kServerNameWrongService);
  EXPECT_EQ(resolution.account, kA);
  EXPECT_FALSE(resolution.tenant.has_value());

  endpoint.status = EndpointStatus::kDisabled;
  table.Put(Name("a.example"), endpoint, 2);
  resolution = table.Resolve(kEast, Name("a.example"), EndpointService::kJobs);
  EXPECT_EQ(resolution.refusal, Reason::kServerNameDisabled);
  EXPECT_EQ(resolution.version, 2u);
  EXPECT_FALSE(resolution.tenant.has_value());
}

TEST(EndpointTable, RemovesAndFinds) {
  EndpointTable table;
  table.Put(Name("A.example"), EndpointOf(kA, kEast), 1);
  EXPECT_EQ(table.Find(kEast, Name("a.example"))->host_name, "a.example");
  EXPECT_FALSE(table.Remove(kWest, Name("a.example")));
  EXPECT_TRUE(table.Remove(kEast, Name("a.example")));
  EXPECT_FALSE(table.Remove(kEast, Name("a.example")));
  EXPECT_FALSE(table.Find(kEast, Name("a.example")).has_value());
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace chainkeep::sni
