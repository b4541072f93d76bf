#include "stream/parquet_rows.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/parquet_footer.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::Table> Numbers(int64_t rows, int64_t value = -1) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < rows; ++i) EXPECT_TRUE(builder.Append(value < 0 ? i : value).ok());
  return arrow::Table::Make(arrow::schema({arrow::field("n", arrow::int64())}),
                            {builder.Finish().ValueOrDie()});
}

std::string Write(const arrow::Table& table, int64_t row_group_rows) {
  const auto output = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), output,
                                         row_group_rows, parquet::default_writer_properties(),
                                         arrow_properties)
                  .ok());
  return output->Finish().ValueOrDie()->ToString();
}

Result<int64_t> CountRows(const std::string& file, int64_t batch_bytes_max = kGiB) {
  ARROW_ASSIGN_OR_RAISE(const auto rows,
                        ParquetRows::Open(arrow::Buffer::FromString(file), batch_bytes_max));
  int64_t count = 0;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
    if (batch == nullptr) return count;
    count += batch->num_rows();
  }
}

TEST(ParquetRowsTest, ReadsAllRowGroups) {
  EXPECT_EQ(CountRows(Write(*Numbers(10'000), 1'000)).ValueOrDie(), 10'000);
  EXPECT_EQ(CountRows(Write(*Numbers(1'000'000), 300'000)).ValueOrDie(), 1'000'000);
  EXPECT_EQ(CountRows(Write(*Numbers(0), 10)).ValueOrDie(), 0);
}

TEST(ParquetRowsTest, RefusesAFileThatIsCutShort) {
  const std::string file = Write(*Numbers(10'000), 1'000);
  for (const size_t size : {size_t{0}, size_t{4}, size_t{11}, file.size() / 2, file.size() - 1}) {
    EXPECT_EQ(KindOf(CountRows(file.substr(0, size)).status()), ErrorKind::kInvalidInput) << size;
  }
}

TEST(ParquetRowsTest, RefusesAFooterThatIsLongerThanTheFileOrTheLimit) {
  const std::string file = Write(*Numbers(10), 10);
  std::string longer = file;
  longer[file.size() - 6] = 1;
  EXPECT_THAT(CountRows(longer).status().message(), HasSubstr("longer than the file"));
  longer[file.size() - 5] = 127;
  EXPECT_EQ(KindOf(CountRows(longer).status()), ErrorKind::kTooLarge);
}

TEST(ParquetRowsTest, RefusesWhatUnpacksToMoreThanABatchMayHave) {
  const std::string file = Write(*Numbers(2'000'000, 7), 2'000'000);
  EXPECT_LT(file.size(), 100'000U);
  EXPECT_EQ(CountRows(file).ValueOrDie(), 2'000'000);
  EXPECT_EQ(KindOf(CountRows(file, 64 * kKiB).status()), ErrorKind::kTooLarge);
}

TEST(ParquetRowsTest, SurvivesAnyByteThatIsChanged) {
  const std::string file = Write(*Numbers(300), 100);
  int refused = 0;
  for (size_t i = 0; i < file.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      std::string changed = file;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ change);
      const auto count = CountRows(changed, 16 * kMiB);
      if (count.ok()) continue;
      ++refused;
      EXPECT_LT(TraitsOf(KindOf(count.status())).http_status, 500) << i << count.status();
    }
  }
  EXPECT_GT(refused, 100);
}

// A schema in Thrift's compact protocol: `levels` groups, each within the one before.
std::string DeepFooter(int levels) {
  std::string footer = "\x15\x02\x19";  // The version; then a list
  footer += "\xfc";                     // of structs,
  for (int rest = levels; rest >= 0x80; rest >>= 7) {
    footer += static_cast<char>((rest & 0x7F) | 0x80);
    if (rest >> 7 < 0x80) footer += static_cast<char>(rest >> 7);
  }
  if (levels < 0x80) footer += static_cast<char>(levels);
  for (int i = 0; i < levels; ++i) footer += std::string("\x48\x01g\x15\x02\x00", 6);
  return footer + std::string("\x16\x00\x19\x0c\x00", 5);
}

Status Check(std::string_view footer) {
  return CheckParquetFooter({reinterpret_cast<const uint8_t*>(footer.data()), footer.size()});
}

TEST(ParquetFooterTest, BoundsTheDepthAndTheSizeOfTheSchema) {
  EXPECT_TRUE(Check(DeepFooter(100)).ok()) << Check(DeepFooter(100));
  EXPECT_THAT(Check(DeepFooter(1'000)).message(), HasSubstr("levels"));
  EXPECT_EQ(KindOf(Check(DeepFooter(1'000'000))), ErrorKind::kTooLarge);
}

TEST(ParquetFooterTest, RefusesWhatEndsTooEarly) {
  const std::string footer = DeepFooter(50);
  for (size_t size = 0; size < footer.size(); ++size) {
    EXPECT_EQ(KindOf(Check(footer.substr(0, size))), ErrorKind::kInvalidInput) << size;
  }
}

}  // namespace
}  // namespace arrowport::stream
