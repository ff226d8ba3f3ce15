// examples/minimal as its reader runs it: a process, a socket, a TLS client.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "openssl/pem.h"
#include "openssl/pool.h"
#include "openssl/ssl.h"
#include "tests/support/test_certificates.h"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

constexpr const char* kServer = "examples/minimal/server";

class MinimalTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string chain = Write("chain.pem", test::ToPem(server_.der));
    const std::string key = Write("key.pem", KeyPem(server_));
    const std::string ca = Write("ca.pem", test::ToPem(ca_.der));
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    pid_ = fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      execl(kServer, kServer, chain.c_str(), key.c_str(), ca.c_str(),
            "dev.example.com", nullptr);
      _exit(127);
    }
    close(out[1]);
    output_ = fdopen(out[0], "r");
    const std::string first = ReadLine();
    constexpr std::string_view kBefore = "listening on 127.0.0.1:";
    ASSERT_EQ(first.substr(0, kBefore.size()), kBefore);
    port_ = static_cast<uint16_t>(std::stoi(first.substr(kBefore.size())));
  }
  void TearDown() override {
    if (pid_ > 0) {
      kill(pid_, SIGTERM);
      waitpid(pid_, nullptr, 0);
    }
    if (output_ != nullptr) fclose(output_);
  }

  static std::string Write(const char* name, const std::string& text) {
    const std::string path = testing::TempDir() + "/minimal." + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string KeyPem(const TestCertificate& certificate) {
    const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), certificate.key.get(), nullptr, nullptr,
                             0, nullptr, nullptr);
    const uint8_t* text = nullptr;
    size_t size = 0;
    BIO_mem_contents(bio.get(), &text, &size);
    return {reinterpret_cast<const char*>(text), size};
  }

  // A line of what the server prints.
  std::string ReadLine() {
    std::array<char, 1024> line = {};
    if (fgets(line.data(), line.size(), output_) == nullptr) return "";
    return line.data();
  }

  // What the server writes to a device; "" if it lets it not in.
  std::string Connect(const char* server_name, const TestCertificate& device) {
    const bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
    SSL_CTX_set_custom_verify(ctx.get(), SSL_VERIFY_PEER,
                              [](SSL*, uint8_t*) { return ssl_verify_ok; });
    const bssl::UniquePtr<CRYPTO_BUFFER> leaf(CRYPTO_BUFFER_new(
        device.bytes().data(), device.bytes().size(), nullptr));
    CRYPTO_BUFFER* chain[] = {leaf.get()};
    EXPECT_EQ(SSL_CTX_set_chain_and_key(ctx.get(), chain, 1, device.key.get(),
                                        nullptr),
              1);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    std::string answer;
    {
      const bssl::UniquePtr<SSL> ssl(SSL_new(ctx.get()));
      SSL_set_tlsext_host_name(ssl.get(), server_name);
      SSL_set_fd(ssl.get(), fd);
      std::array<char, 1024> buffer;
      if (SSL_connect(ssl.get()) == 1) {
        const int got = SSL_read(ssl.get(), buffer.data(), buffer.size());
        if (got > 0) answer.assign(buffer.data(), static_cast<size_t>(got));
      }
    }
    close(fd);
    return answer;
  }

  // The server goes by the real clock.
  static test::CertificateSpec ForLong(test::CertificateSpec spec) {
    spec.not_after = test::kTestNow + 100 * 365 * test::kDay;
    return spec;
  }

  const TestCertificate ca_ = MakeCertificate(ForLong(CaSpec("CA")), nullptr);
  const TestCertificate server_ = MakeCertificate(LeafSpec("server"), nullptr);
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
  uint16_t port_ = 0;
};

TEST_F(MinimalTest, TellsADeviceWhoseItIs) {
  const TestCertificate device =
      MakeCertificate(ForLong(LeafSpec("device")), &ca_);
  const std::string answer = Connect("dev.example.com", device);
  EXPECT_EQ(ReadLine(), answer);
  EXPECT_EQ(answer.substr(0, 10), "kAccepted:") << answer;
  EXPECT_NE(answer.find("; account 111122223333, mode SNI_ONLY; device "),
            std::string::npos)
      << answer;

  EXPECT_EQ(Connect("other.example.com", device), "");
  EXPECT_EQ(ReadLine().substr(0, 19), "kServerNameUnknown:");
  const TestCertificate other_ca = MakeCertificate(CaSpec("other"), nullptr);
  EXPECT_EQ(Connect("dev.example.com",
                    MakeCertificate(ForLong(LeafSpec("stranger")), &other_ca)),
            "");
  EXPECT_EQ(ReadLine().substr(0, 16), "kNoRegisteredCa:");
}

}  // namespace
}  // namespace chainkeep
