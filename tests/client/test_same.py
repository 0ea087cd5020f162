"""One scenario after the other, over a lab here and over the same kind of lab elsewhere: nothing differs."""

import contextlib
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NodeError, NotFoundError, PlanError, QueryError
from flowforge_lab.spec import Document
from tests.api.conftest import Served, make_folder

pytestmark = pytest.mark.slow
STEPS = """\
id: steps
inputs: {n: {type: integer, default: 2}}
nodes:
  start: {kind: trigger.manual, next: double}
  double: {kind: action.transform, config: {value: "inputs.n * 2"}, next: keep}
  keep:
    kind: action.set_variable
    config: {name: kept, value: "{{ nodes.double.value }}"}
    next: add
  add: {kind: action.transform, config: {value: "nodes.double.value + vars.execution.kept"}, next: done}
  done: {kind: flow.end, config: {result: nodes.add.value}}
"""


@pytest.fixture(scope="module", params=["here", "there"])
def lab(request, tmp_path_factory):
    """A lab of this process, or one that a server holds: the same calls for both."""
    folder = make_folder(tmp_path_factory.mktemp(request.param))
    (folder / "steps.flow.yaml").write_text(STEPS)
    if request.param == "here":
        with ff.open_lab(folder) as found:
            for id in ("hello", "fails", "asks", "steps"):
                found.activate(folder / f"{id}.flow.yaml")
            yield found
        return
    with Served(folder) as served, ff.connect(served.url) as found:
        for id in ("hello", "fails", "asks", "steps"):
            found.activate(id)
        yield found


