"""`flowforge picture` and `flowforge nodes KIND --templates`."""

import json

import pytest

from .conftest import HELLO


@pytest.fixture
def hello(tmp_path):
    path = tmp_path / "hello.flow.yaml"
    path.write_text(HELLO)
    return path


def test_a_picture_lies_beside_its_workflow(flowforge, hello, tmp_path):
    answer = flowforge("picture", hello, "--json")

    written = tmp_path / "hello.svg"
    assert answer.code == 0
    assert json.loads(answer.out) == {"file": str(written)}
    assert written.read_text().startswith("<svg ")


def test_a_picture_is_printed(flowforge, hello):
    assert flowforge("picture", hello, "--output", "-").out.startswith("<svg ")


def test_no_workflow_has_no_picture(flowforge, tmp_path):
    assert flowforge("picture", tmp_path / "none.flow.yaml").code == 3


@pytest.mark.slow
def test_an_execution_has_a_picture_with_its_states_and_timeline(flowforge, hello):
    ran = json.loads(flowforge("run", hello, "--json").out)
    answer = flowforge("picture", "--execution", ran["execution_id"][:20], "--output", "-")

    assert answer.code == 0
    assert ran["execution_id"] in answer.out
    assert "succeeded" in answer.out


def test_a_picture_is_of_one_thing(flowforge, hello):
    assert flowforge("picture").code == 2
    assert flowforge("picture", hello, "--execution", "019a").code == 2


def test_a_folder_that_is_not_there_is_told(flowforge, hello, tmp_path):
    answer = flowforge("picture", hello, "--output", tmp_path / "no" / "hello.svg")

    assert (answer.code, "cannot write" in answer.err) == (5, True)


def test_templates_are_printed_to_be_pasted(flowforge):
    answer = flowforge("nodes", "flow.delay", "--templates")

    assert answer.code == 0
    assert answer.out.startswith("# An hour\nkind: flow.delay\nconfig:\n  duration: 1h\n")


def test_templates_are_json_where_that_is_asked_for(flowforge):
    found = json.loads(flowforge("nodes", "flow.delay", "--templates", "--json").out)

    assert found[0] == {"title": "An hour", "text": "", "config": {"duration": "1h"}}


def test_a_type_without_templates_says_so(flowforge):
    assert "no templates" in flowforge("nodes", "user.check_linked", "--templates").out


def test_templates_are_those_of_a_type(flowforge):
    answer = flowforge("nodes", "--templates")

    assert (answer.code, "say of which KIND" in answer.err) == (2, True)
