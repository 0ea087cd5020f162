"""A lab that can be read and not written: on a read-only mount, or in a folder of somebody else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.cli import main
from flowforge_lab.errors import StoreFullError, StoreUnavailableError

pytestmark = pytest.mark.in_folder
BIG = (
    ff.Workflow(id="big", inputs={"n": ff.InputField(type="integer", required=True)})
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "action.transform", config={"value": "'x' * 100000 + str(inputs.n)"})
)
LOOK = [
    ["executions"],
    ["show"],
    ["show", "--logs"],
    ["history", "sql", "select count(*) from events"],
    ["doctor"],
    ["schedules"],
    ["connections"],
    ["secrets"],
    ["variables"],
    ["nodes"],
]
DARE = [
    ["run", "big.flow.yaml"],
    ["activate", "big.flow.yaml"],
    ["resume", "--all"],
    ["serve"],
    ["doctor", "--adopt"],
    ["history", "path"],
    ["variables", "set", "a", "1"],
]


@pytest.fixture
def mounted(tmp_path):
    """Return a function that gives a read-only view of a folder."""
    views = []

    def view_of(folder):
        view = tmp_path / f"view{len(views)}"
        view.mkdir()
        ways = (["--bind", str(folder), str(view)], ["-o", "remount,ro,bind", str(view)])
        for way in ways:
            done = subprocess.run(["mount", *way], check=False, capture_output=True)
            if done.returncode:
                pytest.skip("only root may mount")
        views.append(view)
        return view

    yield view_of
    for view in views:
        subprocess.run(["umount", "-l", str(view)], check=False)


def flowforge(folder, *arguments, prefix=()):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [*prefix, sys.executable, "-m", "flowforge_lab.cli", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )


@pytest.mark.slow
def test_what_ran_is_seen_on_a_read_only_mount_also_what_is_not_sealed(lab, folder, mounted):
    ran = [lab.run(BIG, {"n": n}) for n in range(3)]

    with ff.open_lab(mounted(folder)) as view:
        assert view.is_read_only
        assert set(view.executions().execution_id) == {outcome.execution_id for outcome in ran}
        assert len(view.steps()) == 6
        assert view.outcome_of(ran[2].execution_id).result == ran[2].result
        assert {finding.level for finding in view.doctor()} == {"ok", "warning"}


@pytest.mark.slow
def test_a_view_shows_the_moment_it_was_opened_and_a_new_one_shows_more(lab, folder, mounted):
    path = mounted(folder)
    lab.run(BIG, {"n": 1})
    with ff.open_lab(path) as early:
        lab.run(BIG, {"n": 2})
        with ff.open_lab(path) as late:
            assert [len(early.heads()), len(late.heads())] == [1, 2]


def test_nothing_runs_and_nothing_is_changed(lab, folder, mounted):
    lab.run(BIG, {"n": 1})

    with ff.open_lab(mounted(folder)) as view:
        for dared in (
            lambda: view.run(BIG, {"n": 2}),
            lambda: view.set_variable("a", 1),
            lambda: view.serve(until=lambda: True),
            view.publish,
            view.adopt,
        ):
            with pytest.raises(StoreFullError, match="is read-only: the lab in it can be looked"):
                dared()


@pytest.mark.slow
def test_a_backup_and_an_export_of_it_are_written_elsewhere(
    lab, folder, mounted, tmp_path_factory
):
    lab.run(BIG, {"n": 1})
    place = tmp_path_factory.mktemp("elsewhere")

    with ff.open_lab(mounted(folder)) as view:
        view.export(place / "all.duckdb")
        view.backup(place / "lab.tgz")
    flowforge(place, "restore", "lab.tgz", "again")

    with ff.open_lab(place / "again") as again:
        assert len(again.executions()) == 1
    assert (place / "all.duckdb").stat().st_size > 0


def test_a_look_leaves_nothing_behind(lab, folder, mounted):
    lab.run(BIG, {"n": 1})

    with ff.open_lab(mounted(folder)) as view:
        copy = Path(view.parts.store._reader._place.name)
        assert (copy / "journal.db").exists()
        assert copy.stat().st_mode & 0o077 == 0

    assert not copy.exists()


def test_a_folder_that_never_was_a_lab_is_told_so(tmp_path, mounted):
    (tmp_path / "lab" / ".flowforge").mkdir(parents=True)
    (tmp_path / "lab" / ".flowforge" / "version").write_text("1\n")

    with pytest.raises(StoreUnavailableError, match="holds no journal"):
        ff.open_lab(mounted(tmp_path / "lab"))


@pytest.mark.slow
def test_each_command_looks_or_says_that_the_folder_is_read_only(
    lab, folder, mounted, monkeypatch, capsys
):
    lab.run(BIG, {"n": 1})
    (folder / "big.flow.yaml").write_text("nodes: {start: {kind: trigger.manual}}")
    monkeypatch.chdir(mounted(folder))

    def told(line):
        with pytest.raises(SystemExit) as left:
            main(line)
        return left.value.code, capsys.readouterr().err

    looks = {" ".join(line): told(line) for line in LOOK}
    dares = {" ".join(line): told(line) for line in DARE}

    assert {line: said for line, (code, said) in looks.items() if code} == {}
    assert {line for line, (code, _said) in dares.items() if code != 5} == set()
    assert all("is read-only" in said for _code, said in dares.values())


@pytest.mark.slow
def test_a_folder_without_write_permission_can_be_looked_at(lab, folder, settings):
    lab.run(BIG, {"n": 1})
    lab.close()
    kept = folder / ".flowforge"
    kept.chmod(0o500)

    done = flowforge(folder, "history", "sql", "select status from executions", prefix=plainly())
    run = flowforge(folder, "run", "big", prefix=plainly())
    kept.chmod(0o700)

    assert (done.returncode, "succeeded" in done.stdout) == (0, True), done.stderr
    assert (run.returncode, "is read-only" in run.stderr) == (5, True), run.stderr


def plainly():
    """Return what keeps root from writing where its mode says that it must not."""
    if os.getuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere, and there is no setpriv")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
