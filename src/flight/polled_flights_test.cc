#include "flight/polled_flights.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <arrow/api.h>
#include <arrow/flight/types.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "service/result_offers.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using arrow::flight::FlightInfo;
using ::testing::HasSubstr;

const access::Caller kAda{.name = "ada"};
const access::Caller kGrace{.name = "grace"};

Result<FlightInfo> OneEndpoint() {
  arrow::flight::FlightEndpoint endpoint;
  endpoint.ticket.ticket = "the rows";
  return FlightInfo::Make(*arrow::schema({arrow::field("x", arrow::int64())}),
                          FlightDescriptor::Command("asked"), {endpoint}, 1, 8);
}

/// A statement that runs until it is let go, or stopped.
class Gate {
 public:
  PolledFlights::Make statement() {
    return [this](const CallControl& control,
                  const std::shared_ptr<service::StatementWatch>&) -> Result<FlightInfo> {
      const std::stop_callback stopped(control.stop, [this] { open_.Set(); });
      open_.Wait();
      if (!control.stop.stop_requested()) return OneEndpoint();
      was_stopped_.Set();
      return MakeError(ErrorKind::kCancelled, "stopped");
    };
  }

  void Open() { open_.Set(); }
  void WaitUntilStopped() { was_stopped_.Wait(); }

 private:
  Event open_;
  Event was_stopped_;
};

Result<PolledFlights::Info> Start(PolledFlights& polled, PolledFlights::Make make) {
  return polled.Start(kAda, FlightDescriptor::Command("asked"), std::move(make), {});
}

TEST(PolledFlightsTest, OneThatIsDoneIsAnsweredWhole) {
  PolledFlights polled;
  auto info = Start(polled, [](const auto&, const auto&) { return OneEndpoint(); });
  // On a busy machine it may have to be asked for again.
  while (info.ok() && (*info)->descriptor) {
    info = polled.Wait(kAda, (*info)->descriptor->cmd, {});
  }
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ((*info)->progress, 1.0);
  ASSERT_EQ((*info)->info->endpoints().size(), 1);
  EXPECT_EQ((*info)->info->endpoints()[0].ticket.ticket, "the rows");
}

TEST(PolledFlightsTest, OneThatRunsIsAskedForAgain) {
  Gate gate;
  PolledFlights polled;
  const auto first = Start(polled, gate.statement());
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE((*first)->descriptor);
  EXPECT_TRUE(PolledFlights::IsHandle((*first)->descriptor->cmd));
  EXPECT_EQ((*first)->progress, std::nullopt);
  EXPECT_TRUE((*first)->expiration_time);
  EXPECT_TRUE((*first)->info->endpoints().empty());
  EXPECT_EQ((*first)->info->descriptor().cmd, "asked");
  const std::string handle = (*first)->descriptor->cmd;
  EXPECT_EQ(KindOf(polled.Wait(kGrace, handle, {}).status()), ErrorKind::kNotFound);
  gate.Open();
  for (int i = 0; i < 2; ++i) {
    const auto done = polled.Wait(kAda, handle, {});
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_FALSE((*done)->descriptor);
    EXPECT_EQ((*done)->info->endpoints().size(), 1);
  }
}

TEST(PolledFlightsTest, AFailureIsThatOfThePoll) {
  Gate gate;
  PolledFlights polled;
  const auto fails = [&gate](const CallControl& control, const auto& watch) -> Result<FlightInfo> {
    ARROW_RETURN_NOT_OK(gate.statement()(control, watch).status());
    return MakeError(ErrorKind::kInvalidInput, "no such column");
  };
  const auto first = Start(polled, fails);
  ASSERT_TRUE(first.ok()) << first.status();
  gate.Open();
  const Status failed = polled.Wait(kAda, (*first)->descriptor->cmd, {}).status();
  EXPECT_EQ(KindOf(failed), ErrorKind::kInvalidInput);
  EXPECT_THAT(failed.message(), HasSubstr("no such column"));
}

TEST(PolledFlightsTest, OneThatRunsCanBeCancelled) {
  Gate gate;
  PolledFlights polled;
  const auto first = Start(polled, gate.statement());
  ASSERT_TRUE(first.ok()) << first.status();
  const FlightInfo& info = *(*first)->info;
  EXPECT_FALSE(polled.Cancel(kGrace, info));
  EXPECT_TRUE(polled.Cancel(kAda, info));
  gate.WaitUntilStopped();
  EXPECT_FALSE(polled.Cancel(kAda, info));
  EXPECT_EQ(KindOf(polled.Wait(kAda, (*first)->descriptor->cmd, {}).status()),
            ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(polled.Wait(kAda, "arrowport-poll:nobody's", {}).status()),
            ErrorKind::kNotFound);
}

TEST(PolledFlightsTest, OneThatNobodyAsksForIsStopped) {
  Gate gate;
  PolledFlights polled(std::chrono::milliseconds(200));
  ASSERT_TRUE(Start(polled, gate.statement()).ok());
  gate.WaitUntilStopped();
  while (polled.count() > 0) std::this_thread::yield();
}

TEST(PolledFlightsTest, AllStopAtTheEnd) {
  Gate gate;
  {
    PolledFlights polled;
    ASSERT_TRUE(Start(polled, gate.statement()).ok());
  }
  gate.WaitUntilStopped();
}

TEST(PolledFlightsTest, ACallerThatGoesLeavesItRunning) {
  Gate gate;
  PolledFlights polled;
  const auto first = Start(polled, gate.statement());
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string handle = (*first)->descriptor->cmd;
  std::stop_source gone;
  gone.request_stop();
  const auto left = polled.Wait(kAda, handle, {.deadline = {}, .stop = gone.get_token()});
  EXPECT_EQ(KindOf(left.status()), ErrorKind::kCancelled);
  gate.Open();
  EXPECT_TRUE(polled.Wait(kAda, handle, {}).ok());
}

}  // namespace
}  // namespace arrowport::flight
