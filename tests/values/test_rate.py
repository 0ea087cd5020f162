import pytest

from flowforge_lab.values import Rate, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/s", Rate(10, 1.0)),
        ("100/m", Rate(100, 60.0)),
        (" 5 / 10s ", Rate(5, 10.0)),
        ("1/500ms", Rate(1, 0.5)),
        ("1000/d", Rate(1000, 86400.0)),
    ],
)
def test_reads_a_rate(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "10", "/s", "0/s", "1/0s", "1.5/s", "10/x", "10/s/s", None, 5]
)
def test_refuses_what_is_no_rate(text):
    with pytest.raises(ValueError, match="expected a rate such as"):
        parse_rate(text)
