"""Every header compiles alone. CMake knows how; a stamp saves the question when no header changed."""

import hashlib
import re
import subprocess
from pathlib import Path

from checks.finding import Finding
from checks.tree import Tree

BUILD = "build/release"
TARGET = "all_verify_interface_header_sets"
STAMP = f"{BUILD}/headers_verified"
_ERROR = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.MULTILINE)


def digest(tree: Tree) -> str:
    """Changes when a header or a build file does."""
    hashed = hashlib.sha256()
    for path in tree.paths:
        if path.startswith("src/") and path.endswith((".h", "CMakeLists.txt")) or path == "CMakeLists.txt":
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
        found.append(Finding("CMakeLists.txt", 1, f"{TARGET} failed ({last})", "run ./dev build"))
    return found


def check(tree: Tree) -> list[Finding]:
    if tree.root is None or not any(path.startswith("src/") for path in tree.headers()):
        return []
    cache = tree.root / BUILD / "CMakeCache.txt"
    if not cache.is_file():
        return [Finding("CMakeLists.txt", 1, f"{BUILD} is not configured, so no header was compiled alone",
                        "run ./dev build")]
    stamp, wanted = tree.root / STAMP, digest(tree)
    if stamp.is_file() and stamp.read_text() == wanted:
        return []
    configured = re.search(r"^ARROWPORT_VERIFY_HEADERS:\w+=(ON|1|TRUE|YES)$", cache.read_text(), re.MULTILINE)
    if not configured:
        turned_on = subprocess.run(["cmake", "-DARROWPORT_VERIFY_HEADERS=ON", BUILD],
                                   cwd=tree.root, capture_output=True, text=True)
        if turned_on.returncode != 0:
            return findings_from(turned_on.stdout + turned_on.stderr, tree.root)
    built = subprocess.run(["cmake", "--build", BUILD, "--target", TARGET, "--", "-k", "0"],
                           cwd=tree.root, capture_output=True, text=True)
    if built.returncode != 0:
        return findings_from(built.stdout + built.stderr, tree.root)
    stamp.write_text(wanted)
    return []
