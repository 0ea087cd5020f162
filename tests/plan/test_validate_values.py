"""Values, names and expressions in configs, judged before any run."""

import pytest

from tests.plan.judging import GOOD, only, problems


def judged(kind, config, **surroundings):
    text = f"""
inputs: {{n: {{}}}}
nodes:
  start: {{kind: trigger.manual, next: x}}
  x: {{kind: {kind}, config: {config}}}
"""
    return problems(text, **surroundings)


@pytest.mark.parametrize(
    ("kind", "config", "field", "hint"),
    [
        ("action.transform", "{valeu: '1'}", "config.valeu", "value"),
        (
            "action.http_request",
            "{url: 'http://a', auth: {type: bearer, token: '{{ secrets.t }}', tokn: x}}",
            "config.auth.tokn",
            "token",
        ),
        (
            "action.http_request",
            "{url: 'http://a', auth: {type: baerer}}",
            "config.auth",
            "bearer",
        ),
        (
            "data.frame",
            "{operations: [{op: select, colums: [a]}]}",
            "config.operations.0.colums",
            "columns",
        ),
        ("data.frame", "{operations: [{op: selct}]}", "config.operations.0", "select"),
        (
            "logic.switch",
            "{value: '1', cases: [{name: a, equls: 1}]}",
            "config.cases.0.equls",
            "equals",
        ),
    ],
)
def test_a_misspelt_word_at_any_depth_is_recognised(kind, config, field, hint):
    found = {problem.field: problem.hint for problem in judged(kind, config)}

    assert found[field] == f"did you mean {hint!r}?"


def test_a_missing_field_at_any_depth_says_what_it_is_for():
    found = judged("data.frame", "{operations: [{op: filter}]}")

    assert [(one.code, one.field, one.hint) for one in found if one.code == "config.missing"] == [
        ("config.missing", "config.operations.0.where", "The formula.")
    ]


@pytest.mark.parametrize(
    ("kind", "config", "where", "said"),
    [
        ("sql.query", "{sql: selec 1}", "config.sql", "line 1, character 1: syntax error"),
        ("sql.query", '{sql: "select 1\\n, a b c"}', "config.sql", "line 2, character 7: syntax"),
        ("sql.query", "{sql: -- nothing}", "config.sql", "no statement"),
        ("sql.query", "{sql: [a]}", "config.sql", "valid string"),
        ("sql.query", "{sql: 'select $a, $b'}", "config.parameters", "no value for $a, $b"),
        (
            "sql.query",
            "{sql: 'select $a', parameters: {a: '{{ inputs.n }}', b: 1}}",
            "config.parameters",
            "given for $b",
        ),
        ("sql.query", "{sql: select 1, write: true}", "config.write", "no connection to write to"),
        (
            "sql.query",
            "{sql: from t, files: {t: a.xlsx, u: '{{ inputs.n }}'}}",
            "config.files.t",
            "known are: .csv",
        ),
        ("python.code", "{code: x, inputs: {not valid: '1'}}", "config.inputs.not valid", "match"),
        ("python.code", "{code: x, inputs: {'[key]': '1'}}", "config.inputs.[key]", "match"),
        ("action.http_request", "{url: 'file:///etc/passwd'}", "config.url", "https://"),
        ("action.http_request", "{url: example.com}", "config.connection", "https://"),
        ("action.http_request", "{}", "config.connection", "https://"),
        ("action.http_request", "{url: 'http://a', timeout: 0s}", "config.timeout", "greater"),
        (
            "data.frame",
            "{operations: [{op: assign, columns: {a: b, c: d.to_csv('x')}}]}",
            "config.operations.0.columns.c",
            "'.to_csv' cannot stand in a formula",
        ),
        (
            "data.frame",
            "{operations: [{op: filter, where: a > @b, parameters: {c: '{{ inputs.n }}'}}]}",
            "config.operations.0.parameters",
            "no value for @b of the formula 'a > @b'; there is: c",
        ),
    ],
)
def test_a_value_that_no_run_could_use_is_told(kind, config, where, said):
    text = f"""
inputs: {{n: {{}}}}
nodes:
  start: {{kind: trigger.manual, next: x}}
  x: {{kind: {kind}, config: {config}}}
"""

    found = [problem for problem in problems(text) if problem.code == "config.type"]

    assert [problem.field for problem in found][:1] == [where]
    assert said in found[0].message


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("action.http_request", "{url: '{{ inputs.n }}/orders'}"),
        ("sql.query", "{sql: 'select $a', parameters: '{{ inputs.n }}'}"),
        ("sql.query", "{sql: from t, files: {t: '{{ inputs.n }}'}}"),
        ("data.frame", "{frame: inputs.n, operations: [{op: filter, where: '{{ inputs.n }}'}]}"),
        (
            "data.frame",
            "{frame: inputs.n, operations: [{op: assign, columns: {a: 'b > {{ inputs.n }}'}}]}",
        ),
    ],
)
def test_a_template_is_left_to_the_run(kind, config):
    text = f"""
inputs: {{n: {{}}}}
nodes:
  start: {{kind: trigger.manual, next: x}}
  x: {{kind: {kind}, config: {config}}}
"""

    assert [problem for problem in problems(text) if problem.severity == "error"] == []


