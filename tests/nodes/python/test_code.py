import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry


@pytest.mark.slow
def test_gives_what_the_code_calls_result(visit):
    got = visit(
        "python.code",
        {"code": "print('hi')\nresult = [x * 2 for x in xs]", "inputs": {"xs": [1, 2]}},
    )

    assert (got.result, got.logs) == ([2, 4], ["hi"])


@pytest.mark.slow
def test_output_and_progress_reach_the_step(visit, attempt):
    visit("python.code", {"code": "log('a', level='warning'); progress(0.5, 'half')"})

    assert [(line.message, line.level) for line in attempt.lines] == [("a", "warning")]
    assert attempt.steps == [(0.5, "half")]


@pytest.mark.slow
def test_keeps_only_the_first_lines_of_much_output(visit):
    assert len(visit("python.code", {"code": "for i in range(500): print(i)"}).logs) == 200


@pytest.mark.slow
def test_an_error_is_told_by_the_line(visit):
    with pytest.raises(NodeError, match="line 2"):
        visit("python.code", {"code": "x = 1\nx / 0"})


@pytest.mark.parametrize("name", ["a b", "1a", "a.b", ""])
def test_inputs_are_names(visit, name):
    with pytest.raises(ValidationError):
        visit("python.code", {"code": "1", "inputs": {name: 1}})


@pytest.mark.parametrize(
    ("effects", "counts_as"),
    [("none", "none"), ("reads", "reads"), (None, "writes"), ("?", "writes")],
)
def test_counts_as_writing_unless_said_otherwise(effects, counts_as):
    assert Registry().get("python.code").effects_with({"effects": effects}) == counts_as
