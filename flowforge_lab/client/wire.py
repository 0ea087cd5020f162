"""One conversation with a server: requests, and failures as the errors they were there."""

import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx
import msgspec

from flowforge_lab.errors import (
    AccessError,
    ConflictError,
    DocumentError,
    ExpressionError,
    FlowForgeError,
    NodeError,
    NotFoundError,
    PlanError,
    Problem,
    QueryError,
    ServiceError,
    SettingsError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)
from flowforge_lab.events import Entry, Row, from_row
from flowforge_lab.services import to_json

_KINDS: Mapping[str, type[FlowForgeError]] = {
    "bot.unknown": NodeError,
    "node.failed": NodeError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "expression.invalid": ExpressionError,
    "query.invalid": QueryError,
    "settings.invalid": SettingsError,
    "store.failed": StoreError,
    "store.full": StoreFullError,
    "store.unavailable": StoreUnavailableError,
    "access.credentials": AccessError,
    "access.role": AccessError,
    "access.origin": AccessError,
    "access.forbidden": AccessError,
    "access.forged": AccessError,
    "service.failed": ServiceError,
}
_IN_MEMORY_BYTES = 8_000_000
_TRIES = 8
_AGAIN_SECONDS = 0.25
_QUIET_SECONDS = 40.0
"""A stream says at least every 15 seconds that it is there; after this it is not."""


def place(*parts: str) -> str:
    """Return the path below `/api` of these parts, whatever is in them: an id leads nowhere else.

    Raises:
        NotFoundError: a part is no name at all.
    """
    if {"", ".", ".."} & set(parts):
        msg = f"{' '.join(parts)!r} names nothing"
        raise NotFoundError(msg)
    return "/".join(("/api", *(quote(part, safe="") for part in parts)))


class Ending:
    """The wish that a stream comes to its end, told from another thread than the one that reads it."""

    def __init__(self) -> None:
        self._is_wanted = threading.Event()
        self._is_live = threading.Event()
        self._socket: socket.socket | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether somebody has had enough."""
        return self._is_wanted.is_set()

    def of(self, answer: httpx.Response) -> None:
        """Take note of the answer that is read now."""
        stream = answer.extensions.get("network_stream")
        self._socket = None if stream is None else stream.get_extra_info("socket")

    def live(self) -> None:
        """Take note that what comes from now on is in the stream."""
        self._is_live.set()

    def wait_until_live(self, seconds: float) -> bool:
        """Wait until what comes is in the stream; false if that takes longer."""
        return self._is_live.wait(seconds)

    def want(self) -> None:
        """Let the stream end at once: who reads it finds its connection cut."""
        self._is_wanted.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class Wire:
    """Asks a server; for any number of threads."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = url.rstrip("/")
        self._patience = httpx.Timeout(timeout, read=_QUIET_SECONDS)
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout)

    def close(self) -> None:
        """End all conversations; may be called twice."""
        self._http.close()

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """Return what an endpoint answers, as JSON values; `None` where it answers nothing.

        `sent` are `json` (any value that may flow along an edge), `params` and `timeout`.

        Raises:
            FlowForgeError: of the class that the same call would raise on the server.
            ValueError: the server does not take what was sent.
            StoreUnavailableError: it cannot be reached.
        """
        try:
            answer = self._http.request(method, path, **_written(sent))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise error_of(answer)
        return answer.json() if answer.content else None

    @contextmanager
    def opened(self, method: str, path: str, **sent: Any) -> Iterator[IO[bytes]]:
        """Give the file that an endpoint answers, whole and at its begin.

        Raises as `ask` does.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            self._fetch(method, path, file, **sent)
            file.seek(0)
            yield file

    def download(self, path: str, target: Path) -> int:
        """Write the file that an endpoint answers to `target`, and return its size in bytes.

        Nothing is there unless all of it came. Raises as `ask` does.
        """
        self.bring(path, target)
        return target.stat().st_size

    def bring(self, path: str, target: Path, **sent: Any) -> Mapping[str, str]:
        """Write the file that an endpoint answers to `target`, and return what its headers say.

        Nothing is there unless all of it came. Raises as `ask` does.
        """
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            headers = self._fetch("GET", path, file, **sent)
            file.seek(0)
            with target.open("wb") as written:
                shutil.copyfileobj(file, written)
        return headers

    def _fetch(self, method: str, path: str, file: IO[bytes], **sent: Any) -> Mapping[str, str]:
        try:
            with self._http.stream(
                method, path, timeout=self._patience, **_written(sent)
            ) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    answer.read()
                    raise error_of(answer)
                for chunk in answer.iter_bytes():
                    file.write(chunk)
                return answer.headers
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def follow(self, path: str, *, ending: "Ending | None" = None) -> Iterator[Entry]:
        """Yield the entries of a stream, over any number of broken connections, to its end.

        That comes too where this conversation is closed, or somebody wants an end. Raises as `ask` does.
        """
        ending = ending or Ending()
        after, tries = 0, 0
        while not (ending.is_wanted or self._http.is_closed):
            try:
                for id, entry in self._stream(path, after, ending):
                    if entry is None:
                        return
                    after, tries = id, 0
                    yield entry
            except httpx.HTTPError as error:
                tries += 1
                if tries >= _TRIES:
                    raise self._unreachable(error) from error
            time.sleep(_AGAIN_SECONDS)  # noqa: TID251  # between two connections, in the caller's thread

    def _stream(
        self, path: str, after: int, ending: "Ending"
    ) -> Iterator[tuple[int, Entry | None]]:
        """Yield entries of one connection, each with its place, and `None` at the end of the stream."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        with self._http.stream("GET", path, headers=headers, timeout=self._patience) as answer:
            if answer.status_code == httpx.codes.NO_CONTENT:
                yield 0, None
                return
            if answer.status_code >= httpx.codes.BAD_REQUEST:
                answer.read()
                raise error_of(answer)
            id = after
            ending.of(answer)
            for line in answer.iter_lines():
                if line == "event: end" or ending.is_wanted:
                    yield 0, None
                    return
                if line.startswith(":") or id:
                    ending.live()
                if line.startswith("id: "):
                    id = int(line[4:])
                if line.startswith("data: "):
                    yield id, entry_of(json.loads(line[6:]))

    def events(self, path: str, *, sent: Any) -> Generator[tuple[str, bytes]]:
        """Yield the named events with which an endpoint answers; it ends what it does where this is closed.

        Raises as `ask` does, also for an `error` among the events.
        """
        try:
            with self._http.stream(
                "POST", path, timeout=self._patience, **_written({"json": sent})
            ) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    answer.read()
                    raise error_of(answer)
                for name, data in _named(answer.iter_lines()):
                    if name == "error":
                        raise error_from(json.loads(data))
                    yield name, data
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"cannot reach the lab at {self.url}: {error}")


