// Looks into a store by something else than the key: by subject, by holder, by
// place in a list.

#include <set>
#include <string>
#include <utility>
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

using StoreLookupsTest = EveryStoreTest;

INSTANTIATE_TEST_SUITE_P(All, StoreLookupsTest, kEveryStore, StoreKindName);

// The subjects of the CAs with that hash, oldest first.
std::vector<std::string> SubjectsOf(const RegistryView& view,
                                    const Tenant& tenant, uint64_t hash) {
  std::vector<std::string> subjects;
  for (const CaRow& row : view.FindCasBySubject(tenant, hash)) {
    subjects.push_back(row.subject);
  }
  return subjects;
}

// ---- Look-ups by something else than the key

TEST_P(StoreLookupsTest, KnowsTheDefaultHolderOfADevice) {
  Commit([&](Transaction& t) {
    t.PutDevice(DeviceOf(a_, '1', Mode::kDefault));
    t.PutDevice(DeviceOf(b_, '1', Mode::kSniOnly));
    t.PutDevice(DeviceOf(TenantOf("b", "r2"), '1', Mode::kDefault));
  });
  See(*store_, [&](const RegistryView& view) {
    const auto holders = [&](const Region& region, char digit) {
      return view.FindDefaultDevices(region, SignedIdOf(digit));
    };
    ASSERT_EQ(holders(a_.region, '1').size(), 1u);
    EXPECT_EQ(holders(a_.region, '1')[0].key.tenant, a_);
    ASSERT_EQ(holders(a_elsewhere_.region, '1').size(), 1u);
    EXPECT_EQ(holders(a_elsewhere_.region, '1')[0].key.tenant.account,
              b_.account);
    EXPECT_TRUE(holders(a_.region, '2').empty());
  });
  const absl::Status second = Try(*store_, [&](Transaction& t) {
    t.PutRegistrationCode(a_, "code");
    t.PutDevice(DeviceOf(b_, '1', Mode::kDefault));
  });
  EXPECT_EQ(ErrorCodeOf(second), ErrorCode::kInternalFailure);
  See(*store_, [&](const RegistryView& view) {
    EXPECT_FALSE(view.FindRegistrationCode(a_).has_value());
    EXPECT_EQ(view.FindDevice({b_, IdOf('1')})->mode, Mode::kSniOnly);
  });
}

// What is signed names a device, not the certificate: a tenant has one row of
// it, and a region one of mode DEFAULT for each issuer.
TEST_P(StoreLookupsTest, KnowsADeviceByWhatIsSigned) {
  DeviceRow twin = DeviceOf(a_, '2', Mode::kSniOnly);
  twin.signed_id = SignedIdOf('1');
  DeviceRow look_alike = DeviceOf(b_, '2', Mode::kDefault);
  look_alike.signed_id = SignedIdOf('1');
  look_alike.issuer = CaId(IdOf('e').bytes());
  Commit([&](Transaction& t) {
    t.PutDevice(DeviceOf(a_, '1', Mode::kDefault));
    t.PutDevice(look_alike);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDevice(a_, SignedIdOf('1'))->key.id, IdOf('1'));
    EXPECT_EQ(view.FindDevice(b_, SignedIdOf('1'))->key.id, IdOf('2'));
    EXPECT_FALSE(view.FindDevice(b_, SignedIdOf('2')).has_value());
    EXPECT_EQ(view.FindDefaultDevices(a_.region, SignedIdOf('1')).size(), 2u);
  });
  EXPECT_EQ(
      ErrorCodeOf(Try(*store_, [&](Transaction& t) { t.PutDevice(twin); })),
      ErrorCode::kInternalFailure);
  // Once the one is gone, the other may come.
  Commit([&](Transaction& t) {
    t.DeleteDevice({a_, IdOf('1')});
    t.PutDevice(twin);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindDevice(a_, SignedIdOf('1'))->key.id, IdOf('2'));
  });
}

