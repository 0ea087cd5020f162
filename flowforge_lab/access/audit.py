"""Who changed what: one line each, at the end of a file, chained so that nothing can be taken out unseen."""

import asyncio
import errno
import getpass
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import SettingsError, StoreError

if sys.platform != "win32":
    import fcntl

FILE, HEAD = "audit.jsonl", "audit.head"
Way = Literal["local", "token", "session"]
_FIRST = "0" * 64
_MOST_BYTES = 20_000
"""Of before and after together in one line; larger ones stand as their digest."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts, and how they are known: at this machine, by a token, or signed in."""

    name: str
    way: Way = "local"
    address: str = ""


class Change(msgspec.Struct, frozen=True):
    """One line. `at` is microseconds since 1970, UTC; `before` and `after` are `None` for what is not there.

    `chain` is the digest of the line before it and of this one.
    """

    number: int
    at: int
    who: str
    way: str
    address: str
    action: str
    target: str
    before: Any = None
    after: Any = None
    chain: str = ""


_actor: ContextVar[Actor | None] = ContextVar("flowforge_actor", default=None)


def acting() -> Actor:
    """Return who acts now: whoever a server let in for this request, else the user of this process."""
    return _actor.get() or Actor(_user())


@contextmanager
def act_as(actor: Actor) -> Iterator[None]:
    """Let everything meanwhile, in this task, be done by somebody."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


class Audit:
    """The log of the lab whose `.flowforge` is `folder`. It only grows; a file beside it says where it ends.

    `hidden` takes secrets out of what is written.
    """

    def __init__(self, folder: Path, clock: Clock, hidden: Callable[[Any], Any]) -> None:
        self._path = folder / FILE
        self._head = folder / HEAD
        self._clock = clock
        self._hidden = hidden

    async def note(
        self, action: str, target: str, *, before: Any = None, after: Any = None
    ) -> None:
        """Write a line as `write` does, without holding up the loop."""
        await asyncio.to_thread(self.write, action, target, before=before, after=after)

    def write(self, action: str, target: str, *, before: Any = None, after: Any = None) -> None:
        """Write the line of a change that was made, on disk when this returns.

        Raises:
            StoreError: it cannot be written; the text says that the change was made all the same.
        """
        actor = acting()
        shown = _small(self._hidden(before)), _small(self._hidden(after))
        try:
            with self._alone() as file:
                last = _last_of(file)
                number, chain = (last.number + 1, last.chain) if last else (1, _FIRST)
                line = Change(
                    number,
                    self._clock.stamp(),
                    actor.name,
                    actor.way,
                    actor.address,
                    action,
                    target,
                    *shown,
                )
                line = msgspec.structs.replace(line, chain=_link(chain, line))
                _write(file, msgspec.json.encode(line) + b"\n")
                self._end_at(line)
        except OSError as error:
            what = f"{action} {target} is done, but the log of changes does not say so"
            msg = f"{what}: cannot write {self._path}: {error.strerror or error}"
            raise StoreError(msg) from error

    def lines(
        self,
        *,
        who: str = "",
        action: str = "",
        target: str = "",
        since: int = 0,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Change]:
        """Return lines, the newest first, those with a number below `before`.

        `action` is one, or the first part of several: `workflow` for `workflow.activated` and others.
        """
        found: list[Change] = []
        for line in self._backwards():
            if line.at < since or len(found) == limit:
                break
            is_meant = (
                (before is None or line.number < before)
                and who in {"", line.who}
                and target in {"", line.target}
                and (action in {"", line.action} or line.action.startswith(f"{action}."))
            )
            if is_meant:
                found.append(line)
        return found

    def check(self) -> int:
        """Return how many lines there are; each is as it was written and follows the one before it.

        Raises:
            SettingsError: a line was changed, added, taken out or cut off; it says which.
        """
        chains = [_FIRST]
        for number, text in enumerate(self._texts(), 1):
            line = _line_of(text)
            if line is None or line.number != number or line.chain != _link(chains[-1], line):
                msg = f"line {number} of {self._path} is not as it was written, or one before it is gone"
                raise SettingsError(msg)
            chains.append(line.chain)
        found, (noted, chain) = len(chains) - 1, self._end()
        if found < noted or chains[noted] != chain or (found and not noted):
            msg = f"{self._path} does not end where it did: {noted} lines were written, {found} are there"
            raise SettingsError(msg)
        return found

    def _end_at(self, line: Change) -> None:
        """Note where the log ends: of one length always, so that it is written whole or not at all."""
        file = os.open(self._head, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, f"{line.number:020} {line.chain}\n".encode(), 0)
        finally:
            os.close(file)

    def _end(self) -> tuple[int, str]:
        try:
            number, _, chain = self._head.read_text().strip().partition(" ")
            return int(number), chain
        except (OSError, ValueError):
            return 0, _FIRST

    def _texts(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []

    def _backwards(self) -> Iterator[Change]:
        for text in reversed(self._texts()):
            line = _line_of(text)
            if line is not None:
                yield line

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Open the file for one line, while nobody else writes one."""
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _write(file: int, line: bytes) -> None:
    """Write a line, on disk when this returns; a full disk may take a part of it without a word."""
    if os.write(file, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file)


def _last_of(file: int) -> Change | None:
    """Return the last whole line; what a crash cut off was never said to be written, and goes."""
    size = os.fstat(file).st_size
    start = max(size - 2 * _MOST_BYTES - 4096, 0)
    tail = os.pread(file, size - start, start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if whole != tail:
        os.ftruncate(file, start + len(whole))
    found = [line for line in map(_line_of, whole.splitlines()) if line is not None]
    return found[-1] if found else None


def _line_of(text: bytes) -> Change | None:
    try:
        return msgspec.json.decode(text, type=Change)
    except msgspec.MsgspecError:
        return None


def _link(chain: str, line: Change) -> str:
    """Return the chain of a line behind another one, whatever its own says."""
    bare = msgspec.structs.replace(line, chain="")
    return hashlib.sha256(chain.encode() + msgspec.json.encode(bare)).hexdigest()


def _small(value: Any) -> Any:
    """Return a value as it is if it is small, and what tells it from others if not."""
    text = json.dumps(value, default=str, sort_keys=True)
    if len(text) <= _MOST_BYTES // 2:
        return json.loads(text)
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text)}


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
