"""A lab whose journal is in PostgreSQL, from Python."""

import time

import pytest

from flowforge_lab import open_lab
from flowforge_lab.cli import main
from flowforge_lab.lab import database_status, move_store, set_up_lab_database
from flowforge_lab.settings import Settings

pytestmark = pytest.mark.slow
HELLO = """\
nodes:
  start: {kind: trigger.manual, next: hook}
  hook: {kind: flow.wait_webhook, config: {timeout: 1h}, next: {received: done}}
  done: {kind: flow.end, config: {result: nodes.hook.answer}}
"""


@pytest.fixture
def shared(postgres, tmp_path):
    return Settings(
        database_url=postgres.new_database(),
        shared_folder=str(tmp_path / "shared"),
        poll_seconds=0.05,
    )


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / name for name in ("one", "two")]
    for folder in made:
        folder.mkdir()
        (folder / "hello.flow.yaml").write_text(HELLO)
    return made


def test_what_one_machine_starts_another_answers_and_a_third_sees(folders, shared):
    set_up_lab_database(shared)
    with (
        open_lab(folders[0], settings=shared) as one,
        open_lab(folders[1], settings=shared) as two,
    ):
        execution_id = one.start(folders[0] / "hello.flow.yaml")
        wait_until(two.waits.list)
        [wait] = two.waits.list()
        two.waits.answer(wait.key, {"n": 5})
        outcome = one.wait(execution_id)
        seen = two.sql("select execution_id, status from executions").to_dict("records")
        numbers = two.store_statistics()

    assert (outcome.status, outcome.result) == ("succeeded", {"n": 5})
    assert seen == [{"execution_id": execution_id, "status": "succeeded"}]
    assert numbers["query_write_count"] > 0


def test_a_lab_moves_with_the_secret_of_its_addresses(folders, shared, tmp_path):
    with open_lab(folders[0], settings=Settings(owner_linger_seconds=0)):
        pass
    secret = (folders[0] / ".flowforge" / "waits.key").read_bytes()

    move_store(folders[0], shared.database_url, settings=shared)

    with open_lab(folders[1], settings=shared):
        assert (tmp_path / "shared" / "waits.key").read_bytes() == secret
    assert database_status(shared).version == database_status(shared).known


def test_a_token_that_one_machine_makes_is_known_to_another_and_moves_with_the_lab(
    folders, shared, monkeypatch
):
    with open_lab(folders[0], settings=Settings(owner_linger_seconds=0)) as lab:
        before = lab.parts.access.tokens.create("ci")
    move_store(folders[0], shared.database_url, settings=shared)
    monkeypatch.setenv("FLOWFORGE_DATABASE_URL", shared.database_url)
    monkeypatch.setenv("FLOWFORGE_SHARED_FOLDER", shared.shared_folder)

    with pytest.raises(SystemExit):
        main(["token", "create", "other", "--lab", str(folders[0])])

    with open_lab(folders[1], settings=shared) as lab:
        assert lab.parts.access.tokens.find(before).name == "ci"
        assert {token.name for token in lab.parts.access.tokens.all()} == {"ci", "other"}


def wait_until(is_so) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)
