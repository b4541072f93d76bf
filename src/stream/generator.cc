#include "stream/generator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "base/error.h"
#include "stream/random.h"

namespace arrowport::stream {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

// Texts of a batch have 32-bit offsets; a million rows stay far below their end.
constexpr int64_t kBatchRowsMax = 1'000'000;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr int64_t kStartMicros = 1'704'067'200 * kMicrosPerSecond;  // 2024-01-01 00:00 UTC

/// The rows of a batch: numbers from the start of all rows.
struct RowRange {
  int64_t first;
  int64_t count;
};

/// One fixed-width column, by a function of the row.
template <typename T, typename Function>
Result<std::shared_ptr<arrow::Array>> MakeNumbers(const std::shared_ptr<arrow::DataType>& type,
                                                  RowRange rows, const Function& value) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(rows.count * static_cast<int64_t>(sizeof(T))));
  T* const values = buffer->mutable_data_as<T>();
  for (int64_t i = 0; i < rows.count; ++i) values[i] = value(rows.first + i);
  return arrow::MakeArray(
      arrow::ArrayData::Make(type, rows.count, {nullptr, std::move(buffer)}, 0));
}

template <typename Function>
Result<std::shared_ptr<arrow::Array>> MakeBooleans(RowRange rows, const Function& value) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBitmap(rows.count));
  uint8_t* const bits = buffer->mutable_data();
  for (int64_t i = 0; i < rows.count; ++i) {
    arrow::bit_util::SetBitTo(bits, i, value(rows.first + i));
  }
  return arrow::MakeArray(
      arrow::ArrayData::Make(arrow::boolean(), rows.count, {nullptr, std::move(buffer)}, 0));
}

/// Texts of at most `bytes_max`; `write(row, place)` writes one and returns where it ends.
template <typename Function>
Result<std::shared_ptr<arrow::Array>> MakeTexts(RowRange rows, int64_t bytes_max,
                                                const Function& write) {
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> offsets,
      arrow::AllocateBuffer((rows.count + 1) * static_cast<int64_t>(sizeof(int32_t))));
  ARROW_ASSIGN_OR_RAISE(auto text, arrow::AllocateResizableBuffer(rows.count * bytes_max));
  auto* const start = text->mutable_data_as<char>();
  int32_t* const offset = offsets->mutable_data_as<int32_t>();
  char* end = start;
  offset[0] = 0;
  for (int64_t i = 0; i < rows.count; ++i) {
    end = write(rows.first + i, end);
    offset[i + 1] = static_cast<int32_t>(end - start);
  }
  ARROW_RETURN_NOT_OK(text->Resize(end - start, /*shrink_to_fit=*/false));
  return std::make_shared<arrow::StringArray>(rows.count, std::move(offsets), std::move(text));
}

char* Append(std::string_view text, char* place) {
  std::memcpy(place, text.data(), text.size());
  return place + text.size();
}

char* Append(uint64_t number, char* place) { return std::to_chars(place, place + 20, number).ptr; }

std::shared_ptr<arrow::DataType> Timestamp() { return arrow::timestamp(arrow::TimeUnit::MICRO); }

/// Events of a shop: about one a second.
class Events {
 public:
  explicit Events(uint64_t seed) : seed_(seed) {}

  static std::shared_ptr<arrow::Schema> MakeSchema() {
    return arrow::schema(
        {arrow::field("id", arrow::int64()), arrow::field("date", arrow::date32()),
         arrow::field("ts", Timestamp()), arrow::field("category", arrow::utf8()),
         arrow::field("value1", arrow::float64()), arrow::field("value2", arrow::float64()),
         arrow::field("active", arrow::boolean()), arrow::field("description", arrow::utf8())});
  }

