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
