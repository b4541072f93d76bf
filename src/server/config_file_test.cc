#include "server/config_file.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

std::string Refusal(const std::string& text) {
  const Status status = ReadConfigText(text, "arrowport.yaml").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << status.ToString();
  return status.message();
}

TEST(ConfigFileTest, KeysMayBeNestedOrJoinedWithDots) {
  const GivenOptions nested =
      ReadConfigText("db: a.duckdb\nhttp:\n  idle_timeout: 5s\n", "c.yaml").ValueOrDie();
  EXPECT_EQ(nested.texts.at("db").text, "a.duckdb");
  EXPECT_EQ(nested.texts.at("http.idle_timeout").text, "5s");
  EXPECT_EQ(nested.texts.at("http.idle_timeout").place, "c.yaml:3: http.idle_timeout");
  const GivenOptions joined = ReadConfigText("http.idle_timeout: 5s\n", "c.yaml").ValueOrDie();
  EXPECT_EQ(joined.texts.at("http.idle_timeout").text, "5s");
}

TEST(ConfigFileTest, AnEmptyFileGivesNothing) {
  EXPECT_TRUE(ReadConfigText("", "c.yaml").ValueOrDie().texts.empty());
  EXPECT_TRUE(ReadConfigText("# nothing\n", "c.yaml").ValueOrDie().texts.empty());
}

TEST(ConfigFileTest, KeysOfOtherProgramsMeanTheSame) {
  const GivenOptions given =
      ReadConfigText("api:\n  host: 0.0.0.0\n  port: 8000\nduckdb:\n  path: x.db\n", "config.yaml")
          .ValueOrDie();
  EXPECT_EQ(given.texts.at("host").text, "0.0.0.0");    // api.host
  EXPECT_EQ(given.texts.at("http_port").text, "8000");  // api.port
  EXPECT_EQ(given.texts.at("db").text, "x.db");         // duckdb.path
  EXPECT_EQ(given.texts.at("http_port").place, "config.yaml:3: api.port");
  EXPECT_EQ(ReadConfigText("db_path: y.db\n", "c")->texts.at("db").text, "y.db");
}

TEST(ConfigFileTest, SettingsThatNeedNothingHereAreAcceptedWithANote) {
  const GivenOptions given = ReadConfigText(
                                 "duckdb_extensions: [httpfs, parquet, arrow]\n"
                                 "compression:\n  algorithm: zstd\n  level: 3\n"
                                 "defaults:\n  chunk_size: 10000\n"
                                 "api:\n  enable_metrics: true\n  metrics_port: 9090\n",
                                 "c.yaml")
                                 .ValueOrDie();
  EXPECT_TRUE(given.texts.empty());
  ASSERT_EQ(given.notes.size(),
            5);  // with defaults.chunk_size, api.enable_metrics, api.metrics_port
  EXPECT_EQ(given.notes[0],
            "c.yaml:1: duckdb_extensions: needs no setting: arrow and parquet are built in, and "
            "other extensions are loaded when a statement first needs them");
}

TEST(ConfigFileTest, RulesOfStreamsStandInTheFileItselfOrInAnother) {
  const auto here = ReadConfigText("db: a\nstreams:\n  trips: {mode: append}\n", "c.yaml");
  EXPECT_EQ(here->texts.at("streams").text, "c.yaml");
  EXPECT_EQ(here->texts.at("streams").place, "c.yaml:2: streams");
  const auto there = ReadConfigText("streams: rules.yaml\n", "c.yaml");
  EXPECT_EQ(there->texts.at("streams").text, "rules.yaml");
}

TEST(ConfigFileTest, AnUnknownKeyIsRefusedWithTheOneThatWasMeant) {
  EXPECT_EQ(Refusal("db: a\nhtpp_port: 1\n"),
            "arrowport.yaml:2: htpp_port: no option has this name; did you mean http_port?");
  EXPECT_EQ(Refusal("http:\n  idle_timeuot: 1\n"),
            "arrowport.yaml:2: http.idle_timeuot: no option has this name; did you mean "
            "http.idle_timeout?");
  EXPECT_EQ(Refusal("colour: red\n"),
            "arrowport.yaml:1: colour: no option has this name; `arrowport serve --help` lists "
            "them");
}

TEST(ConfigFileTest, AKeyGivenTwiceIsRefusedUnderWhateverName) {
  EXPECT_EQ(Refusal("http_port: 1\napi:\n  port: 2\n"),
            "arrowport.yaml:3: api.port: was already set in line 1, as http_port");
  EXPECT_EQ(Refusal("db: a\ndb: b\n"), "arrowport.yaml:2: db: was already set in line 1, as db");
}

TEST(ConfigFileTest, AnOptionNeedsOnePlainValue) {
  EXPECT_EQ(Refusal("db: [a, b]\n"), "arrowport.yaml:1: db: needs one plain value");
  EXPECT_EQ(Refusal("db:\n"), "arrowport.yaml:1: db: needs one plain value");
}

TEST(ConfigFileTest, AFileCannotNameAnotherFile) {
  EXPECT_EQ(Refusal("config: other.yaml\n"),
            "arrowport.yaml:1: config: may not stand in a file; use --config or ARROWPORT_CONFIG");
}

TEST(ConfigFileTest, WhatIsNoYamlIsRefusedWithItsLine) {
  EXPECT_TRUE(Refusal("db: a\n\t- x: [\n").starts_with("arrowport.yaml:2: this is not YAML"));
  EXPECT_EQ(Refusal("- a\n- b\n"),
            "arrowport.yaml:1: a configuration is a list of `key: value` lines");
  EXPECT_TRUE(Refusal("? [a, b]\n: c\n").starts_with("arrowport.yaml:1: "));
}

TEST(ConfigFileTest, AFileThatIsNotThereIsNamed) {
  const Status status = ReadConfigFile("/nowhere/arrowport.yaml").status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_EQ(status.message(), "/nowhere/arrowport.yaml: the configuration file cannot be read");
}

}  // namespace
}  // namespace arrowport::server
