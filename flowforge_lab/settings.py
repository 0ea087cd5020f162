"""What a lab can be told: `FLOWFORGE_*` in the environment, else `flowforge.toml` in its folder.

Knows: every setting, its bounds and its default; where connections are written down.
Never: opens what a setting points to, or takes a misspelt name for a default.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ByteSize, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource

from flowforge_lab.errors import SettingsError

FILE = "flowforge.toml"
PREFIX = "FLOWFORGE_"
_TABLES = ("settings", "connections", "limits")
_LIMITS = ("kinds", "hosts")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        msg = "expected the IANA name of a time zone, such as 'UTC' or 'Europe/Berlin'"
        raise ValueError(msg) from error


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        msg = "expected a URL such as 'https://flows.example.org'"
        raise ValueError(msg)
    return text


def _cache_url(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        msg = "expected an address such as 'redis://host:6379/0'"
        raise ValueError(msg)
    return url


def _database_url(url: str) -> str:
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected an address such as 'postgresql://user@host:5432/flowforge'")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
CacheUrl = Annotated[str, AfterValidator(_cache_url)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, AfterValidator(_url)]
RateText = Annotated[str, Field(pattern=r"^([1-9]\d*/[1-9]?\d*(ms|s|m|h|d))?$")]
Bytes = Annotated[ByteSize, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseSettings):
    """The settings of one lab. Sizes may be written as `64 MB`; lengths of time are seconds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True
    )

    private_addresses_allowed: bool = Field(
        default=False,
        description="Whether every HTTP request may reach loopback, private and link-local addresses.",
    )
    default_timezone: TimeZone = Field(
        default="UTC", description="The time zone of schedules and dates that name none."
    )
    public_url: Url = Field(
        default="",
        description="Where others reach the lab's server; the addresses of waits begin with it.",
    )
    max_payload_bytes: Bytes = Field(
        default=ByteSize(64_000_000), description="How large one value on an edge may be."
    )
    inline_bytes: Bytes = Field(
        default=ByteSize(64_000),
        description="Larger values leave the journal for the blob store.",
    )
    max_log_bytes: Bytes = Field(
        default=ByteSize(256_000), description="How much log one step keeps; the rest is counted."
    )
    expression_seconds: Seconds = Field(
        default=1.0, description="How long the expressions of one step may take."
    )
    expression_memory_bytes: Bytes = Field(
        default=ByteSize(64_000_000),
        description="How much memory the expressions of one step may use.",
    )
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(
        default=20.0,
        description="How long an execution stays with an engine that was not heard of any more.",
    )
    poll_seconds: Annotated[float, Field(ge=0.01, le=60)] = Field(
        default=0.5, description="How often a host looks for timers and schedules that are due."
    )
    segment_rows: int = Field(
        default=30_000, ge=100, description="After how many events a segment of history is sealed."
    )
    idle_seal_seconds: Seconds = Field(
        default=30.0, description="After how long without new events the rest is sealed as well."
    )
    owner_linger_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=30.0, description="How long the owner of the journal stays after its last client."
    )
    error_workflow: str = Field(
        default="",
        description="The id of the workflow to start when one fails that names no error workflow.",
    )
    error_email: str = Field(
        default="", description="Who is told of every failed execution, by mail."
    )
    error_connection: str = Field(
        default="",
        description="The connection that mails of failures go by; empty: the only one that sends mail.",
    )
    error_telegram_chat: Annotated[str, Field(coerce_numbers_to_str=True)] = Field(
        default="", description="The chat that is told of every failed execution."
    )
    http_proxy: Url = Field(
        default="",
        description="The proxy that HTTP requests go through; a connection may name another.",
    )
    default_region: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = Field(
        default="", description="The country of phone numbers that name none, such as `DE`."
    )
    telegram_api_url: Url = Field(
        default="",
        description="Where the Bot API is for bots whose connection says nothing; empty: at Telegram.",
    )
    cache_url: CacheUrl = Field(
        default="",
        description="Where workers share the texts of versions, as `redis://host:6379/0`; empty: nowhere.",
    )
    warm_kernels: int = Field(
        default=0, ge=0, le=64, description="How many notebook kernels wait, started, for work."
    )
    warm_workers: int = Field(
        default=0, ge=0, le=64, description="How many Python processes wait, started, for work."
    )
    retention_days: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="After how many days a finished execution is deleted; empty: never.",
    )
    retention_bytes: Bytes | None = Field(
        default=None,
        description=(
            "How large the history and its blobs may grow before the oldest finished executions are "
            "deleted; empty: without limit."
        ),
    )
    max_running: int = Field(
        default=1000,
        ge=1,
        le=1_000_000,
        description="How many executions one process runs at once; more wait their turn, queued.",
    )
    max_visits: int = Field(
        default=100_000, ge=1, description="How many visits one execution may make."
    )
    max_journal_bytes: Bytes = Field(
        default=ByteSize(200_000_000),
        description="How much one execution may write into the journal before it fails.",
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="After how many failures in a row a host is left alone."
    )
    breaker_seconds: Seconds = Field(
        default=30.0, description="For how long a host that fails is left alone."
    )
    breaker_window: Seconds = Field(
        default=60.0, description="Failures of a host further apart than this are not in a row."
    )
    database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description=(
            "The PostgreSQL that keeps the journal, as `postgresql://user@host/name`; empty: the lab's "
            "folder does."
        ),
    )
    database_schema: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = Field(
        default="flowforge", description="The schema of that database that holds this lab."
    )
    database_pool_size: int = Field(
        default=6,
        ge=3,
        le=100,
        description="How many connections to it one process opens at most.",
    )
    shared_folder: str = Field(
        default="",
        description=(
            "Where segments, blobs and artifacts lie that all machines of the lab reach; empty: in the "
            "lab's folder."
        ),
    )
    allowed_origins: str = Field(
        default="",
        description="Origins of web pages that may call the server beside its own, with spaces between.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses of reverse proxies whose `X-Forwarded-For` and `-Proto` count, with commas"
        " between.",
    )
    caller_rate: RateText = Field(
        default="100/s",
        description="How often one token or session may ask the server; empty for no limit.",
    )
    address_rate: RateText = Field(
        default="200/s",
        description="How often one address may, whatever it shows; webhooks have their own ways.",
    )


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


class SettingRow(NamedTuple):
    """One line of the table of settings in the docs; `default` is empty where there is none."""

    name: str
    variable: str
    type: str
    default: str
    description: str


def settings_table() -> list[SettingRow]:
    """Return every setting, in the order in which they are declared."""
    return [
        SettingRow(
            name=name,
            variable=f"{PREFIX}{name.upper()}",
            type=_type_name(field.annotation),
            default=_default_text(field.default),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _type_name(annotation: Any) -> str:
    if annotation is ByteSize:
        return "bytes"
    if isinstance(annotation, type):
        return annotation.__name__
    return "bytes or empty" if "ByteSize" in str(annotation) else "float or empty"


def _default_text(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, ByteSize):
        return default.human_readable(decimal=True, separator=" ").replace(".0 ", " ")
    return str(default).lower() if isinstance(default, bool) else str(default)


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
    is_secret = str(fault["loc"][0]) == "database_url"
    return "found something else" if is_secret else f"found {fault['input']!r}"


def _place(name: str, told: Mapping[str, Any]) -> str:
    variable = f"{PREFIX}{name.upper()}"
    if name in told:
        return next((key for key in os.environ if key.upper() == variable), variable)
    return f"{FILE} [settings] {name}"
