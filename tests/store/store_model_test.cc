// MemoryStore is what SqliteStore is held to: after the same random operations
// they hold the same, answer alike and tell the same changes, whether or not
// the file was closed and opened in between.

#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "chainkeep/status.h"
#include "engine/store/memory_store.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/store/store_fixture.h"

namespace chainkeep::store {
namespace {

// A small world, so that everything meets everything.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }
  bool Flip() { return Below(2) == 0; }
  char Digit() { return "123"[Below(3)]; }
  Account AnAccount() { return *Account::Parse(absl::StrCat("acc", Below(3))); }
  Tenant ATenant() {
    return {AnAccount(), *Region::Parse(absl::StrCat("r", Below(2)))};
  }
  Mode AMode() { return Below(3) == 0 ? Mode::kDefault : Mode::kSniOnly; }
  std::string AHost() {
    static constexpr const char* kNames[] = {"a.x", "b.x", "*.x.y", "c.x.y",
                                             "x.y"};
    return kNames[Below(std::size(kNames))];
  }

  // Does one random thing.
  void Write(Transaction& t, uint64_t seed) {
    random_.seed(seed);
    switch (Below(11)) {
      case 0:
      case 1: {
        CaRow row =
            Flip() ? RichCa(ATenant(), Digit()) : CaOf(ATenant(), 'a', AMode());
        if (row.registration_config) {
          row.registration_config->template_name = Flip() ? "t1" : "";
        }
        row.mode = AMode();
        row.subject_hash = Below(2) * UINT64_MAX;
        row.creation_date = static_cast<UnixMillis>(Below(3));
        row.generation_id = absl::StrCat(Below(100));
        return t.PutCa(row);
      }
      case 2:
        return t.DeleteCa({ATenant(), IdOf(Flip() ? 'a' : Digit())});
      case 3:
      case 4: {
        DeviceRow row = RichDevice(ATenant(), Digit());
        row.mode = AMode();
        row.status = static_cast<DeviceStatus>(Below(5));
        if (Flip()) row.ca = CertificateId();
        row.transfer->to = AnAccount();
        row.previous_owner = Flip() ? AnAccount() : Account();
        if (row.status != DeviceStatus::kPendingTransfer && Flip()) {
          row.transfer.reset();
        }
        row.creation_date = static_cast<UnixMillis>(Below(3));
        return t.PutDevice(row);
      }
      case 5:
        return t.DeleteDevice({ATenant(), IdOf(Digit())});
      case 6: {
        EndpointRow row = EndpointOf(ATenant(), AHost());
        if (Flip()) row.configuration = absl::StrCat("conf", Below(3));
        return t.PutEndpoint(row);
      }
      case 7:
        return t.DeleteEndpoint(ATenant().region, AHost());
      case 8:
        return Flip()
                   ? t.PutTemplate(
                         TemplateOf(ATenant(), absl::StrCat("t", Below(2))))
                   : t.DeleteTemplate(ATenant(), absl::StrCat("t", Below(2)));
      case 9: {
        CrlRow row = CrlsOf(ATenant(), Digit());
        row.crls.resize(Below(3), "more");
        return t.PutCrls(row);
      }
      default:
        return Flip()
                   ? t.PutRegistrationCode(ATenant(), absl::StrCat(Below(100)))
                   : t.DeleteRegistrationCode(ATenant());
    }
  }

