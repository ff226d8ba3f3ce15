#include "engine/sni/endpoint_table.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/memory/sanitizer.h"
#include "tests/sni/resolved.h"
#include "tests/sni/sni_fixture.h"

namespace chainkeep::sni {
namespace {

using test::Resolved;

Endpoint EndpointOf(const Account& account, const Region& region) {
  return {
      .host_name = "is not looked at", .account = account, .region = region};
}

Account AccountAt(uint64_t number) {
  return *Account::Parse(std::to_string(100'000'000'000 + number));
}

class EndpointTableTest : public testing::Test {
 protected:
  Resolved Resolve(const Region& region, std::string_view name,
                   EndpointService service = EndpointService::kData) const {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    return Resolved(table_.Resolve(pin, region, Name(name), service));
  }
  // The account that `name` leads to; empty if none.
  Account Owner(const Region& region, std::string_view name) const {
    const Resolved resolution = Resolve(region, name);
    return resolution.tenant ? resolution.tenant->account() : Account();
  }

  memory::Epochs epochs_;
  EndpointTable table_{&epochs_, TestHasher()};
};

TEST_F(EndpointTableTest, R63_UnknownNamesResolveToNothing) {
  const Resolved resolution = Resolve(kEast, "a.example");
  EXPECT_FALSE(resolution.tenant.has_value());
  EXPECT_EQ(resolution.refusal, Reason::kServerNameUnknown);
  EXPECT_TRUE(resolution.account.empty());
}

TEST_F(EndpointTableTest, R65_ResolvesInsideItsRegionOnly) {
  table_.Put(Name("a.example"), EndpointOf(kA, kEast), 7);
  table_.Put(Name("a.example"), EndpointOf(kB, kWest), 8);
  const Resolved east = Resolve(kEast, "A.Example");
  ASSERT_TRUE(east.tenant.has_value());
  EXPECT_EQ(east.tenant->account(), kA);
  EXPECT_EQ(east.tenant->region(), kEast);
  EXPECT_EQ(east.tenant->version(), 7u);
  EXPECT_EQ(Owner(kWest, "a.example"), kB);
  EXPECT_EQ(table_.size(), 2u);
}

TEST_F(EndpointTableTest, R66_AHostNameIsNoWildcard) {
  table_.Put(Name("example.com"), EndpointOf(kA, kEast), 1);
  for (std::string_view name : {"x.example.com", "com", "xexample.com"}) {
    EXPECT_FALSE(Resolve(kEast, name).tenant.has_value()) << name;
  }
}

TEST_F(EndpointTableTest, R66_AWildcardCoversOneLabelAndExactWins) {
  table_.Put(Wild("*.example.com"), EndpointOf(kA, kEast), 1);
  table_.Put(Name("b.example.com"), EndpointOf(kB, kEast), 2);
  Endpoint off = EndpointOf(kA, kEast);
  off.status = EndpointStatus::kDisabled;
  table_.Put(Name("off.example.com"), off, 3);
  const struct {
    std::string_view name;
    Reason refusal;
    Account account;
    uint64_t version;
  } kCases[] = {
      {"x.example.com", Reason::kAccepted, kA, 1},
      {"y.example.com", Reason::kAccepted, kA, 1},
      {"b.example.com", Reason::kAccepted, kB, 2},
      {"off.example.com", Reason::kServerNameDisabled, kA, 3},
      {"example.com", Reason::kServerNameUnknown, {}, 0},
      {"x.y.example.com", Reason::kServerNameUnknown, {}, 0},
      {"xexample.com", Reason::kServerNameUnknown, {}, 0},
  };
  for (const auto& c : kCases) {
    const Resolved resolution = Resolve(kEast, c.name);
    EXPECT_EQ(resolution.refusal, c.refusal) << c.name;
    EXPECT_EQ(resolution.account, c.account) << c.name;
    EXPECT_EQ(resolution.version, c.version) << c.name;
  }
  EXPECT_EQ(Resolve(kWest, "x.example.com").refusal,
            Reason::kServerNameUnknown);

  EXPECT_TRUE(table_.Remove(kEast, Name("b.example.com")));
  EXPECT_EQ(Owner(kEast, "b.example.com"), kA);
  table_.Put(Wild("*.example.com"), EndpointOf(kB, kEast), 4);
  EXPECT_EQ(Owner(kEast, "x.example.com"), kB);
  EXPECT_TRUE(table_.Remove(kEast, Wild("*.example.com")));
  EXPECT_TRUE(Owner(kEast, "x.example.com").empty());
  EXPECT_FALSE(table_.Remove(kEast, Wild("*.example.com")));
}

TEST_F(EndpointTableTest, R68_DisabledAndWrongServiceKeepTheirAccount) {
  Endpoint endpoint = EndpointOf(kA, kEast);
  endpoint.service = EndpointService::kJobs;
  table_.Put(Name("a.example"), endpoint, 1);
  Resolved resolution = Resolve(kEast, "a.example");
  EXPECT_EQ(resolution.refusal, Reason::kServerNameWrongService);
  EXPECT_EQ(resolution.account, kA);
  EXPECT_FALSE(resolution.tenant.has_value());

  endpoint.status = EndpointStatus::kDisabled;
  table_.Put(Name("a.example"), endpoint, 2);
  resolution = Resolve(kEast, "a.example", EndpointService::kJobs);
  EXPECT_EQ(resolution.refusal, Reason::kServerNameDisabled);
  EXPECT_EQ(resolution.version, 2u);
  EXPECT_FALSE(resolution.tenant.has_value());
}

TEST_F(EndpointTableTest, KeepsEveryStateOfAnEndpoint) {
  uint64_t version = uint64_t{1} << 55;  // far beyond what any counter reaches
  for (const EndpointService service :
       {EndpointService::kData, EndpointService::kCredentialProvider,
        EndpointService::kJobs}) {
    for (const EndpointStatus status :
         {EndpointStatus::kEnabled, EndpointStatus::kDisabled}) {
      table_.Put(Name("a.example"),
                 {.account = kA,
                  .region = kEast,
                  .service = service,
                  .status = status},
                 ++version);
      const std::optional<Endpoint> found =
          table_.Find(kEast, Name("a.example"));
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->service, service);
      EXPECT_EQ(found->status, status);
      EXPECT_EQ(Resolve(kEast, "a.example", service).version, version);
    }
  }
}

TEST_F(EndpointTableTest, AResolutionIsValidAsLongAsItsPin) {
  table_.Put(Name("a.example"), EndpointOf(kA, kEast), 1);
  {
    const memory::Epochs::Pin pin = epochs_.Acquire();
    const Resolution resolution =
        table_.Resolve(pin, kEast, Name("a.example"), EndpointService::kData);
    table_.Remove(kEast, Name("a.example"));
    epochs_.Collect();
    ASSERT_TRUE(resolution.has_tenant());
    EXPECT_EQ(resolution.account(), kA);
    EXPECT_EQ(resolution.tenant()->region(), kEast);
  }
  epochs_.Collect();
  epochs_.Collect();
  EXPECT_EQ(epochs_.GetHeld().objects, 0u);
}

// What was found before a change says what was so before, all of it, and bears
// the version of before: at whatever moment the change comes.
TEST_F(EndpointTableTest, AResolutionBearsTheVersionOfWhatItSays) {
  const memory::Epochs::Pin pin = epochs_.Acquire();
  const auto resolve = [&] {
    return table_.Resolve(pin, kEast, Name("a.b.example"),
                          EndpointService::kData);
  };
  Endpoint disabled = EndpointOf(kB, kEast);
  disabled.status = EndpointStatus::kDisabled;
  const struct {
    std::string_view name;
    Endpoint endpoint;
    Reason refusal;
  } kChanges[] = {
      {"*.b.example", EndpointOf(kA, kEast), Reason::kAccepted},
      {"*.b.example", EndpointOf(kB, kEast), Reason::kAccepted},
      {"a.b.example", disabled, Reason::kServerNameDisabled},
      {"a.b.example", EndpointOf(kA, kEast), Reason::kAccepted},
      {"a.b.example", EndpointOf(kA, kEast), Reason::kAccepted},
  };
  uint64_t version = 0;
  Resolution last = resolve();
  for (const auto& change : kChanges) {
    const Resolved before(last);
    table_.Put(*EndpointName::Parse(change.name), change.endpoint, ++version);
    epochs_.Collect();
    const Resolved kept(last);
    EXPECT_EQ(kept.account, before.account);
    EXPECT_EQ(kept.refusal, before.refusal);
    EXPECT_EQ(kept.version, version - 1);
    last = resolve();
    EXPECT_EQ(last.account(), change.endpoint.account);
    EXPECT_EQ(last.refusal(), change.refusal);
    EXPECT_EQ(last.version(), version);
    if (last.has_tenant()) {
      EXPECT_EQ(last.tenant()->version(), version);
    }
  }
}

TEST_F(EndpointTableTest, RemovesAndFinds) {
  table_.Put(Name("A.example"), EndpointOf(kA, kEast), 1);
  EXPECT_EQ(table_.Find(kEast, Name("a.example"))->host_name, "a.example");
  EXPECT_FALSE(table_.Remove(kWest, Name("a.example")));
  EXPECT_TRUE(table_.Remove(kEast, Name("a.example")));
  EXPECT_FALSE(table_.Remove(kEast, Name("a.example")));
  EXPECT_FALSE(table_.Find(kEast, Name("a.example")).has_value());
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(EndpointTableTest, NamesOfAllLengthsAreKeptWhole) {
  std::string text = "a";
  std::vector<std::string> names;
  while (text.size() <= HostName::kMaxLength) {
    names.push_back(text);
    text += text.size() % 10 == 9 ? '.' : 'b';
    if (text.ends_with('.')) text += 'c';
  }
  for (size_t i = 0; i < names.size(); ++i) {
    table_.Put(Name(names[i]), EndpointOf(AccountAt(i), kEast), i + 1);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(table_.Find(kEast, Name(names[i]))->host_name, names[i]);
    EXPECT_EQ(Owner(kEast, names[i]), AccountAt(i));
  }
  EXPECT_EQ(names.back().size(), HostName::kMaxLength);
}

// The table and a std::map, told and asked the same things.
TEST_F(EndpointTableTest, AgreesWithAMap) {
  std::map<std::pair<std::string, std::string>, std::pair<Account, uint64_t>>
      model;
  std::mt19937_64 random(3);
  const Region regions[] = {kEast, kWest};
  for (uint64_t i = 1; i < 60'000; ++i) {
    const Region& region = regions[random() % 2];
    const std::string text = (random() % 8 == 0 ? "*.n" : "w.n") +
                             std::to_string(random() % 500) + ".example";
    const std::pair key(std::string(region.text()), text);
    if (random() % 3 == 0) {
      EXPECT_EQ(table_.Remove(region, Wild(text)), model.erase(key) == 1);
    } else {
      const Account account = AccountAt(random() % 20);
      table_.Put(Wild(text), EndpointOf(account, region), i);
      model[key] = {account, i};
    }
    ASSERT_EQ(table_.size(), model.size());
    const std::string parent =
        "n" + std::to_string(random() % 500) + ".example";
    const Resolved resolution = Resolve(region, "w." + parent);
    auto expected = model.find({std::string(region.text()), "w." + parent});
    if (expected == model.end()) {
      expected = model.find({std::string(region.text()), "*." + parent});
    }
    ASSERT_EQ(resolution.tenant.has_value(), expected != model.end());
    if (expected == model.end()) continue;
    ASSERT_EQ(resolution.tenant->account(), expected->second.first);
    ASSERT_EQ(resolution.version, expected->second.second);
  }
}

// Each state of an endpoint says the same thing three times: in its account,
// its service and its version.
TEST_F(EndpointTableTest, ReadersSeeAnOldStateOrANewOneAndNeverAMixture) {
  constexpr int kNames = 20;
  const auto name_at = [](uint64_t i) {
    return Name("n" + std::to_string(i) + ".example");
  };
  const auto put = [&](uint64_t i, uint64_t version) {
    const auto service = static_cast<EndpointService>(version % 3);
    table_.Put(name_at(i),
               {.account = AccountAt(version % 7),
                .region = kEast,
                .service = service},
               version);
  };
  for (int i = 0; i < kNames; ++i) put(i, 1);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(r);
      while (!stop) {
        const uint64_t i = random() % kNames;
        const auto wanted = static_cast<EndpointService>(random() % 3);
        const memory::Epochs::Pin pin = epochs_.Acquire();
        const Resolution resolution =
            table_.Resolve(pin, kEast, name_at(i), wanted);
        const bool fits =
            resolution.version() % 3 == static_cast<uint64_t>(wanted);
        if (resolution.refusal() == Reason::kServerNameUnknown) {
          // The even ones are always there.
          if (i % 2 == 0) ++wrong;
        } else if (resolution.account() !=
                       AccountAt(resolution.version() % 7) ||
                   resolution.has_tenant() != fits) {
          ++wrong;
        }
      }
    });
  }
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([&, w] {
      std::mt19937_64 random(100 + w);
      for (uint64_t n = 2; n < 30'000; ++n) {
        const uint64_t i = random() % kNames;
        if (i % 2 == 1 && random() % 3 == 0) {
          table_.Remove(kEast, name_at(i));
        } else {
          put(i, n);
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0);
}

// The owner never lets the name into the open wildcard: what it says of the
// name itself comes before the wildcard opens, and goes after it has closed.
TEST_F(EndpointTableTest, AWildcardComesAndGoesUnderReaders) {
  const HostName name = Name("a.example.com");
  Endpoint off = EndpointOf(kA, kEast);
  off.status = EndpointStatus::kDisabled;
  std::atomic<bool> stop = false;
  std::atomic<int> accepted = 0;
  std::thread reader([&] {
    while (!stop) {
      const memory::Epochs::Pin pin = epochs_.Acquire();
      if (table_.Resolve(pin, kEast, name, EndpointService::kData)
              .has_tenant()) {
        ++accepted;
      }
    }
  });
  for (uint64_t n = 1; n < 40'000; n += 2) {
    table_.Put(name, off, n);
    table_.Put(Wild("*.example.com"), EndpointOf(kA, kEast), n + 1);
    table_.Remove(kEast, Wild("*.example.com"));
    table_.Remove(kEast, name);
  }
  stop = true;
  reader.join();
  EXPECT_EQ(accepted.load(), 0);
}

TEST_F(EndpointTableTest, LooksUpAndWritesAfterFork) {
  if (memory::kSanitizer == memory::Sanitizer::kThread) {
    GTEST_SKIP() << "a child of threads has no tsan";
  }
  table_.Put(Name("a.example"), EndpointOf(kA, kEast), 1);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t n = 2; !stop; ++n) {
      table_.Put(Name("b.example"), EndpointOf(kB, kEast), n);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(20);  // a lock that nobody gives back
      table_.Put(Name("b.example"), EndpointOf(kA, kEast), 9);
      const bool good = Owner(kEast, "a.example") == kA &&
                        Owner(kEast, "b.example") == kA &&
                        table_.Remove(kEast, Name("b.example"));
      _exit(good ? 0 : 1);
    }
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  writer.join();
}

TEST_F(EndpointTableTest, TenantsGoWithTheirLastEndpoint) {
  if (memory::kSanitizer != memory::Sanitizer::kNone) {
    GTEST_SKIP() << "another allocator";
  }
  // An endpoint moves from account to account, and at last goes.
  const auto come_and_go = [&](uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; ++i) {
      table_.Put(Name("a.example"), EndpointOf(AccountAt(i), kEast), i);
    }
    ASSERT_TRUE(table_.Remove(kEast, Name("a.example")));
    epochs_.Collect();
  };
  come_and_go(0, 1000);
  const size_t before = mallinfo2().uordblks;
  come_and_go(1000, 21'000);
  // Less than a byte for each.
  EXPECT_LT(mallinfo2().uordblks, before + 20'000);
}

TEST(TenantNames, KeepsOneCopyWhileItIsShared) {
  memory::Epochs epochs;
  TenantNames tenants(&epochs, TestHasher());
  const TenantName* first = tenants.Share(kA, kEast);
  EXPECT_EQ(first->account, kA);
  EXPECT_EQ(first->region->region, kEast);
  EXPECT_EQ(first->region->hash, TestHasher()(std::string(kEast.text())));
  EXPECT_EQ(tenants.Share(kA, kEast), first);
  const TenantName* west = tenants.Share(kA, kWest);
  EXPECT_NE(west, first);
  EXPECT_NE(west->region, first->region);
  const TenantName* second = tenants.Share(kB, kEast);
  EXPECT_NE(second, first);
  EXPECT_EQ(second->region, first->region) << "one copy of a region too";
  EXPECT_EQ(tenants.size(), 3u);
  tenants.Release(first);
  EXPECT_EQ(tenants.size(), 3u);
  tenants.Release(first);
  EXPECT_EQ(tenants.size(), 2u);
  tenants.Release(west);
  EXPECT_EQ(tenants.size(), 1u);
}

}  // namespace
}  // namespace chainkeep::sni
