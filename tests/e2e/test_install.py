"""`./dev install`: a tree that runs wherever it is copied to."""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from harness.program import PRESET, REPOSITORY, clean_environment, patient
from harness.server_process import ServerProcess

pytestmark = pytest.mark.skipif(PRESET != "release", reason="what is installed is the release build")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed into one folder, and moved to another."""
    folder = tmp_path_factory.mktemp("install")
    subprocess.run([REPOSITORY / "dev", "install", folder / "prefix"], check=True,
                   capture_output=True, timeout=patient(600))
    return Path(shutil.move(folder / "prefix", folder / "elsewhere"))


def test_it_has_what_a_unix_tree_has(tree: Path) -> None:
    assert {path.name for path in tree.iterdir()} == {"bin", "lib", "share"}


def test_every_library_of_ours_is_found_beside_the_program(tree: Path) -> None:
    told = subprocess.run(["ldd", tree / "bin/arrowport"], capture_output=True, text=True,
                          check=True, env=clean_environment({"LD_LIBRARY_PATH": ""}))
    assert "not found" not in told.stdout
    assert str(REPOSITORY) not in told.stdout
    for library in ["libarrow.so", "libarrow_flight.so", "libparquet.so", "libduckdb.so"]:
        assert any(library in line and str(tree) in line for line in told.stdout.splitlines())


def test_a_signed_extension_loads_from_the_tree(tree: Path, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, binary=tree / "bin/arrowport").start()
    try:
        _query(server, "LOAD tpch")
        rows = _query(server, "SELECT loaded, install_path, current_setting("
                              "'allow_unsigned_extensions') AS unsigned "
                              "FROM duckdb_extensions() WHERE extension_name = 'tpch'")
        assert len(rows) == 1
        assert rows[0]["loaded"] is True
        assert rows[0]["unsigned"] is False
        assert rows[0]["install_path"].startswith(str(tree))
    finally:
        server.stop()


def _query(server: ServerProcess, sql: str) -> list[dict]:
    request = Request(f"{server.http_url}/query", data=sql.encode(),
                      headers={"Accept": "application/json", "Content-Type": "application/sql"})
    with urlopen(request, timeout=patient(30)) as answer:
        return json.load(answer)
