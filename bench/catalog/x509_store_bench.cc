// BoringSSL's X509_STORE as a place to find a CA in: 10,000 CAs, asked by
// subject at random.
//
// The subjects asked for are X509_NAMEs that were parsed before, as a leaf's
// issuer is; loading is not measured (X509_STORE_add_cert looks for a duplicate
// each time).

#include <memory>
#include <vector>

#include "bench/catalog/ca_maker.h"
#include "bench/catalog/key.h"
#include "benchmark/benchmark.h"
#include "openssl/x509.h"

namespace chainkeep::bench {
namespace {

constexpr size_t kCas = 10'000;

struct Store {
  Store() : store(X509_STORE_new()) {
    const CaMaker maker;
    for (size_t i = 0; i < kCas; ++i) {
      const std::string der = maker.Certificate(i);
      const auto* bytes = reinterpret_cast<const uint8_t*>(der.data());
      const bssl::UniquePtr<X509> ca(
          d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
      X509_STORE_add_cert(store.get(), ca.get());
      subjects.emplace_back(X509_NAME_dup(X509_get_subject_name(ca.get())));
    }
  }

  bssl::UniquePtr<X509_STORE> store;
  std::vector<bssl::UniquePtr<X509_NAME>> subjects;
};

const Store& TheStore() {
  static const Store& store = *new Store();
  return store;
}

// The search alone: no lock, and nothing that keeps the answer alive.
void X509StoreSearch(benchmark::State& state) {
  const Store& store = TheStore();
  STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(store.store.get());
  Random random(state.thread_index() + 1);
  for (auto _ : state) {
    if (X509_OBJECT_retrieve_by_subject(
            objects, X509_LU_X509, store.subjects[random.Below(kCas)].get()) ==
        nullptr) {
      state.SkipWithError("not found");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(X509StoreSearch)->Threads(1)->Threads(2)->UseRealTime();

// As verification does it: under the store's lock, a reference to each
// certificate of that subject.
void X509StoreGet(benchmark::State& state) {
  const Store& store = TheStore();
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.store.get(), nullptr, nullptr);
  Random random(state.thread_index() + 1);
  for (auto _ : state) {
    const bssl::UniquePtr<STACK_OF(X509)> found(X509_STORE_get1_certs(
        context.get(), store.subjects[random.Below(kCas)].get()));
    if (sk_X509_num(found.get()) != 1) {
      state.SkipWithError("not found");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(X509StoreGet)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace chainkeep::bench
