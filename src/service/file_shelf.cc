#include "service/file_shelf.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "service/table_file.h"

namespace arrowport::service {
namespace {

// Nobody but the shelf has it. Who gets it does so under the shelf's mutex.
bool IsIdle(const TableFile& file) { return file.content.use_count() == 1; }

}  // namespace

FileShelf::Entered FileShelf::Enter(const FileKey& key, OpenRows rows) {
  const std::lock_guard lock(mutex_);
  const auto same = [&key](const auto& making) { return !making->given_up && making->key == key; };
  const auto found = std::ranges::find_if(making_, same);
  if (found != making_.end()) {
    ++(*found)->waiting;
    return {.making = *found, .is_new = false};
  }
  auto making = std::make_shared<FileMaking>();
  making->key = key;
  making->waiting = 1;
  if (auto file = FindLocked(key)) {
    making->outcome = std::move(*file);
    return {.making = std::move(making), .is_new = false};
  }
  std::erase_if(lent_, [](const auto& lent) { return lent.expired(); });
  while (FilesLocked() >= files_max_) {
    if (DropOneLocked()) continue;
    making->outcome = MakeError(
        ErrorKind::kOverloaded,
        "there are " + std::to_string(files_max_) +
            " files of tables and of results that are kept for their tickets, and all are in use; "
            "cancel results that are not needed, or try again when tickets have expired");
    return {.making = std::move(making), .is_new = false};
  }
  making->rows = std::move(rows);
  making_.push_back(making);
  return {.making = std::move(making), .is_new = true};
}

std::optional<Result<TableFile>> FileShelf::Poll(FileMaking& making, const void* who,
                                                 std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (!making.outcome.has_value()) making.wakes[who] = std::move(wake);
  return making.outcome;
}

void FileShelf::Leave(FileMaking& making, const void* who) {
  {
    const std::lock_guard lock(mutex_);
    making.wakes.erase(who);
    if (--making.waiting > 0) return;
    if (making.outcome.has_value()) {
      // Who made it may come back to this later: the file must not count as in use till then.
      making.outcome.reset();
      return;
    }
    making.given_up = true;
  }
  making.stop.request_stop();
}

Status FileShelf::Grow(FileMaking& making, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  making.bytes = bytes;
  const std::string bound = std::to_string(bytes_max_) + " bytes (file_cache_bytes_max)";
  if (bytes > bytes_max_) {
    return MakeError(ErrorKind::kTooLarge, "the file of table '" + making.key.table +
                                               "' has more than " + bound +
                                               "; read its rows instead, or raise the option");
  }
  while (HeldLocked() > bytes_max_) {
    if (DropOneLocked()) continue;
    return MakeError(
        ErrorKind::kOverloaded,
        "files that are being made and sent leave no room within " + bound + "; try again");
  }
  return Status::OK();
}

void FileShelf::Settle(const std::shared_ptr<FileMaking>& making, Result<MadeFile> made) {
  std::map<const void*, std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    std::erase(making_, making);
    if (made.ok()) {
      TableFile file{.tag = making->key.version + "-" + std::to_string(++made_),
                     .content = *std::move(made)};
      if (making->key.is_shared) {
        KeepLocked(making->key, file);
      } else {
        lent_.push_back(file.content);
      }
      making->outcome = std::move(file);
    } else {
      making->outcome = made.status();
    }
    std::swap(wakes, making->wakes);
  }
  for (const auto& [who, wake] : wakes) wake();
}

void FileShelf::Stop() {
  std::vector<std::shared_ptr<FileMaking>> makings;
  {
    const std::lock_guard lock(mutex_);
    makings = making_;
  }
  for (const auto& making : makings) making->stop.request_stop();
}

int64_t FileShelf::bytes_held() const {
  const std::lock_guard lock(mutex_);
  return HeldLocked();
}

size_t FileShelf::files() const {
  const std::lock_guard lock(mutex_);
  return FilesLocked();
}

std::optional<TableFile> FileShelf::FindLocked(const FileKey& key) {
  const auto same = [&key](const Kept& kept) { return kept.key == key; };
  const auto found = std::ranges::find_if(kept_, same);
  if (found == kept_.end()) return std::nullopt;
  kept_.splice(kept_.begin(), kept_, found);
  return found->file;
}

void FileShelf::KeepLocked(const FileKey& key, const TableFile& file) {
  std::erase_if(kept_, [&key](const Kept& kept) {
    return kept.key.table == key.table && kept.key.format == key.format && IsIdle(kept.file);
  });
  kept_.push_front({.key = key, .file = file});
}

bool FileShelf::DropOneLocked() {
  const auto idle = [](const Kept& kept) { return IsIdle(kept.file); };
  const auto oldest = std::find_if(kept_.rbegin(), kept_.rend(), idle);
  if (oldest == kept_.rend()) return false;
  kept_.erase(std::next(oldest).base());
  return true;
}

size_t FileShelf::FilesLocked() const {
  const auto is_there = [](const auto& lent) { return !lent.expired(); };
  return kept_.size() + making_.size() +
         static_cast<size_t>(std::ranges::count_if(lent_, is_there));
}

int64_t FileShelf::HeldLocked() const {
  int64_t bytes = 0;
  for (const Kept& kept : kept_) bytes += kept.file.content->bytes();
  for (const auto& lent : lent_) {
    if (const auto content = lent.lock()) bytes += content->bytes();
  }
  for (const auto& making : making_) bytes += making->bytes;
  return bytes;
}

}  // namespace arrowport::service
