#include "rpc/session.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <gmock/gmock.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "rpc/code.h"
#include "rpc/fair_share.h"
#include "rpc/options.h"
#include "rpc/stream.h"
#include "rpc/test_client.h"

namespace arrowport::rpc {
namespace {

using testing::Framed;
using ::testing::HasSubstr;
using testing::TestClient;

constexpr int64_t kMessageBytesMax = 8 * kMiB;
constexpr int kCallsMax = 100;
constexpr int64_t kUnreadBytesMax = 32 * kMiB;
constexpr int64_t kUnreadBytesSure = kKiB;

class SessionTest : public ::testing::Test {
 protected:
  // Carries bytes to and fro until neither side has any.
  Status Exchange() {
    for (;;) {
      const std::string sent = client_.Take();
      ARROW_RETURN_NOT_OK(
          session_.Receive({reinterpret_cast<const uint8_t*>(sent.data()), sent.size()}));
      const std::string received = TakeOutput();
      if (!client_.Receive(received)) {
        return MakeError(ErrorKind::kInternal, "the client does not understand the server");
      }
      for (auto& stream : session_.TakeStarted()) streams_.push_back(std::move(stream));
      if (sent.empty() && received.empty()) return Status::OK();
    }
  }

  std::string TakeOutput() {
    std::string all;
    while (session_.Fill().ok() && !session_.output().empty()) {
      std::array<iovec, 16> pieces{};
      const size_t before = all.size();
      for (const iovec& piece : std::span(pieces).first(session_.output().Gather(pieces))) {
        all.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      }
      session_.output().Drop(all.size() - before);
    }
    return all;
  }

  // A call that has begun.
  Stream& Call(const std::string& path = "/package.Service/Method") {
    id_ = client_.Begin(path);
    EXPECT_TRUE(Exchange().ok());
    return *streams_.back();
  }

  TestClient::Answer& answer() { return client_.answer(id_); }

