#include "tests/memory/memory_model.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "xxhash.h"

namespace chainkeep::memory::model {
namespace {

constexpr size_t kMaxAtomics = 16;
constexpr size_t kMaxPlains = 12;
constexpr size_t kMaxMutexes = 2;
constexpr size_t kMaxThreads = 5;  // the one that runs finally is the last
constexpr size_t kMaxValues = 14;  // of one atomic
constexpr size_t kMaxSteps = 64;   // of one thread

// A program that is too big for the model is a mistake in the test.
void Require(bool good) {
  if (!good) abort();
}

// For each atomic the oldest value that may be loaded, and for each thread how
// many of its accesses to plain memory are known of.
struct View {
  std::array<uint8_t, kMaxAtomics> atomics{};
  std::array<uint8_t, kMaxThreads> clocks{};

  void Join(const View& other) {
    for (size_t i = 0; i < kMaxAtomics; ++i) {
      atomics[i] = std::max(atomics[i], other.atomics[i]);
    }
    for (size_t i = 0; i < kMaxThreads; ++i) {
      clocks[i] = std::max(clocks[i], other.clocks[i]);
    }
  }
};

enum class Kind : uint8_t {
  kLoad,
  kStore,
  kExchange,
  kFetchAdd,
  kLock,
  kUnlock,
  kRead,
  kWrite,
  kFree
};
constexpr const char* kKindNames[] = {"load", "store", "exchange",
                                      "add",  "lock",  "unlock",
                                      "read", "write", "free"};
constexpr const char* kOrderNames[] = {"relaxed", "acquire", "release",
                                       "acq_rel", "seq_cst"};

struct AtomicState {
  std::array<Value, kMaxValues> values{};
  std::array<View, kMaxValues> views{};  // what an acquire load takes over
  std::array<Kind, kMaxValues> by{};     // what operation stored it
  uint8_t size = 0;
  uint8_t seq_cst_floor = 0;  // the oldest that a seq_cst load may return

