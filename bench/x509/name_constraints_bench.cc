// What name constraints cost: a certificate with `n` names below a CA with `n`
// permitted and `n` excluded bases of one form, so 2 * n * n products; and as
// much of it as fits into certificates of 64 KiB. The counter `comparisons` is
// what the budget is charged (the default is 250,000).

#include <cstdio>
#include <string>

#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/x509/name_constraints.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::Tlv;

enum Form { kDns, kMail, kUri, kAddress, kDirectory };

std::string Number(int i) {
  char text[9];
  std::snprintf(text, sizeof(text), "%06x", i);
  return text;
}

std::string Address(int i) {
  return {static_cast<char>(i >> 24), static_cast<char>(i >> 16),
          static_cast<char>(i >> 8), static_cast<char>(i)};
}

std::string Base(Form form, int i) {
  switch (form) {
    case kDns:
      return Tlv(0x82, "h" + Number(i) + ".example");
    case kMail:
      return Tlv(0x81, "u@h" + Number(i) + ".example");
    case kUri:
      return Tlv(0x86, "h" + Number(i) + ".example");
    case kAddress:
      return Tlv(0x87, Address(i) + std::string(4, '\xff'));
    case kDirectory:
      return Tlv(0xa4, test::EncodeName({{"O", Number(i)}}));
  }
  return "";
}

std::string Name(Form form, int i) {
  switch (form) {
    case kUri:
      return Tlv(0x86, "https://h" + Number(i) + ".example/");
    case kAddress:
      return Tlv(0x87, Address(i));
    default:
      return Base(form, i);
  }
}

void Measure(benchmark::State& state, const std::string& contents,
             const std::string& names) {
  uint64_t comparisons = 0;
  for (auto _ : state) {
    const auto constraints = NameConstraints::Parse(AsBytes(contents));
    uint64_t left = 250'000;
    const NameConstraintResult result =
        Evaluate(*constraints, {x509::Name(), AsBytes(names)}, &left);
    benchmark::DoNotOptimize(result);
    comparisons = 250'000 - left;
    state.SetLabel(result == NameConstraintResult::kAllowed  ? "allowed"
                   : result == NameConstraintResult::kBudget ? "budget"
                                                             : "other");
  }
  state.counters["comparisons"] = static_cast<double>(comparisons);
}

void BM_Products(benchmark::State& state) {
  const Form form = static_cast<Form>(state.range(0));
  const int count = static_cast<int>(state.range(1));
  std::string permitted, excluded, names;
  for (int i = 0; i < count; ++i) {
    permitted += Tlv(0x30, Base(form, i));
    excluded += Tlv(0x30, Base(form, i + 0x800000));
    names += Name(form, i);
  }
  Measure(state, Tlv(0xa0, permitted) + Tlv(0xa1, excluded), names);
}
BENCHMARK(BM_Products)
    ->ArgsProduct({{kDns, kMail, kUri, kAddress, kDirectory}, {1, 10, 1024}})
    ->ArgNames({"form", "n"});

// The shortest bases and names, 64 KiB of each.
void BM_FullCertificates(benchmark::State& state) {
  std::string permitted, names;
  for (int i = 0; permitted.size() < 64'000; ++i) {
    permitted += Tlv(0x30, Tlv(0x82, Number(i).substr(3)));
  }
  for (int i = 0; names.size() < 64'000; ++i) {
    names += Tlv(0x82, Number(i % 4096).substr(3));
  }
  Measure(state, Tlv(0xa0, permitted), names);
}
BENCHMARK(BM_FullCertificates);

// Two long names that differ at the end of the comparison, many times.
void BM_LongNames(benchmark::State& state) {
  const std::string tail(state.range(0), 'a');
  std::string permitted, names;
  for (int i = 0; permitted.size() < 60'000; ++i) {
    permitted += Tlv(0x30, Tlv(0x82, Number(i) + tail));
  }
  for (int i = 0; names.size() < 60'000; ++i) {
    names += Tlv(0x82, Number(i) + tail);
  }
  Measure(state, Tlv(0xa0, permitted), names);
}
BENCHMARK(BM_LongNames)->Arg(16)->Arg(256)->Arg(4096)->ArgName("bytes");

// Names of many RDNs, which share all but the last with each base.
void BM_DeepDirectories(benchmark::State& state) {
  std::string permitted, names;
  test::DistinguishedName common;
  for (int i = 0; i < state.range(0); ++i) common.push_back({"O", "x"});
  for (int i = 0; permitted.size() < 60'000; ++i) {
    test::DistinguishedName base = common;
    base.push_back({"CN", Number(i)});
    permitted += Tlv(0x30, Tlv(0xa4, test::EncodeName(base)));
    names += Tlv(0xa4, test::EncodeName(base));
  }
  Measure(state, Tlv(0xa0, permitted), names);
}
BENCHMARK(BM_DeepDirectories)->Arg(1)->Arg(16)->Arg(256)->ArgName("rdns");

}  // namespace
}  // namespace chainkeep::x509

BENCHMARK_MAIN();
