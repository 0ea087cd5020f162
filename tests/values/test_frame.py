# ruff: noqa: DTZ001  # times without a zone flow as well
import io
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from flowforge_lab.values import Frame, decode, encode, normalise

COLUMNS = st.one_of(
    *(
        st.lists(st.one_of(st.none(), items), min_size=3, max_size=3)
        for items in (
            st.integers(-(2**53), 2**53),
            st.floats(allow_nan=False),
            st.text(st.characters(exclude_categories=["Cs"])),
            st.booleans(),
            st.binary(),
            st.dates(),
            st.times(),
            st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
            st.lists(st.integers(0, 9), max_size=3),
        )
    )
)
FRAMES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), COLUMNS, max_size=4)


class Table(BaseModel):
    rows: Frame


def stored_and_read_again(frame):
    blobs = {"d1": frame.to_parquet()}
    return decode(encode(frame.stored("d1")), blobs.__getitem__)


@pytest.mark.slow
@settings(max_examples=60)
@given(FRAMES, st.booleans())
def test_a_frame_comes_back_from_parquet_as_it_flowed(columns, as_objects):
    kind = object if as_objects else None
    frame = normalise(
        pd.DataFrame({name: pd.Series(items, dtype=kind) for name, items in columns.items()})
    )

    again = stored_and_read_again(frame)

    assert again.columns == frame.columns
    assert again.to_pandas().equals(frame.to_pandas())


@pytest.mark.parametrize(
    "items",
    [
        pd.Categorical(["a", None]),
        pd.to_datetime(["2024-03-31", "2024-10-27"]).tz_localize("Europe/Berlin"),
        pd.array([1, None], dtype="Int64"),
        pd.Series([datetime(2024, 1, 1, tzinfo=UTC), None], dtype=object),
        [Decimal("1.0"), Decimal("1.25")],
        [{"a": 1}, {"b": [2]}],
        [date(2024, 1, 1), None],
        [time(1, 2), None],
        [None, None],
    ],
)
def test_columns_of_every_kind_come_back(items):
    frame = Frame.of(pd.DataFrame({"x": items}))

    assert stored_and_read_again(frame) == Frame.of(frame.to_pandas())
    assert stored_and_read_again(frame).columns == frame.columns


def test_an_empty_frame_comes_back_empty():
    frame = Frame.of(pd.DataFrame({"a": pd.Series([], dtype="int64"), "b": []}))

    assert stored_and_read_again(frame) == frame
    assert len(frame) == 0


def test_a_frame_without_columns_keeps_none():
    assert Frame.of(pd.DataFrame()).columns == {}


def test_a_named_index_becomes_columns_and_another_is_dropped():
    grouped = pd.DataFrame({"k": ["a", "b"], "n": [1, 2]}).groupby("k").sum()
    filtered = pd.DataFrame({"n": [1, 2, 3]}).query("n > 1")

    assert list(Frame.of(grouped).columns) == ["k", "n"]
    assert list(Frame.of(filtered).to_pandas().index) == [0, 1]


def test_columns_of_one_name_are_numbered():
    twice = pd.DataFrame([[1, 2, 3, 4]], columns=["n", "n", "n_2", 7])

    assert list(Frame.of(twice).columns) == ["n", "n_3", "n_2", "7"]


def test_an_index_named_like_a_column_does_not_hide_it():
    frame = pd.DataFrame({"n": [1]}, index=pd.Index([9], name="n"))

    assert Frame.of(frame).to_pandas().to_dict("list") == {"n": [9], "n_2": [1]}


@pytest.mark.parametrize("items", [[1, "a"], [1j, 2j], [2**70, 1], [object(), None]])
def test_a_column_that_cannot_be_stored_is_refused_by_name(items):
    with pytest.raises(TypeError, match="column 'odd' of a data frame cannot be stored"):
        normalise({"rows": pd.DataFrame({"odd": items})})


def test_changing_a_frame_that_was_handed_out_changes_nobody_elses():
    mine = pd.DataFrame({"n": [1, 2]})
    frame = Frame.of(mine)

    mine.loc[0, "n"] = 100
    handed_out = frame.to_pandas()
    handed_out.loc[1, "n"] = 100

    assert frame.to_pandas()["n"].tolist() == [1, 2]


def test_the_same_table_gives_the_same_bytes():
    one, other = (pd.DataFrame({"n": [1, 2], "s": ["a", None]}) for _ in range(2))
    other.attrs["note"] = object()

    assert Frame.of(one).to_parquet() == Frame.of(other).to_parquet()


def test_the_rows_are_read_once_and_only_when_asked_for():
    reads = []
    text = io.BytesIO()
    pd.DataFrame({"n": [1]}).to_parquet(text)
    frame = decode(
        {"$frame": {"digest": "d", "row_count": 1, "columns": {"n": "int64"}}},
        lambda digest: reads.append(digest) or text.getvalue(),
    )

    assert len(frame) == 1
    assert reads == []
    assert [frame.to_pandas()["n"].sum(), frame.to_pandas()["n"].sum()] == [1, 1]
    assert reads == ["d"]


def test_a_frame_with_no_rows_at_hand_says_so():
    with pytest.raises(ValueError, match="neither rows nor a place"):
        Frame(row_count=1, columns={"n": "int64"}).to_pandas()


def test_a_field_of_frames_takes_frames_and_lists_of_rows():
    assert Table(rows=pd.DataFrame({"n": [1]})).rows.row_count == 1
    assert Table(rows=[{"n": 1}, {"n": 2}]).rows.columns == {"n": "int64"}
    assert Table(rows=Frame.of(pd.DataFrame())).rows.row_count == 0


@pytest.mark.parametrize(
    "wrong", ["text", 7, None, {"n": 1}, pd.Series([1]), [{"n": 1}, {"n": "a"}]]
)
def test_a_field_of_frames_refuses_what_is_none(wrong):
    with pytest.raises(ValidationError, match="expected"):
        Table(rows=wrong)
