"""A program on a pseudo-terminal, as the person before it sees and types."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

from harness.program import BINARY, clean_environment, patient

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][0-9A-Za-z]?|\r")


def _take_terminal() -> None:
    # Only a process whose terminal it is gets the signals of its keys.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Runs `arrowport WORD…` with all of its streams on a terminal of its own."""

    def __init__(self, *words: object, environment: dict[str, str] | None = None,
                 columns: int = 120, rows: int = 40, cwd: Path | None = None):
        self._primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        usual = {"TERM": "xterm", "LC_ALL": "C.UTF-8", "LESS": "", "PAGER": "cat"}
        self.process = subprocess.Popen(
            [BINARY, *map(str, words)], stdin=secondary, stdout=secondary, stderr=secondary, cwd=cwd,
            env=clean_environment(usual | (environment or {})), start_new_session=True,
            preexec_fn=_take_terminal)
        os.close(secondary)
        self._shown = ""
        self._ended = False

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._primary)

    def type(self, text: str) -> None:
        os.write(self._primary, text.encode())

    def wait_for(self, text: str, seconds: float = 20) -> str:
        """What was shown since the last call up to the end of `text`, without colours."""
        deadline = time.monotonic() + patient(seconds)
        while text not in self._shown:
            left = deadline - time.monotonic()
            assert left > 0 and not self._ended, f"{text!r} did not appear; instead: {self._shown!r}"
            self._read(left)
        end = self._shown.index(text) + len(text)
        shown, self._shown = self._shown[:end], self._shown[end:]
        return shown

    def wait_for_end(self, seconds: float = 20) -> tuple[int, str]:
        """The exit code, and what was shown since the last call."""
        deadline = time.monotonic() + patient(seconds)
        while not self._ended:
            left = deadline - time.monotonic()
            assert left > 0, f"the program did not end; it shows {self._shown!r}"
            self._read(left)
        return self.process.wait(patient(seconds)), self._shown

    def _read(self, seconds: float) -> None:
        if not select.select([self._primary], [], [], seconds)[0]:
            return
        try:
            piece = os.read(self._primary, 65536)
        except OSError:
            piece = b""  # That is how Linux says that the other side is closed.
        self._ended = not piece
        self._shown = _CONTROL.sub("", self._shown + piece.decode(errors="replace"))
