"""The address of a wait, opened in a browser."""

import pytest

pytestmark = pytest.mark.slow
BROWSER = {"Accept": "text/html"}
ASKS = """\
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: flow.wait_webhook, config: {response: "<b>Thanks</b>"}, next: {received: done}}
  done: {kind: flow.end, config: {result: "'confirmed'"}}
"""


@pytest.fixture
def place(lab):
    """The address of a wait for anything."""
    lab.write("confirms", ASKS, is_active=False)
    id = lab.start("confirms")
    found = lab.wait_for(lambda: lab.http.get("/api/waits", params={"execution_id": id}).json())
    return f"/waits/{found[0]['key']}"


def test_to_open_it_answers_nothing(lab, http, place):
    pages = [http.get(place, headers=BROWSER) for _ in range(3)]

    assert all("<button>Confirm</button>" in page.text for page in pages)
    assert http.get("/api/waits").json()


def test_the_button_answers_it_and_what_is_told_is_text(lab, http, place):
    clicked = http.post(place, headers=BROWSER)

    assert "&lt;b&gt;Thanks" in clicked.text
    assert "script-src" not in clicked.headers["content-security-policy"]


def test_a_program_gets_json_as_before(http, place):
    assert http.post(place, json={"any": "thing"}).json()["response"] == "<b>Thanks</b>"


def test_what_nobody_waits_for_is_a_page_too(http):
    opened = http.get("/waits/no-such.token", headers=BROWSER)

    assert (opened.status_code, "Nothing here" in opened.text) == (404, True)


def test_a_wait_for_more_than_a_yes_has_no_button(lab, http):
    id = lab.start("asks")
    [wait] = lab.wait_for(lambda: http.get("/api/waits", params={"execution_id": id}).json())

    assert "<button>" not in http.get(f"/waits/{wait['key']}", headers=BROWSER).text


def test_a_link_on_the_page_of_a_stranger_opens_it_but_their_button_does_nothing(http, place):
    foreign = BROWSER | {"Sec-Fetch-Site": "cross-site"}

    assert http.get(place, headers=foreign).status_code == 200
    assert http.post(place, headers=foreign).status_code == 403


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def asked(lab):
    """The key of a wait for an object with `ok`, and a call for the result of who waits."""
    id = lab.start("asks")
    [wait] = lab.wait_for(lambda: lab.http.get(f"/api/waits?execution_id={id}").json())

    def shown():
        return lab.http.get(f"/api/executions/{id}").json()

    def result():
        lab.wait_for(lambda: shown()["status"] == "succeeded")
        return shown()["result"]

    return wait["key"], result


@pytest.mark.parametrize("address", ["/waits/{}", "/api/resume/{}", "/api/waits/{}/answer"])
@pytest.mark.parametrize("kind", [None, FORM, f"{FORM}; charset=UTF-8"])
def test_json_is_taken_from_who_does_not_say_that_it_is(http, asked, address, kind):
    key, result = asked
    headers = {} if kind is None else {"Content-Type": kind}

    answer = http.post(address.format(key), content=b' {"ok": "fine"}\n', headers=headers)

    assert (answer.status_code, result()) == (200, "fine")


@pytest.mark.parametrize("address", ["/waits/{}", "/api/resume/{}", "/api/waits/{}/answer"])
@pytest.mark.parametrize(
    ("kind", "content", "found"),
    [
        (FORM, b"ok=1&b=2", FORM),
        (FORM, b"true", FORM),
        (FORM, b'{"ok": 1', FORM),
        (FORM, b"[" * 100_000, FORM),
        (FORM, b'{"ok": "\xff"}', FORM),
        ("text/plain", b'{"ok": 1}', "text/plain"),
        (None, b"ok", "a body without a content type"),
    ],
)
def test_what_is_no_json_is_refused_with_what_it_is(http, asked, address, kind, content, found):
    headers = {} if kind is None else {"Content-Type": kind}

    answer = http.post(address.format(asked[0]), content=content, headers=headers)

    told = (
        f"an answer must be JSON, found {found}: send JSON with `content-type: application/json`"
    )
    assert (answer.status_code, told in answer.json()["detail"]) == (422, True)
    assert asked[0] in {one["key"] for one in http.get("/api/waits").json()}


def test_a_form_of_a_browser_is_not_told_that_it_was_used(http, asked):
    answer = http.post(f"/waits/{asked[0]}", data={"ok": 1}, headers=BROWSER)

    assert (answer.status_code, "used already" in answer.text) == (422, False)
