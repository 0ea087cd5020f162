from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.store import Store, Terms, open_store

QUICK = Terms(linger=0.3, grace=0.2, comeback=0.6, lease=5.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".flowforge"


@pytest.fixture
def open_lab(folder: Path) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []

    def open_one(at: Path = folder, terms: Terms = QUICK) -> Store:
        opened.append(open_store(at, clock=SystemClock(), terms=terms))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
