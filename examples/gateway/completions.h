// Completions: the end of handshakes that may have to wait for a disk.
//
// A device that connects for the first time is written to the store, which may
// be slow, or locked by another process for seconds. The loop does not wait for
// that: it hands the SSL over, one thread completes one after the other, and
// the loop collects what is done. So a flood of new devices delays new devices
// only. At most kMost are here, of one account at most kMostOfOne; for more
// there is no room.
//
// An SSL belongs to whoever has it: nobody else touches one that is here.
//
// Thread-safety: everything by the loop; `work` and `tell` are called by the
// thread.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_COMPLETIONS_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_COMPLETIONS_H_

#include <openssl/ssl.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "chainkeep/types.h"

namespace gateway {

class Completions {
 public:
  static constexpr size_t kMost = 64;
  static constexpr size_t kMostOfOne = kMost / 4;

  // A connection's number, whose it is (chainkeep::Handshake::owner), its SSL.
  struct Handshake {
    int64_t connection;
    chainkeep::Account whose;
    bssl::UniquePtr<SSL> ssl;
  };

  // `work` completes one; `tell` says that there is something to collect, and
  // must not wait.
  Completions(std::function<void(SSL*)> work, std::function<void()> tell);

  // Waits for the one that is being worked on, and drops the others.
  ~Completions();
  Completions(const Completions&) = delete;
  Completions& operator=(const Completions&) = delete;

  // TryTake takes `ssl`, or leaves it where it is: there is no room.
  enum class Taken { kYes, kNo };
  Taken TryTake(int64_t connection, const chainkeep::Account& whose,
                bssl::UniquePtr<SSL>& ssl);

  // Collect returns those that have been completed, in order.
  std::vector<Handshake> Collect();

 private:
  void Run();

  const std::function<void(SSL*)> work_;
  const std::function<void()> tell_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Handshake> waiting_;
  std::vector<Handshake> done_;
  // How many are here, being worked on included, in all and of each.
  size_t count_ = 0;
  std::map<chainkeep::Account, size_t> count_of_;
  bool is_stopped_ = false;

  std::thread thread_;  // last: it uses the others
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_COMPLETIONS_H_
