"""Every header compiles alone. CMake knows how; a stamp saves the question when no header changed."""

import fcntl
import hashlib
import re
import subprocess
from pathlib import Path

from checks.finding import Finding
from checks.tree import Tree

# A build folder of its own: a build that runs at the same moment is not disturbed, and ccache shares the work.
BUILD = "build/headers"
TARGET = "all_verify_interface_header_sets"
CONFIGURE = ("cmake", "--preset", "release", "-B", BUILD, "-DARROWPORT_VERIFY_HEADERS=ON")
STAMP = f"{BUILD}/verified"
_ERROR = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.MULTILINE)


def digest(tree: Tree) -> str:
    """Changes when a header or a build file does."""
    hashed = hashlib.sha256()
    for path in tree.paths:
        if path.endswith((".h", "CMakeLists.txt", ".cmake")) or path == "CMakePresets.json":
            hashed.update(f"{path}\0{tree.text(path)}\0".encode())
    return hashed.hexdigest()


def findings_from(output: str, root: Path) -> list[Finding]:
    """The compiler's errors; or the last words of a build that failed without one."""
    found = []
    for path, line, message in dict.fromkeys(_ERROR.findall(output)):
        resolved = (root / BUILD / path).resolve()
        shown = resolved.relative_to(root) if resolved.is_relative_to(root) else path
        found.append(Finding(str(shown), int(line), f"the header does not compile alone ({message})",
                             "include what it uses"))
    if not found:
        last = (output.strip().splitlines() or ["no output"])[-1]
        found.append(Finding("CMakeLists.txt", 1, f"headers could not be compiled ({last})", "run ./dev build"))
    return found


def _verify(root: Path) -> list[Finding]:
    build = ("cmake", "--build", BUILD, "--target", TARGET, "--", "-k", "0")
    steps = [build] if (root / BUILD / "build.ninja").is_file() else [CONFIGURE, build]
    for step in steps:
        ran = subprocess.run(step, cwd=root, capture_output=True, text=True)
        if ran.returncode != 0:
            return findings_from(ran.stdout + ran.stderr, root)
    return []


def check(tree: Tree) -> list[Finding]:
    if tree.root is None or not any(path.startswith("src/") for path in tree.headers()):
        return []
    stamp, wanted = tree.root / STAMP, digest(tree)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with (stamp.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return []
        findings = _verify(tree.root)
        if not findings:
            stamp.write_text(wanted)
        return findings
