#include "examples/gateway/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "chainkeep/tls.h"
#include "examples/gateway/json.h"

namespace gateway {
namespace {

using chainkeep::Mode;
using chainkeep::Reason;
using chainkeep::Verdict;

// Rounds of 16 KiB a turn, so that one busy client leaves others their turn.
constexpr int kRoundsPerTurn = 8;

std::optional<std::string_view> ServerNameOf(const SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return std::nullopt;
  return name;
}

// Why the last TLS call failed, in a few words of BoringSSL's. Its queue is
// empty when the client has closed, and when an extension is refused; the alert
// tells the two apart.
std::string_view TlsFailure(int error, uint8_t alert_sent) {
  if (const uint32_t queued = ERR_peek_error(); queued != 0) {
    const char* reason = ERR_reason_error_string(queued);
    if (reason != nullptr) return reason;
  }
  if (alert_sent != 0) return SSL_alert_desc_string_long(alert_sent);
  return error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL
             ? "the client has closed"
             : "the handshake failed";
}

std::optional<std::string_view> OrNull(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

Connection::Connection(int64_t number, Fd client, bssl::UniquePtr<SSL> ssl,
                       const chainkeep::Region& region,
                       const ConnectionContext& context, TimePoint now)
    : number_(number),
      context_(context),
      region_(region),
      accepted_at_(now),
      client_(std::move(client)),
      ssl_(std::move(ssl)),
      deadline_(now + context.limits.handshake) {
  SendPromptly(client_);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_accept_state(ssl_.get());
  if (!SSL_set_fd(ssl_.get(), client_.get())) state_ = State::kClosed;
}

void Connection::Watch(SSL_CTX* context) {
  SSL_CTX_set_info_callback(context, &Connection::OnTlsEvent);
}

void Connection::OnTlsEvent(const SSL* ssl, int type, int value) {
  auto* self = static_cast<Connection*>(SSL_get_app_data(ssl));
  const bool fatal = (value >> 8) == SSL3_AL_FATAL;
  if (self != nullptr && type == SSL_CB_WRITE_ALERT && fatal) {
    self->alert_sent_ = static_cast<uint8_t>(value & 0xff);
  }
}

pollfd Connection::ClientWait() const {
  short events = 0;
  if (state_ == State::kHandshake) events = handshake_wait_;
  if (state_ == State::kLinger) events = POLLIN;
  if (state_ == State::kRelay) {
    if (!client_ended_ && !to_upstream_.full()) events |= POLLIN;
    if (!to_client_.empty() || (upstream_ended_ && !told_client_)) {
      events |= POLLOUT;
    }
  }
  // poll() reports a hang-up whether asked for or not. A relay acts on it
  // (ClientHasHungUp), so that a client that has said its last word and then
  // disappears frees its place. In other states, without anything to wait for,
  // the descriptor must be hidden, or the loop would spin.
  const bool watched =
      events != 0 || (state_ == State::kRelay && !client_gone_);
  return {watched ? client_.get() : -1, events, 0};
}

pollfd Connection::UpstreamWait() const {
  short events = 0;
  if (state_ == State::kDial) events = POLLOUT;
  if (state_ == State::kRelay) {
    if (!upstream_ended_ && !to_client_.full()) events |= POLLIN;
    if (!to_upstream_.empty()) events |= POLLOUT;
  }
  return {events != 0 ? upstream_.get() : -1, events, 0};
}

void Connection::Advance(TimePoint now) {
  has_more_work_ = false;
  if (state_ == State::kHandshake) Handshake(now);
  if (state_ == State::kDial) CheckDial(now);
  if (state_ == State::kRelay) Relay(now);
  if (state_ == State::kLinger) Discard();
  if (state_ != State::kClosed && now >= deadline_) OnDeadline(now);
}

void Connection::OnDeadline(TimePoint now) {
  switch (state_) {
    case State::kHandshake:
      return FinishHandshake("the handshake took too long", now);
    case State::kDial:
      return End(SSL_AD_INTERNAL_ERROR, now);
    case State::kRelay:
      return Retire(now);
    case State::kComplete:
      return;  // it has none
    case State::kLinger:
    case State::kClosed:
      state_ = State::kClosed;
  }
}

void Connection::Handshake(TimePoint now) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return CompleteOrWait(now);
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) {
    handshake_wait_ = POLLIN;
  } else if (error == SSL_ERROR_WANT_WRITE) {
    handshake_wait_ = POLLOUT;
  } else {
    FinishHandshake(TlsFailure(error, alert_sent_), now);
  }
}

void Connection::Abandon() {
  if (state_ == State::kHandshake) {
    FinishHandshake("it made room for another", accepted_at_);
  }
}

void Connection::TurnAway(std::string_view detail, TimePoint now) {
  // RFC 8446 §6.2: internal_error is not about the peer.
  ERR_clear_error();
  SSL_send_fatal_alert(ssl_.get(), SSL_AD_INTERNAL_ERROR);
  LogVerdict(detail);
  Linger(now);
}

void Connection::Retire(TimePoint now) {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  Linger(now);
}

// Called when TLS itself has succeeded.
void Connection::CompleteOrWait(TimePoint now) {
  const chainkeep::Handshake* handshake = chainkeep::HandshakeOf(ssl_.get());
  if (handshake == nullptr || !handshake->MayWait()) {
    return FinishHandshake("", now);
  }
  if (context_.completions->TryTake(number_, handshake->owner(), ssl_) ==
      Completions::Taken::kNo) {
    using Waiting = chainkeep::FinishOptions::Waiting;
    chainkeep::FinishHandshake(ssl_.get(), {.waiting = Waiting::kForbidden});
    return FinishHandshake("", now);
  }
  state_ = State::kComplete;
  deadline_ = TimePoint::max();
}

void Connection::Resume(bssl::UniquePtr<SSL> ssl, TimePoint now) {
  ssl_ = std::move(ssl);
  FinishHandshake("", now);
  // Events of the meantime did not find it.
  if (established() && !chainkeep::MayStay(ssl_.get())) {
    End(SSL_AD_ACCESS_DENIED, now);
  }
}

// `failure` is empty when TLS itself has succeeded.
void Connection::FinishHandshake(std::string_view failure, TimePoint now) {
  verdict_ = chainkeep::FinishHandshake(ssl_.get()).verdict();
  const bool accepted = failure.empty() && verdict_.accepted();
  if (failure.empty() && !accepted) {
    // TLS was content, but trust was withdrawn while it went on.
    const uint8_t alert = chainkeep::TlsAlertOf(verdict_);
    SSL_send_fatal_alert(ssl_.get(), alert != 0 ? alert : SSL_AD_ACCESS_DENIED);
  }
  LogVerdict(failure);
  if (!accepted) return Linger(now);
  if (context_.upstream.empty()) return TellVerdict(now);
  deadline_ = now + context_.limits.handshake;
  DialNext(now);
}

void Connection::LogVerdict(std::string_view failure) {
  // A handshake that failed has proven nothing, whatever was said before.
  const Verdict verdict =
      failure.empty() || !verdict_.accepted() ? verdict_ : Verdict();
  const bool accepted = verdict.accepted();
  const std::chrono::duration<double, std::milli> handshake =
      std::chrono::steady_clock::now() - accepted_at_;
  std::string_view detail = verdict.detail();
  if (detail.empty()) detail = failure;
  if (verdict.reason() != Reason::kNoVerdict && verdict.detail().empty()) {
    detail = chainkeep::ReasonText(verdict.reason());
  }
  const std::string device =
      verdict.device().empty() ? "" : verdict.device().ToHex();
  context_.output->Log(
      JsonObject()
          .Integer("connection", number_)
          .Text("region", region_.text())
          .TextOrNull("server_name", ServerNameOf(ssl_.get()))
          .Text("verdict", chainkeep::ReasonName(verdict.reason()))
          .TextOrNull("account", OrNull(verdict.account().text()))
          .TextOrNull("mode", accepted
                                  ? OrNull(chainkeep::ModeName(verdict.mode()))
                                  : std::nullopt)
          .TextOrNull("device", OrNull(device))
          .Text("tls", SSL_get_version(ssl_.get()))
          .Integer("alert", alert_sent_)
          .Decimal("validate_us",
                   static_cast<double>(chainkeep::VerdictDuration(ssl_.get())) /
                       1000)
          .Decimal("handshake_ms", handshake.count())
          .TextOrNull("detail", OrNull(detail))
          .Finish());
}

// Without a broker: one line for the client, then the end.
void Connection::TellVerdict(TimePoint now) {
  const std::string line =
      JsonObject()
          .Text("verdict", chainkeep::ReasonName(verdict_.reason()))
          .Text("account", verdict_.account().text())
          .Text("mode", chainkeep::ModeName(verdict_.mode()))
          .Text("device", verdict_.device().ToHex())
          .Finish() +
      "\n";
  std::span<uint8_t> space = to_client_.Space();
  std::copy(line.begin(), line.end(), space.begin());
  to_client_.Commit(line.size());
  upstream_ended_ = upstream_gone_ = true;
  state_ = State::kRelay;
  deadline_ = now + context_.limits.idle;
}

void Connection::DialNext(TimePoint now) {
  state_ = State::kDial;
  while (next_address_ < context_.upstream.size()) {
    absl::StatusOr<Fd> fd = Dial(context_.upstream[next_address_++]);
    if (fd.ok()) {
      upstream_ = *std::move(fd);
      return;
    }
  }
  End(SSL_AD_INTERNAL_ERROR, now);
}

void Connection::CheckDial(TimePoint now) {
  pollfd wait = {upstream_.get(), POLLOUT, 0};
  if (poll(&wait, 1, 0) != 1) return;
  if (!ConnectResult(upstream_).ok()) return DialNext(now);
  state_ = State::kRelay;
  deadline_ = now + context_.limits.idle;
}

void Connection::Relay(TimePoint now) {
  int rounds = 0;
  bool progress = true;
  while (progress && rounds < kRoundsPerTurn) {
    // All four are tried each time: one makes room for another.
    progress = ReadClient();
    progress |= WriteUpstream();
    progress |= ReadUpstream();
    progress |= WriteClient();
    rounds += progress ? 1 : 0;
  }
  has_more_work_ = progress;
  if (rounds > 0) deadline_ = now + context_.limits.idle;
  // What the broker said before it failed has been passed on by then.
  if (upstream_failed_ && upstream_ended_ && to_client_.empty()) {
    return End(SSL_AD_INTERNAL_ERROR, now);
  }
  if (ClientHasHungUp()) {
    client_ended_ = client_gone_ = true;
    to_client_.Clear();
  }
  PassOnEnds();

  const bool sent_all = (upstream_ended_ && told_client_) || client_gone_;
  const bool received_all = (client_ended_ && told_upstream_) || upstream_gone_;
  if (sent_all && received_all) Linger(now);
}

// Reading finds out, too, so this asks only where nothing is read any more.
bool Connection::ClientHasHungUp() const {
  if (client_gone_ || (!client_ended_ && !to_upstream_.full())) return false;
  pollfd wait = {client_.get(), 0, 0};
  return poll(&wait, 1, 0) == 1 && (wait.revents & (POLLHUP | POLLERR)) != 0;
}

bool Connection::ReadClient() {
  if (client_ended_ || to_upstream_.full()) return false;
  std::span<uint8_t> space = to_upstream_.Space();
  ERR_clear_error();
  const int got =
      SSL_read(ssl_.get(), space.data(), static_cast<int>(space.size()));
  if (got > 0) {
    to_upstream_.Commit(static_cast<size_t>(got));
    // Of a broker that is gone nobody takes these bytes.
    if (upstream_gone_) to_upstream_.Clear();
    return true;
  }
  switch (SSL_get_error(ssl_.get(), got)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return false;
    case SSL_ERROR_ZERO_RETURN:
      client_ended_ = true;
      return true;
    default:
      // Many devices close TCP without close_notify. What came before is passed
      // on: MQTT packets carry their length, so the broker sees a truncation.
      client_ended_ = client_gone_ = true;
      to_client_.Clear();
      return true;
  }
}

bool Connection::WriteUpstream() {
  if (upstream_gone_ || to_upstream_.empty()) return false;
  std::span<const uint8_t> filled = to_upstream_.Filled();
  const ssize_t put =
      send(upstream_.get(), filled.data(), filled.size(), MSG_NOSIGNAL);
  if (put >= 0) {
    to_upstream_.Consume(static_cast<size_t>(put));
    return put > 0;
  }
  if (WouldBlock() || errno == EINTR) return false;
  // What it sent before may still wait to be read. A broker that closed in good
  // order has merely not read our last bytes.
  if (!upstream_ended_) upstream_failed_ = true;
  upstream_gone_ = true;
  to_upstream_.Clear();
  return true;
}

bool Connection::ReadUpstream() {
  if (upstream_ended_ || client_gone_ || to_client_.full()) return false;
  std::span<uint8_t> space = to_client_.Space();
  const ssize_t got = recv(upstream_.get(), space.data(), space.size(), 0);
  if (got > 0) {
    to_client_.Commit(static_cast<size_t>(got));
    return true;
  }
  if (got < 0 && (WouldBlock() || errno == EINTR)) return false;
  upstream_ended_ = true;
  if (got < 0) upstream_gone_ = upstream_failed_ = true;
  return true;
}

bool Connection::WriteClient() {
  if (client_gone_ || to_client_.empty()) return false;
  std::span<const uint8_t> filled = to_client_.Filled();
  ERR_clear_error();
  const int put =
      SSL_write(ssl_.get(), filled.data(), static_cast<int>(filled.size()));
  if (put > 0) {
    to_client_.Consume(static_cast<size_t>(put));
    return true;
  }
  const int error = SSL_get_error(ssl_.get(), put);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return false;
  }
  client_ended_ = client_gone_ = true;
  to_client_.Clear();
  return true;
}

