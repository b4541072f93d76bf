#include "stream/dictionary_ledger.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/array/data.h>

#include "base/error.h"
#include "stream/ipc_message.h"

namespace arrowport::stream {
namespace {

using arrow::ArrayData;

// What a delta costs however little it holds.
constexpr int64_t kMessageBytes = 256;

bool HasDictionary(const ArrayData& data) {
  if (data.dictionary != nullptr) return true;
  for (const auto& child : data.child_data) {
    if (HasDictionary(*child)) return true;
  }
  return false;
}

bool HasNestedDictionary(const ArrayData& data) {
  if (data.dictionary != nullptr && HasDictionary(*data.dictionary)) return true;
  for (const auto& child : data.child_data) {
    if (HasNestedDictionary(*child)) return true;
  }
  return false;
}

std::shared_ptr<ArrayData> CopyTree(const ArrayData& data) {
  auto copy = std::make_shared<ArrayData>(data);
  for (auto& child : copy->child_data) child = CopyTree(*child);
  if (copy->dictionary != nullptr) copy->dictionary = CopyTree(*copy->dictionary);
  return copy;
}

}  // namespace

Status DictionaryLedger::Add(const IpcMessage& message, int64_t bytes) {
  int64_t& held = bytes_by_id_[message.dictionary_id];
  if (!message.is_delta) {
    bytes_held_ -= held;
    held = 0;
  }
  return Grow(message, bytes + kMessageBytes);
}

Status DictionaryLedger::Grow(const IpcMessage& message, int64_t bytes) {
  if (bytes > bytes_max_ - bytes_held_) {
    return MakeError(ErrorKind::kTooLarge, "the dictionaries of the stream come to more than " +
                                               std::to_string(bytes_max_) +
                                               " bytes; send columns of so many different "
                                               "values without dictionary");
  }
  bytes_by_id_[message.dictionary_id] += bytes;
  bytes_held_ += bytes;
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> WithOwnDictionaries(
    std::shared_ptr<arrow::RecordBatch> batch) {
  bool has_nested = false;
  for (const auto& column : batch->column_data()) {
    has_nested = has_nested || HasNestedDictionary(*column);
  }
  if (!has_nested) return batch;
  arrow::ArrayDataVector columns;
  for (const auto& column : batch->column_data()) columns.push_back(CopyTree(*column));
  return arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns));
}

}  // namespace arrowport::stream
