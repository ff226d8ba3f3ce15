// A command happens as a whole or not at all: a store that cannot commit, a
// catalog that cannot publish, an observer that calls back.

#include <memory>
#include <string>
#include <utility>

#include "engine/registry/registry_impl.h"
#include "engine/sni/host_name.h"
#include "tests/registry/registry_fixture.h"
#include "tests/registry/wrapped_store.h"

namespace chainkeep::test {
namespace {

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

// BrokenStore is a MemoryStore whose disk can be pulled out: while it is
// broken, a command runs and its commit fails.
class BrokenStore final : public WrappedStore {
 public:
  void Break() { broken_ = true; }
  void Mend() { broken_ = false; }

  absl::Status Transact(const Command& command) override {
    return wrapped().Transact([&](store::Transaction& t) {
      absl::Status status = command(t);
      if (status.ok() && broken_) {
        status = MakeError(ErrorCode::kInternalFailure, "no disk");
      }
      return status;
    });
  }

 private:
  bool broken_ = false;
};

class RegistryAtomicity : public RegistryRules {
 protected:
  RegistryAtomicity() {
    auto store = std::make_unique<BrokenStore>();
    store_ = store.get();
    registry_on_store_ =
        registry::MakeRegistry(std::move(store), &catalog_, &clock_, &events_);
  }

  absl::Status Register(const TestCertificate& ca) {
    return registry_on_store_
        ->RegisterCaCertificate({.account = a_,
                                 .region = r1_,
                                 .ca_certificate = ToPem(ca.der),
                                 .certificate_mode = "SNI_ONLY",
                                 .set_as_active = true})
        .status();
  }

  absl::Status Update(const TestCertificate& ca, std::string_view status) {
    return registry_on_store_->UpdateCaCertificate(
        {.account = a_,
         .region = r1_,
         .ca_certificate_id = IdOf(ca).ToHex(),
         .new_status = status});
  }

  absl::Status Delete(const TestCertificate& ca) {
    return registry_on_store_->DeleteCaCertificate(a_, r1_, IdOf(ca).ToHex());
  }

  absl::StatusOr<CaDescription> DescribeOnStore(const TestCertificate& ca) {
    return registry_on_store_->DescribeCaCertificate(a_, r1_, IdOf(ca).ToHex());
  }

