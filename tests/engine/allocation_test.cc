// The everyday answer allocates nothing of ours: parsing a device's certificate
// and validating it one step below a registered CA.
//
// Every operator new of this process is counted here, and so is, apart from it,
// what BoringSSL takes from the heap, by its own hooks: its bignum arithmetic
// does, for each verification. What it took is a property of the test, which
// the report shows.

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "openssl/mem.h"
#include "tests/engine/gate_fixture.h"

namespace {

struct Count {
  int ours = 0;
  int boringssl = 0;
};

// Of the thread, so that nobody else's work is counted.
thread_local Count count;

void* Allocate(size_t size, size_t alignment) {
  ++count.ours;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, size == 0 ? 1 : size) != 0) {
    std::abort();
  }
  return memory;
}

// What stands before each block of BoringSSL's, to know its size.
constexpr size_t kHeader = alignof(std::max_align_t);

}  // namespace

// The replaceable allocation functions; all others of the standard call these.
void* operator new(size_t size) {
  return Allocate(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

// The hooks of BoringSSL (crypto/mem.c), which it finds when it is linked.
extern "C" {

void* OPENSSL_memory_alloc(size_t size) {
  ++count.boringssl;
  auto* const block = static_cast<std::byte*>(std::malloc(size + kHeader));
  if (block == nullptr) return nullptr;
  new (block) size_t(size);
  return block + kHeader;
}

size_t OPENSSL_memory_get_size(void* memory) {
  return *std::launder(
      reinterpret_cast<size_t*>(static_cast<std::byte*>(memory) - kHeader));
}

void OPENSSL_memory_free(void* memory) {
  std::byte* const block = static_cast<std::byte*>(memory) - kHeader;
  OPENSSL_cleanse(memory, OPENSSL_memory_get_size(memory));
  std::free(block);
}

}  // extern "C"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::KeyType;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

class Allocation : public test::GateFixture {
 protected:
  struct Device {
    TestCertificate ca, leaf;
  };

  // A device, and its CA, which account A has registered.
  Device MakeDevice(KeyType type) {
    CertificateSpec ca_spec = CaSpec("CA of devices");
    ca_spec.key_type = type;
    Device device{MakeCertificate(ca_spec, nullptr), {}};
    CertificateSpec leaf_spec = LeafSpec("device");
    leaf_spec.key_type = type;
    device.leaf = MakeCertificate(leaf_spec, &device.ca);
    RegisterDefault(a_, device.ca);
    return device;
  }

  void ExpectNoneOfOurs(const Device& device,
                        std::optional<std::string_view> server_name) {
    const Listener listener = ListenerIn(east_);
    const Attempt handshake{.server_name = server_name,
                            .leaf = device.leaf.bytes()};
    // Once beforehand, for what is set up at the first use.
    ASSERT_TRUE(test::Judge(listener, handshake).accepted());

    count = Count();
    const bool parsed = x509::Certificate::Parse(handshake.leaf).ok();
    const Count by_parse = count;
    const Verdict verdict = test::Judge(listener, handshake);
    const Count by_both = count;

    EXPECT_TRUE(parsed);
    EXPECT_EQ(verdict.reason(), Reason::kAccepted);
    EXPECT_EQ(by_parse.ours, 0);
    EXPECT_EQ(by_parse.boringssl, 0);
    EXPECT_EQ(by_both.ours, 0);
    RecordProperty("boringssl_allocations", by_both.boringssl);
  }
};

TEST_F(Allocation, IsCounted) {
  count = Count();
  delete new int(7);
  OPENSSL_free(OPENSSL_malloc(7));
  const Count counted = count;
  EXPECT_EQ(counted.ours, 1);
  EXPECT_EQ(counted.boringssl, 1);
}

TEST_F(Allocation, NoneForAP256Device) {
  ExpectNoneOfOurs(MakeDevice(KeyType::kP256), std::nullopt);
}

// Nor where a table of the CA's key verifies; building it does allocate.
TEST_F(Allocation, NoneForADeviceOfACaWithATable) {
  const Device device = MakeDevice(KeyType::kP256);
  const Listener listener = ListenerIn(east_);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(
        test::Judge(listener, {.leaf = device.leaf.bytes()}).accepted());
  }
  ASSERT_EQ(engine_->GetStats().prepared_keys.small, 1u);
  ExpectNoneOfOurs(device, std::nullopt);
}

TEST_F(Allocation, NoneForAP256DeviceByServerName) {
  ExpectNoneOfOurs(MakeDevice(KeyType::kP256), kNameA);
}

TEST_F(Allocation, NoneForAnRsa2048Device) {
  ExpectNoneOfOurs(MakeDevice(KeyType::kRsa2048), std::nullopt);
}

TEST_F(Allocation, NoneForAnRsa2048DeviceByServerName) {
  ExpectNoneOfOurs(MakeDevice(KeyType::kRsa2048), kNameA);
}

// Nor for a refusal, which anybody can ask for.
TEST_F(Allocation, NoneForAStrangersDevice) {
  const TestCertificate stranger = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &stranger);
  const Listener listener = ListenerIn(east_);
  count = Count();
  const Verdict verdict = test::Judge(listener, {.leaf = leaf.bytes()});
  const Count counted = count;
  EXPECT_EQ(verdict.reason(), Reason::kNoRegisteredCa);
  EXPECT_EQ(counted.ours, 0);
}

}  // namespace
}  // namespace chainkeep
