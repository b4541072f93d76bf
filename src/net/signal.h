#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/worker_pool.h"
#include "net/socket.h"

namespace arrowport::net {

/// Wakes one coroutine from any thread: the bridge from `wake` callbacks to code that awaits.
/// Lives and waits on one executor; its wakers may outlive it and do nothing then.
class Signal {
 public:
  explicit Signal(const Executor& executor)
      : timer_(executor, asio::steady_timer::time_point::max()),
        link_(std::make_shared<Link>(this)) {}

  ~Signal() {
    std::lock_guard lock(link_->mutex);
    link_->target = nullptr;
  }

  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// A function that ends Wait. Safe to call from any thread, any number of times, at any time.
  std::function<void()> Waker() {
    return [link = link_] { Wake(link); };
  }

  void Set() {
    set_ = true;
    // Cancelling is how the timer, which never fires, is told to wake us.
    timer_.cancel();
  }

  /// Returns when it was set since the last Wait returned. For one coroutine at a time.
  Awaitable<void> Wait() {
    while (!set_) co_await timer_.async_wait(kAsTuple);
    set_ = false;
  }

 private:
  struct Link {
    explicit Link(Signal* signal) : target(signal) {}

    std::mutex mutex;
    Signal* target;  // Guarded by mutex; written on the signal's executor only.
  };

  static void Wake(const std::shared_ptr<Link>& link) {
    std::lock_guard lock(link->mutex);
    if (link->target == nullptr) return;
    asio::post(link->target->timer_.get_executor(), [link] {
      if (link->target != nullptr) link->target->Set();
    });
  }

  asio::steady_timer timer_;
  const std::shared_ptr<Link> link_;
  bool set_ = false;
};

/// Calls `start` with a function that is to be called once, from any thread, with the answer, and
/// resumes with that. `start` is kept by reference.
template <typename Answer, typename Start>
Awaitable<Answer> AwaitAnswer(const Start& start) {
  const Executor executor = co_await asio::this_coro::executor;
  Signal done(executor);
  std::unique_ptr<Answer> answer;
  start([&answer, wake = done.Waker()](Answer given) {
    answer = std::make_unique<Answer>(std::move(given));
    wake();
  });
  co_await done.Wait();
  co_return std::move(*answer);
}

/// Runs `work`, which may block, on a thread of `pool`, and resumes with what it returned. The
/// caller's locals stay alive meanwhile, so `work` may refer to them.
template <typename Work>
Awaitable<std::invoke_result_t<Work&>> RunOn(WorkerPool& pool, Work work) {
  const auto start = [&pool, &work](auto done) {
    pool.Post([&work, done = std::move(done)] { done(work()); });
  };
  co_return co_await AwaitAnswer<std::invoke_result_t<Work&>>(start);
}

}  // namespace arrowport::net
