"""Everything that can be wrong with a workflow is told at once, with where and what would mend it."""

import pytest

from flowforge_lab.errors import PlanError
from flowforge_lab.plan import PlanCache, Surroundings, compile_workflow, validate
from flowforge_lab.spec import Document, Workflow
from tests.plan.judging import GOOD, REGISTRY, only, problems


def test_a_good_workflow_has_no_problems():
    assert problems(GOOD) == []


def test_names_every_problem_at_once():
    text = GOOD.replace("logic.condition", "logic.conditon").replace(
        "nodes.work.value}", "nodes.wrok.value}"
    )
    text = text.replace("value: inputs.n", "valeu: inputs.n")

    found = {(problem.code, problem.node) for problem in problems(text)}

    assert found == {
        ("kind.unknown", "ask"),
        ("expression.node", "last"),
        ("config.unknown", "work"),
    }


@pytest.mark.parametrize(
    ("old", "new", "code", "where", "said"),
    [
        ("trigger.manual", "action.transform", "trigger.missing", "", "nothing can start"),
        (
            "logic.condition",
            "logic.conditon",
            "kind.unknown",
            "ask.kind",
            "did you mean 'logic.condition'?",
        ),
        ("flow.end", "flow.end@9", "kind.version", "last.kind", "version 9"),
        ("next: ask", "next: aks", "edge.target", "work.next.out", "did you mean 'ask'?"),
        ('"true": last', '"yes": last', "edge.port", "ask.next.yes", "it has: true, false, error"),
        ("next: work", "next: work.left", "edge.port", "start.next.out", "no input 'left'"),
        (
            "next: ask",
            "next: [ask, start]",
            "edge.port",
            "work.next.out",
            "nothing may lead to it",
        ),
        (
            "condition: nodes.work.value > 0",
            "",
            "config.missing",
            "ask.config.condition",
            "required",
        ),
        (
            "value: inputs.n",
            "value: inputs.m",
            "expression.name",
            "work.config.value",
            "the workflow has: n",
        ),
        (
            "value: inputs.n",
            "value: foo.n",
            "expression.name",
            "work.config.value",
            "unknown name 'foo'",
        ),
        (
            "value: inputs.n",
            "value: start.n",
            "expression.name",
            "work.config.value",
            "nodes.start",
        ),
        (
            "value: inputs.n",
            "value: item",
            "expression.name",
            "work.config.value",
            "inside a loop",
        ),
        (
            "value: inputs.n",
            "value: execution.idd",
            "expression.name",
            "work.config.value",
            "did you mean 'id'?",
        ),
        ("value: inputs.n", "value: 1 +", "expression.syntax", "work.config.value", ""),
        (
            "value: inputs.n",
            "value: nodes.last.result",
            "expression.order",
            "work.config.value",
            "never runs before",
        ),
        (
            "result: nodes.work.value",
            "result: nodes.work.valeu",
            "expression.field",
            "last.config.result",
            "did you mean 'value'?",
        ),
        (
            "result: nodes.work.value",
            "result: input.valeu",
            "expression.field",
            "last.config.result",
            "what comes in gives no 'valeu'",
        ),
        ("default: 1", "default: one", "input.default", "inputs.n.default", "expected integer"),
        ("{n: {type", "{n-m: {type", "input.name", "inputs.n-m", "no name an expression can say"),
    ],
)
def test_tells_what_is_wrong_where_and_how_to_mend_it(old, new, code, where, said):
    found = [p for p in problems(GOOD.replace(old, new)) if p.code == code]

    assert found, problems(GOOD.replace(old, new))
    assert str(found[0]).startswith(where)
    assert said in str(found[0])


FIRED = """
nodes:
  {start}
  work: {{kind: action.transform, config: {{value: '{value}'}}}}
"""
CLOCK = 'clock: {kind: trigger.schedule, config: {cron: "0 8 * * *"}, next: work}'
HAND = "start: {kind: trigger.manual, next: work}"


@pytest.mark.parametrize("value", ["trigger.scheduled_at", "input.scheduled_at"])
def test_tells_what_no_trigger_gives(value):
    problem = only(FIRED.format(start=CLOCK, value=value))

    assert problem.code == "expression.field"
    assert "it gives: due_at" in str(problem)
    assert "did you mean 'due_at'?" in str(problem)


