"""The second level of versions: their texts in Redis, for workers that do not have them in their store."""

import importlib.util
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import SettingsError

from .records import Version

T = TypeVar("T")
logger = logging.getLogger(__name__)
_KEY = "flowforge:version:"
_KEPT_SECONDS = 86_400
_TIMEOUT_SECONDS = 0.5
_REST_SECONDS = 30.0


class SecondLevel:
    """Texts by digest, each for 24 hours after it was last put. Whoever reads one checks its digest.

    It only ever helps: where Redis does not answer, that is logged once, nothing is found, and it is left
    alone for half a minute.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        if importlib.util.find_spec("redis") is None:
            msg = (
                "cache_url is set, and redis is not installed: pip install 'flowforge-lab[redis]'"
            )
            raise SettingsError(msg)
        self._url = url
        self._clock = clock
        self._client: Any = None
        self._rests_until = 0.0
        self._is_told = False

    async def put(self, version: Version) -> None:
        """Keep a version for others."""
        text = msgspec.json.encode(version)
        await self._ask(
            lambda client: client.set(_KEY + version.digest, text, ex=_KEPT_SECONDS), None
        )

    async def find(self, digest: str) -> Version | None:
        """Return the version that is kept for a digest, if there is one; nobody has checked it."""
        text = await self._ask(lambda client: client.get(_KEY + digest), None)
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=Version)
        except msgspec.DecodeError:
            logger.warning("what Redis keeps for the version %s cannot be read", digest)
            return None

    async def close(self) -> None:
        """Hang up; may be called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _ask(self, ask: Callable[[Any], Awaitable[T]], otherwise: T) -> T:
        from redis.exceptions import RedisError

        if self._clock.monotonic() < self._rests_until:
            return otherwise
        try:
            answer = await ask(self._connected())
        except (RedisError, OSError, ValueError) as error:
            self._rest(error)
            return otherwise
        self._is_told = False
        return answer

    def _connected(self) -> Any:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        if self._client is None:
            self._client = Redis.from_url(
                self._url,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        return self._client

    def _rest(self, error: Exception) -> None:
        self._rests_until = self._clock.monotonic() + _REST_SECONDS
        if not self._is_told:
            self._is_told = True
            logger.warning("Redis does not answer, versions come from the store alone: %s", error)
