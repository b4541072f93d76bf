"""Waiting for what cannot be waited for otherwise: other processes' files, gauges and ends."""

import time
from collections.abc import Callable
from typing import TypeVar

from harness.program import patient

T = TypeVar("T")
_LOOK_SECONDS = 0.005


def wait_until(look: Callable[[], T], what: str, seconds: float = 10) -> T:
    """The first true value that `look` gives; fails with `what` when there was none in time."""
    deadline = time.monotonic() + patient(seconds)
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {patient(seconds):.0f} s in vain until {what}")
        time.sleep(_LOOK_SECONDS)
