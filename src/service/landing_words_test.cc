#include "service/landing_words.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/landing.h"
#include "service/put.h"
#include "service/router.h"
#include "service/stream_rule.h"

namespace arrowport::service {
namespace {

using engine::LandingMode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Route UpsertById() {
  StreamRule rule;
  rule.target_table = "elsewhere";
  rule.landing.mode = LandingMode::kUpsert;
  rule.landing.key = {"id"};
  rule.landing.order_by = "at";
  return RouteOf(std::make_shared<StreamRule>(rule));
}

std::string WhyNot(const LandingOptions& options, const Route& route = {}) {
  const auto refused = WithOptions(route, options);
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kInvalidInput);
  return refused.status().message();
}

TEST(LandingWordsTest, ARouteStaysWithoutOptions) {
  const Route route = UpsertById();
  EXPECT_EQ(WithOptions(route, {})->landing, route.landing);
  EXPECT_EQ(WithOptions({}, {})->rule, nullptr);
}

TEST(LandingWordsTest, OptionsMakeARuleWhereThereIsNone) {
  const auto route = WithOptions(
      {},
      {{"mode", "upsert"}, {"key", "id, day"}, {"order_by", "at"}, {"on_bad_rows", "quarantine"}});
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->landing->rule.mode, LandingMode::kUpsert);
  EXPECT_THAT(route->landing->rule.key, ElementsAre("id", "day"));
  EXPECT_EQ(route->landing->rule.order_by, "at");
  EXPECT_TRUE(route->landing->rule.quarantine);
}

TEST(LandingWordsTest, OptionsChangeWhatTheyNameAlone) {
  const auto route = WithOptions(UpsertById(), {{"on_schema_change", "evolve"}});
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->rule->target_table, "elsewhere");
  EXPECT_EQ(route->landing->rule.mode, LandingMode::kUpsert);
  EXPECT_TRUE(route->landing->rule.on_schema_change.add_columns);
  EXPECT_TRUE(route->landing->rule.on_schema_change.widen);
  EXPECT_FALSE(route->rule->skip_misfits);
  EXPECT_TRUE(WithOptions({}, {{"on_schema_change", "skip"}})->rule->skip_misfits);
}

TEST(LandingWordsTest, AnotherModeIsNotThatOfTheKey) {
  const auto route = WithOptions(UpsertById(), {{"mode", "append"}});
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->landing->rule.mode, LandingMode::kAppend);
  EXPECT_TRUE(route->landing->rule.key.empty());
}

TEST(LandingWordsTest, WhatMakesNoSenseIsRefused) {
  EXPECT_THAT(WhyNot({{"mod", "append"}}), AllOf(HasSubstr("'mod'"), HasSubstr("order_by")));
  EXPECT_THAT(WhyNot({{"mode", "merge"}}),
              AllOf(HasSubstr("append, upsert, replace"), HasSubstr("not merge")));
  EXPECT_THAT(WhyNot({{"mode", "upsert"}}), HasSubstr("needs `key`"));
  EXPECT_THAT(WhyNot({{"key", "id"}}), HasSubstr("of mode upsert only"));
  EXPECT_THAT(WhyNot({{"mode", "upsert"}, {"key", "id,,at"}}), HasSubstr("an empty name"));
  EXPECT_THAT(WhyNot({{"delete_column", "id"}}, UpsertById()), HasSubstr("is not kept"));
}

}  // namespace
}  // namespace arrowport::service
