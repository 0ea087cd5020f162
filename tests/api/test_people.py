"""People sign in, do what their roles allow, and the log of changes says what they did."""

import httpx
import pytest

from .conftest import Served, make_folder

pytestmark = pytest.mark.slow
WORD = "correct horse battery"


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """A lab with an admin, a viewer, and somebody who may run one workflow."""
    with Served(make_folder(tmp_path_factory.mktemp("team"))) as lab:
        accounts = lab.parts.access.accounts
        accounts.add("ada", WORD, role="admin")
        accounts.add("vera", WORD, role="viewer")
        accounts.add("otto", WORD, roles={"hello": "operator"})
        yield lab


@pytest.fixture
def enter(team):
    """Sign somebody in; the client sends what a page of ours would."""
    clients = []

    def sign_in(name, word=WORD):
        client = httpx.Client(base_url=team.url, timeout=20, trust_env=False)
        clients.append(client)
        answer = client.post("/api/login", json={"name": name, "password": word})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    yield sign_in
    for client in clients:
        client.close()


def code(answer):
    return answer.status_code, answer.json().get("code")


def test_who_is_not_signed_in_is_led_to_the_page_where_one_does(team):
    page = team.http.get("/api/workflows", headers={"Accept": "text/html,*/*"})
    program = team.http.get("/api/workflows")

    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fapi%2Fworkflows")
    assert code(program) == (401, "access.credentials")


def test_the_page_signs_in_without_a_script_and_leads_on(team):
    with httpx.Client(base_url=team.url, trust_env=False) as browser:
        page = browser.get("/login", params={"next": "/api/executions?size=3"})
        sent = {"name": "ada", "password": WORD, "next": "/api/executions?size=3"}
        answer = browser.post("/login", data=sent)

        assert 'value="/api/executions?size=3"' in page.text
        assert "script" not in page.text
        assert (answer.status_code, answer.headers["location"]) == (303, "/api/executions?size=3")
        assert browser.get("/api/me").json()["name"] == "ada"


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/login", "/a\nb"]
)
def test_nobody_is_led_to_another_site(team, path):
    sent = {"name": "ada", "password": WORD, "next": path}

    assert team.http.post("/login", data=sent).headers["location"] == "/"
    team.http.cookies.clear()


def test_what_is_typed_in_is_not_run_by_the_page(team):
    sent = {"name": "<b>", "password": "x" * 12, "next": '/"><script>alert(1)</script>'}
    answer = team.http.post("/login", data=sent)

    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_cookie_is_hard_to_steal(team):
    answer = team.http.post("/api/login", json={"name": "ada", "password": WORD})
    cookies = {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}
    team.http.cookies.clear()

    assert "HttpOnly" in cookies["flowforge_session"]
    assert "SameSite=lax" in cookies["flowforge_session"]
    assert "SameSite=strict" in cookies["flowforge_csrf"]


def test_a_change_by_a_cookie_alone_is_refused(enter):
    ada = enter("ada")
    proof = ada.headers.pop("X-CSRF-Token")

    assert code(ada.post("/api/workflows/hello/activate")) == (403, "access.forged")
    wrong = {"X-CSRF-Token": "0" * 64}
    assert code(ada.post("/api/workflows/hello/activate", headers=wrong))[1] == "access.forged"
    right = {"X-CSRF-Token": proof}
    assert ada.post("/api/workflows/hello/activate", headers=right).status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_told_alike(team):
    wrong = team.http.post("/api/login", json={"name": "vera", "password": "x"})
    unknown = team.http.post("/api/login", json={"name": "nobody", "password": "x"})

    assert code(wrong) == (401, "access.credentials")
    assert wrong.json() == unknown.json()


def test_passwords_cannot_be_tried_without_end(team):
    tries = [
        team.http.post("/api/login", json={"name": "guessed", "password": str(number)})
        for number in range(12)
    ]

    assert code(tries[-1]) == (429, "request.too_many")
    assert int(tries[-1].headers["retry-after"]) > 0


def test_roles_count_in_the_lab(enter):
    vera, ada = enter("vera"), enter("ada")

    assert vera.get("/api/workflows").status_code == 200
    assert code(vera.post("/api/executions", json={"workflow_id": "hello"}))[1] == "access.role"
    for path in ("/api/accounts", "/api/tokens", "/api/audit"):
        assert code(vera.get(path)) == (403, "access.role")
        assert ada.get(path).status_code == 200


