"""`flowforge show`: one execution, from its summary down to each value and log line."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import shown_path, stdout_console
from flowforge_lab.cli.tables import shown, status_text, table_of
from flowforge_lab.cli.words import iso, local, one_line
from flowforge_lab.errors import NotFoundError
from flowforge_lab.events import Entry, ExecutionFinished, ExecutionSeeded, Logged, fold
from flowforge_lab.lab import Lab
from flowforge_lab.services import StepView
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import lasted

from .executions import head_answer

_COLUMNS = ("visit", "node", "kind", "status", "took", "attempts", "error")


@click.command(
    cls=Command,
    examples=(
        "flowforge show",
        "flowforge show 019a2b3c --step load",
        "flowforge show 019a2b3c --logs",
        "flowforge show 019a2b3c --events --json",
    ),
)
@click.argument("execution", required=False, default="")
@click.option(
    "--step", metavar="NODE", help="Config, input, output and log of this node's visits."
)
@click.option("--logs", is_flag=True, help="Every log line.")
@click.option("--events", is_flag=True, help="The whole journal of the execution.")
@lab_option
@json_option
def command(
    execution: str,
    *,
    step: str | None,
    logs: bool,
    events: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Show an execution. EXECUTION is an id or the start of one; without it the newest is shown."""
    with existing_lab(folder) as lab:
        execution_id = _id(lab, execution)
        if step:
            visits = _visits_of(lab.steps_of(execution_id), step)
            _answer(
                [_step_answer(visit) for visit in visits], visits, _tell_visits, as_json=as_json
            )
        elif logs:
            entries = [
                entry for entry in lab.entries(execution_id) if isinstance(entry.event, Logged)
            ]
            _answer(
                [_log_answer(entry) for entry in entries], entries, _tell_logs, as_json=as_json
            )
        elif events:
            entries = lab.entries(execution_id)
            _answer(
                [_event_answer(entry) for entry in entries], entries, _tell_events, as_json=as_json
            )
        elif as_json:
            write_json(_summary(lab, execution_id))
        else:
            _tell_summary(lab, execution_id)


def _id(lab: Lab, given: str) -> str:
    if given:
        return lab.get(given).id
    newest = lab.heads(limit=1)
    if not newest:
        msg = "this lab has no executions yet; `flowforge run FILE` makes one"
        raise NotFoundError(msg)
    return newest[0].id


def _visits_of(steps: Sequence[StepView], node: str) -> list[StepView]:
    found = [step for step in steps if step.node == node]
    if not found:
        names = sorted({step.node for step in steps})
        near = did_you_mean(node, names) or f"it has: {', '.join(names) or 'none'}"
        msg = f"node {node!r} was not visited in this execution; {near}"
        raise NotFoundError(msg)
    return found


def _answer(answer: Any, things: Any, tell: Callable[[Any], None], *, as_json: bool) -> None:
    if as_json:
        write_json(answer)
    else:
        tell(things)


# -- the whole execution


def _summary(lab: Lab, execution_id: str) -> dict[str, Any]:
    entries = lab.entries(execution_id)
    finished = fold(entries).finished
    steps = lab.steps_of(execution_id)
    head = lab.get(execution_id)
    return {
        **head_answer(head),
        "inputs": plain(lab.inputs_of(execution_id)),
        "result": plain(lab.outcome_of(execution_id).result),
        "duration": None if finished is None else finished.duration,
        "handled_errors": fold(entries).handled_errors,
        "error": _error_of(finished),
        "origin": head.origin or None,
        "begins": _begins(entries),
        "steps": [_row_answer(step) for step in steps if not step.origin],
        "from_origin": [_row_answer(step) for step in steps if step.origin],
        "artifacts": [str(path) for path in lab.artifacts_of(execution_id)],
    }


def _begins(entries: Sequence[Entry]) -> str | None:
    """Return where an execution begins that goes on from the middle of another."""
    seeded = (entry.event for entry in entries[1:2])
    return next((event.note for event in seeded if isinstance(event, ExecutionSeeded)), None)


def _error_of(finished: ExecutionFinished | None) -> dict[str, Any] | None:
    if finished is None or finished.error is None:
        return None
    return msgspec.structs.asdict(finished.error)


