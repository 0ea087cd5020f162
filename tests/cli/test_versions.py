"""`flowforge versions`, `diff`, `rollback` and `label`."""

import pytest

from flowforge_lab.lab import open_lab
from flowforge_lab.spec import Document
from tests.patience import wait_for


@pytest.fixture
def ticks(flowforge, folder):
    """A workflow that was activated in two versions."""
    flowforge("init")
    path = folder / "ticks.flow.yaml"
    flowforge("activate", path)
    path.write_text(path.read_text().replace("* * * * * *", "0 8 * * *"))
    flowforge("activate", path)
    return path


@pytest.mark.slow
def test_versions_are_listed_newest_first(flowforge, ticks):
    told = flowforge("versions", ticks, "--json").json

    assert [version["active"] for version in told] == [True, False]
    assert told[0]["version"][:12] in flowforge("versions", "ticks").out


@pytest.mark.slow
def test_rollback_tells_the_version_and_when_it_fires(flowforge, ticks):
    old = flowforge("versions", "ticks", "--json").json[1]["version"]
    told = flowforge("rollback", "ticks")

    assert told.code == 0
    assert f"ticks is active as version {old[:12]}" in told.out
    assert "tick fires next at" in told.out
    assert flowforge("rollback", "ticks", "nothing").code == 3


@pytest.mark.slow
def test_labels_name_versions(flowforge, ticks):
    assert flowforge("label", "ticks", "active", "new", "--json").json["labels"] == ["new"]
    assert flowforge("diff", "ticks@new", "active").out == "no difference\n"
    assert flowforge("label", "ticks", "--remove", "new").code == 0
    assert flowforge("label", "ticks", "--remove", "new").code == 3
    assert flowforge("label", "ticks", "active", "latest").code == 2
    assert flowforge("label", "ticks", "active").code == 2


@pytest.mark.slow
def test_diff_alone_compares_the_active_version_with_the_file(flowforge, ticks):
    assert flowforge("diff", "ticks").out == "no difference\n"
    ticks.write_text(ticks.read_text().replace("trigger.due_at", "1"))

    told = flowforge("diff", "ticks", "--exit-code")

    assert told.out == '~ node work config.value: "trigger.due_at" → 1\n'
    assert told.code == 1


def test_files_are_compared_without_a_lab(flowforge, folder):
    (folder / "other.flow.yaml").write_text(
        (folder / "hello.flow.yaml").read_text().replace("hello ", "hi ")
    )

    told = flowforge("diff", "hello.flow.yaml", "other.flow.yaml", "--json")

    assert [(change["name"], change["path"]) for change in told.json] == [
        ("greet", "config.value")
    ]
    assert not (folder / ".flowforge").exists()


def test_an_edit_of_the_canvas_is_no_difference(flowforge, folder):
    path = folder / "moved.flow.yaml"
    path.write_text((folder / "hello.flow.yaml").read_text() + "canvas: {start: [9, 9]}\n")

    told = flowforge("diff", "hello.flow.yaml", path, "--exit-code")

    assert (told.code, told.out) == (0, "no difference\n")


def test_what_is_not_there_ends_with_exit_code_3(flowforge, folder):
    assert flowforge("diff", "hello.flow.yaml", "nothing.flow.yaml").code == 3
    assert flowforge("versions", "nothing").code == 3


WAIT = "nodes:\n  start: {kind: trigger.manual, next: %s}\n  %s: {kind: flow.delay, config: {duration: 1h}}\n"


@pytest.mark.slow
def test_executions_that_wait_are_moved_or_say_why_not(flowforge, folder):
    flowforge("init")
    path = folder / "wait.flow.yaml"
    path.write_text(WAIT % ("one", "one"))
    with open_lab(folder) as lab:
        lab.start(path)
        wait_for(lambda: lab.heads()[0].status == "waiting")
    path.write_text(WAIT % ("one", "one") + "name: other\n")
    with open_lab(folder) as lab:
        lab.keep(Document.read(path))

    assert flowforge("migrate", "--workflow", "wait", "--to", "latest", "--dry-run").code == 0
    [told] = flowforge("migrate", "--workflow", "wait", "--to", "latest", "--json").json
    assert told["outcome"] == "moved"
    assert "no execution waits" in flowforge("migrate", "--workflow", "wait", "--to", "latest").out
    assert flowforge("migrate", "--to", "latest").code == 2
    assert flowforge("migrate", told["execution_id"], "--to", "nothing").code == 3

    path.write_text(WAIT % ("two", "two"))
    with open_lab(folder) as lab:
        lab.keep(Document.read(path))
    refused = flowforge("migrate", told["execution_id"], "--to", "latest")
    assert (refused.code, "it stands at 'one', which is gone" in refused.out) == (4, True)
    flowforge("cancel", told["execution_id"])
