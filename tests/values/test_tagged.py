# ruff: noqa: DTZ001  # times without a zone flow as well
import json
import math
from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from functools import cached_property, reduce
from pathlib import PurePosixPath
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr

from flowforge_lab.values import NOT_PLAIN, copy_plain, decode, encode, normalise

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
OFFSETS = st.one_of(
    st.none(),
    ZONES.map(ZoneInfo),
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone),
)
SAFE_TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.dates(),
    st.times(timezones=OFFSETS),
    st.timedeltas(),
    SAFE_TIMES,
)
KEYS = st.one_of(
    SCALARS, st.sampled_from(["$date", "$dict", "$", "", "$frame", "$unknown", "$blob"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    at: datetime = datetime(2024, 1, 1, tzinfo=UTC)


class Word(str, Enum):  # noqa: UP042  # the older kind, which JSON writers know as text
    X = "x"


class Pair(BaseModel):
    a: int
    b: list[str]


class Remembering(BaseModel):
    a: int
    _told: str = ""

    @cached_property
    def more(self) -> int:
        return self.a + 1

    def model_post_init(self, _context: object) -> None:
        assert self.more == self.a + 1


def through_the_journal(value):
    return decode(msgspec.json.decode(msgspec.json.encode(encode(value))))


@pytest.mark.slow
@given(VALUES)
def test_a_value_comes_back_from_the_journal_as_it_flowed(value):
    flowing = normalise(value)

    assert through_the_journal(flowing) == flowing
    assert type(through_the_journal(flowing)) is type(flowing)


@pytest.mark.slow
@given(VALUES)
def test_normalising_twice_changes_nothing_more(value):
    flowing = normalise(value)

    assert normalise(flowing) == flowing


@pytest.mark.slow
@given(VALUES)
def test_the_journal_form_is_strict_json(value):
    text = json.dumps(encode(normalise(value)), allow_nan=False)

    assert decode(json.loads(text)) == normalise(value)


def exactly(value):
    """Return a text that tells values apart which `==` does not: 1, 1.0 and True, -0.0 and 0.0."""
    return f"{type(value).__name__} {value!r}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('aß€😀$"\\'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("a$"), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.slow
@given(VALUES | JSON)
def test_a_plain_copy_is_what_flows_and_what_is_journaled(value):
    copy, _ = copy_plain(value)

    if copy is not NOT_PLAIN:
        assert exactly(copy) == exactly(normalise(value)) == exactly(encode(normalise(value)))


@pytest.mark.parametrize(
    "value",
    [
        1,
        None,
        "Łódź",
        -0.0,
        1e16,
        1 << 9_000,
        {"a": [True, {"b": 1.5}], "_c": {}},
        [{"n": n, "name": "x"} for n in range(500)],
        "x" * 10_000,
    ],
)
def test_json_is_copied_as_it_is(value):
    copy, _ = copy_plain(value)

    assert exactly(copy) == exactly(value)
    assert copy is not value or not isinstance(value, dict | list)


def test_a_model_of_plain_fields_is_copied_as_its_fields():
    assert copy_plain(Pair(a=1, b=["x"]))[0] == {"a": 1, "b": ["x"]}


@pytest.mark.parametrize("value", [OrderedDict(a=1), {"a": Level.HIGH}, {"a": Word("x")}])
def test_what_is_derived_from_plain_types_is_copied_as_plain(value):
    assert exactly(copy_plain(value)[0]) == exactly(normalise(value))


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        [math.inf],
        (1, 2),
        {1},
        {1: "a"},
        {"a": datetime(2024, 1, 1)},
        {"a": b"x"},
        {"a": Decimal(1)},
        {"a": UUID(int=1)},
        {"a": Colour},
        {"$date": "2024-01-01"},
        {"a": {"$blob": 1}},
        {"a": np.float64(1)},
        {"a": pd.DataFrame({"n": [1]})},
        {"a": SecretStr("hush")},
        {"a": "half \ud800"},
        pytest.param(1 << 10_001, id="too long a number"),
        pytest.param([[], 1 << 10_001, "x" * 500], id="too long a number inside"),
        pytest.param(reduce(lambda inner, _: [inner], range(202), "x" * 300), id="too deep"),
        Open.model_validate({"city": "x"}),
        Remembering(a=1),
    ],
)
def test_what_json_would_change_is_not_plain(value):
    assert copy_plain(value)[0] is NOT_PLAIN


def test_changing_a_plain_value_that_was_copied_changes_nobody_elses():
    mine = {"rows": [{"n": 1}]}

    copy, _ = copy_plain(mine)
    mine["rows"][0]["n"] = 2

    assert copy == {"rows": [{"n": 1}]}


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_infinity_comes_back(number):
    assert through_the_journal([number]) == [number]


def test_not_a_number_comes_back_as_such_also_a_decimal_one():
    found = through_the_journal(
        normalise({"f": math.nan, "d": Decimal("NaN"), "s": Decimal("sNaN")})
    )

    assert math.isnan(found["f"])
    assert found["d"].is_qnan()
    assert found["s"].is_snan()


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_in_the_hour_that_comes_twice_keeps_its_offset(fold):
    when = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)

    found = through_the_journal(normalise(when))

    assert found.utcoffset() == timedelta(hours=2 - fold)
    assert found == normalise(when)


