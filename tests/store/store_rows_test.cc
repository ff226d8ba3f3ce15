// Every store gives back all of every kind of row.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/store/every_store.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

using StoreRowsTest = EveryStoreTest;

INSTANTIATE_TEST_SUITE_P(All, StoreRowsTest, kEveryStore, StoreKindName);

TEST_P(StoreRowsTest, GivesBackEverythingOfEachKind) {
  EndpointRow endpoint = EndpointOf(a_, "*.h.example");
  endpoint.endpoint.service = EndpointService::kJobs;
  endpoint.endpoint.status = EndpointStatus::kDisabled;
  endpoint.configuration = "conf";
  endpoint.type = DomainType::kEndpoint;
  endpoint.creation_date = 1;
  endpoint.last_status_change_date = 2;
  TemplateRow tmpl = TemplateOf(a_, "t");
  tmpl.type = TemplateType::kFleetProvisioning;
  tmpl.enabled = true;
  tmpl.description = "d\xc3\xb6";
  tmpl.role_arn = "role";
  tmpl.creation_date = 3;
  tmpl.last_modified_date = 4;
  Commit([&](Transaction& t) {
    t.PutCa(RichCa(a_, '1'));
    t.PutDevice(RichDevice(a_, '2'));
    t.PutEndpoint(endpoint);
    t.PutTemplate(tmpl);
    t.PutCrls(CrlsOf(a_, '3'));
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindCa({a_, IdOf('1')}), RichCa(a_, '1'));
    EXPECT_EQ(view.FindDevice({a_, IdOf('2')}), RichDevice(a_, '2'));
    EXPECT_EQ(view.FindEndpoint(a_.region, "*.h.example"), endpoint);
    EXPECT_EQ(view.FindTemplate(a_, "t"), tmpl);
    EXPECT_EQ(view.FindCrls({a_, IdOf('3')}), CrlsOf(a_, '3'));
  });
}

TEST_P(StoreRowsTest, PutReplacesAllOfARow) {
  Commit([&](Transaction& t) {
    t.PutDevice(RichDevice(a_, '2'));
    t.PutTemplate(TemplateOf(a_, "t"));
    t.PutCrls(CrlsOf(a_, '3'));
    CaRow rich = RichCa(a_, '1');
    t.PutCa(rich);
  });
  CaRow plain = RichCa(a_, '1');
  plain.registration_config.reset();
  plain.tags.clear();
  plain.mode = Mode::kDefault;
  plain.proof = Proof::kVerified;
  const DeviceRow device = DeviceOf(a_, '2', Mode::kSniOnly);
  TemplateRow tmpl = TemplateOf(a_, "t");
  tmpl.body = "other";
  CrlRow crls = CrlsOf(a_, '3');
  crls.crls = {"three"};
  Commit([&](Transaction& t) {
    t.PutCa(plain);
    t.PutDevice(device);
    t.PutTemplate(tmpl);
    t.PutCrls(crls);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindCa(plain.key), plain);
    EXPECT_EQ(view.FindDevice(device.key), device);
    EXPECT_TRUE(view.ListTransfersTo(b_, {}, 10).empty());
    EXPECT_EQ(view.FindTemplate(a_, "t"), tmpl);
    EXPECT_EQ(view.FindCrls(crls.key), crls);
  });
}

TEST_P(StoreRowsTest, DeletesOneOfEachKind) {
  Commit([&](Transaction& t) {
    for (const Tenant& tenant : {a_, b_}) {
      t.PutCa(CaOf(tenant, '1', Mode::kSniOnly));
      t.PutDevice(DeviceOf(tenant, '2', Mode::kSniOnly));
      t.PutTemplate(TemplateOf(tenant, "t"));
      t.PutCrls(CrlsOf(tenant, '3'));
    }
  });
  Commit([&](Transaction& t) {
    t.DeleteCa({a_, IdOf('1')});
    t.DeleteDevice({a_, IdOf('2')});
    t.DeleteTemplate(a_, "t");
    CrlRow none = CrlsOf(a_, '3');
    none.crls.clear();
    t.PutCrls(none);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindCa({a_, IdOf('1')}).has_value());
    EXPECT_FALSE(view.FindDevice({a_, IdOf('2')}).has_value());
    EXPECT_FALSE(view.FindTemplate(a_, "t").has_value());
    EXPECT_FALSE(view.FindCrls({a_, IdOf('3')}).has_value());
    EXPECT_TRUE(view.FindCa({b_, IdOf('1')}).has_value());
    EXPECT_TRUE(view.FindDevice({b_, IdOf('2')}).has_value());
    EXPECT_TRUE(view.FindTemplate(b_, "t").has_value());
    EXPECT_TRUE(view.FindCrls({b_, IdOf('3')}).has_value());
  });
}

}  // namespace
}  // namespace chainkeep::store
