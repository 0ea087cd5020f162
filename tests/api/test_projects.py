"""Projects are made, filled and listed, and nobody of one of them touches what is another's."""

import pytest

from .conftest import HELLO, Served, make_folder

pytestmark = pytest.mark.slow
READS = """\
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end, config: {result: vars.project.limit}}
"""


def shown(token):
    return {"Authorization": f"Bearer {token}"}


def code(answer):
    return answer.status_code, answer.json().get("code")


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """Two projects with a workflow and an execution each, and a token for each project."""
    with Served(make_folder(tmp_path_factory.mktemp("shops"))) as lab:
        http, tokens = lab.http, lab.parts.access.tokens
        for id in ("north", "south"):
            assert http.post("/api/projects", json={"id": id}).status_code == 201
            sent = {"id": f"{id}-flow", "text": READS}
            assert http.post(f"/api/projects/{id}/workflows", json=sent).status_code == 201
        lab.own, lab.other = (
            lab.start(f"{id}-flow", wait=10, session="s-1", key=f"key of {id}")
            for id in ("north", "south")
        )
        lab.admin = shown(tokens.create("admin"))
        http.headers.update(lab.admin)
        lab.north = shown(tokens.create("north", "", roles={"north/*": "editor"}))
        lab.looks = shown(tokens.create("looks", "", roles={"north/*": "viewer"}))
        yield lab


def test_a_project_is_listed_with_what_is_in_it(shops):
    found = {one["id"]: one["workflows"] for one in shops.http.get("/api/projects").json()}

    assert found == {
        "default": ["asks", "fails", "hello"],
        "north": ["north-flow"],
        "south": ["south-flow"],
    }
    assert shops.http.get("/api/projects/north").json()["name"] == "north"
    own = shops.http.get("/api/projects", headers=shops.north).json()
    assert {one["id"]: one["workflows"] for one in own} == {"default": [], "north": ["north-flow"]}


def test_whoever_has_a_role_in_a_project_works_in_all_of_it(shops):
    def ask(method, path, **sent):
        return shops.http.request(method, path, headers=shops.north, **sent)

    assert [one["id"] for one in ask("GET", "/api/workflows").json()] == ["north-flow"]
    page = ask("GET", "/api/projects/north/executions", params={"session": "s-1"}).json()
    assert [one["id"] for one in page["items"]] == [shops.own]
    begun = ask("POST", "/api/projects/north/executions", json={"workflow_id": "north-flow"})
    assert begun.status_code == 201
    path = f"/api/projects/north/workflows/north-flow/executions/{shops.own}"
    assert ask("GET", path).json()["id"] == shops.own
    made = ask("POST", "/api/projects/north/workflows", json={"id": "more", "text": HELLO})
    assert made.status_code == 201
    assert ask("PUT", "/api/workflows/more", json={"text": HELLO}).status_code == 200
    assert [one["id"] for one in ask("GET", "/api/projects/north/workflows").json()] == [
        "more",
        "north-flow",
    ]
    rows = ask("GET", "/api/history/executions").json()
    assert {one["workflow_id"] for one in rows} == {"north-flow"}


def foreign(other):
    south = "/api/projects/south"
    inside = f"{south}/workflows/south-flow/executions/{other}"
    mixed = "/api/projects/north/workflows/south-flow"
    return [
        ("GET", south),
        ("PATCH", south),
        ("DELETE", south),
        ("GET", f"{south}/workflows"),
        ("POST", f"{south}/workflows"),
        ("GET", f"{south}/executions"),
        ("POST", f"{south}/executions"),
        ("GET", f"{south}/variables"),
        ("PUT", f"{south}/variables/limit"),
        ("DELETE", f"{south}/variables/limit"),
        ("GET", f"{south}/sessions"),
        ("POST", f"{south}/sessions"),
        ("GET", f"{south}/sessions/s-1"),
        ("DELETE", f"{south}/sessions/s-1"),
        ("GET", inside),
        ("GET", f"{inside}/stream"),
        ("POST", f"{inside}/restart"),
        ("GET", f"{south}/workflows/south-flow/stream"),
        ("GET", f"{mixed}/executions"),
        ("GET", f"{mixed}/executions/{other}"),
        ("PUT", mixed),
        ("PUT", f"{south}/workflows/north-flow"),
        ("GET", "/api/workflows/south-flow"),
        ("PUT", "/api/workflows/south-flow"),
        ("DELETE", "/api/workflows/south-flow"),
        ("POST", "/api/workflows/south-flow/activate"),
        ("POST", "/api/workflows/south-flow/debug"),
        ("GET", "/api/workflows/south-flow/pins"),
        ("GET", f"/api/executions/{other}"),
        ("GET", f"/api/executions/{other}/steps"),
        ("GET", f"/api/executions/{other}/at"),
        ("GET", f"/api/executions/{other}/artifacts"),
        ("POST", f"/api/executions/{other}/cancel"),
        ("POST", f"/api/executions/{other}/fork"),
        ("POST", "/api/projects"),
        ("POST", "/api/workflows"),
        ("POST", "/api/history/query"),
        ("GET", "/api/history/export"),
        ("GET", "/api/variables"),
        ("GET", "/api/users"),
        ("GET", "/api/secrets"),
        ("GET", "/api/lab/backup"),
        ("GET", "/api/workflows/south-flow/process/variants"),
        ("GET", "/api/workflows/south-flow/capacity"),
        ("POST", "/api/workflows/south-flow/backtest"),
        ("POST", f"/api/executions/{other}/record"),
        ("GET", f"/api/executions/{other}/values/{'0' * 64}"),
    ]


