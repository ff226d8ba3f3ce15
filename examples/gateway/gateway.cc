#include "examples/gateway/gateway.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/options.h"
#include "chainkeep/store.h"
#include "chainkeep/tls.h"
#include "examples/gateway/json.h"

namespace gateway {
namespace {

using std::chrono::milliseconds;

// A command line is a few hundred bytes: two paths and some words.
constexpr size_t kMaxCommand = 16 * 1024;

// Clients taken from one listener a turn.
constexpr int kAcceptsPerTurn = 16;

// How long to leave listeners alone when the system has no descriptor left.
constexpr milliseconds kAcceptPause{100};

// How long to go on writing at the end.
constexpr milliseconds kLastWords{1000};

// How many connections beyond the limit may be closing. With more, the oldest
// is cut short.
constexpr size_t kClosing = 64;

// How many connections beyond the limit may connect for the first time.
constexpr size_t kCompleting = Completions::kMost;

// Descriptors beside those of connections, with room to spare.
constexpr rlim_t kOwnDescriptors = 64;

// Places in what Waits() returns; listeners follow, then two a connection.
enum Place : size_t { kSignals, kCommands, kOutput, kMailbox, kFirstDoor };

// How long the follower waits for a change at a time.
constexpr int64_t kFollowMillis = 1000;

// Between attempts to read a store that cannot be read: what takes its place is
// to be seen soon. What is wrong with it is said this often, and when it
// changes.
constexpr milliseconds kFollowPause{20};
constexpr std::chrono::seconds kSayAgain{10};

TimePoint Now() { return std::chrono::steady_clock::now(); }

absl::StatusOr<Fd> OpenSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
    return SystemError("sigprocmask");
  }
  // A client or a reader of our output that has gone is an error to handle, not
  // a reason to die.
  signal(SIGPIPE, SIG_IGN);
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return SystemError("signalfd");
  return fd;
}

// Makes sure that each connection can have its two descriptors, so that running
// out is found now and not under attack.
absl::Status ReserveDescriptors(size_t connections) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return SystemError("getrlimit");
  const rlim_t needed =
      2 * connections + kClosing + kCompleting + kOwnDescriptors;
  if (limit.rlim_cur >= needed) return absl::OkStatus();
  if (limit.rlim_max < needed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the system allows ", limit.rlim_max,
                     " descriptors: lower --max-connections"));
  }
  limit.rlim_cur = needed;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return SystemError("setrlimit");
  return absl::OkStatus();
}

// Who reads our standard output waits for our first line: progress goes to the
// other one.
void TellProgress(int64_t done, int64_t total) {
  std::fprintf(stderr, "gateway: %lld of %lld records loaded\n",
               static_cast<long long>(done), static_cast<long long>(total));
}

}  // namespace

Gateway::Gateway(const Flags& flags)
    : limits_(flags.limits), policy_(flags.policy), output_(STDOUT_FILENO) {}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(const Flags& flags) {
  std::unique_ptr<Gateway> gateway(new Gateway(flags));
  absl::Status status = gateway->Open(flags);
  if (!status.ok()) return status;
  return gateway;
}