def _named(lines: Iterator[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the events of a stream by their names."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, line[6:].encode()


def _written(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent with its JSON as text: times and decimals are text in it, frames rows."""
    if "json" not in sent:
        return sent
    rest = {name: value for name, value in sent.items() if name != "json"}
    if sent["json"] is None:
        return rest
    headers = {"Content-Type": "application/json", **rest.pop("headers", {})}
    return {**rest, "content": to_json(sent["json"]), "headers": headers}


def error_of(answer: httpx.Response) -> FlowForgeError | ValueError:
    """Return the error that an answer tells."""
    try:
        told: dict[str, Any] = answer.json()
    except ValueError:
        return FlowForgeError(f"{answer.status_code} {answer.reason_phrase}: {answer.text[:200]}")
    return error_from(told)


def error_from(told: Mapping[str, Any]) -> FlowForgeError | ValueError:
    """Return the error that problem details tell."""
    code, detail = str(told.get("code", "")), str(told.get("detail", ""))
    found = told.get("problems", ())
    if code == "request.invalid":
        is_of_path = bool(found) and all(one["field"].startswith("path.") for one in found)
        return NotFoundError(detail) if is_of_path else ValueError(detail)
    problems = [msgspec.convert({"message": "", **one}, Problem) for one in found]
    if code == "plan.invalid":
        return PlanError(problems)
    if code == "document.invalid":
        return DocumentError(detail, problems)
    return _KINDS.get(code, FlowForgeError)(detail or code)


def entry_of(told: Mapping[str, Any]) -> Entry:
    """Return a journal entry from what an endpoint or a stream tells.

    Raises:
        StoreVersionError: the server is of a newer version, and knows events that we do not.
    """
    text = json.dumps(told["event"])
    kind = str(told["event"].get("type", ""))
    at = microseconds(str(told["at"]))
    execution_id, seq = str(told["execution_id"]), int(told["seq"])
    event_id = f"{execution_id[-12:]}-{seq}"
    row = Row(execution_id, seq, event_id, at, kind, "", "", "", 0, 0, "", 0, 0.0, text)
    return from_row(row)


def microseconds(text: str) -> int:
    """Return a time as microseconds since 1970, UTC."""
    from datetime import datetime

    found = datetime.fromisoformat(text)
    return round(found.timestamp() * 1e6)
