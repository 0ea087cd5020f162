"""Values on their way to the journal and back."""

import asyncio

import pandas as pd
import pytest

from flowforge_lab.engine import Payloads
from flowforge_lab.errors import NodeError
from flowforge_lab.testing import MemoryBlobs


@pytest.fixture
def payloads():
    return Payloads(MemoryBlobs(), inline_bytes=500, max_payload_bytes=100_000)


def test_a_frame_goes_beside_the_journal_and_comes_back_equal(payloads):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})

    packed = asyncio.run(payloads.pack({"frame": frame}))

    assert packed.form["frame"]["$frame"]["row_count"] == 2
    assert payloads.unpack(packed.form)["frame"].to_pandas().equals(frame)


def test_a_big_value_names_the_frames_inside_it_so_that_no_sweep_takes_them(payloads):
    value = {"text": "x" * 2000, "frame": pd.DataFrame({"a": [1]})}

    packed = asyncio.run(payloads.pack(value))

    digest = packed.value["frame"].digest
    assert packed.form["$blob"]["frames"][0]["$frame"]["digest"] == digest
    assert payloads.unpack(packed.form)["text"] == "x" * 2000


def test_what_cannot_flow_is_told(payloads):
    with pytest.raises(NodeError, match="cannot flow"):
        asyncio.run(payloads.pack({"x": object()}))


def test_what_looks_like_a_tag_stays_what_it_is(payloads):
    value = {"x": {"$frame": {"digest": "no"}}, "y": {"$blob": 1}}

    packed = asyncio.run(payloads.pack(value))

    assert payloads.unpack(packed.form) == value