  uint8_t last() const { return static_cast<uint8_t>(size - 1); }
};

enum class Life : uint8_t { kAlive, kFreed };

struct PlainState {
  Value value = 0;
  Life life = Life::kAlive;
  uint8_t writer = 0;
  uint8_t written = 0;  // by the writer's clock
  std::array<uint8_t, kMaxThreads> read{};
};

constexpr uint8_t kNobody = 0xff;

struct MutexState {
  uint8_t owner = kNobody;
  View view;
};

struct Operation {
  Kind kind = Kind::kLoad;
  uint8_t index = 0;
  Order order = Order::kRelaxed;
  Value value = 0;
};

bool Acquires(Order order) {
  return order == Order::kAcquire || order == Order::kAcqRel ||
         order == Order::kSeqCst;
}
bool Releases(Order order) {
  return order == Order::kRelease || order == Order::kAcqRel ||
         order == Order::kSeqCst;
}

struct ThreadState {
  View view;
  std::array<Value, kMaxSteps> returned{};  // by what it has done so far
  uint8_t steps = 0;
  bool ended = false;
  Operation next;  // if it has not ended
};

// All there is at one moment.
struct State {
  std::array<AtomicState, kMaxAtomics> atomics;
  std::array<PlainState, kMaxPlains> plains;
  std::array<MutexState, kMaxMutexes> mutexes;
  std::array<ThreadState, kMaxThreads> threads;
};

struct Step {
  size_t thread;
  Operation operation;
  Value returned;
};

// Ends the call of a thread's function where its next step is.
struct Pause {};
struct Failure {
  std::string what;
};

Value AccessPlain(State& state, size_t thread, const Operation& operation) {
  PlainState& plain = state.plains[operation.index];
  View& view = state.threads[thread].view;
  const auto knows = [&](size_t other, uint8_t clock) {
    return other == thread || clock <= view.clocks[other];
  };
  const std::string name = "plain " + std::to_string(operation.index);
  if (plain.life == Life::kFreed)
    throw Failure{name + ": used after it was freed"};
  if (!knows(plain.writer, plain.written)) {
    throw Failure{name + ": race with a write"};
  }
  const uint8_t clock = ++view.clocks[thread];
  if (operation.kind == Kind::kRead) {
    plain.read[thread] = clock;
    return plain.value;
  }
  for (size_t i = 0; i < kMaxThreads; ++i) {
    if (knows(i, plain.read[i])) continue;
    throw Failure{name + (operation.kind == Kind::kFree
                              ? ": freed while it may be read"
                              : ": race with a read")};
  }
  plain.value = operation.value;
  plain.writer = static_cast<uint8_t>(thread);
  plain.written = clock;
  if (operation.kind == Kind::kFree) plain.life = Life::kFreed;
  return 0;
}

Value LoadAtomic(AtomicState& atomic, View& view, const Operation& operation,
                 uint8_t which) {
  view.atomics[operation.index] = which;
  if (Acquires(operation.order)) view.Join(atomic.views[which]);
  if (operation.order == Order::kSeqCst) atomic.seq_cst_floor = which;
  return atomic.values[which];
}

// `sequence` is what an acquire load takes over of a release before.
void AppendTo(AtomicState& atomic, View& view, const Operation& operation,
              Value value, const View& sequence) {
  Require(atomic.size < kMaxValues);
  const uint8_t added = atomic.size++;
  view.atomics[operation.index] = added;
  atomic.values[added] = value;
  atomic.by[added] = operation.kind;
  View& carried = atomic.views[added] = sequence;
  carried.atomics[operation.index] = added;
  if (Releases(operation.order)) carried.Join(view);
  if (operation.order == Order::kSeqCst) atomic.seq_cst_floor = added;
}

// Does `operation`, of which it is known that it can be done; `which` value a
// load returns. Returns what the operation does.
Value Perform(State& state, size_t thread, const Operation& operation,
              uint8_t which) {
  AtomicState& atomic = state.atomics[operation.index];
  MutexState& mutex = state.mutexes[operation.index % kMaxMutexes];
  View& view = state.threads[thread].view;
  switch (operation.kind) {
    case Kind::kLoad:
      return LoadAtomic(atomic, view, operation, which);
    case Kind::kStore:
      // Nothing comes between a read-modify-write and what it has read; where
      // there are only such it must come last.
      for (size_t i = view.atomics[operation.index]; ++i < atomic.size;) {
        if (atomic.by[i] == Kind::kStore) {
          throw Failure{"two stores that nothing orders"};
        }
      }
      AppendTo(atomic, view, operation, operation.value, View());
      return 0;
    case Kind::kExchange:
    case Kind::kFetchAdd: {
      const uint8_t last = atomic.last();
      const Value before = LoadAtomic(atomic, view, operation, last);
      AppendTo(atomic, view, operation,
               operation.kind == Kind::kExchange ? operation.value
                                                 : before + operation.value,
               atomic.views[last]);
      return before;
    }
    case Kind::kLock:
      mutex.owner = static_cast<uint8_t>(thread);
      view.Join(mutex.view);
      return 0;
    case Kind::kUnlock:
      if (mutex.owner != thread) throw Failure{"unlock without lock"};
      mutex.owner = kNobody;
      mutex.view = view;
      return 0;
    case Kind::kRead:
    case Kind::kWrite:
    case Kind::kFree:
      return AccessPlain(state, thread, operation);
  }
  abort();
}

// How far a call of a function goes.
enum class Pace { kToTheNextStep, kToTheEnd };

class Call final : public Thread {
 public:
  Call(State* state, size_t thread, Pace pace, std::vector<Step>* history)
      : state_(*state),
        me_(state->threads[thread]),
        thread_(thread),
        pace_(pace),
        history_(*history) {}

  void Run(const Function& function) {
    try {
      function(*this);
      me_.ended = true;
    } catch (const Pause&) {
    }
  }

