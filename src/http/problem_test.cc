#include "http/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/answer.h"

namespace arrowport::http {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;

TEST(ProblemTest, SaysWhatRfc9457Asks) {
  const Answer answer =
      MakeProblem(MakeError(ErrorKind::kNotFound, "table 'x' is missing"), "/tables/x", "id-1");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  const auto problem = nlohmann::json::parse(answer.body);
  EXPECT_EQ(problem["type"], "urn:arrowport:problem:not-found");
  EXPECT_EQ(problem["title"], "There is no such thing");
  EXPECT_EQ(problem["status"], 404);
  EXPECT_EQ(problem["detail"], "table 'x' is missing");
  EXPECT_EQ(problem["instance"], "/tables/x");
  EXPECT_EQ(problem["request_id"], "id-1");
  EXPECT_THAT(answer.fields, IsEmpty());
}

TEST(ProblemTest, HasARowForEachKind) {
  for (const ErrorTraits& traits : ErrorTable()) {
    const Answer answer = MakeProblem(MakeError(traits.kind, "m"), "/", "id");
    EXPECT_EQ(answer.status, traits.http_status);
    EXPECT_GE(answer.status, 400);
  }
}

TEST(ProblemTest, SaysWhenToRetryWhatMayPass) {
  for (const ErrorKind kind : {ErrorKind::kOverloaded, ErrorKind::kUnavailable}) {
    EXPECT_THAT(MakeProblem(MakeError(kind, "m"), "/", "id").fields,
                Contains(Pair("Retry-After", "1")));
  }
}

TEST(ProblemTest, QuotesWhatIsNoUtf8) {
  const Answer answer = MakeProblem(MakeError(ErrorKind::kInvalidInput, "a\xff"), "/", "id");
  EXPECT_EQ(nlohmann::json::parse(answer.body)["detail"], "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace arrowport::http
