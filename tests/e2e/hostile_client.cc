// A TLS client that does what no honest one does, to see what a gateway says.
//
//   hostile_client stolen PORT VERSION CERTIFICATE
//       presents CERTIFICATE without its key: CertificateVerify is signed by
//       another key of the same kind
//   hostile_client chain PORT VERSION CERTIFICATE KEY COUNT
//       presents CERTIFICATE and COUNT further copies of it
//
// VERSION is "1.2" or "1.3"; PORT is of 127.0.0.1; files are PEM. Prints one
// JSON line: the fatal alert that came (0: none) and how many bytes of data.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/digest.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

constexpr int kTimeoutSeconds = 20;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "hostile_client: %s\n", what);
  std::exit(1);
}

int Connect(const char* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit = {kTimeoutSeconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    Fail("cannot connect");
  }
  return fd;
}

bssl::UniquePtr<CRYPTO_BUFFER> ReadCertificate(const char* path) {
  bssl::UniquePtr<BIO> bio(BIO_new_file(path, "r"));
  char* name = nullptr;
  char* header = nullptr;
  uint8_t* der = nullptr;
  long size = 0;
  if (bio == nullptr || !PEM_read_bio(bio.get(), &name, &header, &der, &size)) {
    Fail("cannot read the certificate");
  }
  bssl::UniquePtr<CRYPTO_BUFFER> result(
      CRYPTO_BUFFER_new(der, static_cast<size_t>(size), nullptr));
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(der);
  return result;
}

bssl::UniquePtr<EVP_PKEY> ReadKey(const char* path) {
  bssl::UniquePtr<BIO> bio(BIO_new_file(path, "r"));
  bssl::UniquePtr<EVP_PKEY> key(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) Fail("cannot read the key");
  return key;
}

// Signs as BoringSSL asks, with a key made for the occasion.
ssl_private_key_result_t SignWithAnotherKey(SSL*, uint8_t* out,
                                            size_t* out_size, size_t max_out,
                                            uint16_t, const uint8_t* message,
                                            size_t size) {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  bssl::ScopedEVP_MD_CTX context;
  *out_size = max_out;
  if (!EC_KEY_generate_key(ec.get()) ||
      !EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) ||
      !EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                          key.get()) ||
      !EVP_DigestSign(context.get(), out, out_size, message, size)) {
    return ssl_private_key_failure;
  }
  return ssl_private_key_success;
}

ssl_private_key_result_t NeverDecrypt(SSL*, uint8_t*, size_t*, size_t,
                                      const uint8_t*, size_t) {
  return ssl_private_key_failure;
}

ssl_private_key_result_t NothingPending(SSL*, uint8_t*, size_t*, size_t) {
  return ssl_private_key_failure;
}

constexpr SSL_PRIVATE_KEY_METHOD kAnotherKey = {SignWithAnotherKey,
                                                NeverDecrypt, NothingPending};

int g_alert = 0;

void OnEvent(const SSL*, int type, int value) {
  if (type == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) {
    g_alert = value & 0xff;
  }
}

void Present(SSL_CTX* context, const std::vector<CRYPTO_BUFFER*>& chain,
             EVP_PKEY* key) {
  if (!SSL_CTX_set_chain_and_key(context, chain.data(), chain.size(), key,
                                 key == nullptr ? &kAnotherKey : nullptr)) {
    Fail("the certificates cannot be used");
  }
}

// Makes the handshake, and then reads until the end. Returns the bytes read.
size_t Talk(SSL_CTX* context, int fd) {
  bssl::UniquePtr<SSL> ssl(SSL_new(context));
  SSL_set_fd(ssl.get(), fd);
  if (SSL_connect(ssl.get()) != 1) {
    // A gateway that has heard enough closes while we still write: what it said
    // is waiting to be read.
    uint8_t byte;
    SSL_peek(ssl.get(), &byte, 1);
    return 0;
  }
  size_t total = 0;
  uint8_t data[4096];
  for (int got; (got = SSL_read(ssl.get(), data, sizeof(data))) > 0;) {
    total += static_cast<size_t>(got);
  }
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc < 5) Fail("too few arguments");
  const std::string_view mode = argv[1];
  const uint16_t version =
      std::string_view(argv[3]) == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;

  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_with_buffers_method()));
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  SSL_CTX_set_info_callback(context.get(), OnEvent);
  // Whose gateway this is does not matter here.
  SSL_CTX_set_custom_verify(context.get(), SSL_VERIFY_PEER,
                            [](SSL*, uint8_t*) { return ssl_verify_ok; });

  bssl::UniquePtr<CRYPTO_BUFFER> certificate = ReadCertificate(argv[4]);
  std::vector<CRYPTO_BUFFER*> chain = {certificate.get()};
  bssl::UniquePtr<EVP_PKEY> key;
  if (mode == "chain" && argc == 7) {
    key = ReadKey(argv[5]);
    chain.resize(1 + static_cast<size_t>(std::atoi(argv[6])),
                 certificate.get());
  } else if (mode != "stolen" || argc != 5) {
    Fail("unknown mode");
  }
  Present(context.get(), chain, key.get());

  const int fd = Connect(argv[2]);
  const size_t bytes = Talk(context.get(), fd);
  close(fd);
  std::printf("{\"alert\":%d,\"bytes\":%zu}\n", g_alert, bytes);
  return 0;
}
