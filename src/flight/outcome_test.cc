#include "flight/outcome.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "rpc/code.h"
#include "rpc/metadata.h"

namespace arrowport::flight {
namespace {

std::string TrailerOf(const rpc::Outcome& outcome, std::string_view name) {
  const auto found = std::ranges::find(outcome.trailers, name, &rpc::Header::name);
  return found == outcome.trailers.end() ? "" : found->value;
}

rpc::Outcome OutcomeOfKind(ErrorKind kind) { return OutcomeOf(MakeError(kind, "why")); }

TEST(OutcomeTest, SuccessHasNothingToSay) {
  const rpc::Outcome outcome = OutcomeOf(Status::OK());
  EXPECT_EQ(outcome.code, rpc::Code::kOk);
  EXPECT_TRUE(outcome.trailers.empty());
}

TEST(OutcomeTest, KindsHaveTheCodesOfFlight) {
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kInvalidInput).code, rpc::Code::kInvalidArgument);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kNotFound).code, rpc::Code::kNotFound);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kUnauthenticated).code, rpc::Code::kUnauthenticated);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kForbidden).code, rpc::Code::kPermissionDenied);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kDeadlineExceeded).code, rpc::Code::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kCancelled).code, rpc::Code::kCancelled);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kNotImplemented).code, rpc::Code::kUnimplemented);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kOverloaded).code, rpc::Code::kUnavailable);
  EXPECT_EQ(OutcomeOfKind(ErrorKind::kInternal).code, rpc::Code::kInternal);
}

TEST(OutcomeTest, ALongMessageIsCutToWhatClientsHaveRoomFor) {
  for (const std::string_view letter : {"x", "é", "\n", "€"}) {
    std::string message;
    while (message.size() < 50'000) message += letter;
    const rpc::Outcome outcome = OutcomeOf(MakeError(ErrorKind::kConflict, message));
    const std::string& told = outcome.message;
    EXPECT_LT(rpc::PercentEncode(told).size() + told.size() * 4 / 3, 7'000);
    EXPECT_GT(told.size(), 1'000);
    EXPECT_TRUE(told.ends_with(std::string(letter) + "…"));
  }
}

TEST(OutcomeTest, TrailersHaveAllOfTheStatusForArrowsClients) {
  const rpc::Outcome outcome = OutcomeOf(MakeError(ErrorKind::kDeadlineExceeded, "too slow"));
  const Status status =
      arrow::flight::MakeFlightError(arrow::flight::FlightStatusCode::TimedOut, "too slow");
  EXPECT_EQ(TrailerOf(outcome, "x-arrow-status"), std::to_string(static_cast<int>(status.code())));
  EXPECT_EQ(TrailerOf(outcome, "x-arrow-status-message-bin"), "too slow");
  EXPECT_EQ(TrailerOf(outcome, "x-arrow-status-detail-bin"), status.detail()->ToString());
  EXPECT_EQ(outcome.message, "too slow. Detail: " + status.detail()->ToString());
}

TEST(OutcomeTest, EveryKindKeepsItsMessageAndAStatusWithoutKindGoesByItsArrowCode) {
  for (const ErrorTraits& traits : ErrorTable()) {
    const rpc::Outcome outcome = OutcomeOf(MakeError(traits.kind, "why"));
    EXPECT_EQ(TrailerOf(outcome, "x-arrow-status-message-bin"), "why") << traits.slug;
    EXPECT_NE(outcome.code, rpc::Code::kUnknown) << traits.slug;
  }
  EXPECT_EQ(OutcomeOf(Status::Invalid("bad")).code, rpc::Code::kInvalidArgument);
  EXPECT_EQ(OutcomeOf(Status::UnknownError("x")).code, rpc::Code::kInternal);
}

}  // namespace
}  // namespace arrowport::flight
