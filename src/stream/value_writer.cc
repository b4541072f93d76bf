#include "stream/value_writer.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include "base/error.h"
#include "stream/text_value.h"

namespace arrowport::stream {
namespace {

/// A writer whose values come from one kind of array by `Append(array, row, out)`.
template <typename ArrayType, typename Append>
class BareWriter : public ValueWriter {
 public:
  explicit BareWriter(Append append) : append_(std::move(append)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    values_ = static_cast<const ArrayType*>(&array);
  }
  void AppendJson(int64_t row, std::string* out) const override { append_(*values_, row, out); }
  void AppendText(int64_t row, std::string* out) const override { append_(*values_, row, out); }

 protected:
  const Append append_;
  const ArrayType* values_ = nullptr;
};

/// The same for what JSON has in quotes: dates, base64 and so on, none of which need escaping.
template <typename ArrayType, typename Append>
class QuotedWriter final : public BareWriter<ArrayType, Append> {
 public:
  using BareWriter<ArrayType, Append>::BareWriter;

  void AppendJson(int64_t row, std::string* out) const override {
    out->push_back('"');
    this->append_(*this->values_, row, out);
    out->push_back('"');
  }
};

template <typename ArrayType, typename Append>
std::unique_ptr<ValueWriter> Bare(Append append) {
  return std::make_unique<BareWriter<ArrayType, Append>>(std::move(append));
}

template <typename ArrayType, typename Append>
std::unique_ptr<ValueWriter> Quoted(Append append) {
  return std::make_unique<QuotedWriter<ArrayType, Append>>(std::move(append));
}

template <typename ArrayType>
std::unique_ptr<ValueWriter> Integers() {
  return Bare<ArrayType>([](const ArrayType& array, int64_t row, std::string* out) {
    AppendInteger(array.Value(row), out);
  });
}

/// Floating point: JSON has no numbers that are not finite.
template <typename ArrayType>
class FloatWriter final : public ValueWriter {
 public:
  void Bind(const arrow::Array& array) override {
    array_ = &array;
    values_ = static_cast<const ArrayType*>(&array);
  }

  void AppendJson(int64_t row, std::string* out) const override {
    const auto value = ValueAt(row);
    const bool is_quoted = !std::isfinite(value);
    if (is_quoted) out->push_back('"');
    AppendFloat(value, out);
    if (is_quoted) out->push_back('"');
  }

  void AppendText(int64_t row, std::string* out) const override { AppendFloat(ValueAt(row), out); }

 private:
  [[nodiscard]] auto ValueAt(int64_t row) const {
    if constexpr (std::is_same_v<ArrayType, arrow::HalfFloatArray>) {
      return arrow::util::Float16::FromBits(values_->Value(row)).ToFloat();
    } else {
      return values_->Value(row);
    }
  }

  const ArrayType* values_ = nullptr;
};

template <typename ArrayType>
class StringWriter final : public ValueWriter {
 public:
  void Bind(const arrow::Array& array) override {
    array_ = &array;
    values_ = static_cast<const ArrayType*>(&array);
  }
  void AppendJson(int64_t row, std::string* out) const override {
    AppendJsonString(values_->GetView(row), out);
  }
  void AppendText(int64_t row, std::string* out) const override {
    out->append(values_->GetView(row));
  }
  [[nodiscard]] bool has_free_text() const override { return true; }