  Value Load(Atomic atomic, Order order) override {
    return Do({Kind::kLoad, atomic.index, order, 0});
  }
  void Store(Atomic atomic, Value value, Order order) override {
    Do({Kind::kStore, atomic.index, order, value});
  }
  Value Exchange(Atomic atomic, Value value, Order order) override {
    return Do({Kind::kExchange, atomic.index, order, value});
  }
  Value FetchAdd(Atomic atomic, Value value, Order order) override {
    return Do({Kind::kFetchAdd, atomic.index, order, value});
  }
  void Lock(Mutex mutex) override {
    Do({Kind::kLock, mutex.index, Order::kAcquire, 0});
  }
  void Unlock(Mutex mutex) override {
    Do({Kind::kUnlock, mutex.index, Order::kRelease, 0});
  }
  Value Read(Plain plain) override {
    return Do({Kind::kRead, plain.index, Order::kRelaxed, 0});
  }
  void Write(Plain plain, Value value) override {
    Do({Kind::kWrite, plain.index, Order::kRelaxed, value});
  }
  void Free(Plain plain) override {
    Do({Kind::kFree, plain.index, Order::kRelaxed, 0});
  }
  void Check(bool good, const char* what) override {
    if (!good) throw Failure{what};
  }

 private:
  Value Do(const Operation& operation) {
    if (done_ < me_.steps) return me_.returned[done_++];
    // Of plain memory it matters what is known of it, and not when it is used.
    if (pace_ == Pace::kToTheNextStep && operation.kind < Kind::kRead) {
      me_.next = operation;
      throw Pause();
    }
    Require(me_.steps < kMaxSteps);
    history_.push_back({thread_, operation, 0});
    const Value returned = Perform(state_, thread_, operation,
                                   state_.atomics[operation.index].last());
    history_.back().returned = returned;
    me_.returned[me_.steps++] = returned;
    ++done_;
    return returned;
  }

  State& state_;
  ThreadState& me_;
  const size_t thread_;
  const Pace pace_;
  std::vector<Step>& history_;
  size_t done_ = 0;
};

// The bytes of a state that tell it from others.
class Key {
 public:
  explicit Key(const State& state, size_t threads) {
    View oldest;  // that somebody may still load
    oldest.atomics.fill(0xff);
    for (size_t i = 0; i < threads; ++i) {
      const ThreadState& thread = state.threads[i];
      Add(thread.ended);
      if (thread.ended) continue;
      Add(thread.steps);
      for (size_t step = 0; step < thread.steps; ++step) {
        Add(thread.returned[step]);
      }
      Add(thread.view);
      for (size_t a = 0; a < kMaxAtomics; ++a) {
        oldest.atomics[a] = std::min(oldest.atomics[a], thread.view.atomics[a]);
      }
    }
    for (size_t a = 0; a < kMaxAtomics; ++a) {
      const AtomicState& atomic = state.atomics[a];
      Add(atomic.size);
      if (atomic.size == 0) continue;
      Add(atomic.seq_cst_floor);
      for (size_t i = std::min(oldest.atomics[a], atomic.last());
           i < atomic.size; ++i) {
        Add(atomic.values[i]);
        Add(atomic.by[i]);
        Add(atomic.views[i]);
      }
    }
    for (const PlainState& plain : state.plains) {
      Add(plain.value);
      Add(plain.life);
      Add(plain.writer);
      Add(plain.written);
      Add(plain.read);
    }
    for (const MutexState& mutex : state.mutexes) {
      Add(mutex.owner);
      Add(mutex.view);
    }
  }

  std::pair<uint64_t, uint64_t> Hash() const {
    const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), size_);
    return {hash.low64, hash.high64};
  }

 private:
  template <typename T>
  void Add(const T& value) {
    Require(size_ + sizeof(value) <= bytes_.size());
    std::memcpy(bytes_.data() + size_, &value, sizeof(value));
    size_ += sizeof(value);
  }

  std::array<char, 16384> bytes_;
  size_t size_ = 0;
};

struct HalfOfIt {
  size_t operator()(const std::pair<uint64_t, uint64_t>& hash) const {
    return hash.first;
  }
};

class Explorer {
 public:
  explicit Explorer(const Program& program)
      : program_(program), threads_(program.threads().size()) {
    Require(program.atomics().size() <= kMaxAtomics);
    Require(program.plains().size() <= kMaxPlains);
    Require(threads_ < kMaxThreads);
  }

  Result Run() {
    State state;
    for (size_t i = 0; i < program_.atomics().size(); ++i) {
      state.atomics[i].values[0] = program_.atomics()[i];
      state.atomics[i].size = 1;
    }
    for (size_t i = 0; i < program_.plains().size(); ++i) {
      state.plains[i].value = program_.plains()[i];
    }
    Result result;
    try {
      for (size_t i = 0; i < threads_; ++i) GoOn(state, i);
      Visit(state);
    } catch (const Failure& failure) {
      result.failure = Describe(failure);
    }
    result.states = seen_.size();
    return result;
  }

