#include "engine/column_builder.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/util/bit_util.h>
#include <duckdb/common/arrow/appender/append_data.hpp>
#include <duckdb/common/arrow/arrow_appender.hpp>

#include "engine/arrow_range.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::PhysicalType;
using duckdb::UnifiedVectorFormat;

/// Bytes that grow. What is over the size is not initialised.
class GrowingBuffer {
 public:
  explicit GrowingBuffer(int64_t bytes_expected) {
    auto buffer = arrow::AllocateResizableBuffer(bytes_expected);
    if (!buffer.ok()) throw duckdb::OutOfMemoryException(buffer.status().message());
    buffer_ = std::move(buffer).ValueUnsafe();
  }

  /// Makes room for `bytes` in all.
  void Reserve(int64_t bytes) {
    if (bytes <= buffer_->size()) return;
    const auto grown = buffer_->Resize(std::max(bytes, 2 * buffer_->size()), false);
    if (!grown.ok()) throw duckdb::OutOfMemoryException(grown.message());
  }

  [[nodiscard]] uint8_t* data() { return buffer_->mutable_data(); }

  /// The first `bytes` as a buffer of their own; the memory behind them stays allocated, which is
  /// cheaper than giving a part of it back.
  std::shared_ptr<arrow::Buffer> Finish(int64_t bytes, int64_t* bytes_held) {
    *bytes_held += buffer_->capacity();
    const auto shrunk = buffer_->Resize(bytes, false);
    if (!shrunk.ok()) throw duckdb::OutOfMemoryException(shrunk.message());
    return std::move(buffer_);
  }

 private:
  std::unique_ptr<arrow::ResizableBuffer> buffer_;
};

/// Which rows are null. Costs nothing until the first null.
class Validity {
 public:
  void Append(const UnifiedVectorFormat& format, idx_t from, idx_t to) {
    const auto rows = static_cast<int64_t>(to - from);
    if (!format.validity.AllValid()) {
      for (idx_t row = from; row < to; ++row) {
        if (!format.validity.RowIsValid(format.sel->get_index(row))) {
          SetNull(rows_ + static_cast<int64_t>(row - from), rows_ + rows);
        }
      }
    }
    rows_ += rows;
  }

  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] int64_t null_count() const { return null_count_; }

  std::shared_ptr<arrow::Buffer> Finish(int64_t* bytes_held) {
    if (null_count_ == 0) return nullptr;
    bits_.resize(static_cast<size_t>(arrow::bit_util::BytesForBits(rows_)), 0xFF);
    *bytes_held += static_cast<int64_t>(bits_.capacity());
    return arrow::Buffer::FromVector(std::move(bits_));
  }

 private:
  void SetNull(int64_t row, int64_t rows) {
    const auto bytes = static_cast<size_t>(arrow::bit_util::BytesForBits(rows));
    if (bits_.size() < bytes) bits_.resize(bytes, 0xFF);
    arrow::bit_util::ClearBit(bits_.data(), row);
    ++null_count_;
  }

  std::vector<uint8_t> bits_;
  int64_t rows_ = 0;
  int64_t null_count_ = 0;
};

std::shared_ptr<arrow::Array> MakeArray(std::shared_ptr<arrow::DataType> type, Validity& validity,
                                        std::vector<std::shared_ptr<arrow::Buffer>> buffers,
                                        int64_t* bytes_held) {
  buffers.insert(buffers.begin(), validity.Finish(bytes_held));
  return arrow::MakeArray(arrow::ArrayData::Make(std::move(type), validity.rows(),
                                                 std::move(buffers), validity.null_count()));
}

/// Values that are the same in DuckDB and Arrow.
template <typename T>
class CopyBuilder final : public ColumnBuilder {
 public:
  CopyBuilder(std::shared_ptr<arrow::DataType> type, const ColumnSize& expected)
      : type_(std::move(type)), values_(static_cast<int64_t>(expected.rows * sizeof(T))) {}

