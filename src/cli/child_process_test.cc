#include "cli/child_process.h"

#include <chrono>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using std::chrono::seconds;

TEST(ChildProcessTest, TalksInLines) {
  const auto child = ChildProcess::Start({"/bin/cat"}).ValueOrDie();
  ASSERT_TRUE(child->WriteLine("one").ok());
  ASSERT_TRUE(child->WriteLine("two").ok());
  EXPECT_EQ(child->ReadLine(seconds(10)).ValueOrDie(), "one");
  EXPECT_EQ(child->ReadLine(seconds(10)).ValueOrDie(), "two");
}

TEST(ChildProcessTest, SilenceIsAnErrorAfterTheTimeout) {
  const auto child = ChildProcess::Start({"/bin/cat"}).ValueOrDie();
  EXPECT_EQ(KindOf(child->ReadLine(std::chrono::milliseconds(1)).status()),
            ErrorKind::kDeadlineExceeded);
}

TEST(ChildProcessTest, AProgramThatEndedSaysNoMore) {
  const auto child = ChildProcess::Start({"/bin/true"}).ValueOrDie();
  EXPECT_EQ(KindOf(child->ReadLine(seconds(10)).status()), ErrorKind::kUnavailable);
}

TEST(ChildProcessTest, AProgramThatDoesNotWantToEndIsEnded) {
  const auto child =
      ChildProcess::Start({"/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"})
          .ValueOrDie();
  ASSERT_TRUE(child->ReadLine(seconds(10)).ok());
  child->Stop(std::chrono::milliseconds(1));
  EXPECT_FALSE(child->IsRunning());
}

TEST(ChildProcessTest, AFileThatIsNoProgramIsNamed) {
  EXPECT_EQ(ChildProcess::Start({"/no/such"}).status().message(),
            "'/no/such' cannot be run: No such file or directory");
}

TEST(ChildProcessTest, ItsMemoryIsKnown) {
  const auto child = ChildProcess::Start({"/bin/cat"}).ValueOrDie();
  ASSERT_TRUE(child->WriteLine("ready").ok());
  ASSERT_TRUE(child->ReadLine(seconds(10)).ok());
  EXPECT_GT(child->PeakBytes(), 0);
  EXPECT_GE(child->CpuSeconds(), 0);
}

}  // namespace
}  // namespace arrowport::cli
