"""Users in a table of somebody else's database: found, linked and credited by the rules of our own."""

import threading
from decimal import Decimal

import psycopg
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NodeError, NotFoundError, SettingsError
from flowforge_lab.settings import Settings
from tests.outages.conftest import toml_of

pytestmark = pytest.mark.slow
TABLES = """
CREATE SCHEMA "the shop";
CREATE TABLE "the shop"."Kun""den%s" (
  no bigint PRIMARY KEY, "full name" text, tel text, mail text, "TG%" bigint, tg_name text,
  points numeric(20, 4), extra jsonb, since timestamptz, "order" text);
CREATE TABLE "the shop".moves (
  n bigserial PRIMARY KEY, who bigint, at timestamptz, diff numeric, total numeric, why text, once text);
INSERT INTO "the shop"."Kun""den%s" VALUES
  (1, 'Anna', '+49 (151) 123-45678', 'Anna@Example.ORG', NULL, NULL, 12.50, '{"vip": true}', '2026-01-02', ''),
  (2, 'Boris', '0049 30 123456', NULL, 77, 'boris', NULL, NULL, NULL, '');
"""
USERS = """
[users]
connection = "shop"
schema = "the shop"
table = 'Kun"den%s'
[users.columns]
id = "no"
name = "full name"
phone = "tel"
email = "mail"
telegram_id = "TG%"
telegram_name = "tg_name"
balance = "points"
data = "extra"
created_at = "since"
"""
HISTORY = """
[users.history]
table = "moves"
columns = { user = "who", at = "at", amount = "diff", balance = "total", reason = "why", key = "once", id = "n" }
"""
PHONE = "+4915112345678"


@pytest.fixture
def shop(postgres):
    """An open connection to the other database, and what the lab's file says of it."""
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        told = {"kind": "postgresql", "host": str(postgres.folder), "user": "flowforge"}
        connection.told = toml_of({"shop": told | {"database": connection.info.dbname}})
        yield connection


@pytest.fixture
def lab_with(shop, tmp_path):
    """Open a lab whose users are where the given table says."""
    opened = []

    def lab_with(users=USERS + HISTORY):
        (tmp_path / ".flowforge").mkdir(exist_ok=True)
        (tmp_path / ".flowforge" / "flowforge.toml").write_text(f"{shop.told}\n{users}")
        opened.append(ff.open_lab(tmp_path, settings=Settings(owner_linger_seconds=0.5)))
        return opened[-1]

    yield lab_with
    for lab in opened:
        lab.close()


@pytest.fixture
def users(lab_with):
    return lab_with().users


def kunden(shop, columns):
    return shop.execute(
        f'SELECT {columns} FROM "the shop"."Kun""den%%s" ORDER BY no', []
    ).fetchall()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"phone": PHONE}, "1"),
        ({"phone": "0049 151 12345678"}, "1"),
        ({"phone": "+4930123456"}, "2"),
        ({"email": "ANNA@example.org"}, "1"),
        ({"id": "1", "phone": PHONE}, "1"),
        ({"telegram_id": 77}, "2"),
        ({"id": "2", "phone": PHONE}, None),
        ({"id": "x' OR '1'='1"}, None),
        ({"id": "9" * 40}, None),
        ({"telegram_id": 10**30}, None),
        ({"phone": "+4930555000"}, None),
    ],
)
def test_whoever_is_asked_for_is_found(users, asked, found):
    user = users.find(**asked)

    assert (user and user.id) == found


def test_a_user_is_told_as_our_own_are(users):
    anna = users.get("1")

    assert (anna.name, anna.phone, anna.email) == ("Anna", PHONE, "anna@example.org")
    assert (anna.balance, anna.telegram_id, dict(anna.data)) == (
        Decimal("12.5"),
        None,
        {"vip": True},
    )
    assert f"{anna.created_at:%Y-%m-%d}" == "2026-01-02"
    assert users.get("2").balance == 0


def test_an_account_is_linked_once_and_relinked_by_the_rules(users, shop):
    assert users.link("1", 77).status == "taken"
    assert users.link("1", 78, telegram_name="anna").status == "linked"
    assert users.link("1", 78).status == "already"
    assert users.link("1", 79).status == "different"
    assert users.link("1", 79, relink="user").status == "linked"
    assert users.link("1", 77, relink="user").status == "taken"
    assert users.link("1", 77, relink="account").status == "linked"

    assert kunden(shop, '"TG%%", tg_name') == [(77, "anna"), (None, "")]
    assert users.unlink("1")
    assert not users.unlink("1")


