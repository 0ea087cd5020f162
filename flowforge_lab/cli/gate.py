"""What the commands about access share: the files of the lab, and roles as they are typed and shown."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from flowforge_lab.access import ROLES, Gatehouse
from flowforge_lab.cli.options import existing_root
from flowforge_lab.clock import SystemClock
from flowforge_lab.lab import FOLDER

F = TypeVar("F", bound=Callable[..., Any])


def gatehouse(folder: Path | None) -> Gatehouse:
    """Return what decides who may enter a lab, without opening it."""
    return Gatehouse(existing_root(folder) / FOLDER, SystemClock(), lambda value: value)


def on_option(function: F) -> F:
    """Add `--on WORKFLOW=ROLE`, which may be given several times."""
    return click.option(
        "--on",
        "grants",
        multiple=True,
        metavar="WORKFLOW=ROLE",
        help="A role in one workflow, beside the one in the lab.",
    )(function)


def roles_of(grants: Iterable[str]) -> dict[str, str]:
    """Return the roles by workflow.

    Raises:
        click.UsageError: one is not written as WORKFLOW=ROLE.
    """
    roles: dict[str, str] = {}
    for grant in grants:
        workflow, _, role = grant.rpartition("=")
        if not workflow or role not in ROLES:
            msg = f"expected WORKFLOW=ROLE with a role of {', '.join(ROLES)}, found {grant!r}"
            raise click.UsageError(msg)
        roles[workflow] = role
    return roles


def shown_roles(role: str, roles: Mapping[str, str]) -> str:
    """Return roles as one line."""
    single = [f"{workflow}: {one}" for workflow, one in sorted(roles.items())]
    return ", ".join([*([role] if role else []), *single]) or "none"
