"""Our addresses at a real Jupyter server: who gets in, what they get, and what never gets out."""

import json
import re
import time

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

import flowforge_lab as ff
from tests.jupyter_server.conftest import TOKEN as SECRET

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CHANGES = [
    "flowforge/api/dashboard",
    "flowforge/api/executions/0199-aa/cancel",
    "flowforge/api/executions/0199-aa/resume",
    "flowforge/api/notebook/schedule",
]
TOKEN = {"Authorization": f"token {SECRET}"}
KEY = "0" * 16


@pytest.mark.parametrize(
    "path",
    [
        "flowforge/api/overview",
        "flowforge/api/notebook?path=report.ipynb",
        "flowforge/editor.js",
        f"flowforge/dashboard/{KEY}/",
    ],
)
def test_a_stranger_reads_nothing(server, path):
    answer = server.stranger.get(path)

    assert answer.status_code in {302, 403}
    assert "workflows" not in answer.text


@pytest.mark.parametrize("path", CHANGES)
def test_a_stranger_changes_nothing(server, path):
    assert server.stranger.post(path).status_code == 403


@pytest.mark.parametrize("path", CHANGES)
def test_a_browser_without_the_xsrf_token_changes_nothing(server, path):
    browser = server.signed_in()
    is_in = browser.get("flowforge/api/overview").is_success
    without = browser.post(path, params={"folder": "../.."})
    proof = {"X-XSRFToken": browser.cookies["_xsrf"]}
    answer = browser.post(path, params={"folder": "../.."}, headers=proof)
    browser.close()

    assert is_in
    assert (without.status_code, "_xsrf" in without.text) == (403, True)
    assert answer.status_code in {400, 404}  # it was looked at, and is nothing that can be done


@pytest.mark.parametrize(
    "folder", ["..", "../..", "/..", ".flowforge", "a\\..\\..", "%2e%2e/x/../.."]
)
def test_a_folder_outside_does_not_exist(server, folder):
    answer = server.known.get("flowforge/api/overview", params={"folder": folder})

    assert (answer.status_code, "there is no" in answer.json()["message"]) == (404, True)


@pytest.mark.parametrize(
    "path",
    [
        "flowforge/../flowforge_lab/__init__.py",
        "flowforge/editor.js/../calls.py",
        "flowforge/calls.py",
    ],
)
def test_no_other_file_is_handed_out(server, path):
    assert server.known.get(path).status_code == 404


def test_the_bundle_comes_once(server):
    first = server.known.get("flowforge/editor.js")
    again = server.known.get(
        "flowforge/editor.js", headers={"If-None-Match": first.headers["etag"]}
    )

    assert "javascript" in first.headers["content-type"]
    assert (len(first.content) > 100_000, again.status_code, again.content) == (True, 304, b"")


def test_the_overview_names_files_by_the_servers_own_addresses(server):
    found = server.known.get("flowforge/api/overview").json()

    assert [(one["id"], one["path"]) for one in found["workflows"]] == [
        ("hello", "hello.flow.yaml")
    ]


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


SOCKETS = ["flowforge/editor", "flowforge/viewer", f"flowforge/dashboard/{KEY}/ws"]


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_takes_no_strangers(server, path):
    assert server.stranger.get(path, headers=UPGRADE).status_code == 403


@pytest.mark.parametrize("path", SOCKETS[:2])
def test_a_socket_takes_no_page_of_others_though_the_browser_is_signed_in(server, path):
    browser = server.signed_in()
    answer = browser.get(path, headers={**UPGRADE, "Origin": "https://evil.example"})
    browser.close()

    assert answer.status_code == 403


def connected(server, path, **options):
    url = server.url.replace("http", "ws", 1) + path
    return connect(url, additional_headers=TOKEN, **options)