def test_an_offset_finer_than_a_second_keeps_the_moment():
    odd = datetime(2000, 1, 1, tzinfo=timezone(timedelta(seconds=3, microseconds=-1)))

    assert through_the_journal(normalise(odd)) == normalise(odd) == odd


@pytest.mark.parametrize(
    "length", [timedelta.max, timedelta.min, timedelta(microseconds=1), timedelta(days=-1)]
)
def test_lengths_are_exact_to_the_microsecond(length):
    assert through_the_journal(length) == length


def test_a_field_that_looks_like_a_tag_stays_a_field():
    value = {"$date": "not a date", "nested": {"$bytes": "%%%"}}

    assert through_the_journal(normalise(value)) == value


@pytest.mark.parametrize(
    ("given_value", "flowing"),
    [
        ((1, (2,)), [1, [2]]),
        ({3}, [3]),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        ({Colour.RED: 1}, {"red": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (namedtuple("Point", "x y")(1, 2), [1, 2]),  # noqa: PYI024
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (PurePosixPath("a/b"), "a/b"),
    ],
)
def test_what_is_nearly_plain_becomes_plain(given_value, flowing):
    found = normalise(given_value)

    assert found == flowing
    assert type(found) is type(flowing)


@pytest.mark.parametrize(
    ("foreign", "flowing"),
    [
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(1), True),
        (np.str_("x"), "x"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.datetime64("2024-01-02T03:04:05.000000006", "ns"), datetime(2024, 1, 2, 3, 4, 5)),
        (np.array(["2024-01-02", "NaT"], dtype="M8[ns]"), [datetime(2024, 1, 2), None]),
        (np.timedelta64(90, "s"), timedelta(seconds=90)),
        (
            pd.Timestamp("2024-01-02T03:04:05.000000006Z"),
            datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        (pd.Timedelta("90s"), timedelta(seconds=90)),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Series([1, 2]), [1, 2]),
        (pd.Index(["a"]), ["a"]),
    ],
)
def test_values_of_numpy_and_pandas_become_plain_ones(foreign, flowing):
    found = normalise(foreign)

    assert found == flowing
    assert type(found) is type(flowing)


def test_a_model_keeps_the_fields_it_was_not_declared_with():
    found = normalise(Open.model_validate({"city": "Łódź", "2nd": (1,)}))

    assert found == {"at": datetime(2024, 1, 1, tzinfo=UTC), "city": "Łódź", "2nd": [1]}


def test_changing_a_value_that_flowed_changes_nobody_elses():
    mine = {"rows": [{"n": 1}]}

    flowing = normalise(mine)
    mine["rows"][0]["n"] = 2

    assert flowing == {"rows": [{"n": 1}]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "a object cannot flow"),
        (1j, "a complex cannot flow"),
        ({"deep": [lambda: 0]}, "a function cannot flow"),
        (np.random.default_rng(), "a Generator cannot flow"),
        (np.longdouble(1), "cannot flow"),
        ({(1, 2): "x"}, "a tuple cannot be the name of a field"),
        ("half \ud800", "half a character at 5"),
        ({"\ud800": 1}, "half a character at 0"),
        pytest.param(1 << 20_000, "a number of 20001 bits", id="huge"),
        (SecretStr("hush"), "a secret may not flow"),
    ],
)
def test_what_cannot_flow_is_refused_with_its_reason(value, told):
    with pytest.raises(TypeError, match=told):
        normalise(value)


def test_a_value_within_itself_is_refused():
    ring = []
    ring.append({"again": ring})

    with pytest.raises(TypeError, match="within itself"):
        normalise(ring)


def test_the_deepest_value_that_flows_also_comes_back():
    deep = 0
    for _ in range(200):
        deep = {"$in": [deep]} if deep == 0 else [deep]

    assert through_the_journal(normalise(deep)) == deep


def test_dates_and_times_of_day_are_told_apart():
    value = [date(2024, 1, 2), datetime(2024, 1, 2), time(3, 4, tzinfo=UTC), UUID(int=7)]

    found = through_the_journal(normalise(value))

    assert found == value
    assert [type(item) for item in found] == [date, datetime, time, UUID]
