"""What was, asked over HTTP: in the bounds of projects, with nothing shown that answers a wait."""

import io
import json
import re

import pandas as pd
import pytest

from .conftest import Served, make_folder

pytestmark = pytest.mark.slow
PLAIN = """\
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "['x' * 70000, execution.id]"}, next: done}
  done: {kind: flow.end, config: {result: 1}}
"""
SECRET = "k" * 24
KEY = f"01a20542-6333-729f-8419-d05ef945b944.{SECRET}"
TELLS = f"""\
nodes:
  start: {{kind: trigger.manual, next: small}}
  small: {{kind: action.transform, config: {{value: "'{KEY}'"}}, next: large}}
  large: {{kind: action.transform, config: {{value: "['x' * 70000, '{KEY}']"}}, next: table}}
  table: {{kind: sql.query, config: {{sql: "select '{KEY}' as told, 1.5 as n, now() as at"}}, next: done}}
  done: {{kind: flow.end, config: {{result: 1}}}}
"""
OF_WORKFLOW = [
    "process",
    "process/picture",
    "process/log",
    "process/log?format=ocel",
    "process/variants",
    "process/edges?format=arrow",
    "process/bottlenecks",
    "process/loops",
    "process/conformance",
    "capacity?limits=1&limits=2",
    "capacity/jobs",
]


def shown(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """Two projects with a workflow and an execution each, and somebody who may look at one of them."""
    with Served(make_folder(tmp_path_factory.mktemp("shops")), query_rows=1000) as lab:
        http, tokens = lab.http, lab.parts.access.tokens
        for id in ("north", "south"):
            assert http.post("/api/projects", json={"id": id}).status_code == 201
            sent = {"id": f"{id}-flow", "text": PLAIN}
            assert http.post(f"/api/projects/{id}/workflows", json=sent).status_code == 201
        lab.own, lab.other = (lab.start(f"{id}-flow", wait=10) for id in ("north", "south"))
        lab.looks = shown(tokens.create("looks", "", roles={"north/*": "viewer"}))
        lab.runs = shown(tokens.create("runs", "", roles={"north/*": "operator"}))
        http.headers.update(shown(tokens.create("admin")))
        yield lab


def code(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("place", OF_WORKFLOW)
def test_a_process_is_shown_to_those_of_its_project_alone(shops, place):
    own, other = (
        shops.http.get(f"/api/workflows/{id}-flow/{place}", headers=shops.looks)
        for id in ("north", "south")
    )

    assert own.status_code == 200
    assert code(other) == (403, "access.role")
    assert shops.other not in own.text


def digest_of(lab, id, node="work"):
    [row] = [one for one in outputs(lab, node).json() if one["execution_id"] == id]
    return re.search(r"[0-9a-f]{64}", str(row["outputs"]))[0]


def outputs(lab, node="work", headers=None, **asked):
    return lab.http.get(f"/api/history/nodes/{node}/outputs", params=asked, headers=headers)


def test_outputs_are_those_of_what_somebody_may_see(shops):
    mine = outputs(shops, headers=shops.looks)

    assert [one["execution_id"] for one in mine.json()] == [shops.own]
    assert {one["execution_id"] for one in outputs(shops).json()} == {shops.own, shops.other}
    assert outputs(shops, headers=shops.looks, workflow_id="south-flow").json() == []
    arrow = outputs(shops, headers=shops.looks, format="arrow")
    assert shops.own.encode() in arrow.content
    assert shops.other.encode() not in arrow.content


def test_a_value_beside_the_journal_is_had_through_its_execution_alone(shops):
    digests = [digest_of(shops, id) for id in (shops.own, shops.other)]

    def get(id, digest):
        return shops.http.get(f"/api/executions/{id}/values/{digest}", headers=shops.looks)

    assert shops.own in get(shops.own, digests[0]).text
    assert code(get(shops.own, digests[1])) == (404, "not_found")
    assert code(get(shops.other, digests[1])) == (403, "access.role")
    assert code(get(shops.own, "../" + digests[0][3:])) != 200
    assert get(shops.own, "0" * 64).status_code == 404


@pytest.mark.parametrize("who", ["looks", "runs"])
def test_a_condition_in_sql_takes_a_role_in_the_lab(shops, who):
    headers = getattr(shops, who)
    paths = ("process/variants", "process/log", "capacity/jobs", "capacity?limits=1")
    answers = [
        shops.http.get(
            f"/api/workflows/north-flow/{path}{'&' if '?' in path else '?'}where=true",
            headers=headers,
        )
        for path in paths
    ]
    answers.append(outputs(shops, headers=headers, where="true"))

    assert {code(one) for one in answers} == {(403, "access.forbidden")}


@pytest.mark.parametrize(
    "where",
    [
        "exists (select 1 from read_text('{root}/private.txt'))",
        "true); drop view executions; --",
        "nix",
        "(",
        "'",
        "$x = 1",
        "\0",
    ],
)
def test_a_condition_leads_nowhere(shops, where):
    (shops.root / "private.txt").write_text("nobody's business")
    asked = {"where": where.format(root=shops.root)}
    answers = [
        shops.http.get("/api/workflows/north-flow/process/edges", params=asked),
        outputs(shops, **asked),
    ]

    assert {code(one) for one in answers} == {(400, "query.invalid")}
    assert not any("nobody's business" in one.text for one in answers)


def test_a_condition_without_end_is_stopped(shops):
    shops.parts.settings = shops.parts.settings.model_copy(update={"query_seconds": 0.5})
    asked = {"where": "(select count(*) from range(10000000000) a, range(1000) b) > 0"}
    answer = shops.http.get("/api/workflows/north-flow/process/edges", params=asked)

    assert code(answer) == (400, "query.invalid")
    assert "0.5 s" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("process/nix", 422),
        ("process/edges?limit=-1", 422),
        ("process/edges?limit=10000000000000000000000", 422),
        ("process/edges?offset=1000000&limit=5", 200),
        ("process/edges?since=yesterday", 422),
        ("process/edges?since=0001-01-01T00:00:00", 200),
        ("process/edges?since=9999-12-31T23:59:59%2B14:00", 200),
        ("process/edges?nix=1", 422),
        ("process/log?format=zip", 422),
        ("capacity", 422),
        ("capacity?limits=0", 422),
        ("capacity?limits=1&arrivals=nan", 422),
        ("capacity?limits=1&arrivals=inf", 422),
        ("capacity?limits=1&service=1e-300", 200),
        ("capacity?limits=1&arrivals=1e-300", 200),
        ("capacity?limits=1&key=workflow_id", 422),
        ("capacity?" + "&".join(["limits=1"] * 21), 422),
    ],
)
def test_what_cannot_be_asked_is_a_problem_of_the_asker(shops, path, status):
    answer = shops.http.get(f"/api/workflows/north-flow/{path}")

    assert answer.status_code == status, answer.text