@pytest.fixture
def closing():
    """Close a lab at the end of a test."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def test_a_workflow_runs_and_tells_its_end(lab):
    outcome = lab.run("hello", {"name": "Ann"}, user="u", session="s", key="once")

    assert (outcome.status, outcome.result, outcome.error) == ("succeeded", "hello Ann", None)
    assert lab.get(outcome.execution_id).user == "u"
    assert lab.inputs_of(outcome.execution_id) == {"name": "Ann"}
    with pytest.raises(ConflictError, match=outcome.execution_id):
        lab.start("hello", key="once")


def test_frames_have_the_same_columns_and_types(lab):
    id = lab.run("steps").execution_id

    executions = lab.executions(workflow="steps", limit=1)
    steps = lab.steps(execution=id)
    kinds = {name: str(kind) for name, kind in executions.dtypes.items()}
    assert kinds["started_at"].startswith("datetime64[us")
    assert (kinds["duration"], kinds["visits"]) == ("float64", "int32")
    assert set(steps.columns) >= {"execution_id", "visit", "node", "kind", "outputs", "error"}
    assert sorted(steps.node) == ["add", "done", "double", "keep", "start"]
    assert lab.events(id).seq.is_monotonic_increasing
    assert set(lab.attempts(execution=id).node) >= {"double", "add"}
    assert lab.logs(id).columns[0] == "execution_id"
    assert lab.metrics("steps").executions.sum() >= 1
    assert "node" in lab.node_metrics("steps").columns


def test_questions_in_sql_keep_their_types(lab):
    asked = "select $n::decimal(9, 2) as money, $at as at, 7::hugeint as big, null as nothing"
    at = datetime(2026, 1, 2, tzinfo=UTC)

    [row] = lab.rows(asked, n=Decimal("1.25"), at=at)
    frame = lab.sql("select range as n, 'x' as text, $at::timestamptz as at from range(3)", at=at)

    assert row == {"money": Decimal("1.25"), "at": at, "big": 7, "nothing": None}
    assert [str(kind) for kind in frame.dtypes][:1] == ["int64"]
    assert frame["at"].dt.tz is not None
    with pytest.raises(QueryError):
        lab.sql("select nonsense from executions")


def test_an_execution_is_looked_back_at_forked_and_restarted(lab):
    id = lab.run("steps", {"n": 3}).execution_id

    assert lab.at(id, visit=3).variables == {}
    assert lab.at(id, seq=len(lab.entries(id))).variables == {"kept": 6}
    assert lab.variables("execution", id) == {"kept": 6}
    replay = lab.replay(id)
    assert replay.matches
    assert list(replay.frame().index) == [one.seq for one in lab.entries(id)]
    assert lab.wait(lab.fork(id, "add", variables={"kept": 100})).result == 106
    assert lab.wait(lab.restart(id, inputs={"n": 5})).result == 20
    with pytest.raises(NotFoundError):
        lab.at(id, visit=99)
    with pytest.raises(ValueError, match="one of"):
        lab.at(id)


def test_one_node_runs_alone(lab):
    outcome = lab.run_node("steps", "double", inputs={"n": 21})

    assert (outcome.status, outcome.result) == ("succeeded", {"value": 42})
    with pytest.raises(NotFoundError):
        lab.run_node("steps", "nix")


def test_a_debugger_stops_changes_and_goes_on(lab):
    debugger = lab.debug("steps", {"n": 1}, breakpoints={"add": ""})

    assert debugger.wait(10) == "paused"
    assert [one.node for one in debugger.where] == ["add"]
    assert (debugger.variables, debugger.breakpoints) == ({"kept": 2}, {"add": ""})
    debugger.set_variable("kept", 50)
    debugger.edit_outputs("double", {"value": 7})
    assert debugger.step(10) == "paused"
    debugger.breakpoints = {}
    assert [step.node for step in debugger.steps][-1] == "add"
    assert debugger.outcome is None
    debugger.go_on()
    assert debugger.wait(10) == "succeeded"
    assert debugger.outcome.result == 57
    with pytest.raises(ConflictError):
        lab.debugger(debugger.execution_id).go_on()


def test_a_debugger_waits_no_longer_than_it_is_told(lab):
    debugger = lab.debug("asks", breakpoints={})

    with pytest.raises(TimeoutError):
        debugger.wait(0.2)
    debugger.cancel(reason="enough")
    assert debugger.wait(10) == "cancelled"


def test_pins_stand_for_nodes(lab):
    pins = lab.pins("steps")
    pinned = pins.set("double", {"value": 40})

    assert (pinned.node, pinned.outputs) == ("double", {"value": 40})
    assert lab.run("steps", with_pins=True).result == 80
    assert [one.node for one in pins.all()] == ["double"]
    assert pins.take("add", lab.run("steps").execution_id).outputs == {"value": 8}
    assert sorted(pins.clear()) == ["add", "double"]
    with pytest.raises(NotFoundError):
        pins.clear("double")
    with pytest.raises(PlanError):
        pins.set("double", {"nonsense": 1})


def test_versions_are_named_compared_and_brought_back(lab):
    document = lab.read("hello")
    changed = Document.parse(document.text.replace("'hello '", "'hi '"), stem="hello")
    [first, *_] = lab.versions.all("hello")
    lab.save(changed, document.path, force=True)
    lab.activate("hello")

    assert lab.versions.label("hello", first.digest, "first").labels == ("first",)
    assert lab.versions.get("hello", "first").text.count("'hello '") == 1
    assert [one.path for one in lab.versions.diff("hello@first", "hello@latest").changes] == [
        "config.value"
    ]
    assert lab.versions.rollback("hello").digest == first.digest
    assert list(lab.versions.frame("hello").digest)[-1] == first.digest
    lab.versions.unlabel("hello", "first")
    with pytest.raises(NotFoundError):
        lab.versions.get("hello", "first")
    assert lab.versions.migrate_all("hello", "latest", is_trial=True) == []


def test_failures_are_listed_retried_and_dismissed(lab):
    first, second = (lab.run("fails").execution_id for _ in range(2))
    letters = lab.dead_letters(workflow="fails")

    assert set(letters.execution_id) >= {first, second}
    assert list(letters.columns)[:5] == [
        "execution_id",
        "workflow_id",
        "node",
        "error_type",
        "error_title",
    ]
    retried = lab.dead_letters.retry(first)
    assert lab.wait(retried.retried_as[0]).status == "failed"
    assert lab.dead_letters.retry(first).problem[0]
    assert lab.dead_letters.dismiss([second], reason="known") == [second]
    assert first not in set(lab.dead_letters(workflow="fails").execution_id)
    assert set(lab.dead_letters(status="dismissed").execution_id) == {second}


def test_a_letter_is_kept_where_a_word_is_unknown(lab):
    id = lab.run("fails").execution_id

    with pytest.raises(NotFoundError, match="no version 'newst'"):
        lab.dead_letters.retry(id, version="newst")
    with pytest.raises(ValueError, match="begin"):
        lab.dead_letters.retry(id, begin="faild")
    [again] = lab.dead_letters.retry(id, version="latest").retried_as

    assert lab.wait(again).status == "failed"


def test_a_wait_is_answered(lab):
    id = lab.start("asks")
    assert lab.wait(id, is_patient=False).status == "waiting"
    [wait] = lab.waits.list(id)

    with pytest.raises(PlanError):
        lab.waits.answer(wait.key, 1)
    assert lab.waits.answer(wait.key, {"ok": 3}).execution_id == id
    assert lab.wait(id).result == 3


def test_what_happens_is_told_meanwhile(lab):
    seen, own = [], []
    with lab.watching(seen.append):
        outcome = lab.run("hello", on_event=own.append)
        ends_at = time.monotonic() + 5
        while (not seen or seen[-1].seq < own[-1].seq) and time.monotonic() < ends_at:
            time.sleep(0.05)
    lab.run("hello")

    assert [one.seq for one in seen] == [one.seq for one in lab.entries(outcome.execution_id)]
    assert [one.event for one in own] == [one.event for one in seen]


def test_variables_are_set_added_to_and_swapped(lab):
    lab.set_variable("limit", {"a": [1, 2]})

    assert lab.variables()["limit"] == {"a": [1, 2]}
    assert lab.increment_variable("count", 5) == 5
    assert lab.increment_variable("count") == 6
    assert lab.swap_variable("count", 9, expected=5) is False
    assert lab.swap_variable("count", 9, expected=6) is True
    lab.set_variable("own", 1, scope="workflow", owner="hello", ttl=60)
    frame = lab.variable_frame("workflow", "hello")
    assert list(frame.name) == ["own"]
    assert frame.expires_at[0] > datetime.now(UTC) + timedelta(seconds=30)
    with pytest.raises(ValueError, match="owner"):
        lab.variables("user")
    with pytest.raises(ValueError, match="steps set them"):
        lab.set_variable("x", 1, scope="execution")
    with pytest.raises(ValueError, match="number"):
        lab.increment_variable("limit")


def test_users_are_kept_found_and_credited(lab):
    added = lab.users.add(id="ann", name="Ann", email="Ann@Example.org", balance=Decimal("1.10"))

    assert (added.email, added.balance) == ("ann@example.org", Decimal("1.10"))
    assert lab.users.find(email="ann@example.org") == lab.users.get("ann")
    assert lab.users.find(email="bob@example.org") is None
    assert lab.users.change("ann", name="Anna").name == "Anna"
    assert lab.users.credit("ann", "0.20", key="k").balance == Decimal("1.30")
    assert lab.users.credit("ann", "0.20", key="k").balance == Decimal("1.30")
    assert [one.amount for one in lab.users.history("ann")] == [Decimal("0.20")]
    assert lab.users.link("ann", 42).status == "linked"
    assert lab.users.unlink("ann") is True
    assert list(lab.users("anna").id) == ["ann"]
    with pytest.raises(ConflictError):
        lab.users.add(id="ann")
    with pytest.raises(ValueError, match="expected"):
        lab.users.credit("ann", "much")
    lab.users.remove("ann")
    with pytest.raises(NotFoundError):
        lab.users.get("ann")


def test_secrets_are_named_and_never_shown(lab):
    lab.secrets.set("shop", "s3cret-of-the-shop")

    assert lab.secrets.names() == ["shop"]
    with pytest.raises(ValueError, match=r"secret|name"):
        lab.secrets.set("shop", "")
    lab.secrets.remove("shop")
    assert lab.secrets.names() == []
    with pytest.raises(NotFoundError):
        lab.secrets.remove("shop")


def test_what_is_set_up_is_told(lab):
    assert lab.connections() == {}
    assert (lab.circuits(), lab.slo(), lab.deliveries(), lab.crashed()) == ([], [], [], [])
    assert (lab.alerts.rules(), lab.alerts.fired(), lab.alerts.check()) == ([], [], [])
    assert (list(lab.bots.names()), list(lab.bots.routes())) == ([], [])
    with pytest.raises(NodeError, match="no Telegram connection"):
        lab.bots.try_text("/start")
    assert (lab.is_copy, lab.is_read_only) == (False, False)
    assert lab.due() == []
    assert list(lab.webhooks.all()) == []
    assert {one.level for one in lab.doctor()} <= {"ok", "warning"}
    assert lab.sweep() == 0
    assert lab.text_inputs("steps", {"n": "7"}) == {"n": 7}
    assert "flowforge" in lab.prometheus()
    with pytest.raises(NotFoundError):
        lab.test_connection("nix")
    with pytest.raises(NotFoundError):
        lab.alerts.preview("nix", since=datetime.now(UTC))


def test_the_queue_is_looked_at_held_and_worked_on(lab):
    lab.queue.pause()
    id = lab.queue.put("steps", {"n": 4}, priority=5)

    assert (lab.queue.state(), lab.queue.stats().ready, lab.queue.has_broker) == (
        "paused",
        1,
        False,
    )
    lab.queue.resume()
    lab.queue.process()
    assert lab.queue.drain(timeout=10).ready == 0
    assert lab.wait(id).result == 16


def test_a_copy_and_the_whole_history_come_here(lab, tmp_path):
    lab.run("hello")
    lab.export(tmp_path / "history.duckdb")
    size = lab.backup(tmp_path / "lab.tar.gz")

    assert size == (tmp_path / "lab.tar.gz").stat().st_size > 0
    with duckdb.connect(str(tmp_path / "history.duckdb"), read_only=True) as file:
        assert file.execute("select count(*) from executions").fetchone()[0] > 0


def test_changes_are_in_the_log(lab):
    lab.set_variable("limit", 1)
    lab.set_variable("limit", 2)

    line = lab.audit(action="variable", limit=1).iloc[0]
    assert (line.action, line.target, line.before, line.after) == (
        "variable.set",
        "project/limit",
        1,
        2,
    )
    assert line["at"].tzinfo is not None


def test_projects_have_workflows_variables_and_sessions(lab):
    made = lab.projects.create("shop", "The shop")

    assert (made.id, made.name, made.workflows) == ("shop", "The shop", ())
    lab.projects.put("asks", "shop")
    assert (lab.projects.of("asks"), lab.projects.of("hello")) == ("shop", "default")
    assert [one.workflows for one in lab.projects.all()] == [("asks",)]
    lab.set_variable("own", 1, owner="shop")
    assert (lab.variables("project", "shop"), "own" in lab.variables()) == ({"own": 1}, False)
    session = lab.sessions.create("shop", title="first", user="ann")
    lab.cancel(lab.start("asks", session=session.id))
    found = lab.sessions.get("shop", session.id)
    assert (found.title, found.executions, found.created_at) == ("first", 1, session.created_at)
    assert [one.id for one in lab.sessions.list("shop", user="ann")] == [session.id]
    lab.sessions.remove("shop", session.id)
    with pytest.raises(ConflictError):
        lab.projects.remove("shop")
    lab.projects.put("asks")
    assert lab.projects.rename("shop", "Shop").name == "Shop"
    assert lab.projects.remove("shop").id == "shop"
    with pytest.raises(NotFoundError):
        lab.projects.get("shop")
    with pytest.raises(NotFoundError):
        lab.variables("project", "shop")


def test_people_who_may_enter_are_made_and_removed(lab, closing):
    master = lab.tokens.create("master")
    if isinstance(lab, ff.RemoteLab):  # from now on the server asks who it is
        lab = closing(ff.connect(lab.url, master))
    assert lab.tokens.create("ci", "viewer", roles={"hello": "operator"}, days=1)[:4] == "fft_"
    [found] = [one for one in lab.tokens.all() if one.name == "ci"]
    added = lab.accounts.add("ada", "correct horse battery", role="viewer")
    granted = lab.accounts.grant("ada", "operator", workflow="hello")

    assert (found.role, found.roles) == ("viewer", {"hello": "operator"})
    assert (added.role, granted.roles) == ("viewer", {"hello": "operator"})
    assert [one.name for one in lab.accounts.all()] == ["ada"]
    assert lab.accounts.disable("ada").is_disabled
    assert lab.accounts.find("ada") is None
    assert lab.accounts.remove("ada").name == "ada"
    assert lab.tokens.revoke("ci").id == found.id
    with pytest.raises(NotFoundError):
        lab.tokens.revoke("ci")
    assert lab.tokens.revoke("master").name == "master"
