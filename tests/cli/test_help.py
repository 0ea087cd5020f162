"""The program tells what it can do, quickly, and names what was meant."""

import subprocess
import sys
import time
from importlib import import_module
from keyword import iskeyword

import click
import pytest

from flowforge_lab.cli import COMMANDS

HEAVY = ("duckdb", "pandas", "pyarrow", "pydantic", "rich", "ruamel", "nbclient", "panel", "httpx")


def command_named(name):
    module = name.replace("-", "_")
    module = f"{module}_" if iskeyword(module) else module
    return import_module(f"flowforge_lab.cli.commands.{module}").command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_that_name_it(name):
    command = command_named(name)

    assert command.help
    assert all(f"flowforge {name}" in example for example in command.examples)
    assert command.examples


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_in_json(name):
    command = command_named(name)
    leaves = list(command.commands.values()) if isinstance(command, click.Group) else [command]

    assert all("as_json" in {option.name for option in leaf.params} for leaf in leaves)


def test_the_help_lists_commands_and_exit_codes(flowforge):
    answer = flowforge("--help")

    assert answer.code == 0
    assert all(f"  {name} " in answer.out for name in COMMANDS)
    assert "interrupted from the keyboard" in answer.out


def test_help_of_one_command_ends_with_examples(flowforge):
    answer = flowforge("run", "--help")

    assert answer.code == 0
    assert "Examples:\n  flowforge run report.flow.yaml\n" in answer.out


def test_a_mistyped_command_is_guessed(flowforge):
    answer = flowforge("exections")

    assert answer.code == 2
    assert "did you mean 'executions'?" in answer.err


def test_a_usage_error_is_json_where_json_was_asked_for(flowforge):
    answer = flowforge("run", "--json")

    assert (answer.code, answer.out) == (2, "")
    assert answer.error["type"] == "usage"
    assert "WORKFLOW" in answer.error["message"]


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom flowforge_lab.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


@pytest.mark.bench
def test_help_takes_half_a_second_at_most():
    lengths = []
    for _ in range(7):
        started = time.perf_counter()
        command = [sys.executable, "-m", "flowforge_lab.cli", "--help"]
        subprocess.run(command, capture_output=True, check=True)
        lengths.append(time.perf_counter() - started)

    print(f"flowforge --help: {sorted(lengths)[3]:.3f} s")
    assert sorted(lengths)[3] <= 0.5
