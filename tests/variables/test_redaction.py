"""Secrets are hidden in whatever form they come back."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowforge_lab.values import Frame
from flowforge_lab.variables import redact

ODD = "we\"i'rd\\CANARY ö&<+/%🎉\nx"


def test_redacts_secrets_at_any_depth_also_in_names():
    value = {"url": "https://x/?k=hush-hush", "hush-hush": [("a hush-hush b", 7)], "n": None}

    assert redact(value, ["hush-hush"]) == {
        "url": "https://x/?k=***",
        "***": [("a *** b", 7)],
        "n": None,
    }


def test_the_longer_of_two_secrets_is_hidden_whole():
    assert redact("hush-hush", ["hush", "hush-hush"]) == "***"


def test_short_secrets_and_none_leave_the_text_alone():
    assert redact("a cat", ["cat", ""]) == "a cat"
    assert redact("a cat", []) == "a cat"


def test_a_secret_is_text_and_no_pattern():
    assert redact("a.*b aXXb", ["a.*b"]) == "*** aXXb"


@given(st.text("abc", min_size=4), st.text("abc"), st.text("abc"))
def test_no_secret_is_left_in_a_text(secret, before, after):
    assert secret not in redact(f"{before}{secret}{after}", [secret])


@pytest.mark.parametrize("before", ["", "u:", "us:", "user:"])
@pytest.mark.parametrize("secret", ["canary-5f1c", "pass", "Grüße?~ÿÿÿ", ODD])
@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_within_a_basic_header_is_hidden(before, secret, write):
    token = write(f"{before}{secret}".encode()).decode()

    told = redact(f"Authorization: Basic {token}, Host: x", [secret])

    assert told.endswith("***, Host: x")
    assert len(told) < len(f"Authorization: Basic , Host: x***{before}***")


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda text: json.dumps({"a": text}, ensure_ascii=False),
        lambda text: json.dumps({"a": json.dumps([text])}),
        lambda text: json.dumps(str([text])),
        repr,
        ascii,
        lambda text: str({"a": text}),
        html.escape,
        lambda text: html.escape(text, quote=False),
        quote,
        lambda text: quote(text, safe=""),
        lambda text: re.sub("%..", lambda found: found.group().lower(), quote(text)),
        quote_plus,
        lambda text: urlencode({"a": text}),
        lambda text: base64.b64encode(b"id:" + quote(text, safe="").encode()).decode(),
    ],
)
@pytest.mark.parametrize("secret", [ODD, ODD.replace('"', ""), ODD.replace("'", "")])
def test_a_secret_is_hidden_as_others_write_it(write, secret):
    told = redact(write(secret), [secret])

    assert "***" in told
    assert "ANARY" not in told


def test_a_secret_is_hidden_in_bytes():
    assert redact({"body": b"\x00a Gr\xc3\xbc\xc3\x9fe b"}, ["Grüße"]) == {"body": b"\x00a *** b"}


def test_what_holds_no_secret_is_the_same_object():
    text = "nothing of it"

    assert redact(text, [ODD, "canary-5f1c"]) is text


def frame_of(**columns):
    return Frame.of(pd.DataFrame(columns))


def test_a_secret_in_a_data_frame_is_hidden_and_the_rest_stays():
    found = redact(frame_of(told=["it is hush-hush", None, "else"], n=[1, 2, 3]), ["hush-hush"])

    assert found == frame_of(told=["it is ***", None, "else"], n=[1, 2, 3])


def test_a_secret_is_hidden_in_every_kind_of_column_and_in_their_names():
    kinds = {
        "bytes": [b"a hush-hush"],
        "nested": [[{"deep": "hush-hush"}]],
        "category": pd.Categorical(["hush-hush"]),
        "hush-hush": [1],
    }

    found = redact(frame_of(**kinds), ["hush-hush"])

    assert list(found.columns) == ["bytes", "nested", "category", "***"]
    assert "hush" not in repr(found.to_pandas().to_dict())
    assert b"hush" not in found.to_parquet()


def test_a_data_frame_without_a_secret_is_the_one_it_was():
    frame = frame_of(told=["harmless"] * 3, when=pd.date_range("2026", periods=3))

    assert redact(frame, ["hush-hush"]) is frame
    assert redact(frame_of(told=[]), ["hush-hush"]) == frame_of(told=[])
