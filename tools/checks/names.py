"""A file is named for what it holds: these names hold anything."""

import re

from checks.finding import Finding
from checks.tree import Tree

FOLDERS = ("src/", "tests/", "tools/", "bench/")
EMPTY_WORDS = ("common", "util", "utils", "helper", "helpers", "misc", "detail", "details")
# `error_detail.h` says what it holds; `http_utils.h` does not.
_EMPTY = re.compile(rf"({'|'.join(EMPTY_WORDS)})|.*_(common|utils?|helpers?|misc)")


def check(tree: Tree) -> list[Finding]:
    findings = []
    for path in tree.paths:
        if not path.startswith(FOLDERS):
            continue
        for part in path.split("/"):
            stem = re.sub(r"_test$", "", part.split(".")[0])
            if _EMPTY.fullmatch(stem):
                findings.append(Finding(path, 1, f"'{part}' does not say what it holds",
                                        "name it for the one thing in it"))
    return findings
