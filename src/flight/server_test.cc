#include "flight/server.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <arrow/flight/client_middleware.h>
#include <gmock/gmock.h>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/flight_call.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using arrow::flight::Ticket;
using ::testing::HasSubstr;

constexpr char kEndlessSql[] =
    "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";

// Keeps what the server adds to its answers.
class HeaderNote final : public arrow::flight::ClientMiddlewareFactory {
 public:
  void StartCall(const arrow::flight::CallInfo& /*info*/,
                 std::unique_ptr<arrow::flight::ClientMiddleware>* middleware) override {
    *middleware = std::make_unique<Middleware>(headers);
  }

  std::map<std::string, std::string> headers;

 private:
  class Middleware final : public arrow::flight::ClientMiddleware {
   public:
    explicit Middleware(std::map<std::string, std::string>& headers) : headers_(headers) {}
    void SendingHeaders(arrow::flight::AddCallHeaders* /*headers*/) override {}
    void ReceivedHeaders(const arrow::flight::CallHeaders& received) override {
      for (const auto& [name, value] : received) headers_[std::string(name)] = value;
    }
    void CallCompleted(const Status& /*status*/) override {}

   private:
    std::map<std::string, std::string>& headers_;
  };
};

class FlightServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  testing::TestServer door_;
};

TEST_F(FlightServerTest, SaysWhichAddressItCannotBind) {
  const auto second =
      FlightServer::Start({.port = door_.server->port()}, door_.service, door_.metrics);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(KindOf(second.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(second.status().message(),
              HasSubstr("127.0.0.1:" + std::to_string(door_.server->port())));
}

TEST_F(FlightServerTest, RefusesOptionsThatMakeNoSense) {
  for (const FlightOptions& options :
       {FlightOptions{.host = ""}, FlightOptions{.port = -1}, FlightOptions{.port = 70'000},
        FlightOptions{.port = 0, .calls_max = 0}}) {
    const auto server = FlightServer::Start(options, door_.service, door_.metrics);
    EXPECT_EQ(KindOf(server.status()), ErrorKind::kInvalidInput) << server.status();
  }
}

TEST_F(FlightServerTest, AddsTheRequestIdAndTheKindOfAnErrorToItsAnswers) {
  auto note = std::make_shared<HeaderNote>();
  auto options = arrow::flight::FlightClientOptions::Defaults();
  options.middleware.push_back(note);
  auto client = arrow::flight::FlightClient::Connect(
      *arrow::flight::Location::ForGrpcTcp("127.0.0.1", door_.server->port()), options);
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE((*client)->ListActions().ok());
  EXPECT_EQ(note->headers[kRequestIdHeader].size(), 32);
  EXPECT_EQ(note->headers.count(kErrorKindTrailer), 0);
  auto reader = (*client)->DoGet(Ticket("SELEC 1"));
  EXPECT_FALSE(reader.ok() && (*reader)->Next().ok());
  EXPECT_EQ(note->headers[kErrorKindTrailer], "invalid-input");
}

TEST_F(FlightServerTest, LetsARunningCallEndWhenItStops) {
  auto reader = door_.client->DoGet(Ticket("SELECT range FROM range(3000000)"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  std::thread stopping(
      [this] { EXPECT_TRUE(door_.server->Stop(Clock::now() + std::chrono::seconds(20)).ok()); });
  const auto rest = (*reader)->ToTable();
  EXPECT_TRUE(rest.ok()) << rest.status();
  stopping.join();
}

TEST_F(FlightServerTest, CutsWhatStillRunsAtTheDeadline) {
  auto reader = door_.client->DoGet(Ticket(kEndlessSql));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto begin = Clock::now();
  EXPECT_TRUE(door_.server->Stop(begin + std::chrono::milliseconds(100)).ok());
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(3));
  EXPECT_FALSE((*reader)->Next().ok());
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

}  // namespace
}  // namespace arrowport::flight
