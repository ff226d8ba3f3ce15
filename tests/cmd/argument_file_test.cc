// file:// arguments: what a file says, or why it says nothing.

#include "cmd/argument_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using testing::HasSubstr;

class ArgumentFile : public testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return testing::TempDir() + "argument_file_" + std::to_string(getpid()) +
           "_" + name;
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  static std::string Resolve(const std::string& value) {
    return ResolveArgument("--ca-certificate", value);
  }
  static std::string RefusalOf(const std::string& value) {
    try {
      Resolve(value);
      return "";
    } catch (const UsageError& error) {
      return error.what();
    }
  }
};

TEST_F(ArgumentFile, AValueStandsForItself) {
  for (const char* value : {"", "text", "File://x", "file:/x", " file://x",
                            "grüße", "-----BEGIN"}) {
    EXPECT_EQ(Resolve(value), value);
  }
}

TEST_F(ArgumentFile, AFileSaysWhatItHolds) {
  const std::string text = "one\r\ntwo\n\n  grüße ";
  const std::string path = Write("text", text);
  EXPECT_EQ(Resolve("file://" + path), text);
  EXPECT_EQ(Resolve("fileb://" + path), text);
  EXPECT_EQ(Resolve("file://" + Write("empty", "")), "");
}

TEST_F(ArgumentFile, APathMayBeRelative) {
  const std::filesystem::path path = Write("relative", "text");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(path.parent_path());
  EXPECT_EQ(Resolve("file://" + path.filename().string()), "text");
  EXPECT_EQ(Resolve("file://./" + path.filename().string()), "text");
  std::filesystem::current_path(before);
}

TEST_F(ArgumentFile, OneMebibyteIsReadAndNoMore) {
  const std::string most(kTextFileLimit, 'x');
  EXPECT_EQ(Resolve("file://" + Write("most", most)), most);
  EXPECT_THAT(RefusalOf("file://" + Write("more", most + "x")),
              HasSubstr("it has more than 1048576 bytes"));
}

TEST_F(ArgumentFile, RefusalsNameTheOptionTheFileAndTheReason) {
  const std::string pipe = Path("pipe");
  unlink(pipe.c_str());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string folder = Path("folder");
  mkdir(folder.c_str(), 0700);
  const struct {
    std::string value;
    const char* why;
  } cases[] = {
      {"file://" + Path("missing"), "No such file or directory"},
      {"file://", "No such file or directory"},
      {"file://" + folder, "it is a directory"},
      // Must not wait for somebody who writes.
      {"file://" + pipe, "it is a pipe, not a regular file"},
      {"file:///dev/zero", "it is not a regular file"},
      {"file://" + Write("nul", std::string("a\0b", 3)), "holds a NUL byte"},
      {"file://" + Write("latin1",
                         "gr\xfc\xdf"
                         "e"),
       "is not UTF-8 text"},
      {"file://" + Write("utf16", "\xff\xfeg"), "is UTF-16 text"},
      {"file://" + Write("surrogate", "\xed\xa0\x80"), "is not UTF-8 text"},
      {"file://" + Write("overlong", "\xc0\xaf"), "is not UTF-8 text"},
  };
  for (const auto& c : cases) {
    const std::string refusal = RefusalOf(c.value);
    EXPECT_THAT(refusal, HasSubstr(c.why)) << c.value;
    EXPECT_THAT(refusal, HasSubstr("--ca-certificate: ")) << c.value;
    EXPECT_THAT(refusal,
                HasSubstr(c.value.substr(std::string("file://").size(), 60)));
  }
}

TEST_F(ArgumentFile, AFileThatMayNotBeReadIsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string path = Write("secret", "text");
  chmod(path.c_str(), 0);
  EXPECT_THAT(RefusalOf("file://" + path), HasSubstr("Permission denied"));
}

TEST_F(ArgumentFile, ATextOfTheCommandLineMustBeUtf8Too) {
  EXPECT_EQ(RefusalOf("gr\xfc\xdf"
                      "e"),
            "--ca-certificate is not UTF-8 text");
}

TEST_F(ArgumentFile, ALongPathIsCutInTheRefusal) {
  EXPECT_LT(RefusalOf("file://" + std::string(100'000, 'x')).size(), 250u);
}

// CRLs may be DER, and large.
TEST_F(ArgumentFile, ReadFileTakesAnyBytesUpToItsLimit) {
  const std::string bytes("\x30\x00\xff\x00", 4);
  EXPECT_EQ(ReadFile("crl", Write("der", bytes), 4), bytes);
  EXPECT_THROW(ReadFile("crl", Path("der"), 3), UsageError);
}

}  // namespace
}  // namespace chainkeep::cmd
