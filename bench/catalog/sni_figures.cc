#include "bench/catalog/sni_figures.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "bench/catalog/fleet.h"
#include "bench/catalog/key.h"
#include "bench/catalog/memory.h"
#include "bench/catalog/name_lookups.h"
#include "bench/catalog/paired.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/options.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/sni/host_name.h"
#include "engine/sni/sni_cache.h"
#include "tests/support/manual_clock.h"

namespace chainkeep::bench {
namespace {

// A source that answers at once: whoever asks for HostNameAt(i) learns its
// account, for any i, and of another name that nobody has it.
class PromptSource final : public EndpointSource {
 public:
  void Lookup(const Region&, std::string_view host_name, Done done) override {
    uint64_t number = 0;
    if (host_name[0] != 'a' ||
        !absl::SimpleHexAtoi(host_name.substr(1, 8), &number)) {
      done(std::nullopt);
      return;
    }
    done(SourcedEndpoint{.account = AccountAt(number / 100)});
  }
};

// A cache and all that it uses. Its clock stands still.
class CacheUnderTest {
 public:
  explicit CacheUnderTest(size_t bytes)
      : region_(*Region::Parse("us-east-1")),
        hasher_(Secret()),
        cache_({.epochs = &epochs_,
                .hasher = &hasher_,
                .clock = &clock_,
                .source = &source_},
               {.bytes = bytes}) {}

  // Whether an answer is at hand; if not, it is when this returns.
  bool Use(const sni::HostName& name) {
    if (cache_.Use(region_, name) == NameState::kReady) return true;
    cache_.Await(region_, name, [](const sni::NameOutcome&) {});
    return false;
  }
  bool Use(std::string_view name) { return Use(*sni::HostName::Parse(name)); }
  bool Find(const memory::Epochs::Pin& pin, const sni::HostName& name) const {
    return cache_.Find(pin, region_, name, EndpointService::kData).has_tenant();
  }

  memory::Epochs::Pin Pin() const { return epochs_.Acquire(); }

  sni::SniCache::Usage usage() const { return cache_.GetUsage(); }

 private:
  static memory::Hasher::Secret Secret() {
    memory::Hasher::Secret secret;
    Random random(11);
    for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random.Next());
    return secret;
  }

  const Region region_;
  mutable memory::Epochs epochs_;
  const memory::Hasher hasher_;
  test::ManualClock clock_;
  PromptSource source_;
  sni::SniCache cache_;
};

// Lets `others` names pass through a cache that holds a hot set, and returns
// which share of the requests for the hot set it answered at once.
template <typename NameOf>
double Flood(size_t others, size_t hot, std::string_view what, NameOf name_of) {
  // Room for some three times the hot set.
  const size_t bound = std::max<size_t>(size_t{1} << 20, 1000 * hot);
  CacheUnderTest cache(bound);
  for (int round = 0; round < 3; ++round) {
    for (uint64_t i = 0; i < hot; ++i) cache.Use(HostNameAt(i));
  }
  Random random(13);
  size_t asked = 0;
  size_t hits = 0;
  size_t most_bytes = 0;
  for (uint64_t i = 0; i < others; ++i) {
    cache.Use(name_of(i));
    if (i % 10 != 0) continue;
    hits += cache.Use(HostNameAt(random.Below(hot)));
    ++asked;
    most_bytes = std::max(most_bytes, cache.usage().bytes);
  }
  const double rate = static_cast<double>(hits) / static_cast<double>(asked);
  absl::PrintF(
      "  %d %s, one in ten requests for a hot set of %d: hit rate %.5f,\n"
      "  at most %.2f MB of %.2f MB and the negative names'\n",
      others, what, hot, rate, static_cast<double>(most_bytes) / 1e6,
      static_cast<double>(bound) / 1e6);
  return rate;
}

}  // namespace

void RunSniHits(const Scale& scale) {
  const size_t names = scale.entries / 10;
  const double seconds = scale.slice_seconds;
  CacheUnderTest cache(std::max<size_t>(1000 * names, 16 << 20));
  for (uint64_t i = 0; i < names; ++i) cache.Use(HostNameAt(i));
  NameMap map(names);
  uint64_t seed = 5000;
  const auto no_pin = [] { return 0; };
  const auto ask = [&](auto pin, auto find) {
    const Lookups lookups = AskNames(names, seconds, ++seed, pin, find);
    Require(lookups.found == lookups.asked, "a cached name was not found");
    return lookups.Nanoseconds();
  };
  std::vector<double> each_pinned;
  std::vector<double> with_use;
  const Pairs hits = Interleave(
      scale.pairs,
      [&] {
        each_pinned.push_back(ask(no_pin, [&](int, const sni::HostName& name) {
          return cache.Find(cache.Pin(), name);
        }));
        with_use.push_back(ask(no_pin, [&](int, const sni::HostName& name) {
          return cache.Use(name) && cache.Find(cache.Pin(), name);
        }));
        return ask(
            [&] { return cache.Pin(); },
            [&](const memory::Epochs::Pin& pin, const sni::HostName& name) {
              return cache.Find(pin, name);
            });
      },
      [&] {
        return ask(no_pin, [&](int, const sni::HostName& name) {
          return map.Has(name);
        });
      });
  absl::PrintF(
      "  %d names out of the cache: under a pin for 64 %s ns, with a pin for "
      "each\n"
      "  %s ns, and after asking whether it is at hand %s ns;\n"
      "  absl unlocked %s ns; ratio %s\n",
      names, SpreadOf(hits.a).Text(), SpreadOf(each_pinned).Text(),
      SpreadOf(with_use).Text(), SpreadOf(hits.b).Text(), hits.Ratio().Text());
  ReportFigure("sni_hit_vs_absl", hits.Ratio().median);
}

void RunSniFloods(const Scale& scale) {
  const size_t hot = scale.random_names / 100;
  const double unknown =
      Flood(scale.random_names, hot, "names that nobody has", [](uint64_t i) {
        return absl::StrFormat("r%016x.example.com", Random::Mix(i));
      });
  const double known =
      Flood(scale.random_names, hot, "names that somebody has",
            [&](uint64_t i) { return HostNameAt(scale.random_names + i); });
  ReportFigure("flood_hit_rate", std::min(unknown, known));
}

}  // namespace chainkeep::bench
