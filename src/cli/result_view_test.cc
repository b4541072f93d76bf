#include "cli/result_view.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array/builder_primitive.h>
#include <gtest/gtest.h>

#include "cli/terminal.h"

namespace arrowport::cli {
namespace {

constexpr Terminal kTerminal = {
    .interactive = false, .colours = false, .utf8 = true, .columns = 80};

const std::shared_ptr<arrow::Schema>& Numbers() {
  static const auto kSchema = arrow::schema({arrow::field("n", arrow::int64())});
  return kSchema;
}

std::shared_ptr<arrow::RecordBatch> NumbersFrom(int64_t first, int64_t rows) {
  arrow::Int64Builder builder;
  for (int64_t n = first; n < first + rows; ++n) EXPECT_TRUE(builder.Append(n).ok());
  return arrow::RecordBatch::Make(Numbers(), rows, {builder.Finish().ValueOrDie()});
}

// The text of 1 … `rows` when they come in batches of `batch_rows`.
std::string TextOf(int64_t rows, int64_t batch_rows) {
  ResultView view(Numbers());
  for (int64_t first = 1; first <= rows; first += batch_rows) {
    view.Add(NumbersFrom(first, std::min(batch_rows, rows - first + 1)));
  }
  return view.Text(kTerminal);
}

TEST(ResultViewTest, FewRowsAreAllShown) {
  const std::string text = TextOf(40, 7);
  EXPECT_EQ(std::ranges::count(text, '\n'), 40 + 6);
  EXPECT_TRUE(text.ends_with("\n40 rows\n"));
  EXPECT_EQ(text.find("⋮"), std::string::npos);
}

TEST(ResultViewTest, OfManyRowsBothEndsAreShownWhateverTheBatches) {
  const std::string text = TextOf(1'000, 1'000);
  EXPECT_EQ(std::ranges::count(text, '\n'), 41 + 6);
  EXPECT_NE(text.find("│    20 │"), std::string::npos);
  EXPECT_NE(text.find("│     ⋮ │"), std::string::npos);
  EXPECT_NE(text.find("│   981 │"), std::string::npos);
  EXPECT_NE(text.find("│  1000 │"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\n1,000 rows (40 shown)\n"));
  for (const int64_t batch_rows : {1, 3, 19, 20, 21, 999})
    EXPECT_EQ(TextOf(1'000, batch_rows), text);
}

TEST(ResultViewTest, NoRowsStillShowTheColumns) {
  EXPECT_TRUE(TextOf(0, 1).ends_with("\n0 rows\n"));
}

}  // namespace
}  // namespace arrowport::cli
