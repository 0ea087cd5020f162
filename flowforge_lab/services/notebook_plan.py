"""What somebody wants of notebooks: which, when, with what; and all that is wrong with such a wish."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from flowforge_lab.clients import NotebookShape
from flowforge_lab.errors import Problem
from flowforge_lab.plan import faults_of_values
from flowforge_lab.values import CronSpec, find_zone

_NO_LETTERS = re.compile(r"[^a-zA-Z0-9]+")
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_MAX_ID = 60
_CODE = "notebook.plan"
_MAX_RETRIES = 99
MAIL_KINDS = ("smtp", "resend")
"""The kinds of connections that mails go by."""
_TYPES = {"email": "to", "telegram": "chat", "webhook": "url"}


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


def problem_of(error: Exception) -> Problem:
    """Return what keeps a plan from being a workflow, as a problem with the whole of it."""
    return Problem(_CODE, str(error))


def problems_in(
    plan: NotebookPlan, shapes: Sequence[NotebookShape], connections: Mapping[str, Any]
) -> list[Problem]:
    """Return all that is wrong with a plan, each with the field of the plan that it is of.

    `shapes` are those of the notebooks, `connections` the lab's, by name. A value of a parameter is
    named as `parameters.region`.
    """
    found = [
        *_values(plan, shapes),
        *_times(plan),
        *_numbers(plan),
        *_places(plan, connections),
    ]
    return [Problem(_CODE, text, field=field) for field, text in found]


_Found = Iterator[tuple[str, str]]


def _values(plan: NotebookPlan, shapes: Sequence[NotebookShape]) -> _Found:
    parameters = [parameter for shape in shapes for parameter in shape.parameters]
    takes_any = any(shape.note for shape in shapes)
    known = {parameter.name for parameter in parameters}
    for name, text in faults_of_values(parameters, plan.parameters):
        if name in known or not takes_any:
            yield f"parameters.{name}", text


def _times(plan: NotebookPlan) -> _Found:
    if plan.cron:
        try:
            CronSpec.parse(plan.cron)
        except ValueError as error:
            yield "cron", str(error)
    if plan.timezone:
        try:
            find_zone(plan.timezone)
        except ValueError as error:
            yield "timezone", str(error)


def _numbers(plan: NotebookPlan) -> _Found:
    if not 0 <= plan.retries <= _MAX_RETRIES:
        yield "retries", f"expected 0 to {_MAX_RETRIES} further attempts, found {plan.retries}"
    for field in ("timeout", "cell_timeout", "keep_kernel"):
        seconds = getattr(plan, field)
        if seconds is not None and not 0 < seconds < float("inf"):
            yield field, f"expected more than 0 seconds, found {seconds:g}"
    if plan.id and not _ID.fullmatch(plan.id):
        yield "id", f"expected letters, digits, '_', '-' and '.', found {plan.id[:100]!r}"


def _places(plan: NotebookPlan, connections: Mapping[str, Any]) -> _Found:
    if plan.via and plan.via not in connections:
        has = ", ".join(sorted(connections)) or "none"
        yield "via", f"no connection {plan.via!r}; the lab has: {has}"
    for place in plan.on_failure:
        try:
            channel_of(place, plan.via, connections)
        except ValueError as error:
            yield "on_failure", str(error)


def as_told(problem: Problem) -> Problem:
    """Return a problem of the workflow that a plan came to, with the field of the plan that it is of."""
    is_told = problem.node == "tell"  # such as a connection that is not there
    return msgspec.structs.replace(problem, node="", field="on_failure") if is_told else problem


def channel_of(place: str, via: str, connections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a place to tell failures as a channel of a notification.

    Raises:
        ValueError: it cannot be understood, or there is no way to it.
    """
    kind, _, target = place.partition(":")
    if kind == "log" and not target:
        return {"type": "log"}
    if kind not in _TYPES or not target.strip():
        msg = f"expected email:ADDRESS, telegram:CHAT, webhook:URL or log, found {place!r}"
        raise ValueError(msg)
    channel: dict[str, Any] = {"type": kind, _TYPES[kind]: target.strip()}
    if kind == "email":
        channel["to"] = _addresses(target)
        channel["connection"] = via or _only(connections, MAIL_KINDS)
    elif kind == "telegram" and via:
        channel["connection"] = via
    return channel


def _addresses(text: str) -> list[str]:
    addresses = [one.strip() for one in text.split(",") if one.strip()]
    for one in addresses:
        if not _ADDRESS.fullmatch(one):
            msg = f"expected mail addresses such as ann@example.org, found {one!r}"
            raise ValueError(msg)
    return addresses


def _only(connections: Mapping[str, Any], kinds: tuple[str, ...]) -> str:
    found = [name for name, fields in connections.items() if fields.get("kind") in kinds]
    if len(found) == 1:
        return found[0]
    what = " or ".join(kinds)
    said = f"there are {', '.join(found)}" if found else "flowforge.toml has none"
    msg = f"a mail needs one connection of the kind {what}: {said}; name one with `via`"
    raise ValueError(msg)
