#include "cli/patient_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "cli/circuit_breaker.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kSeed = 20260418;

/// A port where connections are taken, and nothing else happens.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    (void)bind(socket_, reinterpret_cast<sockaddr*>(&address), bytes);
    (void)listen(socket_, 16);
    (void)getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &bytes);
    port_ = ntohs(address.sin_port);
  }

  ~SilentServer() { close(socket_); }

  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const int socket_;
  int port_ = 0;
};

constexpr PatienceOptions kOptions = {
    .give_up_after = std::chrono::hours(1),
    .backoff = {.first = milliseconds(1), .most = milliseconds(2)},
    .breaker = {.failures = 3, .pause = milliseconds(5)}};

Status Away() { return MakeError(ErrorKind::kUnavailable, "the server is away"); }

class PatientClientTest : public ::testing::Test {
 protected:
  // Runs a call that fails with `failure` so many times before it succeeds.
  Status RunFailing(int times, const Status& failure) {
    PatientClient client(*shared_, kSeed, stop_.get_token());
    return client.Run([&](client::Client& /*client*/, int failures) {
      failures_.push_back(failures);
      return failures < times ? failure : Status::OK();
    });
  }

  void Share(const PatienceOptions& options) {
    shared_.emplace(server_.url(), options);
    shared_->tell = [this](const std::string& line) { told_.push_back(line); };
  }

  void SetUp() override { Share(kOptions); }

  SilentServer server_;
  std::optional<SharedPatience> shared_;
  std::stop_source stop_;
  std::vector<int> failures_;
  std::vector<std::string> told_;
};

TEST_F(PatientClientTest, TriesAgainWhatMayPass) {
  const Status done = RunFailing(2, Away());
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_THAT(failures_, ElementsAre(0, 1, 2));
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(PatientClientTest, TellsWhenAllPause) {
  const Status done = RunFailing(4, Away());
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_THAT(told_, ElementsAre(HasSubstr("the server is away"), HasSubstr("pauses")));
}

TEST_F(PatientClientTest, DoesNotTryAgainWhatWillNotPass) {
  const Status done = RunFailing(2, MakeError(ErrorKind::kConflict, "no such column"));
  EXPECT_EQ(KindOf(done), ErrorKind::kConflict) << done;
  EXPECT_THAT(failures_, ElementsAre(0));
}

TEST_F(PatientClientTest, GivesUpAfterAWhile) {
  PatienceOptions options = kOptions;
  options.give_up_after = milliseconds(0);
  Share(options);
  const Status done = RunFailing(2, Away());
  EXPECT_EQ(KindOf(done), ErrorKind::kUnavailable) << done;
  EXPECT_THAT(failures_, ElementsAre(0));
}

TEST_F(PatientClientTest, DoesNotWaitForAServerThatNobodyHasReached) {
  SharedPatience nowhere("http://127.0.0.1:1", kOptions);
  PatientClient client(nowhere, kSeed, {});
  int calls = 0;
  const Status done = client.Run([&](client::Client& /*client*/, int /*failures*/) {
    ++calls;
    return Status::OK();
  });
  EXPECT_EQ(KindOf(done), ErrorKind::kUnavailable) << done;
  EXPECT_EQ(calls, 0);
}

TEST_F(PatientClientTest, AStopEndsItsWaiting) {
  PatienceOptions options = kOptions;
  options.backoff = {.first = std::chrono::hours(1), .most = std::chrono::hours(1)};
  Share(options);
  PatientClient client(*shared_, kSeed, stop_.get_token());
  const Status done = client.Run([&](client::Client& /*client*/, int /*failures*/) {
    stop_.request_stop();
    return Away();
  });
  EXPECT_EQ(KindOf(done), ErrorKind::kCancelled) << done;
}

TEST_F(PatientClientTest, WhatRunsOnceRunsOnceAndAfterTheStop) {
  stop_.request_stop();
  PatientClient client(*shared_, kSeed, stop_.get_token());
  int calls = 0;
  const Status done = client.RunOnce([&](client::Client& /*client*/, int /*failures*/) {
    ++calls;
    return Away();
  });
  EXPECT_EQ(KindOf(done), ErrorKind::kUnavailable) << done;
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace arrowport::cli
