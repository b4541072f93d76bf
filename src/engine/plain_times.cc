#include "engine/plain_times.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/builder.h>

#include "base/error.h"

namespace arrowport::engine {
namespace {

using arrow::TimeUnit;
using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;
using MonthDayNanos = arrow::MonthDayNanoIntervalType::MonthDayNanos;

constexpr int64_t kMillisecondsPerDay = 86'400'000;
constexpr int64_t kNanosecondsPerMicrosecond = 1'000;
constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

int64_t DivideDown(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

std::optional<int64_t> Multiply(int64_t value, int64_t by) {
  if (value > std::numeric_limits<int64_t>::max() / by ||
      value < std::numeric_limits<int64_t>::min() / by) {
    return std::nullopt;
  }
  return value * by;
}

std::optional<int64_t> ToMicroseconds(int64_t value, TimeUnit::type unit) {
  switch (unit) {
    case TimeUnit::SECOND:
      return Multiply(value, 1'000'000);
    case TimeUnit::MILLI:
      return Multiply(value, 1'000);
    case TimeUnit::MICRO:
      return value;
    case TimeUnit::NANO:
      return DivideDown(value, kNanosecondsPerMicrosecond);
  }
  return std::nullopt;
}

std::optional<int32_t> ToDays(int64_t milliseconds) {
  const int64_t days = DivideDown(milliseconds, kMillisecondsPerDay);
  if (days < std::numeric_limits<int32_t>::min() || days > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(days);
}

bool HasMicroseconds(const arrow::DataType& type) {
  if (type.id() == Type::DURATION) {
    return static_cast<const arrow::DurationType&>(type).unit() == TimeUnit::MICRO;
  }
  const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
  return timestamp.unit() == TimeUnit::MICRO || timestamp.timezone().empty();
}

Status OutOfRange(const arrow::Array& times, int64_t index, int64_t value,
                  std::string_view target) {
  return MakeError(ErrorKind::kInvalidInput,
                   "value " + std::to_string(index) + ", the " + times.type()->ToString() + " " +
                       std::to_string(value) + ", is out of the range of " + std::string(target) +
                       "; send NULL or a smaller one in its place");
}

// Each value that is there, by `convert`, which has nothing for those that have no place.
template <typename Target>
Result<ArrayPtr> Converted(const arrow::Array& times, const TypePtr& type, std::string_view target,
                           const std::function<std::optional<Target>(int64_t)>& convert) {
  const auto* values = times.data()->GetValues<int64_t>(1);
  arrow::TypedBufferBuilder<Target> converted;
  ARROW_RETURN_NOT_OK(converted.Reserve(times.length()));
  for (int64_t i = 0; i < times.length(); ++i) {
    const auto value = times.IsNull(i) ? Target{0} : convert(values[i]);
    if (!value) return OutOfRange(times, i, values[i], target);
    converted.UnsafeAppend(*value);
  }
  ARROW_ASSIGN_OR_RAISE(auto buffer, converted.Finish());
  std::shared_ptr<arrow::Buffer> validity;
  if (times.null_count() > 0) {
    arrow::TypedBufferBuilder<bool> bits;
    ARROW_RETURN_NOT_OK(bits.Reserve(times.length()));
    for (int64_t i = 0; i < times.length(); ++i) bits.UnsafeAppend(times.IsValid(i));
    ARROW_ASSIGN_OR_RAISE(validity, bits.Finish());
  }
  return arrow::MakeArray(
      arrow::ArrayData::Make(type, times.length(), {validity, buffer}, times.null_count()));
}

// DuckDB would read the two numbers of a value as one.
Result<ArrayPtr> FromDayTime(const arrow::Array& times) {
  const auto& intervals = static_cast<const arrow::DayTimeIntervalArray&>(times);
  arrow::MonthDayNanoIntervalBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(intervals.length()));
  for (int64_t i = 0; i < intervals.length(); ++i) {
    if (intervals.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const auto value = intervals.GetValue(i);
    builder.UnsafeAppend({0, value.days, value.milliseconds * kNanosecondsPerMillisecond});
  }
  return builder.Finish();
}

// Whether DuckDB, which rounds to zero, would round it up.
bool IsRoundedUp(const MonthDayNanos& value) {
  return value.nanoseconds < 0 && value.nanoseconds % kNanosecondsPerMicrosecond != 0;
}

Result<ArrayPtr> RoundedDown(const ArrayPtr& times) {
  const auto& intervals = static_cast<const arrow::MonthDayNanoIntervalArray&>(*times);
  bool is_rounded_up = false;
  for (int64_t i = 0; i < intervals.length() && !is_rounded_up; ++i) {
    is_rounded_up = intervals.IsValid(i) && IsRoundedUp(intervals.GetValue(i));
  }
  if (!is_rounded_up) return times;
  arrow::MonthDayNanoIntervalBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(intervals.length()));
  for (int64_t i = 0; i < intervals.length(); ++i) {
    if (intervals.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    auto value = intervals.GetValue(i);
    const auto microseconds = DivideDown(value.nanoseconds, kNanosecondsPerMicrosecond);
    const auto nanoseconds = Multiply(microseconds, kNanosecondsPerMicrosecond);
    if (!nanoseconds) return OutOfRange(*times, i, value.nanoseconds, "an INTERVAL");
    value.nanoseconds = *nanoseconds;
    builder.UnsafeAppend(value);
  }
  return builder.Finish();
}

}  // namespace

TypePtr PlainTimeTypeOf(const TypePtr& type) {
  switch (type->id()) {
    case Type::DATE64:
      return arrow::date32();
    case Type::INTERVAL_DAY_TIME:
      return arrow::month_day_nano_interval();
    case Type::DURATION:
      return HasMicroseconds(*type) ? type : arrow::duration(TimeUnit::MICRO);
    case Type::TIMESTAMP:
      if (HasMicroseconds(*type)) return type;
      return arrow::timestamp(TimeUnit::MICRO,
                              static_cast<const arrow::TimestampType&>(*type).timezone());
    default:
      return type;
  }
}

bool IsPlainTime(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::DATE64:
    case Type::INTERVAL_DAY_TIME:
    case Type::INTERVAL_MONTH_DAY_NANO:
      return false;
    case Type::DURATION:
    case Type::TIMESTAMP:
      return HasMicroseconds(type);
    default:
      return true;
  }
}

Result<ArrayPtr> PlainTimes(const ArrayPtr& times) {
  const TypePtr& type = times->type();
  switch (type->id()) {
    case Type::DATE64:
      return Converted<int32_t>(*times, PlainTimeTypeOf(type), "a DATE", ToDays);
    case Type::INTERVAL_DAY_TIME:
      return FromDayTime(*times);
    case Type::INTERVAL_MONTH_DAY_NANO:
      return RoundedDown(times);
    case Type::DURATION: {
      const auto unit = static_cast<const arrow::DurationType&>(*type).unit();
      return Converted<int64_t>(*times, PlainTimeTypeOf(type),
                                "an INTERVAL (64 bits of microseconds)",
                                [unit](int64_t value) { return ToMicroseconds(value, unit); });
    }
    case Type::TIMESTAMP: {
      const auto unit = static_cast<const arrow::TimestampType&>(*type).unit();
      return Converted<int64_t>(*times, PlainTimeTypeOf(type),
                                "a TIMESTAMP WITH TIME ZONE (64 bits of microseconds)",
                                [unit](int64_t value) { return ToMicroseconds(value, unit); });
    }
    default:
      return times;
  }
}

}  // namespace arrowport::engine
