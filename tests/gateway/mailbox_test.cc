#include "examples/gateway/mailbox.h"

#include <poll.h>

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gateway {
namespace {

bool IsReadable(int fd) {
  pollfd wait = {fd, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

TEST(Mailbox, WakesTheLoopForWorkAndRunsItInOrder) {
  Mailbox mailbox;
  ASSERT_TRUE(mailbox.Open().ok());
  EXPECT_FALSE(IsReadable(mailbox.fd()));
  std::vector<int> done;
  mailbox.Post([&] { done.push_back(1); });
  mailbox.Post([&] { done.push_back(2); });
  EXPECT_TRUE(IsReadable(mailbox.fd()));
  mailbox.Run();
  EXPECT_EQ(done, (std::vector<int>{1, 2}));
  EXPECT_FALSE(IsReadable(mailbox.fd()));
}

TEST(Mailbox, WorkThatPostsWorkIsDoneInTheNextTurn) {
  Mailbox mailbox;
  ASSERT_TRUE(mailbox.Open().ok());
  int done = 0;
  mailbox.Post([&] {
    ++done;
    mailbox.Post([&] { ++done; });
  });
  mailbox.Run();
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(IsReadable(mailbox.fd()));
  mailbox.Run();
  EXPECT_EQ(done, 2);
}

TEST(Mailbox, LosesNothingOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  Mailbox mailbox;
  ASSERT_TRUE(mailbox.Open().ok());
  std::vector<int> next(kThreads, 0);  // touched by this thread alone
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        mailbox.Post([&next, t, i] {
          if (next[t] == i) ++next[t];
        });
      }
    });
  }
  for (int done = 0; done < kThreads * kEach;) {
    pollfd wait = {mailbox.fd(), POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 10'000), 1) << "work was lost";
    mailbox.Run();
    done = 0;
    for (const int count : next) done += count;
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : next) EXPECT_EQ(count, kEach);
}

}  // namespace
}  // namespace gateway
