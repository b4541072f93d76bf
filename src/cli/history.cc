#include "cli/history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string Escaped(std::string_view entry) {
  std::string line;
  for (const char c : entry) {
    if (c == '\\') line += "\\\\";
    if (c == '\n') line += "\\n";
    if (c != '\\' && c != '\n') line += c;
  }
  return line;
}

std::string Unescaped(std::string_view line) {
  std::string entry;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      entry += line[i];
      continue;
    }
    ++i;
    entry += line[i] == 'n' ? '\n' : line[i];
  }
  return entry;
}

std::string_view Trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Status Failed(const std::string& path) {
  return MakeError(ErrorKind::kInternal, "history '" + path + "': " + std::strerror(errno));
}

// Whole lines at the end of the file, in one write, so that other programs' come between and not
// into them.
Status Append(const std::string& path, const std::string& lines) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Failed(path);
  const bool owned = fchmod(file, S_IRUSR | S_IWUSR) == 0;
  const bool written =
      write(file, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
  const Status status = owned && written ? Status::OK() : Failed(path);
  close(file);
  return status;
}

std::vector<std::string> ReadEntries(const std::string& path) {
  std::vector<std::string> entries;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) entries.push_back(Unescaped(line));
  return entries;
}

Status Replace(const std::string& path, const std::vector<std::string>& entries) {
  const std::string partial_path = path + "." + std::to_string(getpid()) + ".partial";
  std::string lines;
  for (const std::string& entry : entries) lines += Escaped(entry) + "\n";
  ARROW_RETURN_NOT_OK(Append(partial_path, lines));
  return std::rename(partial_path.c_str(), path.c_str()) == 0 ? Status::OK() : Failed(path);
}

}  // namespace

std::string History::DefaultPath() {
  std::string folder = Variable("XDG_STATE_HOME");
  // A path that is not absolute is to be ignored, says the specification of these names.
  if (!folder.starts_with('/')) {
    const std::string home = Variable("HOME");
    if (home.empty()) return "";
    folder = home + "/.local/state";
  }
  return folder + "/arrowport/history";
}

History::History(std::string path, std::vector<std::string> entries)
    : path_(std::move(path)), entries_(std::move(entries)) {}

Result<History> History::Open(const std::string& path, size_t entries_max) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  ARROW_RETURN_NOT_OK(Append(path, ""));
  std::vector<std::string> entries = ReadEntries(path);
  if (entries.size() > entries_max) {
    // Rewritten once in a while and not at every start.
    const bool many_more = entries.size() > entries_max + entries_max / 10;
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(entries_max));
    if (many_more) ARROW_RETURN_NOT_OK(Replace(path, entries));
  }
  return History(path, std::move(entries));
}

Status History::Add(std::string_view entry) {
  const std::string_view text = Trimmed(entry);
  if (text.empty() || (!entries_.empty() && entries_.back() == text)) return Status::OK();
  entries_.emplace_back(text);
  return Append(path_, Escaped(text) + "\n");
}

}  // namespace arrowport::cli
