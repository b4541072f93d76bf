#include "server/quantity.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "base/ascii.h"
#include "base/error.h"

namespace arrowport::server {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr int64_t kKilo = 1000;
constexpr int64_t kKibi = 1024;

// Largest first, so that the first one that divides an amount is the one to say it in.
constexpr std::array kByteUnits = {
    Unit{"TiB", kKibi* kKibi* kKibi* kKibi},
    Unit{"TB", kKilo* kKilo* kKilo* kKilo},
    Unit{"GiB", kKibi* kKibi* kKibi},
    Unit{"GB", kKilo* kKilo* kKilo},
    Unit{"MiB", kKibi* kKibi},
    Unit{"MB", kKilo* kKilo},
    Unit{"KiB", kKibi},
    Unit{"kB", kKilo},
    Unit{"B", 1},
};

constexpr std::array kDurationUnits = {Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                       Unit{"ms", 1}};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A number that is not negative, then one of `units`; `bare_factor` is for a number alone.
std::optional<int64_t> ParseAmount(std::string_view text, std::span<const Unit> units,
                                   int64_t bare_factor) {
  text = Trim(text);
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || number < 0 || !std::isfinite(number)) return std::nullopt;
  const std::string_view unit_name = Trim(text.substr(static_cast<size_t>(rest - text.data())));
  int64_t factor = unit_name.empty() ? bare_factor : 0;
  for (const Unit& unit : units) {
    if (EqualsIgnoringCase(unit_name, unit.name)) factor = unit.factor;
  }
  if (factor == 0) return std::nullopt;
  const double amount = std::round(number * static_cast<double>(factor));
  if (amount >= static_cast<double>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(amount);
}

std::string FormatAmount(int64_t amount, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) {
      return std::to_string(amount / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(amount);
}

}  // namespace

Result<int64_t> ParseBytes(std::string_view text) {
  const std::optional<int64_t> bytes = ParseAmount(text, kByteUnits, 1);
  if (bytes.has_value()) return *bytes;
  return MakeError(ErrorKind::kInvalidInput,
                   "'" + std::string(text) + "' is not a size such as 64MiB, 4GB or 4096");
}

std::string FormatBytes(int64_t bytes) {
  std::string text = FormatAmount(bytes, kByteUnits);
  // "1001" reads better than "1001B", and is what a settings file would say.
  if (text.size() > 1 && text.back() == 'B' &&
      std::isdigit(static_cast<unsigned char>(text[text.size() - 2])) != 0) {
    text.pop_back();
  }
  return text;
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const std::optional<int64_t> duration_ms = ParseAmount(text, kDurationUnits, 1000);
  if (duration_ms.has_value()) return std::chrono::milliseconds(*duration_ms);
  return MakeError(ErrorKind::kInvalidInput,
                   "'" + std::string(text) + "' is not a duration such as 500ms, 30s, 2m or 1h");
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  return FormatAmount(duration.count(), kDurationUnits);
}

}  // namespace arrowport::server
