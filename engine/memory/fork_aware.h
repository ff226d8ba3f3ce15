// ForkAware objects survive fork(2).
//
// After fork() the child has one thread. A lock that another thread held in
// the parent stays locked for ever there, and what that thread was in the midst
// of stays half done. So every object with a lock that a child may need takes
// it before the fork and gives it back on both sides after it, as an allocator
// does.
//
// Objects are asked in the reverse order of their construction: what is built
// on another object is constructed after it and takes its lock first, which is
// the order in which it takes them otherwise. Two objects that take each
// other's locks must not be both ForkAware.

#ifndef CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_
#define CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_

namespace chainkeep::memory {

// Registered by its constructor, until destroyed. The callbacks run inside
// fork(), in the forking thread; they must neither construct nor destroy a
// ForkAware.
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
  ForkAware();
  ~ForkAware();
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_FORK_AWARE_H_
