"""What a screen may know of an execution: every moment of it, and what is done to it from there."""

import time

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, ExpressionError, NotFoundError
from flowforge_lab.services import answer_viewer
from flowforge_lab.spec import Document
from tests.lab.page import Page

pytestmark = pytest.mark.slow

CHAIN = Document.parse("""\
id: chain
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: inputs.n}, next: keep}
  keep: {kind: action.set_variable, config: {name: total, value: "{{ nodes.a.value * 2 }}"}, next: b}
  b: {kind: action.transform, config: {value: "input.value + 1"}, next: after}
  after: {kind: flow.end}
""")
ROUNDS = Document.parse("""\
id: rounds
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[5, 6, 7]"}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "1"}}
""")
SLOW = (
    ff.Workflow(id="slow")
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "test.slow", config={"seconds": 0.3}, next="after")
    .with_node("after", "action.transform", config={"value": "1"})
)


@pytest.fixture
def page():
    return Page(answer_viewer)


@pytest.fixture
def opened(lab):
    sessions = []

    def open_viewer(execution_id, **how):
        sessions.append(lab.viewer(execution_id, **how))
        return sessions[-1]

    yield open_viewer
    for session in sessions:
        session.close()


def states(visits):
    return {visit["node"]: visit["marks"][-1][2] for visit in visits}


def test_a_finished_execution_is_told_with_the_marks_of_each_visit(lab, opened, page):
    done = lab.run(CHAIN, {"n": 4})
    told = page.ask(opened(done.execution_id[:20]), "hello")

    assert told["to"] == "c"
    assert told["run"]["status"] == "succeeded"
    assert states(told["visits"]) == dict.fromkeys(CHAIN.workflow.nodes, "succeeded")
    seqs = [mark[0] for visit in told["visits"] for mark in visit["marks"]]
    assert seqs == sorted(seqs)
    assert told["inputs"] == {"n": 4}
    assert {kind["kind"] for kind in told["catalogue"]["types"]} >= {"action.transform"}


def test_turns_of_a_loop_are_told_with_the_loop_they_are_in(lab, opened):
    visits = opened(lab.run(ROUNDS).execution_id).state()["visits"]

    [loop] = [visit for visit in visits if visit["node"] == "each"]
    turns = [visit["scope"] for visit in visits if visit["node"] == "work"]
    assert turns == [[[loop["n"], 0]], [[loop["n"], 1]], [[loop["n"], 2]]]
    assert len(loop["turns"]) == loop["count"] == 3


def test_what_happens_is_told_while_it_happens(lab, opened, page):
    session = opened(lab.start(SLOW))
    session.join(page)

    page.wait_for(lambda message: "running" in states(message.get("visits", [])).values())
    last = page.wait_for(lambda message: message.get("run", {}).get("status") == "succeeded")

    assert last["run"]["duration"] > 0.2
    assert states(session.state()["visits"])["after"] == "succeeded"


def test_variables_and_what_waited_are_those_of_the_moment(lab, opened, page):
    session = opened(lab.run(CHAIN, {"n": 4}).execution_id)
    visits = {visit["node"]: visit for visit in session.state()["visits"]}

    before = page.ask(session, "moment", at=visits["keep"]["marks"][0][0] - 1)
    behind = page.ask(session, "moment", at=visits["keep"]["marks"][-1][0])
    assert before["variables"] == {}
    assert behind["variables"] == {"total": 8}
    assert [one["node"] for one in behind["waiting"]] == ["b"]
    assert behind["event"] == "visit.succeeded"


def test_a_step_has_no_output_before_it_has_ended(lab, opened, page):
    session = opened(lab.run(SLOW).execution_id)
    visit = next(one for one in session.state()["visits"] if one["node"] == "work")

    early = page.ask(session, "step", visit=visit["n"], at=visit["marks"][0][0])["detail"]
    late = page.ask(session, "step", visit=visit["n"])["detail"]
    assert (early["status"], early.get("output")) == ("running", None)
    assert late["status"] == "succeeded"
    assert late["output"] is not None
    assert page.ask(session, "step", visit=99)["detail"] == {}


def test_an_expression_is_evaluated_as_a_step_sees_it(lab, opened):
    session = opened(lab.run(ROUNDS).execution_id)
    work = [one["n"] for one in session.state()["visits"] if one["node"] == "work"]

    assert session.evaluate("item * 10", "work", visit=work[1]) == 60
    assert session.evaluate("len(nodes.each.results)", "after") == 3
    assert session.evaluate("execution.workflow_id", "work") == "rounds"
    with pytest.raises(ExpressionError, match="only known inside a loop"):
        session.evaluate("item", "after")


def test_what_is_no_expression_is_told_in_place_and_secrets_stay_hidden(lab, opened, page):
    session = opened(lab.run(CHAIN).execution_id)

    assert "error" in page.ask(session, "evaluate", text="1 +", node="b")
    told = page.ask(session, "evaluate", text="secrets.api", node="b")
    assert "error" in told
    assert page.ask(session, "evaluate", text="inputs.n + 1", node="b")["value"] == 2


