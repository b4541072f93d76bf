#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "net/socket.h"

namespace arrowport::net {

/// Threads that read and write sockets, each with an io_context of its own.
///
/// Threads that share a context wake each other for every event, which took a quarter of the time
/// of a small answer. What belongs to one connection stays on its thread, and must not take long
/// there: a millisecond at most, or other connections wait.
class IoThreads {
 public:
  explicit IoThreads(int count);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  /// Of each thread in turn. What is posted before Start waits for it. Any thread.
  Executor Next();

  void Start();

  /// Waits until nothing is under way any more. The contexts, to which others may still post, stay
  /// until this is destroyed.
  void Join();

 private:
  struct Loop {
    // One thread runs it, so its own bookkeeping takes fewer locks.
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::thread thread;
  };

  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace arrowport::net
