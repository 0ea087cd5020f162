"""A form for the inputs of a workflow, in a cell: fill in, run, watch, stop."""

import datetime as dt
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.events import (
    Entry,
    ExecutionFinished,
    VisitFailed,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.lab import Lab, shared_lab
from flowforge_lab.services import workflow_svg
from flowforge_lab.spec import Document, InputField, Workflow

from .widget import in_home_loop, with_picture

_WIDE = {"description_width": "140px"}
_COLORS = {"succeeded": "success", "failed": "danger", "cancelled": "warning"}


class RunForm:
    """`RunForm("report.flow.yaml")` at the end of a cell: a field for each input, run, progress, stop.

    It runs in `lab`, or in the lab of the present folder. `outcome` is what became of the last run.
    """

    def __init__(
        self, source: str | Path | Workflow | Document, *, lab: Lab | None = None
    ) -> None:
        self._lab = lab or shared_lab()
        self._source = source
        self._workflow = self._lab.read(source).workflow
        self.execution_id = ""
        self._call = in_home_loop()
        self._seen: set[str] = set()
        self.fields = {name: _field(name, one) for name, one in self._workflow.inputs.items()}
        self._run = widgets.Button(description="Run", icon="play", button_style="primary")
        self._stop = widgets.Button(description="Stop", icon="stop", disabled=True)
        self._bar = widgets.IntProgress(max=max(len(self._workflow.nodes), 1))
        self._told = widgets.HTML()
        self._run.on_click(lambda _button: self.start())
        self._stop.on_click(lambda _button: self.stop())
        buttons = widgets.HBox([self._run, self._stop, self._bar])
        title = widgets.HTML(f"<b>{html.escape(self._workflow.name or self._workflow.id)}</b>")
        rows = [_described(self.fields[name], one) for name, one in self._workflow.inputs.items()]
        self.widget = widgets.VBox([title, *rows, buttons, self._told])

    @property
    def inputs(self) -> dict[str, Any]:
        """What the form says now; fields that are left empty are not there.

        Raises:
            ValueError: a field of JSON holds none.
        """
        found = {name: _read(name, field) for name, field in self.fields.items()}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def outcome(self) -> Outcome | None:
        """What became of the last run; `None` before the first."""
        return self._lab.outcome_of(self.execution_id) if self.execution_id else None

    def start(self) -> str:
        """Run with what the form says and return the id; empty where it cannot be, which is told below."""
        self._seen.clear()
        self._bar.value, self._bar.bar_style = 0, ""
        try:
            given = self.inputs
            self.execution_id = self._lab.start(self._source, given, on_event=self._follow)
        except (FlowForgeError, ValueError) as error:
            self._told.value = f'<span role="alert">✕ {html.escape(str(error))}</span>'
            return ""
        self._run.disabled, self._stop.disabled = True, False
        return self.execution_id

    def stop(self) -> None:
        """End the execution; nothing if it is over."""
        try:
            self._lab.cancel(self.execution_id, reason="stopped in the form")
        except FlowForgeError as error:
            self._told.value = html.escape(str(error))

    def _follow(self, entry: Entry) -> None:
        """Take an event in; it comes from the lab's own thread."""
        event = entry.event
        if isinstance(event, VisitStarted):
            self._call(self._tell, f"▸ {event.node}")
        elif isinstance(event, VisitSucceeded | VisitFailed):
            self._seen.add(event.node)
            self._call(self._advance)
        elif isinstance(event, ExecutionFinished):
            self._call(self._finish, event)

    def _tell(self, text: str) -> None:
        self._told.value = f'<span role="status">{html.escape(text)}</span>'

    def _advance(self) -> None:
        self._bar.value = len(self._seen)

    def _finish(self, event: ExecutionFinished) -> None:
        self._bar.value = self._bar.max
        self._bar.bar_style = _COLORS.get(event.status, "")
        self._run.disabled, self._stop.disabled = False, True
        why = f": {event.error.node}: {event.error.title}" if event.error else ""
        sign = "✓" if event.status == "succeeded" else "✕"
        self._tell(f"{sign} {event.status} in {event.duration:.1f} s{why} ({self.execution_id})")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        shown = self.widget._repr_mimebundle_(**options)  # IPython's own protocol
        return with_picture(shown, workflow_svg(self._workflow, self._lab.parts.registry))


def _described(field: Any, given: InputField) -> Any:
    """Return a field with its description below it; one without has none."""
    if not given.description:
        return field
    told = widgets.HTML(
        f'<small style="opacity:0.75">{html.escape(given.description)}</small>',
        layout={"margin": "-4px 0 4px 150px"},
    )
    return widgets.VBox([field, told])


def _field(name: str, given: InputField) -> Any:
    common = {
        "description": f"{name}{' *' if given.required and given.default is None else ''}",
        "tooltip": given.description,
        "style": _WIDE,
        "layout": {"width": "520px"},
    }
    if given.enum:
        options = list(given.enum)
        return widgets.Dropdown(options=options, value=given.default or options[0], **common)
    maker = _FIELDS.get(given.type, _json_field)
    return maker(given, common)


def _json_field(given: InputField, common: dict[str, Any]) -> Any:
    text = "" if given.default is None else json.dumps(given.default, ensure_ascii=False)
    field = widgets.Textarea(value=text, placeholder=given.description or "JSON", **common)
    field.is_json = True
    return field


def _text_field(given: InputField, common: dict[str, Any]) -> Any:
    value = "" if given.default is None else str(given.default)
    return widgets.Text(value=value, placeholder=given.description, **common)


def _number_field(given: InputField, common: dict[str, Any]) -> Any:
    """A text, so that it may be empty; what is no number is refused when the workflow is run."""
    field = _text_field(given, common)
    field.is_json, field.expects = True, f"a number ({given.type})"
    return field


def _date_field(given: InputField, common: dict[str, Any]) -> Any:
    value = None if given.default is None else dt.date.fromisoformat(str(given.default))
    return widgets.DatePicker(value=value, **common)


def _boolean_field(given: InputField, common: dict[str, Any]) -> Any:
    return widgets.Checkbox(value=bool(given.default), **common)


_FIELDS: dict[str, Callable[[InputField, dict[str, Any]], Any]] = {
    "string": _text_field,
    "integer": _number_field,
    "number": _number_field,
    "boolean": _boolean_field,
    "date": _date_field,
    "datetime": _text_field,
}


def _read(name: str, field: Any) -> Any:
    value = field.value
    if isinstance(value, dt.date):
        return value.isoformat()
    if value in {None, ""} if isinstance(value, str | None) else False:
        return None
    if not getattr(field, "is_json", False):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        msg = f"{name}: expected {getattr(field, 'expects', 'JSON')}, found {value!r}"
        raise ValueError(msg) from error
