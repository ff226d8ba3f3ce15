#include "bench/catalog/ca_figures.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/catalog/ca_lookups.h"
#include "bench/catalog/flat_tables.h"
#include "bench/catalog/fleet.h"
#include "bench/catalog/histogram.h"
#include "bench/catalog/memory.h"
#include "bench/catalog/paced_writer.h"
#include "bench/catalog/paired.h"
#include "bench/catalog/scaling.h"

namespace chainkeep::bench {
namespace {

constexpr uint64_t kOwnCas = Fleet::kCasPerAccount;

// Loads the fleet, and says what it cost.
void Load(Fleet& fleet, const Scale& scale) {
  // Every CA once, so that the rest are registrations of interned CAs.
  const Clock::time_point start = Clock::now();
  fleet.LoadCas();
  const size_t with_records = AllocatedBytes();
  fleet.LoadRegistrations();
  const double seconds = SecondsSince(start);
  const double bytes = static_cast<double>(AllocatedBytes() - with_records) /
                       static_cast<double>(scale.entries - fleet.accounts());
  absl::PrintF(
      "  %d registrations of %d CAs by as many accounts: loaded in %.2f s,\n"
      "  %.1f bytes a registration of an interned CA, %.0f MB resident\n",
      scale.entries, fleet.accounts(), seconds, bytes,
      static_cast<double>(GetResident().bytes) / 1e6);
  ReportFigure("load_1e7_s", seconds);
  ReportFigure("bytes_registration", bytes);
}

void MeasureLookups(Fleet& fleet, const Scale& scale) {
  UnlockedTable table(scale.entries);
  UnlockedTable::Reader reader(table);
  for (size_t i = 0; i < scale.entries; ++i) {
    table.Insert(KeyAt(i), ValueAt(i));
  }
  const double seconds = scale.slice_seconds;
  uint64_t seed = 1000;
  std::vector<double> misses;
  std::vector<double> dependent;
  AskCas(fleet, CaAsked::kOwn, seconds, ++seed);
  const Pairs hits = Interleave(
      scale.pairs,
      [&] {
        const auto ns = [](const Lookups& l) { return l.Nanoseconds(); };
        misses.push_back(ns(AskCas(fleet, CaAsked::kForeign, seconds, ++seed)));
        dependent.push_back(ns(AskCasDependently(fleet, seconds, ++seed)));
        return ns(AskCas(fleet, CaAsked::kOwn, seconds, ++seed));
      },
      [&] {
        LookUpFor(seconds / 4, reader, Present(scale.entries), ++seed);
        return LookUpFor(seconds, reader, Present(scale.entries), ++seed)
            .Nanoseconds();
      });
  absl::PrintF(
      "  CA look-up: hit %s ns, miss %s ns, each after the other %s ns\n"
      "  absl unlocked, as many 16-byte keys: hit %s ns; ratio %s\n",
      SpreadOf(hits.a).Text(), SpreadOf(misses).Text(),
      SpreadOf(dependent).Text(), SpreadOf(hits.b).Text(), hits.Ratio().Text());
  ReportFigure("ca_hit_vs_absl_1e7", hits.Ratio().median);
  ReportFigure("ca_dependent_ns_1e7", SpreadOf(dependent).median);
}

void MeasureScaling(Fleet& fleet, const Scale& scale) {
  // More than the caches hold: of 25 MB for each thread one's share of the last
  // cache held all, and two threads' shares did not.
  const PrivateLoop control(2, size_t{128} << 20);
  const double seconds = scale.slice_seconds;
  uint64_t round = 0;
  const auto ask = [&](int thread) {
    return AskCas(fleet, CaAsked::kOwn, seconds, 2000 + 10 * round + thread);
  };
  const auto run_control = [&](int thread) {
    return control.Run(thread, seconds, 2000 + 10 * round + thread);
  };
  Pairs ours;
  Pairs controls;
  for (; round < static_cast<uint64_t>(scale.pairs); ++round) {
    ours.b.push_back(PerSecondOf(1, ask));
    ours.a.push_back(PerSecondOf(2, ask));
    controls.b.push_back(PerSecondOf(1, run_control));
    controls.a.push_back(PerSecondOf(2, run_control));
  }
  const auto in_millions = [](const std::vector<double>& rates) {
    return SpreadOf(rates).Scaled(1e-6).Text();
  };
  absl::PrintF(
      "  two threads over one: CA look-ups %s, control %s;\n"
      "  million a second: CA look-ups %s and %s, control %s and %s\n",
      ours.Ratio().Text(), controls.Ratio().Text(), in_millions(ours.b),
      in_millions(ours.a), in_millions(controls.b), in_millions(controls.a));
  ReportFigure("scaling_2t", ours.Ratio().median);
  ReportFigure("control_scaling_2t", controls.Ratio().median);
}

// Changes, in turn: two of status, a registration of an interned CA, and its
// withdrawal.
void Change(Fleet& fleet, uint64_t n, Random& random) {
  const uint64_t account = random.Below(fleet.accounts());
  switch (n % 4) {
    case 0:
    case 1:
      fleet.SetStatus(account, random.Below(kOwnCas),
                      n % 8 < 4 ? CaStatus::kInactive : CaStatus::kActive);
      break;
    case 2:
      fleet.Register(n / 4 % fleet.accounts(), kOwnCas);
      break;
    case 3:
      fleet.Withdraw(n / 4 % fleet.accounts(), kOwnCas);
      break;
  }
}

// Calls `measure` beside a writer; returns its answer.
template <typename Measure>
auto BesideWriter(Fleet& fleet, std::vector<double>& rates, Measure measure) {
  PacedWriter writer(kChangesPerSecond, [&](PacedWriter::Pace& pace) {
    Random random(3);
    uint64_t n = 0;
    while (pace.Next()) Change(fleet, n++, random);
    // What is registered beyond the fleet goes again.
    while (n % 4 != 0) Change(fleet, n++, random);
  });
  auto result = measure();
  rates.push_back(writer.PerSecond());
  return result;
}

void MeasureBesideWriter(Fleet& fleet, const Scale& scale) {
  const double seconds = scale.slice_seconds;
  uint64_t seed = 3000;
  std::vector<double> rates;
  const auto ask = [&] {
    return AskCas(fleet, CaAsked::kOwn, seconds, ++seed).PerSecond();
  };
  const Pairs throughput = Interleave(
      scale.pairs, [&] { return BesideWriter(fleet, rates, ask); }, ask);
  absl::PrintF(
      "  a reader beside a writer (%s changes a second) does %s of what it\n"
      "  does alone\n",
      SpreadOf(rates).Text(), throughput.Ratio().Text());
  ReportFigure("writer_throughput_ratio", throughput.Ratio().median);
}

// Prints the quantiles of all histograms of a kind together.
class Latencies {
 public:
  // Adds a run; returns its p99.9.
  double Add(const Histogram& histogram) {
    for (size_t i = 0; i < kQuantiles.size(); ++i) {
      values_[i].push_back(
          static_cast<double>(histogram.Quantile(kQuantiles[i])));
    }
    return values_.back().back();
  }
  void Print(std::string_view name) const {
    absl::PrintF("  %-22s %-24s %-24s %s\n", name, SpreadOf(values_[0]).Text(),
                 SpreadOf(values_[1]).Text(), SpreadOf(values_[2]).Text());
  }

