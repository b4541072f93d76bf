#include "cli/cell_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/scalar.h>
#include <arrow/util/checked_cast.h>

#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

using arrow::internal::checked_cast;

// What a table shows of one value; the rest of a megabyte of text helps nobody.
constexpr size_t kTextBytesMax = 512;
constexpr int64_t kItemsMax = 50;

std::string Hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes.substr(0, kTextBytesMax)) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value / 16];
    text += kDigits[value % 16];
  }
  return bytes.size() > kTextBytesMax ? text + "…" : text;
}

// Cut between letters: a byte that goes on with one begins with the bits 10.
std::string BeginOf(std::string_view text) {
  if (text.size() <= kTextBytesMax) return OneLine(text);
  size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return OneLine(text.substr(0, end)) + "…";
}

std::string Amount(int64_t count, const char* unit) {
  return std::to_string(count) + " " + unit + (count == 1 || count == -1 ? "" : "s");
}

std::string TwoDigits(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// "03:00:00.25", with a sign of its own where it has one.
std::string ClockText(int64_t nanoseconds) {
  constexpr int64_t kSecond = 1'000'000'000;
  // The most negative number has no positive counterpart of its type.
  const auto size =
      nanoseconds < 0 ? 0 - static_cast<uint64_t>(nanoseconds) : static_cast<uint64_t>(nanoseconds);
  const auto seconds = static_cast<int64_t>(size / kSecond);
  std::string fraction = std::to_string(size % kSecond + kSecond);
  fraction[0] = '.';
  return (nanoseconds < 0 ? "-" : "") + TwoDigits(seconds / 3600) + ":" +
         TwoDigits(seconds / 60 % 60) + ":" + TwoDigits(seconds % 60) + fraction;
}

template <typename Number>
std::string Shortest(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

// "12:30:00.500000" is "12:30:00.5", and "12:30:00.000000" is "12:30:00".
std::string WithoutEmptyFraction(std::string text) {
  const size_t point = text.rfind('.');
  if (point == std::string::npos) return text;
  const size_t digits_end = std::min(text.find_first_not_of("0123456789", point + 1), text.size());
  size_t kept = digits_end;
  while (kept > point + 1 && text[kept - 1] == '0') --kept;
  if (kept == point + 1) kept = point;
  return text.erase(kept, digits_end - kept);
}

std::string ItemTexts(const arrow::Array& items, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) text += ", ";
    if (i - begin == kItemsMax) return text + "…";
    text += CellText(items, i);
  }
  return text;
}

template <typename ListArray>
std::string ListText(const arrow::Array& array, int64_t row) {
  const auto& list = checked_cast<const ListArray&>(array);
  const int64_t begin = list.value_offset(row);
  return "[" + ItemTexts(*list.values(), begin, begin + list.value_length(row)) + "]";
}

std::string MapText(const arrow::MapArray& map, int64_t row) {
  std::string text;
  const int64_t begin = map.value_offset(row);
  for (int64_t i = begin; i < begin + map.value_length(row); ++i) {
    if (i > begin) text += ", ";
    if (i - begin == kItemsMax) return "{" + text + "…}";
    text += CellText(*map.keys(), i) + ": " + CellText(*map.items(), i);
  }
  return "{" + text + "}";
}

std::string StructText(const arrow::StructArray& array, int64_t row) {
  std::string text;
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) text += ", ";
    text += OneLine(array.type()->field(i)->name()) + ": " + CellText(*array.field(i), row);
  }
  return "{" + text + "}";
}

std::string ScalarText(const arrow::Array& array, int64_t row) {
  const auto scalar = array.GetScalar(row);
  if (!scalar.ok()) return "?";
  return (*scalar)->ToString();
}

std::string IntervalText(const arrow::MonthDayNanoIntervalArray& array, int64_t row) {
  const auto value = array.Value(row);
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (value.months / 12 != 0) add(Amount(value.months / 12, "year"));
  if (value.months % 12 != 0) add(Amount(value.months % 12, "month"));
  if (value.days != 0) add(Amount(value.days, "day"));
  if (value.nanoseconds != 0 || text.empty()) {
    add(WithoutEmptyFraction(ClockText(value.nanoseconds)));
  }
  return text;
}

std::string BytesText(const arrow::Array& array, int64_t row) {
  const auto scalar = array.GetScalar(row);
  if (!scalar.ok()) return "?";
  const auto& binary = checked_cast<const arrow::BaseBinaryScalar&>(**scalar);
  const std::string_view bytes = binary.view();
  if (arrow::is_string(array.type_id()) || array.type_id() == arrow::Type::STRING_VIEW) {
    return bytes == kNullText ? "'NULL'" : BeginOf(bytes);
  }
  return Hexadecimal(bytes);
}

}  // namespace

std::string CellText(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return std::string(kNullText);
  using arrow::Type;
  switch (array.type_id()) {
    case Type::FLOAT:
      return Shortest(checked_cast<const arrow::FloatArray&>(array).Value(row));
    case Type::DOUBLE:
      return Shortest(checked_cast<const arrow::DoubleArray&>(array).Value(row));
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return BytesText(array, row);
    case Type::TIMESTAMP:
    case Type::TIME32:
    case Type::TIME64:
      return WithoutEmptyFraction(ScalarText(array, row));
    case Type::INTERVAL_MONTH_DAY_NANO:
      return IntervalText(checked_cast<const arrow::MonthDayNanoIntervalArray&>(array), row);
    case Type::LIST:
      return ListText<arrow::ListArray>(array, row);
    case Type::LARGE_LIST:
      return ListText<arrow::LargeListArray>(array, row);
    case Type::FIXED_SIZE_LIST:
      return ListText<arrow::FixedSizeListArray>(array, row);
    case Type::MAP:
      return MapText(checked_cast<const arrow::MapArray&>(array), row);
    case Type::STRUCT:
      return StructText(checked_cast<const arrow::StructArray&>(array), row);
    case Type::DICTIONARY: {
      const auto& dictionary = checked_cast<const arrow::DictionaryArray&>(array);
      return CellText(*dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    default:
      return OneLine(ScalarText(array, row));
  }
}

std::string TypeText(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256: {
      const auto& decimal = checked_cast<const arrow::DecimalType&>(type);
      return "decimal(" + std::to_string(decimal.precision()) + ", " +
             std::to_string(decimal.scale()) + ")";
    }
    case Type::LIST:
    case Type::LARGE_LIST:
      return "list<" + TypeText(*type.field(0)->type()) + ">";
    case Type::STRUCT:
      return "struct";
    case Type::MAP: {
      const auto& map = checked_cast<const arrow::MapType&>(type);
      return "map<" + TypeText(*map.key_type()) + ", " + TypeText(*map.item_type()) + ">";
    }
    case Type::DICTIONARY:
      return TypeText(*checked_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::DATE32:
    case Type::DATE64:
      return "date";
    case Type::INTERVAL_MONTH_DAY_NANO:
      return "interval";
    default:
      return OneLine(type.ToString());
  }
}

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) ||
         arrow::is_decimal(type.id());
}

bool IsText(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return IsText(*checked_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return arrow::is_nested(type.id()) || arrow::is_base_binary_like(type.id()) ||
         arrow::is_binary_view_like(type.id()) || type.id() == arrow::Type::FIXED_SIZE_BINARY;
}

}  // namespace arrowport::cli
