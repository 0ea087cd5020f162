"""Executions, projects, and what is around them, over REST."""

import csv
import io

import pytest

pytestmark = pytest.mark.slow

TRAVERSAL = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..",
    "a%00b",
    "%ff",
    "a" * 300,
    "hello.flow.yaml%0a",
    "~",
    "a/../b",
]
PLACES = [
    "/api/executions/{}",
    "/api/executions/{}/steps",
    "/api/executions/{}/export",
    "/api/executions/{}/stream",
    "/api/workflows/{}",
    "/api/workflows/{}/versions",
    "/api/projects/{}/workflows/hello/executions",
    "/api/projects/default/workflows/{}/executions",
    "/api/projects/default/workflows/hello/executions/{}",
    "/api/webhooks/{}",
    "/api/webhooks-test/{}",
]


@pytest.mark.slow
def test_an_execution_is_started_awaited_and_shown(lab, http):
    begun = http.post(
        "/api/executions", json={"workflow_id": "hello", "inputs": {"name": "Ann"}, "wait": 10}
    )

    assert begun.status_code == 201
    assert begun.json()["result"] == "hello Ann"
    detail = http.get(begun.headers["location"]).json()
    assert (detail["status"], detail["inputs"], detail["result"]) == (
        "succeeded",
        {"name": "Ann"},
        "hello Ann",
    )


def test_a_key_starts_one_execution(lab, http):
    start = {"workflow_id": "hello", "key": "k1"}

    first, again = (http.post("/api/executions", json=start) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "status": "known"}


def test_a_start_that_does_not_fit_says_all_that_is_wrong(lab, http):
    answer = http.post(
        "/api/executions", json={"workflow_id": "hello", "inputs": {"nam": 1, "name": 2}}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "plan.invalid")
    assert len(answer.json()["problems"]) == 2
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.slow
def test_a_list_is_paged_filtered_and_sorted(lab, http):
    lab.write("many", "nodes:\n  start: {kind: trigger.manual}\n", is_active=False)
    for number in range(25):
        lab.start("many", user=f"u{number % 2}", session=f"s{number}", chat="c", wait=5)

    first = http.get("/api/executions?workflowId=many").json()
    second = http.get("/api/executions?workflowId=many&page=2").json()

    assert [first[name] for name in ("total", "size", "pages")] == [25, 20, 2]
    assert (len(first["items"]), len(second["items"])) == (20, 5)
    times = [one["started_at"] for one in first["items"] + second["items"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"user": "u1"}, 12),
        ({"session": "s3"}, 1),
        ({"search": "s3"}, 1),
        ({"search": "c"}, 25),
        ({"status": ["failed", "cancelled"]}, 0),
        ({"status": "succeeded"}, 25),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
        ({"until": "2999-01-01"}, 25),
        ({"sort": "-duration"}, 25),
    ],
)
def test_filters_find_what_fits(lab, http, query, total):
    found = http.get("/api/projects/default/workflows/many/executions", params=query)

    assert found.json()["total"] == total, found.text


def test_durations_sort_both_ways(lab, http):
    def durations(sort):
        query = {"sort": sort, "size": 100, "workflowId": "many"}
        return [
            one["duration"] for one in http.get("/api/executions", params=query).json()["items"]
        ]

    assert durations("duration") == sorted(durations("-duration"))


@pytest.mark.parametrize("sort", ["started_at", "-started_at", "duration", "-duration"])
def test_pages_from_either_end_are_pieces_of_one_list(http, sort):
    def items(**query):
        wanted = {"sort": sort, "workflowId": "many", **query}
        return [one["id"] for one in http.get("/api/executions", params=wanted).json()["items"]]

    whole = items(size=100)
    assert len(set(whole)) == 25
    assert [id for page in range(1, 6) for id in items(size=6, page=page)] == whole
    assert items(size=6, page=6) == items(size=100, page=1_000_000) == []


