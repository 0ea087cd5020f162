"""Questions to the history over HTTP: typed answers, and no way out of them."""

import io
import time

import pyarrow as pa
import pytest

from .conftest import Served, make_folder

pytestmark = pytest.mark.slow
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A lab that has run something, whose server allows little."""
    folder = make_folder(tmp_path_factory.mktemp("past"))
    (folder / "private.txt").write_text("nobody's business")
    with Served(folder, query_seconds=2.0, query_rows=1000) as lab:
        for id in ("hello", "fails", "asks"):
            lab.start(id, wait=2)
        yield lab


def ask(lab, sql, **sent):
    return lab.http.post("/api/history/query", json={"sql": sql, **sent})


def test_rows_come_as_json_or_with_their_types(past):
    sql = "select workflow_id, status, started_at from executions where workflow_id = $id"
    plain = ask(past, sql, params={"id": "hello"})
    typed = ask(past, sql, params={"id": "hello"}, format="arrow")

    assert [one["status"] for one in plain.json()] == ["succeeded"]
    assert typed.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(io.BytesIO(typed.content)).read_all()
    assert table.num_rows == 1
    assert pa.types.is_timestamp(table.schema.field("started_at").type)


def test_values_that_json_has_no_word_for_go_in_as_in_the_journal(past):
    since = {"$datetime": "2020-01-01T00:00:00+00:00"}
    found = ask(
        past, "select count(*) as n from executions where started_at > $t", params={"t": since}
    )

    assert found.json() == [{"n": 3}]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{root}/private.txt')",
        "select * from '{root}/private.txt'",
        "select * from read_csv('{root}/private.txt')",
        "select * from glob('{root}/*')",
        "select * from read_parquet('{root}/.flowforge/../x.parquet')",
        "select * from read_blob('/etc/passwd')",
        "copy (select 1) to '{root}/out.csv'",
        "explain analyze copy (select 1) to '{root}/out.csv'",
        "attach '{root}/x.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "pragma enable_logging",
        "create table t(i int)",
        "drop view executions",
        "drop table recent_events",
        "delete from recent_events",
        "insert into open_visits select * from open_visits",
        "select 1; drop table recent_events",
        "begin",
        "export database '{root}/out'",
        "select * from sqlite_scan('{root}/.flowforge/journal.db', 'executions')",
        "select * from parts",
        "from duckdb_secrets()",
        "",
        ";",
        "-- nothing",
        "selec 1",
        "select $missing",
        "select 1/",
        "select 'a'::integer",
        "select error('by hand')",
    ],
)
def test_what_is_more_than_a_question_is_refused_and_changes_nothing(past, sql):
    answer = ask(past, sql.format(root=past.root))

    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"] in {"query.invalid", "request.invalid"}
    assert "nobody's business" not in answer.text
    assert not (past.root / "out.csv").exists()
    assert ask(past, "select count(*) as n from executions").json() == [{"n": 3}]


def test_sealed_segments_are_part_of_the_history_and_no_other_file(past):
    past.parts.store.sealer.seal(min_rows=1)

    assert ask(past, "select count(*) as n from steps").json()[0]["n"] >= 6


def test_a_question_without_end_is_stopped_and_holds_nobody_up(past):
    began = time.monotonic()
    endless = "select count(*) from range(10000000000) a, range(100) b"
    answer = ask(past, endless, seconds=0.3)

    assert (answer.status_code, answer.json()["code"]) == (400, "query.invalid")
    assert "0.3 s" in answer.json()["detail"]
    assert time.monotonic() - began < 2
    assert ask(past, endless, seconds=1e6).status_code == 400
    assert ask(past, "select 1 as one").json() == [{"one": 1}]


def test_an_answer_with_too_many_rows_is_refused_whole(past):
    assert len(ask(past, "select * from range(1000)").json()) == 1000
    for form in ("json", "arrow"):
        answer = ask(past, "select * from range(1001)", format=form)
        assert answer.status_code == 400
        assert "1,000 rows" in answer.json()["detail"]


def test_a_question_takes_no_more_memory_than_it_may(past):
    answer = ask(past, "select list(range) from range(10000000000)", seconds=2)

    assert answer.status_code == 400


def test_tables_are_filtered_and_sorted_by_what_they_have(past):
    steps = past.http.get("/api/history/steps", params={"node": "greet"}).json()
    letters = past.http.get("/api/history/dead_letters", params={"status": "open"}).json()

    assert {one["workflow_id"] for one in steps} == {"hello"}
    assert [one["error_title"] for one in letters] == ["no luck"]
    assert len(past.http.get("/api/history/events", params={"limit": 2}).json()) == 2
    wrong = past.http.get("/api/history/executions", params={"node": "greet"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "query.invalid")
    assert past.http.get("/api/history/recent_events").status_code == 422
    assert past.http.get("/api/history/executions", params={"nix": 1}).status_code == 422


def test_the_history_leaves_as_a_file(past):
    answer = past.http.get("/api/history/export")

    assert answer.status_code == 200
    assert answer.content[8:12] == b"DUCK"


def test_who_may_only_look_asks_no_questions_and_sees_no_keys(past):
    [wait] = past.http.get("/api/waits").json()
    secret = wait["key"].partition(".")[2]
    tokens = past.parts.access.tokens
    shown = {
        role: {"Authorization": f"Bearer {tokens.create(role, role)}"}
        for role in ("viewer", "operator")
    }
    try:
        sent = {"json": {"sql": "select 1"}, "headers": shown["viewer"]}
        refused = past.http.post("/api/history/query", **sent)
        texts = {
            (role, form): past.http.get(
                "/api/history/events", params={"format": form}, headers=headers
            ).content
            for role, headers in shown.items()
            for form in ("json", "arrow")
        }
    finally:
        for role in shown:
            tokens.revoke(role)

    assert refused.status_code == 403
    assert [secret.encode() in texts["operator", form] for form in ("json", "arrow")] == [True] * 2
    assert [secret.encode() in texts["viewer", form] for form in ("json", "arrow")] == [False] * 2
