"""When events go to the journal."""

import asyncio

from flowforge_lab.engine import Start
from flowforge_lab.events import VisitStarted, VisitSucceeded, fold, spread
from flowforge_lab.testing import MemoryJournal

PURE = """\
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: action.transform, config: {value: 1}, next: two}
  two: {kind: action.transform, config: {value: "{{ nodes.one.value }}"}}
"""
WRITE_THEN_PURE = """\
nodes:
  start: {{kind: trigger.manual, next: write}}
  write: {{kind: test.append, config: {{path: "{lines}"}}, next: after}}
  after: {{kind: test.secret, config: {{token: "{{{{ secrets.token }}}}", path: "{after}"}}}}
"""


class WatchedJournal(MemoryJournal):
    """Calls `watch` with each entry that is appended, before it is."""

    def __init__(self, watch):
        super().__init__(lease=5.0)
        self._watch = watch

    def append(self, lease, entries, head=None, *, taken=()):
        for entry in entries:
            self._watch(entry.event)
        return super().append(lease, entries, head, taken=taken)


def run(bench, journal, text):
    async def work(engine):
        handle = (await engine.start(bench.plan(text), Start())).handle
        return await handle.outcome()

    return asyncio.run(bench.engine_run(work, journal))


def test_what_happens_in_one_breath_is_one_append(bench):
    outcome = bench.run(PURE)

    assert outcome.status == "succeeded"
    assert len(bench.events(outcome.execution_id)) == 8
    assert bench.journal.append_count <= 2, (
        "the steps and the end, if that was not the same breath"
    )


def test_a_visit_of_one_breath_is_one_entry_that_tells_of_its_start_and_its_end(bench):
    outcome = bench.run(PURE)
    entries = bench.entries(outcome.execution_id)
    told = [entry.event for entry in entries if isinstance(entry.event, VisitSucceeded)]

    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [(event.node, event.begun.node) for event in told] == [
        ("start", "start"),
        ("one", "one"),
        ("two", "two"),
    ]
    assert told[2].begun.config == {"value": 1}
    assert fold(spread(entries)).visits == fold(entries).visits


def test_who_writes_has_told_of_the_start_before(bench, tmp_path):
    text = WRITE_THEN_PURE.format(lines=tmp_path / "lines", after=tmp_path / "after")
    outcome = bench.run(text)
    entries = bench.entries(outcome.execution_id)

    assert [entry.event.node for entry in entries if isinstance(entry.event, VisitStarted)] == [
        "write"
    ]


def test_the_end_of_a_side_effect_is_handed_over_before_the_next_step_runs(bench, tmp_path):
    lines, after = tmp_path / "lines", tmp_path / "after"
    was_later = []

    def watch(event):
        if isinstance(event, VisitSucceeded) and event.node == "write":
            was_later.append(after.exists())

    run(bench, WatchedJournal(watch), WRITE_THEN_PURE.format(lines=lines, after=after))

    assert after.exists()
    assert was_later == [False]
