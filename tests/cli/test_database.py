"""The lab's journal in PostgreSQL, from the command line."""

import pytest

HUSH = "postgresql://ann:hush@127.0.0.1:1/flows"


@pytest.fixture
def database(postgres, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_DATABASE_URL", postgres.new_database())
    return monkeypatch


@pytest.mark.slow
def test_tables_are_made_once_and_looked_at(flowforge, database):
    before = flowforge("db", "status", "--json").json
    first, again = (flowforge("db", "setup", "--json").json for _ in range(2))
    after = flowforge("db", "status", "--json").json

    assert (before["version"], first["was"], again["was"]) == (0, 0, again["version"])
    assert first["lab_id"] == again["lab_id"] == after["lab_id"] != ""
    assert after["version"] == after["known"]


@pytest.mark.slow
def test_a_workflow_runs_where_the_tables_are(flowforge, database):
    refused = flowforge("run", "hello.flow.yaml", "--json")
    flowforge("db", "setup")
    ran = flowforge("run", "hello.flow.yaml", "--json")

    assert refused.code == 5
    assert "flowforge db setup" in refused.error["message"]
    assert ran.code == 0
    assert [one["status"] for one in flowforge("executions", "--json").json] == ["succeeded"]


@pytest.mark.slow
def test_a_lab_moves_with_what_it_did(flowforge, database, postgres):
    database.delenv("FLOWFORGE_DATABASE_URL")
    database.setenv("FLOWFORGE_OWNER_LINGER_SECONDS", "0")
    url = postgres.new_database()
    flowforge("run", "hello.flow.yaml")

    moved = flowforge("migrate-store", "--to", url, "--json")
    left = flowforge("executions", "--json")
    database.setenv("FLOWFORGE_DATABASE_URL", url)
    found = flowforge("executions", "--json")

    assert moved.json["rows"]["executions"] == 1
    assert left.code == 5
    assert [one["status"] for one in found.json] == ["succeeded"]
    assert "was there already" in flowforge("migrate-store", "--to", url).out


def test_without_a_database_there_is_nothing_to_set_up(flowforge):
    answer = flowforge("db", "setup", "--json")

    assert answer.code == 2
    assert "FLOWFORGE_DATABASE_URL" in answer.error["message"]


def test_no_message_shows_the_password(flowforge, monkeypatch):
    monkeypatch.setenv("FLOWFORGE_DATABASE_URL", HUSH)
    unreachable = flowforge("db", "setup", "--json")
    monkeypatch.setenv("FLOWFORGE_DATABASE_URL", HUSH.replace("postgresql", "postgrsql"))
    misspelt = flowforge("db", "setup", "--json")

    assert unreachable.code == 5
    assert misspelt.code == 2
    assert "hush" not in f"{unreachable.error}{misspelt.error}"
