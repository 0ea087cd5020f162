"""Versions of workflows in a lab: kept, named, compared, brought back."""

import subprocess

import pytest

from flowforge_lab.errors import DocumentError, NotFoundError, PlanError
from flowforge_lab.spec import Document

TICK = """\
nodes:
  tick: {kind: trigger.schedule, config: {cron: "%s"}, next: work}
  work: {kind: action.transform, config: {value: %d}}
"""
EARLY, LATE = "0 8 * * *", "0 20 * * *"


@pytest.fixture
def write(folder):
    def write(value, cron=EARLY, name="tick"):
        path = folder / f"{name}.flow.yaml"
        path.write_text(TICK % (cron, value))
        return path

    return write


@pytest.fixture
def twice(lab, write):
    """A workflow that was activated in two versions, the older first."""
    for value, cron in ((1, EARLY), (2, LATE)):
        lab.activate(write(value, cron))
    return [view.digest for view in reversed(lab.versions.all("tick"))]


def test_each_activation_is_kept_with_its_version(lab, twice, write):
    lab.activate(write(1))
    new, old = lab.versions.all("tick")

    assert (old.activations, old.is_active, old.is_latest) == (2, True, True)
    assert (new.activations, new.is_active) == (1, False)
    assert old.activated_at > new.activated_at > old.kept_at


def test_rollback_activates_the_version_before_and_its_schedules(lab, twice):
    [late] = lab.schedules()
    view = lab.versions.rollback("tick")
    [early] = lab.schedules()

    assert (view.digest, view.is_active, view.is_latest) == (twice[0], True, False)
    assert (late.spec["cron"], early.spec["cron"]) == (LATE, EARLY)


def test_rollback_twice_is_where_it_began(lab, twice):
    lab.versions.rollback("tick")

    assert lab.versions.rollback("tick").digest == twice[1]


def test_rollback_to_a_label_works_although_the_file_is_gone(lab, twice, folder):
    lab.versions.label("tick", twice[0][:8], "stable")
    (folder / "tick.flow.yaml").unlink()

    assert lab.versions.rollback("tick", "stable").digest == twice[0]


def test_rollback_after_deactivation_activates_what_was_active_last(lab, twice):
    lab.deactivate("tick")

    assert lab.versions.rollback("tick").digest == twice[1]


def test_what_was_active_only_once_cannot_be_rolled_back(lab, write):
    lab.activate(write(1))

    with pytest.raises(NotFoundError, match="no other version of tick was ever active"):
        lab.versions.rollback("tick")


def test_a_version_that_is_not_valid_any_more_is_not_activated(lab, write, folder):
    lab.secrets.set("token", "s3cret-value")
    text = "nodes:\n  tick: {kind: trigger.schedule, config: {cron: '0 8 * * *'}, next: ask}\n  ask: {kind: action.http_request, config: {url: 'https://example.org', auth: {type: bearer, token: '{{ secrets.token }}'}}}\n"
    path = folder / "tick.flow.yaml"
    path.write_text(text)
    lab.activate(path)
    lab.activate(write(1))
    lab.secrets.remove("token")

    with pytest.raises(PlanError, match="token"):
        lab.versions.rollback("tick")
    assert lab.versions.all("tick")[0].is_active


def test_versions_are_found_by_prefix_label_and_word(lab, twice):
    lab.versions.label("tick", "active", "now")

    for name in ("active", "latest", "now", twice[1][:6], twice[1]):
        assert lab.versions.get("tick", name).workflow.nodes["work"].config["value"] == 2


@pytest.mark.parametrize("name", ["", "a", "nothing", "active"])
def test_a_version_that_is_not_there_is_told(lab, twice, name):
    lab.deactivate("tick")

    with pytest.raises(NotFoundError, match="tick"):
        lab.versions.get("tick", name)


@pytest.mark.parametrize("name", ["", "latest", "a b", "-x", "é", "x" * 65])
def test_what_cannot_be_a_label_is_refused(lab, twice, name):
    with pytest.raises(ValueError, match="a label is"):
        lab.versions.label("tick", "active", name)