TEST_P(StoreLookupsTest, FindsTransfersOnlyWhileTheyArePending) {
  DeviceRow row = RichDevice(a_, '1');
  Commit([&](Transaction& t) { t.PutDevice(row); });
  See(*store_, [&](const RegistryView& view) {
    const auto all = [&](const Tenant& target) {
      return view.ListTransfersTo(target, {}, 10);
    };
    EXPECT_EQ(all(b_), std::vector{row});
    EXPECT_TRUE(all(a_).empty());
    EXPECT_TRUE(all(TenantOf("b", "r2")).empty());
    EXPECT_TRUE(all(TenantOf("x", "r9")).empty());
  });
  row.status = DeviceStatus::kInactive;
  Commit([&](Transaction& t) { t.PutDevice(row); });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_TRUE(view.ListTransfersTo(b_, {}, 10).empty());
    EXPECT_TRUE(view.FindDevice(row.key)->transfer.has_value());
  });
}

TEST_P(StoreLookupsTest, TransfersComeByCertificateAndSource) {
  const Tenant c = TenantOf("c", "r1");
  std::vector<DeviceRow> rows;
  for (char digit : {'1', '2', '3'}) {
    for (const Tenant& from : {a_, c}) {
      DeviceRow row = RichDevice(from, digit);
      row.mode = Mode::kSniOnly;
      rows.push_back(row);
    }
  }
  Commit([&](Transaction& t) {
    for (size_t i = rows.size(); i-- > 0;) t.PutDevice(rows[i]);
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.ListTransfersTo(b_, {}, 10), rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      const RegistryView::Offer after{rows[i].key.id,
                                      rows[i].key.tenant.account};
      EXPECT_EQ(view.ListTransfersTo(b_, after, 10),
                std::vector(rows.begin() + i + 1, rows.end()));
      EXPECT_EQ(view.ListTransfersTo(b_, {rows[i].key.id, Account()}, 1),
                std::vector{rows[i / 2 * 2]});
    }
  });
}

TEST_P(StoreLookupsTest, CandidatesOfASubjectComeOldestFirst) {
  Commit([&](Transaction& t) {
    for (const auto& [digit, date] :
         {std::pair('1', 30), {'2', 10}, {'4', 20}, {'3', 20}}) {
      CaRow row = CaOf(a_, digit, Mode::kSniOnly);
      row.creation_date = date;
      t.PutCa(row);
    }
  });
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(SubjectsOf(view, a_, 7),
              (std::vector<std::string>{"subject 2", "subject 3", "subject 4",
                                        "subject 1"}));
  });
}

TEST_P(StoreLookupsTest, CasOfASubjectAreFoundInTheWholeRegion) {
  Commit([&](Transaction& t) {
    t.PutCa(CaOf(a_, '1', Mode::kDefault));
    t.PutCa(CaOf(b_, '1', Mode::kSniOnly));
    t.PutCa(CaOf(b_, '2', Mode::kSniOnly));
    t.PutCa(CaOf(a_elsewhere_, '3', Mode::kDefault));
    CaRow other = CaOf(a_, '4', Mode::kDefault);
    other.subject_hash = 8;
    t.PutCa(other);
    // One that is gone, and one that was another.
    t.PutCa(CaOf(b_, '5', Mode::kDefault));
    t.DeleteCa({b_, IdOf('5')});
    other = CaOf(b_, '6', Mode::kDefault);
    t.PutCa(other);
    other.mode = Mode::kSniOnly;
    other.subject_hash = UINT64_MAX;
    t.PutCa(other);
  });
  const auto visited = [&](const Region& region, Mode mode, uint64_t hash,
                           size_t enough) {
    std::multiset<std::string> found;
    See(*store_, [&](const RegistryView& view) {
      view.VisitCasBySubject(region, mode, hash, [&](const CaRow& row) {
        EXPECT_EQ(row.mode, mode);
        EXPECT_EQ(view.FindCa(row.key), row);
        found.insert(absl::StrCat(row.key.tenant.account.text(),
                                  row.key.id.ToHex().substr(0, 1)));
        return found.size() < enough ? RegistryView::Seen::kTooLittle
                                     : RegistryView::Seen::kEnough;
      });
    });
    return found;
  };
  using Found = std::multiset<std::string>;
  EXPECT_EQ(visited(a_.region, Mode::kDefault, 7, 9), Found{"a1"});
  EXPECT_EQ(visited(a_.region, Mode::kSniOnly, 7, 9), (Found{"b1", "b2"}));
  EXPECT_EQ(visited(a_.region, Mode::kSniOnly, 7, 1).size(), 1u);
  EXPECT_EQ(visited(a_.region, Mode::kDefault, 8, 9), Found{"a4"});
  EXPECT_EQ(visited(a_.region, Mode::kSniOnly, UINT64_MAX, 9), Found{"b6"});
  EXPECT_EQ(visited(a_elsewhere_.region, Mode::kDefault, 7, 9), Found{"a3"});
  EXPECT_EQ(visited(a_elsewhere_.region, Mode::kSniOnly, 7, 9), Found());
  EXPECT_EQ(visited(TenantOf("x", "r9").region, Mode::kDefault, 7, 9), Found());
}