  // The answer to one random question.
  std::string Ask(const RegistryView& view, uint64_t seed) {
    random_.seed(seed);
    const Tenant tenant = ATenant();
    const CertificateId id = IdOf(Flip() ? 'a' : Digit());
    const SignedId device(id.bytes());
    Page page;
    page.order = Flip() ? Page::Order::kAscending : Page::Order::kDescending;
    page.limit = Below(4);
    if (Flip()) {
      page.after = {static_cast<UnixMillis>(Below(3)), IdOf(Digit())};
    }
    switch (Below(13)) {
      case 12: {
        const auto row = view.FindDevice(tenant, device);
        return row ? Names(std::vector{*row}) : "none";
      }
      case 9: {
        std::multiset<std::string> names;
        view.VisitCasBySubject(tenant.region, AMode(), Below(2) * UINT64_MAX,
                               [&](const CaRow& row) {
                                 names.insert(Names(std::vector{row}));
                                 return RegistryView::Seen::kTooLittle;
                               });
        return absl::StrJoin(names, "");
      }
      case 10:
        return absl::StrCat(view.HasMovedFrom(tenant, id));
      case 11: {
        std::multiset<std::string> ids;
        for (const RegistryView::CrlCa& ca : view.ListCrlCas(tenant)) {
          ids.insert(ca.ca.ToHex());
        }
        return absl::StrJoin(ids, " ");
      }
      case 0:
        return Name(view.FindDefaultHolder(tenant.region, id));
      case 1:
        return Names(view.FindDefaultDevices(tenant.region, device));
      case 2:
        return Names(view.FindCasBySubject(tenant, Below(2) * UINT64_MAX));
      case 3:
        return Names(view.ListCas(tenant, Flip() ? "t1" : "", page));
      case 4:
        return Names(view.ListDevices(
            tenant, Flip() ? std::optional(IdOf('c')) : std::nullopt, page));
      case 5: {
        return Names(view.ListTransfersTo(
            tenant, {id, Flip() ? tenant.account : Account()}, 1 + Below(3)));
      }
      case 6:
        return absl::StrCat(
            view.OthersHaveEndpointsBelow(tenant, Flip() ? "x" : "x.y"));
      case 7: {
        const auto row =
            view.FindConfiguration(tenant, absl::StrCat("conf", Below(3)));
        return row ? row->endpoint.host_name : "none";
      }
      default: {
        std::string hosts;
        for (const EndpointRow& row : view.ListConfigurations(tenant)) {
          absl::StrAppend(&hosts, row.configuration, "=",
                          row.endpoint.host_name, " ");
        }
        return hosts;
      }
    }
  }

 private:
  static std::string Name(const std::optional<Account>& account) {
    return account ? std::string(account->text()) : "none";
  }
  template <typename Row>
  static std::string Names(const std::vector<Row>& rows) {
    std::string names;
    for (const Row& row : rows) {
      absl::StrAppend(&names, row.key.tenant.account.text(),
                      row.key.id.ToHex().substr(0, 1), "@", row.creation_date,
                      " ");
    }
    return names;
  }

  std::mt19937_64 random_;
};

// The outcome of one transaction of some random operations.
ErrorCode Transact(RegistryStore& store, uint64_t seed) {
  World world(seed);
  const size_t operations = 1 + world.Below(6);
  const bool refused = world.Below(5) == 0;
  return ErrorCodeOf(store.Transact([&](Transaction& t) {
    for (size_t i = 0; i < operations; ++i) world.Write(t, seed + i * 7919);
    return refused ? MakeError(ErrorCode::kLimitExceeded, "refused")
                   : absl::OkStatus();
  }));
}

std::string Ask(const RegistryStore& store, uint64_t seed) {
  std::string answer;
  EXPECT_TRUE(Look(store, [&](const RegistryView& view) {
                answer = World(seed).Ask(view, seed);
              }).ok());
  return answer;
}

TEST(StoreModel, SqliteAndMemoryAnswerAlike) {
  constexpr uint64_t kRounds = 1500;
  TempFolder folder;
  const std::string path = folder.File("store");
  std::unique_ptr<SqliteStore> sqlite = OpenSqlite(path);
  MemoryStore memory;
  int refused = 0;
  Revision at = 0;
  for (uint64_t round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    const ErrorCode outcome = Transact(memory, round * 1000);
    ASSERT_EQ(Transact(*sqlite, round * 1000), outcome);
    if (outcome != ErrorCode::kOk) ++refused;
    for (uint64_t question = 0; question < 8; ++question) {
      const uint64_t seed = round * 1000 + question;
      ASSERT_EQ(Ask(*sqlite, seed), Ask(memory, seed));
    }
    const auto changes = memory.ReadChanges(at, 100);
    const auto stored = sqlite->ReadChanges(at, 100);
    ASSERT_TRUE(changes.ok() && stored.ok());
    ASSERT_EQ(stored->changes, changes->changes);
    at = changes->up_to.revision;
    if (round % 100 == 0) {
      ASSERT_EQ(Dump(*sqlite), Dump(memory));
      sqlite.reset();
      sqlite = OpenSqlite(path, StoreOptions::Check::kWhole);
    }
  }
  EXPECT_EQ(Dump(*sqlite), Dump(memory));
  // Not all was refused, and not nothing.
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 1200);
}

}  // namespace
}  // namespace chainkeep::store
