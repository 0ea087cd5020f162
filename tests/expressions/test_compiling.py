from typing import Any

from flowforge_lab.expressions import (
    NEEDS_SANDBOX,
    Evaluator,
    SecretRef,
    compile_value,
    fill_secrets,
    gather,
)
from flowforge_lab.values import normalise

SCOPE = {"input": {"x": 1, "rows": [1, 2]}, "inputs": {"name": "Ann"}}


def role_of(**roles: str) -> Any:
    return lambda path: roles.get(str(path[0]), "") if path else ""


def render(value: Any, **roles: str) -> Any:
    return Evaluator().try_render(compile_value(value, role=role_of(**roles)), SCOPE)


def test_all_problems_of_a_config_are_told_at_once():
    compiled = compile_value({"a": "{{ 1 + }}", "b": ["ok", {"c": "x {{ "}]})

    assert [path for path, _ in compiled.problems] == [("a",), ("b", 1, "c")]


def test_references_and_secrets_carry_the_path_of_their_field():
    compiled = compile_value({"url": "{{ input.x }}", "auth": {"token": "{{ secrets.t }}"}})

    assert [(path, found.path) for path, found in compiled.references] == [
        (("url",), ("input", "x"))
    ]
    assert compiled.secrets == ((("auth", "token"), "t"),)


def test_a_constant_config_needs_nothing():
    value = {"a": 1, "b": ["x", None, {"c": 2.5}]}
    compiled = compile_value(value)

    assert compiled.is_constant
    assert Evaluator().try_render(compiled, {}) is value


def test_a_verbatim_field_is_left_alone():
    assert render({"sql": "select '{{ input.x }}'"}, sql="verbatim") == {
        "sql": "select '{{ input.x }}'"
    }


def test_an_expression_field_needs_no_braces_and_accepts_them():
    config = {"a": "input.x == 1", "b": " {{ input.x == 2 }}\n"}

    assert render(config, a="expression", b="expression") == {"a": True, "b": False}


def test_an_expression_field_with_braces_in_the_middle_is_refused():
    compiled = compile_value("{{ input.x }} > 3", role=lambda _: "expression")

    [(_, problem)] = compiled.problems
    assert "without {{ }}" in problem.message


def test_a_literal_in_place_of_an_expression_is_taken_as_it_is():
    assert render({"items": ["a", "{{ input.x }}", 3]}, items="expression") == {
        "items": ["a", 1, 3]
    }


def test_fields_below_an_expression_role_of_their_own_are_expressions():
    compiled = compile_value(
        {"total": "input.x + 1"}, role=lambda path: "expression" if path else ""
    )

    assert Evaluator().try_render(compiled, SCOPE) == {"total": 2}


def test_a_place_is_open_above_and_below_an_expression():
    compiled = compile_value({"a": {"b": "{{ input.x }}"}, "c": 1})

    assert compiled.is_open_at(("a",))
    assert compiled.is_open_at(("a", "b", "deeper"))
    assert not compiled.is_open_at(("c",))


def test_gathered_fields_render_together():
    fields = {
        "a": compile_value("{{ input.x }}"),
        "b": compile_value(["n {{ inputs.name }}", "{{ input.rows }}"]),
        "c": compile_value(5),
    }

    rendered = Evaluator().try_render(gather(fields), SCOPE)

    assert rendered == {"a": 1, "b": ["n Ann", [1, 2]], "c": 5}
    assert rendered["b"][1] is SCOPE["input"]["rows"]


def test_secrets_stay_a_stand_in_until_they_are_filled():
    rendered = render({"token": "{{ secrets.t }}", "x": ["{{ input.x }}"]})

    assert isinstance(rendered["token"], SecretRef)
    assert type(normalise(rendered)["token"]) is str
    assert normalise(rendered) == {"token": "{{ secrets.t }}", "x": [1]}
    assert fill_secrets(rendered, {"t": "s3cret"}.__getitem__) == {"token": "s3cret", "x": [1]}


def test_a_config_nested_too_deeply_is_a_problem():
    value: Any = "{{ input.x }}"
    for _ in range(5_000):
        value = [value]

    [(_, problem)] = compile_value(value).problems

    assert "nested deeper" in problem.message


def test_keys_are_left_alone():
    assert render({"{{ input.x }}": "{{ input.x }}"}) == {"{{ input.x }}": 1}


def test_what_the_quick_way_cannot_do_is_said():
    compiled = compile_value("{{ [x for x in input.rows] }}")

    assert Evaluator().try_render(compiled, SCOPE) is NEEDS_SANDBOX
