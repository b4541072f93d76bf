#include "service/router.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "service/stream_rule.h"

namespace arrowport::service {
namespace {

using ::testing::HasSubstr;

StreamRule Rule(std::string pattern, std::string table = "") {
  StreamRule rule;
  rule.pattern = std::move(pattern);
  rule.target_table = std::move(table);
  return rule;
}

TEST(StreamRuleTest, MatchesWholeNames) {
  EXPECT_TRUE(Rule("trips").Matches("trips"));
  EXPECT_FALSE(Rule("trips").Matches("trips2"));
  EXPECT_FALSE(Rule("trips").Matches("my trips"));
  EXPECT_FALSE(Rule("").Matches("trips"));
  EXPECT_TRUE(Rule("*").Matches(""));
}

TEST(StreamRuleTest, StarsAndQuestionMarksStandForText) {
  EXPECT_TRUE(Rule("sensor-*").Matches("sensor-"));
  EXPECT_TRUE(Rule("sensor-*").Matches("sensor-a-b"));
  EXPECT_TRUE(Rule("*-raw-*").Matches("a-raw-raw-b"));
  EXPECT_FALSE(Rule("*-raw").Matches("a-raw-b"));
  EXPECT_TRUE(Rule("a?c").Matches("abc"));
  EXPECT_FALSE(Rule("a?c").Matches("ac"));
  EXPECT_TRUE(Rule("*a*b*").Matches("xxaxxbxx"));
  EXPECT_FALSE(Rule("*a*b*").Matches("xxbxxaxx"));
  // Takes no longer than the product of both lengths.
  EXPECT_FALSE(Rule("*a*a*a*a*a*a*a*b").Matches(std::string(10'000, 'a')));
}

TEST(StreamRuleTest, NamesTheTableOfAStream) {
  EXPECT_EQ(Rule("*").TableOf("raw.trips")->ToSql(), R"("raw"."trips")");
  EXPECT_EQ(Rule("*", "raw.{stream}").TableOf("a.b")->ToSql(), R"("raw"."a.b")");
  EXPECT_EQ(Rule("*", "lake.{stream}.x_{stream}").TableOf("a")->ToSql(), R"("lake"."a"."x_a")");
  EXPECT_EQ(Rule("*", "{stream}").TableOf("{stream}")->ToSql(), R"("{stream}")");
  EXPECT_FALSE(Rule("*", "a.b.c.d").TableOf("s").ok());
}

TEST(RouterTest, FollowsTheFirstRuleThatMatches) {
  Router router;
  EXPECT_EQ(router.Find("trips").rule, nullptr);
  router.Follow({std::make_shared<StreamRule>(Rule("t*", "first")),
                 std::make_shared<StreamRule>(Rule("trips", "second"))},
                "streams.yaml");
  EXPECT_EQ(router.Find("trips").rule->target_table, "first");
  EXPECT_EQ(router.Find("other").rule, nullptr);
  // What puts share is the same for all of them, so that they can be joined.
  EXPECT_EQ(router.Find("trips").landing, router.Find("tea").landing);
}

TEST(RouterTest, KeepsItsRulesWhenNewOnesAreRefused) {
  Router router;
  router.Follow({std::make_shared<StreamRule>(Rule("t*", "first"))}, "streams.yaml");
  const Route before = router.Find("trips");
  router.Refuse(MakeError(ErrorKind::kInvalidInput, "streams.yaml:3: wrong"));
  EXPECT_EQ(router.Find("trips").rule, before.rule);
  EXPECT_THAT(router.state().refusal, HasSubstr("streams.yaml:3"));
  EXPECT_EQ(router.state().refusals, 1);
  router.Follow({}, "streams.yaml");
  EXPECT_EQ(router.Find("trips").rule, nullptr);
  EXPECT_EQ(before.rule->target_table, "first");
  EXPECT_EQ(router.state().refusal, "");
  EXPECT_EQ(router.state().loads, 2);
}

}  // namespace
}  // namespace arrowport::service
