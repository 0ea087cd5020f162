"""QStash: schedules kept by its HTTP API, and the calls it signs."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ServiceError

URL = "https://qstash.upstash.io"
_WAITS = (0.2, 0.8)
_TIMEOUT_SECONDS = 10.0
_SKEW_SECONDS = 10
_SERVER_ERROR, _TOO_MANY, _NOT_FOUND = 500, 429, 404


class RemoteSchedule(msgspec.Struct, frozen=True, rename="camel"):
    """A schedule as QStash tells of it; times in milliseconds since 1970.

    `last_schedule_states` says for the messages of the last fire: IN_PROGRESS, SUCCESS or FAIL.
    """

    schedule_id: str
    destination: str = ""
    cron: str = ""
    is_paused: bool = False
    last_schedule_time: int | None = None
    next_schedule_time: int | None = None
    last_schedule_states: dict[str, str] = {}
    error: str = ""


class QstashSchedules:
    """The schedules of an account. A call that may pass is made three times.

    Raises `ServiceError` from every call: QStash does not answer, or refuses; the text is its own.
    """

    def __init__(self, token: str, *, url: str = URL, clock: Clock) -> None:
        self._token = token
        self._url = url.rstrip("/")
        self._clock = clock

    async def put(
        self, schedule_id: str, cron: str, destination: str, *, body: str, patience: float = 30.0
    ) -> None:
        """Make a schedule, or change the one of that id: it posts `body` to `destination`.

        A call that fails, or takes longer than `patience` seconds, QStash makes again three times.
        """
        headers = {
            "Upstash-Schedule-Id": schedule_id,
            "Upstash-Cron": cron,
            "Upstash-Method": "POST",
            "Upstash-Retries": "3",
            "Upstash-Timeout": f"{patience:.0f}s",
            "Content-Type": "application/json",
        }
        path = f"/v2/schedules/{destination}"
        await self._ask("POST", path, headers=headers, body=body.encode())

    async def remove(self, schedule_id: str) -> bool:
        """Remove a schedule; false if there was none."""
        path = f"/v2/schedules/{quote(schedule_id, safe='')}"
        return await self._ask("DELETE", path) is not None

    async def all(self) -> list[RemoteSchedule]:
        """Return all schedules of the account."""
        found = await self._ask("GET", "/v2/schedules")
        try:
            return msgspec.json.decode(found or b"[]", type=list[RemoteSchedule])
        except msgspec.MsgspecError as error:
            msg = f"QStash tells of its schedules in a form that is not known: {error}"
            raise ServiceError(msg) from error

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> bytes | None:
        """Return the body of the answer; `None` where there is no such thing."""
        given = headers or {}
        status, text = await self._ask_once(method, path, headers=given, body=body)
        for wait in _WAITS:
            if 0 < status < _SERVER_ERROR and status != _TOO_MANY:
                break
            await self._clock.sleep(wait)
            status, text = await self._ask_once(method, path, headers=given, body=body)
        if status == _NOT_FOUND:
            return None
        if not 0 < status < 300:  # noqa: PLR2004  # the successes of HTTP
            told = text.decode("utf-8", "replace")[:300]
            msg = f"QStash: {status}: {told}" if status else f"QStash does not answer: {told}"
            raise ServiceError(msg)
        return text

    async def _ask_once(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return status and body, or 0 and what was wrong where there was no answer."""
        import httpx

        given = {"Authorization": f"Bearer {self._token}", **headers}
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            try:
                url = f"{self._url}{path}"
                response = await client.request(method, url, headers=given, content=body)
            except httpx.HTTPError as error:
                return 0, (str(error) or type(error).__name__).encode()
            return response.status_code, response.content


class Claims(msgspec.Struct, frozen=True):
    """What a signed call says of itself: its own id, and when it was signed and ends (seconds since 1970)."""

    jti: str
    iat: float
    exp: float


class QstashReceiver:
    """Verifies calls with the present signing key, or the next one; an empty key counts for none."""

    def __init__(self, current_key: str, next_key: str) -> None:
        self._keys = [key for key in (current_key, next_key) if key]

    def claims(self, signature: str, body: bytes, url: str) -> Claims:
        """Return what the signature says, if it is genuine, still holds, and is of this body and address.

        Raises:
            ValueError: it is not; the text says why.
        """
        wrong = ["there is no signing key"]
        for key in self._keys:
            try:
                return _verified(key, signature, body=body, url=url)
            except ValueError as error:
                wrong.append(str(error))
        told = [text for text in wrong[1:] if _STRANGE not in text]
        raise ValueError((told or wrong)[-1])


_STRANGE = "Signature verification failed"  # what PyJWT says of another key


def _verified(key: str, signature: str, *, body: bytes, url: str) -> Claims:
    import jwt
    from qstash import Receiver
    from qstash.errors import SignatureError

    try:
        Receiver(key, key).verify(
            signature=signature, body=body.decode(), url=url, clock_tolerance=_SKEW_SECONDS
        )
        told: dict[str, Any] = jwt.decode(signature, options={"verify_signature": False})
        return msgspec.convert(told, Claims)
    except (SignatureError, jwt.PyJWTError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from error
    except (KeyError, AttributeError, UnicodeDecodeError) as error:
        msg = f"the signature or the body has not its form: {error}"
        raise ValueError(msg) from error
