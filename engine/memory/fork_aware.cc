#include "engine/memory/fork_aware.h"

#include <pthread.h>

#include <list>
#include <mutex>

namespace chainkeep::memory {
namespace {

// Process-wide, as fork() is. Never destroyed: objects with static storage may
// outlive anything.
struct Known {
  std::mutex mutex;
  std::list<ForkAware*> objects;
};

Known& GetKnown() {
  static Known& known = *new Known;
  return known;
}

void BeforeFork() {
  Known& known = GetKnown();
  known.mutex.lock();
  for (auto it = known.objects.rbegin(); it != known.objects.rend(); ++it) {
    (*it)->BeforeFork();
  }
}

void AfterForkInParent() {
  Known& known = GetKnown();
  for (ForkAware* object : known.objects) object->AfterForkInParent();
  known.mutex.unlock();
}

void AfterForkInChild() {
  Known& known = GetKnown();
  for (ForkAware* object : known.objects) object->AfterForkInChild();
  known.mutex.unlock();
}

}  // namespace

ForkRegistration::ForkRegistration(ForkAware* object) : object_(object) {
  Known& known = GetKnown();
  static const int registered = pthread_atfork(
      &chainkeep::memory::BeforeFork, &chainkeep::memory::AfterForkInParent,
      &chainkeep::memory::AfterForkInChild);
  static_cast<void>(registered);
  object->was_registered_ = true;
  const std::lock_guard lock(known.mutex);
  known.objects.push_back(object);
}

ForkRegistration::~ForkRegistration() {
  Known& known = GetKnown();
  const std::lock_guard lock(known.mutex);
  known.objects.remove(object_);
}

}  // namespace chainkeep::memory
