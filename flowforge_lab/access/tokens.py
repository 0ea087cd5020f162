"""API tokens of a lab: made once, shown once, kept as digests in a file that only its owner may read."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NotFoundError
from flowforge_lab.spec import did_you_mean

from .audit import Audit
from .kept import Kept
from .roles import refuse_roles

FILE = "tokens.json"
_PREFIX = "fft"
_MAX_NAME = 100
_DAY = int(timedelta(days=1) / timedelta(microseconds=1))


class Token(msgspec.Struct, frozen=True):
    """What is known of a token; times are microseconds since 1970, UTC. The token itself is not.

    `roles` are those in single workflows, beside the one in the whole lab.
    """

    id: str
    name: str
    role: str
    digest: str
    created_at: int
    expires_at: int | None = None
    roles: dict[str, str] = {}


class Tokens:
    """The tokens of the lab whose `.flowforge` is `folder`."""

    def __init__(self, folder: Path, clock: Clock, audit: Audit) -> None:
        self._kept = Kept(folder / FILE, Token, clock)
        self._clock = clock
        self._audit = audit

    @property
    def is_empty(self) -> bool:
        """Whether there is no token at all; one that is over counts as one."""
        return not self._kept.read()

    def all(self) -> list[Token]:
        """Return every token, the oldest first."""
        return sorted(self._kept.read().values(), key=lambda one: one.created_at)

    def find(self, text: str) -> Token | None:
        """Return what is known of a token that somebody shows; `None` if it is not one, or is over."""
        parts = text.split("_", 2)
        if len(parts) != len(("prefix", "id", "secret")) or parts[0] != _PREFIX:
            return None
        token = self._kept.read().get(parts[1])
        if token is None or not hmac.compare_digest(token.digest, _digest(text)):
            return None
        return token if self._is_valid(token) else None

    def valid(self, id: str) -> Token | None:
        """Return a token that was shown before, if it is there still and not over."""
        token = self._kept.read().get(id)
        return token if token is not None and self._is_valid(token) else None

    def _is_valid(self, token: Token) -> bool:
        return token.expires_at is None or token.expires_at > self._clock.stamp()

    def create(
        self,
        name: str,
        role: str = "admin",
        *,
        roles: Mapping[str, str] | None = None,
        days: float | None = None,
    ) -> str:
        """Make a token and return it; nobody can read it again.

        Raises:
            ValueError: a role is none, or the name is empty or too long.
            SettingsError: the file cannot be written.
        """
        if not 0 < len(name) <= _MAX_NAME:
            msg = f"a token needs a name of 1 to {_MAX_NAME} characters"
            raise ValueError(msg)
        refuse_roles(role, roles or {})
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{id}_{secret}"
        now = self._clock.stamp()
        expires = None if days is None else now + int(days * _DAY)
        with self._kept.change() as tokens:
            tokens[id] = Token(id, name, role, _digest(text), now, expires, dict(roles or {}))
        facts = {"id": id, "role": role, "roles": dict(roles or {}), "expires_at": expires}
        self._audit.write("token.created", name, after=facts)
        return text

    def revoke(self, id: str) -> Token:
        """Take a token away, by its id or by its name, and return what it was.

        Raises:
            NotFoundError: there is none, or several have that name.
        """
        with self._kept.change() as tokens:
            found = [token for token in tokens.values() if id in {token.id, token.name}]
            if len(found) != 1:
                what = "several tokens are called" if found else "there is no token"
                near = did_you_mean(id, [*tokens, *(token.name for token in tokens.values())])
                raise NotFoundError(f"{what} {id!r}" + (f"; {near}" if near and not found else ""))
            del tokens[found[0].id]
        before = {"id": found[0].id, "role": found[0].role}
        self._audit.write("token.revoked", found[0].name, before=before)
        return found[0]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # 256 random bits need no slow hash