absl::Status Gateway::Open(const Flags& flags) {
  absl::Status reserved = ReserveDescriptors(limits_.connections);
  if (!reserved.ok()) return reserved;
  absl::StatusOr<Fd> signals = OpenSignals();
  if (!signals.ok()) return signals.status();
  signals_ = *std::move(signals);

  absl::Status mailbox = mailbox_.Open();
  if (!mailbox.ok()) return mailbox;

  if (flags.upstream.has_value()) {
    auto upstream = Resolve(*flags.upstream);
    if (!upstream.ok()) return upstream.status();
    upstream_ = *std::move(upstream);
  }

  // Only registered devices have something to tell a broker.
  if (flags.upstream.has_value() &&
      policy_ == chainkeep::ValidationPolicy::kRegisteredDevice) {
    auto publisher = Publisher::Create(*flags.upstream);
    if (!publisher.ok()) return publisher.status();
    publisher_ = *std::move(publisher);
  }

  absl::Status engine = OpenEngine(flags);
  if (!engine.ok()) return engine;
  control_plane_ = std::make_unique<ControlPlane>(engine_.get(), [this] {
    return JsonObject()
        .Integer("openConnections", static_cast<int64_t>(connections_.size()))
        .Integer("droppedLines", output_.dropped());
  });

  completions_ = std::make_unique<Completions>(
      [](SSL* ssl) { chainkeep::FinishHandshake(ssl); },
      [this] { mailbox_.Post([this] { CollectCompletions(); }); });

  auto identity = ReadIdentity(flags.certificate, flags.key);
  if (!identity.ok()) return identity.status();
  for (const ListenFlag& listen : flags.listen) {
    absl::Status status = OpenDoor(flags, listen, *identity);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Gateway::OpenEngine(const Flags& flags) {
  const chainkeep::EngineOptions options = {
      .observer = this,
      .registration_encoding = flags.encoding,
      .registration_serial_rule = flags.serials,
      .prepared_keys = flags.prepared_keys};
  if (flags.store.empty()) {
    auto engine = chainkeep::Engine::Create(options);
    if (!engine.ok()) return engine.status();
    engine_ = *std::move(engine);
    return absl::OkStatus();
  }
  // A slip in the path must not look like an empty registry.
  auto store = chainkeep::OpenStore(
      {.path = flags.store,
       .if_missing = chainkeep::StoreOptions::IfMissing::kRefuse});
  if (!store.ok()) return store.status();
  auto engine = chainkeep::Engine::Create(
      options, *std::move(store),
      {.threads = std::max(1u, std::thread::hardware_concurrency()),
       .progress = TellProgress});
  if (!engine.ok()) return engine.status();
  engine_ = *std::move(engine);
  follower_ = std::thread([this] { Follow(); });
  return absl::OkStatus();
}

Gateway::~Gateway() {
  if (!follower_.joinable()) return;
  engine_->StopFollowing();
  follower_.join();
}

void Gateway::Follow() {
  absl::Status status;
  absl::Status said;
  TimePoint said_at;
  while (!absl::IsCancelled(status = engine_->Follow(kFollowMillis))) {
    if (status != said || (!status.ok() && Now() - said_at > kSayAgain)) {
      said = status;
      said_at = Now();
      Say(status.ok() ? "it can be read again" : status.message());
    }
    if (!status.ok()) std::this_thread::sleep_for(kFollowPause);
  }
}

void Gateway::Say(std::string_view of_store) {
  mailbox_.Post([this, text = std::string(of_store)] {
    output_.Log(JsonObject().Text("store", text).Finish());
  });
}

absl::Status Gateway::OpenDoor(const Flags& flags, const ListenFlag& listen,
                               const Identity& identity) {
  chainkeep::ListenerOptions options;
  options.region = listen.region;
  options.validation.policy = policy_;
  options.validation.encoding = flags.encoding;
  options.validation.serial_rule = flags.serials;
  auto listener = engine_->CreateListener(options);
  if (!listener.ok()) return listener.status();
  auto context = MakeServerContext(identity, *listener);
  if (!context.ok()) return context.status();
  Connection::Watch(context->get());

  absl::StatusOr<Fd> socket = Listen(listen.where);
  if (!socket.ok()) return socket.status();
  absl::StatusOr<uint16_t> port = BoundPort(*socket);
  if (!port.ok()) return port.status();
  doors_.push_back({listen.region,
                    {listen.where.host, *port},
                    *std::move(socket),
                    *std::move(context)});
  return absl::OkStatus();
}

void Gateway::Announce() {
  std::vector<JsonObject> listening;
  for (const Door& door : doors_) {
    listening.push_back(JsonObject()
                            .Text("region", door.region.text())
                            .Text("address", door.where.host)
                            .Integer("port", door.where.port));
  }
  output_.Answer(JsonObject()
                     .Integer("pid", getpid())
                     .Array("listening", listening)
                     .Finish());
}

absl::Status Gateway::Run() {
  Announce();
  while (running_) {
    std::vector<pollfd> waits = Waits();
    const int ready = poll(waits.data(), waits.size(), Timeout(Now()));
    if (ready < 0 && errno != EINTR) return SystemError("poll");
    if (ready >= 0) Serve(waits);
  }
  Finish();
  return absl::OkStatus();
}

std::vector<pollfd> Gateway::Waits() const {
  std::vector<pollfd> waits(kFirstDoor);
  waits[kSignals] = {signals_.get(), POLLIN, 0};
  waits[kCommands] = {output_.has_room() ? STDIN_FILENO : -1, POLLIN, 0};
  waits[kOutput] = {output_.fd(),
                    static_cast<short>(output_.empty() ? 0 : POLLOUT), 0};
  waits[kMailbox] = {mailbox_.fd(), POLLIN, 0};
  const bool accepting = Now() >= accept_again_;
  for (const Door& door : doors_) {
    waits.push_back({accepting ? door.socket.get() : -1, POLLIN, 0});
  }
  for (const auto& connection : connections_) {
    waits.push_back(connection->ClientWait());
    waits.push_back(connection->UpstreamWait());
  }
  return waits;
}

int Gateway::Timeout(TimePoint now) const {
  if (connections_.empty() && now >= accept_again_ && publisher_ == nullptr) {
    return -1;
  }
  // Once a second at least: a verdict's not_after is a time of the wall clock,
  // which may jump.
  milliseconds wait(1000);
  if (now < accept_again_) wait = kAcceptPause;
  for (const auto& connection : connections_) {
    if (connection->has_more_work()) return 0;
    wait = std::min(
        wait, std::chrono::ceil<milliseconds>(connection->deadline() - now));
  }
  return static_cast<int>(std::max(wait, milliseconds(0)).count());
}

void Gateway::Serve(const std::vector<pollfd>& waits) {
  if (waits[kSignals].revents != 0) return Stop();
  if (waits[kOutput].revents & (POLLERR | POLLNVAL)) return Stop();
  if ((waits[kOutput].revents & POLLOUT) &&
      output_.Flush() == Output::Health::kGone) {
    return Stop();
  }
  if (waits[kCommands].revents != 0) ReadCommands();
  if (waits[kMailbox].revents != 0) mailbox_.Run();
  if (publisher_ != nullptr) publisher_->Tick();

  const TimePoint now = Now();
  const chainkeep::UnixSeconds wall_clock = chainkeep::SystemClock().Now();
  const size_t first_connection = kFirstDoor + doors_.size();
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    const size_t place = first_connection + 2 * i;
    if (waits[place].revents != 0 || waits[place + 1].revents != 0 ||
        connection.has_more_work() || now >= connection.deadline()) {
      const bool accepted_before = connection.established();
      connection.Advance(now);
      if (connection.established() && !accepted_before) {
        KeepNewest(connection, now);
      }
    }
    connection.CloseIfExpired(wall_clock, now);
  }
  std::erase_if(connections_, [](const auto& connection) {
    return connection->state() == Connection::State::kClosed;
  });
  for (size_t i = 0; i < doors_.size(); ++i) {
    if (waits[kFirstDoor + i].revents != 0) AcceptFrom(doors_[i], now);
  }
}

void Gateway::AcceptFrom(const Door& door, TimePoint now) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Fd client(accept4(door.socket.get(), nullptr, nullptr,
                      SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.valid()) {
      // Out of descriptors or memory, poll() would report the listener again
      // at once.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM) {
        accept_again_ = now + kAcceptPause;
      }
      return;
    }
    bssl::UniquePtr<SSL> ssl(SSL_new(door.context.get()));
    if (ssl == nullptr) return;
    auto connection = std::make_unique<Connection>(
        next_connection_++, std::move(client), std::move(ssl), door.region,
        ConnectionContext{&output_, upstream_, limits_, completions_.get()},
        now);
    const size_t accepted = Count(&Connection::established);
    if (accepted >= limits_.connections) {
      connection->TurnAway("there is no place left", now);
    } else if (accepted + Count(&Connection::handshaking) >=
               limits_.connections) {
      EndOldest(&Connection::handshaking);
    }
    if (connections_.size() >= limits_.connections + kClosing + kCompleting) {
      EndOldest(&Connection::closing);
    }
    connections_.push_back(std::move(connection));
  }
}