 private:
  const ArrayType* values_ = nullptr;
};

class NullWriter final : public ValueWriter {
 public:
  void Bind(const arrow::Array& array) override { array_ = &array; }
  [[nodiscard]] bool IsNull(int64_t) const override { return true; }
  void AppendJson(int64_t, std::string* out) const override { out->append("null"); }
  void AppendText(int64_t, std::string*) const override {}
};

template <typename ArrayType>
std::unique_ptr<ValueWriter> Binaries() {
  return Quoted<ArrayType>([](const ArrayType& array, int64_t row, std::string* out) {
    AppendBase64(array.GetView(row), out);
  });
}

template <typename ArrayType, typename Decimal>
std::unique_ptr<ValueWriter> Decimals(const arrow::DataType& type) {
  const int32_t scale = static_cast<const arrow::DecimalType&>(type).scale();
  return Bare<ArrayType>([scale](const ArrayType& array, int64_t row, std::string* out) {
    AppendDecimal(Decimal(array.GetValue(row)).ToIntegerString(), scale, out);
  });
}

template <typename ArrayType>
std::unique_ptr<ValueWriter> Times(arrow::TimeUnit::type unit) {
  return Quoted<ArrayType>([unit](const ArrayType& array, int64_t row, std::string* out) {
    AppendTime(array.Value(row), unit, out);
  });
}

std::unique_ptr<ValueWriter> Timestamps(const arrow::TimestampType& type) {
  const std::string_view zone = type.timezone().empty() ? "" : "Z";
  return Quoted<arrow::TimestampArray>(
      [unit = type.unit(), zone](const arrow::TimestampArray& array, int64_t row,
                                 std::string* out) {
        AppendTimestamp(array.Value(row), unit, out);
        out->append(zone);
      });
}

std::unique_ptr<ValueWriter> Durations(arrow::TimeUnit::type unit) {
  return Quoted<arrow::DurationArray>(
      [unit](const arrow::DurationArray& array, int64_t row, std::string* out) {
        AppendDuration(array.Value(row), unit, out);
      });
}

std::unique_ptr<ValueWriter> MakeNumberWriter(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8:
      return Integers<arrow::Int8Array>();
    case arrow::Type::INT16:
      return Integers<arrow::Int16Array>();
    case arrow::Type::INT32:
      return Integers<arrow::Int32Array>();
    case arrow::Type::INT64:
      return Integers<arrow::Int64Array>();
    case arrow::Type::UINT8:
      return Integers<arrow::UInt8Array>();
    case arrow::Type::UINT16:
      return Integers<arrow::UInt16Array>();
    case arrow::Type::UINT32:
      return Integers<arrow::UInt32Array>();
    case arrow::Type::UINT64:
      return Integers<arrow::UInt64Array>();
    case arrow::Type::HALF_FLOAT:
      return std::make_unique<FloatWriter<arrow::HalfFloatArray>>();
    case arrow::Type::FLOAT:
      return std::make_unique<FloatWriter<arrow::FloatArray>>();
    case arrow::Type::DOUBLE:
      return std::make_unique<FloatWriter<arrow::DoubleArray>>();
    case arrow::Type::DECIMAL32:
      return Decimals<arrow::Decimal32Array, arrow::Decimal32>(type);
    case arrow::Type::DECIMAL64:
      return Decimals<arrow::Decimal64Array, arrow::Decimal64>(type);
    case arrow::Type::DECIMAL128:
      return Decimals<arrow::Decimal128Array, arrow::Decimal128>(type);
    case arrow::Type::DECIMAL256:
      return Decimals<arrow::Decimal256Array, arrow::Decimal256>(type);
    default:
      return nullptr;
  }
}

std::unique_ptr<ValueWriter> MakeTimeWriter(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::DATE32:
      return Quoted<arrow::Date32Array>([](const auto& array, int64_t row, std::string* out) {
        AppendDate(array.Value(row), out);
      });
    case arrow::Type::DATE64:
      return Quoted<arrow::Date64Array>([](const auto& array, int64_t row, std::string* out) {
        constexpr int64_t kMillisPerDay = 86'400'000;
        AppendDate(array.Value(row) / kMillisPerDay, out);
      });
    case arrow::Type::TIME32:
      return Times<arrow::Time32Array>(static_cast<const arrow::Time32Type&>(type).unit());
    case arrow::Type::TIME64:
      return Times<arrow::Time64Array>(static_cast<const arrow::Time64Type&>(type).unit());
    case arrow::Type::TIMESTAMP:
      return Timestamps(static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DURATION:
      return Durations(static_cast<const arrow::DurationType&>(type).unit());
    case arrow::Type::INTERVAL_MONTHS:
      return Quoted<arrow::MonthIntervalArray>(
          [](const auto& array, int64_t row, std::string* out) {
            AppendInterval(array.Value(row), 0, 0, out);
          });
    case arrow::Type::INTERVAL_DAY_TIME:
      return Quoted<arrow::DayTimeIntervalArray>(
          [](const auto& array, int64_t row, std::string* out) {
            constexpr int64_t kNanosPerMilli = 1'000'000;
            const auto value = array.GetValue(row);
            AppendInterval(0, value.days, value.milliseconds * kNanosPerMilli, out);
          });
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return Quoted<arrow::MonthDayNanoIntervalArray>(
          [](const auto& array, int64_t row, std::string* out) {
            const auto value = array.GetValue(row);
            AppendInterval(value.months, value.days, value.nanoseconds, out);
          });
    default:
      return nullptr;
  }
}

std::unique_ptr<ValueWriter> MakeBytesWriter(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
      return std::make_unique<NullWriter>();
    case arrow::Type::BOOL:
      return Bare<arrow::BooleanArray>([](const auto& array, int64_t row, std::string* out) {
        out->append(array.Value(row) ? "true" : "false");
      });
    case arrow::Type::STRING:
      return std::make_unique<StringWriter<arrow::StringArray>>();
    case arrow::Type::LARGE_STRING:
      return std::make_unique<StringWriter<arrow::LargeStringArray>>();
    case arrow::Type::STRING_VIEW:
      return std::make_unique<StringWriter<arrow::StringViewArray>>();
    case arrow::Type::BINARY:
      return Binaries<arrow::BinaryArray>();
    case arrow::Type::LARGE_BINARY:
      return Binaries<arrow::LargeBinaryArray>();
    case arrow::Type::BINARY_VIEW:
      return Binaries<arrow::BinaryViewArray>();
    case arrow::Type::FIXED_SIZE_BINARY:
      return Binaries<arrow::FixedSizeBinaryArray>();
    default:
      return nullptr;
  }
}

