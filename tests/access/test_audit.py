"""The log of changes: it only grows, says who, and shows when somebody touched it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.access import Actor, Audit, act_as, acting
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import SettingsError, StoreError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def audit(tmp_path):
    return Audit(tmp_path, SystemClock(), lambda value: value)


def test_a_change_says_who_what_before_and_after(audit):
    with act_as(Actor("ada", "session", "10.0.0.1")):
        audit.write("workflow.activated", "report", before=None, after="abc")

    [line] = audit.lines()
    assert (line.number, line.who, line.way, line.address) == (1, "ada", "session", "10.0.0.1")
    assert (line.action, line.target, line.before, line.after) == (
        "workflow.activated",
        "report",
        None,
        "abc",
    )


def test_outside_of_a_server_it_is_the_user_of_the_process(audit):
    audit.write("pin.set", "report.load")

    assert audit.lines()[0].who == acting().name != ""
    assert audit.lines()[0].way == "local"


def test_lines_are_found_by_who_action_target_and_number(audit):
    for number in range(6):
        with act_as(Actor("ada" if number % 2 else "bob", "token")):
            audit.write(f"workflow.{'saved' if number < 3 else 'activated'}", f"w{number}")

    assert [line.number for line in audit.lines(who="ada")] == [6, 4, 2]
    assert [line.number for line in audit.lines(action="workflow.saved")] == [3, 2, 1]
    assert len(audit.lines(action="workflow")) == 6
    assert audit.lines(action="work") == []
    assert [line.number for line in audit.lines(target="w3")] == [4]
    assert [line.number for line in audit.lines(before=3, limit=1)] == [2]
    assert audit.lines(since=SystemClock().stamp() + 1) == []


def test_it_is_kept_from_others(audit, tmp_path):
    audit.write("pin.set", "x")

    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_secrets_and_large_values_do_not_get_in(tmp_path):
    hidden = Audit(tmp_path, SystemClock(), lambda value: "***" if value == "s3cret" else value)

    hidden.write("variable.set", "a", before="s3cret", after="x" * 100_000)

    [line] = hidden.lines()
    assert line.before == "***"
    assert line.after["bytes"] == 100_002
    assert (tmp_path / "audit.jsonl").stat().st_size < 1000


@pytest.mark.parametrize("how", ["changed", "taken out", "added", "swapped"])
def test_a_line_that_somebody_touched_is_found(audit, tmp_path, how):
    for number in range(4):
        audit.write("pin.set", f"w{number}")
    path = tmp_path / "audit.jsonl"
    lines = path.read_text().splitlines()
    assert audit.check() == 4
    if how == "changed":
        lines[1] = lines[1].replace("w1", "w9")
    elif how == "taken out":
        del lines[1]
    elif how == "added":
        lines.insert(1, json.dumps({**json.loads(lines[0]), "number": 2}))
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_text("\n".join(lines) + "\n")

    with pytest.raises(SettingsError, match="line 2 of"):
        audit.check()


@pytest.mark.parametrize("left", [0, 1, 3])
def test_lines_that_were_cut_off_at_the_end_are_missed(audit, tmp_path, left):
    for number in range(4):
        audit.write("pin.set", f"w{number}")
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:left]))

    with pytest.raises(SettingsError, match=f"4 lines were written, {left} are there"):
        audit.check()


def test_a_log_that_is_gone_or_has_lost_its_end_is_missed(audit, tmp_path):
    assert audit.check() == 0
    audit.write("pin.set", "w")
    (tmp_path / "audit.head").rename(tmp_path / "head")
    with pytest.raises(SettingsError, match="does not end where it did"):
        audit.check()
    (tmp_path / "head").rename(tmp_path / "audit.head")
    (tmp_path / "audit.jsonl").unlink()
    with pytest.raises(SettingsError, match="1 lines were written, 0 are there"):
        audit.check()


def test_a_line_whose_end_was_not_noted_before_a_crash_is_one(audit, tmp_path):
    audit.write("pin.set", "w0")
    noted = (tmp_path / "audit.head").read_bytes()
    audit.write("pin.set", "w1")
    (tmp_path / "audit.head").write_bytes(noted)

    assert audit.check() == 2


def test_a_line_that_a_crash_cut_off_is_no_line(audit, tmp_path):
    audit.write("pin.set", "w0")
    with (tmp_path / "audit.jsonl").open("a") as file:
        file.write('{"number": 2, "at": 17')

    audit.write("pin.set", "w1")

    assert audit.check() == 2
    assert [line.target for line in audit.lines()] == ["w1", "w0"]


WRITER = """
import sys
from pathlib import Path
from flowforge_lab.access import Audit
from flowforge_lab.clock import SystemClock
audit = Audit(Path(sys.argv[1]), SystemClock(), lambda value: value)
for number in range(40):
    audit.write("pin.set", sys.argv[2] + str(number))
"""


@pytest.mark.slow
def test_processes_at_once_keep_the_chain(audit, tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abc"]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert audit.check() == 120


def test_a_log_that_cannot_be_written_says_that_the_change_was_made(audit, tmp_path):
    (tmp_path / "audit.jsonl").mkdir()

    with pytest.raises(StoreError) as caught:
        audit.write("variable.set", "project/b", after=2)

    assert "variable.set project/b is done, but" in str(caught.value)
    assert f"cannot write {tmp_path / 'audit.jsonl'}" in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full, as Linux has one")
def test_a_full_disk_is_told_with_the_file(audit, tmp_path):
    (tmp_path / "audit.jsonl").symlink_to("/dev/full")

    with pytest.raises(StoreError, match=r"audit\.jsonl: No space left"):
        audit.write("variable.set", "project/b", after=2)


def test_a_line_that_found_room_for_a_part_is_not_taken_for_written(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from flowforge_lab.access import Audit\n"
        "from flowforge_lab.clock import SystemClock\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "Audit(Path(sys.argv[1]), SystemClock(), str).write('pin.set', 'x')\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, tmp_path),
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "StoreError: pin.set x is done, but" in done.stderr
    assert not (tmp_path / "audit.head").exists()
