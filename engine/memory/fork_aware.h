// ForkAware objects survive fork(2).
//
// After fork() the child has one thread. A lock that another thread held in
// the parent stays locked for ever there, and what that thread was in the midst
// of stays half done. So every object with a lock that a child may need takes
// it before the fork and gives it back on both sides after it, as an allocator
// does.
//
//   class Thing final : private ForkAware {
//     ...
//     std::mutex mutex_;
//     ForkRegistration fork_registration_{this};  // the last member
//   };
//
// Objects are asked in the reverse order of their registration: what is built
// on another object is constructed after it and takes its lock first, which is
// the order in which it takes them otherwise. Two objects that take each
// other's locks must not be both ForkAware.

#ifndef CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_
#define CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_

#include <cassert>

namespace chainkeep::memory {

// The callbacks run inside fork(), in the forking thread; they must neither
// construct nor destroy a ForkAware.
class ForkAware {
 public:
  ForkAware(const ForkAware&) = delete;
  ForkAware& operator=(const ForkAware&) = delete;

  // Takes the locks.
  virtual void BeforeFork() = 0;
  // Gives them back.
  virtual void AfterForkInParent() = 0;
  // Gives them back, and forgets the threads that are no more.
  virtual void AfterForkInChild() = 0;

 protected:
  ForkAware() = default;
  ~ForkAware() { assert(was_registered_); }

 private:
  friend class ForkRegistration;

  bool was_registered_ = false;
};

// ForkRegistration is when an object is asked. As the last member of its class
// it comes when the locks are there, and goes before they do: another thread
// may fork while the object is being made or unmade.
class ForkRegistration {
 public:
  explicit ForkRegistration(ForkAware* object);
  ~ForkRegistration();
  ForkRegistration(const ForkRegistration&) = delete;
  ForkRegistration& operator=(const ForkRegistration&) = delete;

 private:
  ForkAware* const object_;
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_