/// Extension types are written as what they are stored as.
class ExtensionWriter final : public ValueWriter {
 public:
  explicit ExtensionWriter(std::unique_ptr<ValueWriter> storage) : storage_(std::move(storage)) {}

  void Bind(const arrow::Array& array) override {
    array_ = &array;
    storage_->Bind(*static_cast<const arrow::ExtensionArray&>(array).storage());
  }
  [[nodiscard]] bool IsNull(int64_t row) const override { return storage_->IsNull(row); }
  void AppendJson(int64_t row, std::string* out) const override { storage_->AppendJson(row, out); }
  void AppendText(int64_t row, std::string* out) const override { storage_->AppendText(row, out); }
  [[nodiscard]] bool has_free_text() const override { return storage_->has_free_text(); }

 private:
  const std::unique_ptr<ValueWriter> storage_;
};

Result<std::unique_ptr<ValueWriter>> MakeExtensionWriter(const arrow::ExtensionType& type) {
  constexpr int kUuidBytes = 16;
  const auto& storage = type.storage_type();
  if (type.extension_name() == "arrow.uuid" && storage->id() == arrow::Type::FIXED_SIZE_BINARY &&
      storage->byte_width() == kUuidBytes) {
    return std::make_unique<ExtensionWriter>(
        Quoted<arrow::FixedSizeBinaryArray>([](const auto& array, int64_t row, std::string* out) {
          AppendUuid(array.GetView(row), out);
        }));
  }
  ARROW_ASSIGN_OR_RAISE(auto writer, MakeValueWriter(storage));
  return std::make_unique<ExtensionWriter>(std::move(writer));
}

}  // namespace

Result<std::unique_ptr<ValueWriter>> MakeValueWriter(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::EXTENSION) {
    return MakeExtensionWriter(static_cast<const arrow::ExtensionType&>(*type));
  }
  for (auto* const make : {&MakeNumberWriter, &MakeTimeWriter, &MakeBytesWriter}) {
    auto writer = make(*type);
    if (writer != nullptr) return writer;
  }
  return MakeNestedValueWriter(type);
}

}  // namespace arrowport::stream
