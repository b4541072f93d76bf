"""Every option row is documented, word for word as the program tells it, and tested by name."""

import re
import subprocess

from checks.finding import Finding
from checks.tree import Tree

PROGRAM = "build/release/arrowport"
COMMAND = "help-config"
PAGE = "docs/configuration.md"
WAIT_S = 20
TABLE = re.compile(r"src/server/option\w*(?<!_test)\.cc")
_ROW = re.compile(r'\.name\s*=\s*"([^"]+)"')


def rows(tree: Tree) -> list[tuple[str, int, str]]:
    """Path, line and name of each row of the option table."""
    return [(path, number, row.group(1)) for path in tree.paths if TABLE.fullmatch(path)
            for number, line in enumerate(tree.text(path).splitlines(), start=1)
            for row in _ROW.finditer(line)]


def compare(told: str, written: str) -> list[Finding]:
    """Byte for byte; names the first line that differs."""
    if told == written:
        return []
    told_lines, written_lines = told.splitlines(), written.splitlines()
    same = 0
    while same < min(len(told_lines), len(written_lines)) and told_lines[same] == written_lines[same]:
        same += 1
    return [Finding(PAGE, same + 1, f"differs from what `arrowport {COMMAND}` tells",
                    f"build, then run {PROGRAM} {COMMAND} > {PAGE}")]


def check_rows(tree: Tree) -> list[Finding]:
    tests = "".join(tree.text(path) for path in tree.paths
                    if path.startswith("src/server/") and path.endswith("_test.cc"))
    page, findings = tree.text(PAGE) if PAGE in tree else "", []
    if not page and rows(tree):
        findings.append(Finding(PAGE, 1, "there is no such page", f"run {PROGRAM} {COMMAND} > {PAGE}"))
    for path, line, name in rows(tree):
        if f'"{name}"' not in tests:
            findings.append(Finding(path, line, f"no src/server/*_test.cc names option {name}",
                                    "test what it does or refuses"))
        if page and f"`{name}`" not in page:
            findings.append(Finding(path, line, f"{PAGE} does not name option {name}",
                                    f"build, then run {PROGRAM} {COMMAND} > {PAGE}"))
    return findings


def check(tree: Tree) -> list[Finding]:
    findings = check_rows(tree)
    if tree.root is None or not (tree.root / PROGRAM).is_file():
        return findings
    try:
        ran = subprocess.run([tree.root / PROGRAM, COMMAND], capture_output=True, text=True, timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        return findings + [Finding(PAGE, 1, f"`arrowport {COMMAND}` did not end in {WAIT_S} s", "make it end")]
    if ran.returncode != 0:
        return findings + [Finding(PAGE, 1, f"`arrowport {COMMAND}` failed ({ran.stderr.strip()})",
                                   "make it print the option table as markdown")]
    return findings + compare(ran.stdout, tree.text(PAGE) if PAGE in tree else "")
