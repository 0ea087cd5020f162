"""How connections are made: a name is resolved once, and only checked addresses are used.

httpx and httpcore are imported here and nowhere else at the top of a module, so this file is
itself imported late.
"""

import asyncio
import socket
from collections.abc import Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx
from typing_extensions import override

from flowforge_lab.errors import NodeError

from .addresses import OpenHosts, is_public
from .policy import HttpPolicy

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to hosts that are open by name.

    The check and the connection use one answer of the resolver, so that a name cannot change its
    mind between the two. TLS still verifies the name, which httpcore does above this.
    """

    def __init__(self, open_hosts: OpenHosts) -> None:
        self._open_hosts = open_hosts
        self._inner = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _resolve(host, port)
        for address in addresses:
            if not is_public(address) and not self._open_hosts.has(host, address):
                raise _blocked(host, address)
        return await self._first(addresses, port, timeout, local_address, socket_options)

    async def _first(
        self, addresses: list[str], port: int, *rest: object
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, *rest)  # type: ignore[arg-type]  # httpcore's own arguments, passed on
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = failure or error
        raise failure or httpcore.ConnectError("the name has no address")

    @override
    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        msg = f"no address for {host!r}: {error}"
        raise httpcore.ConnectError(msg) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _blocked(host: str, address: str) -> NodeError:
    return NodeError(
        f"{host} is a private address",
        type="http.blocked",
        detail=f"it resolves to {address}; allow private addresses here if that is meant",
        is_transient=False,
    )


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a network of our own; httpx has no argument for it."""

    def __init__(self, limits: httpx.Limits, open_hosts: OpenHosts) -> None:
        trust = httpx.create_ssl_context()
        super().__init__(verify=trust, limits=limits)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_GuardedNetwork(open_hosts),
        )


class _ProxiedTransport(httpx.AsyncHTTPTransport):
    """Goes by way of a proxy, which resolves names by itself; so they are resolved and judged here before."""

    def __init__(self, proxy: str, limits: httpx.Limits, open_hosts: OpenHosts | None) -> None:
        super().__init__(limits=limits, proxy=httpx.Proxy(proxy), trust_env=False)
        self._open_hosts = open_hosts

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._open_hosts is not None:
            host = request.url.host
            try:
                found = await _resolve(host, request.url.port or 443)
            except httpcore.ConnectError as error:
                raise httpx.ConnectError(str(error), request=request) from error
            for address in found:
                if not is_public(address) and not self._open_hosts.has(host, address):
                    raise _blocked(host, address)
        return await super().handle_async_request(request)


def open_http(policy: HttpPolicy, *, private: bool, proxy: str = "") -> httpx.AsyncClient:
    """Return a client that keeps no cookies and follows no redirect by itself.

    Connections to private addresses and others never share a pool, so that a guarded request
    cannot ride on a connection that an unguarded one has opened. Proxies of the environment are
    not used: a proxy would resolve the name by itself. How long an answer may take is left to the caller.
    """
    limits = httpx.Limits(max_connections=policy.max_connections, max_keepalive_connections=20)
    open_hosts = None if private else OpenHosts(policy.private_hosts)
    transport: httpx.AsyncHTTPTransport
    if proxy:
        transport = _ProxiedTransport(proxy, limits, open_hosts)
    elif open_hosts is None:
        transport = httpx.AsyncHTTPTransport(limits=limits)
    else:
        transport = _GuardedTransport(limits, open_hosts)
    return httpx.AsyncClient(
        transport=transport,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": policy.user_agent},
        timeout=None,  # noqa: S113  # `exchange` limits the whole; httpx would give up after 5 s
        follow_redirects=False,
        trust_env=False,
    )