def test_one_account_linked_by_many_at_once_is_one_users(users, shop):
    shop.execute(
        'INSERT INTO "the shop"."Kun""den%%s" (no) SELECT n FROM generate_series(10, 19) n', []
    )
    told = []
    threads = [
        threading.Thread(target=lambda id=str(n): told.append(users.link(id, 500).status))
        for n in range(10, 20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["linked"] + ["taken"] * 9


def test_credits_are_exact_and_noted_whoever_else_makes_some(users, shop):
    threads = [threading.Thread(target=users.credit, args=("1", "0.1")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    users.credit("2", "-3", reason="coffee", key="a")
    again = users.credit("2", "-3", reason="coffee", key="a")

    assert users.get("1").balance == Decimal("13.5")
    assert len(users.history("1")) == 10
    assert (again.balance, again.reason, len(users.history("2"))) == (-3, "coffee", 1)
    assert max(one.balance for one in users.history("1")) == Decimal("13.5")


def test_users_are_added_changed_listed_and_removed(users, shop):
    users.add(id="3", name="Cleo", phone="+49 40 1234567", data={"a": [1]}, balance="1.5")
    users.change("3", email="Cleo@Example.org", data={"a": [2]})
    with pytest.raises(ConflictError):
        users.add(id="4", phone="+49 40 1234567")
    with pytest.raises(ConflictError):
        users.add(id="3")

    cleo = users.get("3")
    assert (cleo.email, cleo.balance, dict(cleo.data)) == (
        "cleo@example.org",
        Decimal("1.5"),
        {"a": [2]},
    )
    assert [user.id for user in users.list()] == ["1", "2", "3"]
    assert [user.id for user in users.list("LEO")] == ["3"]
    users.remove("3")
    with pytest.raises(NotFoundError):
        users.remove("3")


def test_a_number_of_two_people_is_nobodys(users, shop):
    shop.execute(
        'INSERT INTO "the shop"."Kun""den%%s" (no, tel) VALUES (3, %s), (4, %s)',
        ["+4940999888"] * 2,
    )

    with pytest.raises(NodeError) as caught:
        users.find(phone="+4940999888")

    assert caught.value.type == "user.ambiguous"


def test_without_columns_and_history_there_is_less_and_it_is_said(lab_with):
    users = lab_with(
        '[users]\nconnection = "shop"\nschema = "the shop"\ntable = \'Kun"den%s\'\n'
        '[users.columns]\nid = "no"\nbalance = "points"\n'
    ).users

    assert (users.get("1").balance, users.get("1").phone) == (Decimal("12.5"), "")
    assert (users.find(telegram_id=77), users.history("1")) == (None, [])
    for call in (
        lambda: users.link("1", 5),
        lambda: users.credit("1", 1),
        lambda: users.change("1", name="x"),
    ):
        with pytest.raises(SettingsError, match=r"\[users"):
            call()


@pytest.mark.parametrize(
    "written",
    [
        "[users]\nconnection = 'shop'",
        "[users]\nconnection = 'shop'\ntable = 't'\nspare = 1\ncolumns = {id = 'a'}",
        "[users]\nconnection = 'shop'\ntable = 't'\ncolumns = {id = 5}",
        "[users]\nconnection = ''\ntable = 't'\ncolumns = {id = 'a'}",
        f"[users]\nconnection = 'shop'\ntable = '{'t' * 64}'\ncolumns = {{id = 'a'}}",
    ],
)
def test_what_is_no_mapping_is_refused_when_the_lab_opens(lab_with, written):
    with pytest.raises(SettingsError, match=r"flowforge\.toml \[users\]"):
        lab_with(written)


@pytest.mark.parametrize(
    ("change", "type"),
    [(('"shop"', '"gone"'), "lab.settings"), (("'Kun", "'Gone"), "sql.invalid")],
)
def test_a_node_says_that_the_directory_cannot_be_asked(lab_with, tmp_path, change, type):
    lab = lab_with(USERS.replace(*change))
    path = tmp_path / "w.flow.yaml"
    path.write_text(
        "nodes:\n  start: {kind: trigger.manual, next: who}\n"
        "  who: {kind: user.get_balance, config: {user: '1'}, next: {out: done, error: told}}\n"
        "  done: {kind: flow.end}\n  told: {kind: flow.end, config: {result: input.error.type}}\n"
    )

    assert lab.run(path).result == type
