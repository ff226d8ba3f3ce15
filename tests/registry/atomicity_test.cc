// A command happens as a whole or not at all: a store that cannot commit or
// cannot be read, a catalog that is out of step, an observer that calls back.

#include <memory>
#include <string>
#include <utility>

#include "engine/sni/host_name.h"
#include "tests/registry/registry_fixture.h"
#include "tests/registry/wrapped_store.h"

namespace chainkeep::test {
namespace {

TestCertificate MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

// BrokenStore is a MemoryStore whose disk can be pulled out: while it is
// broken, a command runs and its commit fails. While it is deaf, it commits and
// then does not say what has changed.
class BrokenStore final : public WrappedStore {
 public:
  void Break() { broken_ = true; }
  void Deafen() { deaf_ = true; }
  void Mend() { broken_ = deaf_ = false; }

  absl::Status Transact(const Command& command) override {
    return wrapped().Transact([&](store::Transaction& t) {
      absl::Status status = command(t);
      if (status.ok() && broken_) {
        status = MakeError(ErrorCode::kInternalFailure, "no disk");
      }
      return status;
    });
  }

  absl::Status Follow(const store::Position& after, size_t limit,
                      const FollowQuery& query) const override {
    if (deaf_) return MakeError(ErrorCode::kServiceUnavailable, "no disk");
    return WrappedStore::Follow(after, limit, query);
  }

 private:
  bool broken_ = false;
  bool deaf_ = false;
};

class RegistryAtomicity : public RegistryRules {
 protected:
  RegistryAtomicity() {
    auto store = std::make_shared<BrokenStore>();
    store_ = store.get();
    registry_on_store_ = std::make_unique<ProjectedRegistry>(
        std::move(store), &catalog_, &clock_, &events_);
  }

  absl::Status Register(const TestCertificate& ca) {
    return (*registry_on_store_)
        ->RegisterCaCertificate({.account = a_,
                                 .region = r1_,
                                 .ca_certificate = ToPem(ca.der),
                                 .certificate_mode = "SNI_ONLY",
                                 .set_as_active = true})
        .status();
  }

  absl::Status Update(const TestCertificate& ca, std::string_view status) {
    return (*registry_on_store_)
        ->UpdateCaCertificate({.account = a_,
                               .region = r1_,
                               .ca_certificate_id = IdOf(ca).ToHex(),
                               .new_status = status});
  }

  absl::Status Delete(const TestCertificate& ca) {
    return (*registry_on_store_)
        ->DeleteCaCertificate(a_, r1_, IdOf(ca).ToHex());
  }

  absl::StatusOr<CaDescription> DescribeOnStore(const TestCertificate& ca) {
    return (*registry_on_store_)
        ->DescribeCaCertificate(a_, r1_, IdOf(ca).ToHex());
  }

  BrokenStore* store_;
  std::unique_ptr<ProjectedRegistry> registry_on_store_;
};

TEST_F(RegistryAtomicity, AFailedCommitPublishesNothing) {
  const TestCertificate registered = MakeCa("registered");
  const TestCertificate other = MakeCa("other");
  ASSERT_TRUE(HasCode(Register(registered), ErrorCode::kOk));
  ASSERT_TRUE(
      HasCode((*registry_on_store_)
                  ->PutEndpoint(
                      {.host_name = "h.example", .account = a_, .region = r1_}),
              ErrorCode::kOk));
  const std::string code = *(*registry_on_store_)->GetRegistrationCode(a_, r1_);
  events_.Take();

  store_->Break();
  const absl::Status kAnswers[] = {
      Register(other),
      Update(registered, "INACTIVE"),
      (*registry_on_store_)->DeleteRegistrationCode(a_, r1_),
      (*registry_on_store_)->GetRegistrationCode(b_, r1_).status(),
      (*registry_on_store_)
          ->PutEndpoint(
              {.host_name = "new.example", .account = a_, .region = r1_}),
      (*registry_on_store_)->DeleteEndpoint(a_, r1_, "h.example"),
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
  EXPECT_EQ(*(*registry_on_store_)->GetRegistrationCode(a_, r1_), code);
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

// The catalog follows what is stored, whatever a defect has made it show.
TEST_F(RegistryAtomicity, ACatalogThatIsOutOfStepIsSetRight) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(catalog_
                  .Publish({a_, r1_, Mode::kDefault}, *catalog_.Record(ca.der),
                           CaStatus::kInactive)
                  .ok());
  EXPECT_TRUE(HasCode(Register(ca), ErrorCode::kOk));
  EXPECT_EQ(catalog_.FindRegistration(a_, r1_, IdOf(ca))->mode, Mode::kSniOnly);
  EXPECT_EQ(catalog_.FindRegistration(a_, r1_, IdOf(ca))->status,
            CaStatus::kActive);
  ASSERT_TRUE(catalog_.Withdraw(a_, r1_, IdOf(ca)).ok());
  EXPECT_TRUE(HasCode(Update(ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_EQ(catalog_.FindRegistration(a_, r1_, IdOf(ca))->status,
            CaStatus::kInactive);
  ASSERT_TRUE(catalog_.Withdraw(a_, r1_, IdOf(ca)).ok());
  EXPECT_TRUE(HasCode(Delete(ca), ErrorCode::kOk));
  EXPECT_EQ(catalog_.registrations(), 0u);
}

// What is committed is not taken back; the caller hears that it is not seen
// yet, and the next command of anybody makes it seen.
TEST_F(RegistryAtomicity, WhatIsStoredAndNotYetSeenIsSaidSo) {
  const TestCertificate ca = MakeCa("CA");
  store_->Deafen();
  EXPECT_TRUE(HasCode(Register(ca), ErrorCode::kServiceUnavailable));
  EXPECT_EQ(catalog_.registrations(), 0u);
  EXPECT_TRUE(events_.Take().empty());
  store_->Mend();
  EXPECT_EQ(DescribeOnStore(ca)->status, CaStatus::kActive);
  EXPECT_TRUE(HasCode(Register(MakeCa("other")), ErrorCode::kOk));
  EXPECT_EQ(catalog_.registrations(), 2u);
  EXPECT_EQ(events_.Take().size(), 4u);
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
  const ProjectedRegistry registry(std::make_shared<store::MemoryStore>(),
                                   &catalog_, &clock_, &observer);
  observer.registry = registry.registry.get();
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
  const ProjectedRegistry registry(std::make_shared<store::MemoryStore>(),
                                   &catalog_, &clock_, nullptr);
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
