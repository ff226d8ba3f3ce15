// Read by ThreadSanitizer before main(); unused without it.
//
// absl::Mutex makes the per-thread state it parks on while the sanitizer is
// told to ignore its own synchronization, so the first wake-up of a thread
// looks as if it raced with the making of that state. It does not: the state is
// handed over through the mutex word. Only that one function is excused.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:absl::*::synchronization_internal::Waiter::Post\n";
}
