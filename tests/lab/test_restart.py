"""Executions made anew: as a whole, from a step, as a fork, with changes, in another version."""

import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError, PlanError
from flowforge_lab.events import ExecutionSeeded
from flowforge_lab.services import Changes
from flowforge_lab.spec import Document

pytestmark = pytest.mark.slow

CHAIN = """\
id: chain
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: test.append, config: {path: lines, text: "{{ inputs.n }}"}, next: b}
  b: {kind: action.transform, config: {value: "nodes.a.value + default(vars.execution.more, 0)"}, next: c}
  c: {kind: action.transform, config: {value: "nodes.b.value * 10 // %s"}}
"""
BRANCHES = """\
id: branches
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "'a'"}, next: meet}
  b: {kind: action.transform, config: {value: "'b'"}, next: late}
  late: {kind: action.transform, config: {value: "'late'"}, next: meet}
  meet: {kind: logic.join, next: after}
  after: {kind: action.transform, config: {value: "sorted(nodes.meet.arrived)"}}
"""
PARALLEL = """\
inputs: {fails: {type: boolean, default: false}}
nodes:
  start: {kind: trigger.manual, next: [first, wait]}
  first: {kind: action.set_variable, config: {name: count, value: 1, operation: increment}, next: slow}
  slow: {kind: flow.delay, config: {duration: 300ms}, next: check}
  check: {kind: action.transform, config: {value: "1 // 0 if inputs.fails else 1"}, next: both}
  wait: {kind: flow.delay, config: {duration: 50ms}, next: beside}
  beside: {kind: action.set_variable, config: {name: token, value: abc}, next: add}
  add: {kind: action.set_variable, config: {name: count, value: 10, operation: increment}, next: both}
  both: {kind: logic.join, next: end}
  end: {kind: flow.end, config: {result: "{'token': vars.execution.token, 'count': vars.execution.count}"}}
"""
LOOP = """\
id: rounds
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "nodes.each.count"}}
"""


@pytest.fixture
def chain(lab):
    """The id of an execution that failed in its last step."""
    path = lab.root / "chain.flow.yaml"
    text = CHAIN.replace("path: lines", f"path: {lab.root}/lines")
    path.write_text(text % 0)
    outcome = lab.run(path)
    path.write_text(text % 1)
    return outcome.execution_id


def nodes(lab, execution_id):
    return [step.node for step in lab.steps_of(execution_id) if not step.origin]


def lines(lab):
    return (lab.root / "lines").read_text().splitlines()


def test_restarts_the_whole_with_the_same_inputs_and_payload(lab, chain):
    anew = lab.restart(chain, version="newest")

    assert lab.wait(anew).result == {"c": {"value": 10}}
    assert lab.get(anew).origin == chain
    assert len(lines(lab)) == 2


def test_the_same_version_fails_the_same_way(lab, chain):
    assert lab.wait(lab.restart(chain)).status == "failed"


def test_restarts_with_other_inputs(lab, chain):
    anew = lab.restart(chain, version="newest", inputs={"n": 4})

    assert lab.wait(anew).result == {"c": {"value": 40}}
    assert lab.inputs_of(anew) == {"n": 4}


def test_restarts_from_a_step_without_doing_again_what_came_before(lab, chain):
    anew = lab.restart(chain, from_step="c", version="newest")

    assert lab.wait(anew).result == {"c": {"value": 10}}
    assert nodes(lab, anew) == ["c"]
    assert len(lines(lab)) == 1


def test_what_was_taken_over_is_told_apart_and_not_counted(lab, chain):
    anew = lab.restart(chain, from_step="c", version="newest")
    lab.wait(anew)

    assert [step.origin for step in lab.steps_of(anew)] == [chain, chain, chain, ""]
    assert len(lab.steps(execution=anew)) == 1
    assert lab.executions().set_index("execution_id").visits[anew] == 1
    [seeded] = [e.event for e in lab.entries(anew) if isinstance(e.event, ExecutionSeeded)]
    assert seeded.note == "begins at c, visit 4"


def test_changes_variables_and_outputs_of_earlier_nodes(lab, chain):
    anew = lab.restart(
        chain, from_step="b", version="newest", variables={"more": 5}, outputs={"a": {"value": 2}}
    )

    assert lab.wait(anew).result == {"c": {"value": 70}}


def test_a_variable_that_no_expression_can_name_is_refused(lab, chain):
    with pytest.raises(ValueError, match=r"a name is letters, digits and underscores.*'a b'"):
        lab.restart(chain, from_step="b", version="newest", variables={"a b": 1})
    assert len(lab.heads()) == 1


@pytest.mark.parametrize("how", ["restart", "fork"])
@pytest.mark.parametrize("place", ["first", "slow", "check", "beside"])
def test_variables_are_those_that_steps_taken_over_set(lab, how, place):
    path = lab.root / "parallel.flow.yaml"
    path.write_text(PARALLEL)
    failed = lab.run(path, inputs={"fails": True})

    where = {"from_step": place} if how == "restart" else {"at": place}
    anew = getattr(lab, how)(failed.execution_id, **where, inputs={"fails": False})
    outcome = lab.wait(anew)

    assert failed.status == "failed"
    assert outcome.result == {"token": "abc", "count": 11}