def test_strange_names_name_nothing(shops):
    for node in ("nix", "a b", "%00", "'; drop", "é" * 100, "..%2f..", "start%0a"):
        answer = shops.http.get(f"/api/history/nodes/{node}/outputs")
        assert answer.status_code in {200, 404, 422}, node
        assert answer.status_code != 200 or answer.json() == []
    for path in OF_WORKFLOW:
        assert shops.http.get(f"/api/workflows/nix/{path}").status_code == 404


def test_what_answers_a_wait_is_shown_to_those_who_may_answer(shops):
    sent = {"id": "tells", "text": TELLS}
    assert shops.http.post("/api/projects/north/workflows", json=sent).status_code == 201
    id = shops.start("tells", wait=10)

    def told(headers):
        small = outputs(shops, "small", headers, format="arrow").content
        digests = [digest_of(shops, id, node) for node in ("large", "table")]
        large, table = (
            shops.http.get(f"/api/executions/{id}/values/{one}", headers=headers).content
            for one in digests
        )
        frame = pd.read_parquet(io.BytesIO(table))
        assert [str(kind)[:10] for kind in frame.dtypes][2] == "datetime64"
        return [SECRET in str(one) for one in (small, large, frame.told[0])]

    assert told(None) == [True] * 3
    assert told(shops.looks) == [False] * 3


def test_an_execution_is_recorded_by_those_who_may_run_it(shops):
    def record(id, who, **sent):
        path = f"/api/executions/{id}/record"
        return shops.http.post(path, json=sent or None, headers=getattr(shops, who))

    before = sorted(shops.root.rglob("*recordings*"))
    take = record(shops.own, "runs")

    assert take.status_code == 200
    assert (take.json()["status"], take.json()["recording"]["execution_id"]) == (
        "succeeded",
        shops.own,
    )
    assert sorted(shops.root.rglob("*recordings*")) == before
    assert code(record(shops.own, "looks")) == (403, "access.role")
    assert code(record(shops.other, "runs")) == (403, "access.role")
    assert code(record(shops.own, "runs", ignore="work")) == (422, "request.invalid")
    assert record(shops.own, "runs", ignore=["work", "nix", "\0"]).status_code == 200
    missing = shops.http.post("/api/executions/nix/record")
    assert code(missing) == (404, "not_found")


def test_what_is_not_over_is_not_recorded(shops):
    waiting = shops.start("asks")

    assert code(shops.http.post(f"/api/executions/{waiting}/record")) == (409, "conflict")


def heard(lab, headers, *, after=None, until):
    """Return the executions of which a stream of all events tells, up to one of them."""
    found = []
    more = {} if after is None else {"Last-Event-ID": str(after)}
    with lab.http.stream("GET", "/api/events/stream", headers={**headers, **more}) as stream:
        lines = stream.iter_lines()
        assert next(
            line for line in lines if line.startswith(":")
        )  # from now on it misses nothing
        lab.start("south-flow")
        lab.start("north-flow")
        for line in lines:
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if until(found[-1]):
                    return {one["execution_id"] for one in found}
    return set()


def test_a_stream_of_all_events_has_those_of_workflows_that_one_may_see(shops):
    def is_end(told):
        return told["event"]["type"] == "execution.finished"

    live = heard(shops, shops.looks, until=is_end)
    begun = shops.start("south-flow", wait=10)
    since = heard(shops, shops.looks, after=1, until=lambda one: one["execution_id"] in live)

    assert len(live) == 1
    assert shops.own in since
    assert not {shops.other, begun} & since
