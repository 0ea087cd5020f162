from datetime import timedelta

import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Answer, Park, Registry, faults_of

WAIT = {
    "expects": {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
}


def test_parks_under_its_token_with_its_terms(visit, attempt):
    parked = visit("flow.wait_webhook", {**WAIT, "timeout": "1h", "response": "thanks"})

    terms = {"node": "node_1", "ask": 1, "schema": WAIT["expects"], "response": "thanks"}
    assert parked == Park(attempt.now + timedelta(hours=1), ("webhook:execution-1.token",), terms)


def test_gives_the_answer(visit, attempt):
    attempt.resumed = Answer("answer", {"ok": True}, "webhook:execution-1.token", 1)

    got = visit("flow.wait_webhook", WAIT)

    assert (got.port, got.outputs.answer, got.outputs.is_timed_out) == (
        "received",
        {"ok": True},
        False,
    )


def test_waits_on_where_an_answer_does_not_fit(visit, attempt):
    attempt.resumed = Answer("answer", {"ok": 1}, "webhook:execution-1.token", 5)

    assert isinstance(visit("flow.wait_webhook", WAIT), Park)


def test_leaves_by_its_timeout(visit, attempt):
    attempt.resumed = Answer("time")

    got = visit("flow.wait_webhook", {"timeout": "1s"})

    assert (got.port, got.outputs.answer, got.outputs.is_timed_out) == ("timeout", None, True)


@pytest.mark.parametrize("schema", [{"type": "strng"}, {"required": "ok"}, {"minimum": "1"}])
def test_what_it_expects_must_be_a_schema(visit, schema):
    with pytest.raises(ValidationError, match="not a JSON Schema"):
        visit("flow.wait_webhook", {"expects": schema})


def test_names_every_fault_with_its_place():
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {"age": {"type": "integer"}, "tags": {"items": {"type": "string"}}},
    }

    faults = faults_of({"age": "x", "tags": ["a", 1]}, {"schema": schema})

    assert [fault.field for fault in faults] == ["", "age", "tags.1"]


@pytest.mark.parametrize(
    ("answer", "count"), [("rerun", 0), ("fail", 0), ("perhaps", 1), (None, 1)]
)
def test_an_answer_may_have_to_be_one_of_a_few(answer, count):
    assert len(faults_of(answer, {"answers": ["rerun", "fail"]})) == count


def test_what_a_schema_refers_to_elsewhere_is_refused(visit):
    with pytest.raises(ValidationError, match="is not fetched"):
        visit(
            "flow.wait_webhook",
            {"expects": {"prefixItems": [{"$ref": "http://127.0.0.1:9/schema"}]}},
        )


def test_where_a_schema_refers_to_nothing_no_answer_fits():
    [fault] = faults_of({}, {"schema": {"$ref": "#/nowhere"}})

    assert "refers to" in fault.message


def test_the_engine_knows_that_it_can_be_answered():
    assert Registry().get("flow.wait_webhook").answers
