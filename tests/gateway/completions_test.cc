#include "examples/gateway/completions.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "chainkeep/types.h"
#include "gtest/gtest.h"

namespace gateway {
namespace {

using chainkeep::Account;

// A store that is locked until it is told otherwise.
class CompletionsTest : public testing::Test {
 protected:
  CompletionsTest()
      : completions_(std::make_unique<Completions>(
            [this](SSL* ssl) { Work(ssl); }, [this] { Tell(); })) {}
  ~CompletionsTest() override { Unlock(); }

  bssl::UniquePtr<SSL> NewSsl() {
    return bssl::UniquePtr<SSL>(SSL_new(context_.get()));
  }
  // Of an account of its own, if not said otherwise.
  Completions::Taken Take(int64_t connection) {
    return Take(connection, std::to_string(next_account_++));
  }
  Completions::Taken Take(int64_t connection, std::string_view whose) {
    bssl::UniquePtr<SSL> ssl = NewSsl();
    const Completions::Taken taken =
        completions_->TryTake(connection, *Account::Parse(whose), ssl);
    // What was not taken is still the caller's.
    EXPECT_EQ(ssl != nullptr, taken == Completions::Taken::kNo);
    return taken;
  }

  void Unlock() {
    const std::lock_guard lock(mutex_);
    is_locked_ = false;
    changed_.notify_all();
  }
  void AwaitStarted(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return started_ >= count; });
  }
  void AwaitTold(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_ >= count; });
  }

  int started() {
    const std::lock_guard lock(mutex_);
    return started_;
  }

  std::unique_ptr<Completions>& completions() { return completions_; }

 private:
  void Work(SSL* ssl) {
    std::unique_lock lock(mutex_);
    ++started_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !is_locked_; });
    SSL_set_app_data(ssl, this);
  }
  void Tell() {
    const std::lock_guard lock(mutex_);
    ++told_;
    changed_.notify_all();
  }

  const bssl::UniquePtr<SSL_CTX> context_{
      SSL_CTX_new(TLS_with_buffers_method())};
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  bool is_locked_ = true;
  int started_ = 0;
  int told_ = 0;
  int next_account_ = 0;
  std::unique_ptr<Completions> completions_;
};

TEST_F(CompletionsTest, AreDoneInOrderAndGivenBack) {
  for (int64_t i = 1; i <= 5; ++i) {
    EXPECT_EQ(Take(i), Completions::Taken::kYes);
  }
  EXPECT_TRUE(completions()->Collect().empty());
  Unlock();
  AwaitTold(5);
  const auto done = completions()->Collect();
  ASSERT_EQ(done.size(), 5u);
  for (int64_t i = 1; i <= 5; ++i) {
    EXPECT_EQ(done[i - 1].connection, i);
    EXPECT_NE(SSL_get_app_data(done[i - 1].ssl.get()), nullptr);
  }
  EXPECT_TRUE(completions()->Collect().empty());
}

// Whoever comes while the store is locked does not wait without end, nor make
// the loop wait.
TEST_F(CompletionsTest, HaveRoomForSoMany) {
  for (size_t i = 0; i < Completions::kMost; ++i) {
    ASSERT_EQ(Take(1), Completions::Taken::kYes) << i;
  }
  EXPECT_EQ(Take(2), Completions::Taken::kNo);
  Unlock();
  AwaitTold(static_cast<int>(Completions::kMost));
  // What is done takes room until it is collected.
  EXPECT_EQ(Take(2), Completions::Taken::kNo);
  EXPECT_EQ(completions()->Collect().size(), Completions::kMost);
  EXPECT_EQ(Take(3), Completions::Taken::kYes);
}

// A flood of one account's leaves room for others.
TEST_F(CompletionsTest, NobodyHasAllOfTheRoom) {
  for (size_t i = 0; i < Completions::kMostOfOne; ++i) {
    ASSERT_EQ(Take(1, "a"), Completions::Taken::kYes) << i;
  }
  EXPECT_EQ(Take(2, "a"), Completions::Taken::kNo);
  EXPECT_EQ(Take(3, "b"), Completions::Taken::kYes);
  Unlock();
  AwaitTold(static_cast<int>(Completions::kMostOfOne) + 1);
  completions()->Collect();
  for (size_t i = 0; i < Completions::kMostOfOne; ++i) {
    EXPECT_EQ(Take(4, "a"), Completions::Taken::kYes) << i;
  }
}

TEST_F(CompletionsTest, TheEndWaitsForOneAndDropsTheOthers) {
  for (int64_t i = 0; i < 10; ++i) Take(i);
  AwaitStarted(1);
  std::thread end([&] { completions().reset(); });
  Unlock();
  end.join();
  // It may have gone on to another before it was told to stop.
  EXPECT_GE(started(), 1);
  EXPECT_EQ(completions(), nullptr);
}

TEST_F(CompletionsTest, AnIdleOneEndsAtOnce) {
  completions().reset();
  EXPECT_EQ(started(), 0);
}

}  // namespace
}  // namespace gateway
