"""JSON Schemas of authors for answers of strangers: patterns above all."""

import time

import pytest

from flowforge_lab.nodes import check_schema, faults_of

EVIL = "a" * 5_000 + "!"
SAFE = "https://json-schema.org/draft/2020-12/schema"


def said_of(answer, schema):
    return [fault.message for fault in faults_of(answer, {"schema": schema})]


@pytest.mark.parametrize(
    ("schema", "answer", "said"),
    [
        ({"pattern": "(a+)+$"}, EVIL, "does not match '(a+)+$'"),
        ({"patternProperties": {"(a+)+$": False}}, {EVIL: 1}, ""),
        ({"patternProperties": {"(a+)+$": {}}, "additionalProperties": False}, {EVIL: 1}, "unexpected"),
        ({"propertyNames": {"pattern": "(a+)+$"}}, {EVIL: 1}, "does not match"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"pattern": "(a+)+$"}}}, EVIL, "does not match"),
        ({"$schema": SAFE, "not": {"$schema": SAFE, "pattern": "(a+)+$"}}, EVIL, ""),
        ({"format": "regex", "pattern": "x"}, "(" * 5_000, "does not match"),
    ],
)  # fmt: skip
def test_no_pattern_of_a_schema_holds_up_who_judges_an_answer(schema, answer, said):
    check_schema(schema)
    before = time.perf_counter()
    told = said_of(answer, schema)

    assert said in "".join(told)
    assert bool(told) is bool(said)
    assert time.perf_counter() - before < 0.5


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"properties": {"a": {"pattern": "(?=a)b"}}}, "looks ahead or back"),
        ({"patternProperties": {r"(a)\1": {}}}, "refers back to a group"),
        ({"$defs": {"a": {"patternProperties": {"a": {}}}}, "unevaluatedProperties": False}, "do not go together"),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_ask_for_is_told_before_and_when_it_is_met(schema, said):
    with pytest.raises(ValueError, match=said):
        check_schema(schema)

    assert said in said_of({}, schema)[0]


def test_what_only_looks_like_a_pattern_is_none():
    schema = {
        "properties": {"pattern": {"enum": [{"pattern": "(?=a)"}]}},
        "default": {"pattern": "("},
    }
    check_schema(schema)

    assert said_of({"pattern": {"pattern": "(?=a)"}}, schema) == []


def test_what_patterns_and_other_properties_ask_for_is_judged_as_ever():
    schema = {
        "properties": {"name": {"type": "string", "pattern": r"^\w+$"}},
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": {"type": "null"},
    }

    assert said_of({"name": "Åsa", "x-a": 1, "more": None}, schema) == []
    faults = faults_of({"name": "?", "x-a": "", "more": 1}, {"schema": schema})
    assert [fault.field for fault in faults] == ["more", "name", "x-a"]


def test_a_text_far_too_long_for_a_pattern_is_told_with_its_place():
    [fault] = faults_of(
        {"a": "a" * 100_000}, {"schema": {"properties": {"a": {"pattern": "(a?){200}b"}}}}
    )

    assert (fault.field, "too many" in fault.message) == ("a", True)
