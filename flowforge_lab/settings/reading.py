"""The settings of a lab as they are told: the environment first, then its file."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings.sources import EnvSettingsSource

from flowforge_lab.errors import SettingsError

from .model import PREFIX, Settings

FILE = "flowforge.toml"
_TABLES = ("settings", "connections", "limits", "users")
_LIMITS = ("kinds", "hosts")


def load_settings(lab_folder: Path | None = None) -> Settings:
    """Return the settings for a lab: the environment first, then the file, then the defaults.

    `lab_folder` is the lab's `.flowforge`; without it, or without a file in it, only the environment
    is asked.

    Raises:
        SettingsError: with everything that is wrong, each with the place where it is written.
    """
    written = _table(lab_folder, "settings")
    _refuse_unknown(written, Settings.model_fields, f"{FILE} [settings]")
    told = EnvSettingsSource(Settings)()
    try:
        return Settings(**{**written, **told})
    except ValidationError as error:
        raise SettingsError("; ".join(_problems(error, told))) from error


def load_connections(lab_folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the tables `[connections.<name>]` of the lab's file by name, as written; maybe none.

    Raises:
        SettingsError: the file cannot be read, or a connection is not a table.
    """
    found = _table(lab_folder, "connections")
    for name, fields in found.items():
        if not isinstance(fields, dict):
            msg = (
                f"{FILE} [connections]: expected a table [connections.{name}], "
                f"found {type(fields).__name__}"
            )
            raise SettingsError(msg)
    return found


def load_limits(lab_folder: Path | None = None) -> dict[str, dict[str, str]]:
    """Return the rates of `[limits]` as written, by `kinds` and `hosts`, each maybe empty.

    Raises:
        SettingsError: the file cannot be read, or says something else there.
    """
    found = _table(lab_folder, "limits")
    _refuse_unknown(found, _LIMITS, f"{FILE} [limits]")
    for name, rates in found.items():
        if not isinstance(rates, dict) or not all(isinstance(one, str) for one in rates.values()):
            msg = f'{FILE} [limits] {name}: expected rates by name, such as {{ "x" = "10/s" }}'
            raise SettingsError(msg)
    return {name: found.get(name, {}) for name in _LIMITS}


def load_users(lab_folder: Path | None = None) -> dict[str, Any]:
    """Return the table `[users]` of the lab's file as written: where users are kept; maybe empty.

    Raises:
        SettingsError: the file cannot be read.
    """
    return _table(lab_folder, "users")


def _table(lab_folder: Path | None, name: str) -> dict[str, Any]:
    """Return one table of the lab's file, empty where there is no file or no such table."""
    path = None if lab_folder is None else lab_folder / FILE
    if path is None or not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read {path}: {error}"
        raise SettingsError(msg) from error
    _refuse_unknown(document, _TABLES, FILE)
    table = document.get(name, {})
    if not isinstance(table, dict):
        msg = f"{FILE}: expected a table [{name}], found {type(table).__name__}"
        raise SettingsError(msg)
    return table


def _refuse_unknown(found: Iterable[str], known: Iterable[str], where: str) -> None:
    names = list(known)
    strange = [name for name in found if name not in names]
    if strange:
        told = "; ".join(f"{where}: there is no {name!r}{_hint(name, names)}" for name in strange)
        raise SettingsError(told)


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"


def _problems(error: ValidationError, told: Mapping[str, Any]) -> list[str]:
    """Return each fault as `place: what was expected, found what was given`."""
    return [
        f"{_place(str(fault['loc'][0]), told)}: "
        f"{fault['msg'].removeprefix('Value error, ')}, {_found(fault)}"
        for fault in error.errors()
    ]


def _found(fault: Any) -> str:
    """Return what was given instead; never an address that may hold a password."""
    is_secret = str(fault["loc"][0]) in {"database_url", "queue_url", "cache_url"}
    return "found something else" if is_secret else f"found {fault['input']!r}"


def _place(name: str, told: Mapping[str, Any]) -> str:
    variable = f"{PREFIX}{name.upper()}"
    if name in told:
        return next((key for key in os.environ if key.upper() == variable), variable)
    return f"{FILE} [settings] {name}"