TEST_P(StoreLookupsTest, ADeviceSaysWhoseItWas) {
  DeviceRow row = DeviceOf(b_, '1', Mode::kSniOnly);
  row.previous_owner = a_.account;
  Commit([&](Transaction& t) {
    t.PutDevice(row);
    t.PutDevice(DeviceOf(b_, '2', Mode::kSniOnly));
  });
  const auto has_moved = [&](const Tenant& tenant, char digit) {
    bool found = false;
    See(*store_, [&](const RegistryView& view) {
      found = view.HasMovedFrom(tenant, IdOf(digit));
    });
    return found;
  };
  EXPECT_TRUE(has_moved(a_, '1'));
  EXPECT_FALSE(has_moved(a_, '2'));
  EXPECT_FALSE(has_moved(b_, '1'));
  EXPECT_FALSE(has_moved(a_elsewhere_, '1'));
  EXPECT_FALSE(has_moved({Account(), a_.region}, '2'));
  // A second one from the same account; then the first moves on.
  row.key.tenant = TenantOf("c", "r1");
  Commit([&](Transaction& t) { t.PutDevice(row); });
  row.key.tenant = b_;
  row.previous_owner = TenantOf("d", "r1").account;
  Commit([&](Transaction& t) { t.PutDevice(row); });
  EXPECT_TRUE(has_moved(a_, '1'));
  EXPECT_TRUE(has_moved(TenantOf("d", "r1"), '1'));
  Commit([&](Transaction& t) {
    t.DeleteDevice({TenantOf("c", "r1"), IdOf('1')});
  });
  EXPECT_FALSE(has_moved(a_, '1'));
}

TEST_P(StoreLookupsTest, CasWithCrlsAreListed) {
  Commit([&](Transaction& t) {
    for (const char digit : {'1', '2'}) t.PutCrls(CrlsOf(a_, digit));
    t.PutCrls(CrlsOf(b_, '3'));
    CrlRow gone = CrlsOf(a_, '4');
    t.PutCrls(gone);
    gone.crls.clear();
    t.PutCrls(gone);
  });
  See(*store_, [&](const RegistryView& view) {
    std::vector<std::string> order;
    EXPECT_TRUE(view.ForEachCrls([&](const CrlRow& row) {
                      if (row.key.tenant == a_) order.push_back(row.ca);
                      return absl::OkStatus();
                    })
                    .ok());
    std::vector<std::string> listed;
    for (const RegistryView::CrlCa& ca : view.ListCrlCas(a_)) {
      EXPECT_EQ(view.FindCrls(CrlKeyOf(a_, ca.ca))->ca, ca.der);
      listed.push_back(ca.der);
    }
    EXPECT_EQ(listed.size(), 2u);
    EXPECT_EQ(listed, order);
    EXPECT_TRUE(view.ListCrlCas(a_elsewhere_).empty());
  });
}

