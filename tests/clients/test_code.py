import asyncio
import os
import signal
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from flowforge_lab.clients import Clients, CodeJob, CodeLimits
from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame


class Notes:
    def __init__(self):
        self.lines = []
        self.steps = []

    def log(self, message, *, level="info", source="node"):
        self.lines.append((source, level, message))

    def progress(self, fraction, text=""):
        self.steps.append((fraction, text))

    def of(self, source):
        return [message for found, _, message in self.lines if found == source]


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def execute(run, clients, tmp_path, notes):
    def execute(source, inputs=None, **limits):
        job = CodeJob(
            directory=tmp_path, source=source, inputs=inputs or {}, limits=CodeLimits(**limits)
        )
        return run(clients.code.run(job, log=notes.log, progress=notes.progress))

    return execute


def fails(execute, source, **limits):
    with pytest.raises(NodeError) as caught:
        execute(source, **limits)
    return caught.value


@pytest.mark.slow
def test_values_come_and_go_with_their_types(execute):
    value = {
        "at": datetime(2030, 1, 1, tzinfo=UTC),
        "d": Decimal("1.10"),
        "b": b"\0",
        "n": [None, 1.5],
    }

    assert execute("result = x", {"x": value}) == value


@pytest.mark.slow
def test_a_result_that_is_never_named_is_nothing(execute):
    assert execute("x = 1") is None


@pytest.mark.slow
def test_imports_modules_beside_the_workflow(execute, tmp_path):
    (tmp_path / "pricing.py").write_text("def price(): return 42")

    assert execute("import pricing; result = pricing.price()") == 42


@pytest.mark.slow
def test_relative_files_are_the_workflows_and_our_folder_stays(execute, tmp_path):
    before = os.getcwd()  # noqa: PTH109  # the very thing that must not change
    execute("open('x.txt', 'w').write('hi')")

    assert (tmp_path / "x.txt").read_text() == "hi"
    assert os.getcwd() == before  # noqa: PTH109  # as above


@pytest.mark.slow
def test_one_run_leaves_nothing_for_the_next(execute):
    execute("import builtins; builtins.left = 1")

    assert "NameError" in fails(execute, "result = left").title


@pytest.mark.slow
def test_output_arrives_line_by_line_with_its_source(execute, notes):
    execute(
        "import os, sys\nprint('a\\nb', end='')\nprint('c', file=sys.stderr)\n"
        "log('d', level='warning')\nos.system('echo e')\nprogress(0.5, 'half')"
    )

    assert notes.of("stdout") == ["a", "b"]
    assert notes.of("stderr") == ["e", "c"] or notes.of("stderr") == ["c", "e"]
    assert ("node", "warning", "d") in notes.lines
    assert notes.steps == [(0.5, "half")]


@pytest.mark.parametrize(
    "source",
    [
        "for _ in range(10_000): print('x' * 10_000)",
        "print('x' * 100_000_000)",
        "import os\nfor _ in range(1_000): os.write(1, b'x' * 100_000)",
        "import sys\nsys.stdout.buffer.write(b'x\\n' * 50_000_000)",
    ],
    ids=["many long lines", "one line", "below python", "many bytes"],
)
@pytest.mark.slow
def test_survives_a_hundred_megabytes_of_output(execute, notes, source):
    assert execute(source + "\nresult = 'done'", max_log_bytes=100_000) == "done"

    assert sum(len(message) for _, _, message in notes.lines) < 150_000
    assert "bytes of output were dropped" in notes.lines[-1][2]


@pytest.mark.slow
def test_an_error_is_told_by_the_users_own_lines(execute):
    error = fails(execute, "import json\ndef f():\n    json.loads('{')\nf()")

    assert error.type == "code.raised"
    assert error.title.startswith("JSONDecodeError")
    assert error.detail.startswith("line 3: json.loads('{')")
    assert "decoder.py" not in error.detail
    assert "flowforge" not in error.detail


@pytest.mark.slow
def test_a_mistake_in_the_syntax_is_told_with_its_line(execute):
    error = fails(execute, "x = 1\ny = = 2")

    assert "line 2" in error.detail
    assert not error.is_transient


