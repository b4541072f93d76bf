#include "stream/generator.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/validate.h"

namespace arrowport::stream {
namespace {

std::shared_ptr<arrow::Table> Generate(const GeneratorOptions& options) {
  return MakeGenerator(options)->ToTable().ValueOrDie();
}

/// A column in one piece.
template <typename ArrayType>
std::shared_ptr<ArrayType> ColumnOf(const arrow::Table& table, const std::string& name) {
  return std::static_pointer_cast<ArrayType>(
      table.CombineChunks().ValueOrDie()->GetColumnByName(name)->chunk(0));
}

class GeneratorTest : public testing::TestWithParam<GeneratedKind> {};

TEST_P(GeneratorTest, MakesTheSameRowsWhateverTheBatchSize) {
  const auto small = Generate({.kind = GetParam(), .rows = 10'000, .batch_rows = 7});
  const auto large = Generate({.kind = GetParam(), .rows = 10'000, .batch_rows = 1'000'000});
  EXPECT_TRUE(small->Equals(*large));
}

TEST_P(GeneratorTest, MakesOtherRowsOfAnotherSeed) {
  const auto first = Generate({.kind = GetParam(), .rows = 1'000, .seed = 1});
  const auto second = Generate({.kind = GetParam(), .rows = 1'000, .seed = 2});
  EXPECT_TRUE(first->GetColumnByName("id")->Equals(*second->GetColumnByName("id")));
  const std::string value = GetParam() == GeneratedKind::kEvents ? "value1" : "temperature";
  EXPECT_FALSE(first->GetColumnByName(value)->Equals(*second->GetColumnByName(value)));
}

TEST_P(GeneratorTest, StartsWithTheSameRowsHoweverManyThereAre) {
  const auto few = Generate({.kind = GetParam(), .rows = 100});
  const auto many = Generate({.kind = GetParam(), .rows = 5'000});
  EXPECT_TRUE(few->Equals(*many->Slice(0, 100)));
}

TEST_P(GeneratorTest, MakesValidBatches) {
  const auto reader = MakeGenerator({.kind = GetParam(), .rows = 1'000, .batch_rows = 300});
  ASSERT_TRUE(ValidateSchema(*reader->schema()).ok());
  int64_t rows = 0;
  for (const auto& maybe_batch : *reader) {
    const auto batch = maybe_batch.ValueOrDie();
    EXPECT_TRUE(ValidateBatch(*batch, 0).ok());
    EXPECT_LE(batch->num_rows(), 300);
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 1'000);
}

TEST_P(GeneratorTest, MakesNothingOfNoRows) {
  EXPECT_EQ(Generate({.kind = GetParam(), .rows = 0})->num_rows(), 0);
  EXPECT_EQ(Generate({.kind = GetParam(), .rows = -1, .batch_rows = 0})->num_rows(), 0);
  EXPECT_EQ(Generate({.kind = GetParam(), .rows = 3, .batch_rows = 0})->num_rows(), 3);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GeneratorTest,
                         testing::Values(GeneratedKind::kEvents, GeneratedKind::kSensors));

TEST(EventsTest, HaveTheColumnsThatAreDocumented) {
  EXPECT_EQ(MakeGenerator({})->schema()->ToString(),
            "id: int64\ndate: date32[day]\nts: timestamp[us]\ncategory: string\n"
            "value1: double\nvalue2: double\nactive: bool\ndescription: string");
}

TEST(EventsTest, ArePlausible) {
  const auto events = Generate({.rows = 50'000});
  const auto value1 = ColumnOf<arrow::DoubleArray>(*events, "value1");
  const auto value2 = ColumnOf<arrow::DoubleArray>(*events, "value2");
  const auto category = ColumnOf<arrow::StringArray>(*events, "category");
  const auto active = ColumnOf<arrow::BooleanArray>(*events, "active");
  const auto time = ColumnOf<arrow::TimestampArray>(*events, "ts");
  const auto date = ColumnOf<arrow::Date32Array>(*events, "date");
  double sum = 0;
  double squares = 0;
  double exponential_sum = 0;
  std::set<std::string> categories;
  for (int64_t i = 0; i < events->num_rows(); ++i) {
    sum += value1->Value(i);
    squares += (value1->Value(i) - 100) * (value1->Value(i) - 100);
    exponential_sum += value2->Value(i);
    EXPECT_GE(value2->Value(i), 0);
    categories.insert(category->GetString(i));
    EXPECT_EQ(date->Value(i), time->Value(i) / 86'400'000'000);
    if (i > 0) {
      EXPECT_GT(time->Value(i) - time->Value(i - 1), -1'000'000);
    }
  }
  const auto rows = static_cast<double>(events->num_rows());
  EXPECT_NEAR(sum / rows, 100, 0.5);
  EXPECT_NEAR(std::sqrt(squares / rows), 15, 0.5);
  EXPECT_NEAR(exponential_sum / rows, 50, 1.5);
  EXPECT_NEAR(static_cast<double>(active->true_count()) / rows, 0.7, 0.02);
  EXPECT_THAT(categories, testing::ElementsAre("A", "B", "C", "D", "E"));
}

TEST(SensorsTest, HaveTheColumnsThatAreDocumented) {
  EXPECT_EQ(MakeGenerator({.kind = GeneratedKind::kSensors})->schema()->ToString(),
            "id: int64\nts: timestamp[us]\nsensor: string\ntemperature: double\n"
            "humidity: double\npressure: double\nbattery: float\nok: bool");
}

TEST(SensorsTest, ArePlausible) {
  const auto readings = Generate({.kind = GeneratedKind::kSensors, .rows = 50'000});
  const auto temperature = ColumnOf<arrow::DoubleArray>(*readings, "temperature");
  const auto humidity = ColumnOf<arrow::DoubleArray>(*readings, "humidity");
  const auto pressure = ColumnOf<arrow::DoubleArray>(*readings, "pressure");
  const auto sensor = ColumnOf<arrow::StringArray>(*readings, "sensor");
  std::set<std::string> sensors;
  for (int64_t i = 0; i < readings->num_rows(); ++i) {
    EXPECT_THAT(temperature->Value(i), testing::AllOf(testing::Gt(0), testing::Lt(40)));
    EXPECT_THAT(humidity->Value(i), testing::AllOf(testing::Gt(20), testing::Lt(100)));
    EXPECT_THAT(pressure->Value(i), testing::AllOf(testing::Gt(990), testing::Lt(1'040)));
    sensors.insert(sensor->GetString(i));
  }
  EXPECT_EQ(sensors.size(), 1'000U);
}

}  // namespace
}  // namespace arrowport::stream
