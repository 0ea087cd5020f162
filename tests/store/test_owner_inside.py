"""The owner's own parts, run in a thread of this process instead of one of their own.

They are the same files; run here, a debugger and a measure of coverage can look into them.
"""

import asyncio
import os
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from flowforge_lab.store import Store
from flowforge_lab.store.layout import lay_out
from flowforge_lab.store.owner.process import Owner
from flowforge_lab.testing.journal import JournalContract
from flowforge_lab.testing.suite import AppendingContract

pytestmark = (
    pytest.mark.slow
)  # the same contract runs against the owner as a process in the quick suite
OPTIONS = {"linger": 0.1, "grace": 0.2, "comeback": 0.6, "lease": 5.0}


@pytest.fixture
def owned(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path]:
    """A folder whose owner runs in this process until its last client has gone."""
    lay_out(folder)
    is_tcp = getattr(request, "param", "socket") == "tcp"
    ready = threading.Event()
    owners = []

    def serve() -> None:
        owner = Owner(folder.resolve(), Namespace(**OPTIONS, tcp=is_tcp))
        owners.append(owner)
        ready.set()
        try:
            owner._server.serve(linger=30.0, is_ours=owner._is_ours)
        finally:
            owner._database.close()
            os.close(owner._lock)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield folder
    owners[0]._server._is_retired = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def rig(owned: Path, open_lab: Callable[..., Store]) -> SimpleNamespace:
    one, other = open_lab(owned), open_lab(owned)
    return SimpleNamespace(first=one.journal, second=other.journal, leave=one.close)


class TestOwnerInside(JournalContract):
    """Over a socket, as on most systems."""


@pytest.mark.parametrize("owned", ["tcp"], indirect=True)
class TestOwnerOverTcp(AppendingContract):
    """As where there are no such sockets."""


def test_catalogue_schedules_and_variables_are_kept(owned: Path, open_lab) -> None:
    store = open_lab(owned)
    run = asyncio.run

    run(store.schedules.put("w", "n", {"cron": "* * * * *"}, next_at=5))

    assert run(store.schedules.claim_fire("w", "n", due_at=5, next_at=65))
    assert not run(store.schedules.claim_fire("w", "n", due_at=5, next_at=65))
    assert [one.next_at for one in run(store.schedules.all())] == [65]
