"""A lab over HTTP answers as a lab does."""

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import (
    AccessError,
    ConflictError,
    FlowForgeError,
    NotFoundError,
    PlanError,
    StoreUnavailableError,
)
from flowforge_lab.spec import Document

pytestmark = pytest.mark.slow

LOOP = """\
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "range(30)"}, next: {body: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
"""


@pytest.fixture
def remote(lab):
    with ff.connect(lab.url) as remote:
        yield remote


@pytest.mark.slow
def test_a_workflow_runs_there_and_its_result_comes_here(remote):
    outcome = remote.run("hello", {"name": "Ann"})

    assert (outcome.status, outcome.result) == ("succeeded", "hello Ann")


def test_every_event_is_handed_on(lab, remote):
    lab.write("loop", LOOP, is_active=False)
    seen = []

    outcome = remote.run("loop", on_event=seen.append)

    assert seen == remote.entries(outcome.execution_id)
    local = lab.run(lab.parts.executions.entries(outcome.execution_id))
    assert [(one.seq, one.at, one.event) for one in seen] == [
        (one.seq, one.at, one.event) for one in local
    ]


@pytest.mark.slow
def test_what_it_shows_is_what_the_lab_has(lab, remote):
    id = remote.start("hello", user="u", session="s", key="remote-1")
    remote.wait(id)

    there = lab.run(lab.parts.store.journal.find_head(id))
    here = remote.get(id)

    assert (here.id, here.created_at, here.finished_at, here.key, here.user) == (
        there.id,
        there.created_at,
        there.finished_at,
        "remote-1",
        "u",
    )
    assert remote.steps_of(id) == lab.run(lab.parts.executions.steps(id))
    assert remote.inputs_of(id) == {"name": "world"}


@pytest.mark.slow
def test_frames_have_the_rows_and_times(remote):
    id = remote.run("hello").execution_id

    executions = remote.executions(workflow="hello", limit=5)

    assert executions.execution_id[0] == id
    assert str(executions.started_at.dt.tz) == "UTC"
    assert sorted(remote.steps(execution=id).node) == ["done", "greet", "start"]
    assert remote.events(id).seq.is_monotonic_increasing
    assert remote.heads(workflow_id="hello", limit=1)[0].id == id


@pytest.mark.slow
def test_a_failed_execution_tells_why(remote):
    outcome = remote.run("fails")

    assert outcome.status == "failed"
    assert outcome.error.title == "no luck"
    assert remote.run("hello").error is None
    new = remote.restart(outcome.execution_id)
    assert remote.get(new).origin == outcome.execution_id


@pytest.mark.slow
def test_a_wait_is_answered_from_here(lab, remote):
    id = remote.start("asks")
    [wait] = lab.wait_for(lambda: remote.waits.list(id))

    with pytest.raises(PlanError):
        remote.waits.answer(wait.key, 1)
    assert remote.waits.answer(wait.key, {"ok": 2}).execution_id == id
    assert remote.wait(id).result == 2


@pytest.mark.slow
def test_it_waits_until_a_pause_as_a_lab_does(lab, remote):
    id = remote.start("asks")
    lab.wait_for(lambda: remote.get(id).status == "waiting")
    remote.pause(id)

    assert remote.wait(id).status == "paused"
    remote.unpause(id)
    remote.cancel(id, reason="enough")
    assert remote.wait(id).status == "cancelled"
    assert remote.resume(id) is False


@pytest.mark.slow
def test_a_workflow_is_saved_read_and_activated(remote):
    document = Document.parse("id: sent\n" + LOOP)

    assert remote.save(document).problems == ()
    assert remote.save(document).is_draft is False
    assert remote.read("sent").workflow == document.workflow
    assert "sent" in [one.id for one in remote.workflows()]
    assert (remote.activate("sent"), remote.deactivate("sent")) == ("sent", "sent")


@pytest.mark.slow
def test_errors_are_those_of_a_lab(lab, remote):
    with pytest.raises(NotFoundError):
        remote.get("nix")
    with pytest.raises(NotFoundError, match="hello"):
        remote.run("helo")
    with pytest.raises(PlanError) as caught:
        remote.run("hello", {"nam": 1})
    assert caught.value.problems[0].code == "input"
    with pytest.raises(ConflictError):
        remote.cancel(remote.run("hello").execution_id)
    with pytest.raises(StoreUnavailableError), ff.connect("http://127.0.0.1:9") as nobody:
        nobody.workflows()


@pytest.mark.slow
def test_a_token_is_shown_where_it_is_asked_for(lab, monkeypatch):
    token = lab.parts.access.tokens.create("client")
    try:
        with ff.connect(lab.url) as none, pytest.raises(AccessError):
            none.workflows()
        monkeypatch.setenv("FLOWFORGE_TOKEN", token)
        with ff.connect(lab.url) as told:
            assert told.workflows()
    finally:
        lab.parts.access.tokens.revoke("client")


@pytest.mark.slow
@pytest.mark.parametrize(
    "id", ["../workflows/hello/deactivate?", "..", "x/../../secrets", "a?b=c", "", "#"]
)
def test_an_id_leads_to_no_other_address(lab, id):
    with ff.connect(lab.url) as remote:
        before = remote.workflows()
        for ask in (remote.cancel, remote.get, remote.activate, remote.read):
            with pytest.raises(FlowForgeError):
                ask(id)
        assert remote.workflows() == before
