"""Workflows, variables and names of secrets over REST."""

import pytest

pytestmark = pytest.mark.slow

TICK = "nodes:\n  tick: {kind: trigger.schedule, config: {cron: '0 3 * * *'}, next: work}\n  work: {kind: action.transform, config: {value: '1'}}\n"


def test_a_workflow_is_created_read_changed_and_deleted(lab, http):
    created = http.post("/api/workflows", json={"id": "made", "text": TICK})
    read = http.get("/api/workflows/made").json()
    changed = http.put(
        "/api/workflows/made",
        json={"text": TICK.replace("3", "4")},
        params={"stamp": read["stamp"]},
    )
    deleted = http.delete("/api/workflows/made")

    assert [one.status_code for one in (created, changed, deleted)] == [201, 200, 204]
    assert created.headers["location"] == "/api/workflows/made"
    assert read["text"] == TICK
    assert http.get("/api/workflows/made").status_code == 404
    assert not (lab.root / "made.flow.yaml").exists()


def test_a_workflow_comes_as_json_as_well(http):
    document = {"nodes": {"start": {"kind": "trigger.manual"}}}

    created = http.post("/api/workflows", json={"id": "plain", "document": document})

    assert created.json()["is_draft"] is False
    assert http.get("/api/workflows/plain").json()["document"]["nodes"].keys() == {"start"}


def test_a_change_that_somebody_else_made_is_not_overwritten(lab, http):
    lab.write("shared", TICK, is_active=False)
    stamp = http.get("/api/workflows/shared").json()["stamp"]
    lab.write("shared", TICK + "# mine\n", is_active=False)

    answer = http.put("/api/workflows/shared", json={"text": TICK}, params={"stamp": stamp})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "# mine" in (lab.root / "shared.flow.yaml").read_text()


def test_a_workflow_is_not_created_twice(lab, http):
    assert http.post("/api/workflows", json={"id": "hello", "text": TICK}).status_code == 409


@pytest.mark.parametrize("id", ["../x", "a/b", "", ".hidden", "x\n", "a" * 200])
def test_no_id_writes_outside_the_lab(lab, http, id):
    before = set(lab.root.parent.rglob("*.flow.yaml"))

    answer = http.post("/api/workflows", json={"text": f"id: {id!r}\n{TICK}"})

    assert (answer.status_code, answer.json()["code"]) == (422, "document.invalid")
    assert set(lab.root.parent.rglob("*.flow.yaml")) == before


def test_one_with_errors_is_kept_as_a_draft_and_cannot_be_activated(http):
    created = http.post(
        "/api/workflows", json={"id": "wrong", "text": "nodes:\n  a: {kind: no.such}\n"}
    )
    activated = http.post("/api/workflows/wrong/activate")

    assert created.json()["is_draft"] is True
    assert (activated.status_code, activated.json()["code"]) == (422, "plan.invalid")


def test_what_is_no_workflow_is_refused(http):
    for text in ("", "[", "nodes: [1", "\x00"):
        answer = http.post("/api/workflows", json={"id": "none", "text": text})
        assert answer.status_code in {201, 422}, text
    assert http.put("/api/workflows/hello", json={"text": "id: other\n"}).status_code == 422


def test_validation_tells_every_problem(http):
    answer = http.post(
        "/api/workflows/hello/validate", json={"text": "nodes:\n  a: {kind: no.such}\n"}
    )

    assert answer.json()["is_valid"] is False
    assert len(answer.json()["problems"]) >= 2
    assert http.post("/api/workflows/hello/validate").json()["is_valid"] is True


def test_versions_and_what_is_different_between_them(lab, http):
    lab.write("told", TICK)
    lab.write("told", TICK.replace("'1'", "'2'"))

    versions = http.get("/api/workflows/told/versions").json()
    diff = http.get(
        "/api/workflows/told/diff", params={"old": versions[1]["digest"], "new": "active"}
    )

    assert [one["is_active"] for one in versions] == [True, False]
    assert diff.status_code == 200
    assert "work" in diff.text


def test_schedules_follow_the_activation(lab, http):
    lab.write("timed", TICK, is_active=False)

    http.post("/api/cron/activate/timed")
    fires = [one["workflow_id"] for one in http.get("/api/cron").json()]
    http.post("/api/cron/deactivate/timed")

    assert "timed" in fires
    assert "timed" not in [one["workflow_id"] for one in http.get("/api/cron").json()]


def test_the_list_has_files_and_what_is_kept(lab, http):
    lab.write("listed", TICK)

    found = {one["id"]: one for one in http.get("/api/workflows").json()}

    assert found["listed"]["is_active"] is True
    assert found["asks"]["file"] == "asks.flow.yaml"


def test_a_variable_is_set_read_listed_and_removed(http):
    place = "/api/variables/user/points"

    assert http.put(place, params={"owner": "ann"}, json={"value": {"n": 1}}).status_code == 204
    assert http.get(place, params={"owner": "ann"}).json()["value"] == {"n": 1}
    assert http.get(place, params={"owner": "bob"}).status_code == 404
    assert [one["name"] for one in http.get("/api/variables?scope=user").json()] == ["points"]
    assert "needs an owner" in http.put(place, json={"value": 1}).json()["detail"]
    assert http.delete(place, params={"owner": "ann"}).status_code == 204
    assert http.get(place, params={"owner": "ann"}).status_code == 404


def test_a_variable_that_no_expression_could_name_is_refused(http):
    place = "/api/variables/project"

    found = http.put(f"{place}/a.b", json={"value": 1})
    assert (found.status_code, "a name is letters" in found.json()["detail"]) == (400, True)
    assert http.post(f"{place}/a.b/increment", json={}).status_code == 400
    assert http.put(f"{place}/bad name", json={"value": 1}).status_code == 422
    assert http.put(f"{place}/limit", json={"value": 1, "ttl": -5}).status_code == 422
    assert http.put("/api/variables/nosuch/limit", json={"value": 1}).status_code == 422
    assert http.get("/api/variables").json() == []


def test_secrets_are_told_by_name_only(lab, http):
    lab.parts.secrets.set("canary", "tweet-8731")

    answer = http.get("/api/secrets")

    assert "canary" in answer.json()
    assert "tweet" not in answer.text


def test_the_documentation_of_the_api_needs_nothing_from_elsewhere(http):
    page = http.get("/api-docs").text
    paths = http.get("/api-docs/openapi.json").json()["paths"]

    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert http.get("/api-docs/assets/swagger-ui-bundle.js").status_code == 200
    assert "/api/executions/{execution_id}/stream" in paths
