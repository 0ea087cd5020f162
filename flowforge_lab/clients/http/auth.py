"""Who we say we are: the ways to authenticate a request, and the tokens got for it."""

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from pydantic import SecretStr

from flowforge_lab.clock import Clock

_LEEWAY_SECONDS = 30.0
_UNKNOWN_LIFE_SECONDS = 300.0
_REMEMBERED = 100


class BasicAuth(msgspec.Struct, frozen=True):
    """User and password."""

    user: str
    password: SecretStr

    def header(self) -> tuple[str, str]:
        """Return the header's name and value."""
        pair = f"{self.user}:{self.password.get_secret_value()}".encode()
        return "Authorization", f"Basic {b64encode(pair).decode()}"


class BearerAuth(msgspec.Struct, frozen=True):
    """A token."""

    token: SecretStr

    def header(self) -> tuple[str, str]:
        """Return the header's name and value."""
        return "Authorization", f"Bearer {self.token.get_secret_value()}"


class HeaderAuth(msgspec.Struct, frozen=True):
    """A header of the service's own, such as `X-Api-Key`."""

    name: str
    value: SecretStr

    def header(self) -> tuple[str, str]:
        """Return the header's name and value."""
        return self.name, self.value.get_secret_value()


class ClientCredentials(msgspec.Struct, frozen=True):
    """OAuth2 client credentials: a token is asked for, kept, and renewed before it ends.

    `allow_private` says whether the token may be asked for inside the own network.
    """

    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str = ""
    allow_private: bool = False

    @property
    def key(self) -> tuple[str | bool, ...]:
        """What tells one token from another; a changed secret asks again."""
        secret = self.client_secret.get_secret_value()
        return self.token_url, self.client_id, self.scope, secret, self.allow_private


Auth = BasicAuth | BearerAuth | HeaderAuth | ClientCredentials


class Token(msgspec.Struct, frozen=True):
    """What a token endpoint answered."""

    access_token: str
    expires_in: float | None = None


Fetch = Callable[[ClientCredentials], Awaitable[Token]]


class Tokens:
    """The OAuth2 tokens in use, each asked for once however many requests wait for it."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[tuple[str | bool, ...], tuple[str, float]] = {}
        self._locks: dict[tuple[str | bool, ...], asyncio.Lock] = {}
        self._latest: deque[str] = deque(maxlen=_REMEMBERED)
        self.given: frozenset[str] = frozenset()
        """The tokens last given out, to be shown nowhere."""

    async def get(self, auth: ClientCredentials) -> str:
        """Return a token that is still good for a while."""
        async with self._locks.setdefault(auth.key, asyncio.Lock()):
            token, ends_at = self._kept.get(auth.key, ("", 0.0))
            if token and self._clock.monotonic() < ends_at:
                return token
            fresh = await self._fetch(auth)
            life = fresh.expires_in if fresh.expires_in is not None else _UNKNOWN_LIFE_SECONDS
            ends_at = self._clock.monotonic() + max(life - _LEEWAY_SECONDS, 0.0)
            self._kept[auth.key] = (fresh.access_token, ends_at)
            self._latest.append(fresh.access_token)
            self.given = frozenset(self._latest)
            return fresh.access_token

    def forget(self, auth: ClientCredentials) -> bool:
        """Drop the token, since the service refused it; return whether there was one."""
        return self._kept.pop(auth.key, None) is not None