@pytest.mark.parametrize(
    ("start", "value"),
    [
        (CLOCK, "trigger.due_at"),
        (CLOCK, "input.due_at"),
        (CLOCK, "default(trigger.scheduled_at, 1)"),
        (HAND, "trigger.anything"),
        (HAND, "input.anything"),
        (f"{CLOCK}\n  {HAND}", "trigger.anything"),
    ],
)
def test_says_nothing_of_what_a_trigger_may_give(start, value):
    assert problems(FIRED.format(start=start, value=value)) == []


def test_tells_orphans_and_unreachable_nodes_apart():
    text = (
        GOOD + "  alone: {kind: action.transform}\n  far: {kind: action.transform, next: last}\n"
    )

    found = {problem.code: problem.node for problem in problems(text)}

    assert found["node.orphan"] == "alone"
    assert found["node.unreachable"] == "far"


def test_names_the_nodes_of_a_circle():
    text = GOOD.replace('{"true": last}', '{"true": last, "false": work}')

    found = [problem for problem in problems(text) if problem.code == "graph.cycle"]

    assert "work -> ask -> work" in found[0].message


def test_checks_types_of_constants_and_leaves_expressions_alone():
    text = "nodes: {start: {kind: trigger.manual, next: w}, w: {kind: test.slow, config: {seconds: %s}}}"

    assert only(text % "soon").code == "config.type"
    assert problems(text % '"{{ 1 + 1 }}"') == []


def test_warns_of_a_node_that_may_not_have_run():
    text = GOOD.replace("result: nodes.work.value", "result: nodes.other.value").replace(
        '"true": last}}', '"true": last, "false": other}}'
    )
    text += "  other: {kind: action.transform, config: {value: '1'}, next: last}\n"

    problem = only(text)

    assert (problem.code, problem.severity) == ("expression.maybe", "warning")
    assert only(text).hint.endswith("default(nodes.other..., ...)")


def test_refuses_an_edge_that_brings_what_the_port_does_not_take():
    text = """
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: sql.query, config: {sql: select 1}, next: shape}
  shape: {kind: data.frame, config: {operations: []}, on_error: again}
  again: {kind: data.frame, config: {operations: []}}
"""
    found = [problem for problem in problems(text) if problem.code == "edge.type"]

    assert [problem.node for problem in found] == ["shape"]


def test_a_secret_in_a_field_for_none_is_told_where_it_may_stand():
    text = 'nodes: {start: {kind: trigger.manual, next: s}, s: {kind: action.http_request, config: {url: "https://example.com", headers: {X: "{{ secrets.token }}"}}}}'

    problem = only(text, secrets={"token"})

    assert problem.field == "config.headers.X"
    assert "made for one, such as 'auth'" in problem.message


def test_knows_which_secrets_and_connections_there_are():
    text = 'nodes: {start: {kind: trigger.manual, next: s}, s: {kind: test.secret, config: {path: x, token: "{{ secrets.tokne }}"}}}'

    problem = only(text, secrets={"token"})

    assert (problem.code, problem.hint) == ("secret.missing", "did you mean 'token'?")
    assert problems(text) == []


QUERY = "nodes: {start: {kind: trigger.manual, next: q}, q: {kind: sql.query, config: {sql: from t, connection: %s}}}"


def test_a_connection_that_is_not_there_is_told_with_those_that_are():
    problem = only(QUERY % "lkae", connections={"lake", "shop"})

    assert (problem.code, problem.hint) == ("connection.unknown", "did you mean 'lake'?")
    assert "the lab has: lake, shop" in problem.message
    assert problems(QUERY % "lake", connections={"lake"}) == []


def test_a_connection_is_named_by_the_author_and_not_by_an_expression():
    problem = only(QUERY % "'{{ execution.id }}'", connections=())

    assert (problem.code, problem.field) == ("expression.syntax", "config.connection")
    assert "must be written out" in problem.message


def test_a_connection_that_lacks_its_credentials_is_told_before_it_is_used():
    workflow = Document.parse(QUERY % "lake").workflow
    needed = {"lake": frozenset({"key"}), "other": frozenset({"gone"})}

    def judge(*secrets):
        known = Surroundings(frozenset(needed), frozenset(secrets), credentials=needed)
        return validate(workflow, REGISTRY, known)

    assert [problem.code for problem in judge("kye")] == ["secret.missing"]
    assert judge("key") == []


def test_refuses_durability_of_the_execution_where_something_is_written():
    text = """
settings: {durability: execution}
nodes: {start: {kind: trigger.manual, next: w}, w: {kind: test.append, config: {path: x}}}
"""

    assert only(text).code == "settings.durability"


