"""Every option row is documented, word for word as the program tells it, and tested by name."""

import re
import subprocess

from checks.finding import Finding
from checks.tree import Tree

PROGRAM = "build/release/arrowport"
COMMAND = "help-config"
PAGE = "docs/configuration.md"
WAIT_S = 20
_ROW = re.compile(r"^\|\s*`(?:--)?([a-z][a-z0-9_.-]*)`")


def names_in(page: str) -> list[tuple[int, str]]:
    """The option names of the reference page: the first cell of each row of its tables."""
    rows = ((number, _ROW.match(line)) for number, line in enumerate(page.splitlines(), start=1))
    return [(number, row.group(1)) for number, row in rows if row]


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


def untested(tree: Tree, page: str) -> list[Finding]:
    tests = "\n".join(tree.text(path) for path in tree.paths
                      if path.startswith("src/server/") and path.endswith("_test.cc"))
    return [Finding(PAGE, number, f"no src/server/*_test.cc names option {name}", "test what it does or refuses")
            for number, name in names_in(page)
            if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", tests)]


def check(tree: Tree) -> list[Finding]:
    findings = untested(tree, tree.text(PAGE)) if PAGE in tree else []
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