  void Append(duckdb::Vector& /*vector*/, const UnifiedVectorFormat& format, idx_t from, idx_t to,
              idx_t /*size*/) override {
    const auto end = static_cast<size_t>(validity_.rows()) + (to - from);
    values_.Reserve(static_cast<int64_t>(end * sizeof(T)));
    T* target = reinterpret_cast<T*>(values_.data()) + validity_.rows();
    const T* source = UnifiedVectorFormat::GetData<T>(format);
    if (!format.sel->IsSet()) {
      std::memcpy(target, source + from, (to - from) * sizeof(T));
    } else {
      for (idx_t row = from; row < to; ++row) *target++ = source[format.sel->get_index(row)];
    }
    validity_.Append(format, from, to);
  }

  std::shared_ptr<arrow::Array> Finish(int64_t* bytes) override {
    const auto size = validity_.rows() * static_cast<int64_t>(sizeof(T));
    return MakeArray(type_, validity_, {values_.Finish(size, bytes)}, bytes);
  }

 private:
  const std::shared_ptr<arrow::DataType> type_;
  GrowingBuffer values_;
  Validity validity_;
};

/// Decimals, which Arrow's decimal128 widens to two words.
template <typename T>
class DecimalBuilder final : public ColumnBuilder {
 public:
  DecimalBuilder(std::shared_ptr<arrow::DataType> type, const ColumnSize& expected)
      : type_(std::move(type)), values_(static_cast<int64_t>(expected.rows * sizeof(Wide))) {}

  void Append(duckdb::Vector& /*vector*/, const UnifiedVectorFormat& format, idx_t from, idx_t to,
              idx_t /*size*/) override {
    const auto end = static_cast<size_t>(validity_.rows()) + (to - from);
    values_.Reserve(static_cast<int64_t>(end * sizeof(Wide)));
    Wide* target = reinterpret_cast<Wide*>(values_.data()) + validity_.rows();
    const T* source = UnifiedVectorFormat::GetData<T>(format);
    if (!format.sel->IsSet()) {
      for (idx_t row = from; row < to; ++row) *target++ = Widen(source[row]);
    } else {
      for (idx_t row = from; row < to; ++row) {
        *target++ = Widen(source[format.sel->get_index(row)]);
      }
    }
    validity_.Append(format, from, to);
  }

  std::shared_ptr<arrow::Array> Finish(int64_t* bytes) override {
    const auto size = validity_.rows() * static_cast<int64_t>(sizeof(Wide));
    return MakeArray(type_, validity_, {values_.Finish(size, bytes)}, bytes);
  }

 private:
  struct Wide {
    int64_t low;
    int64_t high;
  };

  static Wide Widen(T value) {
    return {static_cast<int64_t>(value), static_cast<int64_t>(value) >> 63U};
  }

  const std::shared_ptr<arrow::DataType> type_;
  GrowingBuffer values_;
  Validity validity_;
};

/// Booleans: a byte each in DuckDB, a bit each in Arrow.
class BooleanBuilder final : public ColumnBuilder {
 public:
  BooleanBuilder(std::shared_ptr<arrow::DataType> type, const ColumnSize& expected)
      : type_(std::move(type)),
        bits_(arrow::bit_util::BytesForBits(static_cast<int64_t>(expected.rows))) {}

  void Append(duckdb::Vector& /*vector*/, const UnifiedVectorFormat& format, idx_t from, idx_t to,
              idx_t /*size*/) override {
    int64_t place = validity_.rows();
    bits_.Reserve(arrow::bit_util::BytesForBits(place + static_cast<int64_t>(to - from)));
    const bool* source = UnifiedVectorFormat::GetData<bool>(format);
    for (idx_t row = from; row < to; ++row) {
      // What stands under a null is anything; as a bool it may only be read where it is valid.
      const idx_t index = format.sel->get_index(row);
      const bool value = format.validity.RowIsValid(index) && source[index];
      arrow::bit_util::SetBitTo(bits_.data(), place++, value);
    }
    validity_.Append(format, from, to);
  }

  std::shared_ptr<arrow::Array> Finish(int64_t* bytes) override {
    const int64_t size = arrow::bit_util::BytesForBits(validity_.rows());
    return MakeArray(type_, validity_, {bits_.Finish(size, bytes)}, bytes);
  }

 private:
  const std::shared_ptr<arrow::DataType> type_;
  GrowingBuffer bits_;
  Validity validity_;
};

