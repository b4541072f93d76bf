#include "service/file_cache.h"

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "engine/result_stream.h"
#include "observe/metrics.h"
#include "service/file_shelf.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"
#include "stream/nameless_file.h"

namespace arrowport::service {
namespace {

using Grown = std::function<Status(int64_t)>;

// Each scans a table and compresses it, which takes what cores there are.
constexpr int kMadeAtOnceMax = 4;

class Request final : public TableFileRequest {
 public:
  Request(std::shared_ptr<FileShelf> shelf, std::shared_ptr<FileMaking> making)
      : shelf_(std::move(shelf)), making_(std::move(making)) {}

  ~Request() override { shelf_->Leave(*making_, this); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::optional<Result<TableFile>> Poll(std::function<void()> wake) override {
    return shelf_->Poll(*making_, this, std::move(wake));
  }

 private:
  const std::shared_ptr<FileShelf> shelf_;
  const std::shared_ptr<FileMaking> making_;
};

std::string OwnDirectory() {
  std::error_code ignored;
  return std::filesystem::temp_directory_path(ignored) / ("arrowport-" + NewId());
}

// Readers of an Arrow file map it into memory, which compressed buffers would not allow.
stream::EncodeOptions FormOf(stream::WireFormat format) {
  const bool is_parquet = format == stream::WireFormat::kParquet;
  return {.format = format,
          .compression = is_parquet ? stream::Compression::kZstd : stream::Compression::kNone};
}

Status Append(stream::NamelessFile& file, const Result<stream::Buffers>& pieces,
              const Grown& grown) {
  ARROW_RETURN_NOT_OK(pieces);
  ARROW_RETURN_NOT_OK(file.Append(*pieces));
  return grown(file.bytes());
}

Status Write(stream::NamelessFile& file, stream::WireFormat format, engine::ResultStream& rows,
             const Grown& grown) {
  ARROW_ASSIGN_OR_RAISE(const auto encoder,
                        stream::MakeBatchEncoder(FormOf(format), rows.schema()));
  ARROW_RETURN_NOT_OK(Append(file, encoder->Begin(), grown));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
    if (batch == nullptr) break;
    ARROW_RETURN_NOT_OK(Append(file, encoder->Encode(batch), grown));
  }
  ARROW_RETURN_NOT_OK(Append(file, encoder->End(), grown));
  return file.Finish();
}

}  // namespace

FileCache::FileCache(const FileCacheOptions& options, observe::Metrics& metrics)
    : directory_(options.directory.empty() ? OwnDirectory() : options.directory),
      metrics_(metrics),
      shelf_(std::make_shared<FileShelf>(options.bytes_max, limits::kFilesKeptMax)),
      makers_(std::make_unique<WorkerPool>(kMadeAtOnceMax)) {
  stream::RemoveLeftovers(directory_);
}

FileCache::~FileCache() {
  shelf_->Stop();
  makers_.reset();
  std::error_code ignored;
  // Goes only if it is empty.
  if (made_directory_) std::filesystem::remove(directory_, ignored);
}

std::unique_ptr<TableFileRequest> FileCache::Get(const FileKey& key, OpenRows rows) {
  auto entered = shelf_->Enter(key, std::move(rows));
  auto request = std::make_unique<Request>(shelf_, entered.making);
  if (entered.is_new) {
    makers_->Post([this, making = std::move(entered.making)] {
      Result<MadeFile> made = MadeFile();
      // Libraries throw where a page or a string cannot be made.
      try {
        made = Make(*making);
      } catch (const std::exception& error) {
        made = MakeError(ErrorKind::kInternal, error.what());
      }
      if (made.ok()) metrics_.FileMade();
      shelf_->Settle(making, std::move(made));
    });
  }
  return request;
}

Result<MadeFile> FileCache::Make(FileMaking& making) {
  const auto stop = making.stop.get_token();
  if (stop.stop_requested()) {
    return MakeError(ErrorKind::kCancelled, "nobody waits for the file any more");
  }
  ARROW_ASSIGN_OR_RAISE(const auto rows, making.rows(stop));
  ARROW_RETURN_NOT_OK(MakeDirectory());
  ARROW_ASSIGN_OR_RAISE(auto file, stream::NamelessFile::Make(directory_));
  const Grown grown = [this, &making](int64_t bytes) { return shelf_->Grow(making, bytes); };
  ARROW_RETURN_NOT_OK(Write(*file, making.key.format, *rows, grown));
  return MadeFile(std::move(file));
}

Status FileCache::MakeDirectory() {
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error)) {
    made_directory_ = true;
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  }
  if (!error) return Status::OK();
  return MakeError(ErrorKind::kUnavailable, "cannot make the folder '" + directory_ +
                                                "' (file_cache_directory): " + error.message());
}

}  // namespace arrowport::service
