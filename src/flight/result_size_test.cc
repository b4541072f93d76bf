#include "flight/result_size.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace arrowport::flight {
namespace {

TEST(ValueBytesOfTest, CountsValuesOfFixedWidth) {
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("day", arrow::date32()),
       arrow::field("price", arrow::decimal128(10, 2)), arrow::field("paid", arrow::boolean())});
  EXPECT_EQ(ValueBytesOf(*schema, 10), 10 * (8 + 4 + 16) + 2);
  EXPECT_EQ(ValueBytesOf(*schema, 0), 0);
}

TEST(ValueBytesOfTest, DoesNotGuess) {
  EXPECT_EQ(ValueBytesOf(*arrow::schema({arrow::field("i", arrow::int64())}), -1), -1);
  for (const auto& type :
       {arrow::utf8(), arrow::list(arrow::int64()), arrow::dictionary(arrow::int8(), arrow::utf8()),
        arrow::struct_({arrow::field("i", arrow::int64())})}) {
    EXPECT_EQ(ValueBytesOf(*arrow::schema({arrow::field("v", type)}), 10), -1) << *type;
  }
}

}  // namespace
}  // namespace arrowport::flight