  Result<Arrays> Make(RowRange rows) const {
    const RandomColumn jitter(seed_, 0);
    const auto micros = [&](int64_t row) {
      return kStartMicros + row * kMicrosPerSecond +
             static_cast<int64_t>(jitter.Below(row, kMicrosPerSecond));
    };
    const RandomColumn category(seed_, 1);
    const RandomColumn value1(seed_, 2);
    const RandomColumn value2(seed_, 3);
    const RandomColumn active(seed_, 4);
    Arrays arrays(8);
    ARROW_ASSIGN_OR_RAISE(
        arrays[0], MakeNumbers<int64_t>(arrow::int64(), rows, [](int64_t row) { return row; }));
    ARROW_ASSIGN_OR_RAISE(arrays[1], MakeNumbers<int32_t>(arrow::date32(), rows, [&](int64_t row) {
                            return static_cast<int32_t>(micros(row) / kMicrosPerDay);
                          }));
    ARROW_ASSIGN_OR_RAISE(arrays[2], MakeNumbers<int64_t>(Timestamp(), rows, micros));
    ARROW_ASSIGN_OR_RAISE(arrays[3], MakeTexts(rows, 1, [&](int64_t row, char* place) {
                            *place = static_cast<char>('A' + category.Below(row, 5));
                            return place + 1;
                          }));
    ARROW_ASSIGN_OR_RAISE(arrays[4], MakeNumbers<double>(arrow::float64(), rows, [&](int64_t row) {
                            return 100.0 + 15.0 * value1.Normal(row);
                          }));
    ARROW_ASSIGN_OR_RAISE(arrays[5], MakeNumbers<double>(arrow::float64(), rows, [&](int64_t row) {
                            return 50.0 * value2.Exponential(row);
                          }));
    ARROW_ASSIGN_OR_RAISE(
        arrays[6], MakeBooleans(rows, [&](int64_t row) { return active.Below(row, 100) < 70; }));
    ARROW_ASSIGN_OR_RAISE(arrays[7], MakeDescriptions(rows));
    return arrays;
  }

 private:
  Result<std::shared_ptr<arrow::Array>> MakeDescriptions(RowRange rows) const {
    static constexpr std::array<std::string_view, 8> kActions = {
        "placed", "paid", "packed", "shipped", "received", "cancelled", "returned", "refunded"};
    static constexpr std::array<std::string_view, 8> kThings = {
        "a pair of shoes", "two books",     "a bicycle",  "a coffee grinder",
        "a winter coat",   "garden chairs", "a notebook", "replacement filters"};
    constexpr int64_t kBytesMax = 64;
    const RandomColumn choice(seed_, 5);
    return MakeTexts(rows, kBytesMax, [&](int64_t row, char* place) {
      const uint64_t bits = choice.Bits(row);
      place = Append("customer ", place);
      place = Append(bits % 100'000, place);
      *place++ = ' ';
      place = Append(kActions[(bits >> 32U) % kActions.size()], place);
      *place++ = ' ';
      return Append(kThings[(bits >> 40U) % kThings.size()], place);
    });
  }

  const uint64_t seed_;
};

/// Readings of sensors that report in turn, ten a second.
class Sensors {
 public:
  explicit Sensors(uint64_t seed) : seed_(seed) {}

  static std::shared_ptr<arrow::Schema> MakeSchema() {
    return arrow::schema(
        {arrow::field("id", arrow::int64()), arrow::field("ts", Timestamp()),
         arrow::field("sensor", arrow::utf8()), arrow::field("temperature", arrow::float64()),
         arrow::field("humidity", arrow::float64()), arrow::field("pressure", arrow::float64()),
         arrow::field("battery", arrow::float32()), arrow::field("ok", arrow::boolean())});
  }