void Connection::PassOnEnds() {
  if (client_ended_ && to_upstream_.empty() && !told_upstream_) {
    if (!upstream_gone_) shutdown(upstream_.get(), SHUT_WR);
    told_upstream_ = true;
  }
  if (upstream_ended_ && to_client_.empty() && !told_client_ && !client_gone_) {
    // RFC 8446 §6.1: close_notify ends our direction only.
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    told_client_ = result >= 0 ||
                   SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_WRITE;
  }
}

void Connection::CloseIfWithdrawn(const Withdrawals::Batch& withdrawn,
                                  TimePoint now) {
  if (!established()) return;
  if (const auto reason = withdrawn.ReasonToEnd(verdict_)) {
    End(chainkeep::TlsAlertOf(*reason), now);
  } else if (withdrawn.MayConcernIntermediate(verdict_) &&
             !chainkeep::MayStay(ssl_.get())) {
    End(chainkeep::TlsAlertOf(Reason::kCaInactive), now);
  }
}

void Connection::CloseIfExpired(chainkeep::UnixSeconds wall_clock,
                                TimePoint now) {
  if (established() && wall_clock > verdict_.not_after()) {
    End(chainkeep::TlsAlertOf(Reason::kExpired), now);
  }
}

void Connection::End(uint8_t alert, TimePoint now) {
  ERR_clear_error();
  SSL_send_fatal_alert(ssl_.get(), alert);
  Linger(now);
}

void Connection::Linger(TimePoint now) {
  upstream_.Close();
  // TLS is over. Its buffers are freed, so that lingering costs a socket only.
  ssl_.reset();
  shutdown(client_.get(), SHUT_WR);
  state_ = State::kLinger;
  deadline_ = now + context_.limits.linger;
}

void Connection::Discard() {
  uint8_t waste[4096];
  for (int round = 0; round < kRoundsPerTurn; ++round) {
    const ssize_t got = recv(client_.get(), waste, sizeof(waste), 0);
    if (got < 0 && (WouldBlock() || errno == EINTR)) return;
    if (got <= 0) {
      state_ = State::kClosed;
      return;
    }
  }
  has_more_work_ = true;
}

}  // namespace gateway
