"""Accounts and the log of changes, from the command line and from Python."""

import io
import json
import sys

import pytest

import flowforge_lab as ff

pytestmark = pytest.mark.slow
WORD = "correct horse battery"


@pytest.fixture(autouse=True)
def lab_folder(folder):
    (folder / ".flowforge").mkdir(mode=0o700)


@pytest.fixture
def typed(monkeypatch):
    """Let the next command read a password from stdin."""

    def type_in(word=WORD):
        monkeypatch.setattr(sys, "stdin", io.StringIO(word + "\n"))

    return type_in


def test_an_account_is_made_changed_listed_and_removed(flowforge, typed):
    typed()
    made = flowforge(
        "account", "add", "bob", "--role", "none", "--on", "report=operator", "--json"
    ).json
    flowforge("account", "grant", "bob", "viewer")
    flowforge("account", "grant", "bob", "none", "--on", "report")
    flowforge("account", "disable", "bob")
    [listed] = flowforge("account", "list", "--json").json

    assert made["roles"] == {"report": "operator"}
    assert (listed["role"], listed["roles"], listed["is_disabled"]) == ("viewer", {}, True)
    assert "bob" in flowforge("account", "list").out
    assert flowforge("account", "enable", "bob").out == "bob may sign in again\n"
    assert flowforge("account", "remove", "bob").code == 0
    assert flowforge("account", "remove", "bob").code == 3
    assert "no accounts" in flowforge("account", "list").out


@pytest.mark.parametrize(
    ("arguments", "word", "told"),
    [
        (("ada",), "short", "12 to 1,024 characters, found 5"),
        (("ada",), "", "found 0"),
        (("ada", "--role", "boss"), WORD, "boss"),
        (("ada", "--on", "report"), WORD, "expected WORKFLOW=ROLE"),
        (("ada", "--on", "report=boss"), WORD, "viewer, operator, editor, admin"),
        ((" ",), WORD, "1 to 100 letters"),
    ],
)
def test_what_cannot_be_an_account_is_told(flowforge, typed, arguments, word, told):
    typed(word)
    answer = flowforge("account", "add", *arguments)

    assert answer.code == 2
    assert told in answer.err
    assert flowforge("account", "list", "--json").json == []


def test_a_password_is_changed_and_the_sessions_end(flowforge, typed):
    typed()
    flowforge("account", "add", "ada")
    typed(WORD * 2)

    assert flowforge("account", "password", "ada").out == "ada has another password\n"
    assert flowforge("account", "password", "adda").code == 3


def test_what_commands_and_notebooks_change_is_logged(flowforge, folder):
    (folder / "hello.flow.yaml").write_text("nodes: {start: {kind: trigger.manual}}")
    flowforge("activate", "hello.flow.yaml")
    flowforge("variables", "set", "limit", "15")
    with ff.open_lab(folder) as lab:
        lab.users.add(id="u1", name="Ada")
        frame = lab.audit()
    lines = flowforge("audit", "--json").json

    told = ["user.added", "variable.set", "workflow.activated"]
    assert [line["action"] for line in lines][:3] == told
    assert list(frame["action"])[:3] == told
    assert str(frame["at"].dt.tz) == "UTC"
    assert {line["way"] for line in lines} == {"local"}
    assert flowforge("audit", "--action", "variable", "--json").json[0]["after"] == 15
    assert flowforge("audit", "check", "--json").json == {"lines": len(lines), "is_whole": True}


def test_a_log_that_was_touched_is_told(flowforge, folder):
    flowforge("variables", "set", "limit", "15")
    path = folder / ".flowforge" / "audit.jsonl"
    path.write_text(path.read_text().replace("15", "16"))
    answer = flowforge("audit", "check")

    assert answer.code != 0
    assert "line 1 of" in answer.err


def test_without_changes_the_log_is_empty(flowforge):
    assert flowforge("audit").out == "nothing was changed\n"
    assert json.loads(flowforge("audit", "--json").out) == []
