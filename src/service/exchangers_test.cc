#include "service/exchangers.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using ::testing::HasSubstr;

class ExchangersTest : public ::testing::Test {
 protected:
  const std::shared_ptr<engine::Database> database_ = OpenMemory();
  Exchangers exchangers_{database_, {{"kept", "FROM input WHERE ok"}}};
};

TEST_F(ExchangersTest, KeepsWhatIsAdded) {
  EXPECT_EQ(exchangers_.Add({}, "doubled", "SELECT 2 * id FROM input")->version, 1);
  EXPECT_EQ(exchangers_.Add({}, "doubled", "SELECT id + id FROM input")->version, 2);
  Exchangers later(database_, {});
  EXPECT_EQ(later.Find({}, "doubled")->sql, "SELECT id + id FROM input");
  EXPECT_EQ(later.Find({}, "doubled")->origin, ExchangerOrigin::kStored);
  ASSERT_TRUE(later.Drop({}, "doubled").ok());
  EXPECT_EQ(KindOf(later.Find({}, "doubled").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(later.Drop({}, "doubled")), ErrorKind::kNotFound);
}

TEST_F(ExchangersTest, ListsTheBuiltInOneFirst) {
  ASSERT_TRUE(exchangers_.Add({}, "a", "FROM input").ok());
  const auto list = exchangers_.List({});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0].name, "my_streaming_exchanger");
  EXPECT_EQ((*list)[1].name, "a");
  EXPECT_EQ((*list)[2].name, "kept");
}

TEST_F(ExchangersTest, NamesThatAreTakenStay) {
  for (const char* name : {"my_streaming_exchanger", "kept"}) {
    EXPECT_EQ(KindOf(exchangers_.Add({}, name, "FROM input").status()), ErrorKind::kConflict);
    EXPECT_EQ(KindOf(exchangers_.Drop({}, name)), ErrorKind::kConflict) << name;
    EXPECT_TRUE(exchangers_.Find({}, name).ok()) << name;
  }
}

TEST_F(ExchangersTest, RefusesWhatIsNoSelectOverInput) {
  const auto refusal = [&](const std::string& name, const std::string& sql) {
    const Status status = exchangers_.Add({}, name, sql).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << name << ": " << sql << ": " << status;
    return status.message();
  };
  EXPECT_THAT(refusal("x", "SELECT 1"), HasSubstr("FROM input"));
  EXPECT_THAT(refusal("x", "INSERT INTO t FROM input"), HasSubstr("INSERT"));
  EXPECT_THAT(refusal("x", "SELECT 1 FROM input; FROM input"), HasSubstr("2"));
  refusal("x", "SELEC 1");
  refusal("x", "");
  refusal("", "FROM input");
  refusal("1x", "FROM input");
  refusal("a b", "FROM input");
  refusal(std::string(129, 'x'), "FROM input");
}

TEST_F(ExchangersTest, ChecksTheConfiguration) {
  EXPECT_TRUE(exchangers_.CheckConfigured().ok());
  EXPECT_THAT(Exchangers(database_, {{"kept", "SELECT 1"}}).CheckConfigured().message(),
              HasSubstr("'kept'"));
  EXPECT_FALSE(
      Exchangers(database_, {{"my_streaming_exchanger", "FROM input"}}).CheckConfigured().ok());
}

}  // namespace
}  // namespace arrowport::service
