#include "stream/growing_rows.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "stream/file.h"

namespace arrowport::stream {
namespace {

using ::testing::ElementsAre;

// Rows of the batches that are there to be taken.
std::vector<int64_t> Taken(GrowingRows& rows) {
  std::vector<int64_t> counts;
  while (const auto batch = rows.TakeBatch()) counts.push_back(batch->num_rows());
  return counts;
}

TEST(GrowingRowsTest, APartialLineWaitsForItsEnd) {
  const auto rows = *GrowingRows::Make(FileFormat::kNdjson);
  ASSERT_TRUE(rows->Add("{\"id\": 1}\n{\"id\": 2}\n{\"i").ok());
  EXPECT_THAT(Taken(*rows), ElementsAre(2));
  ASSERT_TRUE(rows->Add("d\": 3").ok());
  EXPECT_THAT(Taken(*rows), ElementsAre());
  ASSERT_TRUE(rows->Add("}\n").ok());
  const auto batch = rows->TakeBatch();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0), 3);
}

TEST(GrowingRowsTest, BlankLinesAreNoRows) {
  const auto rows = *GrowingRows::Make(FileFormat::kNdjson);
  ASSERT_TRUE(rows->Add("\n  \r\n").ok());
  EXPECT_THAT(Taken(*rows), ElementsAre());
  ASSERT_TRUE(rows->Add("\n{\"id\": 1}\n\n{\"id\": 2}\n").ok());
  EXPECT_THAT(Taken(*rows), ElementsAre(2));
}

TEST(GrowingRowsTest, TypesStayAsTheyWereFirst) {
  const auto rows = *GrowingRows::Make(FileFormat::kNdjson);
  ASSERT_TRUE(rows->Add("{\"id\": 1.5, \"name\": null}\n").ok());
  const auto first = rows->TakeBatch();
  EXPECT_EQ(first->schema()->ToString(), "id: double\nname: string");
  ASSERT_TRUE(rows->Add("{\"id\": 2}\n").ok());
  EXPECT_TRUE(rows->TakeBatch()->schema()->Equals(*first->schema()));
  ASSERT_TRUE(rows->Add("{\"id\": 2, \"name\": \"x\", \"more\": true}\n").ok());
  EXPECT_EQ(rows->TakeBatch()->schema()->ToString(), "id: double\nname: string\nmore: bool");
}

TEST(GrowingRowsTest, TypesBecomeWiderWhereValuesAreOfOthers) {
  const auto rows = *GrowingRows::Make(FileFormat::kNdjson);
  ASSERT_TRUE(rows->Add("{\"n\": 1, \"t\": \"2024-01-01 00:00:00\"}\n").ok());
  EXPECT_EQ(rows->TakeBatch()->schema()->ToString(), "n: int64\nt: timestamp[s]");
  ASSERT_TRUE(rows->Add("{\"n\": 1.5, \"t\": \"soon\"}\n{\"n\": 2, \"t\": null}\n").ok());
  EXPECT_EQ(rows->TakeBatch()->schema()->ToString(), "n: double\nt: string");
  ASSERT_TRUE(rows->Add("{\"n\": 3, \"t\": \"2024-01-01 00:00:00\"}\n").ok());
  EXPECT_EQ(rows->TakeBatch()->schema()->ToString(), "n: double\nt: string");
  const Status added = rows->Add("{\"n\": \"many\"}\n");
  EXPECT_EQ(KindOf(added), ErrorKind::kInvalidInput) << added;
}

TEST(GrowingRowsTest, ALineThatIsNoJsonIsAnError) {
  const auto rows = *GrowingRows::Make(FileFormat::kNdjson);
  const Status added = rows->Add("no JSON\n");
  EXPECT_EQ(KindOf(added), ErrorKind::kInvalidInput) << added;
}

TEST(GrowingRowsTest, AnArrowStreamGivesBatchesAsTheyAreWhole) {
  const auto schema = arrow::schema({arrow::field("id", arrow::int64())});
  arrow::Int64Builder ids;
  ASSERT_TRUE(ids.AppendValues({1, 2, 3}).ok());
  const auto batch = arrow::RecordBatch::Make(schema, 3, {*ids.Finish()});
  const auto sink = *arrow::io::BufferOutputStream::Create();
  const auto writer = *arrow::ipc::MakeStreamWriter(sink, schema);
  ASSERT_TRUE(writer->WriteRecordBatch(*batch).ok());
  ASSERT_TRUE(writer->WriteRecordBatch(*batch).ok());
  const int64_t end = *sink->Tell();
  ASSERT_TRUE(writer->Close().ok());
  const std::string bytes = (*sink->Finish())->ToString();

  const auto rows = *GrowingRows::Make(FileFormat::kArrowStream);
  const auto whole = static_cast<size_t>(end);
  ASSERT_TRUE(rows->Add(bytes.substr(0, whole - 1)).ok());
  EXPECT_THAT(Taken(*rows), ElementsAre(3));
  ASSERT_TRUE(rows->Add(bytes.substr(whole - 1, 1)).ok());
  EXPECT_THAT(Taken(*rows), ElementsAre(3));
  EXPECT_FALSE(rows->at_end());
  ASSERT_TRUE(rows->Add(bytes.substr(whole)).ok());
  EXPECT_TRUE(rows->at_end());
}

TEST(GrowingRowsTest, OtherFormatsCannotGrow) {
  EXPECT_EQ(KindOf(GrowingRows::Make(FileFormat::kParquet).status()), ErrorKind::kUnsupportedMedia);
}

}  // namespace
}  // namespace arrowport::stream
