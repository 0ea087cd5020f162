"""QStash on this machine: its schedules, kept as strictly as it does, and the calls it signs."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.ids import new_id

from .local_server import LocalServer, Received, Reply

_CRON = re.compile(r"(CRON_TZ=[A-Za-z_+/0-9-]+ )?\S+( \S+){4}")
_LIFETIME_SECONDS = 300
_MAX_RETRIES = 5
_JSON = {"Content-Type": "application/json"}


class SignedCall(msgspec.Struct, frozen=True):
    """What QStash posts to `url`."""

    url: str
    headers: dict[str, str]
    body: bytes


class QstashServer(LocalServer):
    """Knows `POST /v2/schedules/<address>`, `GET /v2/schedules`, `GET` and `DELETE /v2/schedules/<id>`.

    It refuses what QStash refuses: a wrong token, a cron line that is none, an address that nobody can
    reach. `down` answers stand before all others, one for each request.
    """

    def __init__(self, *, token: str, signing_key: str, clock: Clock | None = None) -> None:
        super().__init__()
        self.token = token
        self.signing_key = signing_key
        self.schedules: dict[str, dict[str, Any]] = {}
        self.down: list[int] = []
        self._clock = clock or SystemClock()

    def reply_to(self, received: Received) -> Reply:
        """Return the answer to a request."""
        if self.down:
            return _error(self.down.pop(0), "try again")
        if received.headers.get("authorization") != f"Bearer {self.token}":
            return _error(401, "unauthorized")
        _, version, head, *rest = [*received.path.split("/", 3), ""]
        if (version, head) != ("v2", "schedules"):
            return _error(404, "no such path")
        return self._reply(unquote(rest[0]), received)

    def _reply(self, named: str, received: Received) -> Reply:
        if received.method == "POST":
            return self._create(named, received)
        if named and named not in self.schedules:
            return _error(404, f"schedule {named} not found")
        if received.method == "DELETE" and named:
            del self.schedules[named]
            return Reply(status=202)
        if received.method == "GET":
            found = self.schedules[named] if named else list(self.schedules.values())
            return Reply(body=msgspec.json.encode(found), headers=_JSON)
        return _error(405, "method not allowed")

    def _create(self, destination: str, received: Received) -> Reply:
        headers = received.headers
        problem = _problem(destination, headers)
        if problem:
            return _error(400, problem)
        id = headers.get("upstash-schedule-id") or f"scd_{new_id()}"
        self.schedules[id] = {
            "scheduleId": id,
            "destination": destination,
            "cron": headers["upstash-cron"],
            "createdAt": self._clock.stamp() // 1000,
            "method": headers.get("upstash-method", "POST"),
            "body": received.body.decode(),
            "retries": int(headers.get("upstash-retries", "3")),
            "timeout": int(headers.get("upstash-timeout", "30s").removesuffix("s")),
            "isPaused": False,
        }
        return Reply(status=201, body=msgspec.json.encode({"scheduleId": id}), headers=_JSON)

    def call(
        self,
        schedule_id: str,
        *,
        key: str = "",
        message_id: str = "",
        **claims: Any,
    ) -> SignedCall:
        """Return a call as it is posted for a schedule, signed now; `claims` stand for its own."""
        import jwt

        schedule = self.schedules[schedule_id]
        body = schedule["body"].encode()
        now = self._clock.stamp() // 1_000_000
        own = {
            "iss": "Upstash",
            "sub": schedule["destination"],
            "iat": now,
            "nbf": now,
            "exp": now + _LIFETIME_SECONDS,
            "jti": f"jwt_{new_id()}",
            "body": base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode(),
        }
        signature = jwt.encode({**own, **claims}, key or self.signing_key, algorithm="HS256")
        headers = {
            "Upstash-Signature": signature,
            "Upstash-Message-Id": message_id or f"msg_{new_id()}",
            "Upstash-Schedule-Id": schedule_id,
            "Content-Type": "application/json",
        }
        return SignedCall(schedule["destination"], headers, body)

    async def deliver(self, schedule_id: str, to: str, **claims: Any) -> int:
        """Post a call to where the address of its schedule really is, and return the status.

        The schedule tells of it afterwards: `SUCCESS` for a status of 2xx, else `FAIL`.
        """
        import httpx

        call = self.call(schedule_id, **claims)
        async with httpx.AsyncClient() as client:
            response = await client.post(to, content=call.body, headers=call.headers)
        self.note(schedule_id, call, is_delivered=response.is_success)
        return response.status_code

    def note(self, schedule_id: str, call: SignedCall, *, is_delivered: bool) -> None:
        """Let the schedule tell how a call went."""
        state = "SUCCESS" if is_delivered else "FAIL"
        message = call.headers["Upstash-Message-Id"]
        self.schedules[schedule_id] |= {
            "lastScheduleTime": self._clock.stamp() // 1000,
            "lastScheduleStates": {message: state},
        }


def _problem(destination: str, headers: Mapping[str, str]) -> str:
    """Return what is wrong with a schedule, all of it; empty for nothing."""
    parts = urlsplit(destination)
    cron, retries = headers.get("upstash-cron", ""), headers.get("upstash-retries", "3")
    wait = headers.get("upstash-timeout", "30s")
    checks = {
        f"invalid destination url: {destination}": parts.scheme in {"http", "https"},
        f"destination resolves to a loopback address: {destination}": (
            parts.hostname not in {None, "localhost", "127.0.0.1", "::1"}
        ),
        f"invalid cron: {cron}": _CRON.fullmatch(cron) is not None,
        f"invalid retries: {retries}": retries.isdecimal() and int(retries) <= _MAX_RETRIES,
        f"invalid timeout: {wait}": re.fullmatch(r"[0-9]+s", wait) is not None,
    }
    return "; ".join(text for text, is_well in checks.items() if not is_well)


def _error(status: int, text: str) -> Reply:
    return Reply(status=status, body=msgspec.json.encode({"error": text}), headers=_JSON)
