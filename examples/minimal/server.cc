// A complete mutual-TLS server: one account, one CA, one host name.
//
//   server CHAIN.pem KEY.pem CA.pem HOST_NAME
//
//   listening on 127.0.0.1:38911
//   kAccepted: …; account 111122223333, mode SNI_ONLY; device …; CA …
//   kServerNameUnknown: …
//
// CHAIN.pem and KEY.pem are the server's own; CA.pem signs the devices. Each
// connection is told whose device it is, and closed, one at a time and without
// deadlines: examples/gateway shows what a gateway has besides.

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/tls.h"

namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Ends the program where something is wrong.
void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

int Listen() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || listen(fd, 16) != 0 ||
      getsockname(fd, any, &size) != 0) {
    Check(absl::InternalError("no socket"));
  }
  std::cout << "listening on 127.0.0.1:" << ntohs(address.sin_port) << "\n";
  return fd;
}

void Serve(SSL* ssl) {
  SSL_accept(ssl);  // how it ended, FinishHandshake sees
  const chainkeep::Admission& admission = chainkeep::FinishHandshake(ssl);
  const std::string line = DescribeVerdict(admission.verdict()) + "\n";
  std::cout << line;
  if (!admission.accepted()) return;
  SSL_write(ssl, line.data(), static_cast<int>(line.size()));
  SSL_shutdown(ssl);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) Check(absl::InvalidArgumentError("four arguments"));
  const auto account = *chainkeep::Account::Parse("111122223333");
  const auto region = *chainkeep::Region::Parse("us-east-1");
  auto engine = chainkeep::Engine::Create({});
  Check(engine.status());
  chainkeep::Registry& registry = (*engine)->registry();
  Check(registry
            .RegisterCaCertificate({.account = account,
                                    .region = region,
                                    .ca_certificate = ReadFile(argv[3]),
                                    .certificate_mode = "SNI_ONLY",
                                    .set_as_active = true})
            .status());
  Check(registry.PutEndpoint(
      {.host_name = argv[4], .account = account, .region = region}));
  auto listener = (*engine)->CreateListener({.region = region});
  Check(listener.status());

  bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
  Check(chainkeep::UseServerCertificate(ctx.get(), ReadFile(argv[1]),
                                        ReadFile(argv[2])));
  Check(chainkeep::InstallGate(ctx.get(), *listener));
  for (const int fd = Listen();;) {
    std::cout << std::flush;
    const int client = accept(fd, nullptr, nullptr);
    if (client < 0) return 1;
    const bssl::UniquePtr<SSL> ssl(SSL_new(ctx.get()));
    SSL_set_fd(ssl.get(), client);
    Serve(ssl.get());
    close(client);
  }
}
