"""What sandbox processes say on stderr: never on the terminal, and in the log where it matters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.expressions import Evaluator, compile_value

HUNGRY = """
import asyncio
from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import Evaluator, compile_value
async def main():
    evaluator = Evaluator()
    try:
        await evaluator.render(compile_value("{{ [n for n in range(10**6)] }}"), {})
    except ExpressionError as error:
        print(error)
    await evaluator.close()
asyncio.run(main())
"""


@pytest.mark.slow
def test_an_expression_that_wants_too_much_memory_writes_nothing_on_the_terminal(tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-c", HUNGRY]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert "needs more than the 64 MB" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="workers have the stderr of their parent")
def test_what_nobody_expects_is_said_once(runner):
    evaluator = Evaluator()
    runner.run(evaluator.render(compile_value("{{ max(1, 2) }}"), {}))
    aside = evaluator._sandbox._aside
    with (aside._folder / "stderr").open("a") as file:
        file.write(
            "monty worker: allocation of 9 bytes exceeds the memory limit\nthread panicked\n"
        )

    assert [aside.said(), aside.said()] == ["thread panicked", ""]
    runner.run(evaluator.close())
