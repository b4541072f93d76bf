#include "cli/shell.h"

#include <signal.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/history.h"
#include "cli/interrupts.h"
#include "cli/line_editor.h"
#include "cli/query_output.h"
#include "cli/shell_command.h"
#include "cli/shell_screen.h"
#include "cli/sql_text.h"
#include "cli/table_query.h"
#include "client/client.h"
#include "engine/table.h"
#include "server/version.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Verb = ShellCommand::Verb;

constexpr const char* kPrompt = "arrowport> ";
constexpr const char* kMorePrompt = "      ...> ";

/// What runs between Begin and the end of its scope can be cancelled.
class Running {
 public:
  explicit Running(Interrupts& interrupts) : interrupts_(interrupts), stop_(interrupts.Begin()) {}
  ~Running() { interrupts_.End(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] const std::stop_token& stop() const { return stop_; }

 private:
  Interrupts& interrupts_;
  const std::stop_token stop_;
};

class Shell {
 public:
  explicit Shell(std::string url)
      : url_(std::move(url)), editor_([this](std::string_view line) { return NamesFor(line); }) {}

  Status Start() {
    ARROW_RETURN_NOT_OK(Connected().status());
    ShellScreen::Note("arrowport " + std::string(server::Version()) + " at " + url_ +
                      "; statements end with ;  \\? for help");
    OpenHistory();
    return Status::OK();
  }

  void Run() {
    std::string entry;
    while (!leaving_) {
      const LineEditor::Answer answer = editor_.Read(entry.empty() ? kPrompt : kMorePrompt);
      if (answer.outcome == LineEditor::Outcome::kEnd) break;
      if (answer.outcome == LineEditor::Outcome::kDropped) {
        entry.clear();
        continue;
      }
      entry += answer.line;
      if (TakeEntry(entry)) entry.clear();
    }
    if (!leaving_) std::cout << '\n' << std::flush;
  }

 private:
  void OpenHistory() {
    const std::string path = History::DefaultPath();
    if (path.empty()) return;
    auto history = History::Open(path);
    if (!history.ok()) return ShellScreen::Note(history.status().message());
    for (const std::string& entry : history->entries()) editor_.Remember(entry);
    history_ = std::move(*history);
  }

  void Remember(const std::string& entry) {
    editor_.Remember(entry.substr(0, entry.find_last_not_of(" \n\t") + 1));
    if (!history_.has_value()) return;
    const Status kept = history_->Add(entry);
    if (kept.ok()) return;
    ShellScreen::Note(kept.message());
    history_.reset();
  }

  // \return false when the entry goes on in the next line.
  bool TakeEntry(const std::string& entry) {
    if (IsShellCommand(entry)) {
      Remember(entry);
      Tell(RunCommand(entry));
      return true;
    }
    const SqlStatements statements = SplitSql(entry);
    if (!statements.rest.empty()) return false;
    if (statements.complete.empty()) return true;
    Remember(entry);
    Tell(RunStatements(statements.complete));
    return true;
  }

  void Tell(const Status& status) {
    if (status.ok()) return;
    // A connection that was lost is no use for the next statement.
    if (KindOf(status) == ErrorKind::kUnavailable) client_.reset();
    ShellScreen::ShowError(status, url_);
  }

  Result<client::Client*> Connected() {
    if (client_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(client_, client::Client::Connect(url_, {}));
    }
    return client_.get();
  }

  // Each statement has a session of its own, so those that are for one another go together.
  Status RunStatements(const std::vector<std::string>& statements) {
    std::string together;
    for (const std::string& statement : statements) {
      if (together.empty() && !NeedsSession(statement)) {
        ARROW_RETURN_NOT_OK(RunSql(statement));
      } else {
        together += statement + ";\n";
      }
    }
    if (together.empty()) return Status::OK();
    ARROW_RETURN_NOT_OK(RunSql(together));
    if (NeedsSession(statements.back())) {
      ShellScreen::Note("this lasted until here; write what it is for behind it, on its line");
    }
    return Status::OK();
  }