def test_an_empty_workflow_says_what_to_add():
    assert only("nodes: {}").hint == "add a trigger, such as trigger.manual"


def test_warnings_do_not_stop_a_compilation_and_errors_do():
    workflow = Document.parse(GOOD + "canvas: {gone: [0, 0]}").workflow

    assert compile_workflow(workflow, REGISTRY).steps
    with pytest.raises(PlanError, match="unknown node type"):
        compile_workflow(Document.parse(GOOD.replace("flow.end", "flow.edn")).workflow, REGISTRY)


def test_a_plan_is_compiled_once_for_a_digest():
    workflow = Document.parse(GOOD).workflow
    cache = PlanCache(max_plans=1)
    calls = []

    def compile_it():
        calls.append(1)
        return compile_workflow(workflow, REGISTRY)

    first = cache.get("a", compile_it)
    assert cache.get("a", compile_it) is first
    cache.get("b", compile_it)
    cache.get("a", compile_it)
    assert len(calls) == 3


def test_a_workflow_of_a_thousand_nodes_in_a_row_is_judged():
    workflow = Workflow().with_node("start", "trigger.manual", next="n0")
    for number in range(1000):
        workflow.nodes[f"n{number}"] = workflow.with_node(
            "x",
            "action.transform",
            config={"value": "1"},
            next=f"n{number + 1}" if number < 999 else None,
        ).nodes["x"]

    assert validate(workflow, REGISTRY) == []


@pytest.mark.parametrize("names", [("x", "x"), ("x", "default"), ("error", "y")])
def test_a_fault_beside_expressions_is_told_before_the_node_runs(names):
    one, two = names
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: s}}
  s:
    kind: logic.switch
    config:
      value: inputs.n
      cases: [{{name: {one}, equals: "{{{{ 1 }}}}"}}, {{name: {two}, equals: 2}}]
inputs: {{n: {{}}}}
"""

    found = [problem for problem in problems(text) if problem.code == "config.type"]

    assert "a name of its own" in found[0].message


def test_an_expression_inside_a_union_is_left_to_the_run():
    text = """
nodes:
  start: {kind: trigger.manual, next: h}
  h:
    kind: action.http_request
    config:
      url: "http://localhost/{{ execution.id }}"
      method: POST
      timeout: "{{ 1 + 1 }}"
      body: {type: form, fields: {a: "{{ execution.id }}"}}
"""

    assert problems(text) == []


def test_warns_of_a_secret_that_stands_in_the_file():
    text = "nodes: {start: {kind: trigger.manual, next: s}, s: {kind: test.secret, config: {path: x, token: abc123}}}"

    problem = only(text)

    assert (problem.code, problem.severity, problem.field) == (
        "secret.clear",
        "warning",
        "config.token",
    )


def test_what_a_node_goes_on_with_is_what_it_would_give():
    text = "nodes: {start: {kind: trigger.manual, next: s}, s: {kind: action.transform, config: {value: '1'}, continue_with: {vlaue: 1}}}"

    assert only(text).hint == "did you mean 'value'?"


@pytest.mark.parametrize(
    ("spare", "said"),
    [
        ("5", "gives no 'value'"),
        ("null", "gives no 'value'"),
        ("[1]", "gives no 'value'"),
        ("{}", "gives no 'value'"),
        ("{value: '{{ inputs.n }}'}", "not evaluated"),
    ],
)
def test_going_on_with_what_later_nodes_cannot_use_is_a_warning(spare, said):
    text = GOOD.replace("value: inputs.n}", f"value: inputs.n}}, continue_with: {spare}")

    found = problems(text)

    assert said in found[0].message
    assert {problem.severity for problem in found} == {"warning"}


def test_a_wrong_name_is_told_of_a_node_that_may_go_on_without_its_output_too():
    text = GOOD.replace("value: inputs.n}", "value: inputs.n}, continue_with: {value: 1}")

    assert problems(text) == []
    assert only(text.replace("result: nodes.work.value", "result: nodes.work.vlaue")).hint == (
        "did you mean 'value'?"
    )


def test_code_that_is_no_python_is_told_with_line_and_character():
    text = 'nodes: {start: {kind: trigger.manual, next: s}, s: {kind: python.code, config: {code: "a = 1\\nb = ("}}}'

    assert only(text).message.startswith("line 2, character 5: '(' was never closed")
