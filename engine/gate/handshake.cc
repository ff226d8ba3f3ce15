// Implements chainkeep/handshake.h and Listener::Begin over HandshakeWalk.

#include "chainkeep/handshake.h"

#include <algorithm>
#include <new>
#include <utility>

#include "chainkeep/certificate.h"
#include "engine/gate/asked_name.h"
#include "engine/gate/handshake_walk.h"
#include "engine/gate/server_name.h"

namespace chainkeep {

Handshake Listener::Begin(std::optional<std::string_view> server_name) const {
  return Handshake(*this, server_name);
}

HandshakeWalk& Handshake::walk() {
  return *std::launder(reinterpret_cast<HandshakeWalk*>(walk_.data()));
}

const HandshakeWalk& Handshake::walk() const {
  return *std::launder(reinterpret_cast<const HandshakeWalk*>(walk_.data()));
}

Handshake::Handshake(const Listener& listener,
                     std::optional<std::string_view> server_name) {
  static_assert(sizeof(HandshakeWalk) <= kWalkBytes);
  static_assert(alignof(HandshakeWalk) <= alignof(std::max_align_t));
  new (walk_.data()) HandshakeWalk(listener, server_name);
  walk().Begin();
}

Handshake::Handshake(Handshake&& other) noexcept {
  new (walk_.data()) HandshakeWalk(std::move(other.walk()));
  other.walk().Leave();
}

Handshake& Handshake::operator=(Handshake&& other) noexcept {
  if (this == &other) return *this;
  walk().Abandon();
  walk() = std::move(other.walk());
  other.walk().Leave();
  return *this;
}

Handshake::~Handshake() {
  walk().Abandon();
  walk().~HandshakeWalk();
}

Provisional Handshake::answer() const { return walk().answer(); }

bool Handshake::pending() { return walk().pending(); }

bool Handshake::Await(std::function<void()> callback) {
  return walk().Await(std::move(callback));
}

Provisional Handshake::Present(Bytes leaf, std::span<const Bytes> presented) {
  return walk().Present(leaf, presented);
}

bool Handshake::MayWait() const { return walk().MayWait(); }

Account Handshake::owner() const { return walk().owner(); }

Admission Handshake::Finish(const FinishOptions& options) {
  return walk().Finish(options);
}

Admission::Admission(const Listener& listener,
                     std::optional<std::string_view> host_name,
                     const Account& named_account, Verdict verdict)
    : verdict_(std::move(verdict)),
      listener_(listener),
      has_name_(host_name.has_value()),
      named_account_(named_account) {
  if (!host_name) return;
  name_size_ = static_cast<uint8_t>(host_name->size());
  std::copy(host_name->begin(), host_name->end(), name_.begin());
}

bool Admission::IsUnchanged() const {
  if (!accepted()) return false;
  const gate::Core& core = *listener_->core_;
  const ListenerOptions& options = listener_->options();
  const gate::NameAnswer name =
      gate::ResolveAgain(core, options, gate::ReadName(options, host_name()),
                         named_account_, verdict_.trust_versions().endpoint);
  return IsAsItWas(core, options, name, verdict_);
}

bool Admission::Holds(Bytes leaf, std::span<const Bytes> presented) {
  if (!accepted()) return false;
  if (IsUnchanged()) return true;
  HandshakeWalk walk(*listener_, host_name());
  walk.Recall(named_account_, verdict_.trust_versions().endpoint);
  walk.Present(leaf, presented);
  const Verdict& again = walk.verdict();
  if (!again.accepted() || again.account() != verdict_.account() ||
      again.signed_id() != verdict_.signed_id()) {
    return false;
  }
  named_account_ = walk.named_account();
  verdict_ = again;
  return true;
}

}  // namespace chainkeep
