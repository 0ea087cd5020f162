"""Schedules that QStash keeps instead of a host: made on activation, removed on deactivation, looked at."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from flowforge_lab.clients import QstashSchedules, RemoteSchedule
from flowforge_lab.store import Schedule
from flowforge_lab.triggers import Fire

CARRIER = "qstash"
"""What stands as `carrier` in the spec of a schedule that QStash fires."""

WEBHOOK = "/api/qstash/webhook"
_PLAIN_FIELD = re.compile(r"[0-9*,/\-]+|[A-Za-z]{3}(-[A-Za-z]{3})?")
_FIELDS = 5

DeliveryState = Literal["none", "in_progress", "success", "fail", "paused", "missing"]


class Delivery(msgspec.Struct, frozen=True):
    """How QStash got on with a schedule; times in microseconds, UTC. `missing`: it has none any more."""

    workflow_id: str
    node: str
    state: DeliveryState
    last_at: int | None = None
    next_at: int | None = None
    error: str = ""


def is_public(url: str) -> bool:
    """Whether others can reach an address: neither this machine nor a private network."""
    host = urlsplit(url).hostname or ""
    if not host or host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


class RemoteSchedules:
    """QStash calls `address` for each fire. What its cron lines cannot say stays with the hosts."""

    def __init__(self, remote: QstashSchedules, *, public_url: str, lab_id: str) -> None:
        self._remote = remote
        self.address = public_url.rstrip("/") + WEBHOOK
        self._lab_id = lab_id

    async def put(self, workflow_id: str, fires: Iterable[Fire]) -> list[Fire]:
        """Make the schedules of a workflow and return its fires, each marked with who carries it.

        Raises:
            ServiceError: QStash does not answer, or refuses one; nothing may be activated then.
        """
        marked = []
        for fire in fires:
            if not _is_plain(fire.spec):
                marked.append(fire)
                continue
            cron = f"CRON_TZ={fire.spec['timezone']} {' '.join(str(fire.spec['cron']).split())}"
            body = {"lab": self._lab_id, "workflow_id": workflow_id, "node": fire.node}
            await self._remote.put(
                self.id_of(workflow_id, fire.node),
                cron,
                self.address,
                body=msgspec.json.encode(body).decode(),
            )
            spec = {**fire.spec, "carrier": CARRIER}
            marked.append(msgspec.structs.replace(fire, spec=spec))
        return marked

    async def remove(self, workflow_id: str, nodes: Iterable[str]) -> None:
        """Remove the schedules of some nodes; one that is not there is no matter.

        Raises:
            ServiceError: QStash does not answer; what it calls for is refused here nevertheless.
        """
        for node in nodes:
            await self._remote.remove(self.id_of(workflow_id, node))

    async def states(self, schedules: Sequence[Schedule]) -> list[Delivery]:
        """Return how the last fire of each schedule that QStash carries was delivered.

        Raises:
            ServiceError: QStash does not answer.
        """
        carried = [one for one in schedules if is_carried(one.spec)]
        if not carried:
            return []
        found = {remote.schedule_id: remote for remote in await self._remote.all()}
        return [
            _delivery(one, found.get(self.id_of(one.workflow_id, one.node))) for one in carried
        ]

    def id_of(self, workflow_id: str, node: str) -> str:
        """Return the id of a node's schedule: the same each time, so that none is made twice."""
        place = f"{self._lab_id}\0{workflow_id}\0{node}"
        return f"flowforge-{hashlib.sha256(place.encode()).hexdigest()[:32]}"


def is_carried(spec: dict[str, Any]) -> bool:
    """Whether QStash fires a schedule."""
    return spec.get("carrier") == CARRIER


def _is_plain(spec: dict[str, Any]) -> bool:
    """Whether a cron line is one that all cron programs read alike: no seconds, no `L`, `#` and `@`."""
    fields = str(spec.get("cron", "")).split()
    return len(fields) == _FIELDS and all(_PLAIN_FIELD.fullmatch(field) for field in fields)


def _delivery(schedule: Schedule, remote: RemoteSchedule | None) -> Delivery:
    place = schedule.workflow_id, schedule.node
    if remote is None:
        return Delivery(*place, "missing", error="QStash has no such schedule; activate it again")
    last, following = remote.last_schedule_time, remote.next_schedule_time
    return Delivery(
        *place,
        _state(remote),
        last_at=None if last is None else last * 1000,
        next_at=None if following is None else following * 1000,
        error=remote.error,
    )


def _state(remote: RemoteSchedule) -> DeliveryState:
    if remote.is_paused:
        return "paused"
    told = set(remote.last_schedule_states.values())
    if "FAIL" in told or remote.error:
        return "fail"
    if "IN_PROGRESS" in told:
        return "in_progress"
    return "success" if told else "none"
