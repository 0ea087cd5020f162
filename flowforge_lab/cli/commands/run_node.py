"""`flowforge run-node`: run one node of a workflow with given input."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.given import json_pairs, pair, read_json
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import json_option, lab_for, lab_option
from flowforge_lab.cli.outcomes import outcome_code, tell_outcome


@click.command(
    cls=Command,
    examples=(
        "flowforge run-node report.flow.yaml summary",
        "flowforge run-node report.flow.yaml summary --value '{\"rows\": [1, 2]}'",
        "flowforge run-node report.flow.yaml send --node summary=@summary.json --json",
    ),
)
@click.argument("workflow")
@click.argument("node")
@click.option("--value", metavar="JSON|@FILE", help="The value on the edge into the node.")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="NODE=JSON|@FILE",
    help="Outputs of an earlier node; repeatable.",
)
@click.option("--item", metavar="JSON|@FILE", help="The item of the turn of the loop around it.")
@click.option("--index", default=0, help="The index of that turn.")
@click.option(
    "-i", "--input", "given", multiple=True, metavar="NAME=VALUE", help="An input of the workflow."
)
@click.option(
    "--variable", multiple=True, metavar="NAME=JSON", help="A variable of the execution."
)
@lab_option
@json_option
def command(
    workflow: str,
    node: str,
    *,
    value: str | None,
    item: str | None,
    folder: Path | None,
    as_json: bool,
    **more: Any,
) -> int:
    """Run one node of a workflow and show its outputs. WORKFLOW is a file or an id.

    What is not given is what is pinned to the earlier nodes, else what it was in the last finished
    execution in which the node ran.
    """
    with lab_for(folder, workflow) as lab:
        texts = dict(pair(text) for text in more["given"])
        given: dict[str, Any] = {
            "inputs": lab.text_inputs(workflow, texts),
            "nodes": json_pairs(more["nodes"], "--node"),
            "variables": json_pairs(more["variable"], "--variable"),
            "index": more["index"],
        }
        if value is not None:
            given["input"] = read_json(value, "--value")
        if item is not None:
            given["item"] = read_json(item, "--item")
        outcome = lab.run_node(workflow, node, **given)
        tell_outcome(outcome, lab, as_json=as_json)
        return outcome_code(outcome)
