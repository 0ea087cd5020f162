"""The redis-server of tests; without one they are skipped."""

import contextlib
from pathlib import Path

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.testing import RedisServer


@contextlib.contextmanager
def redis_server(folder: Path):
    try:
        server = RedisServer(folder)
        server.start()
    except NotFoundError as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.kill()