TEST_P(StoreLookupsTest, ConfigurationNamesAreUniqueInATenant) {
  EndpointRow row = EndpointOf(a_, "one.example");
  row.configuration = "conf";
  EndpointRow other_region = EndpointOf(a_elsewhere_, "one.example");
  other_region.configuration = "conf";
  Commit([&](Transaction& t) {
    t.PutEndpoint(row);
    t.PutEndpoint(other_region);
    t.PutEndpoint(EndpointOf(a_, "plain.example"));
    t.PutEndpoint(EndpointOf(a_, "plain2.example"));
  });
  EndpointRow second = EndpointOf(a_, "two.example");
  second.configuration = "conf";
  const absl::Status refused =
      Try(*store_, [&](Transaction& t) { t.PutEndpoint(second); });
  EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kInternalFailure);
  second.configuration = "another";
  Commit([&](Transaction& t) { t.PutEndpoint(second); });
  const auto names = [&](const Tenant& tenant) {
    std::vector<std::string> hosts;
    See(*store_, [&](const RegistryView& view) {
      for (const EndpointRow& found : view.ListConfigurations(tenant)) {
        hosts.push_back(found.endpoint.host_name);
      }
    });
    return hosts;
  };
  EXPECT_EQ(names(a_),
            (std::vector<std::string>{"two.example", "one.example"}));
  EXPECT_EQ(names(b_), std::vector<std::string>());
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(view.FindConfiguration(a_, "conf")->endpoint.host_name,
              "one.example");
    EXPECT_FALSE(view.FindConfiguration(b_, "conf").has_value());
    EXPECT_FALSE(view.FindConfiguration(a_, "").has_value());
  });
}

// ---- Lists

// The creation dates of a walk in pages of `limit`.
std::vector<std::string> Walk(const RegistryView& view, const Tenant& tenant,
                              std::string_view template_name, Page::Order order,
                              size_t limit) {
  std::vector<std::string> walked;
  Page page{.after = std::nullopt, .order = order, .limit = limit};
  while (true) {
    const std::vector<CaRow> rows = view.ListCas(tenant, template_name, page);
    EXPECT_LE(rows.size(), limit);
    for (const CaRow& row : rows) {
      walked.push_back(
          absl::StrCat(row.creation_date, row.key.id.ToHex().substr(0, 1)));
      page.after = {row.creation_date, row.key.id};
    }
    if (rows.size() < limit) return walked;
  }
}

TEST_P(StoreLookupsTest, PagesAreInOrderOfDateAndId) {
  // Ties, the largest and smallest dates and ids.
  const std::vector<std::pair<char, UnixMillis>> rows = {
      {'0', INT64_MIN}, {'5', 1}, {'3', 1},         {'4', 1},
      {'a', 2},         {'1', 9}, {'f', INT64_MAX},
  };
  Commit([&](Transaction& t) {
    for (const auto& [digit, date] : rows) {
      CaRow row = CaOf(a_, digit, Mode::kSniOnly);
      row.creation_date = date;
      if (date == 1) {
        row.registration_config = RegistrationConfig();
        row.registration_config->template_name = digit == '5' ? "t2" : "t1";
      }
      t.PutCa(row);
    }
    t.PutCa(CaOf(b_, '8', Mode::kSniOnly));
  });
  const std::vector<std::string> up = {
      absl::StrCat(INT64_MIN, "0"), "13", "14", "15", "2a", "91",
      absl::StrCat(INT64_MAX, "f")};
  const std::vector<std::string> down(up.rbegin(), up.rend());
  See(*store_, [&](const RegistryView& view) {
    for (const size_t limit : {1, 2, 3, 7, 100}) {
      EXPECT_EQ(Walk(view, a_, "", Page::Order::kAscending, limit), up);
      EXPECT_EQ(Walk(view, a_, "", Page::Order::kDescending, limit), down);
      EXPECT_EQ(Walk(view, a_, "t1", Page::Order::kAscending, limit),
                (std::vector<std::string>{"13", "14"}));
      EXPECT_EQ(Walk(view, a_, "t1", Page::Order::kDescending, limit),
                (std::vector<std::string>{"14", "13"}));
      EXPECT_TRUE(
          Walk(view, a_, "none", Page::Order::kAscending, limit).empty());
    }
    EXPECT_TRUE(view.ListCas(a_, "", {.after = {}, .limit = 0}).empty());
    EXPECT_EQ(view.ListCas(b_, "", {}).size(), 1u);
    EXPECT_TRUE(view.ListCas(TenantOf("x", "r9"), "", {}).empty());
  });
}

TEST_P(StoreLookupsTest, APlaceOutlivesItsRow) {
  Commit([&](Transaction& t) {
    for (const char digit : {'1', '2', '3'}) {
      t.PutCa(CaOf(a_, digit, Mode::kSniOnly));
    }
  });
  Commit([&](Transaction& t) { t.DeleteCa({a_, IdOf('2')}); });
  See(*store_, [&](const RegistryView& view) {
    Page page{.after = Page::Place{100, IdOf('2')},
              .order = Page::Order::kAscending};
    ASSERT_EQ(view.ListCas(a_, "", page).size(), 1u);
    EXPECT_EQ(view.ListCas(a_, "", page)[0].key.id, IdOf('3'));
    page.order = Page::Order::kDescending;
    EXPECT_EQ(view.ListCas(a_, "", page)[0].key.id, IdOf('1'));
  });
}