  Status RunSql(const std::string& sql) {
    const auto began = Clock::now();
    std::optional<Running> running(interrupts_);
    ARROW_ASSIGN_OR_RAISE(client::Client* const client, Connected());
    ARROW_ASSIGN_OR_RAISE(const auto rows, client->Query({.sql = sql, .stop = running->stop()}));
    if (!output_.has_value()) return screen_.ShowRows(*rows, began, [&] { running.reset(); });
    ARROW_RETURN_NOT_OK(WriteRows(*rows, *output_));
    output_.reset();
    return Status::OK();
  }

  Status RunCommand(const std::string& line) {
    ARROW_ASSIGN_OR_RAISE(const ShellCommand command, ParseShellCommand(line));
    switch (command.verb) {
      case Verb::kHelp:
        std::cout << ShellHelp() << std::flush;
        return Status::OK();
      case Verb::kQuit:
        leaving_ = true;
        return Status::OK();
      case Verb::kDescribe:
        return command.argument.empty() ? ShowTables() : ShowColumns(command.argument);
      case Verb::kTables:
        return ShowTableNames();
      case Verb::kTiming:
        return Switch(command.argument, "timing", &screen_.timing);
      case Verb::kPager:
        return Switch(command.argument, "pager", &screen_.paging);
      case Verb::kOutput:
        return ChooseOutput(command.argument);
    }
    return Status::OK();
  }

  Result<std::vector<ListedTable>> Tables() {
    const Running running(interrupts_);
    ARROW_ASSIGN_OR_RAISE(client::Client* const client, Connected());
    return ListTables(*client, running.stop());
  }

  Status ShowTables() {
    ARROW_ASSIGN_OR_RAISE(const auto tables, Tables());
    if (tables.empty()) {
      ShellScreen::Note("there are no tables yet");
    } else {
      screen_.ShowTables(tables);
    }
    return Status::OK();
  }

  Status ShowTableNames() {
    ARROW_ASSIGN_OR_RAISE(const auto tables, Tables());
    std::string names;
    for (const ListedTable& table : tables) names += table.name + "\n";
    screen_.ShowText(names);
    return Status::OK();
  }

  Status ShowColumns(const std::string& name) {
    ARROW_ASSIGN_OR_RAISE(const auto table, engine::TableName::Parse(name));
    std::optional<Running> running(interrupts_);
    ARROW_ASSIGN_OR_RAISE(client::Client* const client, Connected());
    ARROW_ASSIGN_OR_RAISE(const auto columns, ListColumns(*client, table, running->stop()));
    running.reset();
    screen_.ShowColumns(columns);
    return Status::OK();
  }

  static Status Switch(const std::string& argument, const std::string& what, bool* value) {
    ARROW_ASSIGN_OR_RAISE(*value, SwitchOf(argument, *value));
    ShellScreen::Note(what + (*value ? " is on" : " is off"));
    return Status::OK();
  }

  Status ChooseOutput(const std::string& path) {
    output_.reset();
    if (path.empty()) return Status::OK();
    if (path == "-") {
      return MakeError(ErrorKind::kInvalidInput, "name a file; \\o alone shows results again");
    }
    auto target = TargetOf({.path = path, .format_flag = "an ending like .parquet or .csv"});
    ARROW_RETURN_NOT_OK(target.status());
    output_ = std::move(*target);
    return Status::OK();
  }

  std::vector<std::string> NamesFor(std::string_view line) {
    const bool is_command_name = line.starts_with('\\') && line.find(' ') == std::string_view::npos;
    if (is_command_name) return ShellCommandNames();
    const auto tables = Tables();
    std::vector<std::string> names;
    if (!tables.ok()) return names;
    for (const ListedTable& table : *tables) names.push_back(table.name);
    return names;
  }

  // Constant after construction.
  const std::string url_;

  // First, so that every other thread is told to leave Ctrl-C to it.
  Interrupts interrupts_;
  LineEditor editor_;
  ShellScreen screen_;
  std::unique_ptr<client::Client> client_;
  std::optional<History> history_;
  std::optional<OutputTarget> output_;  ///< Where the next result goes.
  bool leaving_ = false;
};

}  // namespace

Status RunShell(const std::string& url) {
  // A pager that is left early is no failure.
  signal(SIGPIPE, SIG_IGN);
  Shell shell(url);
  ARROW_RETURN_NOT_OK(shell.Start());
  shell.Run();
  return Status::OK();
}

}  // namespace arrowport::cli
