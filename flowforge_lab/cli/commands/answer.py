"""`flowforge answer`: give an execution what it waits for."""

import json
from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.following import see_to_callers
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.outcomes import outcome_answer, outcome_code, tell_outcome
from flowforge_lab.engine import Outcome
from flowforge_lab.lab import Lab


@click.command(
    cls=Command,
    examples=(
        """flowforge answer 019a2b3c-....x7Qk '{"approved": true}'""",
        "flowforge answer crash:019a2b3c-...:4 rerun",
        "flowforge answer chat:42 yes --wait",
    ),
)
@click.argument("key")
@click.argument("answer")
@click.option("--wait", "waits", is_flag=True, help="Go on with the execution here, to its end.")
@lab_option
@json_option
def command(key: str, answer: str, *, waits: bool, folder: Path | None, as_json: bool) -> int:
    """Answer the wait KEY, as `flowforge waits` lists it, with ANSWER: JSON, or else text.

    What does not fit is refused (exit code 1), and so is a second answer (exit code 4). A live host, such as
    `flowforge serve`, goes on with the execution; without one, --wait does, and then with those that called
    it and waited for its end.
    """
    with existing_lab(folder) as lab:
        answered = lab.waits.answer(key, _read(answer), goes_on=waits)
        if waits:
            outcome = lab.wait(answered.execution_id)
            callers = see_to_callers(lab, outcome.execution_id)
            _tell(lab, outcome, callers, as_json=as_json)
            return max(outcome_code(one) for one in (outcome, *callers))
    if as_json:
        write_json(answered)
    else:
        told = f": {answered.response}" if answered.response else ""
        click.echo(f"{answered.execution_id}  answered{told}")
    return 0


def _tell(lab: Lab, outcome: Outcome, callers: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        told = [outcome_answer(caller, lab) for caller in callers]
        write_json(outcome_answer(outcome, lab) | {"callers": told})
        return
    tell_outcome(outcome, lab, as_json=False)
    for caller in callers:
        click.echo(f"called by {caller.execution_id}  {caller.status}")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
