"""How many updates of bots find their workflow."""

import pytest

from tests.bench.telegram_figures import measure


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_two_thousand_updates_a_second_find_their_workflow_on_one_core(capsys):
    figures = measure()
    with capsys.disabled():
        print(f"\n{figures}")  # what is stored and run for each is told, too

    assert figures.decided >= 2_000
