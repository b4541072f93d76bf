#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::service {

/// A part of an ingest that is on disk.
struct StagedPart {
  std::string name;
  std::string file = {};  ///< In the ingest's folder; another one each time that it is sent.
  int64_t rows = 0;
  int64_t batches = 0;
  int64_t bytes = 0;  ///< Of the file.
};

/// An ingest in parts, as its folder keeps it.
struct StagedIngest {
  [[nodiscard]] std::chrono::system_clock::time_point expires_at() const {
    return touched + lifetime;
  }

  /// Of all parts, on disk.
  [[nodiscard]] int64_t bytes() const;

  std::string id;  ///< Unguessable.
  std::string stream;
  std::string owner;  ///< The name of the caller who began it.
  std::chrono::milliseconds lifetime{0};
  std::chrono::system_clock::time_point touched;  ///< When it was begun, or got a part.
  std::vector<StagedPart> parts = {};             ///< In the order in which they land.
};

/// The folder of one ingest in parts: a manifest, and an Arrow IPC stream for each part. What the
/// manifest names is on the disk, and nothing else counts; so a crash leaves either all of a change
/// or nothing. All of it blocks, and fails with kStorageFull or kUnavailable.
class StagedFolder {
 public:
  explicit StagedFolder(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Writes the manifest, and makes the folder where it is not there. When this fails there is the
  /// old manifest, or, should the disk fail in the last step, the new one.
  [[nodiscard]] Status Write(const StagedIngest& ingest) const;

  /// False when there is clearly none; an error when nobody can tell.
  [[nodiscard]] Result<bool> HasManifest() const;

  /// \return kInvalidInput for a manifest that makes no sense.
  [[nodiscard]] Result<StagedIngest> Read() const;

  [[nodiscard]] std::string PathOf(const std::string& file) const { return path_ + "/" + file; }

  /// Opens the rows of `part`, which are validated as they are read.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatchReader>> Open(
      const StagedPart& part) const;

  /// Removes files that `ingest` does not name.
  void RemoveOthers(const StagedIngest& ingest) const;

  /// Removes the folder, and what may be left of it in spite of that is no ingest.
  void Remove() const;

 private:
  const std::string path_;
};

/// Whether `text` may name a part: up to 128 letters, digits, '_', '-' and '.', the first no '.'.
bool IsPartName(std::string_view text);

/// Whether the part `a` lands before `b`: numbers by their value and before all others, these as
/// texts.
bool LandsBefore(std::string_view a, std::string_view b);

}  // namespace arrowport::service