def test_pins_stand_for_nodes_that_are_to_come(lab, chain):
    anew = lab.restart(chain, version="newest", pins={"a": {"value": 7}})

    assert lab.wait(anew).result == {"c": {"value": 70}}
    assert len(lines(lab)) == 1


def test_a_version_may_be_named_by_its_label(lab, chain):
    lab.keep(lab.read("chain"))
    lab.versions.label("chain", "latest", "mended")
    anew = lab.restart(chain, version="mended")

    assert lab.wait(anew).result == {"c": {"value": 10}}


def test_a_restarted_dead_letter_is_marked(lab, chain):
    def open_letters():
        return lab._loop.run_sync(lab.parts.store.journal.list_dead_letters())

    assert [letter.execution_id for letter in open_letters()] == [chain]
    lab.wait(lab.restart(chain, from_step="c", version="newest"))

    assert open_letters() == []


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"from_step": "d"}, NotFoundError, "no visit of 'd'"),
        ({"from_step": 9}, NotFoundError, "no visit 9"),
        ({"version": "stable"}, NotFoundError, "'stable'"),
        ({"outputs": {"a": 1}}, ConflictError, "give pins"),
        ({"from_step": "b", "outputs": {"c": {}}}, NotFoundError, "'c' did not run before 'b'"),
        ({"from_step": "b", "outputs": {"a": {"valeu": 1}}}, PlanError, "outputs.valeu"),
        ({"inputs": {"n": "x"}}, PlanError, "n"),
        ({"until": "d"}, NotFoundError, "no node 'd'"),
        ({"breakpoints": {"b": "1 +"}}, ff.errors.ExpressionError, "at character"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_starts(lab, chain, changes, error, text):
    before = len(lab.heads())
    with pytest.raises(error, match=text):
        lab.restart(chain, **changes)

    assert len(lab.heads()) == before


def test_a_change_that_is_none_is_told():
    with pytest.raises(TypeError, match="varables"):
        Changes(varables={})


def test_a_newer_version_that_lacks_the_step_is_refused(lab, chain):
    path = lab.root / "chain.flow.yaml"
    path.write_text(path.read_text().replace("  c: ", "  d: ").replace("next: c", "next: d"))

    with pytest.raises(PlanError, match="lacks the node 'c' to begin at"):
        lab.restart(chain, from_step="c", version="newest")


def test_a_newer_version_that_lacks_the_way_there_is_refused(lab, chain):
    text = """\
id: chain
nodes:
  start: {kind: trigger.manual, next: b}
  b: {kind: logic.condition, config: {condition: "True"}, next: {true: c}}
  c: {kind: action.transform, config: {value: 1}}
"""
    (lab.root / "chain.flow.yaml").write_text(text)

    with pytest.raises(PlanError, match="lacks the output 'out' of 'b'"):
        lab.restart(chain, from_step="c", version="newest")


@pytest.mark.slow
def test_what_runs_is_forked_and_not_restarted(lab):
    slow = ff.Workflow(id="slow").with_node("start", "trigger.manual", next="work")
    slow = slow.with_node("work", "test.slow", config={"seconds": 0.5})
    running = lab.start(slow)

    with pytest.raises(ConflictError, match="fork it"):
        lab.restart(running)
    while not [step for step in lab.steps_of(running) if step.node == "work"]:
        pass
    fork = lab.fork(running, "work", pins={"work": {"value": "pinned"}})

    assert lab.wait(fork).result == {"work": {"value": "pinned"}}
    assert lab.wait(running).status == "succeeded"


def test_a_branch_beside_the_step_is_kept_and_its_join_meets_it(lab):
    first = lab.run(Document.parse(BRANCHES))
    anew = lab.restart(first.execution_id, from_step="late")

    assert lab.wait(anew).result == first.result
    assert nodes(lab, anew) == ["late", "meet", "after"]


@pytest.mark.slow
def test_what_was_cut_off_when_the_execution_failed_is_run_as_well(lab):
    text = BRANCHES.replace(
        """action.transform, config: {value: "'b'"}""", "test.slow, config: {seconds: 0.2}"
    )
    broken = text.replace("""{value: "'a'"}""", """{value: "1 // 0"}""")
    failed = lab.run(Document.parse(broken))
    whole = lab.run(Document.parse(text))
    anew = lab.restart(
        failed.execution_id, from_step="a", version=lab.get(whole.execution_id).digest[:16]
    )

    assert lab.wait(anew).result == whole.result
    assert sorted(nodes(lab, anew)) == ["a", "after", "b", "late", "meet"]


@pytest.mark.slow
def test_a_step_in_a_loop_begins_at_the_loop_and_says_so(lab):
    first = lab.run(Document.parse(LOOP))
    anew = lab.restart(first.execution_id, from_step="work")
    lab.wait(anew)

    [seeded] = [e.event for e in lab.entries(anew) if isinstance(e.event, ExecutionSeeded)]
    assert seeded.note == "begins at each, visit 2: work runs in turns of that loop"
    assert nodes(lab, anew) == ["each", "work", "work", "work", "after"]


def test_behind_a_loop_its_results_are_taken_over(lab):
    first = lab.run(Document.parse(LOOP))
    anew = lab.restart(
        first.execution_id,
        from_step="after",
        outputs={"each": {**lab.steps_of(first.execution_id)[1].output, "count": 9}},
    )

    assert lab.wait(anew).result == {"after": {"value": 9}}
    assert nodes(lab, anew) == ["after"]


JUMPS = """\
id: jumps
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "default(nodes.again.jump, 0)"}, next: again}
  again: {kind: logic.jump, config: {max_jumps: 2}, next: {out: work, exhausted: after}}
  after: {kind: action.transform, config: {value: nodes.work.value}}
"""


@pytest.mark.parametrize(("place", "made"), [("work", 3), (4, 5), (2, 7)])
def test_of_a_node_with_several_visits_one_can_be_chosen(lab, place, made):
    first = lab.run(Document.parse(JUMPS))
    anew = lab.restart(first.execution_id, from_step=place)

    assert lab.wait(anew).result == first.result == {"after": {"value": 2}}
    assert len(nodes(lab, anew)) == made


LEFT = """\
id: left
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]", parallel: 3}, next: {body: pick, done: after}}
  pick: {kind: logic.condition, config: {condition: item == 2}, next: {true: out, false: slow}}
  slow: {kind: flow.delay, config: {duration: 1h}, next: each}
  out: {kind: logic.jump, next: after}
  after: {kind: action.transform, config: {value: "nodes.out.jump"}}
"""


def test_behind_a_jump_out_of_a_loop_the_loop_is_not_run_again(lab):
    first = lab.run(Document.parse(LEFT))
    anew = lab.restart(first.execution_id, from_step="after")

    assert lab.wait(anew).result == first.result == {"after": {"value": 1}}
    assert nodes(lab, anew) == ["after"]


ANY = """\
id: any
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a: {kind: action.transform, config: {value: "'a'"}, next: meet}
  b: {kind: flow.delay, config: {duration: 300ms}, next: meet}
  meet: {kind: logic.join, config: {mode: any, cancel_rest: %s}, next: after}
  after: {kind: action.transform, config: {value: "nodes.meet.arrived"}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "expected"), [("after", ["after"]), ("b", ["b"]), ("meet", ["meet", "after"])]
)
def test_a_join_that_fired_is_not_fired_again_by_what_came_late(lab, place, expected):
    first = lab.run(Document.parse(ANY % "false"))
    anew = lab.restart(first.execution_id, from_step=place)

    assert lab.wait(anew).status == "succeeded"
    assert nodes(lab, anew) == expected


def test_who_lost_against_a_join_stays_lost_unless_the_join_is_made_anew(lab):
    first = lab.run(Document.parse(ANY % "true"))
    behind = lab.restart(first.execution_id, from_step="after")
    again = lab.restart(first.execution_id, from_step="a")
    lab.wait(behind)
    lab.wait(again)

    assert nodes(lab, behind) == ["after"]
    [seeded] = [e.event for e in lab.entries(again) if isinstance(e.event, ExecutionSeeded)]
    assert sorted(token.target for token in seeded.next) == ["a", "b"]


def test_a_fork_of_a_fork_keeps_what_the_first_took_over(lab, chain):
    first = lab.fork(chain, "c", version="newest")
    lab.wait(first)
    second = lab.fork(first, "c", outputs={"b": {"value": 3}})

    assert lab.wait(second).result == {"c": {"value": 30}}
    assert lab.get(second).origin == first


FRAME = """\
id: frame
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: python.code, config: {code: "import pandas as pd\\nresult = {'table': pd.DataFrame({'n': range(5)}), 'text': 'x' * 100000}"}, next: count}
  count: {kind: action.transform, config: {value: "len(nodes.load.result.text)"}}
"""


@pytest.mark.slow
def test_frames_and_blobs_outlive_the_origin(lab):
    first = lab.run(Document.parse(FRAME))
    assert first.status == "succeeded", first.error
    lab.parts.store.sealer.seal(min_rows=1)
    anew = lab.restart(first.execution_id, from_step="count")
    lab.wait(anew)
    lab.parts.store.sealer.drop_before(lab.entries(anew)[0].at)
    with pytest.raises(NotFoundError):
        lab.get(first.execution_id)
    lab._loop.run_sync(lab.parts.store.sweep_blobs(grace=-10))

    loaded = next(step for step in lab.steps_of(anew) if step.node == "load")
    assert len(loaded.output["result"]["text"]) == 100_000
    pd.testing.assert_frame_equal(
        loaded.output["result"]["table"].to_pandas(), pd.DataFrame({"n": range(5)})
    )