def test_a_token_of_one_project_touches_nothing_of_another(shops):
    for method, path in foreign(shops.other):
        sent = {"json": {}} if method not in {"GET", "DELETE"} else {}
        answer = shops.http.request(method, path, headers=shops.north, **sent)
        assert answer.status_code == 403, (method, path, answer.text)


def test_nothing_of_another_project_shows_in_lists_or_by_a_key(shops):
    def ask(method, path, **sent):
        return shops.http.request(method, path, headers=shops.north, **sent)

    for path in ("/api/executions", "/api/history/steps", "/api/dead-letters", "/api/cron"):
        assert "south" not in ask("GET", path).text
    sent = {"workflow_id": "north-flow", "key": "key of south"}
    assert ask("POST", "/api/executions", json=sent).status_code == 201, "a key of its own"
    sent = {"workflow_id": "south-flow"}
    assert code(ask("POST", "/api/projects/north/executions", json=sent)) == (404, "not_found")
    taken = ask("POST", "/api/projects/north/workflows", json={"id": "south-flow", "text": READS})
    assert code(taken) == (409, "conflict")


def test_the_id_of_a_workflow_that_is_gone_does_not_lead_to_its_executions(shops):
    shops.write("gone", HELLO, is_active=False)
    old = shops.start("gone", wait=10)
    assert shops.http.delete("/api/workflows/gone").status_code == 204

    made = shops.http.post(
        "/api/projects/north/workflows", json={"id": "gone", "text": HELLO}, headers=shops.north
    )

    assert code(made) == (409, "conflict")
    assert shops.http.get(f"/api/executions/{old}", headers=shops.north).status_code == 403


def test_who_may_only_look_changes_nothing_in_the_project(shops):
    for method, path, sent in (
        ("POST", "/api/projects/north/workflows", {"id": "x", "text": HELLO}),
        ("POST", "/api/projects/north/executions", {"workflow_id": "north-flow"}),
        ("POST", "/api/projects/north/sessions", {}),
        ("PUT", "/api/projects/north/variables/limit", {"value": 1}),
        ("PATCH", "/api/projects/north", {"name": "mine"}),
    ):
        answer = shops.http.request(method, path, json=sent, headers=shops.looks)
        assert code(answer) == (403, "access.role"), path
    assert shops.http.get("/api/projects/north/workflows", headers=shops.looks).status_code == 200


def test_each_project_has_variables_of_its_own(shops):
    for project, value in (("north", 1), ("south", 2), ("default", 3)):
        path = f"/api/projects/{project}/variables/limit"
        assert shops.http.put(path, json={"value": value}).status_code == 204
    shops.write("reads", READS, is_active=False)

    results = [
        shops.http.post("/api/executions", json={"workflow_id": id, "wait": 10}).json()["result"]
        for id in ("north-flow", "south-flow", "reads")
    ]

    assert results == [1, 2, 3]
    assert shops.http.get("/api/variables/project/limit").json()["value"] == 3
    by_owner = shops.http.get("/api/variables/project/limit", params={"owner": "south"})
    assert by_owner.json()["value"] == 2
    unknown = shops.http.get("/api/variables/project/limit", params={"owner": "west"})
    assert code(unknown) == (404, "not_found")


