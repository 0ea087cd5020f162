"""How workflows stand to what was promised, in words that people read."""

import pytest

from flowforge_lab.services import Standing

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load


def told(**found):
    from flowforge_lab.ui.dashboard.pages import alerts

    known = {"success": None, "promised_success": None, "budget_left": None}
    known |= {"duration_p95": None, "promised_p95": None, "is_met": None, **found}
    return alerts._promises([Standing(workflow_id="w", window=86_400.0, ended=1, **known)])


def test_failures_beyond_what_was_allowed_are_told_as_how_many_times_as_many():
    assert "none, 71.4 times as many" in told(budget_left=-70.4286)
    assert "25.00%" in told(budget_left=0.25)


def test_what_nothing_is_known_of_is_told_as_what_was_promised():
    assert "2.0 s promised" in told(promised_p95=2.0)
    assert "1.0 s of 2.0 s" in told(duration_p95=1.0, promised_p95=2.0)
    assert "99.00% of" not in told(success=0.99)
