"""The words a debugger at the terminal understands, each a line that is read and an answer."""

import shlex
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import click

from flowforge_lab.lab import Debugger
from flowforge_lab.services import StepView, Waiting

from .answers import plain
from .given import read_json

Answer = Mapping[str, Any]
"""What there is to say, as JSON values by what they are."""

QUIT = "quit"


def obey(session: Debugger, line: str) -> Answer:
    """Do what a line says and return the answer; an empty line shows where the execution stands.

    Raises:
        UsageError: the line is no command.
        FlowForgeError: the debugger cannot do it.
    """
    word, *rest = _words(line) or ["where"]
    name = word_of(line)
    if name not in _COMMANDS:
        msg = f"there is no command {word!r}; there are: {', '.join(_COMMANDS)}"
        raise click.UsageError(msg)
    command, usage = _COMMANDS[name]
    try:
        signature(command).bind(session, *rest)
    except TypeError as error:
        msg = f"it goes: {usage}"
        raise click.UsageError(msg) from error
    return command(session, *rest)


def word_of(line: str) -> str:
    """Return the command a line is, with its short form written out; empty for none."""
    word = line.split(maxsplit=1)[0] if line.split() else "where"
    return _SHORT.get(word, word)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def wait(session: Debugger) -> Answer:
    """Return how the execution stands once it is paused or over."""
    session.wait()
    return _where(session)


def _where(session: Debugger) -> Answer:
    waiting = [_waiting(one) for one in session.where]
    answer: dict[str, Any] = {"status": session.status, "waiting": waiting}
    outcome = session.outcome
    if outcome is not None:
        answer["result"] = plain(outcome.result)
        answer["error"] = None if outcome.error is None else outcome.error.title
    return answer


def _continue(session: Debugger) -> Answer:
    session.go_on()
    return wait(session)


def _step(session: Debugger) -> Answer:
    session.step()
    return _where(session)


def _steps(session: Debugger) -> Answer:
    return {"steps": [_visit(step) for step in session.steps]}


def _show(session: Debugger, node: str) -> Answer:
    found = [step for step in session.steps if step.node == node]
    return {"visits": [_visit(step) | _values(step) for step in found]}


def _vars(session: Debugger) -> Answer:
    return {"variables": plain(session.variables)}


def _set(session: Debugger, name: str, value: str) -> Answer:
    session.set_variable(name, read_json(value, "set"))
    return _vars(session)


def _edit(session: Debugger, place: str, value: str) -> Answer:
    where = int(place) if place.isdigit() else place
    session.edit_outputs(where, read_json(value, "edit"))
    return _where(session)


def _break(session: Debugger, node: str = "", *condition: str) -> Answer:
    if node:
        session.breakpoints = {**session.breakpoints, node: " ".join(condition)}
    return {"breakpoints": session.breakpoints}


def _clear(session: Debugger, node: str) -> Answer:
    left = {name: text for name, text in session.breakpoints.items() if name != node}
    session.breakpoints = left
    return {"breakpoints": left}


def _cancel(session: Debugger) -> Answer:
    session.cancel()
    return wait(session)


def _quit(session: Debugger) -> Answer:
    return {"status": session.status}


def _help(session: Debugger) -> Answer:  # noqa: ARG001  # every command takes the debugger
    return {"commands": [usage for _command, usage in _COMMANDS.values()]}


def _waiting(one: Waiting) -> dict[str, Any]:
    return {
        "node": one.node,
        "from": one.source,
        "turns": [f"{loop}[{index}]" for loop, index in one.turns],
        "input": plain(one.input),
    }


def _visit(step: StepView) -> dict[str, Any]:
    facts: dict[str, Any] = {"visit": step.visit, "node": step.node, "status": step.status}
    return facts | ({"origin": step.origin} if step.origin else {})


def _values(step: StepView) -> dict[str, Any]:
    return {
        "input": plain(step.input),
        "outputs": plain(step.output),
        "error": plain(step.error),
    }


_COMMANDS: dict[str, tuple[Callable[..., Answer], str]] = {
    "where": (_where, "where: what waits, and with which input"),
    "continue": (_continue, "continue: run to the next breakpoint or the end"),
    "step": (_step, "step: one visit of each arrival that waits"),
    "steps": (_steps, "steps: the visits so far"),
    "show": (_show, "show NODE: the values of its visits"),
    "vars": (_vars, "vars: the variables of the execution"),
    "set": (_set, "set NAME JSON: give a variable another value"),
    "edit": (_edit, "edit NODE|VISIT JSON: put other outputs in the place of its own"),
    "break": (_break, "break [NODE [CONDITION]]: list the breakpoints, or set one"),
    "clear": (_clear, "clear NODE: take a breakpoint away"),
    "cancel": (_cancel, "cancel: end the execution"),
    QUIT: (_quit, "quit: leave it as it stands"),
    "help": (_help, "help: this list"),
}
_SHORT = {
    "w": "where",
    "c": "continue",
    "s": "step",
    "v": "vars",
    "b": "break",
    "q": QUIT,
    "?": "help",
}
