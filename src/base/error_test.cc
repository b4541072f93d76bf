#include "base/error.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport {
namespace {

TEST(ErrorTableTest, HasARowForEveryKindUnderASlugOfItsOwn) {
  std::set<std::string_view> slugs;
  for (const ErrorTraits& traits : ErrorTable()) {
    EXPECT_EQ(&TraitsOf(traits.kind), &traits);
    EXPECT_TRUE(slugs.insert(traits.slug).second) << traits.slug;
    EXPECT_FALSE(traits.title.empty());
  }
  EXPECT_EQ(slugs.size(), static_cast<size_t>(ErrorKind::kStorageFull) + 1);
}

TEST(ErrorTableTest, AnswersFailuresWithFailures) {
  for (const ErrorTraits& traits : ErrorTable()) {
    EXPECT_GE(traits.http_status, 400) << traits.slug;
    EXPECT_LT(traits.http_status, 600) << traits.slug;
    EXPECT_NE(traits.exit_code, 0) << traits.slug;
  }
}

TEST(ErrorTest, KeepsKindAndMessageForEveryKind) {
  for (const ErrorTraits& traits : ErrorTable()) {
    const Status status = MakeError(traits.kind, "what, where, what to do");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(KindOf(status), traits.kind);
    EXPECT_EQ(status.message(), "what, where, what to do");
  }
}

TEST(ErrorTest, FindsTheNearestKindOfAFailureOfArrow) {
  EXPECT_EQ(KindOf(Status::Invalid("x")), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(Status::TypeError("x")), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(Status::KeyError("x")), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(Status::AlreadyExists("x")), ErrorKind::kConflict);
  EXPECT_EQ(KindOf(Status::CapacityError("x")), ErrorKind::kTooLarge);
  EXPECT_EQ(KindOf(Status::NotImplemented("x")), ErrorKind::kNotImplemented);
  EXPECT_EQ(KindOf(Status::Cancelled("x")), ErrorKind::kCancelled);
  EXPECT_EQ(KindOf(Status::OutOfMemory("x")), ErrorKind::kOutOfMemory);
  EXPECT_EQ(KindOf(Status::UnknownError("x")), ErrorKind::kInternal);
}

TEST(ErrorTest, PutsContextInFrontAndKeepsTheKind) {
  const Status status =
      WithContext("stream 'trips'", MakeError(ErrorKind::kConflict, "column 'fare' is string"));
  EXPECT_EQ(status.message(), "stream 'trips': column 'fare' is string");
  EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
  EXPECT_EQ(KindOf(WithContext("x", Status::KeyError("y"))), ErrorKind::kNotFound);
}

TEST(ErrorTest, LeavesSuccessAlone) {
  EXPECT_TRUE(WithContext("stream 'trips'", Status::OK()).ok());
  EXPECT_TRUE(WithKind(ErrorKind::kInternal, Status::OK()).ok());
}

TEST(ErrorTest, ChangesAKindAndKeepsTheMessage) {
  const Status status = WithKind(ErrorKind::kInvalidInput, Status::KeyError("no such field"));
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_EQ(status.message(), "no such field");
}

TEST(ErrorTest, ReadsAKindBackFromItsHttpStatus) {
  for (const ErrorTraits& traits : ErrorTable()) {
    EXPECT_EQ(TraitsOf(KindOfHttpStatus(traits.http_status)).http_status, traits.http_status);
  }
  EXPECT_EQ(KindOfHttpStatus(404), ErrorKind::kNotFound);
  EXPECT_EQ(KindOfHttpStatus(418), ErrorKind::kInternal);
}

}  // namespace
}  // namespace arrowport
