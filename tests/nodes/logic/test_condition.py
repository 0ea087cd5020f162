import pytest


@pytest.mark.parametrize(
    ("value", "port"),
    [
        (True, "true"),
        (False, "false"),
        (0, "false"),
        ([1], "true"),
        ("", "false"),
        (None, "false"),
    ],
)
def test_goes_by_what_python_counts_as_true(visit, value, port):
    emitted = visit("logic.condition", {"condition": value})

    assert emitted.port == port
    assert emitted.outputs.result is (port == "true")
