#include "net/io_threads.h"

#include <exception>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "net/socket.h"
#include "observe/log.h"

namespace arrowport::net {
namespace {

void Run(asio::io_context& io) {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      observe::Log(observe::LogLevel::kError, "an I/O thread caught an exception",
                   {{"error", error.what()}});
    }
  }
}

}  // namespace

IoThreads::IoThreads(int count) {
  for (int i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>());
}

IoThreads::~IoThreads() { Join(); }

Executor IoThreads::Next() { return loops_[next_++ % loops_.size()]->io.get_executor(); }

void IoThreads::Start() {
  for (const auto& loop : loops_) {
    loop->thread = std::thread([&io = loop->io] { Run(io); });
  }
}

void IoThreads::Join() {
  for (const auto& loop : loops_) loop->work.reset();
  for (const auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

}  // namespace arrowport::net
