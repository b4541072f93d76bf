#include "cli/shell_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using ::testing::HasSubstr;
using Verb = ShellCommand::Verb;

TEST(ShellCommandTest, ABackslashOrAFarewellIsNoSql) {
  EXPECT_TRUE(IsShellCommand("\\d"));
  EXPECT_TRUE(IsShellCommand("  \\timing off\n"));
  EXPECT_TRUE(IsShellCommand("exit\n"));
  EXPECT_FALSE(IsShellCommand("SELECT '\\d'"));
  EXPECT_FALSE(IsShellCommand("exit the stage"));
}

TEST(ShellCommandTest, HasAVerbAndMaybeAnArgument) {
  EXPECT_EQ(ParseShellCommand("\\d\n")->verb, Verb::kDescribe);
  EXPECT_EQ(ParseShellCommand("\\d\n")->argument, "");
  EXPECT_EQ(ParseShellCommand("\\d  \"my table\" ;\n")->argument, "\"my table\"");
  EXPECT_EQ(ParseShellCommand("\\timing off")->argument, "off");
  EXPECT_EQ(ParseShellCommand("\\h")->verb, Verb::kHelp);
  EXPECT_EQ(ParseShellCommand("quit")->verb, Verb::kQuit);
}

TEST(ShellCommandTest, RefusesWhatThereIsNot) {
  const Status unknown = ParseShellCommand("\\dt x").status();
  EXPECT_EQ(KindOf(unknown), ErrorKind::kInvalidInput);
  EXPECT_THAT(unknown.message(), HasSubstr("'\\dt'"));
  EXPECT_THAT(ParseShellCommand("\\q now").status().message(), HasSubstr("'now'"));
}

TEST(ShellCommandTest, ASwitchIsTurnedOrSet) {
  EXPECT_EQ(*SwitchOf("", true), false);
  EXPECT_EQ(*SwitchOf("", false), true);
  EXPECT_EQ(*SwitchOf("on", true), true);
  EXPECT_EQ(*SwitchOf("off", true), false);
  EXPECT_FALSE(SwitchOf("maybe", true).ok());
}

TEST(ShellCommandTest, HelpNamesEveryCommand) {
  for (const std::string& name : ShellCommandNames()) EXPECT_THAT(ShellHelp(), HasSubstr(name));
}

}  // namespace
}  // namespace arrowport::cli
