"""clang-format decides what C++ looks like; this only asks it."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from checks.finding import Finding
from checks.tree import Tree

TOOL = "clang-format-19"
_COMPLAINT = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


def _complaints(root, paths: list[str]) -> list[tuple[str, int]]:
    ran = subprocess.run([TOOL, "--dry-run", "--Werror", "--", *paths],
                         cwd=root, capture_output=True, text=True)
    return [(path, int(line)) for path, line, _ in _COMPLAINT.findall(ran.stderr)]


def check(tree: Tree) -> list[Finding]:
    if tree.root is None or not tree.cpp():
        return []
    if shutil.which(TOOL) is None:
        return [Finding(".clang-format", 1, f"{TOOL} is not installed", "run tools/bootstrap")]
    workers = os.cpu_count() or 1
    shares = [share for share in (tree.cpp()[first::workers] for first in range(workers)) if share]
    with ThreadPoolExecutor(workers) as pool:
        complaints = [c for some in pool.map(lambda share: _complaints(tree.root, share), shares) for c in some]
    first_line: dict[str, int] = {}
    for path, line in complaints:
        first_line[path] = min(line, first_line.get(path, line))
    return [Finding(path, line, "not as clang-format writes it", f"run {TOOL} -i {path}")
            for path, line in sorted(first_line.items())]
