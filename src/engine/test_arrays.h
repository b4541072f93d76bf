#pragma once

#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>

namespace arrowport::engine::testing {

/// Types and values for tests that must hold for any nesting. Seeded: the same numbers, always.
class RandomArrays {
 public:
  explicit RandomArrays(unsigned seed) : random_(seed) {}

  std::shared_ptr<arrow::DataType> Type(int depth) {
    switch (depth == 0 ? 9 : Below(10)) {
      case 0:
        return arrow::list(Type(depth - 1));
      case 1:
        return arrow::large_list(Type(depth - 1));
      case 2:
        return arrow::fixed_size_list(Type(depth - 1), 3);
      case 3:
      case 4:
        return arrow::struct_(
            {arrow::field("a", Type(depth - 1)), arrow::field("b", Type(depth - 1))});
      case 5:
        return arrow::map(arrow::int32(), Type(depth - 1));
      case 6:
        return arrow::list_view(Type(depth - 1));
      case 7:
        return arrow::dictionary(arrow::int16(), arrow::utf8());
      default:
        return std::vector{arrow::boolean(), arrow::int32(), arrow::float64(), arrow::utf8(),
                           arrow::utf8_view()}[Below(5)];
    }
  }

  std::shared_ptr<arrow::Array> Values(const std::shared_ptr<arrow::DataType>& type,
                                       int64_t length) {
    auto data = std::make_shared<arrow::ArrayData>(type, length, std::vector{Validity(length)});
    switch (type->id()) {
      case arrow::Type::LIST:
      case arrow::Type::MAP:
        FillList<int32_t>(*data, *type);
        break;
      case arrow::Type::LARGE_LIST:
        FillList<int64_t>(*data, *type);
        break;
      case arrow::Type::LIST_VIEW:
        FillListView(*data, *type);
        break;
      case arrow::Type::FIXED_SIZE_LIST:
        data->child_data = {Values(type->field(0)->type(), length * 3)->data()};
        break;
      case arrow::Type::STRUCT:
        for (const auto& field : type->fields()) {
          data->child_data.push_back(field->nullable() ? Values(field->type(), length)->data()
                                                       : Keys(length));
        }
        break;
      case arrow::Type::DICTIONARY:
        data->buffers.push_back(Numbers<int16_t>(length, 40));
        data->dictionary = Values(arrow::utf8(), 40)->data();
        break;
      default:
        return Leaf(type, length);
    }
    return arrow::MakeArray(data);
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  static std::shared_ptr<arrow::ArrayData> WithoutNulls(const std::shared_ptr<arrow::Array>& all) {
    auto data = all->data()->Copy();
    data->buffers[0] = nullptr;
    data->null_count = 0;
    return data;
  }

  std::shared_ptr<arrow::Buffer> Validity(int64_t length) {
    arrow::TypedBufferBuilder<bool> bits;
    for (int64_t i = 0; i < length; ++i) (void)bits.Append(Below(5) != 0);
    return bits.Finish().ValueOrDie();
  }

  // A map has each key once, and never a missing one.
  static std::shared_ptr<arrow::ArrayData> Keys(int64_t length) {
    std::vector<int32_t> keys(static_cast<size_t>(length));
    std::iota(keys.begin(), keys.end(), 0);
    return arrow::ArrayData::Make(arrow::int32(), length,
                                  {nullptr, arrow::Buffer::FromVector(std::move(keys))}, 0);
  }

  template <typename Number>
  std::shared_ptr<arrow::Buffer> Numbers(int64_t length, size_t bound) {
    arrow::TypedBufferBuilder<Number> numbers;
    for (int64_t i = 0; i < length; ++i) (void)numbers.Append(static_cast<Number>(Below(bound)));
    return numbers.Finish().ValueOrDie();
  }

  // Most lists are short, and many have nothing.
  int64_t ListLength() { return std::vector{0, 0, 1, 2, 3}[Below(5)]; }

  template <typename Offset>
  void FillList(arrow::ArrayData& data, const arrow::DataType& type) {
    std::vector<Offset> offsets{0};
    for (int64_t i = 0; i < data.length; ++i) {
      offsets.push_back(static_cast<Offset>(offsets.back() + ListLength()));
    }
    data.child_data = {type.id() == arrow::Type::MAP
                           ? WithoutNulls(Values(type.field(0)->type(), offsets.back()))
                           : Values(type.field(0)->type(), offsets.back())->data()};
    data.buffers.push_back(arrow::Buffer::FromVector(std::move(offsets)));
  }

  // Views overlap and lie in any order.
  void FillListView(arrow::ArrayData& data, const arrow::DataType& type) {
    constexpr int kValues = 100;
    std::vector<int32_t> offsets;
    std::vector<int32_t> sizes;
    for (int64_t i = 0; i < data.length; ++i) {
      sizes.push_back(static_cast<int32_t>(ListLength()));
      offsets.push_back(static_cast<int32_t>(Below(kValues - 3)));
    }
    data.child_data = {Values(type.field(0)->type(), kValues)->data()};
    data.buffers.push_back(arrow::Buffer::FromVector(std::move(offsets)));
    data.buffers.push_back(arrow::Buffer::FromVector(std::move(sizes)));
  }

  std::shared_ptr<arrow::Array> Leaf(const std::shared_ptr<arrow::DataType>& type, int64_t length) {
    auto builder = arrow::MakeBuilder(type).ValueOrDie();
    for (int64_t i = 0; i < length; ++i) {
      (void)(Below(5) == 0 ? builder->AppendNull() : builder->AppendScalar(*Value(type)));
    }
    return builder->Finish().ValueOrDie();
  }

  std::shared_ptr<arrow::Scalar> Value(const std::shared_ptr<arrow::DataType>& type) {
    const size_t number = Below(1'000'000'000);
    if (type->id() == arrow::Type::BOOL) return arrow::MakeScalar(number % 2 == 0);
    if (type->id() == arrow::Type::STRING_VIEW) {
      // Short ones stand within the view, longer ones beside it.
      const std::string text = number % 2 == 0 ? "word " : "words that are longer ";
      return std::make_shared<arrow::StringViewScalar>(text + std::to_string(number));
    }
    return arrow::Scalar::Parse(type, std::to_string(number)).ValueOrDie();
  }

  std::mt19937 random_;
};

/// A value without its type: the same text for a list and a list view of the same.
inline std::string TextOf(const arrow::Array& array, int64_t index) {
  if (array.IsNull(index)) return "null";
  const auto list = [index](const auto& lists) {
    std::string text = "[";
    for (int64_t i = 0; i < lists.value_length(index); ++i) {
      text += TextOf(*lists.values(), lists.value_offset(index) + i) + ",";
    }
    return text + "]";
  };
  switch (array.type_id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return list(static_cast<const arrow::ListArray&>(array));
    case arrow::Type::LARGE_LIST:
      return list(static_cast<const arrow::LargeListArray&>(array));
    case arrow::Type::LIST_VIEW:
      return list(static_cast<const arrow::ListViewArray&>(array));
    case arrow::Type::FIXED_SIZE_LIST:
      return list(static_cast<const arrow::FixedSizeListArray&>(array));
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return TextOf(*dictionary.dictionary(), dictionary.GetValueIndex(index));
    }
    case arrow::Type::STRUCT: {
      std::string text = "{";
      for (const auto& field : static_cast<const arrow::StructArray&>(array).fields()) {
        text += TextOf(*field, index) + ",";
      }
      return text + "}";
    }
    default:
      return array.GetScalar(index).ValueOrDie()->ToString();
  }
}

}  // namespace arrowport::engine::testing