TEST_P(StoreLookupsTest, DevicesAreListedByTenantAndCa) {
  Commit([&](Transaction& t) {
    for (const char digit : {'1', '2', '3', '4'}) {
      DeviceRow row = DeviceOf(a_, digit, Mode::kDefault);
      if (digit != '4') row.ca = digit == '2' ? IdOf('d') : IdOf('c');
      t.PutDevice(row);
    }
    DeviceRow others = DeviceOf(b_, '5', Mode::kDefault);
    others.ca = IdOf('c');
    t.PutDevice(others);
  });
  const auto ids = [](const std::vector<DeviceRow>& rows) {
    std::string text;
    for (const DeviceRow& row : rows) text += row.key.id.ToHex()[0];
    return text;
  };
  See(*store_, [&](const RegistryView& view) {
    Page up{.after = {}, .order = Page::Order::kAscending};
    EXPECT_EQ(ids(view.ListDevices(a_, std::nullopt, up)), "1234");
    EXPECT_EQ(ids(view.ListDevices(a_, std::nullopt, {})), "4321");
    EXPECT_EQ(ids(view.ListDevices(a_, IdOf('c'), up)), "13");
    EXPECT_EQ(ids(view.ListDevices(a_, IdOf('c'), {})), "31");
    EXPECT_EQ(ids(view.ListDevices(a_, IdOf('e'), up)), "");
    up.limit = 1;
    up.after = Page::Place{100, IdOf('1')};
    EXPECT_EQ(ids(view.ListDevices(a_, IdOf('c'), up)), "3");
    EXPECT_EQ(ids(view.ListDevices(b_, IdOf('c'), {})), "5");
  });
}

// ---- Everything

TEST_P(StoreLookupsTest, RowsOfOneCertificateComeTogether) {
  Commit([&](Transaction& t) {
    for (const Tenant& tenant : {a_, b_, a_elsewhere_}) {
      for (const char digit : {'3', '1', '2'}) {
        t.PutCa(CaOf(tenant, digit, Mode::kSniOnly));
      }
    }
  });
  See(*store_, [&](const RegistryView& view) {
    std::vector<CertificateId> order;
    size_t rows = 0;
    EXPECT_TRUE(view.ForEachCa([&](const CaRow& row) {
                      ++rows;
                      if (order.empty() || order.back() != row.key.id) {
                        order.push_back(row.key.id);
                      }
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_EQ(rows, 9u);
    EXPECT_EQ(order.size(), 3u);
  });
}

TEST_P(StoreLookupsTest, AVisitorCanEndTheVisit) {
  Commit([&](Transaction& t) {
    for (const char digit : {'1', '2', '3'}) {
      t.PutCa(CaOf(a_, digit, Mode::kSniOnly));
      t.PutDevice(DeviceOf(a_, digit, Mode::kSniOnly));
    }
  });
  int visits = 0;
  const auto stop = [&](const auto&) {
    ++visits;
    return MakeError(ErrorCode::kLimitExceeded, "enough");
  };
  const absl::Status ended = store_->Read(
      [&](const RegistryView& view) { return view.ForEachCa(stop); });
  EXPECT_EQ(ErrorCodeOf(ended), ErrorCode::kLimitExceeded);
  EXPECT_EQ(visits, 1);
  See(*store_, [&](const RegistryView& view) {
    EXPECT_EQ(ErrorCodeOf(view.ForEachDevice(stop)), ErrorCode::kLimitExceeded);
    // The view goes on; and looks may be nested.
    int pairs = 0;
    EXPECT_TRUE(view.ForEachCa([&](const CaRow&) {
                      return view.ForEachCa([&](const CaRow& row) {
                        if (view.FindCa(row.key)) ++pairs;
                        return absl::OkStatus();
                      });
                    })
                    .ok());
    EXPECT_EQ(pairs, 9);
  });
}

}  // namespace
}  // namespace chainkeep::store