  Result<Arrays> Make(RowRange rows) const {
    Arrays arrays(8);
    ARROW_ASSIGN_OR_RAISE(
        arrays[0], MakeNumbers<int64_t>(arrow::int64(), rows, [](int64_t row) { return row; }));
    ARROW_ASSIGN_OR_RAISE(arrays[1], MakeNumbers<int64_t>(Timestamp(), rows, MicrosOf));
    ARROW_ASSIGN_OR_RAISE(arrays[2], MakeTexts(rows, 16, [](int64_t row, char* place) {
                            // Four digits, so that names sort as their numbers do.
                            place = Append("sensor-", place);
                            return Append(static_cast<uint64_t>(1'000 + SensorOf(row)), place);
                          }));
    ARROW_ASSIGN_OR_RAISE(arrays[3], MakeReadings({3, 18.0, 8.0, 0.4}, rows));
    ARROW_ASSIGN_OR_RAISE(arrays[4], MakeReadings({4, 55.0, -12.0, 1.5}, rows));
    ARROW_ASSIGN_OR_RAISE(arrays[5], MakeReadings({5, 1'013.0, 3.0, 0.2}, rows));
    const RandomColumn noise(seed_, 6);
    ARROW_ASSIGN_OR_RAISE(arrays[6], MakeNumbers<float>(arrow::float32(), rows, [&](int64_t row) {
                            // A battery lasts about a hundred days and is then replaced.
                            const double days = static_cast<double>(MicrosOf(row) - kStartMicros) /
                                                static_cast<double>(kMicrosPerDay);
                            const double age =
                                std::fmod(days + static_cast<double>(SensorOf(row)) / 10.0, 100.0);
                            return static_cast<float>(100.0 - age + 0.1 * noise.Normal(row));
                          }));
    const RandomColumn ok(seed_, 7);
    ARROW_ASSIGN_OR_RAISE(
        arrays[7], MakeBooleans(rows, [&](int64_t row) { return ok.Below(row, 1'000) >= 5; }));
    return arrays;
  }

 private:
  static constexpr int64_t kSensors = 1'000;

  /// What a reading is made of: a mean, a swing over the day, and noise.
  struct Reading {
    uint64_t column;
    double mean;
    double swing;
    double noise;
  };

  static int64_t SensorOf(int64_t row) { return row % kSensors; }
  static int64_t MicrosOf(int64_t row) { return kStartMicros + row * (kMicrosPerSecond / 10); }

  Result<std::shared_ptr<arrow::Array>> MakeReadings(const Reading& reading, RowRange rows) const {
    const RandomColumn noise(seed_, reading.column);
    const RandomColumn bias(seed_, 100 + reading.column);
    return MakeNumbers<double>(arrow::float64(), rows, [&](int64_t row) {
      const int64_t micros = MicrosOf(row) - kStartMicros;
      const double day = static_cast<double>(micros) / static_cast<double>(kMicrosPerDay);
      // Every sensor is a little off, and a little more each day.
      const double drift = (bias.Uniform(SensorOf(row)) - 0.5) * (2.0 + 0.05 * day);
      return reading.mean + reading.swing * std::sin(2.0 * std::numbers::pi * (day - 0.375)) +
             drift + reading.noise * noise.Normal(row);
    });
  }

  const uint64_t seed_;
};

template <typename Kind>
class Generator final : public arrow::RecordBatchReader {
 public:
  explicit Generator(const GeneratorOptions& options)
      : rows_(std::max<int64_t>(options.rows, 0)),
        batch_rows_(std::clamp<int64_t>(options.batch_rows, 1, kBatchRowsMax)),
        kind_(options.seed) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_row_ >= rows_) return Status::OK();
    const RowRange rows{next_row_, std::min(batch_rows_, rows_ - next_row_)};
    ARROW_ASSIGN_OR_RAISE(auto arrays, kind_.Make(rows));
    *batch = arrow::RecordBatch::Make(schema_, rows.count, std::move(arrays));
    next_row_ += rows.count;
    return Status::OK();
  }

 private:
  // Constant after construction.
  const std::shared_ptr<arrow::Schema> schema_ = Kind::MakeSchema();
  const int64_t rows_;
  const int64_t batch_rows_;
  const Kind kind_;

  int64_t next_row_ = 0;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> MakeGenerator(const GeneratorOptions& options) {
  if (options.kind == GeneratedKind::kSensors) return std::make_shared<Generator<Sensors>>(options);
  return std::make_shared<Generator<Events>>(options);
}

}  // namespace arrowport::stream