def test_every_fault_of_one_expression_is_told():
    text = GOOD.replace(
        "result: nodes.work.value", "result: nodes.work.vlaue + vars.wrkflow.x + nodes.lat.value"
    )

    found = [problem for problem in problems(text) if problem.severity == "error"]

    assert [problem.hint for problem in found] == [
        "did you mean 'value'?",
        "did you mean 'workflow'?",
        "did you mean 'last'?",
    ]


VARIABLES = """
nodes:
  start: {kind: trigger.manual, next: keep}
  keep: {kind: action.set_variable, config: {name: %s, value: 1}, next: use}
  use: {kind: action.transform, config: {value: %s}}
"""


@pytest.mark.parametrize("scope", ["workflow", "user", "project"])
def test_a_variable_that_others_may_have_set_is_left_alone(scope):
    assert problems(VARIABLES % ("count", f"vars.{scope}.anything")) == []


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("count", "vars.execution.count + 1"),
        ("count", "'default(vars.execution.other, 0)'"),
        ("'{{ inputs.name }}'", "vars.execution.other"),
    ],
)
def test_a_variable_that_is_set_or_may_be_is_left_alone(name, read):
    text = "inputs: {name: {}}" + VARIABLES % (name, read)

    assert problems(text) == []


def test_a_variable_that_no_node_before_sets_is_a_warning():
    problem = only(VARIABLES % ("count", "vars.execution.cuont"))

    assert (problem.code, problem.severity) == ("variable.unset", "warning")
    assert problem.hint == "did you mean 'count'?"


def test_a_node_type_from_elsewhere_may_set_any_variable():
    text = VARIABLES % ("count", "vars.execution.other")
    text = text.replace("next: keep", "next: [keep, far]")

    assert problems(text + "  far: {kind: test.slow, config: {seconds: 1}}") == []


@pytest.mark.parametrize("field", ['mode: "{{ inputs.n }}"', 'mode: n, count: "{{ inputs.n }}"'])
def test_how_many_branches_a_join_waits_for_is_no_expression(field):
    text = GOOD.replace("kind: logic.condition", "kind: logic.join").replace(
        "config: {condition: nodes.work.value > 0}", f"config: {{{field}}}"
    )

    found = [one for one in problems(text) if one.node == "ask" and one.severity == "error"]

    assert found
    assert {one.field.partition(".")[0] for one in found} <= {"config", "next"}
    assert any(one.field.startswith("config.") for one in found)


def test_an_end_has_nothing_to_go_on_to_with_other_outputs():
    text = GOOD.replace(
        "result: nodes.work.value}}", "message: a}, continue_with: {status: failed}}"
    )

    problem = only(text)

    assert (problem.severity, problem.node, problem.field) == ("error", "last", "continue_with")


@pytest.mark.parametrize(
    ("config", "message", "hint"),
    [
        ("{operations: [{op: filtr}]}", "expected 'op' to be one of '", "did you mean 'filter'?"),
        ("{operations: [{opp: filter}]}", "expected 'op', one of '", "did you mean 'op'?"),
        ("{operations: [{}]}", "expected 'op', one of '", ""),
        ("{operations: [filter]}", "expected a mapping, found text", ""),
    ],
)
def test_what_decides_which_fields_there_are_is_told_in_words_of_the_product(
    config, message, hint
):
    [problem] = judged("data.frame", config)

    assert problem.message.startswith(message)
    assert (problem.field, problem.hint) == ("config.operations.0", hint)
