"""The snippets of the pages for clients: what docs/clients shows runs as it stands.

A fenced block marked `python` or `bash` is a snippet; a block marked `text` right behind it is what it prints. `…`
there stands for anything. Other blocks are not run.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.program import BINARY, REPOSITORY, clean_environment, patient
from harness.server_process import ServerProcess

PAGES = REPOSITORY / "docs/clients"
# Pages whose packages tools/clients.lock has, and tools/python.lock has not.
OTHER_PAGES = ("dbt", "gizmosql", "ibis", "sqlalchemy")
EXTENSIONS = REPOSITORY / ".deps/lib/duckdb-extensions"

_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    page: str
    line: int
    language: str
    text: str
    output: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets_of(page: Path) -> list[Snippet]:
    text = page.read_text()
    blocks = list(_BLOCK.finditer(text))
    found = []
    for block, following in zip(blocks, [*blocks[1:], None]):
        if block[1] not in ("python", "bash"):
            continue
        shown = following is not None and following[1] == "text" and not text[block.end():following.start()].strip()
        found.append(Snippet(page.stem, text.count("\n", 0, block.start()) + 1, block[1], block[2],
                             following[2] if following is not None and shown else None))
    return found


def snippets(of_others: bool) -> list[Snippet]:
    """Of the pages that need tools/clients.lock, or of those that do not."""
    return [snippet for page in sorted(PAGES.glob("*.md")) if (page.stem in OTHER_PAGES) == of_others
            for snippet in snippets_of(page)]


def program(page: str, language: str) -> str:
    """The only block of `language` on a page: a program, or a part of one, for what is not run here."""
    (text,) = [block[2] for block in _BLOCK.finditer((PAGES / f"{page}.md").read_text()) if block[1] == language]
    return text


def run_snippet(snippet: Snippet, server: ServerProcess, folder: Path) -> None:
    """Runs it in `folder` against `server`, whose ports take the place of the default ones."""
    ports = {"8888": server.http_port, "8889": server.flight_port}
    text = re.sub(r"\b888[89]\b", lambda port: str(ports[port[0]]), snippet.text)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(BINARY.parent), os.environ["PATH"]])
    command = [sys.executable, "-"] if snippet.language == "python" else ["bash", "-euo", "pipefail", "-s"]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, cwd=folder, check=False,
                         env=clean_environment({"PATH": path, "HOME": str(_home(folder)), "PYTHONWARNINGS": "ignore",
                                                "PYTHONDONTWRITEBYTECODE": "1"}), timeout=patient(120))
    assert ran.returncode == 0, f"{snippet} ended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    if snippet.output is not None:
        assert _matches(snippet.output, ran.stdout), f"{snippet} printed\n{ran.stdout}\nand not\n{snippet.output}"


def _home(folder: Path) -> Path:
    """A home of the snippet's own, where DuckDB finds the extensions that need not be fetched."""
    home = folder / "home"
    (home / ".duckdb").mkdir(parents=True, exist_ok=True)
    (home / ".duckdb/extensions").symlink_to(EXTENSIONS)
    return home


def _matches(shown: str, printed: str) -> bool:
    pattern = r"[^\n]*".join(re.escape(part) for part in _trimmed(shown).split("…"))
    return re.fullmatch(pattern, _trimmed(printed)) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
