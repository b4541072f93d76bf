"""What docs/clients shows, run as it stands; tests/clients/python runs the pages that need more packages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.server_process import ServerProcess
from harness.snippets import PAGES, Snippet, run_snippet, snippets


@pytest.mark.parametrize("snippet", snippets(of_others=False), ids=str)
def test_a_snippet_runs(snippet: Snippet, start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    run_snippet(snippet, start_server(), tmp_path)


def test_the_index_names_every_page() -> None:
    index = (PAGES / "README.md").read_text()
    missing = [page.name for page in PAGES.glob("*.md") if page.name != "README.md" and f"]({page.name})" not in index]
    assert not missing
