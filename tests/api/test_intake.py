"""What comes to a server from services outside: the updates of bots, and the calls of QStash."""

from datetime import UTC, datetime

import pytest

from flowforge_lab.testing import TelegramServer
from tests.lab.telegram import TOML
from tests.qstash_stand_in import NEXT, PUBLIC, qstash_settings, qstash_stand_in

from .conftest import Served, make_folder

GREET = """
nodes:
  start: {kind: trigger.command, config: {command: hello}, next: say}
  say: {kind: message.text, config: {text: "Hi {{ trigger.first_name }}"}}
"""
TICK = """\
nodes:
  tick: {kind: trigger.schedule, config: {cron: "0 * * * *"}, next: work}
  work: {kind: action.transform, config: {value: trigger.due_at}}
"""
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "told-by-telegram"}


@pytest.fixture(scope="module")
def telegram():
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        yield server


def with_bot(folder, telegram, updates):
    text = TOML.format(url=telegram.url, updates=updates)
    (folder / ".flowforge" / "flowforge.toml").write_text(text)
    return Served(folder)


@pytest.mark.slow
def test_a_server_polls_the_bots_of_its_lab(tmp_path, telegram):
    anna = telegram.person("Anna", username="anna")
    with with_bot(make_folder(tmp_path), telegram, "polling") as lab:
        lab.write("greet", GREET)

        anna.writes("/hello")

        assert anna.sees("Hi Anna")


@pytest.fixture(scope="module")
def hooked(tmp_path_factory, telegram):
    """A lab whose bot gets its updates by webhook."""
    folder = make_folder(tmp_path_factory.mktemp("hooked"))
    with with_bot(folder, telegram, "webhook") as lab:
        lab.write("greet", GREET)
        yield lab


def update(number, **fields):
    whom = {"id": 7, "first_name": "Bo", "is_bot": False}
    message = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "from": whom}
    return {"update_id": number, "message": {**message, "text": "/hello"}, **fields}


def post(lab, body, headers=SECRET, bot="shop_bot"):
    return lab.http.post(f"/api/telegram/{bot}", json=body, headers=headers)


@pytest.mark.slow
def test_telegram_posts_what_somebody_writes_and_the_bot_answers(hooked, telegram):
    carla = telegram.person("Carla", username="carla")
    address = f"{hooked.url}/api/telegram/shop_bot"
    hooked.run(hooked.parts.bots.set_webhook("shop_bot", address))
    try:
        carla.writes("/hello")
        assert carla.sees("Hi Carla")
    finally:
        hooked.run(hooked.parts.bots.set_webhook("shop_bot", ""))


@pytest.mark.slow
def test_an_update_with_the_secret_starts_one_execution_however_often_it_comes(hooked):
    first, again = post(hooked, update(900)), post(hooked, update(900))

    assert (first.status_code, first.json()["became"]) == (200, "started")
    assert (again.status_code, again.json()["became"]) == (200, "known")
    assert again.json()["execution_id"] == first.json()["execution_id"]


@pytest.mark.slow
@pytest.mark.parametrize("secret", ["other", "told-by-telegra", "", "t\u00f6ld".encode()])
def test_an_update_with_a_wrong_secret_starts_nothing(hooked, secret):
    answer = post(hooked, update(901), {**SECRET, "X-Telegram-Bot-Api-Secret-Token": secret})

    assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")
    assert "told-by-telegram" not in answer.text
    assert post(hooked, update(901), {}).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"update_id": "x"}, {"update_id": 1, "message": {}}, [], "x"]
)
def test_what_is_no_update_is_refused(hooked, body):
    assert post(hooked, body).status_code == 422


def test_updates_of_a_bot_that_nobody_has_are_refused(hooked):
    assert post(hooked, update(902), bot="other").status_code == 404
    assert post(hooked, update(902), bot="..%2f..%2fetc").status_code in {404, 422}


@pytest.mark.slow
def test_a_bot_without_a_secret_takes_updates_from_nobody(tmp_path, telegram):
    folder = make_folder(tmp_path)
    lines = TOML.format(url=telegram.url, updates="polling").splitlines()
    kept = [line for line in lines if "secret_token" not in line]
    (folder / ".flowforge" / "flowforge.toml").write_text("\n".join(kept))
    with Served(folder) as lab:
        answers = [post(lab, update(1), {}), post(lab, update(1), dict.fromkeys(SECRET, ""))]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.fixture(scope="module")
def qstash():
    with qstash_stand_in() as server:
        yield server


@pytest.fixture(scope="module")
def carried(tmp_path_factory, qstash):
    """A lab with a public name, so that it asks for tokens, whose schedules QStash carries."""
    folder = make_folder(tmp_path_factory.mktemp("carried"))
    with Served(folder, **qstash_settings(qstash)) as lab:
        lab.http.headers["Authorization"] = f"Bearer {lab.parts.access.tokens.create('own')}"
        lab.write("tick", TICK)
        lab.http.headers.pop("Authorization")
        yield lab


def fire(lab, call, **changed):
    headers = {**call.headers, "Host": "flows.example.org", **changed}
    return lab.http.post("/api/qstash/webhook", content=call.body, headers=headers)


def call_of(qstash, **claims):
    [id] = qstash.schedules
    return qstash.call(id, **claims)


def now():
    return int(datetime.now(UTC).timestamp())


@pytest.mark.slow
def test_a_signed_call_of_qstash_needs_no_token_and_starts_its_fire_once(carried, qstash):
    call = call_of(qstash)

    first, replayed = fire(carried, call), fire(carried, call)

    assert (first.status_code, first.json()["status"]) in {(200, "started"), (200, "known")}
    assert (replayed.status_code, replayed.json()["code"]) == (409, "qstash.replayed")
    assert replayed.json()["execution_id"] == first.json()["execution_id"]


def executions(lab):
    return [one.id for one in lab.run(lab.parts.executions.recent(limit=100))]


def test_a_call_signed_with_the_next_key_is_taken(carried, qstash):
    assert fire(carried, call_of(qstash, key=NEXT)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"key": "sig_" + "3" * 40},
        {"exp": 1, "nbf": 0},
        {"nbf": 4_000_000_000},
        {"sub": f"{PUBLIC}/api/other"},
        {"sub": "https://evil.example.org/api/qstash/webhook"},
        {"body": "AAAA"},
    ],
    ids=["forged", "expired", "early", "other path", "other host", "other body"],
)
def test_a_call_that_is_not_genuine_is_refused_and_starts_nothing(carried, qstash, claims):
    before = executions(carried)

    answer = fire(carried, call_of(qstash, **claims))

    assert (answer.status_code, answer.json()["code"]) == (401, "qstash.refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert executions(carried) == before


def test_calls_without_signature_or_form_are_refused(carried, qstash):
    call = call_of(qstash)
    post = carried.http.post

    assert post("/api/qstash/webhook", content=call.body).status_code == 401
    assert fire(carried, call, **{"Upstash-Signature": "e30.e30.e30"}).status_code == 401
    large = post("/api/qstash/webhook", content=b"x" * 1_000_000, headers=call.headers)
    assert large.status_code == 401
    assert post("/api/executions", json={"workflow_id": "hello"}).status_code == 401


@pytest.mark.slow
def test_a_lab_whose_schedules_nobody_carries_knows_no_calls(hooked):
    answer = hooked.http.post("/api/qstash/webhook", content=b"{}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
