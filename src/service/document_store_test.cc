#include "service/document_store.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using engine::testing::ReadAll;
using ::testing::HasSubstr;

class DocumentStoreTest : public ::testing::Test {
 protected:
  const std::shared_ptr<engine::Database> database_ = OpenMemory();
  DocumentStore store_{database_, "exchanger", "exchanger"};
};

TEST_F(DocumentStoreTest, KeepsWhatIsPut) {
  ASSERT_TRUE(store_.Put({}, "twice", "one").ok());
  ASSERT_TRUE(store_.Put({}, "a 'quoted' \"name\"", "{\"x\": 'y'}").ok());
  EXPECT_EQ(store_.Get({}, "twice")->text, "one");
  EXPECT_EQ(store_.Get({}, "a 'quoted' \"name\"")->text, "{\"x\": 'y'}");
  EXPECT_EQ(store_.List({})->size(), 2U);
}

TEST_F(DocumentStoreTest, CountsEditionsAndKnowsTheSameTextAgain) {
  EXPECT_EQ(store_.Put({}, "twice", "one")->version, 1);
  EXPECT_EQ(store_.Put({}, "twice", "two")->version, 2);
  EXPECT_EQ(store_.Put({}, "twice", "two")->version, 2);
  EXPECT_EQ(store_.Get({}, "twice")->text, "two");
  EXPECT_EQ(store_.List({})->size(), 1U);
}

TEST_F(DocumentStoreTest, FindsWhatAnEarlierServerKept) {
  ASSERT_TRUE(store_.Put({}, "twice", "one").ok());
  ASSERT_TRUE(store_.Put({}, "twice", "two").ok());
  DocumentStore later(database_, "exchanger", "exchanger");
  const auto found = later.Get({}, "twice");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->text, "two");
  EXPECT_EQ(found->version, 2);
  EXPECT_GT(found->stored_unix_ms, 0);
}

TEST_F(DocumentStoreTest, KeepsKindsApart) {
  ASSERT_TRUE(store_.Put({}, "twice", "one").ok());
  DocumentStore others(database_, "schema", "schema");
  EXPECT_TRUE(others.List({})->empty());
  EXPECT_EQ(KindOf(others.Get({}, "twice").status()), ErrorKind::kNotFound);
}

TEST_F(DocumentStoreTest, ForgetsWhatIsDeleted) {
  ASSERT_TRUE(store_.Put({}, "twice", "one").ok());
  EXPECT_TRUE(store_.Delete({}, "twice").ok());
  const Status missing = store_.Get({}, "twice").status();
  EXPECT_EQ(KindOf(missing), ErrorKind::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("there is no exchanger 'twice'"));
  EXPECT_EQ(KindOf(store_.Delete({}, "twice")), ErrorKind::kNotFound);
  DocumentStore later(database_, "exchanger", "exchanger");
  EXPECT_TRUE(later.List({})->empty());
}

TEST_F(DocumentStoreTest, LeavesADatabaseWithoutDocumentsAsItIs) {
  EXPECT_TRUE(store_.List({})->empty());
  EXPECT_EQ(ReadAll(*database_, "FROM duckdb_tables()").ValueOrDie()->num_rows(), 0);
}

TEST_F(DocumentStoreTest, DoesNotShowInListsOfTables) {
  ASSERT_TRUE(store_.Put({}, "twice", "one").ok());
  EXPECT_TRUE(database_->ListTables({})->empty());
}

}  // namespace
}  // namespace arrowport::service
