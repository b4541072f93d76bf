#include "observe/log.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "observe/log_line.h"

namespace arrowport::observe {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

std::string Captured(void (*write)()) {
  testing::internal::CaptureStderr();
  write();
  SetUpLog(LogLevel::kInfo, LogFormat::kText);
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, WritesTimeLevelMessageAndFieldsAsText) {
  const std::string line = Captured([] {
    SetUpLog(LogLevel::kInfo, LogFormat::kText);
    Log(LogLevel::kInfo, "put landed", {{"stream", "trips"}, {"rows", "12"}});
  });
  EXPECT_THAT(line, MatchesRegex("[0-9-]+T[0-9:.]+Z info    put landed stream=trips rows=12\n"));
}

TEST(LogTest, WritesNoColoursToWhatIsNoTerminal) {
  const std::string line = Captured([] {
    SetUpLog(LogLevel::kInfo, LogFormat::kText);
    Log(LogLevel::kError, "broken");
  });
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST(LogTest, WritesOneJsonObjectALine) {
  const std::string line = Captured([] {
    SetUpLog(LogLevel::kDebug, LogFormat::kJson);
    Log(LogLevel::kWarning, "put refused", {{"stream", "a\"b\n{}"}});
  });
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["message"], "put refused");
  EXPECT_EQ(json["stream"], "a\"b\n{}");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(LogTest, KeepsQuietBelowItsLevel) {
  EXPECT_THAT(Captured([] {
                SetUpLog(LogLevel::kWarning, LogFormat::kText);
                Log(LogLevel::kInfo, "not worth it");
              }),
              IsEmpty());
  EXPECT_THAT(Captured([] {
                SetUpLog(LogLevel::kOff, LogFormat::kText);
                Log(LogLevel::kError, "nor is this");
              }),
              IsEmpty());
}

TEST(LogTest, KeepsLinesOfManyThreadsWhole) {
  const std::string lines = Captured([] {
    SetUpLog(LogLevel::kInfo, LogFormat::kText);
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) Log(LogLevel::kInfo, "tick", {{"x", std::string(100, 'x')}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  size_t start = 0;
  int count = 0;
  for (size_t end = lines.find('\n'); end != std::string::npos; end = lines.find('\n', start)) {
    EXPECT_THAT(lines.substr(start, end - start), EndsWith("tick x=" + std::string(100, 'x')));
    start = end + 1;
    ++count;
  }
  EXPECT_EQ(count, 200);
}

TEST(LogTest, ReadsLevelsAndFormatsByName) {
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogLevel("off"), LogLevel::kOff);
  EXPECT_EQ(KindOf(ParseLogLevel("loud").status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(*ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_THAT(ParseLogFormat("xml").status().message(), HasSubstr("use text or json"));
}

TEST(TextLineTest, LeavesPlainValuesBare) {
  const std::vector<LogField> fields = {{"table", "main.trips"}, {"rows", "3"}};
  EXPECT_EQ(TextLine("done", fields), "done table=main.trips rows=3");
}

TEST(TextLineTest, QuotesAndEscapesWhatWouldReadAsSomethingElse) {
  const std::vector<LogField> fields = {
      {"a", ""}, {"b", "x y"}, {"c", "level=error"}, {"d", "say \"hi\" \\"}};
  EXPECT_EQ(TextLine("m", fields), R"(m a="" b="x y" c="level=error" d="say \"hi\" \\")");
}

TEST(TextLineTest, LetsNoValueEndTheLineOrReachATerminal) {
  const std::vector<LogField> fields = {{"a", "x\ny\r\t\x1b[2J"},
                                        {"b",
                                         "\xc2\x9b"
                                         "31m"},
                                        {"c", "\xff\xc3"},
                                        {"d", "h\xc3\xa9"}};
  EXPECT_EQ(
      TextLine("m\n", fields),
      "m\\n a=\"x\\ny\\x0d\\t\\x1b[2J\" b=\"\\xc2\\x9b31m\" c=\"\\xff\\xc3\" d=\"h\xc3\xa9\"");
}

TEST(JsonLineTest, ReplacesBytesThatAreNotUtf8) {
  const std::vector<LogField> fields = {{"name", "a\xff"}};
  const auto time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'500));
  EXPECT_EQ(JsonLine(time, LogLevel::kInfo, "hi", fields),
            R"({"time":"1970-01-01T00:00:01.500Z","level":"info","message":"hi","name":"a)"
            "\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace arrowport::observe
