// What a handshake would be told: without an end, or with one.

#ifndef CHAINKEEP_TESTS_SUPPORT_ASK_H_
#define CHAINKEEP_TESTS_SUPPORT_ASK_H_

#include "chainkeep/engine.h"
#include "chainkeep/handshake.h"
#include "chainkeep/verdict.h"
#include "engine/gate/handshake_walk.h"

namespace chainkeep::test {

// Judge returns what would be said of `attempt`, were its key proven. Nothing
// is finished, and nobody told.
inline Verdict Judge(const Listener& listener, const Attempt& attempt) {
  HandshakeWalk walk(listener, attempt.server_name);
  walk.Begin();
  walk.Present(attempt.leaf, attempt.presented);
  return walk.verdict();
}

// Show begins a handshake and presents its certificates, whose bytes must last
// until it is finished.
inline Handshake Show(const Listener& listener, const Attempt& attempt) {
  Handshake handshake = listener.Begin(attempt.server_name);
  handshake.Present(attempt.leaf, attempt.presented);
  return handshake;
}

// Connect does all of it, as a client that has the key.
inline Admission Connect(const Listener& listener, const Attempt& attempt,
                         const FinishOptions& options = {}) {
  return Show(listener, attempt).Finish(options);
}

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_ASK_H_
