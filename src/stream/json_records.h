#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::stream {

/// What the objects of a text have for keys. A parser keeps something for each place that a key
/// stands at, so there must not be too many.
class JsonKeys {
 public:
  /// Those of the objects themselves, in the order of their first coming.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  void Enter(int depth, bool is_object);
  /// `text` as it stands between its quotes, in an object at `depth` (the outermost: 1).
  /// \return kTooLarge over `limits::kSchemaFieldsMax`.
  Status Add(int depth, std::string_view text);

 private:
  // By depth: the path to the object or list, as a hash, and to its member that was named last.
  std::array<size_t, limits::kSchemaDepthMax + 2> paths_{};
  std::array<size_t, limits::kSchemaDepthMax + 2> members_{};
  std::unordered_set<size_t> seen_;
  std::vector<std::string> names_;
};

/// Finds where the objects of a text end, before anything is built from them: Arrow's reader
/// descends into what it reads, however deep that is.
class JsonRecords {
 public:
  /// `may_be_array`: all of them may stand in one array.
  explicit JsonRecords(bool may_be_array)
      : place_(may_be_array ? Place::kStart : Place::kOutside) {}

  struct Cut {
    size_t bytes = 0;   ///< From the front of the text.
    int64_t count = 0;  ///< Whole objects in them.
  };

  /// Cuts up to `count_max` objects from the front of `text`, which continues where the last cut
  /// ended. What stands between objects, and line ends within them, become blanks. With `at_end`
  /// nothing comes behind `text`. Adds to `keys` unless it is null.
  /// \return kInvalidInput for other values than objects and for a text that is cut short,
  /// kTooLarge for values nested deeper than `limits::kSchemaDepthMax`.
  Result<Cut> Next(std::span<char> text, int64_t count_max, bool at_end, JsonKeys* keys);

 private:
  // Of what is not in an object: whether there may be an array yet, and what may come in it.
  enum class Place { kStart, kOutside, kFirst, kValue, kComma, kEnd };

  static Result<Place> Step(Place place, char c);
  [[nodiscard]] Status CheckEnd() const;

  Place place_;
};

}  // namespace arrowport::stream
