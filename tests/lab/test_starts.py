"""What starts an execution is looked at before anything is stored."""

import sqlite3
from contextlib import closing

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import PlanError

FLOW = "nodes: {start: {kind: trigger.manual, next: end}, end: {kind: flow.end}}"


@pytest.fixture
def flow(folder):
    path = folder / "flow.flow.yaml"
    path.write_text(FLOW)
    return path


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"priority": 2.5}, "priority: expected a whole number from -1000 to 1000, found 2.5"),
        ({"priority": True}, "priority: expected a whole number from -1000 to 1000, found True"),
        ({"priority": "x"}, "priority: expected a whole number from -1000 to 1000, found 'x'"),
        ({"priority": 1001}, "priority: expected a whole number from -1000 to 1000, found 1001"),
        ({"user": None}, "user: expected a text, found None"),
        ({"session": 7}, "session: expected a text, found 7"),
        ({"chat": ["a"]}, "chat: expected a text, found ['a']"),
        ({"key": 5}, "key: expected a text, found 5"),
        ({"pins": 5}, "pins: expected a mapping, found 5"),
        ({"inputs": 5}, "inputs: expected a mapping, found 5"),
        ({"key_until": 0.5}, "key_until: expected a whole number, found 0.5"),
    ],
)
def test_what_is_of_another_type_starts_nothing(lab, flow, given, said):
    for start in (lab.run, lab.start, lab.queue.put, lab.debug):
        with pytest.raises(PlanError) as caught:
            start(flow, **given)
        assert str(caught.value) == said

    assert lab.executions().empty


@pytest.mark.in_folder
def test_a_lab_with_a_broken_priority_can_be_read(folder, flow, settings):
    with ff.open_lab(folder, settings=settings) as lab:
        lab.run(flow)
        waiting = lab.queue.put(flow)
    with closing(sqlite3.connect(folder / ".flowforge" / "journal.db")) as journal, journal:
        journal.execute("update executions set priority = 2.5")

    with ff.open_lab(folder, settings=settings) as lab:
        assert lab.get(waiting).status == "queued"
        assert len(lab.executions()) == 2
        assert lab.queue.process().execution_id == waiting
