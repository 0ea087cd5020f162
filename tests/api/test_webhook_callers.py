"""Who calls a webhook, with which key, and what is answered."""

import hashlib
import hmac
import json
import time

import pytest

from flowforge_lab.errors import NotFoundError
from tests.api.hooks import ORDER, hook

pytestmark = pytest.mark.slow


def test_a_token_is_asked_for_and_is_not_kept(lab, http):
    lab.parts.secrets.set("hook_token", "open sesame")
    lab.write("echo", hook("auth: {type: token, token: '{{ secrets.hook_token }}'}"))

    none = http.post("/api/webhooks/echo")
    wrong = http.post("/api/webhooks/echo", headers={"Authorization": "Bearer open"})
    right = http.post("/api/webhooks/echo", headers={"Authorization": "Bearer open sesame"})

    assert (none.status_code, wrong.status_code, right.status_code) == (401, 401, 200)
    assert "sesame" not in right.text
    assert lab.total() == 1


def test_user_and_password_are_asked_for(lab, http):
    lab.parts.secrets.set("hook_password", "pässword")
    lab.write(
        "echo", hook("auth: {type: basic, user: ann, password: '{{ secrets.hook_password }}'}")
    )

    right = http.post("/api/webhooks/echo", auth=("ann", "pässword"))
    wrong = http.post("/api/webhooks/echo", auth=("ann", "password"))

    assert (right.status_code, wrong.status_code) == (200, 401)
    assert wrong.headers["www-authenticate"].startswith("Basic")


@pytest.fixture
def signed(lab, http):
    """Send a signed body; the fields spoil the signature."""
    lab.parts.secrets.set("hook_key", "k")
    lab.write("echo", hook("auth: {type: hmac, secret: '{{ secrets.hook_key }}'}"))

    def send(  # noqa: PLR0913  # each spoils one thing
        *, at=None, late=0, key=b"k", body=b"{}", sent=None, header="X-Signature-256", more=()
    ):
        stamp = str((at or int(time.time())) - late)
        digest = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Timestamp": stamp, header: f"sha256={digest}", **dict(more)}
        return http.post(
            "/api/webhooks/echo", content=body if sent is None else sent, headers=headers
        )

    return send


def test_a_signed_call_is_let_in(signed):
    assert signed().status_code == 200


@pytest.mark.parametrize(
    "spoilt",
    [{"late": 330}, {"late": -330}, {"key": b"l"}, {"sent": b"{ }"}, {"header": "X-Other"}],
    ids=str,
)
def test_a_forged_or_late_call_is_not_let_in(signed, spoilt):
    answer = signed(**spoilt)

    assert (answer.status_code, answer.json()["code"]) == (401, "webhook.credentials")


def test_a_recorded_call_starts_nothing_more(signed, lab):
    now = int(time.time())

    first = signed(at=now, body=b'{"n": 1}')
    again = signed(at=now, body=b'{"n": 1}')

    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-flowforge-execution"] == first.headers["x-flowforge-execution"]
    assert lab.total() == 1


def test_a_recorded_call_starts_nothing_more_under_a_key_of_its_own(signed, lab):
    now = int(time.time())
    first = signed(at=now, body=b'{"n": 2}', more={"Idempotency-Key": "a"})
    again = signed(at=now, body=b'{"n": 2}', more={"Idempotency-Key": "a"})
    recorded = signed(at=now, body=b'{"n": 2}', more={"Idempotency-Key": "b"})
    anew = signed(at=now + 1, body=b'{"n": 2}', more={"Idempotency-Key": "a"})

    assert again.headers["x-flowforge-execution"] == first.headers["x-flowforge-execution"]
    bare = signed(at=now, body=b'{"n": 2}')
    for one in (recorded, bare):
        assert (one.status_code, one.json()["code"]) == (409, "webhook.replayed")
    assert anew.headers["x-flowforge-execution"] == first.headers["x-flowforge-execution"]
    assert lab.total() == 1


def test_a_webhook_whose_secret_is_missing_lets_nobody_in(lab, http):
    lab.parts.secrets.set("gone", "x")
    lab.write("echo", hook("auth: {type: token, token: '{{ secrets.gone }}'}"))
    lab.parts.secrets.remove("gone")

    answer = http.post("/api/webhooks/echo", headers={"Authorization": "x"})

    assert (answer.status_code, answer.json()["code"]) == (503, "webhook.not_ready")


def test_a_key_starts_one_execution_however_often_it_is_sent(lab, http):
    lab.write("order", ORDER)
    key = {"Idempotency-Key": "abc"}

    first = http.post("/api/webhooks/order/orders/7", json={"amount": 1}, headers=key)
    again = http.post("/api/webhooks/order/orders/7", json={"amount": 1}, headers=key)

    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert lab.total() == 1


