"""How the progress of an execution is folded from its entries, and how it is drawn."""

import io

from rich.console import Console

from flowforge_lab.cli.progress import Progress
from flowforge_lab.cli.views import LinesView, LiveView
from flowforge_lab.cli.words import now_us
from flowforge_lab.events import (
    AttemptFailed,
    AttemptStarted,
    Entry,
    ErrorDetail,
    Logged,
    Progressed,
    VisitFailed,
    VisitParked,
    VisitStarted,
    VisitSucceeded,
)

ERROR = ErrorDetail("http.status", "the server said no", status=503)


def entries(*events):
    at = now_us()
    return [Entry("x", number, f"x-{number}", at, event) for number, event in enumerate(events, 1)]


def line_after(*events):
    [line] = Progress(entries(VisitStarted(1, "load", "sql.query"), *events)).lines.values()
    return line


def test_a_visit_runs_until_it_ends():
    running = line_after()
    done = line_after(VisitSucceeded(1, "load", "sql.query", "out", {}, 0, 1.5))

    assert (running.status, running.is_over) == ("running", False)
    assert (done.status, done.duration, done.words()) == ("succeeded", 1.5, "")


def test_a_way_taken_by_another_port_is_named():
    done = line_after(VisitSucceeded(1, "load", "sql.query", "true", {}, 0, 1.5))

    assert done.words() == "→ true"


def test_a_retry_tells_the_error_and_when_it_goes_on():
    failed = AttemptFailed(1, "load", 1, ERROR, 0, 0.1, now_us() + 30_000_000)

    waiting, again = line_after(failed), line_after(failed, AttemptStarted(1, "load", 2))

    assert waiting.status == "retrying"
    assert "http.status: the server said no; again in " in waiting.words()
    assert (again.status, again.words()) == ("running", "attempt 2")


def test_an_error_that_is_handled_is_not_a_failure():
    handled = line_after(VisitFailed(1, "load", "sql.query", ERROR, 0, 0.1, handled="port"))
    failed = line_after(VisitFailed(1, "load", "sql.query", ERROR, 0, 0.1))

    assert (handled.status, failed.status) == ("handled", "failed")


def test_progress_shows_share_and_text_until_the_end():
    half = line_after(Progressed(1, "load", 0.5, "cell 2 of 4"))

    assert half.words() == "50%  cell 2 of 4"


def test_a_wait_tells_until_when():
    parked = line_after(VisitParked(1, "load", until=now_us()))

    assert parked.status == "parked"
    assert parked.words().startswith("waits until 20")


def test_events_of_unknown_visits_are_passed_over():
    assert Progress(entries(Logged(7, "load", 1, "hi"), Progressed(7, "load", 0.1))).lines == {}


def terminal(width=100, height=12):
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=height)


def test_the_live_view_draws_each_visit():
    console = terminal()
    with LiveView(console) as view:
        for entry in entries(
            VisitStarted(1, "load", "sql.query"),
            VisitSucceeded(1, "load", "sql.query", "out", {}, 0, 1.5),
            VisitStarted(2, "report", "notebook.run"),
        ):
            view(entry)

    drawn = console.file.getvalue()
    assert "load" in drawn
    assert "1.5 s" in drawn
    assert "report" in drawn


def test_the_live_view_stays_inside_a_small_window():
    console = terminal(height=10)
    with LiveView(console) as view:
        for entry in entries(*(VisitStarted(n, f"node{n}", "flow.delay") for n in range(1, 31))):
            view(entry)

    last = console.file.getvalue().rpartition("earlier steps")[2]
    assert "… 24" in console.file.getvalue()
    assert len(last.strip().splitlines()) <= 8


def test_markup_in_names_and_texts_is_shown_as_it_is():
    console = terminal()
    with LiveView(console) as view:
        for entry in entries(
            VisitStarted(1, "load", "sql.query"), Progressed(1, "load", 0.5, "[bold]x[/nope]")
        ):
            view(entry)

    assert "[bold]x[/nope]" in console.file.getvalue()


def test_plain_lines_are_written_once_a_change_and_not_for_each_percent():
    console = Console(file=io.StringIO(), width=100)
    view = LinesView(console)
    for entry in entries(
        VisitStarted(1, "load", "sql.query"),
        *(Progressed(1, "load", share / 100) for share in range(100)),
        VisitSucceeded(1, "load", "sql.query", "out", {}, 0, 1.5),
    ):
        view(entry)

    assert console.file.getvalue().splitlines() == [
        "● load (sql.query) running",
        "✓ load (sql.query) succeeded  1.5 s",
    ]
