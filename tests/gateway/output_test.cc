#include "examples/gateway/output.h"

#include <signal.h>
#include <unistd.h>

#include <string>

#include "examples/gateway/sockets.h"
#include "gtest/gtest.h"

namespace gateway {
namespace {

// A pipe, with its two ends.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }

  std::string Read() {
    char text[8192];
    const ssize_t size = read(reader.get(), text, sizeof(text));
    return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
  }

  Fd reader;
  Fd writer;
};

TEST(OutputTest, WritesLinesInOrder) {
  Pipe pipe;
  Output output(pipe.writer.get());
  EXPECT_TRUE(output.empty());
  output.Log("one");
  output.Answer("two");
  EXPECT_FALSE(output.empty());
  EXPECT_EQ(output.Flush(), Output::Health::kOpen);
  EXPECT_TRUE(output.empty());
  EXPECT_EQ(pipe.Read(), "one\ntwo\n");
}

TEST(OutputTest, WritesNoMoreThanAPipeTakesWithoutBlocking) {
  Pipe pipe;
  Output output(pipe.writer.get());
  output.Answer(std::string(10000, 'x'));
  EXPECT_EQ(output.Flush(), Output::Health::kOpen);
  EXPECT_EQ(pipe.Read(), std::string(4096, 'x'));
  EXPECT_FALSE(output.empty());
}

TEST(OutputTest, DropsLogLinesButNoAnswersWhenFull) {
  Pipe pipe;
  Output output(pipe.writer.get());
  const std::string line(1023, 'x');
  for (size_t i = 0; i < Output::kCapacity / 1024; ++i) output.Log(line);
  EXPECT_FALSE(output.has_room());
  EXPECT_EQ(output.dropped(), 0);
  output.Log("lost");
  output.Log("lost, too");
  EXPECT_EQ(output.dropped(), 2);
  output.Answer("kept");
  std::string all;
  while (!output.empty()) {
    ASSERT_EQ(output.Flush(), Output::Health::kOpen);
    all += pipe.Read();
  }
  EXPECT_TRUE(output.has_room());
  ASSERT_GE(all.size(), 7u);
  EXPECT_EQ(all.substr(all.size() - 7), "x\nkept\n");
}

TEST(OutputTest, NoticesThatItsReaderHasGone) {
  signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  Output output(pipe.writer.get());
  pipe.reader.Close();
  output.Log("nobody hears this");
  EXPECT_EQ(output.Flush(), Output::Health::kGone);
}

TEST(OutputTest, FlushingNothingWritesNothing) {
  Output output(-1);
  EXPECT_EQ(output.Flush(), Output::Health::kOpen);
}

}  // namespace
}  // namespace gateway
