"""What callers get of values that JSON does not have."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from flowforge_lab.engine import Outcome
from flowforge_lab.services import to_json
from flowforge_lab.services.replies import ended, render
from flowforge_lab.triggers import CallError
from flowforge_lab.values import normalise

VALUES = [
    (float("nan"), None),
    (float("inf"), None),
    (b"\x00\xff", "AP8="),
    (Decimal("1.50"), "1.50"),
    (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
    ({"a": (1, {2})}, {"a": [1, [2]]}),
    (2**70, 2**70),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=str)
def test_a_value_goes_out_as_json(value, expected):
    assert json.loads(to_json(value)) == expected


def test_a_frame_goes_out_as_rows():
    frame = normalise(pd.DataFrame({"n": [1, None], "at": pd.to_datetime(["2026-01-01", None])}))

    assert json.loads(to_json({"rows": frame}))["rows"][1] == {"n": None, "at": None}


def test_a_result_is_json_also_where_it_is_text():
    reply = ended(Outcome("x", "succeeded", "yes"))

    assert (reply.status, reply.body) == (200, b'"yes"')
    assert ("Content-Type", "application/json") in reply.headers


@pytest.mark.parametrize(("status", "code"), [("cancelled", 409), ("failed", 500)])
def test_an_end_that_is_none_of_success_is_a_problem(status, code):
    assert ended(Outcome("x", status)).status == code


@pytest.mark.parametrize("status", [True, "200", 99, 600, 200.0, None])
def test_a_status_that_is_none_is_refused(status):
    with pytest.raises(CallError, match="status"):
        render({"status": status}, "x", 200)


def test_bytes_and_text_go_out_as_they_are():
    assert render({"body": b"\x00"}, "x", 200).headers[0] == (
        "Content-Type",
        "application/octet-stream",
    )
    assert render({"body": "é"}, "x", 200).body == "é".encode()
