"""Past executions tried again from the command line."""

import pytest

pytestmark = pytest.mark.slow

TEXT = """\
id: twice
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: inputs.n * 2}}
"""


@pytest.fixture
def twice(flowforge, folder):
    """The file of a workflow that ran twice."""
    path = folder / "twice.flow.yaml"
    path.write_text(TEXT)
    for n in (1, 3):
        assert flowforge("run", "twice.flow.yaml", "-i", f"n={n}").code == 0
    return path


def test_tells_that_all_would_go_as_it_went(flowforge, twice):
    answer = flowforge("backtest", "twice.flow.yaml")

    assert (answer.code, "2 the same, 0 changed" in answer.out) == (0, True)


def test_tells_what_would_be_different_and_exits_with_1(flowforge, twice):
    twice.write_text(TEXT.replace("* 2", "* 2 if inputs.n < 2 else 0"))

    told = flowforge("backtest", "twice.flow.yaml", "--since", "1h", "--shown", "1")
    answer = flowforge("backtest", "twice.flow.yaml", "--json", "--ignore", "nothing")

    assert (told.code, answer.code) == (1, 1)
    assert "1 more differences" in told.out
    found = answer.json
    assert (found["executions"], found["same"], found["changed"]) == (2, 1, 1)
    assert [one["what"] for one in found["cases"][0]["differences"]] == ["result", "output"]
    assert found["cases"][0]["differences"][1]["before"] == {"value": 6}


def test_a_condition_that_is_none_is_a_fault_of_the_caller(flowforge, twice):
    assert flowforge("backtest", "twice.flow.yaml", "--where", "colour = 1").code == 2