  FairShare unread_{kUnreadBytesMax, kUnreadBytesSure};
  Session session_{{.client_calls_max = kCallsMax,
                    .messages = {.message_bytes_max = kMessageBytesMax, .limit_name = "the.limit"}},
                   "peer",
                   unread_};
  TestClient client_;
  std::vector<std::shared_ptr<Stream>> streams_;
  int32_t id_ = 0;
};

std::shared_ptr<arrow::Buffer> Bytes(std::string text) {
  return arrow::Buffer::FromString(std::move(text));
}

TEST_F(SessionTest, TellsWhatACallAsks) {
  const auto before = Clock::now();
  const int32_t id =
      client_.Begin("/p.S/M", {{"x-name", "Ada"}, {"token-bin", "AP8"}, {"grpc-timeout", "5S"}});
  client_.Send(id, Framed("one") + Framed("two"), /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  ASSERT_EQ(streams_.size(), 1);
  const Stream& stream = *streams_[0];
  EXPECT_EQ(stream.request.path, "/p.S/M");
  EXPECT_EQ(stream.request.peer, "peer");
  ASSERT_TRUE(stream.request.deadline);
  EXPECT_GE(*stream.request.deadline, before + std::chrono::seconds(5));
  const auto value = [&](std::string_view name) {
    return std::ranges::find(stream.request.headers, name, &Header::name)->value;
  };
  EXPECT_EQ(value("x-name"), "Ada");
  EXPECT_EQ(value("token-bin"), std::string("\0\xff", 2));
  ASSERT_EQ(stream.messages.size(), 2);
  EXPECT_EQ(stream.messages[1]->ToString(), "two");
  EXPECT_TRUE(stream.has_ended);
}

TEST_F(SessionTest, SendsMessagesBetweenHeadersAndTrailers) {
  Stream& stream = Call();
  stream.headers.push_back({.name = "x-id", .value = "7"});
  session_.Send(stream, {Bytes("on"), Bytes(""), Bytes("e")});
  session_.Send(stream, {Bytes("two")});
  session_.Finish(stream, {.code = Code::kNotFound,
                           .message = "no 'é'",
                           .trailers = {{.name = "detail-bin", .value = "\x01"}}});
  client_.Send(id_, "", /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().body, Framed("one") + Framed("two"));
  EXPECT_EQ(answer().fields[":status"], "200");
  EXPECT_EQ(answer().fields["x-id"], "7");
  EXPECT_EQ(answer().fields["grpc-status"], "5");
  EXPECT_EQ(answer().fields["grpc-message"], "no '%C3%A9'");
  EXPECT_EQ(answer().fields["detail-bin"], "AQ");
  EXPECT_TRUE(answer().is_closed);
  EXPECT_FALSE(session_.has_calls());
}

TEST_F(SessionTest, KeepsNoFieldThatDiffersFromCallToCall) {
  size_t kept = 0;
  for (int i = 0; i < 20; ++i) {
    Stream& stream = Call();
    stream.headers.push_back({.name = "x-id", .value = std::to_string(i)});
    session_.Send(stream, {Bytes("one")});
    session_.Finish(stream, {});
    ASSERT_TRUE(Exchange().ok());
    EXPECT_EQ(answer().fields["x-id"], std::to_string(i));
    if (i == 0) kept = client_.kept_field_bytes();
  }
  EXPECT_EQ(client_.kept_field_bytes(), kept);
}

TEST_F(SessionTest, TellsAClientThatStillSendsThatNobodyReads) {
  Stream& stream = Call();
  session_.Finish(stream, {});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().fields["grpc-status"], "0");
  EXPECT_TRUE(answer().is_closed);
  EXPECT_EQ(answer().error, NGHTTP2_NO_ERROR);
}

TEST_F(SessionTest, SendsLargeMessagesAsFarAsTheClientAllows) {
  constexpr int32_t kWindow = 300'000;
  client_.SetWindow(kWindow);
  Stream& stream = Call();
  std::string large(3 * kMiB, 'x');
  large.back() = 'z';
  session_.Send(stream, {Bytes(large), Bytes("end")});
  session_.Finish(stream, {});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().body, Framed(large + "end"));
  EXPECT_EQ(answer().fields["grpc-status"], "0");
}

TEST_F(SessionTest, LetsAClientSendNoMoreThanAWindowAheadOfWhoReads) {
  Stream& stream = Call();
  const std::string large(7 * kMiB, 'x');
  client_.Send(id_, Framed(large) + Framed(large), /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_GT(client_.unsent(id_), 13 * kMiB);
  session_.Admit(stream);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_GT(client_.unsent(id_), 11 * kMiB);
  session_.Await(stream);
  ASSERT_TRUE(Exchange().ok());
  ASSERT_EQ(stream.messages.size(), 1);
  EXPECT_GT(client_.unsent(id_), 3 * kMiB);
  (void)session_.TakeMessage(stream);
  session_.Await(stream);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(stream.messages.size(), 1);
  EXPECT_TRUE(stream.has_ended);
}

TEST_F(SessionTest, CallsThatAreNotAdmittedHoldNoMoreThanTheShareOfTheirClient) {
  // Half of what there is, since it is the only client; each call waits for the end of its message.
  constexpr int kCalls = 3;
  const std::string half = Framed(std::string(7 * kMiB, 'x'));
  for (int i = 0; i < kCalls; ++i) {
    session_.Await(Call());
    client_.Send(id_, half.substr(0, half.size() - 1));
    ASSERT_TRUE(Exchange().ok());
  }
  EXPECT_TRUE(streams_[0]->failure.ok());
  EXPECT_TRUE(streams_[1]->failure.ok());
  EXPECT_EQ(KindOf(streams_[2]->failure), ErrorKind::kOverloaded);
  EXPECT_EQ(unread_.total(), 2 * static_cast<int64_t>(half.size() - 1));
  session_.Admit(*streams_[0]);
  EXPECT_EQ(unread_.total(), static_cast<int64_t>(half.size() - 1));
  client_.Reset(3);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(unread_.total(), 0);
}

TEST_F(SessionTest, AClientKeepsItsShareWhateverOthersHold) {
  EXPECT_TRUE(unread_.Take(0, kUnreadBytesMax / 2));
  EXPECT_FALSE(unread_.Take(kUnreadBytesMax / 2, kUnreadBytesMax / 4));
  Stream& stream = Call();
  client_.Send(id_, Framed("one"), /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(stream.messages.size(), 1);
  unread_.Give(kUnreadBytesMax / 2);
}

TEST_F(SessionTest, OneCallThatIsNotReadStopsNoOther) {
  Stream& idle = Call();
  client_.Send(id_, Framed(std::string(7 * kMiB, 'x')));
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(idle.messages.empty());
  Stream& busy = Call();
  client_.Send(id_, Framed("one"), /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(busy.messages.size(), 1);
}

TEST_F(SessionTest, AClientHasSoManyCallsAtATime) {
  (void)Call();
  for (int i = 0; i < kCallsMax + 10; ++i) (void)client_.Begin("/p.S/M");
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(streams_.size(), kCallsMax);
}

TEST_F(SessionTest, ACallThatItsClientCancelsFails) {
  Stream& stream = Call();
  client_.Reset(id_);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(KindOf(stream.failure), ErrorKind::kCancelled);
  EXPECT_FALSE(session_.has_calls());
  // What its handler still says goes nowhere.
  session_.Send(stream, {Bytes("one")});
  session_.Finish(stream, {});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().body, "");
}

TEST_F(SessionTest, AnInterruptedCallIsToldItsOutcomeWhateverWasUnsent) {
  client_.KeepWindows();
  Stream& stream = Call();
  session_.Send(stream, {Bytes(std::string(5 * kMiB, 'x'))});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_LT(answer().body.size(), kMiB);
  session_.Fail(stream, MakeError(ErrorKind::kCancelled, "interrupted"));
  session_.Finish(stream, {.code = Code::kDeadlineExceeded, .message = "too slow"});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().fields["grpc-status"], "4");
  EXPECT_LT(answer().body.size(), kMiB);
}

TEST_F(SessionTest, AFrameThatWaitsForTheSocketIsSentWholeAfterAnInterrupt) {
  client_.SetWindow(64'000'000);
  client_.OpenConnection();
  Stream& stream = Call();
  session_.Send(stream, {Bytes(std::string(5 * kMiB, 'x'))});
  ASSERT_TRUE(session_.Fill().ok());
  ASSERT_GT(session_.output().bytes(), 0);
  session_.Fail(stream, MakeError(ErrorKind::kCancelled, "interrupted"));
  session_.Finish(stream, {.code = Code::kDeadlineExceeded});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer().fields["grpc-status"], "4");
  EXPECT_LT(answer().body.size(), 3 * kMiB);
}

TEST_F(SessionTest, AnOutcomeThatDoesNotFitEndsTheCallAllTheSame) {
  Stream& stream = Call();
  session_.Finish(stream, {.code = Code::kInternal, .message = std::string(200'000, 'x')});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(answer().is_closed);
  EXPECT_EQ(answer().error, NGHTTP2_INTERNAL_ERROR);
}

TEST_F(SessionTest, RefusesHeadersThatAreLargeOnlyWhenUnpacked) {
  // The table of HPACK remembers a field, so that each further one is a byte.
  const TestClient::Fields fields(100, {"x-large", std::string(3'000, 'x')});
  const int32_t id = client_.Begin("/p.S/M", fields);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(streams_.empty());
  EXPECT_TRUE(client_.answer(id).is_closed);
  EXPECT_NE(client_.answer(id).error, NGHTTP2_NO_ERROR);
}

TEST_F(SessionTest, RefusesMoreMessagesThanItShouldKeep) {
  Stream& stream = Call();
  session_.Admit(stream);
  std::string empty;
  for (int i = 0; i < 20'000; ++i) empty += Framed("");
  client_.Send(id_, empty, /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(KindOf(stream.failure), ErrorKind::kTooLarge);
  EXPECT_TRUE(stream.messages.empty());
}

TEST_F(SessionTest, FailsCallsWhoseClientIsIdle) {
  const auto minutes = [](int count) { return Clock::now() + std::chrono::minutes(count); };
  Stream& silent = Call();
  session_.Await(silent);
  Stream& may_be_silent = Call();
  may_be_silent.may_be_silent = true;
  session_.Await(may_be_silent);
  Stream& unread = Call();
  Stream& half = Call();
  session_.Await(half);
  client_.Send(id_, Framed("half a message").substr(0, 8));
  ASSERT_TRUE(Exchange().ok());
  session_.FailIdle(Clock::now());
  EXPECT_TRUE(half.failure.ok());
  session_.FailIdle(minutes(1));
  EXPECT_THAT(half.failure.message(), HasSubstr("half a message"));
  EXPECT_TRUE(silent.failure.ok());
  session_.FailIdle(minutes(10));
  EXPECT_EQ(KindOf(silent.failure), ErrorKind::kRequestTimeout);
  EXPECT_TRUE(may_be_silent.failure.ok());
  EXPECT_TRUE(unread.failure.ok());
}

TEST_F(SessionTest, FailsCallsWhoseClientTakesNothing) {
  client_.KeepWindows();
  Stream& stream = Call();
  session_.Send(stream, {Bytes(std::string(kMiB, 'x'))});
  // One that has ended, too.
  session_.Finish(stream, {});
  ASSERT_TRUE(Exchange().ok());
  session_.FailIdle(Clock::now());
  EXPECT_TRUE(stream.failure.ok());
  session_.FailIdle(Clock::now() + std::chrono::minutes(10));
  EXPECT_EQ(KindOf(stream.failure), ErrorKind::kRequestTimeout);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(answer().is_closed);
}

TEST_F(SessionTest, RefusesMessagesThatAreTooLargeOrCutOff) {
  Stream& large = Call();
  client_.Send(id_, std::string("\0\x7f\0\0\0", 5));
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(KindOf(large.failure), ErrorKind::kTooLarge);
  Stream& cut = Call();
  client_.Send(id_, Framed("three").substr(0, 7), /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(KindOf(cut.failure), ErrorKind::kInvalidInput);
}

TEST_F(SessionTest, RefusesWhatIsNotGrpc) {
  const int32_t id = client_.Begin("/", {}, "text/html");
  client_.Send(id, "", /*end=*/true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(streams_.empty());
  EXPECT_EQ(client_.answer(id).fields[":status"], "415");
  EXPECT_THAT(client_.answer(id).fields["grpc-message"], HasSubstr("application/grpc"));
}

TEST_F(SessionTest, EndsOverWhatIsNotHttp2) {
  const std::string other = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
  const Status refused =
      session_.Receive({reinterpret_cast<const uint8_t*>(other.data()), other.size()});
  EXPECT_EQ(KindOf(refused), ErrorKind::kInvalidInput);
}

TEST_F(SessionTest, IsOverOnceTheRunningCallsHaveEndedAfterGoAway) {
  Stream& stream = Call();
  session_.GoAway();
  // The client does not know yet.
  const int32_t late = client_.Begin("/p.S/M");
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(streams_.size(), 1);
  EXPECT_TRUE(client_.answer(late).is_closed);
  EXPECT_FALSE(session_.is_over());
  session_.Finish(stream, {});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(session_.is_over());
}

// A client whose bytes have been changed on their way is refused or understood; nothing else.
TEST_F(SessionTest, TakesChangedBytesForWhatTheyAre) {
  constexpr int kRounds = 2'000;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::minstd_rand random(seed);
  const auto below = [&random](size_t bound) { return random() % bound; };
  for (int round = 0; round < kRounds; ++round) {
    Session session({.messages = {.message_bytes_max = kMiB, .limit_name = "the.limit"}}, "peer",
                    unread_);
    TestClient client;
    const int32_t id = client.Begin("/p.S/M", {{"x-name", "Ada"}, {"token-bin", "AP8"}});
    client.Send(id, Framed("one") + Framed(std::string(below(40'000), 'x')), below(2) == 0);
    std::string bytes = client.Take();
    for (size_t change = below(4); change < 4; ++change) {
      bytes[below(bytes.size())] = static_cast<char>(below(256));
    }
    std::vector<std::shared_ptr<Stream>> started;
    for (size_t begin = 0; begin < bytes.size();) {
      const size_t size = std::min(1 + below(9'000), bytes.size() - begin);
      const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data()) + begin;
      if (!session.Receive({data, size}).ok()) break;
      for (auto& stream : session.TakeStarted()) {
        session.Await(*stream);
        session.Send(*stream, {Bytes("answer")});
        if (below(2) == 0) session.Finish(*stream, {});
        started.push_back(std::move(stream));
      }
      ASSERT_TRUE(session.Fill().ok());
      session.output().Drop(session.output().bytes());
      begin += size;
    }
    session.FailAll(MakeError(ErrorKind::kCancelled, "the end"));
  }
}

}  // namespace
}  // namespace arrowport::rpc
