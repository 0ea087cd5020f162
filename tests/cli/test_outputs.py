"""The outputs of a node, and executions as they come, on the command line."""

import json

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def greeted(flowforge):
    for name in ("ada", "bob"):
        assert flowforge("run", "hello.flow.yaml", "-i", f"name={name}").code == 0


def test_prints_what_a_node_gave(flowforge, greeted):
    rows = flowforge("outputs", "greet", "--json").json
    told = flowforge("outputs", "greet", "--workflow", "hello", "--since", "1h", "-n", "1").out

    assert [row["value"] for row in rows] == ["hello ada", "hello bob"]
    assert ("hello bob" in told, "hello ada" in told) == (True, False)


def test_prints_its_metrics(flowforge, greeted):
    assert [
        row["visits"] for row in flowforge("outputs", "greet", "--by", "day", "--json").json
    ] == [2]


def test_what_is_no_table_is_a_fault_of_the_caller(flowforge, greeted):
    assert flowforge("outputs", "greet", "--rows", "value").code == 2


def test_prints_executions_as_they_come(flowforge, greeted):
    lines = flowforge("watch", "--since", "1h", "--count", "2", "--json").out.splitlines()
    told = flowforge("watch", "--since", "1h", "--count", "1", "--workflow", "hello").out

    assert [json.loads(line)["status"] for line in lines] == ["succeeded"] * 2
    assert told.startswith("✓ ")