def _tell_summary(lab: Lab, execution_id: str) -> None:
    console = stdout_console()
    told = _summary(lab, execution_id)
    console.print(Text(execution_id, style="bold"), status_text(told["status"]))
    head = lab.get(execution_id)
    took = f", took {lasted(told['duration'])}" if told["duration"] is not None else ""
    where = f"{head.workflow_id} by {head.trigger}, started {local(head.created_at)}{took}"
    console.print(Text(where, style="dim"))
    if head.origin:
        begins = f", {told['begins']}" if told["begins"] else ", as a whole"
        console.print(Text(f"repeats {head.origin}{begins}", style="dim"))
    if told["error"]:
        _tell_error(told["error"])
    if told["remark"]:
        console.print(Text(told["remark"], style="yellow"))
    steps = lab.steps_of(execution_id)
    console.print(table_of(_COLUMNS, map(_row, steps)))
    for name in ("inputs", "result"):
        value = (
            lab.inputs_of(execution_id)
            if name == "inputs"
            else lab.outcome_of(execution_id).result
        )
        if value:
            console.print(Text(name, style="bold"))
            console.print(shown(value))
    for path in lab.artifacts_of(execution_id):
        console.print(Text(f"kept {shown_path(path)}"))


def _tell_error(error: Mapping[str, Any]) -> None:
    console = stdout_console()
    where = f" at {error['node']}" if error["node"] else ""
    console.print(Text(f"{error['type']}{where}: {error['title']}", style="red"))
    if error["detail"]:
        console.print(Text(error["detail"], style="dim"))


def _row(step: StepView) -> tuple[Any, ...]:
    error = step.error or {}
    told = one_line(f"{error['type']}: {error['title']}", 80) if error else ""
    if step.is_pinned:
        told = "pinned: it was not run"
    elif step.origin:
        told = told or "taken over from its origin"
    took = lasted(step.duration)
    return (step.visit, step.node, step.kind, status_text(step.status), took, step.attempts, told)


def _row_answer(step: StepView) -> dict[str, Any]:
    return {
        "visit": step.visit,
        "node": step.node,
        "kind": step.kind,
        "status": step.status,
        "started_at": iso(step.started_at),
        "duration": step.duration,
        "attempts": step.attempts,
        "pinned": step.is_pinned,
        "error": plain(step.error),
    }


# -- one step


def _step_answer(step: StepView) -> dict[str, Any]:
    values = {
        "config": step.config,
        "input": step.input,
        "outputs": step.output,
        "logs": step.logs,
    }
    return {**_row_answer(step), **plain(values)}


def _tell_visits(visits: Sequence[StepView]) -> None:
    console = stdout_console()
    for step in visits:
        head = (f"{step.node} ({step.kind}), visit {step.visit}: ", "bold")
        took = f" in {lasted(step.duration)}"
        console.print(Text.assemble(head, status_text(step.status), took))
        if step.error:
            _tell_error(step.error)
        for name in ("config", "input", "output"):
            value = getattr(step, name)
            if value not in (None, {}):
                console.print(Text(name, style="bold"))
                console.print(shown(value))
        for line in step.logs:
            console.print(Text(f"  {line}"))


# -- logs and events


def _log_answer(entry: Entry) -> dict[str, Any]:
    event = entry.event
    facts = msgspec.structs.asdict(event)
    return {"happened_at": iso(entry.at), **facts}


def _tell_logs(entries: Sequence[Entry]) -> None:
    console = stdout_console()
    for entry in entries:
        event = entry.event
        if isinstance(event, Logged):
            head = (f"{local(entry.at)}  {event.node}  ", "dim")
            style = "red" if event.level == "error" else ""
            console.print(Text.assemble(head, (event.message, style)))


def _event_answer(entry: Entry) -> dict[str, Any]:
    event: dict[str, Any] = msgspec.to_builtins(entry.event)
    return {"seq": entry.seq, "happened_at": iso(entry.at), **event}


def _tell_events(entries: Sequence[Entry]) -> None:
    rows = [_event_row(_event_answer(entry), entry) for entry in entries]
    stdout_console().print(table_of(("seq", "at", "event", "node", "facts"), rows))


def _event_row(facts: dict[str, Any], entry: Entry) -> tuple[Any, ...]:
    hidden = {"seq", "happened_at", "type", "node", "kind", "workflow_id", "digest", "started_at"}
    rest = ", ".join(f"{name}={value}" for name, value in facts.items() if name not in hidden)
    event = str(facts.get("type", ""))
    return (entry.seq, local(entry.at), event, facts.get("node", ""), one_line(rest, 100))
