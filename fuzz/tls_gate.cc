#include "fuzz/tls_gate.h"

#include "chainkeep/registry.h"
#include "chainkeep/tls.h"
#include "fuzz/require.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "tests/tls/tls_pair.h"

namespace chainkeep::fuzz {
namespace {

// The type of a TLS record that holds handshake messages (RFC 8446 §5.1).
constexpr uint8_t kHandshakeRecord = 22;

}  // namespace

void TlsGate::Observer::OnRefused(const ConnectionEvent& event) {
  last.refusal = event.verdict.reason();
  last.server_name = event.server_name;
}

TlsGate::TlsGate() : engine_(*Engine::Create({.observer = &observer_})) {
  const Account account = *Account::Parse("a");
  ListenerOptions options;
  options.region = *Region::Parse("r");
  Endpoint endpoint{.host_name = std::string(kKnownName),
                    .account = account,
                    .region = options.region};
  Require(engine_->registry().PutEndpoint(endpoint).ok(), "an endpoint");
  endpoint.host_name = std::string(kDisabledName);
  endpoint.status = EndpointStatus::kDisabled;
  Require(engine_->registry().PutEndpoint(endpoint).ok(), "another");
  listener_ = *engine_->CreateListener(options);
  ctx_ = test::ServerContext(TLS_with_buffers_method());
  Require(InstallGate(ctx_.get(), *listener_).ok(), "a gate");
}

TlsGate::Outcome TlsGate::Receive(std::string_view records) {
  bssl::UniquePtr<SSL> ssl(SSL_new(ctx_.get()));
  BIO* const in =
      BIO_new_mem_buf(records.data(), static_cast<int>(records.size()));
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);  // more may come
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_accept_state(ssl.get());
  SSL_do_handshake(ssl.get());
  ERR_clear_error();

  observer_.last = Outcome();
  FinishHandshake(ssl.get());
  Outcome outcome = observer_.last;
  const uint8_t* said = nullptr;
  size_t size = 0;
  BIO_mem_contents(out, &said, &size);
  outcome.goes_on = size > 0 && said[0] == kHandshakeRecord;
  if (outcome.goes_on) {
    const char* const name =
        SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    if (name != nullptr) outcome.server_name = name;
  }
  return outcome;
}

std::optional<Reason> TlsGate::RefusalOf(std::string_view server_name) const {
  const Provisional answer = listener_->Begin(server_name).answer();
  if (answer.goes_on()) return std::nullopt;
  return answer.reason();
}

}  // namespace chainkeep::fuzz
