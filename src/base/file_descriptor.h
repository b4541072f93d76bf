#pragma once

#include <unistd.h>

#include <utility>

namespace arrowport {

/// A file or socket of the system's, closed when this goes.
class FileDescriptor {
 public:
  /// `number` is negative where there is none, as when it could not be opened.
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }

  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace arrowport
