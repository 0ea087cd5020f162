"""Calls of QStash: verified, taken once, and each turned into the fire it stands for."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from flowforge_lab.clients import Claims, QstashReceiver
from flowforge_lab.clock import Clock
from flowforge_lab.store import Schedule, Store, Variable
from flowforge_lab.triggers import last_fire, next_fire

from .firing import Firing
from .moments import microseconds
from .remote_schedules import is_carried

logger = logging.getLogger(__name__)
_SCOPE = "qstash"  # beside the scopes that people see
_OLDEST_SECONDS = 300 + 60  # whatever it says of its own end; clocks may differ by a minute
_KEPT_SECONDS = 86_400
_EARLY_SECONDS = 1.0
_MAX_BODY_BYTES = 10_000

Status = Literal["started", "known", "refused", "replayed", "inactive"]
_HTTP: dict[Status, int] = {
    "started": 200,
    "known": 200,
    "refused": 401,
    "replayed": 409,
    "inactive": 410,
}


class Received(msgspec.Struct, frozen=True):
    """What became of a call. `known`: that time had fired already; `reason` says why it was refused."""

    status: Status
    execution_id: str = ""
    reason: str = ""

    @property
    def http_status(self) -> int:
        """The status to answer with."""
        return _HTTP[self.status]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    lab: str
    workflow_id: str
    node: str


class QstashCalls:
    """Takes what QStash posts to `address`; of several hosts any may take a call."""

    def __init__(
        self,
        receiver: QstashReceiver,
        firing: Firing,
        store: Store,
        *,
        address: str,
        clock: Clock,
    ) -> None:
        self._receiver = receiver
        self._firing = firing
        self._store = store
        self._address = address
        self._clock = clock

    async def receive(self, headers: Mapping[str, str], body: bytes, url: str = "") -> Received:
        """Start the execution that a call asks for, unless it is not genuine or was there before.

        `url` is the address that was called, where the caller knows it from outside; it must be the one
        that QStash was told. A call is known again by the id in its signature, for a day.
        """
        signature = {name.lower(): text for name, text in headers.items()}
        if url and url != self._address:
            return _refused(f"called at {url}, expected {self._address}")
        if len(body) > _MAX_BODY_BYTES:
            return _refused("the body is larger than any of ours")
        try:
            claims = self._claims(signature.get("upstash-signature", ""), body)
            asked = msgspec.json.decode(body, type=_Body)
        except (ValueError, msgspec.MsgspecError) as error:
            return _refused(str(error))
        if asked.lab != self._store.lab_id or self._store.is_copy:
            return Received("inactive", reason="the call is for another lab")
        message = signature.get("upstash-message-id", "")
        return await self._take(asked, claims, message)

    def _claims(self, token: str, body: bytes) -> Claims:
        """Return what is signed about a call.

        Raises:
            ValueError: it is not genuine, or too old.
        """
        claims = self._receiver.claims(token, body, self._address)
        if claims.iat < self._clock.now().timestamp() - _OLDEST_SECONDS:
            msg = "it was signed too long ago"
            raise ValueError(msg)
        return claims

    async def _take(self, asked: _Body, claims: Claims, message: str) -> Received:
        schedule = await self._find(asked)
        if schedule is None:
            return Received("inactive", reason=f"{asked.workflow_id}.{asked.node} has no schedule")
        due_at, is_new = await self._due_at(schedule, claims, message)
        if due_at is None:
            return Received("inactive", reason="the schedule had no fire so far")
        now = self._clock.now()
        facts = {"fired_at": now, "is_catch_up": False}
        started = await self._firing.fire(schedule, due_at, facts)
        if started is None:
            return Received("inactive", reason=f"{asked.workflow_id} is not active")
        await self._move_on(schedule, due_at, now)
        if started.status == "known":
            status: Status = "known" if is_new else "replayed"
            return Received(status, started.execution_id)
        return Received("started", started.execution_id)

    async def _find(self, asked: _Body) -> Schedule | None:
        for one in await self._store.schedules.all(only_active=True):
            if (one.workflow_id, one.node) == (asked.workflow_id, asked.node):
                return one if is_carried(one.spec) else None
        return None

    async def _due_at(
        self, schedule: Schedule, claims: Claims, message: str
    ) -> tuple[datetime | None, bool]:
        """Return the time that a call stands for, and whether its signature is seen the first time.

        QStash tells no time of the schedule: it is the last one before the call was signed, and for a
        further attempt at a message the one of the first attempt.
        """
        signed_at = datetime.fromtimestamp(claims.iat + _EARLY_SECONDS, UTC)
        names = [f"signature:{claims.jti}", *([f"message:{message}"] if message else [])]
        for name in names:
            kept = await self._store.variables.find(_SCOPE, "", name)
            if kept is not None:
                await self._keep(names[0], str(kept.value))
                return datetime.fromisoformat(str(kept.value)), name != names[0]
        due_at = last_fire(schedule.spec, signed_at)
        if due_at is None:
            return None, True
        is_new = await self._keep(names[0], due_at.isoformat())
        for name in names[1:]:
            await self._keep(name, due_at.isoformat())
        return due_at, is_new

    async def _keep(self, name: str, due_at: str) -> bool:
        expires_at = self._clock.stamp() + _KEPT_SECONDS * 1_000_000
        kept = Variable(_SCOPE, "", name, due_at, expires_at)
        return await self._store.variables.swap(kept, expected=None)

    async def _move_on(self, schedule: Schedule, due_at: datetime, now: datetime) -> None:
        """Note when the schedule fires next, for those who look at it."""
        following = next_fire(schedule.spec, now)
        if schedule.next_at is not None and schedule.next_at <= microseconds(due_at):
            await self._store.schedules.claim_fire(
                schedule.workflow_id,
                schedule.node,
                due_at=schedule.next_at,
                next_at=microseconds(following),
            )


def _refused(reason: str) -> Received:
    logger.warning("a call that claims to be of QStash was refused: %s", reason)
    return Received("refused", reason=reason)
