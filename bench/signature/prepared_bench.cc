// What a signature costs to verify with a prepared key, beside the library;
// what a table costs to build; and what verifying costs where there are more
// tables than caches hold.

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "chainkeep/certificate.h"
#include "engine/signature/prepared/prepared_key.h"
#include "openssl/curve25519.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/ed25519_forger.h"
#include "tests/signature/prepared/forger.h"
#include "tests/signature/prepared/rsa_forger.h"

namespace chainkeep::signature::prepared {
namespace {

using test::Big;
using test::Forger;
using test::Forgery;

constexpr int kP256 = NID_X9_62_prime256v1;
constexpr int kP384 = NID_secp384r1;

// One key, and signatures of it in turn.
struct Stage {
  explicit Stage(int nid) : forger(nid) {
    for (int i = 0; i < 100; ++i) {
      forgeries.push_back(*forger.Forge(Big::Below(forger.order()),
                                        Big::Below(forger.order())));
    }
  }

  const Forgery& Next() { return forgeries[next++ % forgeries.size()]; }

  Forger forger;
  std::vector<Forgery> forgeries;
  size_t next = 0;
};

Stage& StageOf(int nid) {
  static Stage& p256 = *new Stage(kP256);
  static Stage& p384 = *new Stage(kP384);
  return nid == kP256 ? p256 : p384;
}

void BM_Library(benchmark::State& state, int nid) {
  Stage& stage = StageOf(nid);
  for (auto _ : state) {
    const Forgery& forgery = stage.Next();
    if (!stage.forger.Verifies(forgery.digest, forgery.signature)) {
      state.SkipWithError("refused");
    }
  }
}

void BM_Prepared(benchmark::State& state, int nid, Arithmetic arithmetic,
                 Level level) {
  Stage& stage = StageOf(nid);
  const auto key = test::Prepare(stage.forger.key(), level, arithmetic);
  if (key == nullptr) {
    state.SkipWithError("the processor does not have it");
    return;
  }
  for (auto _ : state) {
    const Forgery& forgery = stage.Next();
    if (key->Verify(AsBytes(forgery.digest), AsBytes(forgery.signature)) !=
        Outcome::kValid) {
      state.SkipWithError("refused");
    }
  }
  state.counters["bytes"] = static_cast<double>(key->bytes());
}

// All steps, the comparisons with the library among them.
void BM_Build(benchmark::State& state, int nid, Level level) {
  Stage& stage = StageOf(nid);
  WarmUp(stage.forger.key());
  double steps = 0;
  for (auto _ : state) {
    const auto builder =
        StartPreparing(stage.forger.key(), level, Arithmetic::kBest);
    steps = 1;
    while (builder->Step() == BuildState::kWorking) ++steps;
    benchmark::DoNotOptimize(builder->Take());
  }
  state.counters["steps"] = steps;
}

// Ten thousand keys with small tables, in random order.
void BM_ManyKeys(benchmark::State& state) {
  constexpr size_t kKeys = 10'000;
  struct One {
    std::unique_ptr<const PreparedKey> key;
    Forgery forgery;
  };
  static const std::vector<One>& all = *[] {
    auto* keys = new std::vector<One>;
    for (size_t i = 0; i < kKeys; ++i) {
      const Forger forger(kP256);
      keys->push_back(
          {test::Prepare(forger.key(), Level::kSmall, Arithmetic::kBest),
           *forger.Forge(Big::Below(forger.order()), 12345)});
    }
    return keys;
  }();
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const One& one = all[random() % kKeys];
    if (one.key->Verify(AsBytes(one.forgery.digest),
                        AsBytes(one.forgery.signature)) != Outcome::kValid) {
      state.SkipWithError("refused");
    }
  }
}

// An RSA key and one signature.
struct RsaStage {
  explicit RsaStage(int bits)
      : forger(bits), signature(forger.Sign(forger.Pkcs1Block(digest))) {}

  std::string digest = std::string(32, 'x');
  test::RsaForger forger;
  std::string signature;
};

RsaStage& RsaStageOf(int bits) {
  static RsaStage& of_2048 = *new RsaStage(2048);
  static RsaStage& of_3072 = *new RsaStage(3072);
  static RsaStage& of_4096 = *new RsaStage(4096);
  return bits == 2048 ? of_2048 : bits == 3072 ? of_3072 : of_4096;
}

void BM_RsaLibrary(benchmark::State& state, int bits) {
  RsaStage& stage = RsaStageOf(bits);
  for (auto _ : state) {
    if (!stage.forger.Verifies(stage.digest, stage.signature)) {
      state.SkipWithError("refused");
    }
  }
}

void BM_RsaPrepared(benchmark::State& state, int bits) {
  RsaStage& stage = RsaStageOf(bits);
  const auto key =
      test::Prepare(StartPreparing(stage.forger.key(), Arithmetic::kIfma));
  if (key == nullptr) {
    state.SkipWithError("the processor does not have it");
    return;
  }
  for (auto _ : state) {
    if (key->Verify(AsBytes(stage.digest), AsBytes(stage.signature)) !=
        Outcome::kValid) {
      state.SkipWithError("refused");
    }
  }
  state.counters["bytes"] = static_cast<double>(key->bytes());
}

void BM_RsaBuild(benchmark::State& state, int bits) {
  RsaStage& stage = RsaStageOf(bits);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        test::Prepare(StartPreparing(stage.forger.key(), Arithmetic::kIfma)));
  }
}

