"""The local server leaves nothing behind, whatever it was doing when it was closed."""

import asyncio
import gc
import socket
import warnings

import pytest

from flowforge_lab.testing import LocalServer


@pytest.mark.slow
@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_comes_while_the_server_closes_is_closed(turns):
    async def visit():
        async with LocalServer() as server:
            port = int(server.url().rpartition(":")[2].rstrip("/"))
            client = socket.create_connection(("127.0.0.1", port))
            for _ in range(turns):
                await asyncio.sleep(0)
        return client

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(visit()).close()
        gc.collect()

    assert [str(one.message) for one in told] == []
