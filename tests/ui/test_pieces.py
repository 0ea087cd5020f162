"""The pieces of the dashboard: addresses, times, bars, files, escaping."""

import json

import pytest

from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    Entry,
    ErrorDetail,
    ExecutionStarted,
    VisitStarted,
    VisitSucceeded,
)

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load


@pytest.fixture(scope="module")
def pieces():
    from flowforge_lab.ui.dashboard import address, bars, exporting, markup, table

    return {
        "address": address,
        "bars": bars,
        "exporting": exporting,
        "markup": markup,
        "table": table,
    }


def test_an_address_comes_back_as_it_was_written(pieces):
    address = pieces["address"].Address()
    address.go("?page=metrics&span=7d&workflow=a%20b")

    again = pieces["address"].Address()
    again.go(address.query)

    assert (again.page, again.asked) == ("metrics", {"span": "7d", "workflow": "a b"})


@pytest.mark.parametrize(
    "query",
    ["", "?", "?%ff", "?n=-1&n=x", "?" + "a" * 9000, "?" + "&".join(f"a{n}=1" for n in range(99))],
)
def test_any_address_can_be_read(pieces, query):
    address = pieces["address"].Address()
    address.go(query)

    assert address.page == "executions"
    assert address.number("n") == 1
    assert len(address.asked) <= 20


def test_what_comes_from_outside_is_escaped(pieces):
    evil = '<img src=x onerror="alert(1)">'
    markup, table = pieces["markup"], pieces["table"]
    shown = [
        markup.pill("failed", evil),
        markup.value({"a": evil}),
        markup.problem(evil),
        markup.button(evil, "act", id=evil, ask=evil),
        markup.dialog("k", evil, "act", fields=[markup.field("n", evil, evil)], confirm=evil),
        table.table(
            [table.Column(evil, lambda row: row)],
            table.Rows([evil], str, lambda row: evil),
            label=evil,
        ),
    ]

    assert not any("<img" in one for one in shown)


def test_no_spreadsheet_takes_what_leaves_for_a_formula(pieces):
    file = pieces["exporting"].as_file("x", "csv", [{"a": "=1+1", "b": None, "c": {"k": 1}}])

    assert file.text == 'a,b,c\r\n\'=1+1,,"{""k"":1}"\r\n'


def test_json_leaves_as_it_is(pieces):
    file = pieces["exporting"].as_file("x", "json", [{"a": "=1+1"}])

    assert json.loads(file.text) == [{"a": "=1+1"}]


def test_bars_tell_attempts_and_waits_apart(pieces):
    error = ErrorDetail(type="x", title="no luck")
    events = [
        (0, VisitStarted(visit=1, node="call", kind="k")),
        (
            2_000_000,
            AttemptFailed(
                visit=1,
                node="call",
                attempt=1,
                error=error,
                started_at=0,
                duration=2.0,
                retry_at=5_000_000,
            ),
        ),
        (5_000_000, AttemptStarted(visit=1, node="call", attempt=2)),
        (
            6_000_000,
            VisitSucceeded(
                visit=1,
                node="call",
                kind="k",
                port="out",
                outputs=None,
                started_at=0,
                duration=6.0,
            ),
        ),
    ]
    entries = [Entry("e", seq, f"i{seq}", at, event) for seq, (at, event) in enumerate(events, 1)]

    [line] = pieces["bars"].lines_of(entries, 9_000_000)

    assert line.spans == (
        (0, 2, "is-retry", "attempt failed: no luck"),
        (2, 5, "is-wait", "waits"),
        (5, 6, "", "works"),
    )


def test_bars_show_a_visit_that_is_one_entry(pieces):
    begun = VisitStarted(1, "add", "action.transform")
    event = VisitSucceeded(
        1, "add", "action.transform", "out", None, started_at=1_000, duration=0.002, begun=begun
    )

    first = Entry("e", 1, "i1", 1_000, ExecutionStarted("w", "0", "start"))

    [line] = pieces["bars"].lines_of([first, Entry("e", 2, "i2", 3_000, event)], 9_000_000)

    assert (line.node, line.status, line.spans) == ("add", "succeeded", ((0, 0.002, "", "works"),))
