"""What charts say at their edges: of nothing, of one thing, of milliseconds and of days."""

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load
UNTIL = datetime(2026, 7, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=1)


@pytest.fixture(scope="module")
def charts():
    from flowforge_lab.ui.dashboard import charts

    return charts


def shown(chart, **columns):
    count = max(map(len, columns.values()))
    told = {f"{name}_told": [""] * count for name in columns}
    chart.show({"at": [SINCE] * count, **columns, **told}, SINCE, UNTIL)
    return chart


@pytest.mark.parametrize(
    ("longest", "told"),
    [
        (0.0004, ["0", "0.1 ms", "0.2 ms", "0.3 ms", "0.4 ms"]),
        (0.0042, ["0", "1 ms", "2 ms", "3 ms", "4 ms"]),
        (2.2, ["0", "0.5 s", "1 s", "1.5 s", "2 s"]),
        (0.9, ["0", "200 ms", "400 ms", "600 ms", "800 ms"]),
        (8.0, ["0", "2 s", "4 s", "6 s", "8 s"]),
        (400.0, ["0", "2 m", "4 m", "6 m"]),
        (30_000.0, ["0", "2 h", "4 h", "6 h", "8 h"]),
        (400_000.0, ["0", "2 d", "4 d"]),
    ],
)
def test_lengths_are_told_in_one_unit_that_fits_them(charts, longest, told):
    chart = charts.Chart("t", "dark", unit="time").lines(("p50",), ("live",))
    shown(chart, p50=[longest / 2, longest])

    labels = chart.figure.yaxis[0].major_label_overrides
    assert list(labels.values()) == told
    assert chart.figure.yaxis[0].ticker.ticks == list(labels)


@pytest.mark.parametrize("values", [[], [0, 0, 0]])
def test_a_chart_of_nothing_says_so_and_shows_no_lonely_number(charts, values):
    chart = shown(charts.Chart("In progress", "light").area("open", "live"), open=values)

    assert chart.note.object == "Nothing in this time"
    assert not chart.figure.yaxis[0].visible


def test_what_comes_after_nothing_is_shown_again(charts):
    chart = shown(charts.Chart("t", "dark").area("open", "live"), open=[0])
    shown(chart, open=[0, 3])

    assert chart.note.object == ""
    assert chart.figure.yaxis[0].visible
    assert chart.figure.y_range.end == 4


def test_a_success_of_none_in_a_hundred_is_something(charts):
    chart = charts.Chart("Success", "dark", unit="share").lines(("success",), ("good",))
    shown(chart, success=[0.0, float("nan")])

    assert chart.note.object == ""
    assert chart.figure.y_range.end == 1.05


def test_bars_on_one_another_fit_below_the_top(charts):
    chart = charts.Chart("t", "dark").stacks(("a", "b"), ("good", "bad"))
    shown(chart, width=[1, 1], a=[900_000, 1], b=[300_000, 0])

    assert chart.figure.y_range.end == 1_320_000
