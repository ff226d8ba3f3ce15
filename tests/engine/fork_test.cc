// An engine in the child of a fork(): handshakes are answered and changes are
// made, whatever the parent's threads were at.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/memory/sanitizer.h"

namespace chainkeep::test {
namespace {

// What the child says of itself with its exit code; 0: all is well.
enum Child {
  kGood,
  kNotAccepted,
  kNotRegistered,
  kNewOneNotAccepted,
  kNotDeactivated,
};

class ForkTest : public GateFixture {
 protected:
  Child RunChild(const TestCertificate& new_ca,
                 const TestCertificate& new_leaf) {
    if (!Ask(kNameA, leaf_).accepted()) return kNotAccepted;
    const auto registered =
        registry().RegisterCaCertificate({.account = b_,
                                          .region = east_,
                                          .ca_certificate = ToPem(new_ca.der),
                                          .certificate_mode = "SNI_ONLY",
                                          .set_as_active = true});
    if (!registered.ok()) return kNotRegistered;
    if (!Ask(kNameB, new_leaf).accepted()) return kNewOneNotAccepted;
    if (!SetStatus(a_, ca_, "INACTIVE").ok() ||
        Ask(kNameA, leaf_).reason() != Reason::kCaInactive) {
      return kNotDeactivated;
    }
    return kGood;
  }
};

TEST_F(ForkTest, TheChildAnswersAndChanges) {
  if (memory::kSanitizer != memory::Sanitizer::kNone) {
    GTEST_SKIP() << "sanitizers have locks of their own at fork()";
  }
  RegisterSniOnly(a_, ca_);
  const TestCertificate other = MakeCertificate(CaSpec("other"), nullptr);
  const TestCertificate new_ca = MakeCertificate(CaSpec("new"), nullptr);
  const TestCertificate new_leaf =
      MakeCertificate(LeafSpec("new device"), &new_ca);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) Ask(kNameA, leaf_);
  });
  std::thread writer([&] {
    while (!stop) {
      RegisterSniOnly(b_, other);
      EXPECT_TRUE(SetStatus(b_, other, "INACTIVE").ok());
      EXPECT_TRUE(registry().DeleteCaCertificate(b_, east_, IdOf(other)).ok());
    }
  });
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);  // a lock that nobody gives back
      _exit(RunChild(new_ca, new_leaf));
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), kGood);
  }
  stop = true;
  reader.join();
  writer.join();
  // Of what the children did, the parent knows nothing.
  EXPECT_TRUE(Ask(kNameA, leaf_).accepted());
  EXPECT_FALSE(Ask(kNameB, new_leaf).accepted());
}

}  // namespace
}  // namespace chainkeep::test