def test_another_body_under_the_same_key_gets_the_answer_of_the_first(lab, http):
    lab.write("echo", hook("response: {body: \"{'got': trigger.body, 'gave': result}\"}"))
    key = {"Idempotency-Key": "abc"}

    first, again = (http.post("/api/webhooks/echo", json={"n": n}, headers=key) for n in (1, 2))

    assert first.json()["got"] == {"n": 1}
    assert again.json() == first.json()


@pytest.mark.parametrize("answer", ['{status: "trigger.body.gone"}', '{status: "trigger.body.n"}'])
def test_an_answer_that_cannot_be_made_says_that_the_execution_has_run(lab, http, answer):
    lab.write("echo", hook(f"response: {answer}"))

    told = http.post("/api/webhooks/echo", json={"n": 999})

    head = http.get("/api/executions").json()["items"][0]
    assert (told.status_code, told.json()["code"]) == (500, "webhook.answer")
    assert head["id"] in told.json()["detail"]
    assert "gone" not in told.text


def test_a_failed_execution_is_told_as_a_problem(lab, http):
    lab.write("bad", hook(last="{kind: flow.end, config: {status: failed, message: no}}"))

    answer = http.post("/api/webhooks/bad")

    assert (answer.status_code, answer.json()["code"]) == (500, "execution.failed")
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_execution_that_takes_too_long_is_told_by_its_id(lab, http):
    lab.write("nap", hook("wait: 0.1s", last="{kind: flow.delay, config: {duration: 60s}}"))

    answer = http.post("/api/webhooks/nap")

    assert answer.status_code == 202
    assert http.get(f"/api/executions/{answer.json()['execution_id']}").status_code == 200


ANSWERS = [
    ("status: 204", 204, b""),
    (
        "body: \"'<p>' + trigger.method + '</p>'\", headers: {Content-Type: text/html}",
        200,
        b"<p>POST</p>",
    ),
    ("body: {ok: true, id: '{{ trigger.method }}'}", 200, b'{"ok":true,"id":"POST"}'),
    ("status: \"200 if execution.status == 'failed' else 418\"", 418, None),
    ('status: "90 + 9"', 500, None),
    ("headers: {X-A: \"{{ 'a\\\\r\\\\nSet-Cookie: b' }}\"}", 500, None),
]


@pytest.mark.parametrize(
    ("response", "status", "body"), ANSWERS, ids=[row[0][:20] for row in ANSWERS]
)
def test_an_answer_is_what_its_expressions_say(lab, http, response, status, body):
    lab.write("echo", hook(f"response: {{{response}}}"))

    answer = http.post("/api/webhooks/echo")

    assert answer.status_code == status
    assert body is None or answer.content == body
    assert "set-cookie" not in answer.headers


def test_a_kept_request_is_sent_again_by_its_execution(lab, http):
    lab.write("order", ORDER)
    before = http.post("/api/webhooks/order/orders/7", json={"amount": 4})
    id = before.headers["x-flowforge-execution"]

    new = lab.run(lab.parts.webhooks.replay(id))
    outcome = lab.run(lab.parts.executions.wait(new))
    head = lab.run(lab.parts.executions.get(new))

    assert outcome.result == {"id": "7"}
    assert head.origin == id


def test_an_execution_that_no_request_started_cannot_be_sent_again(lab, http):
    id = lab.start("hello", wait=5)

    with pytest.raises(NotFoundError, match="no webhook"):
        lab.run(lab.parts.webhooks.replay(id))


def test_a_page_of_another_site_cannot_call_a_webhook_of_this_machine(lab, http):
    lab.write("echo", hook())

    answer = http.post("/api/webhooks/echo", headers={"Origin": "https://evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "access.origin")


@pytest.mark.slow
def test_calls_at_once_all_start(lab, http):
    from concurrent.futures import ThreadPoolExecutor

    lab.write("order", ORDER)

    def call(number):
        return http.post(f"/api/webhooks/order/orders/{number}", json={"amount": number}).json()

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(call, range(64)))

    assert got == [{"id": str(n), "doubled": 2 * n} for n in range(64)]
    assert json.dumps(got)


def test_a_body_may_come_in_parts(lab, http):
    lab.write("echo", hook())
    parts = iter([b'{"a": [', b"1, 2", b"]}"])

    answer = http.post(
        "/api/webhooks/echo", content=parts, headers={"content-type": "application/json"}
    )

    assert answer.json()["body"] == {"a": [1, 2]}


def test_a_workflow_whose_file_is_wrong_cannot_be_tried(lab, http):
    lab.write("broken", "nodes:\n  a: {kind: no.such}\n", is_active=False)

    answer = http.post("/api/webhooks-test/broken")

    assert (answer.status_code, answer.json()["code"]) == (422, "plan.invalid")
    assert http.post("/api/webhooks-test/nowhere").status_code == 404
