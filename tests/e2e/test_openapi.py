"""GET /openapi.json: valid, and true of the server that serves it."""

import os
import subprocess
import sys
from pathlib import Path

import openapi_spec_validator

from harness.http_door import HttpDoor

FOLDER = Path(__file__).parent / "openapi"
SCHEMA = """{"table": "trips", "fields": [
    {"name": "id", "type": "int64", "nullable": false, "constraints": {"minimum": 0}},
    {"name": "fare", "type": "double", "description": "In dollars"}]}"""


def test_the_document_is_valid(http: HttpDoor) -> None:
    openapi_spec_validator.validate(http.json("/openapi.json"))


def test_the_document_describes_every_route_that_the_root_lists(http: HttpDoor) -> None:
    paths = http.json("/openapi.json")["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    lines = http.request("GET", "/")[1].decode().splitlines()[2:]
    assert described == {tuple(line.split()[:2]) for line in lines if line}


def test_the_server_does_what_the_document_says(http: HttpDoor, tmp_path: Path) -> None:
    http.get("CREATE OR REPLACE TABLE trips AS SELECT i AS id, i * 1.5::DOUBLE AS fare FROM range(100) t(i)")
    http.request("PUT", "/api/v1/schemas/rides", SCHEMA.encode(), {"Content-Type": "application/json"})
    command = [
        Path(sys.executable).with_name("st"), "--config-file", FOLDER / "schemathesis.toml", "run",
        f"http://127.0.0.1:{http.port}/openapi.json", "--checks", "all", "--max-examples", "25", "--generation-deterministic", "--continue-on-failure", "--warnings", "off", "--no-color"]
    # Its database of examples would stay in the working folder.
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300,
                         env=os.environ | {"SCHEMATHESIS_HOOKS": str(FOLDER / "hooks.py")})
    assert ran.returncode == 0, ran.stdout + ran.stderr
