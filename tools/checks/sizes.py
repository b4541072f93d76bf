"""A file that wants to be longer usually holds two ideas."""

import re

from checks.finding import Finding
from checks.tree import Tree

SOURCE_LINES_MAX = 500
HEADER_LINES_MAX = 250
SCRIPT_LINES_MAX = 500


def _is_script(tree: Tree, path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    if name.endswith((".py", ".sh", ".bash", ".cmake")) or name == "CMakeLists.txt":
        return True
    return "." not in name and re.match(r"#!.*\b(python3?|bash|sh)\b", tree.text(path)) is not None


def _limit(tree: Tree, path: str, cpp: set[str], headers: set[str]) -> int | None:
    if path in headers:
        return HEADER_LINES_MAX
    if path in cpp:
        return SOURCE_LINES_MAX
    return SCRIPT_LINES_MAX if _is_script(tree, path) else None


def check(tree: Tree) -> list[Finding]:
    cpp, headers, findings = set(tree.cpp()), set(tree.headers()), []
    for path in tree.paths:
        limit = _limit(tree, path, cpp, headers)
        if limit is None:
            continue
        lines = len(tree.text(path).splitlines())
        if lines > limit:
            findings.append(Finding(path, limit + 1, f"{lines} lines, the limit is {limit}",
                                    "split it where the second idea begins"))
    return findings