 private:
  void Visit(const State& state) {
    if (!seen_.insert(Key(state, threads_).Hash()).second) return;
    // Nobody else can do anything about a mutex that is held, so that there is
    // no reason to wait before it is given back.
    for (size_t i = 0; i < threads_; ++i) {
      const ThreadState& thread = state.threads[i];
      if (!thread.ended && thread.next.kind == Kind::kUnlock) {
        Take(state, i, 0);
        return;
      }
    }
    size_t ended = 0;
    size_t moved = 0;
    for (size_t i = 0; i < threads_; ++i) {
      if (state.threads[i].ended) {
        ++ended;
      } else if (CanMove(state, i)) {
        ++moved;
        TakeAll(state, i);
      }
    }
    if (ended == threads_) {
      Finish(state);
    } else if (moved == 0) {
      throw Failure{"deadlock"};
    }
  }

  static bool CanMove(const State& state, size_t thread) {
    const Operation& next = state.threads[thread].next;
    return next.kind != Kind::kLock ||
           state.mutexes[next.index].owner == kNobody;
  }

  // Takes a thread's next step in all ways.
  void TakeAll(const State& state, size_t thread) {
    const ThreadState& its = state.threads[thread];
    const AtomicState& atomic = state.atomics[its.next.index];
    if (its.next.kind != Kind::kLoad) {
      Take(state, thread, 0);
      return;
    }
    uint8_t which = its.view.atomics[its.next.index];
    if (its.next.order == Order::kSeqCst) {
      which = std::max(which, atomic.seq_cst_floor);
    }
    for (; which < atomic.size; ++which) Take(state, thread, which);
  }

  void Take(State state, size_t thread, uint8_t which) {
    const size_t before = history_.size();
    ThreadState& its = state.threads[thread];
    history_.push_back({thread, its.next, 0});
    const Value returned = Perform(state, thread, its.next, which);
    history_.back().returned = returned;
    Require(its.steps < kMaxSteps);
    its.returned[its.steps++] = returned;
    GoOn(state, thread);
    Visit(state);
    history_.resize(before);
  }

  void GoOn(State& state, size_t thread) {
    Call(&state, thread, Pace::kToTheNextStep, &history_)
        .Run(program_.threads()[thread]);
  }

  void Finish(State state) {
    const size_t before = history_.size();
    View& view = state.threads[threads_].view;
    for (size_t i = 0; i < threads_; ++i) view.Join(state.threads[i].view);
    for (size_t a = 0; a < program_.atomics().size(); ++a) {
      view.atomics[a] = state.atomics[a].last();
    }
    Call(&state, threads_, Pace::kToTheEnd, &history_).Run(program_.finally());
    history_.resize(before);
  }

  std::string Describe(const Failure& failure) const {
    std::string text = failure.what + "\n";
    for (const Step& step : history_) {
      const Operation& operation = step.operation;
      text += "  thread " + std::to_string(step.thread) + ": " +
              kKindNames[static_cast<size_t>(operation.kind)] + " " +
              kOrderNames[static_cast<size_t>(operation.order)] + " #" +
              std::to_string(operation.index) + " " +
              std::to_string(operation.value) + " -> " +
              std::to_string(step.returned) + "\n";
    }
    return text;
  }

  const Program& program_;
  const size_t threads_;
  std::vector<Step> history_;
  std::unordered_set<std::pair<uint64_t, uint64_t>, HalfOfIt> seen_;
};

}  // namespace

Atomic Program::NewAtomic(Value initial) {
  atomics_.push_back(initial);
  return {static_cast<uint8_t>(atomics_.size() - 1)};
}

Plain Program::NewPlain(Value initial) {
  plains_.push_back(initial);
  return {static_cast<uint8_t>(plains_.size() - 1)};
}

Mutex Program::NewMutex() {
  Require(mutexes_ < kMaxMutexes);
  return {mutexes_++};
}

void Program::AddThread(Function function) {
  threads_.push_back(std::move(function));
}

Result Explore(const Program& program) { return Explorer(program).Run(); }

}  // namespace chainkeep::memory::model