def test_stopping_stepping_and_changing_go_by_way_of_the_page(lab, opened, page):
    paused = lab.debug(CHAIN, {"n": 4}, breakpoints={"b": ""})
    paused.wait(10)
    session = opened(paused.execution_id)
    session.join(page)

    page.ask(session, "steer", deed="variable", given={"name": "total", "value": [1]})
    assert session.moment()["variables"] == {"total": [1]}
    page.ask(session, "steer", deed="breakpoints", given={"breakpoints": {"after": "1 == 1"}})
    page.ask(session, "steer", deed="go_on", given={"is_step": True})
    paused.wait(10)
    page.wait_for(lambda message: message.get("run", {}).get("breakpoints") == {"after": "1 == 1"})
    session.steer("go_on")
    paused.wait(10)
    assert [one["node"] for one in session.moment()["waiting"]] == ["after"]
    session.steer("cancel")
    page.wait_for(lambda message: message.get("run", {}).get("status") == "cancelled")


def test_a_fork_is_named_to_the_page_and_can_be_compared(lab, opened, page):
    session = opened(lab.run(CHAIN, {"n": 4}).execution_id)
    visit = next(one["n"] for one in session.state()["visits"] if one["node"] == "b")

    made = page.ask(session, "steer", deed="fork", given={"visit": visit})["execution_id"]
    lab.wait(made)
    compared = page.ask(session, "compare", **{"with": made})["nodes"]
    assert {node for node, one in compared.items() if one["different"]} == set()
    assert made in [head["id"] for head in session.state()["kin"]]
    page.ask(session, "show", execution_id=made)
    assert session.execution_id == made
    assert session.run()["origin"]


def test_two_executions_are_compared_by_what_their_nodes_gave(lab, opened, page):
    one, two = (lab.run(CHAIN, {"n": n}).execution_id for n in (4, 5))
    session = opened(one)

    nodes = page.ask(session, "compare", **{"with": two})["nodes"]
    sides = page.ask(session, "sides", node="a", **{"with": two})
    assert nodes["a"]["different"] == ["output", "config"]
    assert nodes["after"]["left"]["status"] == "succeeded"
    assert (sides["left"]["output"], sides["right"]["output"]) == ({"value": 4}, {"value": 5})


def test_who_only_looks_changes_nothing(lab, opened, page):
    session = opened(lab.run(CHAIN).execution_id, is_read_only=True)

    told = page.ask(session, "steer", deed="restart")
    assert (told["kind"], told["tone"]) == ("notice", "error")
    with pytest.raises(ConflictError, match="only looked at"):
        session.steer("restart")


def test_what_a_page_sends_amiss_is_told_and_harms_nothing(lab, opened, page):
    session = opened(lab.run(CHAIN).execution_id)

    assert page.ask(session, "step", visit="x")["tone"] == "error"
    assert page.ask(session, "steer", deed="explode")["tone"] == "error"
    assert page.ask(session, "steer", deed="fork", given=[1])["tone"] == "error"
    assert page.ask(session, "nonsense") is None
    with pytest.raises(NotFoundError):
        lab.viewer("no-such")


def test_an_execution_of_another_process_is_followed_by_its_journal(lab, opened, page):
    session = opened(lab.start(SLOW))
    lab.parts.feed._readers.clear()  # as it is where another process runs it
    session.join(page)

    page.wait_for(lambda message: message.get("run", {}).get("status") == "succeeded")
    assert len(session.state()["visits"]) == 3


def test_thousands_of_steps_are_read_and_told_in_good_time(lab, opened):
    many = Document.parse("""\
id: many
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "range(1000)"}, next: {body: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
""")
    execution_id = lab.run(many).execution_id
    began = time.monotonic()
    state = opened(execution_id).state()

    assert len(state["visits"]) == 1002
    assert time.monotonic() - began < 3


def test_a_picture_shows_states_waits_and_how_many_more_steps_there_are(lab, opened):
    paused = lab.debug(CHAIN, {"n": 4}, breakpoints={"b": ""})
    paused.wait(10)
    many = Document.parse("""\
id: many
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "range(60)"}, next: {body: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
""")

    stopped = opened(paused.execution_id).picture()
    assert "paused" in stopped
    assert stopped.count("✓") == 6
    assert "and 22 more steps" in lab.picture(lab.run(many).execution_id)


def test_a_served_page_hosts_it_too(lab):
    from flowforge_lab.ui import open_viewer

    shown = open_viewer(lab.run(CHAIN).execution_id, lab=lab, height=300)
    shown._handle_msg({"kind": "hello", "client": "c"})
    shown._handle_msg({"kind": "nonsense"})

    assert (shown.theme, shown.height) == ("dark", 300)


def test_one_that_failed_tells_how_it_can_go_on_and_shows_the_new_one(lab, opened, page):
    broken = Document.parse(CHAIN.text.replace("input.value + 1", "input.value.gone"))
    session = opened(lab.run(broken).execution_id)

    [way] = page.ask(session, "ways")["ways"]
    page.ask(session, "steer", deed="resume", given={"how": "step"})

    assert (way["how"], way["node"], way["is_possible"]) == ("step", "b", True)
    made = page.wait_for(lambda message: message["kind"] == "done")["execution_id"]
    assert made != session.execution_id
    assert lab.wait(made).status == "failed"


def test_one_that_is_only_looked_at_offers_no_way_on(lab, opened, page):
    broken = Document.parse(CHAIN.text.replace("input.value + 1", "input.value.gone"))
    session = opened(lab.run(broken).execution_id, is_read_only=True)

    assert page.ask(session, "ways")["ways"] == []
