#include "server/option_exchange.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "server/config_file.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

Result<ServerOptions> OfFile(const std::string& text) {
  OptionSources sources;
  ARROW_ASSIGN_OR_RAISE(sources.file, ReadConfigText(text, "c.yaml"));
  return ResolveOptions(sources);
}

Status OfFlag(const std::string& name, const std::string& text) {
  OptionSources sources;
  sources.command_line.texts[FindOption(name)->name] = {.text = text, .place = "the flag"};
  return ResolveOptions(sources).status();
}

TEST(OptionExchangeTest, ExchangersAreNamesWithSql) {
  const auto options =
      OfFile("exchangers:\n  kept: FROM input WHERE ok\n  all: >\n    FROM\n    input\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->service.exchangers.at("kept"), "FROM input WHERE ok");
  EXPECT_EQ(options->service.exchangers.at("all"), "FROM input\n");
  EXPECT_TRUE(OfFlag("exchangers", R"({"kept": "FROM input"})").ok());
}

TEST(OptionExchangeTest, RefusesExchangersOfAnotherForm) {
  for (const char* text : {"kept", "[1]", R"({"kept": 1})", R"({"kept": )"}) {
    EXPECT_EQ(KindOf(OfFlag("exchangers", text)), ErrorKind::kInvalidInput) << text;
  }
  for (const char* text : {"exchangers: kept", "exchangers: [a]", "exchangers: {a: {b: c}}"}) {
    EXPECT_EQ(KindOf(OfFile(text).status()), ErrorKind::kInvalidInput) << text;
  }
}

TEST(OptionExchangeTest, SetsWhatExchangesAndTransfersMayTake) {
  EXPECT_EQ(DefaultOptions().service.spill.bytes_max, 16 * kGiB);
  EXPECT_EQ(OfFile("exchange_spill_bytes_max: 1MiB")->service.spill.bytes_max, kMiB);
  EXPECT_EQ(KindOf(OfFlag("exchange_spill_bytes_max", "much")), ErrorKind::kInvalidInput);
  EXPECT_EQ(DefaultOptions().service.transfer.hosts, "localhost,127.0.0.1,[::1]");
  EXPECT_EQ(OfFile("transfer_hosts: '*'")->service.transfer.hosts, "*");
}

}  // namespace
}  // namespace arrowport::server
