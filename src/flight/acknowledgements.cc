#include "flight/acknowledgements.h"

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/server.h>

namespace arrowport::flight {
namespace {

// A client that reads has few, and for one that does not these are memory.
constexpr size_t kWaitingMax = 256;

}  // namespace

Acknowledgements::Acknowledgements(arrow::flight::FlightMetadataWriter& writer)
    : writer_(writer), thread_([this] { Run(); }) {}

Acknowledgements::~Acknowledgements() { Finish(); }

void Acknowledgements::Add(std::string message) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() < kWaitingMax) {
    waiting_.push_back(std::move(message));
  } else {
    waiting_.back() = std::move(message);
  }
  changed_.notify_all();
}

void Acknowledgements::Finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Acknowledgements::Run() {
  bool is_connected = true;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string message = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // The thread stays here while the client takes nothing.
    is_connected = is_connected && writer_.WriteMetadata(*arrow::Buffer::FromString(message)).ok();
    lock.lock();
  }
}

}  // namespace arrowport::flight