/// Strings and blobs with offsets of 32 bits.
class StringBuilder final : public ColumnBuilder {
 public:
  StringBuilder(std::shared_ptr<arrow::DataType> type, const ColumnSize& expected)
      : type_(std::move(type)),
        offsets_(static_cast<int64_t>((expected.rows + 1) * sizeof(int32_t))),
        data_(expected.data_bytes + kSlackBytes) {
    *reinterpret_cast<int32_t*>(offsets_.data()) = 0;
  }

  void Append(duckdb::Vector& /*vector*/, const UnifiedVectorFormat& format, idx_t from, idx_t to,
              idx_t /*size*/) override {
    const auto end = static_cast<size_t>(validity_.rows()) + (to - from);
    offsets_.Reserve(static_cast<int64_t>((end + 1) * sizeof(int32_t)));
    int32_t* offset = reinterpret_cast<int32_t*>(offsets_.data()) + validity_.rows();
    const auto* strings = UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    const bool all_valid = format.validity.AllValid();
    ReserveData(*offset + BytesOf(strings, format, from, to));
    uint8_t* const data = data_.data();
    for (idx_t row = from; row < to; ++row) {
      const idx_t index = format.sel->get_index(row);
      int32_t place = *offset;
      if (all_valid || format.validity.RowIsValid(index)) place = Copy(strings[index], data, place);
      *++offset = place;
    }
    validity_.Append(format, from, to);
  }

  std::shared_ptr<arrow::Array> Finish(int64_t* bytes) override {
    const auto* offsets = reinterpret_cast<const int32_t*>(offsets_.data());
    const int64_t data_bytes = offsets[validity_.rows()];
    const auto offset_bytes = (validity_.rows() + 1) * static_cast<int64_t>(sizeof(int32_t));
    auto offset_buffer = offsets_.Finish(offset_bytes, bytes);
    return MakeArray(type_, validity_, {std::move(offset_buffer), data_.Finish(data_bytes, bytes)},
                     bytes);
  }

 private:
  // A short string is copied with what follows it inside of its string_t: a copy of a constant
  // size costs a fraction of one that has to look at the length.
  static constexpr int64_t kSlackBytes = duckdb::string_t::INLINE_LENGTH;

  static int64_t BytesOf(const duckdb::string_t* strings, const UnifiedVectorFormat& format,
                         idx_t from, idx_t to) {
    int64_t bytes = 0;
    for (idx_t row = from; row < to; ++row) {
      const idx_t index = format.sel->get_index(row);
      if (!format.validity.RowIsValid(index)) continue;
      bytes += static_cast<int64_t>(strings[index].GetSize());
    }
    return bytes;
  }

  void ReserveData(int64_t bytes) {
    if (bytes > std::numeric_limits<int32_t>::max()) {
      throw duckdb::OutOfRangeException("the strings of one batch are over 2 GiB");
    }
    data_.Reserve(bytes + kSlackBytes);
  }

  static int32_t Copy(const duckdb::string_t& string, uint8_t* data, int32_t place) {
    const auto size = static_cast<int32_t>(string.GetSize());
    if (string.IsInlined()) {
      std::memcpy(data + place, string.GetPrefix(), kSlackBytes);
    } else {
      std::memcpy(data + place, string.GetData(), static_cast<size_t>(size));
    }
    return place + size;
  }

  const std::shared_ptr<arrow::DataType> type_;
  GrowingBuffer offsets_;
  GrowingBuffer data_;
  Validity validity_;
};

/// Any other type, by DuckDB's own appender.
class AppenderBuilder final : public ColumnBuilder {
 public:
  AppenderBuilder(duckdb::LogicalType type, std::shared_ptr<arrow::DataType> arrow_type,
                  duckdb::ClientContext& context, const ColumnSize& expected)
      : type_(std::move(type)),
        can_leave_range_(CanLeaveArrowRange(type_)),
        arrow_type_(std::move(arrow_type)) {
    auto properties = context.GetClientProperties();
    data_ = duckdb::ArrowAppender::InitializeChild(type_, expected.rows, properties);
  }

  void Append(duckdb::Vector& vector, const UnifiedVectorFormat& /*format*/, idx_t from, idx_t to,
              idx_t size) override {
    if (can_leave_range_) CheckArrowRange(vector, from, to, size);
    data_->AppendChild(vector, from, to, size);
  }