size_t Gateway::Count(StateTest test) const {
  return static_cast<size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [test](const auto& c) { return (c.get()->*test)(); }));
}

void Gateway::EndOldest(StateTest test) {
  const auto oldest =
      std::find_if(connections_.begin(), connections_.end(),
                   [test](const auto& c) { return (c.get()->*test)(); });
  if (oldest == connections_.end()) return;
  (*oldest)->Abandon();
  connections_.erase(oldest);
}

// Called when `newest` has been accepted: if its device has too many
// connections now, the oldest of the others ends.
void Gateway::KeepNewest(const Connection& newest, TimePoint now) {
  size_t count = 0;
  Connection* oldest = nullptr;
  for (const auto& connection : connections_) {
    if (!connection->established() || connection->device() != newest.device()) {
      continue;
    }
    ++count;
    if (oldest == nullptr && connection.get() != &newest) {
      oldest = connection.get();
    }
  }
  if (count > limits_.connections_per_device && oldest != nullptr) {
    oldest->Retire(now);
  }
}

void Gateway::CollectCompletions() {
  for (Completions::Handshake& done : completions_->Collect()) {
    const auto found = std::find_if(
        connections_.begin(), connections_.end(),
        [&](const auto& c) { return c->number() == done.connection; });
    if (found == connections_.end()) continue;
    const TimePoint now = Now();
    (*found)->Resume(std::move(done.ssl), now);
    if ((*found)->established()) KeepNewest(**found, now);
  }
}

