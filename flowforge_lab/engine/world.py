"""All that the engine works with and does not own, in one value."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clients import Clients
from flowforge_lab.clock import Clock
from flowforge_lab.expressions import Evaluator
from flowforge_lab.nodes import NO_USERS, Directory
from flowforge_lab.values import Rate
from flowforge_lab.variables import Variables, redact

from .addresses import Addresses
from .alarms import Alarm, no_alarm
from .calling import Calls, NoCalls
from .endings import StandIn
from .leaving import Leaving
from .ports import Blobs


class Limits(msgspec.Struct, frozen=True):
    """How much one execution may hold. Sizes in bytes of the journal form."""

    inline_bytes: int = 64_000
    max_payload_bytes: int = 64_000_000
    max_log_bytes: int = 256_000
    max_log_line_bytes: int = 4_000
    max_visits: int = 100_000
    max_running: int = 1_000
    short_wait: float = 5.0
    max_journal_bytes: int = 200_000_000
    kind_rates: Mapping[str, Rate] = {}
    """How often nodes of a kind may run, by kind."""


class World(msgspec.Struct, frozen=True):
    """The outside of a run: clock, evaluator, clients, blobs, variables, secrets, folders."""

    clock: Clock
    evaluator: Evaluator
    clients: Clients
    blobs: Blobs
    variables: Callable[[str, str], Variables]
    """Gives the variables outside an execution, for a workflow id and a user."""
    secret: Callable[[str], str]
    """Gives the value of a secret; raises `NotFoundError`."""
    artifacts: Path
    folder_of: Callable[[str], Path]
    """Gives the folder in which the relative paths of a workflow's nodes start."""
    limits: Limits = Limits()
    given_secrets: Callable[[], Collection[str]] = tuple
    """Gives the values of the secrets handed out so far."""
    calls: Calls = NoCalls()
    """Starts other workflows."""
    addresses: Addresses = msgspec.field(default_factory=lambda: Addresses(os.urandom(32)))
    """Gives the addresses of waits; by default such that nobody else can work them out, not even later."""
    users: Directory = NO_USERS
    """The directory of users."""
    is_traced: bool = False
    """Whether requests and called workflows are told which attempt they come from."""
    alarm: Alarm = no_alarm
    """Told of every execution that fails."""
    leaving: Leaving = msgspec.field(default_factory=Leaving)
    """Whether the engine stops, and what may end before."""
    stand_in: StandIn | None = None
    """Says how visits end whose nodes must not run; there is none where all is real."""

    def redacted(self, value: Any) -> Any:
        """Return `value` with every secret that was handed out replaced by `***`."""
        given = self.given_secrets()
        return redact(value, given) if given else value
