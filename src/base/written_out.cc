#include "base/written_out.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include "base/error.h"

namespace arrowport {
namespace {

using arrow::ArrayData;
using arrow::Type;

// Rows of a vector of DuckDB, and what its vectors have for an element beside its text.
constexpr int64_t kVectorRows = 2048;
constexpr int64_t kNullBytes = 4;
constexpr int64_t kTextBytes = 16;
constexpr int64_t kListBytes = 16;

constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max() / 4;

const arrow::DataType& StorageOf(const arrow::DataType& type) {
  if (type.id() != Type::EXTENSION) return type;
  return StorageOf(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

// Whether a batch may be smaller than what is made of it.
bool CanGrow(const arrow::DataType& type) {
  const Type::type id = StorageOf(type).id();
  return arrow::is_nested(id) || id == Type::DICTIONARY || arrow::is_binary_view_like(id);
}

int64_t WidthOf(const arrow::DataType& type) {
  if (type.id() == Type::NA) return kNullBytes;
  if (type.id() == Type::BOOL) return 1;
  return arrow::is_fixed_width(type) ? type.byte_width() : 0;
}

bool IsFlatDictionary(const arrow::DataType& type) {
  const auto& storage = StorageOf(type);
  if (storage.id() != Type::DICTIONARY) return false;
  const auto& values = StorageOf(*static_cast<const arrow::DictionaryType&>(storage).value_type());
  return !CanGrow(values) || arrow::is_binary_view_like(values.id());
}

template <typename Offset>
std::vector<int64_t> LengthsByOffsets(const ArrayData& values) {
  std::vector<int64_t> lengths(static_cast<size_t>(values.length));
  const auto* const offsets = values.GetValues<Offset>(1);
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = offsets[i + 1] - offsets[i];
  return lengths;
}

// What a null has there means nothing.
int64_t LengthOfView(const ArrayData& values, int64_t i) {
  return values.IsValid(i) ? values.GetValues<arrow::BinaryViewType::c_type>(1)[i].size() : 0;
}

// Of the texts of a dictionary; none where it has other values.
std::vector<int64_t> LengthsOf(const ArrayData& values) {
  if (values.length == 0) return {};
  switch (StorageOf(*values.type).id()) {
    case Type::STRING:
    case Type::BINARY:
      return LengthsByOffsets<int32_t>(values);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return LengthsByOffsets<int64_t>(values);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW: {
      std::vector<int64_t> lengths;
      for (int64_t i = 0; i < values.length; ++i) lengths.push_back(LengthOfView(values, i));
      return lengths;
    }
    default:
      return {};
  }
}

/// Adds up, and stops when it is too much.
class Sum {
 public:
  explicit Sum(int64_t bytes_max) : bytes_max_(bytes_max) {}

  void Add(int64_t count, int64_t bytes_each) {
    if (bytes_each > 0 && count > (bytes_max_ - bytes_) / bytes_each) Exceed();
    if (!is_over_) bytes_ += count * bytes_each;
  }

  void Exceed() { is_over_ = true; }

  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_max_;
  int64_t bytes_ = 0;
  bool is_over_ = false;
};

/// Where values stand.
struct Place {
  bool is_shared = false;   // Below what refers to values: each of them may count many times.
  bool is_in_list = false;  // Vectors have all of them at once.
};

/// Of a column, or of a part of one. Does no more work than it counts bytes.
class Counter {
 public:
  explicit Counter(int64_t bytes_max)
      : bytes_max_(bytes_max), shared_(bytes_max), vector_(bytes_max) {}

  void AddColumn(const ArrayData& data) {
    if (!CanGrow(*data.type)) return;
    if (IsFlatDictionary(*data.type)) return AddTextsOfDictionary(data);
    for (int64_t row = 0; row < data.length && !is_over(); row += kVectorRows) {
      vector_ = Sum(bytes_max_);
      Add(data, row, std::min(kVectorRows, data.length - row), {});
    }
  }

  /// As DuckDB has it in vectors.
  void AddVector(const ArrayData& data, int64_t first, int64_t count) {
    Add(data, first, count, {.is_in_list = true});
  }

  /// What is below `data` and referred to, whether any row has it or not.
  void AddReferred(const ArrayData& data) {
    if (is_over() || !CanGrow(*data.type)) return;
    const Type::type id = StorageOf(*data.type).id();
    const bool refers = id == Type::RUN_END_ENCODED || arrow::is_list_view(id);
    for (const auto& child : data.child_data) AddReferred(refers, *child);
    if (data.dictionary != nullptr) AddReferred(true, *data.dictionary);
  }

  [[nodiscard]] bool is_over() const { return shared_.is_over() || vector_.is_over(); }
  [[nodiscard]] int64_t shared_bytes() const { return shared_.bytes(); }
  [[nodiscard]] int64_t bytes() const { return all_; }

 private:
  // Of `count` values from the one at `first` on.
  void Add(const ArrayData& data, int64_t first, int64_t count, Place place) {
    if (count == 0 || is_over()) return;
    const arrow::DataType& type = StorageOf(*data.type);
    switch (type.id()) {
      case Type::STRING:
      case Type::BINARY:
        return AddTexts(LengthByOffsets<int32_t>(data, first, count), count, place);
      case Type::LARGE_STRING:
      case Type::LARGE_BINARY:
        return AddTexts(LengthByOffsets<int64_t>(data, first, count), count, place);
      case Type::STRING_VIEW:
      case Type::BINARY_VIEW:
        return AddViews(data, first, count, place);
      case Type::DICTIONARY:
        return AddDictionary(data, first, count, place);
      case Type::RUN_END_ENCODED:
        return AddRuns(data, first, count, place);
      case Type::LIST:
      case Type::MAP:
        return AddList<int32_t>(data, first, count, place);
      case Type::LARGE_LIST:
        return AddList<int64_t>(data, first, count, place);
      case Type::LIST_VIEW:
        return AddListViews<int32_t>(data, first, count, place);
      case Type::LARGE_LIST_VIEW:
        return AddListViews<int64_t>(data, first, count, place);
      case Type::FIXED_SIZE_LIST:
        return AddFixedSizeList(data, first, count, place);
      case Type::STRUCT:
      case Type::SPARSE_UNION:
        for (const auto& child : data.child_data) Add(*child, data.offset + first, count, place);
        return;
      default:
        AddBytes(count, WidthOf(type), place);
    }
  }

  void AddReferred(bool refers, const ArrayData& values) {
    const Place place = {.is_shared = true, .is_in_list = true};
    if (refers && CanGrow(*values.type)) Add(values, 0, values.length, place);
    AddReferred(values);
  }

  void AddBytes(int64_t count, int64_t bytes_each, Place place) {
    if (place.is_shared) shared_.Add(count, bytes_each);
    if (place.is_in_list) vector_.Add(count, bytes_each);
    if ((place.is_shared || place.is_in_list) && !is_over()) all_ += count * bytes_each;
  }

  void AddTexts(int64_t bytes, int64_t count, Place place) {
    AddBytes(bytes, 1, place);
    AddBytes(count, kTextBytes, place);
  }

  template <typename Offset>
  static int64_t LengthByOffsets(const ArrayData& data, int64_t first, int64_t count) {
    const auto* const offsets = data.GetValues<Offset>(1);
    return offsets[first + count] - offsets[first];
  }

  void AddViews(const ArrayData& data, int64_t first, int64_t count, Place place) {
    int64_t bytes = 0;
    for (int64_t i = first; i < first + count; ++i) bytes += LengthOfView(data, i);
    AddBytes(bytes, 1, {.is_shared = true, .is_in_list = place.is_in_list});
    AddBytes(count, kTextBytes, place);
  }

  void AddDictionary(const ArrayData& data, int64_t first, int64_t count, Place place) {
    place.is_shared = true;
    VisitIndices(data, first, count,
                 [&](int64_t index) { Add(*data.dictionary, index, 1, place); });
  }

  // Of a column, which DuckDB reads as it is and stores written out.
  void AddTextsOfDictionary(const ArrayData& data) {
    const std::vector<int64_t> lengths = LengthsOf(*data.dictionary);
    if (lengths.empty()) return;
    VisitIndices(data, 0, data.length, [&](int64_t index) {
      AddBytes(lengths[static_cast<size_t>(index)], 1, {.is_shared = true});
    });
  }

  template <typename Visit>
  void VisitIndices(const ArrayData& data, int64_t first, int64_t count, const Visit& visit) {
    const auto visit_all = [&](const auto* indices) {
      for (int64_t i = first; i < first + count && !is_over(); ++i) {
        if (data.IsValid(i)) visit(static_cast<int64_t>(indices[i]));
      }
    };
    switch (static_cast<const arrow::DictionaryType&>(StorageOf(*data.type)).bit_width()) {
      case 8:
        return visit_all(data.GetValues<uint8_t>(1));
      case 16:
        return visit_all(data.GetValues<uint16_t>(1));
      case 32:
        return visit_all(data.GetValues<uint32_t>(1));
      default:
        return visit_all(data.GetValues<uint64_t>(1));
    }
  }

  void AddRuns(const ArrayData& data, int64_t first, int64_t count, Place place) {
    place.is_shared = true;
    switch (data.child_data[0]->type->id()) {
      case Type::INT16:
        return AddRunsBy<int16_t>(data, first, count, place);
      case Type::INT32:
        return AddRunsBy<int32_t>(data, first, count, place);
      default:
        return AddRunsBy<int64_t>(data, first, count, place);
    }
  }

  template <typename RunEnd>
  void AddRunsBy(const ArrayData& data, int64_t first, int64_t count, Place place) {
    const ArrayData& run_ends = *data.child_data[0];
    const std::span ends(run_ends.GetValues<RunEnd>(1), static_cast<size_t>(run_ends.length));
    const int64_t end = data.offset + first + count;
    int64_t row = data.offset + first;
    for (auto run = std::ranges::upper_bound(ends, row); row < end && !is_over(); ++run) {
      const int64_t run_end = std::min<int64_t>(*run, end);
      AddTimes(*data.child_data[1], run - ends.begin(), run_end - row, place);
      row = run_end;
    }
  }

  // One value, so many times.
  void AddTimes(const ArrayData& values, int64_t index, int64_t times, Place place) {
    Counter one(bytes_max_);
    one.Add(values, index, 1, {.is_shared = true, .is_in_list = true});
    if (one.is_over()) return shared_.Exceed();
    AddBytes(times, one.vector_.bytes(), place);
  }

  template <typename Offset>
  void AddList(const ArrayData& data, int64_t first, int64_t count, Place place) {
    AddBytes(count, kListBytes, place);
    place.is_in_list = true;
    const auto* const offsets = data.GetValues<Offset>(1);
    Add(*data.child_data[0], offsets[first], offsets[first + count] - offsets[first], place);
  }

  template <typename Offset>
  void AddListViews(const ArrayData& data, int64_t first, int64_t count, Place place) {
    AddBytes(count, kListBytes, place);
    const auto* const offsets = data.GetValues<Offset>(1);
    const auto* const sizes = data.GetValues<Offset>(2);
    const Place within = {.is_shared = true, .is_in_list = true};
    for (int64_t i = first; i < first + count && !is_over(); ++i) {
      if (data.IsValid(i)) Add(*data.child_data[0], offsets[i], sizes[i], within);
    }
  }

  void AddFixedSizeList(const ArrayData& data, int64_t first, int64_t count, Place place) {
    place.is_in_list = true;
    const auto& type = static_cast<const arrow::FixedSizeListType&>(StorageOf(*data.type));
    const int64_t size = type.list_size();
    Add(*data.child_data[0], (data.offset + first) * size, count * size, place);
  }

  const int64_t bytes_max_;
  Sum shared_;
  Sum vector_;
  int64_t all_ = 0;  // Each byte once.
};

}  // namespace

Status CheckWrittenOut(const arrow::RecordBatch& batch, int64_t bytes_max) {
  int64_t bytes_left = bytes_max;
  for (int i = 0; i < batch.num_columns(); ++i) {
    Counter column(bytes_left);
    column.AddColumn(*batch.column_data(i));
    column.AddReferred(*batch.column_data(i));
    bytes_left -= column.shared_bytes();
    if (!column.is_over()) continue;
    return MakeError(ErrorKind::kTooLarge,
                     "column '" + batch.column_name(i) + "': its values take more than " +
                         std::to_string(bytes_max) +
                         " bytes when each is written out; send smaller batches");
  }
  return Status::OK();
}

int64_t BytesWrittenOut(const arrow::RecordBatch& batch) {
  int64_t bytes = 0;
  for (int i = 0; i < batch.num_columns(); ++i) bytes += BytesWrittenOut(*batch.column_data(i));
  return bytes;
}

int64_t BytesWrittenOut(const arrow::ArrayData& column) {
  Counter counter(kNoBound);
  counter.AddColumn(column);
  return counter.bytes();
}

int64_t VectorBytes(const arrow::RecordBatch& batch, int64_t first, int64_t count) {
  Counter counter(kNoBound);
  for (int i = 0; i < batch.num_columns(); ++i) {
    counter.AddVector(*batch.column_data(i), first, count);
  }
  return counter.bytes();
}

}  // namespace arrowport
