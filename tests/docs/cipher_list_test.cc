// The cipher list that docs/usage.md recommends: BoringSSL takes it, and what
// it leaves has forward secrecy and authenticated encryption.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "openssl/ssl.h"

namespace chainkeep {
namespace {

std::string RecommendedList() {
  std::ifstream file("docs/usage.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string usage = text.str();
  const std::string call = "SSL_CTX_set_strict_cipher_list(ctx.get(), \"";
  const size_t from = usage.find(call);
  if (from == std::string::npos) return "";
  const size_t start = from + call.size();
  return usage.substr(start, usage.find('"', start) - start);
}

TEST(CipherList, LeavesForwardSecretAeadSuitesOnly) {
  bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
  const std::string list = RecommendedList();
  ASSERT_EQ(SSL_CTX_set_strict_cipher_list(ctx.get(), list.c_str()), 1) << list;
  const STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(ctx.get());
  ASSERT_GT(sk_SSL_CIPHER_num(suites), 0u);
  for (const SSL_CIPHER* suite : suites) {
    EXPECT_EQ(SSL_CIPHER_get_kx_nid(suite), NID_kx_ecdhe)
        << SSL_CIPHER_get_name(suite);
    EXPECT_TRUE(SSL_CIPHER_is_aead(suite)) << SSL_CIPHER_get_name(suite);
  }
}

TEST(CipherList, IsNeeded) {
  bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
  bool has_rsa_transport = false;
  for (const SSL_CIPHER* suite : SSL_CTX_get_ciphers(ctx.get())) {
    if (SSL_CIPHER_get_kx_nid(suite) == NID_kx_rsa) has_rsa_transport = true;
  }
  EXPECT_TRUE(has_rsa_transport)
      << "the default has become good: say so in docs/usage.md, SECURITY.md";
}

}  // namespace
}  // namespace chainkeep
