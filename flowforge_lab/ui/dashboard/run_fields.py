"""The fields of what a workflow is started with, and what they say."""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from flowforge_lab.spec import InputField, Workflow, read_text_inputs

from .markup import area, choice, field

_INPUT = "input."
_KINDS = {"integer": "number", "number": "number", "date": "date"}


def run_fields(id: str, workflow: Workflow) -> list[Markup]:
    """Return a field for each input, filled in with its default, and the hidden id of the workflow."""
    hidden = Markup('<input type="hidden" name="id" value="{}">').format(id)
    return [hidden, *(_field(name, one) for name, one in workflow.inputs.items())]


def read_run_fields(workflow: Workflow, told: Mapping[str, str]) -> dict[str, Any]:
    """Return the inputs that were filled in; an empty field is not given."""
    texts = {
        name: text
        for name, one in workflow.inputs.items()
        if (text := told.get(_INPUT + name, "")).strip()
    }
    chosen = {
        name: found
        for name, text in texts.items()
        for found in workflow.inputs[name].enum
        if _text(found) == text
    }
    return {**read_text_inputs(workflow, texts), **chosen}


def _field(name: str, one: InputField) -> Markup:
    is_needed = one.required and one.default is None
    label = f"{name}{' (needed)' if is_needed else ''}{one.description and ': '}{one.description}"
    default = "" if one.default is None else _text(one.default)
    options = _options(one)
    if options:
        nothing = [] if default in options else [("", "")]
        found = [*nothing, *((text, text) for text in options)]
        return choice(_INPUT + name, label, found, chosen=default)
    if one.type in {"array", "object"}:
        return area(_INPUT + name, f"{label}, as JSON", default)
    kind = _KINDS.get(one.type, "text")
    return field(_INPUT + name, label, default, kind=kind, **_terms(one, is_needed=is_needed))


def _options(one: InputField) -> list[str]:
    return ["true", "false"] if one.type == "boolean" else [_text(found) for found in one.enum]


def _terms(one: InputField, *, is_needed: bool) -> dict[str, str]:
    """Return what the browser looks at before anything is sent."""
    terms = {
        "required": "required" if is_needed else "",
        "min": "" if one.minimum is None else f"{one.minimum:g}",
        "max": "" if one.maximum is None else f"{one.maximum:g}",
        "step": {"integer": "1", "number": "any"}.get(one.type, ""),
        "placeholder": "2026-07-01T08:00:00" if one.type == "datetime" else "",
        "autocomplete": "off",
    }
    return {name: text for name, text in terms.items() if text}


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
