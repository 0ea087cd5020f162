import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Registry, role_at
from flowforge_lab.plan import validate
from flowforge_lab.spec import Document
from flowforge_lab.values import normalise

REQUEST = {"method": "POST", "path": "a", "body": {"n": 1}, "headers": {"x": "y"}, "is_test": True}


def config(**fields):
    return Registry().get("trigger.webhook").config.model_validate(fields)


def test_hands_the_request_on(visit):
    found = normalise(visit("trigger.webhook", arrives=REQUEST))

    assert found == {**REQUEST, "params": {}, "query": {}, "files": {}, "client": ""}


def test_started_by_hand_the_inputs_are_the_body(visit):
    assert visit("trigger.webhook", arrives={"amount": 3}).body == {"amount": 3}
    assert visit("trigger.webhook").body is None


def test_takes_no_edge_and_gives_one():
    kind = Registry().get("trigger.webhook")

    assert kind.inputs_of({}) == ()
    assert [port.name for port in kind.outputs_of({})] == ["out"]


@pytest.mark.parametrize("path", ["", "orders", "orders/{id}", "v1.2/a_b/~x"])
def test_a_path_is_parts_and_places(path):
    assert config(path=path).path == path


@pytest.mark.parametrize(
    "path", ["/orders", "a//b", "..", "a/../b", "{Id}", "{id", "a b", "a/", "ö"]
)
def test_any_other_path_is_refused(path):
    with pytest.raises(ValidationError):
        config(path=path)


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "token"},
        {"type": "token", "token": "x", "header": "a b"},
        {"type": "basic", "user": "", "password": "x"},
        {"type": "hmac", "secret": "x", "signs": "{timestamp}"},
        {"type": "hmac", "secret": "x", "signs": "{body}{body}"},
        {"type": "hmac", "secret": "x", "timestamp_header": ""},
        {"type": "hmac", "secret": "x", "tolerance": 0},
        {"type": "odd"},
    ],
    ids=str,
)
def test_credentials_that_could_check_nobody_are_refused(auth):
    with pytest.raises(ValidationError):
        config(auth=auth)


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        ({"status": "result."}, "status"),
        ({"body": "input.x"}, "unknown name 'input'"),
        ({"headers": {"Content-Length": "1"}}, "not for an answer to set"),
        ({"headers": {"a b": "1"}}, "name of a header"),
        ({"headers": "x"}, "mapping"),
        ({"statu": 200}, "statu"),
        ({"body": "vars.user.name"}, "unknown name 'vars'"),
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_given_is_told_beforehand(response, fault):
    with pytest.raises(ValidationError, match=fault):
        config(response=response)


@pytest.mark.parametrize("status", [200, 599, "201", "{'a': 404}.a"])
def test_a_status_is_a_number_or_an_expression(status):
    kinds = {str: "string", int: "integer"}
    schema = str(Registry().get("trigger.webhook").config.model_json_schema())

    assert config(response={"status": status}).response == {"status": status}
    assert f"'type': '{kinds[type(status)]}'" in schema.partition("'status': {'anyOf': [")[2][:120]


@pytest.mark.parametrize("status", [199, 600, True, 2.5, None, [201]])
def test_any_other_status_is_told_beforehand(status):
    with pytest.raises(ValidationError, match="status: expected a number"):
        config(response={"status": status})


def test_an_answer_is_not_evaluated_when_the_trigger_runs():
    kind = Registry().get("trigger.webhook")

    assert role_at(kind.config, ("response",)) == "verbatim"
    assert role_at(kind.config, ("auth", "token")) == "secret"


def test_a_token_in_clear_is_told():
    text = """\
nodes:
  hook: {kind: trigger.webhook, config: {auth: {type: token, token: abc}}, next: done}
  done: {kind: flow.end}
"""
    found = validate(Document.parse(text).workflow, Registry())

    assert [problem.code for problem in found] == ["secret.clear"]
