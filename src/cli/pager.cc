#include "cli/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <spawn.h>

namespace arrowport::cli {
namespace {

constexpr const char* kUsual = "less -FRSX";
// What the system's shell says of a program that is not there.
constexpr int kNotFound = 127;

// With the signals that every program begins with: ours are blocked or ignored.
pid_t Start(const std::string& command, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string text = command;
  char* arguments[] = {shell.data(), flag.data(), text.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

// As much as the pager wants: people leave it before they have seen all.
void Feed(int output, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(output, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

int ExitCodeOf(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

}  // namespace

Pager PagerOf() {
  const char* chosen = std::getenv("PAGER");
  if (chosen == nullptr) return {.command = kUsual, .colours = true};
  return {.command = chosen};
}

bool ShowIn(const Pager& pager, const std::string& text) {
  int ends[2];
  if (pager.command.empty() || pipe2(ends, O_CLOEXEC) != 0) return false;
  const pid_t pid = Start(pager.command, ends[0]);
  close(ends[0]);
  if (pid > 0) Feed(ends[1], text);
  close(ends[1]);
  return pid > 0 && ExitCodeOf(pid) != kNotFound;
}

}  // namespace arrowport::cli
