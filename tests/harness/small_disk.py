"""A disk of few MiB that a test may fill."""

import os
import subprocess
from pathlib import Path

MIB = 1 << 20


class CannotMount(Exception):
    """Whoever runs the tests may not mount."""


class SmallDisk:
    """A file system in memory. Used with `with`."""

    def __init__(self, folder: Path, bytes_max: int):
        self.folder = folder
        folder.mkdir(parents=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={bytes_max}", "tmpfs", folder],
                              capture_output=True, check=False, text=True)
        if done.returncode != 0:
            raise CannotMount(done.stderr.strip() or f"mount ended with {done.returncode}")

    def __enter__(self) -> "SmallDisk":
        return self

    def __exit__(self, *_error: object) -> None:
        # Lazily, since a server that hangs must not keep the next test from its own.
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    @property
    def free(self) -> int:
        space = os.statvfs(self.folder)
        return space.f_bavail * space.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Takes all but `leave` bytes, in a file of its own."""
        with self._filler.open("ab") as filler:
            while (more := self.free - leave) > 0:
                try:
                    os.posix_fallocate(filler.fileno(), filler.tell(), more)
                except OSError:
                    # Others took some of it meanwhile.
                    continue
                filler.seek(0, os.SEEK_END)

    def empty(self) -> None:
        self._filler.unlink()

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"
