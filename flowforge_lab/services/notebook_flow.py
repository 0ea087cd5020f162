"""The workflow that runs notebooks at set times, written as a person would draw it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flowforge_lab.clients import NotebookShape, Parameter
from flowforge_lab.errors import PlanError
from flowforge_lab.plan import is_template
from flowforge_lab.spec import Document, Workflow

from .notebook_plan import NotebookPlan, channel_of, problems_in, slug_of

_TOLD = """{{ execution.error.title }} (in the step {{ execution.error.node }})

{{ execution.error.detail }}

To see it: flowforge show {{ execution.id }}
To go on from the cell that failed: flowforge notebook resume {{ execution.id }}"""


def document_of(
    plan: NotebookPlan, shapes: Sequence[NotebookShape], connections: Mapping[str, Any]
) -> Document:
    """Return the workflow of a plan, with an input for each parameter of the notebooks that it knows.

    `shapes` are those of the notebooks, `connections` the lab's, by name.

    Raises:
        PlanError: with everything that is wrong with the plan.
    """
    problems = problems_in(plan, shapes, connections)
    if problems:
        raise PlanError(problems)
    names = _node_ids(plan.notebooks)
    nodes: dict[str, Any] = {}
    if plan.cron:
        nodes["at"] = {
            "kind": "trigger.schedule",
            "config": _filled(cron=plan.cron, timezone=plan.timezone, missed=plan.missed),
            "next": names[0],
        }
    nodes["by_hand"] = {"kind": "trigger.manual", "next": names[0]}
    for place, (name, path, shape) in enumerate(
        zip(names, plan.notebooks, shapes, strict=True), start=1
    ):
        nodes[name] = _notebook(plan, path, shape)
        if place < len(names):
            nodes[name]["next"] = names[place]
    settings: dict[str, Any] = {"concurrency": {"limit": 1, "on_limit": "queue"}}
    if plan.on_failure:
        settings["finally"] = "ended"
        nodes |= _failure(plan, connections)
    tree = {
        "id": plan.workflow_id,
        "name": ", ".join(path.rpartition("/")[2] for path in plan.notebooks),
        "inputs": _inputs(plan, shapes),
        "settings": settings,
        "nodes": nodes,
    }
    return Document.of(Workflow.model_validate(tree))


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None, (), [], {})}


def _node_ids(paths: Sequence[str]) -> list[str]:
    taken = {"at", "by_hand", "ended", "tell"}
    names: list[str] = []
    for path in paths:
        name = slug = slug_of(path)
        number = 2
        while name in taken:
            name, number = f"{slug}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def _notebook(plan: NotebookPlan, path: str, shape: NotebookShape) -> dict[str, Any]:
    config = _filled(
        path=path,
        parameters=_parameters(plan, shape),
        outputs=list(plan.outputs),
        cell_timeout=_duration(plan.cell_timeout),
        kernel=plan.kernel,
        keep_kernel=_duration(plan.keep_kernel),
        html="" if plan.html == "none" else plan.html,
        pdf="" if plan.pdf == "none" else plan.pdf,
        effects="" if plan.effects == "writes" else plan.effects,
        retry_from="" if plan.retry_from == "start" else plan.retry_from,
    )
    retry = {"attempts": plan.retries + 1} if plan.retries else None
    return _filled(
        kind="notebook.run", config=config, retry=retry, timeout=_duration(plan.timeout)
    )


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:g}s"


def _parameters(plan: NotebookPlan, shape: NotebookShape) -> dict[str, str]:
    """Return what a notebook is given: its inputs of the workflow, and templates as they are."""
    told: dict[str, str] = {}
    for parameter in shape.parameters:
        if _is_asked(plan, parameter):
            told[parameter.name] = f"{{{{ inputs.{parameter.name} }}}}"
    if shape.note:
        told |= {name: f"{{{{ inputs.{name} }}}}" for name in plan.parameters}
    return {
        name: value if not is_template(plan.parameters.get(name)) else plan.parameters[name]
        for name, value in told.items()
    }


def _is_asked(plan: NotebookPlan, parameter: Parameter) -> bool:
    """Whether a parameter is given: one whose default only the notebook can calculate is left to it."""
    return parameter.name in plan.parameters or parameter.has_default


def _inputs(plan: NotebookPlan, shapes: Sequence[NotebookShape]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for shape in shapes:
        for parameter in shape.parameters:
            if _is_asked(plan, parameter):
                _add_field(fields, parameter, plan)
        if shape.note:
            for name, value in plan.parameters.items():
                fields.setdefault(name, {"default": value})
    return {
        name: field for name, field in fields.items() if not is_template(plan.parameters.get(name))
    }


def _add_field(fields: dict[str, Any], parameter: Parameter, plan: NotebookPlan) -> None:
    default = plan.parameters.get(parameter.name, parameter.default)
    field = _filled(
        type="" if parameter.type == "any" else parameter.type,
        description=parameter.help,
        enum=list(parameter.choices),
    )
    if default is not None:
        field["default"] = default
    before = fields.setdefault(parameter.name, field)
    if before.get("type") != field.get("type"):
        before.pop("type", None)  # two notebooks mean different things by one name


# -- failures


def _failure(plan: NotebookPlan, connections: Mapping[str, Any]) -> dict[str, Any]:
    channels = [channel_of(place, plan.via, connections) for place in plan.on_failure]
    return {
        "ended": {
            "kind": "logic.condition",
            "label": "Did it fail?",
            "config": {"condition": "execution.status == 'failed'"},
            "next": {"true": "tell"},
        },
        "tell": {
            "kind": "action.send_notification",
            "label": "Tell of the failure",
            "config": {
                "title": f"{plan.workflow_id} failed",
                "text": _TOLD,
                "level": "error",
                "channels": channels,
            },
        },
    }
