"""The workflow that runs notebooks at set times, written as a person would draw it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from flowforge_lab.clients import NotebookShape, Parameter
from flowforge_lab.errors import Problem
from flowforge_lab.spec import Document, Workflow, did_you_mean

_NO_LETTERS = re.compile(r"[^a-zA-Z0-9]+")
_MAX_ID = 60
_TYPES = {"email": "to", "telegram": "chat", "webhook": "url"}
_TOLD = """{{ execution.error.title }} (in the step {{ execution.error.node }})

{{ execution.error.detail }}

To see it: flowforge show {{ execution.id }}
To go on from the cell that failed: flowforge notebook resume {{ execution.id }}"""


class NotebookPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Notebooks to run one after the other, and when: at the times of a cron line, or by hand only.

    `notebooks` are paths in the lab's folder. Each gets those of the `parameters` that it has; one with
    braces is a template. `on_failure` are places to tell a failure: `email:ADDRESS`, `telegram:CHAT`,
    `webhook:URL` or `log`, by the connection `via`, else the only one of its kind. `retries` are further
    attempts of each notebook, `timeout` is for each attempt of each.
    """

    notebooks: tuple[str, ...]
    cron: str = ""
    timezone: str = ""
    parameters: Mapping[str, Any] = {}
    missed: Literal["none", "last", "all"] = "last"
    retries: int = 0
    retry_from: Literal["start", "failed_cell"] = "start"
    timeout: float | None = None
    cell_timeout: float | None = None
    on_failure: tuple[str, ...] = ()
    via: str = ""
    outputs: tuple[str, ...] = ()
    html: Literal["none", "all", "without_code"] = "none"
    pdf: Literal["none", "all", "without_code"] = "none"
    kernel: str = ""
    keep_kernel: float | None = None
    effects: Literal["none", "reads", "writes"] = "writes"
    id: str = ""

    @property
    def workflow_id(self) -> str:
        """The id of the workflow: the one that was wished, else one made of the first notebook's name."""
        return self.id or f"{slug_of(self.notebooks[0])}_notebook"


def slug_of(path: str) -> str:
    """Return the name of a notebook as an id of a node."""
    stem = path.rpartition("/")[2].removesuffix(".ipynb")
    slug = _NO_LETTERS.sub("_", stem).strip("_")[:_MAX_ID].lower()
    return slug if slug[:1].isalpha() else f"notebook_{slug}".strip("_")


def document_of(
    plan: NotebookPlan, shapes: Sequence[NotebookShape], connections: Mapping[str, Any]
) -> Document:
    """Return the workflow of a plan, with an input for each parameter of the notebooks that it knows.

    `shapes` are those of the notebooks, `connections` the lab's, by name.

    Raises:
        ValueError: no notebook, or a place to tell failures that cannot be understood.
        LookupError: a parameter that no notebook has.
    """
    _refuse_unknown(plan, shapes)
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
        name: value if not _is_template(plan.parameters.get(name)) else plan.parameters[name]
        for name, value in told.items()
    }


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


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
        name: field
        for name, field in fields.items()
        if not _is_template(plan.parameters.get(name))
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


def _refuse_unknown(plan: NotebookPlan, shapes: Sequence[NotebookShape]) -> None:
    if any(shape.note for shape in shapes):
        return  # one of them takes whatever it is given
    known = [parameter.name for shape in shapes for parameter in shape.parameters]
    for name in plan.parameters:
        if name not in known:
            near = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
            msg = f"no notebook has a parameter {name!r}; {near}"
            raise LookupError(msg)


# -- failures


def _failure(plan: NotebookPlan, connections: Mapping[str, Any]) -> dict[str, Any]:
    channels = [_channel(place, plan.via, connections) for place in plan.on_failure]
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


def _channel(place: str, via: str, connections: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, target = place.partition(":")
    if kind == "log" and not target:
        return {"type": "log"}
    if kind not in _TYPES or not target.strip():
        msg = f"expected email:ADDRESS, telegram:CHAT, webhook:URL or log, found {place!r}"
        raise ValueError(msg)
    channel: dict[str, Any] = {"type": kind, _TYPES[kind]: target.strip()}
    if kind == "email":
        channel["to"] = [one.strip() for one in target.split(",")]
        channel["connection"] = via or _only(connections, ("smtp", "resend"))
    elif kind == "telegram" and via:
        channel["connection"] = via
    return channel


def _only(connections: Mapping[str, Any], kinds: tuple[str, ...]) -> str:
    found = [name for name, fields in connections.items() if fields.get("kind") in kinds]
    if len(found) == 1:
        return found[0]
    what = " or ".join(kinds)
    said = f"there are {', '.join(found)}" if found else "flowforge.toml has none"
    msg = f"a mail needs one connection of the kind {what}: {said}; name one with `via`"
    raise ValueError(msg)


def problem_of(error: Exception) -> Problem:
    """Return what keeps a plan from being a workflow, as a problem with its input."""
    return Problem("notebook.plan", str(error))
