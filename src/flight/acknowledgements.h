#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <arrow/flight/server.h>

namespace arrowport::flight {

/// Sends messages to the client of a put from a thread of its own, so that nobody else waits for a
/// client that does not read them. When too many wait, the newest takes the place of the one before
/// it: each has to tell what the one before it told, too. Safe to use from many threads.
class Acknowledgements {
 public:
  /// `writer` must outlive it, and nobody else may write before Finish.
  explicit Acknowledgements(arrow::flight::FlightMetadataWriter& writer);

  /// Finishes.
  ~Acknowledgements();

  Acknowledgements(const Acknowledgements&) = delete;
  Acknowledgements& operator=(const Acknowledgements&) = delete;

  void Add(std::string message);

  /// Blocks until all messages are on their way, or the connection is lost.
  void Finish();

 private:
  void Run();

  arrow::flight::FlightMetadataWriter& writer_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool finishing_ = false;

  std::thread thread_;
};

}  // namespace arrowport::flight
