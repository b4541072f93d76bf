"""The files that rules look at: those git knows or would add, read once, or a dict in a test."""

import subprocess
from pathlib import Path, PurePosixPath

CPP_SOURCES = (".cc",)
CPP_HEADERS = (".h",)
CPP_FOLDERS = ("src", "tests", "bench")


class Tree:
    """Paths are relative to the root, with forward slashes."""

    def __init__(self, root: Path | None, texts: dict[str, str | None]):
        self.root = root
        self._texts = texts
        self.paths = sorted(texts)
        self.folders = {str(parent) for path in texts for parent in PurePosixPath(path).parents}

    @staticmethod
    def at(root: Path) -> "Tree":
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True).stdout.decode()
        # A colleague's delete shows as a cached path without a file; it is no longer part of the tree.
        return Tree(root, {path: None for path in listed.split("\0") if (root / path).is_file()})

    @staticmethod
    def of(texts: dict[str, str]) -> "Tree":
        return Tree(None, dict(texts))

    def __contains__(self, path: str) -> bool:
        return path in self._texts

    def text(self, path: str) -> str:
        if self._texts[path] is None:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def cpp(self) -> list[str]:
        """Our C++ files; a .cpp or .hpp counts too, so that no rule is dodged by a suffix."""
        suffixes = CPP_SOURCES + CPP_HEADERS + (".cpp", ".hpp", ".cxx", ".hxx", ".ipp")
        return [path for path in self.paths
                if path.endswith(suffixes) and path.split("/")[0] in CPP_FOLDERS]

    def headers(self) -> list[str]:
        return [path for path in self.cpp() if path.endswith((".h", ".hpp", ".hxx"))]
