import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.store import Store, Target, Terms, open_store, set_up_database

_NUMBERS = itertools.count(1)
QUICK = Terms(linger=0.3, grace=0.2, comeback=0.6, lease=5.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".flowforge"


BOTH = [
    "owner",
    pytest.param("postgres", marks=[pytest.mark.slow, pytest.mark.timeout(120)]),
]
"""Who keeps the journal: the tests of a module with `KEEPERS = BOTH` that open a lab run with each."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    keepers = getattr(metafunc.module, "KEEPERS", None)
    if keepers and "keeper" in metafunc.fixturenames:
        metafunc.parametrize("keeper", keepers)


@pytest.fixture
def keeper() -> str:
    return "owner"


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """A lab of its own in the PostgreSQL of this session."""
    server = request.getfixturevalue("postgres")
    target = Target(server.url(), schema=f"lab_{next(_NUMBERS)}")
    set_up_database(target)
    return target


@pytest.fixture
def open_lab(
    folder: Path, keeper: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []
    target = request.getfixturevalue("target") if keeper == "postgres" else None

    def open_one(at: Path = folder, terms: Terms = QUICK) -> Store:
        opened.append(open_store(at, clock=SystemClock(), terms=terms, target=target))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(b"x" * 4096)