  BrokenStore* store_;
  std::unique_ptr<Registry> registry_on_store_;
};

TEST_F(RegistryAtomicity, AFailedCommitPublishesNothing) {
  const TestCertificate registered = MakeCa("registered");
  const TestCertificate other = MakeCa("other");
  ASSERT_TRUE(HasCode(Register(registered), ErrorCode::kOk));
  ASSERT_TRUE(
      HasCode(registry_on_store_->PutEndpoint(
                  {.host_name = "h.example", .account = a_, .region = r1_}),
              ErrorCode::kOk));
  const std::string code = *registry_on_store_->GetRegistrationCode(a_, r1_);
  events_.Take();

  store_->Break();
  const absl::Status kAnswers[] = {
      Register(other),
      Update(registered, "INACTIVE"),
      registry_on_store_->DeleteRegistrationCode(a_, r1_),
      registry_on_store_->GetRegistrationCode(b_, r1_).status(),
      registry_on_store_->PutEndpoint(
          {.host_name = "new.example", .account = a_, .region = r1_}),
      registry_on_store_->DeleteEndpoint(a_, r1_, "h.example"),
  };
  for (const absl::Status& answer : kAnswers) {
    EXPECT_TRUE(HasCode(answer, ErrorCode::kInternalFailure));
  }
  store_->Mend();

  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_EQ(catalog_.records(), 1u);
  EXPECT_EQ(catalog_.endpoints().size(), 1u);
  EXPECT_TRUE(catalog_.endpoints()
                  .Find(r1_, *sni::HostName::Parse("h.example"))
                  .has_value());
  EXPECT_EQ(DescribeOnStore(registered)->status, CaStatus::kActive);
  EXPECT_EQ(DescribeOnStore(registered)->customer_version, 1);
  EXPECT_TRUE(
      HasCode(DescribeOnStore(other).status(), ErrorCode::kResourceNotFound));
  EXPECT_EQ(*registry_on_store_->GetRegistrationCode(a_, r1_), code);
  EXPECT_TRUE(events_.Take().empty());
}

TEST_F(RegistryAtomicity, AFailedCommitOfADeletionWithdrawsNothing) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(Register(ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Update(ca, "INACTIVE"), ErrorCode::kOk));
  store_->Break();
  EXPECT_TRUE(HasCode(Delete(ca), ErrorCode::kInternalFailure));
  store_->Mend();
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_TRUE(HasCode(Delete(ca), ErrorCode::kOk));
}

// The catalog refuses what a defect elsewhere has put out of step with the
// store; the command that met it has not happened.
TEST_F(RegistryAtomicity, AFailedPublishTakesTheRegistrationBack) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(catalog_
                  .Publish({a_, r1_, Mode::kSniOnly}, *catalog_.Record(ca.der),
                           CaStatus::kInactive)
                  .ok());
  EXPECT_TRUE(HasCode(Register(ca), ErrorCode::kInternalFailure));
  EXPECT_TRUE(
      HasCode(DescribeOnStore(ca).status(), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(events_.Take().empty());
  ASSERT_TRUE(catalog_.Withdraw(a_, r1_, IdOf(ca)).ok());
  EXPECT_TRUE(HasCode(Register(ca), ErrorCode::kOk));
}

TEST_F(RegistryAtomicity, AFailedPublishTakesUpdateAndDeletionBack) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(Register(ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Update(ca, "INACTIVE"), ErrorCode::kOk));
  const CaDescription before = *DescribeOnStore(ca);
  events_.Take();
  ASSERT_TRUE(catalog_.Withdraw(a_, r1_, IdOf(ca)).ok());
  EXPECT_TRUE(HasCode(Update(ca, "ACTIVE"), ErrorCode::kInternalFailure));
  EXPECT_TRUE(HasCode(Delete(ca), ErrorCode::kInternalFailure));
  const CaDescription after = *DescribeOnStore(ca);
  EXPECT_EQ(after.status, CaStatus::kInactive);
  EXPECT_EQ(after.customer_version, before.customer_version);
  EXPECT_EQ(after.generation_id, before.generation_id);
  EXPECT_TRUE(events_.Take().empty());
}

// CallsBack does from inside an event what would wait for ever if a lock were
// held.
class CallsBack final : public EventObserver {
 public:
  void OnCaRegistered(const CaEvent& event) override {
    const auto described = registry->DescribeCaCertificate(
        event.scope.account, event.scope.region, event.ca.ToHex());
    EXPECT_TRUE(HasCode(described.status(), ErrorCode::kOk));
    EXPECT_TRUE(HasCode(
        registry->UpdateCaCertificate({.account = event.scope.account,
                                       .region = event.scope.region,
                                       .ca_certificate_id = event.ca.ToHex(),
                                       .new_status = "INACTIVE"}),
        ErrorCode::kOk));
    ++calls;
  }
  void OnCaDeactivated(const CaEvent& event) override {
    EXPECT_TRUE(
        HasCode(registry->DeleteCaCertificate(
                    event.scope.account, event.scope.region, event.ca.ToHex()),
                ErrorCode::kOk));
    ++calls;
  }

  Registry* registry = nullptr;
  int calls = 0;
};

TEST_F(RegistryAtomicity, AnObserverMayCallTheRegistry) {
  CallsBack observer;
  const std::unique_ptr<Registry> registry = registry::MakeRegistry(
      std::make_unique<store::MemoryStore>(), &catalog_, &clock_, &observer);
  observer.registry = registry.get();
  EXPECT_TRUE(HasCode(
      registry
          ->RegisterCaCertificate({.account = a_,
                                   .region = r1_,
                                   .ca_certificate = ToPem(MakeCa("CA").der),
                                   .certificate_mode = "SNI_ONLY",
                                   .set_as_active = true})
          .status(),
      ErrorCode::kOk));
  EXPECT_EQ(observer.calls, 2);
  EXPECT_EQ(catalog_.registrations(), 0u);
}

TEST_F(RegistryAtomicity, ARegistryNeedsNoObserver) {
  const std::unique_ptr<Registry> registry = registry::MakeRegistry(
      std::make_unique<store::MemoryStore>(), &catalog_, &clock_, nullptr);
  EXPECT_TRUE(HasCode(
      registry
          ->RegisterCaCertificate({.account = a_,
                                   .region = r1_,
                                   .ca_certificate = ToPem(MakeCa("CA").der),
                                   .certificate_mode = "SNI_ONLY",
                                   .set_as_active = true})
          .status(),
      ErrorCode::kOk));
}

}  // namespace
}  // namespace chainkeep::test
