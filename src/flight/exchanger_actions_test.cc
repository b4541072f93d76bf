#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExchangerActionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  [[nodiscard]] Result<std::vector<std::string>> Act(const std::string& type,
                                                     const std::string& body = "") const {
    const arrow::flight::Action action{type, arrow::Buffer::FromString(body)};
    ARROW_ASSIGN_OR_RAISE(const auto results, door_.client->DoAction(action));
    std::vector<std::string> texts;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto result, results->Next());
      if (result == nullptr) return texts;
      texts.push_back(result->body->ToString());
    }
  }

  testing::TestServer door_;
};

TEST_F(ExchangerActionsTest, AddListsAndDrops) {
  const auto added = Act("add_exchange", R"({"command": "ids", "sql": "SELECT id FROM input"})");
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_THAT(*added, ElementsAre(HasSubstr(R"("command":"ids")")));
  EXPECT_THAT(*Act("list_exchanges"),
              ElementsAre(HasSubstr("my_streaming_exchanger"), HasSubstr("SELECT id FROM input")));
  EXPECT_TRUE(Act("drop_exchange", "ids").ok());
  EXPECT_TRUE(Act("drop_exchange", R"({"command": "ids"})").status().IsKeyError());
}

TEST_F(ExchangerActionsTest, NeverRunCode) {
  const Status refused = Act("add_exchange", "\x80\x04\x95(pickled)").status();
  EXPECT_TRUE(refused.IsInvalid()) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("never runs code"));
  EXPECT_THAT(refused.message(), HasSubstr("\"sql\""));
}

TEST_F(ExchangerActionsTest, TellWhatIsWrongWithABody) {
  for (const char* body : {"", "{}", "[]", R"({"command": "x"})", R"({"sql": "FROM input"})",
                           R"({"command": 1, "sql": "FROM input"})",
                           R"({"command": "x", "sql": "FROM input", "code": "…"})",
                           R"({"command": "x", "sql": "SELECT 1"})"}) {
    const Status refused = Act("add_exchange", body).status();
    EXPECT_TRUE(refused.IsInvalid()) << body << ": " << refused;
  }
  EXPECT_TRUE(Act("drop_exchange", R"({"name": "x"})").status().IsInvalid());
  EXPECT_TRUE(Act("drop_exchange", "my_streaming_exchanger").status().IsAlreadyExists())
      << Act("drop_exchange", "my_streaming_exchanger").status();
}

}  // namespace
}  // namespace arrowport::flight
