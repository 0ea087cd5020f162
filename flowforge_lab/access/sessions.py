"""Browsers that are signed in: a cookie of 256 random bits, of which only the digest is kept."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from pathlib import Path

import msgspec

from flowforge_lab.clock import Clock

from .kept import Kept

FILE = "sessions.json"
_MICROSECOND = timedelta(microseconds=1)
IDLE = timedelta(hours=12)
"""After so long without a request a session is over."""
LONGEST = timedelta(days=7)
"""After so long it is over in any case."""
_RENEW = timedelta(minutes=10)


class Session(msgspec.Struct, frozen=True):
    """One browser; times are microseconds since 1970, UTC."""

    id: str
    account: str
    created_at: int
    seen_at: int
    address: str = ""
    agent: str = ""

    @property
    def ends_at(self) -> int:
        """When it is over unless it is used."""
        return min(self.seen_at + IDLE // _MICROSECOND, self.created_at + LONGEST // _MICROSECOND)


class Sessions:
    """The sessions of the lab whose `.flowforge` is `folder`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._kept = Kept(folder / FILE, Session, clock)
        self._clock = clock

    def open(self, account: str, *, address: str = "", agent: str = "") -> str:
        """Make a session and return what its cookie holds; nobody can read that again."""
        text = secrets.token_urlsafe(32)
        now = self._clock.stamp()
        session = Session(_digest(text), account, now, now, address[:100], agent[:200])
        with self._kept.change() as sessions:
            for id in [id for id, one in sessions.items() if one.ends_at <= now]:
                del sessions[id]
            sessions[session.id] = session
        return text

    def find(self, text: str) -> Session | None:
        """Return the session of a cookie, and let it last on; `None` if it is none, or over."""
        return self._valid(_digest(text)) if text else None

    def is_valid(self, id: str) -> bool:
        """Whether a session that was shown before is there still, and not over."""
        return self._valid(id) is not None

    def _valid(self, id: str) -> Session | None:
        found = self._kept.read().get(id)
        now = self._clock.stamp()
        if found is None or found.ends_at <= now:
            return None
        if now - found.seen_at > _RENEW // _MICROSECOND:
            with self._kept.change() as sessions:
                if id not in sessions:
                    return None
                found = sessions[id] = msgspec.structs.replace(found, seen_at=now)
        return found

    def all(self) -> list[Session]:
        """Return the sessions that are not over, the newest first."""
        now = self._clock.stamp()
        found = [one for one in self._kept.read().values() if one.ends_at > now]
        return sorted(found, key=lambda one: -one.created_at)

    def end(self, id: str) -> Session | None:
        """End a session, and return what it was."""
        with self._kept.change() as sessions:
            return sessions.pop(id, None)

    def end_of(self, account: str, *, but: str = "") -> int:
        """End the sessions of an account, `but` one, and return how many there were."""
        with self._kept.change() as sessions:
            gone = [id for id, one in sessions.items() if one.account == account and id != but]
            for id in gone:
                del sessions[id]
        return len(gone)


def proof_of(text: str) -> str:
    """Return what a page of ours shows beside the cookie; a page of others cannot know it."""
    return hmac.new(text.encode(), b"flowforge csrf", hashlib.sha256).hexdigest()


def is_proof(shown: str, text: str) -> bool:
    """Whether `shown` is the proof that belongs to a cookie."""
    return hmac.compare_digest(shown.encode(), proof_of(text).encode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
