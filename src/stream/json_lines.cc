#include "stream/json_lines.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::stream {
namespace {

class JsonLines final : public arrow::io::InputStream {
 public:
  explicit JsonLines(std::shared_ptr<arrow::io::InputStream> input) : input_(std::move(input)) {
    set_mode(arrow::io::FileMode::READ);
  }

  Status Close() override { return input_->Close(); }
  bool closed() const override { return input_->closed(); }
  Result<int64_t> Tell() const override { return position_; }

  Result<int64_t> Read(int64_t nbytes, void* out) override {
    auto* const bytes = static_cast<char*>(out);
    int64_t filled = 0;
    while (filled < nbytes) {
      if (taken_ == lines_.size()) {
        ARROW_ASSIGN_OR_RAISE(const bool has_more, Refill());
        if (!has_more) break;
      }
      const size_t part = std::min(lines_.size() - taken_, static_cast<size_t>(nbytes - filled));
      std::memcpy(bytes + filled, lines_.data() + taken_, part);
      taken_ += part;
      filled += static_cast<int64_t>(part);
    }
    position_ += filled;
    return filled;
  }

  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(nbytes));
    ARROW_ASSIGN_OR_RAISE(const int64_t filled, Read(nbytes, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(filled));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 private:
  Result<bool> Refill() {
    lines_.clear();
    taken_ = 0;
    while (lines_.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto part, input_->Read(1 * kMiB));
      if (part->size() == 0) {
        ARROW_RETURN_NOT_OK(CheckEnd());
        return false;
      }
      const std::string_view text(reinterpret_cast<const char*>(part->data()),
                                  static_cast<size_t>(part->size()));
      for (const char c : text) Take(c);
    }
    return true;
  }

  [[nodiscard]] Status CheckEnd() const {
    if (!in_array_) return Status::OK();
    return MakeError(ErrorKind::kInvalidInput,
                     "the array has no closing bracket, so it may be cut short");
  }

  void Take(char c) {
    if (in_text_) {
      lines_.push_back(c);
      if (is_escaped_) {
        is_escaped_ = false;
      } else if (c == '\\') {
        is_escaped_ = true;
      } else if (c == '"') {
        in_text_ = false;
      }
      return;
    }
    // Between values: an outer array opens or closes here, or its elements are told apart.
    if (depth_ == 0) {
      if (c == '[' && !in_array_) {
        in_array_ = true;
        return;
      }
      if (in_array_ && (c == ']' || c == ',')) {
        in_array_ = c == ',';
        return;
      }
    }
    if (c == '\n' || c == '\r') return;
    if (c == '"') in_text_ = true;
    if (c == '{' || c == '[') ++depth_;
    lines_.push_back(c);
    if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
      if (depth_ == 0) lines_.push_back('\n');
    }
  }

  const std::shared_ptr<arrow::io::InputStream> input_;
  std::string lines_;
  size_t taken_ = 0;
  int64_t position_ = 0;
  int depth_ = 0;
  bool in_array_ = false;
  bool in_text_ = false;
  bool is_escaped_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::InputStream> ToJsonLines(std::shared_ptr<arrow::io::InputStream> input) {
  return std::make_shared<JsonLines>(std::move(input));
}

}  // namespace arrowport::stream
