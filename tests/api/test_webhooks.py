"""Webhooks over real HTTP."""

import base64

import pytest

from tests.api.hooks import ORDER, hook

pytestmark = pytest.mark.slow


def test_a_call_starts_the_workflow_and_is_answered_with_what_it_came_to(lab, http):
    lab.write("order", ORDER)

    answer = http.post("/api/webhooks/order/orders/7?ref=a", json={"amount": 21})

    assert answer.status_code == 201
    assert answer.json() == {"id": "7", "doubled": 42}
    assert answer.headers["x-order"] == "7"


def test_the_execution_stands_in_the_journal_when_the_caller_hears_of_it(lab, http):
    lab.write("late", hook().replace("with_result", "at_once"))

    answer = http.post("/api/webhooks/late", json={})
    entries = lab.run(lab.parts.store.journal.read(answer.json()["execution_id"]))

    assert answer.status_code == 202
    assert entries[0].event.trigger == "hook"


def test_a_workflow_that_is_not_active_has_no_address(lab, http):
    lab.write("idle", ORDER, is_active=False)

    answer = http.post("/api/webhooks/idle/orders/7", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "webhook.unknown")


def test_a_deactivated_workflow_is_called_no_more(lab, http):
    lab.write("order", ORDER)
    http.post("/api/webhooks/order/orders/7", json={})
    http.post("/api/workflows/order/deactivate")

    assert http.post("/api/webhooks/order/orders/7", json={}).status_code == 404


def test_the_test_address_runs_the_file_as_it_is_now(lab, http):
    lab.write("order", ORDER)
    (lab.root / "order.flow.yaml").write_text(ORDER.replace("* 2", "* 3"))

    live = http.post("/api/webhooks/order/orders/7", json={"amount": 2})
    tried = http.post("/api/webhooks-test/order/orders/7", json={"amount": 2})

    assert (live.json()["doubled"], tried.json()["doubled"]) == (4, 6)


def test_wrong_methods_and_paths_are_told_apart(lab, http):
    lab.write("order", ORDER)

    wrong = http.get("/api/webhooks/order/orders/7")
    nowhere = http.post("/api/webhooks/order/orders")

    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert nowhere.status_code == 404


def test_inputs_that_do_not_fit_are_refused_and_start_nothing(lab, http):
    lab.write("order", ORDER)

    answer = http.post("/api/webhooks/order/orders/7", json={"amount": "much"})

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook.inputs")
    assert lab.total() == 0


BODIES = [
    ({"json": {"a": [1, None]}}, {"a": [1, None]}),
    ({"content": b'{"a": 1}', "headers": {"content-type": "application/x+json"}}, {"a": 1}),
    ({"data": {"a": "1", "b": ["2", "3"]}}, {"a": "1", "b": ["2", "3"]}),
    ({"content": "Łódź", "headers": {"content-type": "text/plain; charset=utf-8"}}, "Łódź"),
    ({"content": b""}, None),
    ({"content": b"null", "headers": {"content-type": "application/json"}}, None),
]


@pytest.mark.parametrize(("sent", "expected"), BODIES)
def test_a_body_is_read_by_its_content_type(lab, http, sent, expected):
    lab.write("echo", hook())

    assert http.post("/api/webhooks/echo", **sent).json()["body"] == expected


def test_multipart_brings_fields_and_files(lab, http):
    lab.write("echo", hook())
    content = bytes(range(256)) * 3

    got = http.post(
        "/api/webhooks/echo", data={"a": "1"}, files={"f": ("x.bin", content, "image/png")}
    ).json()

    assert got["body"] == {"a": "1"}
    assert got["files"]["f"]["filename"] == "x.bin"
    assert got["files"]["f"]["size"] == len(content)
    assert base64.b64decode(got["files"]["f"]["content"]) == content


def test_a_raw_body_is_bytes_whatever_its_type(lab, http):
    lab.write("echo", hook("body: raw"))

    assert (
        http.post("/api/webhooks/echo", json={}).json()["body"] == base64.b64encode(b"{}").decode()
    )


def test_query_headers_and_path_come_along_but_no_credentials(lab, http):
    lab.write("echo", hook("path: 'a/{b}'", method="ANY"))
    secret = {"Authorization": "Bearer x", "Cookie": "y=1", "X-Mine": "z"}

    got = http.put("/api/webhooks/echo/a/8?q=1&q=2&w=3", headers=secret).json()

    assert got["query"] == {"q": ["1", "2"], "w": "3"}
    assert (got["params"], got["method"], got["path"]) == ({"b": "8"}, "PUT", "a/8")
    assert got["headers"]["x-mine"] == "z"
    assert not {"authorization", "cookie"} & got["headers"].keys()


MALFORMED = [b"{", b'{"a":', b"\xff\xfe", b"[" * 100_000, b'"\\ud800"', b"{]", b"nan", b"1e999x"]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_not_json_is_refused(lab, http, body):
    lab.write("echo", hook())

    answer = http.post(
        "/api/webhooks/echo", content=body, headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook.body")


def test_broken_multipart_is_refused(lab, http):
    lab.write("echo", hook())
    kind = {"content-type": "multipart/form-data; boundary=x"}

    answer = http.post("/api/webhooks/echo", content=b"--x\r\nbroken", headers=kind)
    bare = http.post(
        "/api/webhooks/echo", content=b"--x", headers={"content-type": "multipart/form-data"}
    )

    assert answer.status_code == 400
    assert bare.status_code == 400


def test_a_body_over_the_limit_is_refused_also_where_its_length_is_not_told(lab, http):
    lab.write("echo", hook("max_body: 1000"))

    told = http.post("/api/webhooks/echo", content=b"x" * 1001)
    untold = http.post("/api/webhooks/echo", content=iter([b"x" * 600] * 2))

    assert (told.status_code, untold.status_code) == (413, 413)
    assert untold.json()["code"] == "webhook.too_large"
