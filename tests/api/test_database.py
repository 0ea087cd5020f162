"""A server whose lab is kept in PostgreSQL, also while that is away."""

import time

import pytest

from flowforge_lab.lab import set_up_lab_database
from flowforge_lab.settings import Settings

from .conftest import Served, make_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def shared(postgres, tmp_path):
    url = postgres.new_database()
    set_up_lab_database(Settings(database_url=url))
    with Served(make_folder(tmp_path), database_url=url) as lab:
        yield lab


@pytest.fixture
def stopped(shared, postgres):
    """The server of the database is stopped, and started again behind the test if that did not."""
    postgres.kill()
    yield
    if not postgres.is_up():
        postgres.start()


def test_what_is_asked_of_the_server_is_done(shared):
    execution_id = shared.start("hello", wait=10)

    found = shared.http.get(f"/api/executions/{execution_id}").json()
    assert found["status"] == "succeeded"
    assert shared.http.get("/health/ready").json()["checks"] == {"journal": "ok", "folder": "ok"}


def test_prometheus_reads_how_the_pool_and_the_questions_do(shared):
    shared.start("hello", wait=10)
    lines = shared.http.get("/metrics").text.splitlines()

    figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith("flowforge_store_"))
    assert float(figures["flowforge_store_pool_pool_size"]) >= 1
    assert float(figures['flowforge_store_query_count{question="write"}']) > 0


def test_it_is_not_ready_while_the_database_is_away_and_says_so_soon(shared, stopped):
    began = time.monotonic()
    answer = shared.http.get("/health/ready")

    assert time.monotonic() - began < 6
    assert (answer.status_code, answer.json()["checks"]["journal"]) == (503, "does not answer")
    assert shared.http.get("/health/live").status_code == 200


def test_it_is_ready_again_once_the_database_is_there(shared, stopped, postgres):
    assert shared.http.get("/health/ready").status_code == 503

    postgres.start()

    shared.wait_for(lambda: shared.http.get("/health/ready").status_code == 200, seconds=40)
    assert shared.http.get(f"/api/executions/{shared.start('hello', wait=10)}").json()[
        "status"
    ] == ("succeeded")
