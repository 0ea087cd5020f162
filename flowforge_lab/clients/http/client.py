"""Asking over HTTP, and no more than the policy allows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from flowforge_lab.clients.pacing import Pacer
from flowforge_lab.clients.tracing import call_span
from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.errors import NodeError
from flowforge_lab.values import Rate

from .auth import ClientCredentials, Token, Tokens
from .limits import Breaker, CircuitView
from .message import FormBody, HttpRequest, HttpResponse
from .paging import Paging, all_pages
from .policy import HttpPolicy

_UNAUTHORISED = 401
_SERVER_FAULT = 500


class HttpClient:
    """One policy, its connections, and what is known of each host; never tries again."""

    def __init__(
        self,
        policy: HttpPolicy | None = None,
        clock: Clock | None = None,
        *,
        pacer: Pacer | None = None,
        on_circuit: Callable[[CircuitView], None] | None = None,
    ) -> None:
        self._policy = policy or HttpPolicy()
        self._clock = clock or SystemClock()
        self._breaker = Breaker(
            self._clock,
            failures=self._policy.breaker_failures,
            seconds=self._policy.breaker_seconds,
            window=self._policy.breaker_window,
            on_change=on_circuit,
        )
        self._pacer = pacer or Pacer(self._clock)
        self._tokens = Tokens(self._fetch_token, self._clock)
        self._opened: dict[tuple[bool, str], Any] = {}  # httpx.AsyncClient; httpx is imported late

    @property
    def given_tokens(self) -> frozenset[str]:
        """The access tokens that were got and may come back in an answer: they are shown nowhere."""
        return self._tokens.given

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Ask once, follow redirects, and return the answer if the request accepts its status.

        Raises:
            NodeError: of type `http.status`, `.timeout`, `.connect`, `.blocked`, `.too_large`,
                `.circuit_open`, `.decode` or `.invalid`.
        """
        response = await self._authorised(request)
        from .failures import accepts, unexpected_status

        if not accepts(request.accept, response.status):
            raise unexpected_status(response, self._clock.now())
        return response

    async def send_all(self, request: HttpRequest, paging: Paging) -> list[HttpResponse]:
        """Ask for page after page, at least one, until the paging says that there are no more.

        Raises:
            NodeError: as for `send`, or a page leads to another host.
        """
        return await all_pages(self.send, request, paging)

    async def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        while self._opened:
            _, client = self._opened.popitem()
            await client.aclose()

    async def _authorised(self, request: HttpRequest) -> HttpResponse:
        response = await self._redirected(request, await self._credentials(request))
        is_stale = response.status == _UNAUTHORISED and isinstance(request.auth, ClientCredentials)
        if is_stale and self._tokens.forget(request.auth):  # type: ignore[arg-type]  # is_stale says which it is
            return await self._redirected(request, await self._credentials(request))
        return response

    async def _credentials(self, request: HttpRequest) -> Mapping[str, str]:
        if request.auth is None:
            return {}
        if isinstance(request.auth, ClientCredentials):
            return {"Authorization": f"Bearer {await self._tokens.get(request.auth)}"}
        name, value = request.auth.header()
        return {name: value}

    async def _redirected(
        self, request: HttpRequest, credentials: Mapping[str, str]
    ) -> HttpResponse:
        from .outgoing import outgoing, redirected

        client = self._client(request)
        with _buildable():
            following: Any = outgoing(client, request, credentials)
        for _ in range(self._max_redirects(request) + 1):
            current = following
            response, following = await self._exchange(client, current, request)
            if following is None:
                return response
            following = redirected(current, following)
        msg = f"it redirects more than {self._max_redirects(request)} times"
        raise NodeError(msg, type="http.blocked", is_transient=False)

    async def _exchange(
        self, client: Any, outgoing: Any, request: HttpRequest
    ) -> tuple[HttpResponse, Any]:
        from .exchange import exchange
        from .outgoing import origin_of

        origin = origin_of(outgoing.url)
        await self._turn(outgoing.url.host, origin, request)
        self._breaker.admit(origin)
        try:
            with call_span(outgoing.method, origin, outgoing.headers) as span:
                done = await exchange(
                    client, outgoing, seconds=request.timeout, max_bytes=self._max_bytes(request)
                )
                span(done.response.status)
        except NodeError as error:
            if error.is_transient:
                self._breaker.note(origin, str(error))
            raise
        status = done.response.status
        self._breaker.note(origin, f"status {status}" if status >= _SERVER_FAULT else "")
        is_followed = done.following is not None and self._max_redirects(request) > 0
        return done.response, done.following if is_followed else None

    async def _turn(self, host: str, origin: str, request: HttpRequest) -> None:
        """Return when this host may be asked, as the lab and the request say."""
        rate = self._policy.rate_of(host)
        await self._pacer.wait(f"host:{host}", rate, why=f"requests to {host}")
        per_second = request.max_per_second or self._policy.max_per_second
        even = None if not per_second else Rate(1, 1.0 / per_second)
        await self._pacer.wait(f"origin:{origin}", even, why=f"requests to {host}")

    def circuits(self) -> list[CircuitView]:
        """Return what is known of the hosts that failed lately, those left alone first."""
        return self._breaker.views()

    async def _fetch_token(self, auth: ClientCredentials) -> Token:
        from .auth import BasicAuth

        fields = {"grant_type": "client_credentials"} | (
            {"scope": auth.scope} if auth.scope else {}
        )
        response = await self.send(
            HttpRequest(
                url=auth.token_url,
                method="POST",
                body=FormBody(fields),
                auth=BasicAuth(auth.client_id, auth.client_secret),
                allow_private=auth.allow_private,
            )
        )
        try:
            return msgspec.convert(response.json(), Token)
        except msgspec.ValidationError as error:
            msg = f"{auth.token_url} gave no token"
            raise NodeError(msg, type="http.decode", detail=str(error)) from error

    def _client(self, request: HttpRequest) -> Any:
        private = self._policy.opens_private(asked=request.allow_private)
        proxy = request.proxy.get_secret_value() if request.proxy else self._policy.proxy
        if (private, proxy) not in self._opened:
            from .transport import open_http

            self._opened[private, proxy] = open_http(self._policy, private=private, proxy=proxy)
        return self._opened[private, proxy]

    def _max_redirects(self, request: HttpRequest) -> int:
        limit = request.max_redirects
        return (
            self._policy.max_redirects if limit is None else min(limit, self._policy.max_redirects)
        )

    def _max_bytes(self, request: HttpRequest) -> int:
        limit = request.max_response_bytes or self._policy.max_response_bytes
        return min(limit, self._policy.max_response_bytes)


@contextmanager
def _buildable() -> Iterator[None]:
    from httpx import InvalidURL

    try:
        yield
    except (InvalidURL, TypeError, ValueError) as error:
        msg = "this cannot be asked over HTTP"
        raise NodeError(
            msg,
            type="http.invalid",
            detail=str(error),
            is_transient=False,
        ) from error
