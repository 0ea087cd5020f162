"""Values of Python go to another process and come back as they were: type, index, labels and all."""

import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from flowforge_lab.clients import read_values, write_values
from flowforge_lab.values import Frame, exact, pack_variables, restored, unpack_variables

BERLIN = ZoneInfo("Europe/Berlin")
FRAME = pd.DataFrame(
    {"a": [1, 2, 3], "b": ["x", None, "z"], "t": pd.date_range("2024-01-01", periods=3)}
)


def there_and_back(value, folder):
    write_values(exact(value), folder)
    return restored(as_tables(read_values(folder)))


def as_tables(form):
    if isinstance(form, Frame):
        return form.to_pandas()
    if isinstance(form, list):
        return [as_tables(one) for one in form]
    return {key: as_tables(one) for key, one in form.items()} if isinstance(form, dict) else form


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 10**4000, 1.5, float("inf"), "größe", b"x", bytearray(b"y"), 3 + 4j,
        (1, (2, [3])), {1, 2}, frozenset("a"), {(1, 2): 3}, {"$as": "tuple", "value": 1}, range(2, 9, 3),
        Counter("aab"), defaultdict(list, {1: [2]}), OrderedDict(b=1, a=2), deque([1, 2], 3),
        Fraction(1, 3), Decimal("1.10"), Path("a/b"), dt.date(2024, 1, 2),
        dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        np.int64(3), np.float32(1.5), np.bool_(1), np.datetime64("2024-01-01"), np.str_("x"),
        pd.Timestamp("2024-01-01T00:00:00.123456789"), pd.Timestamp("2024-07-01", tz="Europe/Berlin"),
        pd.Timedelta("90s"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value, tmp_path):
    found = there_and_back(value, tmp_path)

    assert found == value
    assert type(found) is type(value)
    assert getattr(found, "fold", 0) == getattr(value, "fold", 0)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME[FRAME.a > 1],
        FRAME.set_index("t"),
        FRAME.set_index(["a", "b"]),
        FRAME.groupby("b").a.agg(["sum", "mean"]),
        FRAME.assign(o=[[1], {"a": (1, 2)}, None]),
        FRAME.assign(
            c=FRAME.b.astype("category"), k=pd.cut(FRAME.a, 2), p=FRAME.t.dt.to_period("M")
        ),
        FRAME.assign(z=FRAME.t.dt.tz_localize("Europe/Berlin"), d=FRAME.t - FRAME.t[0]),
        FRAME.convert_dtypes(),
        FRAME.astype({"a": "float32"}),
        FRAME.T,
        pd.concat([FRAME, FRAME], axis=1),
        FRAME.pivot_table(index="a", columns="b", values="a"),
        FRAME.resample("ME", on="t").a.sum().to_frame(),
        pd.DataFrame(),
        pd.DataFrame(index=[1, 2]),
    ],
    ids=range(16),
)
def test_a_table_comes_back_with_its_index_and_types(frame, tmp_path):
    found = there_and_back(frame, tmp_path)

    pd.testing.assert_frame_equal(found, frame)
    assert type(found.index) is type(frame.index)


@pytest.mark.parametrize(
    "column",
    [
        FRAME.a,
        FRAME.b[1:],
        FRAME.groupby("b").a.sum(),
        FRAME.set_index("t").a,
        FRAME.a.value_counts(),
    ],
)
def test_a_column_comes_back_with_its_name_and_index(column, tmp_path):
    pd.testing.assert_series_equal(there_and_back(column, tmp_path), column)


@pytest.mark.parametrize(
    "array",
    [np.arange(6).reshape(2, 3), np.linspace(0, 1, 5), np.array(["a", "bb"]), np.arange(5000), np.array(3),
     np.array([1, "x", None], dtype=object)],
    ids=range(6),
)  # fmt: skip
def test_an_array_comes_back_with_its_shape_and_type(array, tmp_path):
    found = there_and_back(array, tmp_path)

    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert (found == array).all()


def test_a_plain_table_flows_as_a_table():
    assert exact(FRAME[["a", "b"]]).columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "value", [print, object(), iter([1]), lambda: 1, pd, (one for one in "a")]
)
def test_what_has_no_form_says_so(value):
    with pytest.raises(TypeError, match="cannot go to another node: a "):
        pack_variables({"it": [value]}, needed=["it"])


def test_a_value_within_itself_says_so():
    loop = []
    loop.append(loop)

    with pytest.raises(TypeError, match="within itself"):
        pack_variables({"loop": loop}, needed=["loop"])


def test_a_variable_that_was_never_set_says_so():
    with pytest.raises(NameError, match="'x' is not defined, and later nodes need it"):
        pack_variables({}, needed=["x"])


def test_what_is_only_kept_is_readable_and_left_out_where_it_cannot_be():
    names = {"n": np.int64(3), "f": print, "s": {"b", "a"}, "c": FRAME.a}

    found = pack_variables(names, kept=["n", "f", "s", "c", "missing"])

    assert found["n"] == 3
    assert found["s"] == ["a", "b"]
    assert found["c"].columns == {"a": "int64"}
    assert found.keys() == {"n", "s", "c"}


def test_forms_come_back_in_their_order():
    packed = pack_variables({"a": (1,), "b": {2}}, needed=["a", "b"])

    assert unpack_variables(packed["b"], packed["a"]) == [{2}, (1,)]
