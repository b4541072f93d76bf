"""The pages of docs/clients whose packages only this environment has, run as they stand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.server_process import ServerProcess
from harness.snippets import Snippet, run_snippet, snippets


@pytest.mark.parametrize("snippet", snippets(of_others=True), ids=str)
def test_a_snippet_runs(snippet: Snippet, start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    run_snippet(snippet, start_server(), tmp_path)
