#pragma once

#include <chrono>
#include <cstddef>
#include <semaphore>
#include <thread>

namespace arrowport::engine {

/// Keeps the threads that plan statements about as many as there are cores: more of them only take
/// turns, and each takes longer. Nobody is kept out for long, since planning may wait for a file or
/// another server. Safe to use from many threads.
class StartGate {
 public:
  /// One who is in, until it is destroyed.
  class Pass {
   public:
    explicit Pass(StartGate& gate)
        : gate_(gate), holds_place_(gate.places_.try_acquire_for(kWaitMax)) {}
    ~Pass() {
      if (holds_place_) gate_.places_.release();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    StartGate& gate_;
    const bool holds_place_;
  };

 private:
  static constexpr auto kWaitMax = std::chrono::milliseconds(20);
  static constexpr ptrdiff_t kPlacesPerCore = 2;

  std::counting_semaphore<> places_{kPlacesPerCore *
                                    static_cast<ptrdiff_t>(std::thread::hardware_concurrency())};
};

}  // namespace arrowport::engine
