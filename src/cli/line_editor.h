#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arrowport::cli {

/// Lines that a person types at a terminal, with the keys that people know: arrows for the line and
/// for what was entered before, Ctrl-R to search that, Tab to complete names. Keys can be changed
/// in
/// ~/.editrc. One thread at a time; one per process.
class LineEditor {
 public:
  enum class Outcome {
    kLine,     ///< A line was entered.
    kDropped,  ///< Ctrl-C: the line is of no interest any more.
    kEnd,      ///< Ctrl-D on an empty line, or the terminal is gone.
  };

  struct Answer {
    Outcome outcome = Outcome::kEnd;
    std::string line = {};  ///< With its line end.
  };

  /// Told the line up to the cursor, gives the names that may stand there.
  using Names = std::function<std::vector<std::string>(std::string_view line)>;

  explicit LineEditor(Names names);
  ~LineEditor();

  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// Shows `prompt` and waits for a line.
  Answer Read(const std::string& prompt);

  /// Makes `entry` the one that the arrow up gives first.
  void Remember(const std::string& entry);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::cli
