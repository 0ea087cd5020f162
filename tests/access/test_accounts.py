"""People: their names, passwords and roles, and the sessions of their browsers."""

import pytest

from flowforge_lab.access import Gatehouse, higher, may
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import ConflictError, NotFoundError, SettingsError
from flowforge_lab.testing import VirtualClock

WORD = "correct horse battery"


def gate(folder, clock=None):
    return Gatehouse(folder, clock or SystemClock(), lambda value: value)


@pytest.fixture
def accounts(tmp_path):
    return gate(tmp_path).accounts


@pytest.mark.slow
def test_a_password_is_kept_as_a_slow_hash(accounts, tmp_path):
    accounts.add("ada", WORD, role="admin")

    kept = (tmp_path / "accounts.json").read_text()
    assert WORD not in kept
    assert "$argon2id$" in kept
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600
    assert accounts.check("ada", WORD).role == "admin"


@pytest.mark.slow
def test_only_the_right_password_of_somebody_who_may_sign_in_is_taken(accounts):
    accounts.add("ada", WORD)

    assert accounts.check("ada", WORD + "!") is None
    assert accounts.check("bob", WORD) is None
    accounts.disable("ada")
    assert accounts.check("ada", WORD) is None
    accounts.disable("ada", is_disabled=False)
    assert accounts.check("ada", WORD) is not None


@pytest.mark.parametrize(
    ("name", "word", "role", "told"),
    [
        ("", WORD, "viewer", "1 to 100 letters"),
        (" ada", WORD, "viewer", "1 to 100 letters"),
        ("a\nb", WORD, "viewer", "1 to 100 letters"),
        ("x" * 101, WORD, "viewer", "1 to 100 letters"),
        ("ada", "short", "viewer", "12 to 1,024 characters, found 5"),
        ("ada", "x" * 1025, "viewer", "12 to 1,024"),
        ("ada", WORD, "boss", "expected one of the roles viewer, operator, editor, admin"),
    ],
)
def test_what_cannot_be_an_account_is_told(accounts, name, word, role, told):
    with pytest.raises(ValueError, match=told):
        accounts.add(name, word, role=role)

    assert accounts.is_empty


@pytest.mark.slow
def test_a_name_is_there_once(accounts):
    accounts.add("ada", WORD, role="viewer")

    with pytest.raises(ConflictError, match="'ada' already"):
        accounts.add("ada", WORD, role="admin")
    with pytest.raises(NotFoundError, match="did you mean 'ada'"):
        accounts.get("adda")


@pytest.mark.slow
def test_roles_are_given_and_taken_in_the_lab_and_in_workflows(accounts):
    accounts.add("bob", WORD, roles={"report": "operator"})

    accounts.grant("bob", "viewer")
    accounts.grant("bob", "editor", workflow="sales")
    bob = accounts.grant("bob", "", workflow="report")

    assert (bob.role, bob.roles) == ("viewer", {"sales": "editor"})


def test_each_role_holds_those_before_it():
    assert may("admin", "viewer")
    assert not may("viewer", "operator")
    assert not may("", "viewer")
    assert (higher("", "viewer"), higher("editor", "viewer")) == ("viewer", "editor")


@pytest.mark.slow
def test_every_change_of_an_account_is_logged_without_its_password(tmp_path):
    known = gate(tmp_path)
    known.accounts.add("ada", WORD, role="viewer")
    known.accounts.grant("ada", "admin")
    known.accounts.set_password("ada", WORD * 2)
    known.accounts.remove("ada")

    lines = known.audit.lines()[::-1]
    assert [line.action for line in lines] == [
        "account.created",
        "account.changed",
        "account.password",
        "account.removed",
    ]
    assert (lines[1].before["role"], lines[1].after["role"]) == ("viewer", "admin")
    assert "argon" not in (tmp_path / "audit.jsonl").read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"ada": 1}', '{"ada": {"name": "ada"'])
def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path, text):
    path = tmp_path / "accounts.json"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(SettingsError, match="cannot read"):
        gate(tmp_path).accounts.check("ada", WORD)


@pytest.mark.slow
def test_a_file_that_others_can_read_is_refused(accounts, tmp_path):
    accounts.add("ada", WORD)
    (tmp_path / "accounts.json").chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        gate(tmp_path).accounts.all()


def test_a_session_ends_when_it_is_not_used_and_after_a_week_in_any_case(tmp_path):
    clock = VirtualClock()
    sessions = gate(tmp_path, clock).sessions
    idle, busy = sessions.open("ada"), sessions.open("bob")

    for _ in range(13):
        clock.advance(11 * 3600)
        assert (sessions.find(busy) is not None) == (clock.monotonic() < 11 * 3600 * 13.1)
    assert sessions.find(idle) is None
    assert sessions.find(busy).account == "bob"
    clock.advance(3 * 11 * 3600)
    assert sessions.find(busy) is None


def test_a_session_outlives_the_server_and_is_kept_as_a_digest(tmp_path):
    text = gate(tmp_path).sessions.open("ada", address="10.0.0.1", agent="Firefox")

    found = gate(tmp_path).sessions.find(text)
    assert (found.account, found.address, found.agent) == ("ada", "10.0.0.1", "Firefox")
    assert text not in (tmp_path / "sessions.json").read_text()
    assert gate(tmp_path).sessions.find("x" * 43) is None
    assert gate(tmp_path).sessions.find("") is None


def test_the_sessions_of_somebody_are_ended_at_once(tmp_path):
    sessions = gate(tmp_path).sessions
    texts = [sessions.open(name) for name in ("ada", "ada", "bob")]
    this = sessions.find(texts[0])

    assert sessions.end_of("ada", but=this.id) == 1
    assert [sessions.find(text) is None for text in texts] == [False, True, False]