@pytest.mark.parametrize(
    "query", ["size=101", "page=0", "sort=name", "status=odd", "since=x", "nothing=1"]
)
def test_a_question_that_cannot_be_understood_is_refused(http, query):
    answer = http.get(f"/api/executions?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.slow
def test_steps_events_and_exports_tell_the_same_execution(lab, http):
    id = lab.start("hello", wait=5)

    steps = http.get(f"/api/executions/{id}/steps").json()
    events = http.get(f"/api/executions/{id}/events").json()["items"]
    whole = http.get(f"/api/executions/{id}/export").json()
    rows = list(
        csv.DictReader(io.StringIO(http.get(f"/api/executions/{id}/export?format=csv").text))
    )

    assert [step["node"] for step in steps] == ["start", "greet", "done"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert whole["steps"] == steps
    assert [row["type"] for row in rows] == [event["event"]["type"] for event in events]


def test_events_come_in_pages(lab, http):
    id = lab.start("hello", wait=5)

    page = http.get(f"/api/executions/{id}/events?limit=3").json()
    rest = http.get(f"/api/executions/{id}/events?after={page['next_after']}").json()

    assert [event["seq"] for event in page["items"]] == [1, 2, 3]
    assert rest["items"][0]["seq"] == 4
    assert rest["next_after"] is None


@pytest.mark.slow
def test_a_waiting_execution_is_cancelled_once(lab, http):
    id = lab.start("asks")
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "waiting")

    first = http.post(f"/api/executions/{id}/cancel", json={"reason": "enough"})
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "cancelled")
    again = http.post(f"/api/executions/{id}/cancel")

    assert (first.status_code, again.status_code) == (202, 409)


@pytest.mark.slow
def test_a_failed_execution_is_restarted_and_names_its_origin(lab, http):
    id = lab.start("fails", wait=5)

    new = http.post(f"/api/executions/{id}/restart").json()["execution_id"]
    part = http.post(
        f"/api/projects/default/workflows/fails/executions/{id}/restart",
        json={"from_step": "stop"},
    )

    assert http.get(f"/api/executions/{new}").json()["origin"] == id
    assert part.status_code == 201


@pytest.mark.slow
def test_a_paused_execution_goes_on_when_it_is_told_to(lab, http):
    id = lab.start("asks")
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "waiting")

    http.post(f"/api/executions/{id}/pause")
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "paused")
    http.post(f"/api/executions/{id}/unpause")
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "waiting")

    assert http.post(f"/api/executions/{id}/resume").json()["is_resumed"] is False


@pytest.mark.slow
def test_a_wait_is_answered_once_and_only_with_what_fits(lab, http):
    id = lab.start("asks")
    [wait] = lab.wait_for(lambda: http.get(f"/api/waits?execution_id={id}").json())

    wrong = http.post(f"/api/resume/{wait['key']}", json={"yes": 1})
    right = http.post(f"/waits/{wait['key']}", json={"ok": "fine"})
    lab.wait_for(lambda: http.get(f"/api/executions/{id}").json()["status"] == "succeeded")
    again = http.post(f"/api/resume/{wait['key']}", json={"ok": 1})

    assert (wrong.status_code, right.status_code, again.status_code) == (422, 200, 409)
    assert right.json()["response"] == "thank you"
    assert http.get(f"/api/executions/{id}").json()["result"] == "fine"


@pytest.mark.parametrize("token", ["chat:42", "x", "crash:a.b:1", "0.1"])
@pytest.mark.slow
def test_what_can_be_guessed_answers_no_wait(http, token):
    assert http.post(f"/api/resume/{token}", json=1).status_code == 404


@pytest.mark.slow
def test_an_execution_is_found_only_where_it_is(lab, http):
    id = lab.start("hello", wait=5)

    assert http.get(f"/api/projects/default/workflows/hello/executions/{id}").status_code == 200
    assert http.get(f"/api/projects/default/workflows/fails/executions/{id}").status_code == 404
    assert http.get(f"/api/projects/other/workflows/hello/executions/{id}").status_code == 404
    assert http.get(f"/api/executions/{id[:8]}").status_code == 404


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("id", TRAVERSAL)
@pytest.mark.slow
def test_no_id_leads_out_of_the_lab(http, place, id):
    answer = http.get(place.format(id))

    is_list_of_project = (
        answer.url.path == "/api/projects/default/executions"
    )  # `..` goes no further
    assert 400 <= answer.status_code < 500 or is_list_of_project, answer.text
    assert "root:" not in answer.text


@pytest.mark.slow
def test_dead_letters_are_listed_retried_and_dismissed(lab, http):
    ids = [lab.start("fails", wait=5) for _ in range(2)]

    listed = {one["execution_id"] for one in http.get("/api/dead-letters?limit=1000").json()}
    [retried] = http.post("/api/dead-letters/retry", json={"execution_ids": ids[:1]}).json()
    gone = http.post("/api/dead-letters/dismiss", json={"execution_ids": ids[1:]}).json()

    assert set(ids) <= listed
    assert retried["retried_as"]
    assert gone == {"dismissed": ids[1:]}


@pytest.mark.slow
def test_health_says_that_it_is_well(http):
    assert http.get("/health/live").json()["status"] == "ok"
    assert http.get("/health/ready").json()["checks"] == {"journal": "ok", "folder": "ok"}
