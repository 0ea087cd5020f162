"""The speed that was promised, measured in one run on this machine."""

import pytest

from tests.bench.__main__ import measure
from tests.bench.figures import table


@pytest.mark.bench
def test_every_target_is_met(capsys):
    figures, remarks = measure()
    with capsys.disabled():
        print("\n" + table(figures, remarks))  # the table is what a bench is for

    assert [figure.line() for figure in figures if figure.is_missed] == []