def test_who_may_run_one_workflow_sees_and_runs_nothing_else(enter):
    otto, ada = enter("otto"), enter("ada")
    other = ada.post("/api/executions", json={"workflow_id": "fails", "wait": 10}).json()
    begun = otto.post("/api/executions", json={"workflow_id": "hello", "wait": 10})
    own = begun.json()["execution_id"]

    assert begun.json()["result"] == "hello world"
    assert [one["id"] for one in otto.get("/api/workflows").json()] == ["hello"]
    found = otto.get("/api/executions").json()["items"]
    assert {one["workflow_id"] for one in found} == {"hello"}
    assert otto.get(f"/api/executions/{own}/steps").status_code == 200
    for method, path in (
        ("GET", f"/api/executions/{other['execution_id']}"),
        ("POST", f"/api/executions/{other['execution_id']}/restart"),
        ("GET", "/api/workflows/fails"),
        ("GET", "/api/projects/default/workflows/fails/executions"),
        ("PUT", "/api/workflows/hello"),
        ("POST", "/api/workflows/hello/activate"),
        ("GET", "/api/variables"),
        ("GET", "/api/metrics"),
        ("GET", "/api/accounts"),
    ):
        assert otto.request(method, path).status_code == 403, path
    refused = otto.post("/api/executions", json={"workflow_id": "fails"})
    assert code(refused) == (403, "access.forbidden")
    letters = {"execution_ids": [other["execution_id"]]}
    assert code(otto.post("/api/dead-letters/retry", json=letters))[0] == 403
    assert otto.get("/api/dead-letters").json() == []
    assert [one["execution_id"] for one in ada.get("/api/dead-letters").json()]


def test_a_token_can_be_for_one_workflow(team):
    token = team.parts.access.tokens.create("hook", "", roles={"hello": "operator"})
    shown = {"Authorization": f"Bearer {token}"}

    def start(id):
        return team.http.post("/api/executions", json={"workflow_id": id}, headers=shown)

    assert start("hello").status_code == 201
    assert start("fails").status_code == 403


def test_signing_out_and_ending_sessions_counts_at_once(enter):
    here, there = enter("vera"), enter("vera")
    others = [one for one in here.get("/api/sessions").json() if not one["is_this"]]

    assert {one["account"] for one in others} == {"vera"}
    for one in others:
        assert here.delete(f"/api/sessions/{one['id']}").status_code == 204
    assert there.get("/api/me").status_code == 401
    assert here.post("/api/logout").status_code == 204
    assert here.get("/api/me").status_code == 401


def test_nobody_ends_the_session_of_somebody_else(enter):
    ada, vera = enter("ada"), enter("vera")
    [of_ada, *_] = [one for one in ada.get("/api/sessions").json() if one["is_this"]]

    assert vera.delete(f"/api/sessions/{of_ada['id']}").status_code == 404
    assert {one["account"] for one in vera.get("/api/sessions").json()} == {"vera"}
    assert ada.get("/api/me").status_code == 200


def test_accounts_are_made_changed_and_removed_by_an_admin(enter):
    ada = enter("ada")
    made = ada.post("/api/accounts", json={"name": "nina", "password": WORD, "role": "viewer"})
    nina = enter("nina")

    assert made.json()["role"] == "viewer"
    assert "password" not in made.json()
    granted = {"role": "editor", "workflow": "hello"}
    assert ada.patch("/api/accounts/nina", json=granted).json()["roles"] == {"hello": "editor"}
    assert nina.post("/api/workflows/hello/activate").status_code == 200
    ada.patch("/api/accounts/nina", json={"is_disabled": True})
    assert nina.get("/api/me").status_code == 401
    assert ada.delete("/api/accounts/nina").status_code == 204
    assert ada.delete("/api/accounts/nina").status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {"name": "x", "password": "short"},
        {"name": "x", "password": WORD, "role": "boss"},
        {"name": "x", "password": WORD, "roles": {"hello": "boss"}},
        {"name": "", "password": WORD},
        {"name": "x"},
        [],
    ],
    ids=str,
)
def test_what_cannot_be_an_account_is_refused(enter, given):
    answer = enter("ada").post("/api/accounts", json=given)

    assert answer.status_code == 422
    assert WORD not in answer.text


