"""Orders with approval: the shop calls, a person presses, the shop is told."""

import base64
import runpy
import threading
from http.server import ThreadingHTTPServer

import pytest

from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
SIGNING = "whsec_" + base64.b64encode(b"the shop knows this one too").decode()
TOKEN = {"Authorization": "Bearer from-the-shop"}
LARGE = {"order": "A-1007", "customer": "Anna <Schmidt>", "total": 1250.5}


@pytest.fixture
def shop(monkeypatch, capfd):
    """The shop of the example, on a free port: its port, and what it printed when asked."""
    monkeypatch.setenv("SHOP_SIGNING", SIGNING)
    program = runpy.run_path(str(stage.EXAMPLES / "order-approval" / "shop.py"))
    with ThreadingHTTPServer(("127.0.0.1", 0), program["Shop"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def telegram():
    with stage.telegram("shop_bot") as server:
        yield server


@pytest.fixture
def boss(telegram):
    [boss, _other] = telegram.group(telegram.person("Boss"), telegram.person("Other"))
    return boss


@pytest.fixture
def folder(tmp_path, telegram, shop, boss):
    secrets = {"shop_token": "from-the-shop", "shop_signing": SIGNING, "shop_bot": "unused"}
    address = {"shop": {"base_url": f"http://127.0.0.1:{shop}"}}
    folder = stage.set_up(
        tmp_path, "order-approval", telegram=telegram, secrets=secrets, **address
    )
    stage.flowforge("variables", "set", "--lab", folder, "approvers_chat", "--", boss.chat.id)
    return folder


@pytest.fixture
def lab(folder):
    with stage.served(folder, "orders") as lab:
        yield lab


def order(lab, **changed):
    return lab.http.post("/api/webhooks/orders", json=LARGE | changed, headers=TOKEN)


def test_a_large_order_is_approved_by_a_button_and_the_shop_is_told(lab, boss, capfd):
    answer = order(lab)
    asked = boss.sees("A-1007")
    stage.waiting(lab, "ask")
    boss.presses("Approve")
    noted = boss.sees("approved by Boss")

    assert answer.status_code == 202
    assert "Anna <Schmidt> wants goods for 1250.50" in asked["text"]
    assert "reply_markup" not in noted
    assert stage.ended(lab) == ["succeeded"]
    told = capfd.readouterr().out
    assert "\nsigned: {" in told
    assert '"data":{"order":"A-1007","decision":"approved","by":"Boss"}' in told


def test_a_refused_order_is_told_as_such(lab, boss, capfd):
    order(lab)
    boss.sees("A-1007")
    stage.waiting(lab, "ask")
    boss.presses("Refuse")

    assert stage.ended(lab) == ["succeeded"]
    assert '"decision":"refused","by":"Boss"' in capfd.readouterr().out


def test_a_small_order_passes_without_a_person(lab, boss, capfd):
    order(lab, total=20)

    assert stage.ended(lab) == ["succeeded"]
    assert '"decision":"approved","by":"rule"' in capfd.readouterr().out
    assert boss.chat.messages == {}


def test_whoever_has_no_token_orders_nothing(lab):
    assert lab.http.post("/api/webhooks/orders", json=LARGE).status_code == 401


def test_an_order_without_a_number_is_refused(lab):
    answer = lab.http.post("/api/webhooks/orders", json={"total": 1}, headers=TOKEN)

    assert answer.status_code == 422
    assert "order" in answer.text


def test_after_the_time_the_order_is_refused(folder, boss, capfd):
    path = folder / "orders.flow.yaml"
    path.write_text(path.read_text().replace("timeout: 4h", "timeout: 1s"))
    with stage.served(folder, "orders") as lab:
        order(lab)

        assert stage.ended(lab) == ["succeeded"]
    assert '"decision":"refused","by":"time"' in capfd.readouterr().out


def test_where_nobody_can_be_asked_the_shop_hears_that(lab, telegram, capfd):
    telegram.refuse("sendMessage", code=403, text="Forbidden: bot was kicked from the group chat")
    order(lab)

    assert stage.ended(lab) == ["succeeded"]
    assert '"decision":"postponed"' in capfd.readouterr().out
