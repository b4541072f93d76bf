#pragma once

#include <cstdint>
#include <memory>

#include <arrow/record_batch.h>

namespace arrowport::stream {

enum class GeneratedKind {
  /// id INT64, date DATE32, ts TIMESTAMP(us), category A–E, value1 normal, value2 exponential,
  /// active BOOL, description STRING.
  kEvents,
  /// id INT64, ts TIMESTAMP(us), sensor STRING, temperature, humidity and pressure DOUBLE (with
  /// drift and noise), battery FLOAT, ok BOOL.
  kSensors,
};

struct GeneratorOptions {
  GeneratedKind kind = GeneratedKind::kEvents;
  int64_t rows = 100'000;
  uint64_t seed = 42;  ///< The same seed gives the same rows, whatever the batch size.
  int64_t batch_rows = 122'880;
};

/// Made-up but plausible rows, batch by batch in constant memory.
std::shared_ptr<arrow::RecordBatchReader> MakeGenerator(const GeneratorOptions& options);

}  // namespace arrowport::stream
