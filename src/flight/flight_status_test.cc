#include "flight/flight_status.h"

#include <arrow/flight/types.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;

TEST(FlightStatusTest, EveryKindHasACodeThatTheLibraryKnowsAndKeepsItsMessage) {
  for (const ErrorTraits& traits : ErrorTable()) {
    const Status status = ToFlightStatus(MakeError(traits.kind, "why"));
    EXPECT_EQ(status.message(), "why");
    const bool arrows_own = status.IsInvalid() || status.IsKeyError() || status.IsAlreadyExists() ||
                            status.IsNotImplemented();
    EXPECT_NE(arrows_own, FlightStatusDetail::UnwrapStatus(status) != nullptr) << traits.slug;
  }
  EXPECT_TRUE(ToFlightStatus(Status::OK()).ok());
}

TEST(FlightStatusTest, AStatusWithoutKindGoesByItsArrowCode) {
  EXPECT_TRUE(ToFlightStatus(Status::Invalid("bad")).IsInvalid());
  const auto detail = FlightStatusDetail::UnwrapStatus(ToFlightStatus(Status::UnknownError("x")));
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->code(), FlightStatusCode::Internal);
}

}  // namespace
}  // namespace arrowport::flight
