"""Knows every setting of a lab: its default, its environment variable, its place in `flowforge.toml`.

Never: knows what a setting is used for, or is imported before a lab is opened (pydantic-settings is slow).
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from flowforge_lab.errors import SettingsError

PREFIX = "FLOWFORGE_"
FILE = "flowforge.toml"


class Settings(BaseSettings):
    """The settings of one lab, from `FLOWFORGE_*` variables, then `[settings]` in `flowforge.toml`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True
    )

    max_document_bytes: int = Field(
        1_000_000, ge=1_000, description="The longest workflow file that is read."
    )
    max_payload_bytes: int = Field(
        64_000_000, ge=1_000, description="The biggest value that may flow along an edge."
    )
    inline_bytes: int = Field(
        64_000,
        ge=0,
        description="Values up to this size lie in the journal, bigger ones in blobs.",
    )
    max_log_bytes: int = Field(
        256_000, ge=0, description="How much of a step's log is kept; what comes after is counted."
    )
    max_log_line_bytes: int = Field(
        4_000, ge=80, description="Longer lines of a log are cut off here."
    )
    max_visits: int = Field(
        100_000, ge=1, description="How many visits one execution may make before it is stopped."
    )
    expression_seconds: float = Field(
        1.0, gt=0, le=60, description="How long the expressions of one node may take."
    )
    expression_memory_bytes: int = Field(
        64_000_000, ge=8_000_000, description="How much memory they may take."
    )
    expression_max_items: int = Field(
        10_000, ge=1, description="The longest list that may enter the sandbox of expressions."
    )
    expression_processes: int = Field(
        2, ge=1, le=64, description="How many sandbox processes there may be."
    )
    lease_seconds: float = Field(
        20.0,
        ge=2,
        description="After this long without a sign of life an execution is taken over.",
    )
    default_timezone: str = Field(
        "UTC", description="The time zone of schedules that name none, such as Europe/Berlin."
    )
    private_addresses_allowed: bool = Field(
        default=False, description="Whether HTTP requests may go to private and local addresses."
    )
    notebook_kernel: str = Field(
        "python3", min_length=1, description="The kernel of notebooks that name none."
    )
    notebook_seconds: float = Field(
        3_600.0, gt=0, description="How long one notebook may run, where its node says nothing."
    )
    notebook_warm_kernels: int = Field(
        1, ge=0, le=16, description="How many kernels wait started, so that a notebook need not."
    )
    seal_rows: int = Field(
        20_000, ge=100, description="As many events make a segment of the history."
    )
    seal_seconds: float = Field(
        60.0, gt=0, description="The history is sealed at most this often while little happens."
    )
    serve_poll_seconds: float = Field(
        1.0, gt=0, le=60, description="How often the server looks for schedules and timers."
    )

    @field_validator("default_timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = f"no time zone {name!r}; write it as Europe/Berlin or UTC"
            raise ValueError(msg) from None
        return name

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  # pydantic's signature
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the file, whose table comes in by the constructor."""
        return env_settings, init_settings


class SettingRow(msgspec.Struct, frozen=True):
    """One line of the table of all settings."""

    name: str
    variable: str
    default: str
    doc: str


def load_settings(folder: Path) -> Settings:
    """Return the settings of the lab whose `.flowforge` folder this is; it need not exist.

    Raises:
        SettingsError: a setting is unknown or has a value that cannot be used; all are told at once.
    """
    path = folder / FILE
    table = _read_table(path)
    unknown = [_unknown(path, name) for name in table if name not in Settings.model_fields]
    if unknown:
        raise SettingsError("; ".join(unknown))
    try:
        return Settings(**table)
    except ValidationError as error:
        told = [_told(path, detail) for detail in error.errors(include_url=False)]
        raise SettingsError("; ".join(told)) from None


def settings_table() -> list[SettingRow]:
    """Return all settings, in the order they are declared."""
    return [
        SettingRow(name, _variable(name), _written(info.default), info.description or "")
        for name, info in Settings.model_fields.items()
    ]


def _read_table(path: Path) -> Mapping[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise SettingsError(msg) from error
    table = found.get("settings", {})
    if not isinstance(table, dict):
        msg = f"{path}: 'settings' must be a table: a line [settings], then name = value"
        raise SettingsError(msg)
    return table


def _unknown(path: Path, name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "; flowforge settings lists them all"
    return f"{path}: [settings] has no setting {name!r}{hint}"


def _told(path: Path, detail: ErrorDetails) -> str:
    name = str(detail["loc"][0]).lower().removeprefix(PREFIX.lower()) if detail["loc"] else ""
    is_given = any(key.upper() == _variable(name) for key in os.environ)
    where = _variable(name) if is_given else f"{path}: [settings] {name}"
    text = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {text}; found {detail['input']!r}"


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