@pytest.mark.slow
@pytest.mark.parametrize(
    "source", ["result = object()", "result = lambda: 1", "import sys; result = sys"]
)
def test_a_result_that_cannot_flow_is_told(execute, source):
    assert "cannot flow along an edge" in fails(execute, source).title


def test_an_input_that_cannot_flow_is_told(execute):
    assert fails(lambda source: execute(source, {"x": object()}), "1").type == "code.inputs"


@pytest.mark.slow
def test_leaving_in_good_order_is_no_error(execute):
    assert execute("result = 1\nimport sys; sys.exit()") == 1
    assert "SystemExit: bad" in fails(execute, "import sys; sys.exit('bad')").title


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "out of memory"),
    ],
)
def test_a_process_that_dies_is_told(execute, source, words):
    error = fails(execute, source)

    assert (error.type, error.is_transient) == ("code.crashed", True)
    assert words in error.detail


@pytest.mark.slow
def test_an_endless_loop_is_killed_in_time(execute):
    started = time.perf_counter()

    assert fails(execute, "while True: pass", seconds=1.0).type == "code.timeout"
    assert time.perf_counter() - started < 3.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "source", ["x = 'a' * 10**10", "x = []\nwhile True: x.append('a' * 10**6)"]
)
def test_a_memory_bomb_is_told(execute, source):
    error = fails(execute, source, max_memory_bytes=200_000_000)

    assert (error.type, error.is_transient) == ("code.memory", False)


@pytest.mark.slow
def test_a_result_over_the_limit_is_told(execute):
    assert fails(execute, "result = 'x' * 1000", max_result_bytes=100).type == "code.too_large"


@pytest.mark.slow
def test_input_is_never_waited_for(execute):
    assert "EOFError" in fails(execute, "input()").title


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.slow
def test_a_cancelled_run_leaves_no_process(run, clients, tmp_path):
    source = (
        "import subprocess, time\nsubprocess.Popen(['sleep', '60'])\nprint('up')\ntime.sleep(60)"
    )
    before = children_of(os.getpid())

    async def cancelled():
        up = asyncio.Event()
        job = CodeJob(directory=tmp_path, source=source)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(clients.code.run(job, log=lambda *_, **__: up.set()))
            await up.wait()
            task.cancel()

    run(cancelled())

    assert children_of(os.getpid()) == before


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_is_told_and_the_next_one_works(
    run, clients, tmp_path, execute
):
    async def killed():
        job = CodeJob(directory=tmp_path, source="import os; print(os.getpid())\nwhile True: pass")
        await clients.code.run(job, log=lambda pid, **_: os.kill(int(pid), signal.SIGKILL))

    with pytest.raises(NodeError) as caught:
        run(killed())

    assert caught.value.type == "code.crashed"
    assert execute("result = 1") == 1


@pytest.mark.slow
def test_several_run_at_once_and_do_not_meet(run, clients, tmp_path):
    async def all_of_them():
        jobs = [
            CodeJob(directory=tmp_path, source=f"x = {n}\nprint(x)\nresult = x") for n in range(6)
        ]
        return await asyncio.gather(*(clients.code.run(job) for job in jobs))

    assert run(all_of_them()) == list(range(6))


@pytest.mark.slow
def test_frames_come_and_go_as_pandas(execute):
    frame = Frame.of(pd.DataFrame({"a": [1, 2], "t": ["x", None]}))

    got = execute("result = {'twice': x.assign(a=x.a * 2)}", {"x": frame})["twice"]

    assert got.columns == {"a": "int64", "t": "str"}
    assert got.to_pandas().a.to_list() == [2, 4]
    assert got.digest == ""


@pytest.mark.slow
def test_a_warm_worker_has_pandas_and_is_used_once(run, tmp_path):
    clients = Clients(warm_workers=1)
    run(clients.warm_up())
    source = "import sys\nresult = ['pandas' in sys.modules, hasattr(sys, 'left')]\nsys.left = 1"
    both = [run(clients.code.run(CodeJob(directory=tmp_path, source=source))) for _ in range(2)]
    run(clients.close())

    assert both == [[True, False]] * 2


def test_code_may_wait_at_its_top_level(execute):
    source = "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n\nresult = await f(3)"

    assert execute(source) == 3
