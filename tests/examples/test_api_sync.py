"""API to DuckDB: what has changed comes in, once, whatever happens between."""

import runpy
import threading

import duckdb
import httpx
import pytest

import flowforge_lab as ff
from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]
PROGRAM = runpy.run_path(str(stage.EXAMPLES / "api-sync" / "api.py"))
KNOWN = {"Authorization": f"Bearer {PROGRAM['TOKEN']}"}


@pytest.fixture
def api():
    """The API of the example on a free port."""
    orders = PROGRAM["read_orders"](stage.EXAMPLES / "api-sync" / "orders.jsonl")
    with PROGRAM["ApiServer"](0, orders) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path, api):
    crm = {"base_url": f"http://127.0.0.1:{api.server_address[1]}"}
    return stage.set_up(tmp_path, "api-sync", secrets={"crm": PROGRAM["TOKEN"]}, crm=crm)


@pytest.fixture
def lab(folder):
    with ff.open_lab(folder) as lab:
        yield lab


def sync(lab):
    return lab.run(lab.root / "sync.flow.yaml")


def rows(folder, sql):
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as database:
        return database.execute(sql).fetchall()


def test_the_first_run_takes_everything_page_by_page(lab, folder, api):
    outcome = sync(lab)

    newest = max(order["updated_at"] for order in api.orders.values())
    assert outcome.result == {"orders": 120, "pages": 3, "until": newest}
    [(count, total)] = rows(folder, "SELECT count(*), sum(total) FROM orders")
    assert count == 120
    assert float(total) == pytest.approx(sum(order["total"] for order in api.orders.values()))


def test_later_runs_take_what_has_changed(lab, folder, api):
    sync(lab)
    base = f"http://127.0.0.1:{api.server_address[1]}"
    httpx.put(f"{base}/orders/1007", json={"status": "lost"}, headers=KNOWN)
    httpx.put(f"{base}/orders/2000", json={"customer": "Eve", "status": "open", "total": 1.5}, headers=KNOWN)  # fmt: skip

    again = sync(lab)

    assert again.result["orders"] == 3  # the newest known one comes again
    assert rows(folder, "SELECT count(*) FROM orders") == [(121,)]
    assert rows(folder, "SELECT status FROM orders WHERE id = 1007") == [("lost",)]


def test_where_nothing_was_stored_nothing_counts_as_synced(lab, folder, api):
    with duckdb.connect(folder / "warehouse.duckdb") as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")  # no other column

    failed = sync(lab)
    with duckdb.connect(folder / "warehouse.duckdb") as database:
        database.execute("DROP TABLE orders")
    outcome = sync(lab)

    assert failed.status == "failed"
    assert outcome.result["orders"] == 120


def test_an_api_without_anything_new_is_no_failure(lab, api):
    api.orders.clear()

    outcome = sync(lab)

    assert (outcome.status, outcome.result["orders"]) == ("succeeded", 0)


def test_a_wrong_token_is_told_and_changes_nothing(folder, api):
    stage.Secrets(folder / ".flowforge").set("crm", "wrong")
    with ff.open_lab(folder) as lab:
        outcome = sync(lab)

        assert outcome.error.type == "http.status"
        assert lab.variable_frame().empty


def test_more_than_an_expression_can_hold_comes_in_too(lab, folder, api):
    first = api.orders[1001]
    api.orders |= {number: first | {"id": number} for number in range(10_000, 24_000)}
    path = folder / "sync.flow.yaml"
    text = path.read_text().replace("limit: 50}", "limit: 5000}")
    path.write_text(text)

    outcome = sync(lab)

    assert (outcome.status, outcome.result["orders"]) == ("succeeded", 14_120)