def test_one_changes_the_own_password(enter, team):
    team.parts.access.accounts.add("pia", WORD, role="viewer")
    here, there = enter("pia"), enter("pia")

    wrong = here.put("/api/me/password", json={"old": "x", "new": WORD * 2})
    right = here.put("/api/me/password", json={"old": WORD, "new": WORD * 2})

    assert (wrong.status_code, right.status_code) == (403, 204)
    assert there.get("/api/me").status_code == 401
    assert here.get("/api/me").status_code == 200
    assert enter("pia", WORD * 2).get("/api/me").json()["name"] == "pia"


def test_the_log_says_who_changed_what_over_http(enter, team):
    ada = enter("ada")
    ada.post("/api/workflows/hello/deactivate")
    ada.post("/api/workflows/hello/activate")
    ada.put("/api/variables/project/limit", json={"value": 15})
    ada.put("/api/variables/project/limit", json={"value": 20})
    lines = ada.get("/api/audit", params={"who": "ada", "limit": 4}).json()

    assert [line["action"] for line in lines] == [
        "variable.set",
        "variable.set",
        "workflow.activated",
        "workflow.deactivated",
    ]
    assert (lines[0]["before"], lines[0]["after"]) == (15, 20)
    assert {line["way"] for line in lines} == {"session"}
    assert {line["address"] for line in lines} == {"127.0.0.1"}
    assert team.parts.access.audit.check() > 4


def test_who_asks_too_often_is_told_when_to_come_again(tmp_path):
    with Served(make_folder(tmp_path), caller_rate="5/10s") as lab:
        token = lab.parts.access.tokens.create("busy")
        shown = {"Authorization": f"Bearer {token}"}
        answers = [lab.http.get("/api/workflows", headers=shown) for _ in range(7)]
        other = {"Authorization": f"Bearer {lab.parts.access.tokens.create('calm')}"}

        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert lab.http.get("/api/workflows", headers=other).status_code == 200


def test_an_address_that_guesses_tokens_is_slowed_down(tmp_path):
    with Served(make_folder(tmp_path), address_rate="5/10s") as lab:
        lab.parts.access.tokens.create("there is one")
        answers = [
            lab.http.get("/api/workflows", headers={"Authorization": f"Bearer fft_{number}_x"})
            for number in range(7)
        ]

        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert lab.http.get("/health/live").status_code == 200


def test_who_may_look_no_more_gets_no_more_events(enter, team):
    team.parts.access.accounts.add("lea", WORD, roles={"hello": "viewer"})
    ada, lea = enter("ada"), enter("lea")
    got = []
    with lea.stream("GET", "/api/workflows/hello/stream", timeout=20) as stream:
        lines = stream.iter_lines()
        got.append(next(lines))
        ada.patch("/api/accounts/lea", json={"role": "", "workflow": "hello"})
        ada.post("/api/executions", json={"workflow_id": "hello", "wait": 5})
        got += list(lines)

    assert not [line for line in got if line.startswith("data:")]


def test_guesses_from_one_address_do_not_lock_a_person_out_of_another(team):
    access = team.server.front.api.state.access

    async def tries(number, word, address):
        return [await access.sign_in("vera", word, address=address) for _ in range(number)]

    guesses = team.run(tries(12, "x" * 12, "192.0.2.1"))
    own = team.run(tries(1, WORD, "192.0.2.2"))

    assert isinstance(guesses[-1], int)
    assert own[0].name == "vera"


def test_who_may_only_look_is_not_shown_what_answers_a_wait(enter):
    ada, vera = enter("ada"), enter("vera")
    id = ada.post("/api/executions", json={"workflow_id": "asks", "wait": 2}).json()[
        "execution_id"
    ]
    paths = ["/api/waits", f"/api/executions/{id}/events", f"/api/executions/{id}/export"]
    [key] = [one["key"] for one in ada.get("/api/waits").json() if one["execution_id"] == id]
    secret = key.partition(".")[2]

    for path in paths:
        assert secret in ada.get(path).text
        shown = vera.get(path)
        assert shown.status_code == 200
        assert secret not in shown.text
        assert "*" * len(secret) in shown.text
    assert ada.post(f"/api/resume/{key}", json={"ok": True}).status_code == 200


def test_the_log_says_who_signed_in_and_who_did_not(enter, team):
    enter("vera")
    team.http.post("/api/login", json={"name": "vera", "password": "x" * 12})
    lines = enter("ada").get("/api/audit", params={"action": "session", "target": "vera"}).json()

    assert [line["action"] for line in lines[:2]] == ["session.refused", "session.opened"]
    assert lines[0]["address"] == "127.0.0.1"