// An Ed25519 key and one signature, of a message as long as what is signed of a
// certificate.
struct Ed25519Stage {
  Ed25519Stage() {
    std::array<uint8_t, ED25519_PRIVATE_KEY_LEN> secret;
    ED25519_keypair(reinterpret_cast<uint8_t*>(key.data()), secret.data());
    if (ED25519_sign(reinterpret_cast<uint8_t*>(signature.data()),
                     AsBytes(message).data(), message.size(),
                     secret.data()) != 1) {
      std::abort();
    }
  }

  std::string key = std::string(ED25519_PUBLIC_KEY_LEN, '\0');
  std::string message = std::string(400, 'x');
  std::string signature = std::string(ED25519_SIGNATURE_LEN, '\0');
};

Ed25519Stage& TheEd25519Stage() {
  static Ed25519Stage& stage = *new Ed25519Stage;
  return stage;
}

void BM_Ed25519Library(benchmark::State& state) {
  Ed25519Stage& stage = TheEd25519Stage();
  for (auto _ : state) {
    if (!test::Ed25519Verifies(stage.key, stage.message, stage.signature)) {
      state.SkipWithError("refused");
    }
  }
}

void BM_Ed25519Prepared(benchmark::State& state, Arithmetic arithmetic,
                        Level level) {
  Ed25519Stage& stage = TheEd25519Stage();
  const auto key = test::PrepareEd25519(stage.key, level, arithmetic);
  if (key == nullptr) {
    state.SkipWithError("the processor does not have it");
    return;
  }
  for (auto _ : state) {
    if (key->Verify(AsBytes(stage.message), AsBytes(stage.signature)) !=
        Outcome::kValid) {
      state.SkipWithError("refused");
    }
  }
  state.counters["bytes"] = static_cast<double>(key->bytes());
}

void BM_Ed25519Build(benchmark::State& state, Level level) {
  Ed25519Stage& stage = TheEd25519Stage();
  WarmUpEd25519();
  double steps = 0;
  for (auto _ : state) {
    const auto builder =
        StartPreparingEd25519(AsBytes(stage.key), level, Arithmetic::kBest);
    steps = 1;
    while (builder->Step() == BuildState::kWorking) ++steps;
    benchmark::DoNotOptimize(builder->Take());
  }
  state.counters["steps"] = steps;
}

void Register() {
  const struct {
    int nid;
    std::string name;
  } curves[] = {{kP256, "p256"}, {kP384, "p384"}};
  const char* const arithmetics[] = {"portable", "ifma"};
  const char* const levels[] = {"small", "medium", "large"};
  for (const auto& [nid, name] : curves) {
    benchmark::RegisterBenchmark(("library/" + name).c_str(), BM_Library, nid);
    for (int level = 0; level < 3; ++level) {
      for (int i = 0; i < 2; ++i) {
        benchmark::RegisterBenchmark(
            ("prepared/" + name + "/" + arithmetics[i] + "/" + levels[level])
                .c_str(),
            BM_Prepared, nid, test::kArithmetics[i], test::kLevels[level]);
      }
      benchmark::RegisterBenchmark(
          ("build/" + name + "/" + levels[level]).c_str(), BM_Build, nid,
          test::kLevels[level]);
    }
  }
  benchmark::RegisterBenchmark("library/ed25519", BM_Ed25519Library);
  for (int level = 0; level < 3; ++level) {
    for (int i = 0; i < 2; ++i) {
      benchmark::RegisterBenchmark((std::string("prepared/ed25519/") +
                                    arithmetics[i] + "/" + levels[level])
                                       .c_str(),
                                   BM_Ed25519Prepared, test::kArithmetics[i],
                                   test::kLevels[level]);
    }
    benchmark::RegisterBenchmark(
        (std::string("build/ed25519/") + levels[level]).c_str(),
        BM_Ed25519Build, test::kLevels[level]);
  }
  for (const int bits : {2048, 3072, 4096}) {
    const std::string name = "rsa" + std::to_string(bits);
    benchmark::RegisterBenchmark(("library/" + name).c_str(), BM_RsaLibrary,
                                 bits);
    benchmark::RegisterBenchmark(("prepared/" + name + "/ifma").c_str(),
                                 BM_RsaPrepared, bits);
    benchmark::RegisterBenchmark(("build/" + name).c_str(), BM_RsaBuild, bits);
  }
  benchmark::RegisterBenchmark("many_keys/p256/best/small", BM_ManyKeys);
}

}  // namespace
}  // namespace chainkeep::signature::prepared

int main(int argc, char** argv) {
  chainkeep::signature::prepared::Register();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
