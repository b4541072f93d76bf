"""The program under test, and how patient to be with it."""

import os
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ARROWPORT_BIN", REPOSITORY / "build/release/arrowport"))
PRESET = os.environ.get("ARROWPORT_PRESET", "release")

# Sanitizers keep freed memory and run several times slower.
SANITIZED = PRESET in ("asan", "tsan", "fuzz")
_PATIENCE = {"debug": 2, "asan": 4, "fuzz": 4, "tsan": 8}.get(PRESET, 1)


def patient(seconds: float) -> float:
    """How long to wait for what takes `seconds` at worst in a release build on a busy machine."""
    return seconds * _PATIENCE


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of arrowport's own, and `extra` on top."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARROWPORT_")}
    return kept | (extra or {})


def run_arrowport(*words: object, stdin: bytes | None = None, cwd: Path | None = None,
                  environment: dict[str, str] | None = None,
                  seconds: float = 60) -> subprocess.CompletedProcess:
    """Runs `arrowport WORD…` to its end; stdout and stderr are bytes."""
    return subprocess.run([BINARY, *map(str, words)], input=stdin, capture_output=True, cwd=cwd,
                          env=clean_environment(environment), timeout=patient(seconds), check=False)
