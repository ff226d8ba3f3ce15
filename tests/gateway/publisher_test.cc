// The Publisher against a broker that is really there, or not yet.

#include "examples/gateway/publisher.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace gateway {
namespace {

using std::chrono::milliseconds;

constexpr char kMosquitto[] = "/usr/sbin/mosquitto";

uint16_t FreePort() {
  const absl::StatusOr<Fd> socket = Listen({"127.0.0.1", 0});
  return *BoundPort(*socket);
}

// A process that ends with this one.
class Child {
 public:
  explicit Child(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      execvp(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

Child StartBroker(uint16_t port) {
  const std::string config = testing::TempDir() + "/mosquitto.conf";
  std::ofstream(config) << "listener " << port << " 127.0.0.1\n"
                        << "allow_anonymous true\npersistence false\n"
                        << "user root\nlog_dest none\n";
  return Child({kMosquitto, "-c", config});
}

// Subscriber receives what is said below $aws/events.
class Subscriber {
 public:
  // It has subscribed when this returns.
  Subscriber(uint16_t port, int messages)
      : path_(absl::StrCat(testing::TempDir(), "/received-", port)),
        child_({"/bin/sh", "-c",
                absl::StrCat("until stdbuf -oL timeout 30 mosquitto_sub -d -p ",
                             port, " -t '$aws/events/#' -q 1 -v -C ", messages,
                             " > ", path_, "; do sleep 0.1; done")}) {
    for (int i = 0; i < 300 && !Has("received SUBACK"); ++i) {
      std::this_thread::sleep_for(milliseconds(100));
    }
  }

  // Waits for the messages: "TOPIC PAYLOAD\n" each.
  std::string Messages() {
    EXPECT_EQ(child_.Wait(), 0);
    std::ifstream in(path_);
    std::string messages;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("$aws/")) messages += line + "\n";
    }
    return messages;
  }

 private:
  bool Has(const std::string& text) const {
    std::ifstream in(path_);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    return all.find(text) != std::string::npos;
  }

  const std::string path_;
  Child child_;
};

class PublisherTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kMosquitto, X_OK) != 0) GTEST_SKIP() << "mosquitto is missing";
  }
};

TEST_F(PublisherTest, TellsABrokerThatIsThereInOrder) {
  const uint16_t port = FreePort();
  const Child broker = StartBroker(port);
  Subscriber subscriber(port, 2);
  const auto publisher = Publisher::Create({"127.0.0.1", port});
  ASSERT_TRUE(publisher.ok());
  (*publisher)->Publish("$aws/events/a", "{\"n\":1}");
  (*publisher)->Publish("$aws/events/b", "{\"n\":2}");
  EXPECT_EQ(subscriber.Messages(),
            "$aws/events/a {\"n\":1}\n$aws/events/b {\"n\":2}\n");
  EXPECT_EQ((*publisher)->dropped(), 0);
}

TEST_F(PublisherTest, KeepsMessagesForABrokerThatComesLater) {
  const uint16_t port = FreePort();
  const auto publisher = Publisher::Create({"127.0.0.1", port});
  ASSERT_TRUE(publisher.ok());
  (*publisher)->Publish("$aws/events/early", "1");
  const Child broker = StartBroker(port);
  Subscriber subscriber(port, 1);
  // The gateway's loop does this, until it is connected.
  (*publisher)->Tick();
  EXPECT_EQ(subscriber.Messages(), "$aws/events/early 1\n");
}

}  // namespace
}  // namespace gateway