void Gateway::ReadCommands() {
  char piece[4096];
  const ssize_t got = read(STDIN_FILENO, piece, sizeof(piece));
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  // Whoever started us has gone, so we go: even a parent that was killed leaves
  // no gateway behind.
  if (got <= 0) return Stop();
  commands_.append(piece, static_cast<size_t>(got));
  ExecuteLines();
}

void Gateway::ExecuteLines() {
  size_t begin = 0;
  for (size_t end; (end = commands_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    ExecuteLine(std::string_view(commands_).substr(begin, end - begin));
  }
  commands_.erase(0, begin);
  if (commands_.size() > kMaxCommand) {
    if (!skipping_) {
      output_.Answer(ControlPlane::Refuse("the line is too long"));
    }
    skipping_ = true;
    commands_.clear();
  }
}

void Gateway::ExecuteLine(std::string_view line) {
  if (skipping_) {
    skipping_ = false;
    return;
  }
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  output_.Answer(control_plane_->Execute(line));
}

// Writes what is still to be said, as long as somebody reads it.
void Gateway::Finish() {
  const TimePoint give_up = Now() + kLastWords;
  while (!output_.empty() && Now() < give_up) {
    pollfd wait = {output_.fd(), POLLOUT, 0};
    if (poll(&wait, 1, 100) < 0 && errno != EINTR) return;
    if ((wait.revents & POLLOUT) == 0) continue;
    if (output_.Flush() == Output::Health::kGone) return;
  }
}

// An event is told after the change is visible to handshakes. So a connection
// that this work does not find established yet is looked at again by
// FinishHandshake, which sees the change.
void Gateway::OnCaRegistered(const chainkeep::CaEvent& event) {
  // Registered devices do not need their CA any more.
  if (policy_ == chainkeep::ValidationPolicy::kRegisteredDevice) return;
  SeeTo(withdrawals_.AddRegistered(event));
}

void Gateway::OnCaDeactivated(const chainkeep::CaEvent& event) {
  if (policy_ == chainkeep::ValidationPolicy::kRegisteredDevice) return;
  SeeTo(withdrawals_.AddDeactivated(event));
}

void Gateway::OnDeviceDeactivated(const chainkeep::DeviceEvent& event) {
  SeeTo(withdrawals_.AddDevice(event));
}

void Gateway::SeeTo(Withdrawals::Added added) {
  if (added == Withdrawals::Added::kMore) return;
  mailbox_.Post([this] {
    const Withdrawals::Batch withdrawn = withdrawals_.Take();
    for (const auto& connection : connections_) {
      connection->CloseIfWithdrawn(withdrawn, Now());
    }
  });
}

void Gateway::OnFirstConnect(const chainkeep::FirstConnectEvent& event) {
  const std::string topic = chainkeep::FirstConnectTopic(event);
  if (publisher_ != nullptr) {
    publisher_->Publish(topic, chainkeep::FirstConnectPayload(event));
  }
  mailbox_.Post([this, topic] {
    output_.Log(JsonObject().Text("event", topic).Finish());
  });
}

void Gateway::OnStoreReplaced(const chainkeep::StoreReplacement& now) {
  using What = chainkeep::StoreReplacement::What;
  Say(now.what == What::kAnotherStore
          ? "replaced: it is another store now, and all is compared with it"
          : "replaced: it is another copy of itself now, and all is compared "
            "with it");
}

void Gateway::OnRecordSkipped(const chainkeep::SkippedRecord& record) {
  mailbox_.Post([this, record] {
    output_.Log(JsonObject()
                    .Text("skipped", record.name)
                    .Text("account", record.account.text())
                    .Text("region", record.region.text())
                    .Text("detail", record.status.message())
                    .Finish());
  });
}

}  // namespace gateway
