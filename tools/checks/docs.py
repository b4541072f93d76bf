"""Every path that the documentation names exists."""

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from checks.finding import Finding
from checks.tree import Tree

_FENCE = re.compile(r"^\s*(```|~~~)")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
_OURS = re.compile(r"(?:src|tests|tools|docs|bench|cmake|\.ci)/\S*")


def pages(tree: Tree) -> list[str]:
    return [path for path in tree.paths
            if path.endswith(".md") and (path.startswith("docs/") or "/" not in path)]


def _alternatives(path: str) -> list[str]:
    """`a.{h,cc}` is `a.h` and `a.cc`."""
    found = re.search(r"\{([^{}]*)\}", path)
    if not found:
        return [path]
    return [way for word in found.group(1).split(",")
            for way in _alternatives(path[:found.start()] + word.strip() + path[found.end():])]


def _exists(tree: Tree, path: str) -> bool:
    path = re.sub(r"<[^<>]*>|…|\.\.\.", "*", path).rstrip("/")
    if "*" in path:
        return any(fnmatchcase(known, path) for known in [*tree.paths, *tree.folders])
    return path in tree or path in tree.folders


def _named_in(line: str) -> list[str]:
    """The paths of ours in the backticks of one line, without line numbers and punctuation."""
    named = []
    for span in _SPAN.findall(line):
        for word in span.split():
            word = word.removeprefix("./")
            if _OURS.fullmatch(word):
                named += _alternatives(re.sub(r"(:\d+)?[,;:.]*$", "", word))
    return named


def _linked_in(page: str, line: str) -> list[str]:
    """The targets of relative links, as paths from the root."""
    targets = []
    for target in _LINK.findall(_SPAN.sub("", line) if "`" in line else line):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        parts: list[str] = []
        for part in (PurePosixPath(page).parent / target).parts:
            parts = parts[:-1] if part == ".." else parts + [part]
        targets.append("/".join(parts))
    return targets


def check(tree: Tree) -> list[Finding]:
    findings = []
    for page in pages(tree):
        fenced = False
        for number, line in enumerate(tree.text(page).splitlines(), start=1):
            if _FENCE.match(line):
                fenced = not fenced
            if fenced:
                continue
            for path in _named_in(line) + _linked_in(page, line):
                if not _exists(tree, path):
                    findings.append(Finding(page, number, f"names {path}, which does not exist",
                                            "name what took its place"))
    return findings
