// Explore runs a few short threads in every way that C++20 lets them run, and
// says whether one of their checks can fail.
//
//   Program program;
//   const Atomic flag = program.NewAtomic(0);
//   const Plain data = program.NewPlain(0);
//   program.AddThread([=](Thread& t) {
//     t.Write(data, 42);
//     t.Store(flag, 1, Order::kRelease);
//   });
//   program.AddThread([=](Thread& t) {
//     if (t.Load(flag, Order::kAcquire) == 1) t.Check(t.Read(data) == 42, "");
//   });
//   EXPECT_EQ(Explore(program).failure, "");
//
// Threads do not run in the order of this machine: a load may return any value
// that the memory model still allows its thread to see, and each is tried. What
// fails is a check, two accesses to plain memory of which none happens before
// the other, an access to plain memory that was freed, and a deadlock.
//
// THE MODEL is that of views. Every atomic has a list of values, in
// modification order. Each thread has a view: for each atomic, the oldest value
// that it may still load. A release store carries the thread's view, an acquire
// load takes it over; so does who locks a mutex from who unlocked it.
// Sequentially consistent operations happen in the order in which they are
// explored, and so a seq_cst load of an atomic never returns what is older than
// a seq_cst operation on it before. Release sequences are those of C++20: they
// go on through read-modify-writes alone.
//
// What it leaves out: a load that returns what is stored only later (no
// processor and compiler does that with acquire loads, and ours are); fences;
// two stores to one atomic that nothing orders, which it reports, for the code
// it is for has none.
//
// A thread is a function that is called again from its beginning for each of
// its steps, and told what its operations returned before. So it must do
// nothing but what its arguments tell it. States that were met before are not
// explored again.

#ifndef CHAINKEEP_TESTS_MEMORY_MEMORY_MODEL_H_
#define CHAINKEEP_TESTS_MEMORY_MEMORY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chainkeep::memory::model {

using Value = uint64_t;

enum class Order : uint8_t { kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst };

struct Atomic {
  uint8_t index;
};
// Memory that is not atomic.
struct Plain {
  uint8_t index;
};
struct Mutex {
  uint8_t index;
};

// Thread is what a thread does, in the terms of the model.
class Thread {
 public:
  virtual Value Load(Atomic atomic, Order order) = 0;
  virtual void Store(Atomic atomic, Value value, Order order) = 0;
  // These two return what was there before.
  virtual Value Exchange(Atomic atomic, Value value, Order order) = 0;
  virtual Value FetchAdd(Atomic atomic, Value value, Order order) = 0;

  virtual void Lock(Mutex mutex) = 0;
  virtual void Unlock(Mutex mutex) = 0;

  virtual Value Read(Plain plain) = 0;
  virtual void Write(Plain plain, Value value) = 0;
  virtual void Free(Plain plain) = 0;

  virtual void Check(bool good, const char* what) = 0;

 protected:
  ~Thread() = default;
};

using Function = std::function<void(Thread&)>;

class Program {
 public:
  Atomic NewAtomic(Value initial);
  Plain NewPlain(Value initial);
  Mutex NewMutex();
  void AddThread(Function function);
  // Runs when all threads have ended, and sees all they did.
  void Finally(Function function) { finally_ = std::move(function); }

  const std::vector<Value>& atomics() const { return atomics_; }
  const std::vector<Value>& plains() const { return plains_; }
  const std::vector<Function>& threads() const { return threads_; }
  const Function& finally() const { return finally_; }

 private:
  std::vector<Value> atomics_;
  std::vector<Value> plains_;
  uint8_t mutexes_ = 0;
  std::vector<Function> threads_;
  Function finally_ = [](Thread&) {};
};

struct Result {
  // Empty, or what failed first and the steps that led there.
  std::string failure;
  // How many different states were met.
  size_t states = 0;
};

Result Explore(const Program& program);

}  // namespace chainkeep::memory::model

#endif  // CHAINKEEP_TESTS_MEMORY_MEMORY_MODEL_H_