def test_a_workflow_takes_its_executions_along(shops):
    shops.write("moves", HELLO, is_active=False)
    id = shops.start("moves", wait=10)
    path = f"/api/executions/{id}"
    before = shops.http.get(path, headers=shops.north).status_code
    assert shops.http.put("/api/projects/north/workflows/moves").status_code == 204
    shops.wait_for(lambda: shops.http.get(path, headers=shops.north).status_code == 200)

    inside = shops.http.get(f"/api/projects/north/workflows/moves/executions/{id}")
    outside = shops.http.get(f"/api/projects/default/workflows/moves/executions/{id}")

    assert (before, inside.status_code, outside.status_code) == (403, 200, 404)
    assert shops.http.put("/api/projects/default/workflows/moves").status_code == 204
    shops.wait_for(lambda: shops.http.get(path, headers=shops.north).status_code == 403)


def test_a_project_with_workflows_stays(shops):
    assert code(shops.http.delete("/api/projects/south")) == (409, "conflict")
    assert shops.http.post("/api/projects", json={"id": "empty"}).status_code == 201
    shops.http.put("/api/projects/empty/variables/limit", json={"value": 9})
    shops.http.post("/api/projects/empty/sessions", json={"id": "s"})

    assert code(shops.http.post("/api/projects", json={"id": "empty"}))[0] == 409
    assert code(shops.http.post("/api/projects", json={"id": "default"}))[0] == 409
    assert shops.http.delete("/api/projects/empty").status_code == 204
    assert code(shops.http.get("/api/projects/empty")) == (404, "not_found")
    assert shops.http.post("/api/projects", json={"id": "empty"}).status_code == 201
    assert shops.http.get("/api/projects/empty/variables").json() == []
    assert shops.http.get("/api/projects/empty/sessions").json()["total"] == 0


@pytest.mark.parametrize("id", ["", "a b", "../x", "a/b", "ä", "x" * 65, "-x"])
def test_what_cannot_be_the_id_of_a_project_is_refused(shops, id):
    assert code(shops.http.post("/api/projects", json={"id": id})) == (422, "request.invalid")


def test_nobody_is_given_a_role_in_what_is_in_no_project(shops):
    given = {"name": "x", "role": "", "roles": {"default/*": "viewer"}}

    assert shops.http.post("/api/tokens", json=given).status_code in {400, 422}


def test_sessions_are_made_listed_and_forgotten(shops):
    http = shops.http
    made = http.post("/api/projects/north/sessions", json={"user": "ann", "title": "first"}).json()
    shops.start("north-flow", wait=10, session=made["id"])
    shops.start("north-flow", wait=10, session=made["id"], user="ann", chat="42")

    def listed(**asked):
        return http.get("/api/projects/north/sessions", params=asked).json()

    page = listed(user="ann")
    assert (page["total"], page["items"][0]["id"]) == (1, made["id"])
    assert (page["items"][0]["executions"], page["items"][0]["chat"]) == (2, "42")
    implied = http.get("/api/projects/north/sessions/s-1").json()
    assert (implied["created_at"], implied["executions"]) == (None, 1)
    assert {one["id"] for one in listed()["items"]} == {made["id"], "s-1"}
    assert len(listed(size=1)["items"]) == 1
    assert (listed(size=1, page=9)["items"], listed(size=1, page=9)["total"]) == ([], 2)
    again = http.post("/api/projects/north/sessions", json={"id": made["id"]})
    assert code(again) == (409, "conflict")
    place = f"/api/projects/north/sessions/{made['id']}"
    assert http.delete(place).status_code == 204
    assert http.get(place).json()["created_at"] is None
    assert code(http.delete(place)) == (404, "not_found")
    assert code(http.get("/api/projects/south/sessions/" + made["id"])) == (404, "not_found")
    assert code(http.get("/api/projects/nix/sessions")) == (404, "not_found")


def test_what_is_done_to_projects_is_in_the_log(shops):
    shops.http.post("/api/projects", json={"id": "brief"})
    shops.http.delete("/api/projects/brief")
    lines = shops.http.get("/api/audit", params={"action": "project"}).json()

    assert {line["action"] for line in lines} >= {"project.created", "project.removed"}
    shops.write("roams", HELLO, is_active=False)
    shops.http.put("/api/projects/north/workflows/roams")
    moved = shops.http.get("/api/audit", params={"target": "roams"}).json()
    assert ("default", "north") in [(line["before"], line["after"]) for line in moved]
