"""Loads the extension `quack` from its Python packages, for the server and for its client."""

import importlib.util
from pathlib import Path


def _file_of(name: str) -> Path:
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in package.submodule_search_locations if package else []:
        for path in Path(folder).glob(f"extensions/*/{name}.duckdb_extension"):
            return path
    raise FileNotFoundError(f"the Python package duckdb-extension-{name} is missing")


def load_quack(connection) -> None:
    # quack opens its connections through httpfs.
    for name in ("httpfs", "quack"):
        connection.execute(f"LOAD '{_file_of(name)}'")