 private:
  static constexpr std::array<double, 3> kQuantiles = {0.5, 0.99, 0.999};
  std::array<std::vector<double>, 3> values_;
};

void MeasureLatency(Fleet& fleet, const Scale& scale) {
  const double seconds = scale.slice_seconds;
  uint64_t seed = 4000;
  std::vector<double> rates;
  Latencies quiet;
  Latencies again;
  Latencies beside;
  const auto time = [&](Latencies& latencies) {
    const auto histogram = std::make_unique<Histogram>();
    TimeCas(fleet, seconds, ++seed, *histogram);
    return latencies.Add(*histogram);
  };
  Pairs aa;
  Pairs writer;
  for (int i = 0; i < scale.pairs; ++i) {
    const double a = time(quiet);
    writer.b.push_back(a);
    writer.a.push_back(
        BesideWriter(fleet, rates, [&] { return time(beside); }));
    aa.b.push_back(a);
    aa.a.push_back(time(again));
  }
  absl::PrintF(
      "  ns of a CA look-up     p50                      p99       "
      "               p99.9\n");
  quiet.Print("quiet");
  again.Print("quiet again");
  beside.Print("beside the writer");
  absl::PrintF("  p99.9 over quiet: quiet again %s, beside the writer %s\n",
               aa.Ratio().Text(), writer.Ratio().Text());
  ReportFigure("aa_p999_ratio", aa.Ratio().median);
  ReportFigure("writer_p999_ratio", writer.Ratio().median);
}

void MeasureChanges(Fleet& fleet, const Scale& scale) {
  const uint64_t changes = std::min<uint64_t>(fleet.accounts(), 20'000);
  Random random(5);
  std::vector<double> statuses;
  std::vector<double> registrations;
  std::vector<double> withdrawals;
  const auto time = [&](std::vector<double>& times, auto change) {
    constexpr uint64_t kBlockSize = 50;
    Lookups made;
    for (uint64_t i = 0; i < changes;) {
      const BlockTimer timer;
      const uint64_t end = std::min(i + kBlockSize, changes);
      const uint64_t count = end - i;
      for (; i < end; ++i) change(i);
      made.Add(timer, count, count);
    }
    times.push_back(made.Nanoseconds() / 1e3);
  };
  const uint64_t step = fleet.accounts() / changes;
  for (int i = 0; i < scale.pairs; ++i) {
    time(statuses, [&](uint64_t) {
      fleet.SetStatus(random.Below(fleet.accounts()), random.Below(kOwnCas),
                      CaStatus::kActive);
    });
    time(registrations, [&](uint64_t n) { fleet.Register(n * step, kOwnCas); });
    time(withdrawals, [&](uint64_t n) { fleet.Withdraw(n * step, kOwnCas); });
  }
  absl::PrintF(
      "  us a change: status %s, registration of an interned CA %s,\n"
      "  withdrawal %s\n",
      SpreadOf(statuses).Text(), SpreadOf(registrations).Text(),
      SpreadOf(withdrawals).Text());
  ReportFigure("change_us", std::max(SpreadOf(statuses).median,
                                     SpreadOf(registrations).median));
}

}  // namespace

void RunCaFigures(const Scale& scale) {
  Fleet fleet(scale.entries);
  Load(fleet, scale);
  MeasureLookups(fleet, scale);
  MeasureScaling(fleet, scale);
  MeasureBesideWriter(fleet, scale);
  MeasureLatency(fleet, scale);
  MeasureChanges(fleet, scale);
}

void RunDistinctCas(const Scale& scale) {
  const CaMaker maker;
  std::vector<std::string> ders;
  for (size_t i = 0; i < scale.distinct_cas; ++i) {
    ders.push_back(maker.Certificate(i));
  }
  const Region region = *Region::Parse("us-east-1");
  std::vector<Account> accounts;
  for (size_t i = 0; i <= scale.distinct_cas / kOwnCas; ++i) {
    accounts.push_back(AccountAt(i));
  }
  catalog::Catalog catalog;
  const size_t before = AllocatedBytes();
  const Clock::time_point start = Clock::now();
  const auto errors = catalog.Load(
      ders.size(),
      [&](size_t i) -> catalog::NewRegistration {
        auto record = catalog.Record(ders[i], kPreparation);
        if (!record.ok()) return {};
        return {{.account = accounts[i / kOwnCas],
                 .region = region,
                 .mode = Mode::kDefault},
                *std::move(record),
                CaStatus::kActive};
      },
      kLoaders);
  const double seconds = SecondsSince(start);
  Require(errors.empty(), "a CA cannot be loaded");
  absl::PrintF(
      "  %d distinct CAs, parsed and registered in %.2f s; %.0f bytes each, "
      "of\n"
      "  which %d are its DER\n",
      ders.size(), seconds,
      static_cast<double>(AllocatedBytes() - before) /
          static_cast<double>(ders.size()),
      ders[0].size());
  ReportFigure("load_1e6_distinct_s", seconds);
}

}  // namespace chainkeep::bench
