"""Connections that nodes name are set up, with the secrets they need."""

from collections.abc import Iterator
from typing import Any

from flowforge_lab.errors import Problem
from flowforge_lab.nodes import ChatFields, RouteFields
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each connection named in a config that the lab cannot open."""
    known = draft.surroundings.connections
    if known is None:
        return
    for id, field, name in _named(draft):
        if name in draft.surroundings.faults:
            text = f"the connection {name!r} is set up wrongly: {draft.surroundings.faults[name]}"
            yield Problem("connection.faulty", text, id, f"config.{field}")
        elif name in known:
            yield from _lacking(draft, id, field=field, name=name)
        else:
            has = ", ".join(sorted(known)) or "none"
            hint = did_you_mean(name, known) or "set it up in .flowforge/flowforge.toml"
            text = f"no connection {name!r}; the lab has: {has}"
            yield Problem("connection.unknown", text, id, f"config.{field}", hint)


def _named(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """Yield the node, the field and the name of each connection that is named."""
    for id, config in draft.configs.items():
        kind = draft.types.get(id)
        is_bot = kind is not None and issubclass(kind.config, ChatFields | RouteFields)
        fields = ("connection", "bot") if is_bot else ("connection",)
        given = [(field, config.get(field)) for field in fields]
        for field, name in (*given, *_of_channels(config.get("channels"))):
            if isinstance(name, str) and name and "{{" not in name:
                yield id, field, name


def _of_channels(channels: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields in which the channels of a notification name connections, with what stands there."""
    for at, channel in enumerate(channels if isinstance(channels, list) else ()):
        if isinstance(channel, dict):
            yield f"channels.{at}.connection", channel.get("connection")


def _lacking(draft: Draft, id: str, *, field: str, name: str) -> Iterator[Problem]:
    around = draft.surroundings
    for secret in sorted(around.credentials.get(name, ())):
        if around.lacks_secret(secret):
            hint = (
                did_you_mean(secret, around.secrets or ()) or f"`flowforge secrets set {secret}`"
            )
            text = f"the connection {name!r} needs the secret {secret!r}, which is not set"
            yield Problem("secret.missing", text, id, f"config.{field}", hint)
