"""Every setting, its bounds and its default."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ByteSize, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "FLOWFORGE_"


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


def _queue_url(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
        msg = "expected an address such as 'redis://host:6379/0' or 'amqp://user:password@host'"
        raise ValueError(msg)
    return url


def _database_url(url: str) -> str:
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected an address such as 'postgresql://user@host:5432/flowforge'")
    return url


def _origins(text: str) -> str:
    for origin in text.split():
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            msg = f"expected origins such as 'https://app.example.org', with no path, found {origin!r}"
            raise ValueError(msg)
    return text


def _proxies(text: str) -> str:
    for address in filter(None, (part.strip() for part in text.split(","))):
        if address != "*":
            ip_network(address, strict=False)  # which says what it expected
    return text


Origins = Annotated[str, AfterValidator(_origins)]
Proxies = Annotated[str, AfterValidator(_proxies)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
CacheUrl = Annotated[str, AfterValidator(_cache_url)]
QueueUrl = Annotated[str, AfterValidator(_queue_url)]
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
    secrets_kept: Literal["file", "keyring", "vault"] = Field(
        default="file",
        description="Where secrets are kept that the environment does not give.",
    )
    vault_url: Url = Field(
        default="", description="Where HashiCorp Vault answers, for `secrets_kept = vault`."
    )
    vault_path: str = Field(
        default="secret/flowforge",
        pattern=r"^[^/\s?#]+(/[^/\s?#]+)+$",
        description="The mount of Vault's KV version 2, and the path of the secret with all names.",
    )
    vault_namespace: str = Field(
        default="", description="The namespace in Vault, where it has any."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="The port on which `flowforge serve` gives its metrics to Prometheus; empty: none.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="The address on which it does so; metrics need no login."
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="How `flowforge serve` logs: lines for people, or JSON with ids.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="From which level on `flowforge serve` logs."
    )
    traces: bool = Field(
        default=False,
        description="Whether OpenTelemetry traces are sent, as its own variables OTEL_* say where.",
    )
    warm_kernels: int = Field(
        default=0, ge=0, le=64, description="How many notebook kernels wait, started, for work."
    )
    warm_kernel_imports: Annotated[str, Field(pattern=r"^[A-Za-z0-9_. ]*$")] = Field(
        default="pandas duckdb",
        description="What such kernels have imported already, with spaces between.",
    )
    kept_kernels: int = Field(
        default=4,
        ge=0,
        le=64,
        description="How many kernels of notebooks that failed are kept alive at most.",
    )
    notebooks_at_once: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="How many notebooks one process runs at once; 0: two for each core.",
    )
    notebook_memory_bytes: Bytes | None = Field(
        default=None,
        description=(
            "How much memory one notebook may take, with all that it starts; empty: no limit."
        ),
    )
    pdf_browser: str = Field(
        default="",
        description="The Chromium or Chrome that prints notebooks as PDF; empty: the first that is found.",
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
    object_store: Annotated[str, Field(pattern=r"^(s3://[^/\s]+(/\S*)?)?$")] = Field(
        default="",
        description=(
            "Where segments and blobs lie in place of a folder that all machines reach, as "
            "`s3://bucket/prefix`; keys and region come from `AWS_ACCESS_KEY_ID`, "
            "`AWS_SECRET_ACCESS_KEY` and `AWS_REGION`."
        ),
    )
    object_store_endpoint: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = Field(
        default="",
        description="The address of that object store, where it is not Amazon's: `https://minio.example.org`.",
    )
    allowed_origins: Origins = Field(
        default="",
        description="Origins of web pages that may call the server beside its own, with spaces between.",
    )
    trusted_proxies: Proxies = Field(
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
    stop_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        default=1.5,
        description="How long a process that stops waits for steps that a crash would fail: those that write"
        " and are not known to be safe to run again.",
    )
    stateless_seconds: Annotated[float, Field(ge=0, le=900)] = Field(
        default=25.0,
        description="How long a request of the stateless server waits for what it has started; the rest goes"
        " on with the next call of `/api/queue/process`.",
    )
    mcp_wait_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=50.0,
        description="How long a call of a tool by an assistant waits for the end of its execution; the answer"
        " then has the execution's id.",
    )
    query_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=30.0,
        description="How long a question in SQL that comes over HTTP may take.",
    )
    query_rows: Annotated[int, Field(ge=1)] = Field(
        default=1_000_000, description="How many rows the answer to a question over HTTP may have."
    )
    queue_url: QueueUrl = Field(
        default="",
        description=(
            "The broker that carries executions to workers, as `redis://host:6379/0` or "
            "`amqp://user:password@host`; empty: the host runs them itself."
        ),
    )
    queue_name: str = Field(
        default="",
        max_length=100,
        pattern=r"^[A-Za-z0-9_.-]*$",
        description="The name of the queue in the broker; empty: one of the lab's own.",
    )
    queue_visibility_seconds: Annotated[float, Field(ge=0.5, le=3600)] = Field(
        default=15.0,
        description="After how long an execution that no worker took is handed out again.",
    )
    qstash_token: SecretStr = Field(
        default=SecretStr(""),
        description="The token of QStash, which then fires schedules by calls to `public_url`.",
    )
    qstash_current_signing_key: SecretStr = Field(
        default=SecretStr(""), description="The key that QStash signs its calls with."
    )
    qstash_next_signing_key: SecretStr = Field(
        default=SecretStr(""), description="The key that it signs with after the next rotation."
    )
    qstash_url: Url = Field(
        default="https://qstash.upstash.io", description="Where QStash's own interface is."
    )
