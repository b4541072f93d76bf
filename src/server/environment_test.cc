#include "server/environment.h"

#include <string>

#include <gtest/gtest.h>

#include "server/options.h"

namespace arrowport::server {
namespace {

TEST(EnvironmentTest, EveryOptionHasAName) {
  for (const OptionRow& row : OptionTable()) {
    const GivenOptions given = ReadEnvironment({{row.EnvironmentName(), "some text"}});
    ASSERT_TRUE(given.texts.contains(row.name)) << row.name;
    EXPECT_EQ(given.texts.at(row.name).text, "some text");
    EXPECT_EQ(given.texts.at(row.name).place, row.EnvironmentName());
  }
}

TEST(EnvironmentTest, NamesOfOtherProgramsMeanTheSame) {
  const GivenOptions given = ReadEnvironment({{"ARROWPORT_API_HOST", "0.0.0.0"},
                                              {"ARROWPORT_API_PORT", "8000"},
                                              {"ARROWPORT_DB_PATH", "x.db"}});
  EXPECT_EQ(given.texts.at("host").text, "0.0.0.0");
  EXPECT_EQ(given.texts.at("http_port").text, "8000");
  EXPECT_EQ(given.texts.at("http_port").place, "ARROWPORT_API_PORT");
  EXPECT_EQ(given.texts.at("db").text, "x.db");
  EXPECT_EQ(ReadEnvironment({{"ARROWPORT_PORT", "9"}}).texts.at("http_port").text, "9");
}

TEST(EnvironmentTest, AnOptionsOwnNameWinsOverOtherPrograms) {
  const GivenOptions given =
      ReadEnvironment({{"ARROWPORT_DB_PATH", "theirs"}, {"ARROWPORT_DB", "ours"}});
  EXPECT_EQ(given.texts.at("db").text, "ours");
}

TEST(EnvironmentTest, WhatKubernetesSetsForAServiceIsNoSetting) {
  const GivenOptions given = ReadEnvironment(
      {{"ARROWPORT_PORT", "tcp://10.0.0.1:8888"}, {"ARROWPORT_SERVICE_HOST", "10.0.0.1"}});
  EXPECT_TRUE(given.texts.empty());
  EXPECT_TRUE(given.notes.empty());
}

TEST(EnvironmentTest, AMisspeltNameIsNoted) {
  const GivenOptions given = ReadEnvironment({{"ARROWPORT_HTPP_PORT", "1"}});
  ASSERT_EQ(given.notes.size(), 1);
  EXPECT_EQ(given.notes[0],
            "ARROWPORT_HTPP_PORT: no option has this name; did you mean ARROWPORT_HTTP_PORT?");
}

TEST(EnvironmentTest, SettingsThatNeedNothingHereAreNoted) {
  EXPECT_EQ(ReadEnvironment({{"ARROWPORT_COMPRESSION", "zstd"}}).notes.size(), 1);
  EXPECT_EQ(ReadEnvironment({{"ARROWPORT_ENABLE_METRICS", "true"}}).notes.size(), 1);
}

TEST(EnvironmentTest, RulesOfStreamsHaveTheNameThatTheyHadBefore) {
  const GivenOptions given = ReadEnvironment({{"ARROWPORT_STREAMS_PATH", "s.yaml"}});
  EXPECT_EQ(given.texts.at("streams").text, "s.yaml");
}

}  // namespace
}  // namespace arrowport::server