def test_the_editor_answers_over_its_socket(server):
    with connected(server, "flowforge/editor") as socket:
        for message in [
            {"kind": "open", "path": "hello.flow.yaml", "text": "nodes: {}"},
            {"kind": "hello", "client": "me"},
        ]:
            socket.send(json.dumps(message))
        told = [json.loads(socket.recv(20))]
        while told[-1]["kind"] != "state":
            told.append(json.loads(socket.recv(20)))

    assert told[0] == {"kind": "opened"}
    assert told[-1]["to"] == "me"
    assert len(told[-1]["catalogue"]["types"]) > 20


def test_what_is_no_message_ends_the_connection(server):
    with connected(server, "flowforge/editor") as socket:
        socket.send("{")
        with pytest.raises(ConnectionClosedError) as caught:
            socket.recv(20)

    assert caught.value.rcvd.code == 1003


def wait_until(holds):
    deadline = time.monotonic() + 30
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_an_execution_is_cancelled_and_run_again_from_the_side_bar(server):
    nodes = "{start: {kind: trigger.manual, next: nap}, nap: {kind: flow.delay, config: {duration: 90s}}}"
    path = server.folder / "nap.flow.yaml"
    path.write_text(f"nodes: {nodes}\n")

    def head(name):
        return server.known.get("flowforge/api/overview").json()[name]

    with ff.open_lab(server.folder) as lab:
        id = lab.start(path)
        assert wait_until(lambda: [one["id"] for one in head("running")]) == [id]
        assert server.known.post(f"flowforge/api/executions/{id}/cancel").json() == {"id": id}
        wait_until(lambda: not head("running"))
        again = server.known.post(f"flowforge/api/executions/{id}/restart").json()["id"]
        assert wait_until(lambda: [one["id"] for one in head("running")]) == [again]
        lab.cancel(again)
    unknown = server.known.post("flowforge/api/executions/0199-none/cancel")
    assert (unknown.status_code, "0199-none" in unknown.json()["message"]) == (404, True)


def test_one_that_failed_goes_on_from_the_side_bar(server):
    nodes = "{start: {kind: trigger.manual, next: x}, x: {kind: action.transform, config: {value: input.gone}}}"
    path = server.folder / "gone.flow.yaml"
    path.write_text(f"nodes: {nodes}\n")
    with ff.open_lab(server.folder) as lab:
        id = lab.run(path).execution_id

    ways = server.known.get(f"flowforge/api/executions/{id}/ways").json()["ways"]
    wrong = server.known.post(f"flowforge/api/executions/{id}/resume", params={"how": "cell"})
    made = server.known.post(
        f"flowforge/api/executions/{id}/resume", params={"how": "step"}
    ).json()

    assert [(one["how"], one["title"]) for one in ways] == [
        ("step", "Begin again with the step 'x'")
    ]
    assert (wrong.status_code, "cannot go on" in wrong.json()["message"]) == (409, True)
    assert made["id"] != id
    assert server.stranger.get(f"flowforge/api/executions/{id}/ways").status_code in {302, 403}


def test_the_dashboard_comes_through_without_a_login_of_its_own(server):
    with ff.open_lab(server.folder) as lab:
        lab.run(server.folder / "hello.flow.yaml")
        lab.parts.access.tokens.create("others", "viewer")  # from now on its server asks who calls
    path = server.known.post("flowforge/api/dashboard").json()["path"]
    page = server.known.get(path, params={"page": "executions", "theme": "light", "token": SECRET})

    assert page.status_code == 200
    assert 'data-ff-theme="light"' in page.text
    assert SECRET not in page.text
    assert "hello" in page.text
    static = page.text.partition('src="./')[2].partition('"')[0]
    assert server.known.get(path + static).status_code == 200
    token = re.search(r'"token":"([^"]+)"', page.text)[1]
    with connected(server, f"{path}ws", subprotocols=["bokeh", token]) as socket:
        told = "".join(str(socket.recv(20)) for _ in range(3))
    assert '"ACK"' in told
    assert socket.subprotocol == "bokeh"
    assert server.known.get(f"{path}api/executions").status_code == 404
    assert server.stranger.get(path).status_code in {302, 403}