  std::shared_ptr<arrow::Array> Finish(int64_t* bytes) override {
    ArrowArray array = *duckdb::ArrowAppender::FinalizeChild(type_, std::move(data_));
    *bytes += BytesOf(array);
    auto imported = arrow::ImportArray(&array, arrow_type_);
    // Not an internal error: to DuckDB that would be reason to give up the whole database.
    if (!imported.ok()) throw duckdb::InvalidInputException(imported.status().ToString());
    return std::move(imported).ValueUnsafe();
  }

 private:
  // Every array that DuckDB's appender makes carries its buffers in an ArrowAppendData.
  static int64_t BytesOf(const ArrowArray& array) {
    auto* data = static_cast<duckdb::ArrowAppendData*>(array.private_data);
    auto bytes = static_cast<int64_t>(data->GetValidityBuffer().size() +
                                      data->GetMainBuffer().size() + data->GetAuxBuffer().size());
    for (int64_t i = 0; i < array.n_children; ++i) bytes += BytesOf(*array.children[i]);
    if (array.dictionary != nullptr) bytes += BytesOf(*array.dictionary);
    return bytes;
  }

  const duckdb::LogicalType type_;
  const bool can_leave_range_;
  const std::shared_ptr<arrow::DataType> arrow_type_;
  duckdb::unique_ptr<duckdb::ArrowAppendData> data_;
};

template <template <typename> typename Builder>
std::unique_ptr<ColumnBuilder> MakeByWidth(PhysicalType width,
                                           const std::shared_ptr<arrow::DataType>& type,
                                           const ColumnSize& expected) {
  switch (width) {
    case PhysicalType::INT8:
      return std::make_unique<Builder<int8_t>>(type, expected);
    case PhysicalType::UINT8:
      return std::make_unique<Builder<uint8_t>>(type, expected);
    case PhysicalType::INT16:
      return std::make_unique<Builder<int16_t>>(type, expected);
    case PhysicalType::UINT16:
      return std::make_unique<Builder<uint16_t>>(type, expected);
    case PhysicalType::INT32:
      return std::make_unique<Builder<int32_t>>(type, expected);
    case PhysicalType::UINT32:
      return std::make_unique<Builder<uint32_t>>(type, expected);
    case PhysicalType::INT64:
      return std::make_unique<Builder<int64_t>>(type, expected);
    case PhysicalType::UINT64:
      return std::make_unique<Builder<uint64_t>>(type, expected);
    case PhysicalType::FLOAT:
      return std::make_unique<CopyBuilder<float>>(type, expected);
    case PhysicalType::DOUBLE:
      return std::make_unique<CopyBuilder<double>>(type, expected);
    default:
      return nullptr;
  }
}

// By the Arrow type, which tells more than DuckDB's: settings of a connection may ask for other
// layouts, and extension types keep their own.
std::unique_ptr<ColumnBuilder> MakeOwnBuilder(const duckdb::LogicalType& type,
                                              const std::shared_ptr<arrow::DataType>& arrow_type,
                                              const ColumnSize& expected) {
  using duckdb::LogicalTypeId;
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      if (arrow_type->id() != arrow::Type::BOOL) return nullptr;
      return std::make_unique<BooleanBuilder>(arrow_type, expected);
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
      if (arrow_type->id() != arrow::Type::STRING && arrow_type->id() != arrow::Type::BINARY) {
        return nullptr;
      }
      return std::make_unique<StringBuilder>(arrow_type, expected);
    case LogicalTypeId::DECIMAL:
      if (arrow_type->id() != arrow::Type::DECIMAL128) return nullptr;
      return MakeByWidth<DecimalBuilder>(type.InternalType(), arrow_type, expected);
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      if (arrow_type->id() == arrow::Type::EXTENSION) return nullptr;
      return MakeByWidth<CopyBuilder>(type.InternalType(), arrow_type, expected);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<ColumnBuilder> MakeColumnBuilder(const duckdb::LogicalType& type,
                                                 const std::shared_ptr<arrow::DataType>& arrow_type,
                                                 duckdb::ClientContext& context,
                                                 const ColumnSize& expected) {
  if (auto builder = MakeOwnBuilder(type, arrow_type, expected)) return builder;
  return std::make_unique<AppenderBuilder>(type, arrow_type, context, expected);
}

}  // namespace arrowport::engine
