#include "cli/child_process.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookStep(5);

// What the new process does until it is the other program. Only calls that are allowed between
// fork and exec.
[[noreturn]] void Become(char* const* arguments, const int (&input)[2], const int (&output)[2]) {
  constexpr int kCannotRun = 127;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(input[0], STDIN_FILENO);
  dup2(output[1], STDOUT_FILENO);
  execv(arguments[0], arguments);
  _exit(kCannotRun);
}

std::string ProcFile(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

}  // namespace

ChildProcess::ChildProcess(pid_t pid, int input, int output)
    : pid_(pid), input_(input), output_(output) {}

ChildProcess::~ChildProcess() { Stop(std::chrono::seconds(10)); }

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::vector<std::string>& command) {
  if (access(command.front().c_str(), X_OK) != 0) {
    return MakeError(ErrorKind::kNotFound,
                     "'" + command.front() + "' cannot be run: " + std::strerror(errno));
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) {
    return MakeError(ErrorKind::kInternal, std::string("no pipe: ") + std::strerror(errno));
  }
  // Without what libraries do before and after a fork: DuckDB's allocator takes all of its locks,
  // for a process that is another program at once.
  const pid_t pid = _Fork();
  if (pid < 0) {
    return MakeError(ErrorKind::kInternal, std::string("no process: ") + std::strerror(errno));
  }
  if (pid == 0) Become(arguments.data(), input, output);
  close(input[0]);
  close(output[1]);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, input[1], output[0]));
}

Status ChildProcess::WriteLine(const std::string& line) {
  const std::string text = line + "\n";
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(input_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return MakeError(ErrorKind::kUnavailable, "the program has ended");
    written += static_cast<size_t>(count);
  }
  return Status::OK();
}

Result<std::string> ChildProcess::ReadLine(std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  for (;;) {
    const size_t end = read_ahead_.find('\n');
    if (end != std::string::npos) {
      std::string line = read_ahead_.substr(0, end);
      read_ahead_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready = {.fd = output_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      return MakeError(ErrorKind::kDeadlineExceeded, "the program does not answer");
    }
    std::array<char, 4096> piece{};
    const ssize_t count = read(output_, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return MakeError(ErrorKind::kUnavailable, "the program has ended");
    read_ahead_.append(piece.data(), static_cast<size_t>(count));
  }
}

bool ChildProcess::IsRunning() {
  if (!reaped_) reaped_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
  return !reaped_;
}

void ChildProcess::Stop(std::chrono::milliseconds timeout) {
  if (input_ >= 0) close(input_);
  input_ = -1;
  if (IsRunning()) kill(pid_, SIGTERM);
  const Clock::time_point deadline = Clock::now() + timeout;
  while (IsRunning() && Clock::now() < deadline) std::this_thread::sleep_for(kLookStep);
  if (IsRunning()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    reaped_ = true;
  }
  if (output_ >= 0) close(output_);
  output_ = -1;
}

double ChildProcess::CpuSeconds() const {
  std::ifstream file(ProcFile(pid_, "stat"));
  std::string text;
  std::getline(file, text);
  // The second field is the program's name in parentheses, which may hold anything.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFieldsBeforeTimes = 11;
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeTimes; ++i) fields >> skipped;
  int64_t user = 0;
  int64_t kernel = 0;
  fields >> user >> kernel;
  return static_cast<double>(user + kernel) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int64_t ChildProcess::PeakBytes() const {
  constexpr int64_t kKilobyte = 1024;
  std::ifstream file(ProcFile(pid_, "status"));
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * kKilobyte;
  }
  return 0;
}

void ChildProcess::ForgetPeak() const {
  // 5 is how the kernel is told to begin VmHWM anew.
  std::ofstream(ProcFile(pid_, "clear_refs")) << "5";
}

}  // namespace arrowport::cli
