"""Count what happens: events to PostHog, Segment, services that speak like them, or your own DuckDB file.

One event by `event`, `user` and `properties`, or many by `events`, a list of records with those fields and
`at`. Many go out in batches. Every event has an id made of this step and its place in the list, so that an
attempt that is made again counts nothing twice.

`posthog` sends `POST /batch/` with the project's key; `segment` sends `POST /v1/batch` with the write key.
`duckdb` keeps events in the table `events` of a connection of the kind `duckdb` that may be written to: `id`,
`happened_at`, `event`, `user_id`, `properties` as JSON; the table is made on first use.

Best practice: names as `noun verb` (`order placed`), always spelt the same; no names or addresses of people
in properties.
Troubleshooting: these services answer 200 to much that they drop later: look at their ingestion warnings.
`analytics.invalid` names the event that has no name or no user.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, SecretStr

from flowforge_lab import clients
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    Expression,
    Model,
    NoInputs,
    Secret,
    Switch,
    node_type,
)

_HOSTS = {"posthog": "https://us.i.posthog.com", "segment": "https://api.segment.io"}
_PATHS = {"posthog": "/batch/", "segment": "/v1/batch"}
_MAX_BATCH_BYTES = 400_000
_NOTHING = SecretStr("")


class Config(Model):
    """Where to count, and what."""

    service: Literal["posthog", "segment", "duckdb"] = Field(description="Where events go.")
    connection: ConnectionName = Field(
        default="", description="For `duckdb`: the connection that keeps the events."
    )
    host: str = Field(
        default="",
        pattern=r"^(https?://[^/]+)?$",
        description="Where the service is; by default where its maker has it.",
        examples=["https://eu.i.posthog.com"],
    )
    key: Secret | None = Field(
        default=None,
        description="The project's key or write key.",
        examples=["{{ secrets.posthog }}"],
    )
    event: str = Field(default="", description="What happened.", examples=["order placed"])
    user: str = Field(default="", description="Who did it.", examples=["{{ input.user_id }}"])
    properties: dict[str, AnyValue] = Field(
        default_factory=dict, description="What there is to know about it."
    )
    events: Expression = Field(
        default=None,
        description="Instead: a list of events with `event`, `user`, `properties`, `at`.",
    )
    batch_size: int = Field(default=100, ge=1, le=1000, description="How many go out at once.")
    allow_private: Switch = Field(
        default=False, description="Whether the service may be inside the own network."
    )


class Outputs(Model):
    """What was counted."""

    count: int = Field(description="How many events there were.")
    batches: int = Field(description="In how many batches they went out.")


@node_type(
    "integration.analytics",
    title="Track event",
    outputs=Outputs,
    icon="chart-bar",
    color="#9333ea",
    effects="writes",
    is_idempotent=True,
    is_keyed=lambda _config: True,
    keywords=("posthog", "segment", "event", "count", "metrics", "tracking"),
)
async def analytics(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Send the events in batches."""
    events = [*_events(config, attempt)]
    if config.service == "duckdb":
        await attempt.clients.connections.keep_events(config.connection, events)
        attempt.log(f"{len(events):,} events kept")
        return Outputs(count=len(events), batches=1 if events else 0)
    batches = 0
    for batch in _batches([_form(config, event) for event in events], config.batch_size):
        await attempt.clients.http.send(_request(config, batch, attempt.now))
        batches += 1
        attempt.progress(batches * config.batch_size / len(events))
    attempt.log(f"{len(events):,} events in {batches:,} batches")
    return Outputs(count=len(events), batches=batches)


def _events(config: Config, attempt: Attempt) -> Iterator[dict[str, Any]]:
    single = {"event": config.event, "user": config.user, "properties": config.properties}
    found = config.events if "events" in config.model_fields_set else [single]
    if not isinstance(found, list):
        msg = f"expected a list of events, found {type(found).__name__}"
        raise _invalid(msg)
    for index, event in enumerate(found):
        if not isinstance(event, Mapping) or not event.get("event") or not event.get("user"):
            msg = f"events[{index}]: expected 'event' and 'user', found {event!r:.200}"
            raise _invalid(msg)
        properties = event.get("properties") or {}
        if not isinstance(properties, Mapping):
            msg = f"events[{index}]: expected properties by name, found {properties!r:.100}"
            raise _invalid(msg)
        yield {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{attempt.idempotency_key}#{index}")),
            "at": _moment(event.get("at"), attempt.now, index),
            "event": str(event["event"]),
            "user": str(event["user"]),
            "properties": dict(properties),
        }


def _moment(at: Any, now: datetime, index: int) -> datetime:
    if at is None:
        return now
    try:
        found = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    except ValueError as error:
        msg = f"events[{index}]: expected a time, found {at!r:.60}"
        raise _invalid(msg) from error
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _form(config: Config, event: Mapping[str, Any]) -> dict[str, Any]:
    at = event["at"].isoformat()
    if config.service == "posthog":
        properties = {**event["properties"], "distinct_id": event["user"]}
        return {
            "event": event["event"],
            "properties": properties,
            "timestamp": at,
            "uuid": event["id"],
        }
    return {
        "type": "track",
        "event": event["event"],
        "userId": event["user"],
        "properties": event["properties"],
        "timestamp": at,
        "messageId": event["id"],
    }


def _batches(forms: Sequence[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the events in batches of so many, and of a size that the services take."""
    import msgspec

    batch: list[dict[str, Any]] = []
    size = 0
    for index, form in enumerate(forms):
        try:
            length = len(msgspec.json.encode(form))
        except (TypeError, ValueError) as error:
            msg = f"events[{index}]: {error}"
            raise _invalid(msg) from error
        if batch and (len(batch) >= most or size + length > _MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(form)
        size += length
    if batch:
        yield batch


def _request(config: Config, batch: list[dict[str, Any]], now: datetime) -> clients.HttpRequest:
    key = config.key.get_secret_value() if config.key else ""
    is_posthog = config.service == "posthog"
    name, value = ("api_key", key) if is_posthog else ("sentAt", now.isoformat())
    body: dict[str, Any] = {name: value, "batch": batch}
    return clients.HttpRequest(
        url=(config.host or _HOSTS[config.service]) + _PATHS[config.service],
        method="POST",
        body=clients.JsonBody(body),
        auth=None if is_posthog or config.key is None else clients.BasicAuth(key, _NOTHING),
        max_redirects=0,
        allow_private=config.allow_private,
    )


def _invalid(detail: str) -> NodeError:
    title = "these events cannot be counted"
    return NodeError(title, type="analytics.invalid", detail=detail, is_transient=False)
