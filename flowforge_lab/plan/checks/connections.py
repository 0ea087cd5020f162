"""Connections that nodes name are set up."""

from collections.abc import Iterator

from flowforge_lab.errors import Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each connection named in a config that the lab does not have."""
    known = draft.surroundings.connections
    if known is None:
        return
    for id, config in draft.configs.items():
        name = config.get("connection")
        if isinstance(name, str) and name and "{{" not in name and name not in known:
            has = ", ".join(sorted(known)) or "none"
            hint = did_you_mean(name, known) or "set it up in .flowforge/flowforge.toml"
            text = f"no connection {name!r}; the lab has: {has}"
            yield Problem(
                "connection.unknown", text, node=id, field="config.connection", hint=hint
            )