def test_a_label_moves_and_goes(lab, twice):
    lab.versions.label("tick", twice[0], "stable")
    lab.versions.label("tick", twice[1], "stable")
    assert [view.labels for view in lab.versions.all("tick")] == [("stable",), ()]

    lab.versions.unlabel("tick", "stable")
    with pytest.raises(NotFoundError):
        lab.versions.unlabel("tick", "stable")


def test_versions_count_the_executions_that_still_run_them(lab, folder):
    path = folder / "wait.flow.yaml"
    path.write_text(
        "nodes:\n  start: {kind: trigger.manual, next: wait}\n  wait: {kind: flow.delay, config: {duration: 1h}}\n"
    )
    ids = [lab.start(path) for _ in range(3)]
    lab.cancel(ids[0])

    assert lab.wait(ids[0]).status == "cancelled"
    assert [view.executions for view in lab.versions.all("wait")] == [2]
    assert lab.versions.frame("wait")["executions"].tolist() == [2]


def test_a_workflow_is_compared_with_its_active_version(lab, twice, write):
    write(3, LATE)

    assert [str(change) for change in lab.versions.diff("tick").changes] == [
        "~ node work config.value: 2 → 3"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tick@{0}", "tick@{1}"),
        ("{0}", "tick"),
        ("tick.flow.yaml", "{0}"),
        ("tick@first", "active"),
    ],
)
def test_versions_files_and_labels_can_be_compared(lab, twice, folder, old, new, monkeypatch):
    monkeypatch.chdir(folder)
    lab.versions.label("tick", twice[0], "first")

    found = lab.versions.diff(old.format(*twice), new.format(*twice))

    assert {change.path for change in found.changes} == {"config.cron", "config.value"}


def test_two_names_that_say_of_no_workflow_are_told(lab, twice):
    with pytest.raises(NotFoundError, match="workflow@version"):
        lab.versions.diff("stable", "newer")


def test_documents_built_in_python_can_be_compared(lab, write):
    document = Document.read(write(1))
    other = document.workflow.with_node("more", "flow.end")

    assert [str(change) for change in lab.versions.diff(document, other).changes] == [
        "+ node more (flow.end)"
    ]


@pytest.fixture
def repository(folder, write, monkeypatch):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=folder,
            check=True,
            capture_output=True,
        )

    write(1)
    (folder / "sub").mkdir()
    (folder / "sub" / "own.flow.yaml").write_text(TICK % (EARLY, 1))
    git("init")
    git("add", "*.flow.yaml")
    git("commit", "-m", "first")
    write(2)
    monkeypatch.chdir(folder)
    return folder


def test_a_file_is_compared_with_a_commit(lab, repository):
    found = lab.versions.diff("HEAD:tick.flow.yaml", "tick.flow.yaml")

    assert [str(change) for change in found.changes] == ["~ node work config.value: 1 → 2"]


def test_a_path_in_a_commit_may_start_at_the_present_folder(lab, repository, monkeypatch):
    monkeypatch.chdir(repository / "sub")

    assert not lab.versions.diff("HEAD:own.flow.yaml", "HEAD:./own.flow.yaml")
    assert not lab.versions.diff("HEAD:sub/own.flow.yaml", "own.flow.yaml")


@pytest.mark.parametrize(
    "place", ["HEAD:nothing.flow.yaml", "nowhere:tick.flow.yaml", "--output=x:y", ":", "HEAD:"]
)
def test_what_git_does_not_have_is_told_in_its_words(lab, repository, place):
    with pytest.raises((NotFoundError, DocumentError)):
        lab.versions.diff(place, "tick.flow.yaml")
    assert not (repository / "x").exists()


def test_outside_of_a_repository_git_says_so(lab, write, folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    write(1)

    with pytest.raises(NotFoundError, match="cannot read HEAD"):
        lab.versions.diff("HEAD:tick.flow.yaml", "tick.flow.yaml")
