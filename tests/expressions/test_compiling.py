from typing import Any

import pytest

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import (
    NEEDS_SANDBOX,
    Evaluator,
    SecretRef,
    compile_value,
)
from flowforge_lab.values import normalise

SCOPE = {"input": {"x": 1, "rows": [1, 2]}, "inputs": {"name": "Ann"}}


def role_of(**roles: str) -> Any:
    return lambda path: roles.get(str(path[0]), "template") if path else "template"


def render(value: Any, **roles: str) -> Any:
    return Evaluator().try_render(compile_value(value, role_of=role_of(**roles)), SCOPE)


def test_all_problems_of_a_config_are_told_at_once():
    compiled = compile_value({"a": "{{ 1 + }}", "b": ["ok", {"c": "x {{ "}]})

    assert [path for path, _ in compiled.problems] == [("a",), ("b", 1, "c")]


def test_every_wrong_expression_of_one_text_is_told():
    compiled = compile_value("{{ 1 + }} and {{ 2 }} and {{ f( }} and {{ 'x }}")

    assert [error.offset for _, error in compiled.problems] == [6, 30, 42]


def test_references_and_secrets_carry_the_path_of_their_field():
    value = {"url": "{{ input.x }}", "auth": {"token": "{{ secrets.t }}"}}
    compiled = compile_value(value, role_of=role_of(auth="secret"))

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
    compiled = compile_value("{{ input.x }} > 3", role_of=lambda _: "expression")

    [(_, problem)] = compiled.problems
    assert "without {{ }}" in problem.message


def test_a_literal_in_place_of_an_expression_is_taken_as_it_is():
    assert render({"items": ["a", "{{ input.x }}", 3]}, items="expression") == {
        "items": ["a", 1, 3]
    }


def test_fields_below_an_expression_role_of_their_own_are_expressions():
    compiled = compile_value(
        {"total": "input.x + 1"}, role_of=lambda path: "expression" if path else "template"
    )

    assert Evaluator().try_render(compiled, SCOPE) == {"total": 2}


def test_a_secret_outside_a_field_made_for_one_is_a_problem():
    compiled = compile_value({"url": "{{ secrets.t }}"})

    [(path, problem)] = compiled.problems
    assert path == ("url",)
    assert problem.source[problem.offset :] == "secrets.t }}"


def test_secrets_stay_a_stand_in_in_what_is_rendered():
    rendered = render({"auth": "{{ secrets.t }}", "x": ["{{ input.x }}"]}, auth="secret")

    assert isinstance(rendered["auth"], SecretRef)
    assert type(normalise(rendered)["auth"]) is str
    assert normalise(rendered) == {"auth": "{{ secrets.t }}", "x": [1]}


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


ODD = "a/b c?&é%+"
CODED = "a%2Fb%20c%3F%26%C3%A9%25%2B"


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://h/{{ x }}", f"https://h/{CODED}"),
        ("https://h/{{ x }}/lines?q={{ x }}&r=1", f"https://h/{CODED}/lines?q={CODED}&r=1"),
        ("orders/{{ x }}", f"orders/{CODED}"),
        ("/{{ x }}#{{ x }}", f"/{CODED}#{CODED}"),
        ("{{ base }}/orders/{{ x }}", f"http://h:8/api/orders/{CODED}"),
        ("{{ base }}?q={{ x }}", f"http://h:8/api?q={CODED}"),
        ("https://{{ host }}:{{ port }}/{{ x }}", f"https://h.example:80/{CODED}"),
        ("{{ scheme }}://{{ host }}/a", "https://h.example/a"),
        ("https://h/{{ port }}{{ none }}", "https://h/80"),
        ("{{ x }}", ODD),
        ("{{ base }}", "http://h:8/api"),
    ],
)
def test_values_within_an_address_are_encoded_and_a_whole_address_is_not(template, address):
    given = {"x": ODD, "base": "http://h:8/api", "host": "h.example", "port": 80}
    given |= {"none": None, "scheme": "https"}
    scope = {"input": given}
    for name in given:
        template = template.replace(f"{{{{ {name} }}}}", f"{{{{ input.{name} }}}}")
    compiled = compile_value({"url": template}, role_of=role_of(url="url"))

    assert Evaluator().try_render(compiled, scope) == {"url": address}


@pytest.mark.parametrize("dots", [".", ".."])
def test_a_value_cannot_lead_to_another_path(dots):
    compiled = compile_value({"url": "https://h/{{ input }}/x"}, role_of=role_of(url="url"))

    with pytest.raises(ExpressionError, match="cannot be a part of a path"):
        Evaluator().try_render(compiled, {"input": dots})


def test_braces_in_a_literal_field_are_a_problem():
    value = {"allow": "{{ input.x }}", "name": "plain", "on": True}
    compiled = compile_value(value, role_of=role_of(allow="literal", name="literal", on="literal"))

    [(path, problem)] = compiled.problems
    assert path == ("allow",)
    assert "must be written out" in str(problem)
