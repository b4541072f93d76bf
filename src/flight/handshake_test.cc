#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <arrow/flight/client.h>
#include <arrow/flight/client_auth.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Sends a payload, and the answer with every call that follows.
class SigningIn final : public arrow::flight::ClientAuthHandler {
 public:
  SigningIn(std::string payload, std::shared_ptr<std::string> token)
      : payload_(std::move(payload)), token_(std::move(token)) {}

  Status Authenticate(arrow::flight::ClientAuthSender* outgoing,
                      arrow::flight::ClientAuthReader* incoming) override {
    ARROW_RETURN_NOT_OK(outgoing->Write(payload_));
    return incoming->Read(token_.get());
  }

  Status GetToken(std::string* token) override {
    *token = *token_;
    return Status::OK();
  }

 private:
  const std::string payload_;
  const std::shared_ptr<std::string> token_;
};

// Waits for an answer to nothing.
class Silent final : public arrow::flight::ClientAuthHandler {
 public:
  Status Authenticate(arrow::flight::ClientAuthSender* /*outgoing*/,
                      arrow::flight::ClientAuthReader* incoming) override {
    std::string token;
    return incoming->Read(&token);
  }
  Status GetToken(std::string* /*token*/) override { return Status::OK(); }
};

class HandshakeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  [[nodiscard]] Status SignIn(const std::string& payload) const {
    return door_.client->Authenticate({}, std::make_unique<SigningIn>(payload, token_));
  }

  const std::shared_ptr<std::string> token_ = std::make_shared<std::string>();
  testing::TestServer door_;
};

TEST_F(HandshakeTest, AnswersANameAndPasswordWithATokenThatIsTaken) {
  const Status signed_in = SignIn(R"({"username": "ada", "password": "secret"})");
  ASSERT_TRUE(signed_in.ok()) << signed_in;
  EXPECT_THAT(*token_, StartsWith("anonymous-"));
  EXPECT_EQ(door_.Number("SELECT 42::BIGINT"), 42);
}

TEST_F(HandshakeTest, TakesFlightsOwnMessageToo) {
  const arrow::flight::BasicAuth basic("ada", "secret");
  const Status signed_in = SignIn(*basic.SerializeToString());
  ASSERT_TRUE(signed_in.ok()) << signed_in;
  EXPECT_EQ(door_.Number("SELECT 42::BIGINT"), 42);
}

TEST_F(HandshakeTest, GivesEachItsOwnToken) {
  ASSERT_TRUE(SignIn(R"({"username": "ada", "password": ""})").ok());
  const std::string first = *token_;
  ASSERT_TRUE(SignIn(R"({"username": "ada", "password": ""})").ok());
  EXPECT_NE(*token_, first);
}

TEST_F(HandshakeTest, AnswersAHeaderWithAHeader) {
  const auto header = door_.client->AuthenticateBasicToken({}, "ada", "secret");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->first, "authorization");
  EXPECT_THAT(header->second, StartsWith("Bearer anonymous-"));
  arrow::flight::FlightCallOptions call;
  call.headers.push_back(*header);
  EXPECT_TRUE(door_.client->DoGet(call, arrow::flight::Ticket("SELECT 42")).ok());
}

TEST_F(HandshakeTest, EndsForAClientThatSaysNothing) {
  ASSERT_TRUE(door_.Serve({.put_idle_max = std::chrono::milliseconds(100)}).ok());
  EXPECT_FALSE(door_.client->Authenticate({}, std::make_unique<Silent>()).ok());
}

TEST_F(HandshakeTest, RefusesWhatIsNoNameAndPassword) {
  for (const char* payload : {"", "ada", "{}", R"({"username": "ada"})",
                              R"({"username": 1, "password": 2})", "[]", "{\"username\""}) {
    const Status refused = SignIn(payload);
    EXPECT_TRUE(refused.IsInvalid()) << payload << ": " << refused;
    EXPECT_THAT(refused.message(), HasSubstr("the handshake has neither")) << payload;
  }
}

}  // namespace
}  // namespace arrowport::flight
