// What the steps of a handshake read: how often a certificate is parsed, bytes
// are hashed and a name is resolved. The linker puts the counters here between
// the callers and the functions (--wrap).

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/der/cursor.h"
#include "engine/memory/epochs.h"
#include "engine/sni/endpoint_table.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep {
namespace {

struct Count {
  int parses = 0;
  int hashes = 0;
  int resolutions = 0;

  friend bool operator==(const Count&, const Count&) = default;
};

// Of the thread.
thread_local Count count;

void PrintTo(const Count& c, std::ostream* out) {
  *out << c.parses << " parses, " << c.hashes << " hashes, " << c.resolutions
       << " resolutions";
}

}  // namespace

uint8_t* RealHash(const uint8_t*, size_t, uint8_t*) asm("__real_SHA256");
uint8_t* Hash(const uint8_t*, size_t, uint8_t*) asm("__wrap_SHA256");
uint8_t* Hash(const uint8_t* data, size_t size, uint8_t* out) {
  ++count.hashes;
  return RealHash(data, size, out);
}

using Parsed = der::Result<x509::Certificate>;
Parsed RealParse(Bytes der) asm(
    "__real__ZN9chainkeep4x50911Certificate5ParseE"
    "St4spanIKhLm18446744073709551615EE");
Parsed Parse(Bytes der) asm(
    "__wrap__ZN9chainkeep4x50911Certificate5ParseE"
    "St4spanIKhLm18446744073709551615EE");
Parsed Parse(Bytes der) {
  ++count.parses;
  return RealParse(der);
}

// Members, with `this` first, as the ABI has them.
using Table = const sni::EndpointTable*;
using Pin = const memory::Epochs::Pin&;
using Name = const sni::HostName&;
using Service = EndpointService;

sni::Resolution RealResolve(Table, Pin, const Region&, Name, Service) asm(
    "__real__ZNK9chainkeep3sni13EndpointTable7Resolve"
    "ERKNS_6memory6Epochs3PinE"
    "RKNS_10IdentifierINS_9RegionTagEEE"
    "RKNS0_8HostNameENS_15EndpointServiceE");
sni::Resolution Resolve(Table, Pin, const Region&, Name, Service) asm(
    "__wrap__ZNK9chainkeep3sni13EndpointTable7Resolve"
    "ERKNS_6memory6Epochs3PinE"
    "RKNS_10IdentifierINS_9RegionTagEEE"
    "RKNS0_8HostNameENS_15EndpointServiceE");
sni::Resolution Resolve(Table table, Pin pin, const Region& region, Name name,
                        Service service) {
  ++count.resolutions;
  return RealResolve(table, pin, region, name, service);
}

namespace {

using test::MakeCertificate;
using test::TestCertificate;

class WalkTest : public test::GateFixture {
 protected:
  Listener ListenerFor(ValidationPolicy policy) const {
    ListenerOptions options;
    options.region = east_;
    options.validation.policy = policy;
    return *engine_->CreateListener(options);
  }

  // What one step costs.
  template <typename Step>
  Count CountOf(const Step& step) {
    count = Count();
    step();
    return count;
  }
};

constexpr Count kNothing;
// A certificate has two digests: the certificate id's and, of what is signed,
// the one that the signature is over.
constexpr Count kLeaf{.parses = 1, .hashes = 2};
constexpr Count kName{.resolutions = 1};

TEST_F(WalkTest, IsCounted) {
  EXPECT_EQ(CountOf([&] { ComputeCertificateId(leaf_.bytes()); }),
            (Count{.hashes = 1}));
  EXPECT_EQ(CountOf([&] { (void)x509::Certificate::Parse(leaf_.bytes()); }),
            (Count{.parses = 1}));
}

TEST_F(WalkTest, TheEverydayPathReadsEachOnce) {
  RegisterSniOnly(a_, ca_);
  ASSERT_TRUE(RegisterDevice(a_, leaf_).ok());
  for (const ValidationPolicy policy :
       {ValidationPolicy::kTrustedChain, ValidationPolicy::kRegisteredDevice}) {
    SCOPED_TRACE(static_cast<int>(policy));
    const Listener listener = ListenerFor(policy);
    std::optional<Handshake> handshake;
    EXPECT_EQ(CountOf([&] { handshake.emplace(listener.Begin(kNameA)); }),
              kName);
    EXPECT_EQ(CountOf([&] { handshake->Present(leaf_.bytes()); }), kLeaf);
    Admission admission;
    EXPECT_EQ(CountOf([&] { admission = handshake->Finish(); }), kName)
        << "for its version";
    ASSERT_TRUE(admission.accepted());
    EXPECT_EQ(CountOf([&] { admission.Holds(leaf_.bytes()); }), kName);
    EXPECT_EQ(CountOf([&] { handshake.reset(); }), kNothing);
  }
}

TEST_F(WalkTest, SoDoesAFirstConnectionUntilTheKeyIsProven) {
  RegisterAutomatic(a_, ca_);
  const Listener listener = ListenerFor(ValidationPolicy::kRegisteredDevice);
  Handshake handshake = listener.Begin(kNameA);
  EXPECT_EQ(CountOf([&] { handshake.Present(leaf_.bytes()); }), kLeaf);
  EXPECT_EQ(CountOf([&] { EXPECT_TRUE(handshake.MayWait()); }), kNothing);
  EXPECT_EQ(CountOf([&] { EXPECT_EQ(handshake.owner(), a_); }), kNothing);
  EXPECT_EQ(handshake.Finish().verdict().reason(),
            Reason::kDevicePendingActivation);
}

TEST_F(WalkTest, WhatChangedIsJudgedOfWhatWasRead) {
  RegisterSniOnly(a_, ca_);
  const Listener listener = ListenerFor(ValidationPolicy::kTrustedChain);
  Handshake handshake = listener.Begin(kNameA);
  handshake.Present(leaf_.bytes());
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
  Admission admission;
  const Count finish = CountOf([&] { admission = handshake.Finish(); });
  EXPECT_TRUE(admission.accepted());
  EXPECT_EQ(finish.parses, 0);
  EXPECT_EQ(finish.hashes, 0);
}

}  // namespace
}  // namespace chainkeep
