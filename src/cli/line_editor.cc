#include "cli/line_editor.h"

#include <signal.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <histedit.h>

#include "cli/completion.h"

namespace arrowport::cli {
namespace {

constexpr int kEntriesMax = 10'000;

// Where the output goes into a file, a person still wants to see what is typed.
FILE* Screen() { return isatty(STDOUT_FILENO) == 1 ? stdout : stderr; }

// The library reads letters as the locale says. Where that knows only ASCII, a terminal most likely
// speaks UTF-8 all the same.
void ReadLettersAsTheTerminalWritesThem() {
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

}  // namespace

class LineEditor::Impl {
 public:
  explicit Impl(Names names)
      : names_(std::move(names)),
        history_(history_init()),
        editor_(el_init("arrowport", stdin, Screen(), stderr)) {
    HistEvent event;
    history(history_.get(), &event, H_SETSIZE, kEntriesMax);
    EditLine* editor = editor_.get();
    el_set(editor, EL_CLIENTDATA, this);
    el_set(editor, EL_PROMPT, &Impl::Prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_SIGNAL, 1);
    el_set(editor, EL_HIST, history, history_.get());
    // Keys that elsewhere send signals are read like all others, so that Ctrl-C comes in its place.
    el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
    AddKey(L"^C", L"arrowport-drop-line", &Impl::DropLine);
    AddKey(L"^Z", L"arrowport-suspend", &Impl::Suspend);
    AddKey(L"^I", L"arrowport-complete", &Impl::CompleteName);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor, nullptr);
  }

  Answer Read(const std::string& prompt) {
    prompt_ = prompt;
    dropped_ = false;
    // The library shows the prompt before it reads single keys: what is typed in between would be
    // lost.
    el_set(editor_.get(), EL_PREP_TERM, 1);
    int count = 0;
    const char* line = el_gets(editor_.get(), &count);
    if (dropped_) return {.outcome = Outcome::kDropped};
    if (line == nullptr || count <= 0) return {.outcome = Outcome::kEnd};
    return {.outcome = Outcome::kLine, .line = line};
  }

  void Remember(const std::string& entry) {
    HistEvent event;
    history(history_.get(), &event, H_ENTER, entry.c_str());
  }

 private:
  using Key = unsigned char (*)(EditLine* editor, int letter);

  struct EndEditor {
    void operator()(EditLine* editor) const { el_end(editor); }
  };
  struct EndHistory {
    void operator()(::History* entries) const { history_end(entries); }
  };

  static Impl& Of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<Impl*>(data);
  }

  // Of narrow names libedit keeps copies that it never frees.
  void AddKey(const wchar_t* key, const wchar_t* name, Key function) {
    el_wset(editor_.get(), EL_ADDFN, name, name, function);
    el_wset(editor_.get(), EL_BIND, key, name, nullptr);
  }

  static char* Prompt(EditLine* editor) { return Of(editor).prompt_.data(); }

  static unsigned char DropLine(EditLine* editor, int /*letter*/) {
    Of(editor).dropped_ = true;
    std::fputs("^C\n", Screen());
    std::fflush(Screen());
    return CC_NEWLINE;
  }

  static unsigned char Suspend(EditLine* /*editor*/, int /*letter*/) {
    kill(0, SIGTSTP);
    return CC_REDISPLAY;
  }

  static unsigned char CompleteName(EditLine* editor, int /*letter*/) {
    const LineInfo* line = el_line(editor);
    const std::string_view before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    const Completion completion = Complete(before, Of(editor).names_(before));
    if (!completion.insert.empty()) {
      return el_insertstr(editor, completion.insert.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    if (completion.choices.empty()) return CC_ERROR;
    std::string listed = "\n";
    for (const std::string& choice : completion.choices) listed += choice + "  ";
    std::fputs((listed + "\n").c_str(), Screen());
    std::fflush(Screen());
    return CC_REDISPLAY;
  }

  // Constant after construction.
  const Names names_;
  const std::unique_ptr<::History, EndHistory> history_;
  const std::unique_ptr<EditLine, EndEditor> editor_;

  std::string prompt_;
  bool dropped_ = false;
};

LineEditor::LineEditor(Names names)
    : impl_((ReadLettersAsTheTerminalWritesThem(), std::make_unique<Impl>(std::move(names)))) {}

LineEditor::~LineEditor() = default;

LineEditor::Answer LineEditor::Read(const std::string& prompt) { return impl_->Read(prompt); }

void LineEditor::Remember(const std::string& entry) { impl_->Remember(entry); }

}  // namespace arrowport::cli
