// ProjectionFixture: a store that a test writes to as another process would,
// and a projection of it.

#ifndef CHAINKEEP_TESTS_PROJECTION_PROJECTION_FIXTURE_H_
#define CHAINKEEP_TESTS_PROJECTION_PROJECTION_FIXTURE_H_

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/events.h"
#include "engine/catalog/catalog.h"
#include "engine/projection/projection.h"
#include "engine/store/memory_store.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

// ForgetfulStore is a MemoryStore that can be made to forget its changes, and
// to fail.
class ForgetfulStore final : public store::RegistryStore {
 public:
  // The next Follow after another revision than the last one is answered
  // with "read everything".
  void Forget() { forgets_ = true; }
  // From now on no change can be read.
  void FailChanges() { fails_changes_ = true; }
  // Called before each look, and after each look at changes: another process
  // may write then.
  void BeforeReads(std::function<void()> visit) {
    before_reads_ = std::move(visit);
  }
  void AfterChanges(std::function<void()> visit) {
    after_changes_ = std::move(visit);
  }
  // Whether each of the next looks fails, as on a damaged row.
  void FailReads(std::vector<bool> fails) { next_reads_ = std::move(fails); }

  absl::Status Transact(const Command& command) override {
    return store_.Transact(command);
  }
  absl::Status Read(const Query& query) const override;
  absl::Status Follow(const store::Position& after, size_t limit,
                      const FollowQuery& query) const override;
  absl::StatusOr<bool> AwaitChange(const store::Position& after,
                                   int64_t timeout_millis) override {
    return store_.AwaitChange(after, timeout_millis);
  }
  void Wake() override { store_.Wake(); }

 private:
  store::MemoryStore store_;
  std::function<void()> before_reads_;
  std::function<void()> after_changes_;
  bool fails_changes_ = false;
  mutable bool forgets_ = false;
  // What comes of a look, as FailReads has it.
  absl::Status Outcome(absl::Status status) const;

  mutable std::vector<bool> next_reads_;
};

// Writes down what it is told: "registered a", "device-off a", "skipped a".
// Any thread may call.
class ProjectionLog final : public EventObserver {
 public:
  void OnCaRegistered(const CaEvent& event) override {
    Write("registered", event.scope.account);
  }
  void OnCaActivated(const CaEvent& event) override {
    Write("activated", event.scope.account);
  }
  void OnCaDeactivated(const CaEvent& event) override {
    Write("deactivated", event.scope.account);
  }
  void OnDeviceDeactivated(const DeviceEvent& event) override {
    Write(std::string("device ") + std::string(DeviceStatusName(event.status)),
          event.account);
  }
  void OnRecordSkipped(const SkippedRecord& record) override {
    Write("skipped", record.account);
  }

  // Called with each, before anybody follows.
  void OnEvent(std::function<void()> visit) { on_event_ = std::move(visit); }

  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  void Write(std::string_view what, const Account& account) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::string(what) + " " + std::string(account.text()));
    }
    if (on_event_) on_event_();
  }

  std::function<void()> on_event_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class ProjectionFixture : public testing::Test {
 protected:
  // How many records are shown at once.
  explicit ProjectionFixture(size_t records_at_once = 500)
      : records_at_once_(records_at_once) {}

  static store::CaRow Ca(const Account& account, const TestCertificate& ca,
                         Mode mode = Mode::kSniOnly,
                         CaStatus status = CaStatus::kActive);
  static store::DeviceRow Device(const Account& account,
                                 const TestCertificate& device,
                                 DeviceStatus status, Mode mode);
  static store::EndpointRow Name(const Account& account, std::string_view host);
  static store::CrlRow Crls(const Account& account, const TestCertificate& ca,
                            std::vector<std::string> crls);

  // Commits without telling the projection.
  void Put(const store::CaRow& row);
  void Put(const store::DeviceRow& row);
  void Put(const store::EndpointRow& row);
  void Delete(const store::CaRow& row);
  void Delete(const store::DeviceRow& row);
  void Commit(const store::RegistryStore::Command& command);

  void CatchUp();

  // All that the catalog shows, as text, in order; and all that it should.
  std::vector<std::string> Shown() const;
  std::vector<std::string> Stored() const;

  static CertificateId IdOf(const TestCertificate& certificate);
  static SignedId SignedOf(const TestCertificate& certificate);

  const Account a_ = *Account::Parse("a");
  const Account b_ = *Account::Parse("b");
  const Region region_ = *Region::Parse("us-east-1");
  const TestCertificate ca_ = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate device_ = MakeCertificate(LeafSpec("device"), &ca_);
  const size_t records_at_once_;
  ForgetfulStore store_;
  catalog::Catalog catalog_;
  ProjectionLog log_;
  projection::Projection projection_{{.store = &store_,
                                      .catalog = &catalog_,
                                      .observer = &log_,
                                      .algorithms = {},
                                      .records_at_once = records_at_once_}};
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROJECTION_PROJECTION_FIXTURE_H_
