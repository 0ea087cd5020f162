"""All journals pass one suite; another one needs one more class here."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from flowforge_lab.store import Store
from flowforge_lab.testing import MemoryJournal
from flowforge_lab.testing.journal import JournalContract

from .conftest import BOTH


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def rig(self) -> SimpleNamespace:
        first = MemoryJournal()
        return SimpleNamespace(first=first, second=first.another(), leave=first.die)


@pytest.mark.parametrize("keeper", BOTH)
class TestStoreJournal(JournalContract):
    @pytest.fixture
    def rig(self, open_lab: Callable[..., Store]) -> SimpleNamespace:
        one, other = open_lab(), open_lab()
        return SimpleNamespace(first=one.journal, second=other.journal, leave=one.close)
