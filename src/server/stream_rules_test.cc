#include "server/stream_rules.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/landing.h"
#include "service/stream_rule.h"

namespace arrowport::server {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

Result<service::StreamRules> Parse(const std::string& text, bool is_config = false) {
  return ParseStreamRules(text, {.path = "s.yaml", .is_config = is_config});
}

std::string Refusal(const std::string& text) { return Parse(text).status().message(); }

TEST(StreamRulesTest, ReadsEveryKey) {
  const auto rules = Parse(
      "streams:\n"
      "  sensor-*:\n"
      "    target_table: raw.{stream}\n"
      "    create: false\n"
      "    mode: upsert\n"
      "    key: [id, part]\n"
      "    order_by: at\n"
      "    delete_column: gone\n"
      "    on_schema_change: evolve\n"
      "    on_bad_rows: quarantine\n"
      "    schema: sensors\n"
      "    durability: queued\n"
      "    max_delay_ms: 20\n"
      "    add_columns: _stream\n"
      "    partition_by: [day]\n"
      "    chunk_size: 122880\n"
      "    compression: {algorithm: zstd, level: 3}\n");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 1);
  const service::StreamRule& rule = *rules->front();
  EXPECT_EQ(rule.pattern, "sensor-*");
  EXPECT_EQ(rule.place, "s.yaml:2");
  EXPECT_EQ(rule.target_table, "raw.{stream}");
  EXPECT_FALSE(rule.landing.create_table);
  EXPECT_EQ(rule.landing.mode, engine::LandingMode::kUpsert);
  EXPECT_THAT(rule.landing.key, ElementsAre("id", "part"));
  EXPECT_EQ(rule.landing.order_by, "at");
  EXPECT_EQ(rule.landing.delete_column, "gone");
  EXPECT_TRUE(rule.landing.on_schema_change.add_columns && rule.landing.on_schema_change.widen);
  EXPECT_TRUE(rule.landing.quarantine);
  EXPECT_EQ(rule.schema, "sensors");
  EXPECT_EQ(rule.durability, service::Durability::kQueued);
  EXPECT_EQ(rule.max_delay, std::chrono::milliseconds(20));
  EXPECT_THAT(rule.add_columns, ElementsAre("_stream"));
  EXPECT_THAT(rule.landing.partition_by, ElementsAre("day"));
}

TEST(StreamRulesTest, KeepsTheOrderOfTheFile) {
  const auto rules = Parse("z*: {}\na*:\n'*': {mode: replace}\n").ValueOrDie();
  ASSERT_EQ(rules.size(), 3);
  EXPECT_EQ(rules[0]->pattern, "z*");
  EXPECT_EQ(rules[1]->pattern, "a*");
  EXPECT_EQ(rules[2]->landing.mode, engine::LandingMode::kReplace);
}

TEST(StreamRulesTest, AConfigurationNeedsNone) {
  EXPECT_TRUE(Parse("http_port: 1\n", true)->empty());
  EXPECT_TRUE(Parse("streams: other.yaml\n", true)->empty());
  EXPECT_EQ(Parse("http_port: 1\nstreams: {a: {}}\n", true)->size(), 1);
  EXPECT_TRUE(Parse("")->empty());
}

TEST(StreamRulesTest, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(Refusal("a:\n  mode: apend\n"),
            "s.yaml:2: streams.a.mode: must be one of append, upsert, replace, not apend");
  EXPECT_EQ(Refusal("a:\n  taget_table: x\n"),
            "s.yaml:2: streams.a.taget_table: a rule has no such key; did you mean target_table?");
  EXPECT_THAT(Refusal("a: {}\nb: {mode: upsert}\n"),
              StartsWith("s.yaml:2: streams.b: mode upsert"));
  EXPECT_THAT(Refusal("a: {key: [id]}\n"), StartsWith("s.yaml:1: streams.a: key, order_by and"));
  EXPECT_THAT(Refusal("a: {}\na: {}\n"), StartsWith("s.yaml:2: streams.a: stands in line 1"));
  EXPECT_THAT(Refusal("a: {max_delay_ms: soon}\n"),
              StartsWith("s.yaml:1: streams.a.max_delay_ms:"));
  EXPECT_THAT(Refusal("a: {add_columns: [_now]}\n"),
              StartsWith("s.yaml:1: streams.a.add_columns: '_now' cannot be added; there are"));
  EXPECT_THAT(Refusal("a: {target_table: a.b.c.d}\n"),
              StartsWith("s.yaml:1: streams.a.target_table:"));
  EXPECT_THAT(Refusal("a: {target_table: _ARROWPORT.ledger}\n"),
              StartsWith("s.yaml:1: streams.a.target_table: schema _ARROWPORT"));
  EXPECT_THAT(Refusal("a: {compression: {algorithm: gzip}}\n"),
              StartsWith("s.yaml:1: streams.a.compression.algorithm: must be one of zstd, lz4"));
  EXPECT_THAT(Refusal("a: {compression: {algorithm: lz4, level: 13}}\n"),
              StartsWith("s.yaml:1: streams.a.compression.level:"));
  EXPECT_THAT(Refusal("streams:\n  a: {}\nb: {}\n"),
              StartsWith("s.yaml:3: b: stands beside `streams:`"));
  EXPECT_THAT(Refusal("- a\n"), StartsWith("s.yaml:1: streams: a file of rules"));
  EXPECT_THAT(Refusal("a: b\n"), StartsWith("s.yaml:1: streams.a: needs"));
  EXPECT_THAT(Refusal("a: [\n"), StartsWith("s.yaml:"));
}

}  // namespace
}  // namespace arrowport::server
