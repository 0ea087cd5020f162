"""Tables of one node over its visits, some of which gave something else."""

from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import pandas as pd
import pytest

from flowforge_lab.analysis.outputs import NodeHistory
from flowforge_lab.errors import QueryError


def rows_of(*given):
    found = pd.DataFrame(
        {
            "execution_id": [f"e{at}" for at in range(len(given))],
            "workflow_id": "w",
            "visit": range(len(given)),
            "started_at": datetime(2026, 1, 1, tzinfo=UTC),
            "outputs": [msgspec.json.encode({"result": one}).decode() for one in given],
        }
    )
    visits = SimpleNamespace(outputs=lambda _wanted: found, unpack=lambda fields, _id: fields)
    return NodeHistory(visits, "load").rows("result")


def test_a_visit_that_gave_no_table_hides_none_of_the_others():
    assert rows_of([{"n": 1}], 5, [{"n": 2}]).n.tolist() == [1, 2]
    with pytest.raises(QueryError, match="is no table but a int"):
        rows_of(5, 6)


def test_whole_numbers_stay_whole_where_a_table_lacks_their_column():
    found = rows_of([{"n": 9, "is_new": True, "x": 1.5}], [{"x": 2}])

    assert found.dtypes[["n", "is_new", "x"]].map(str).to_dict() == {
        "n": "Int64",
        "is_new": "boolean",
        "x": "float64",
    }
    assert found.n.isna().tolist() == [False, True]
