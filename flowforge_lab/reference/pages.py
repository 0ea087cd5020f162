"""Reference pages in Markdown, made from the models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from flowforge_lab.nodes import NodeType, Port, templates_of
from flowforge_lab.spec import yaml_of
from flowforge_lab.values import format_duration

from .examples import example_of
from .fields import Field, fields_of
from .troubles import Trouble, all_troubles, troubles_of

_PRACTICE, _TROUBLE = "Best practice:", "Troubleshooting:"

_EFFECTS = {
    "none": "None: it may be run again at any time.",
    "reads": "It reads from outside.",
    "writes": "It changes things outside.",
}


def node_page(kind: NodeType) -> str:
    """Return the reference page of a node type."""
    purpose, practice, trouble = parts_of(kind)
    parts = [
        f"# {kind.title}",
        f"`{kind.kind}`" + (f", version {kind.version}" if kind.version > 1 else ""),
        purpose,
        *_example(kind),
        "## Config",
        _table(fields_of(kind.config)) or "It has no fields.",
        "## Outputs",
        _table(fields_of(kind.outputs)) or "It gives nothing on.",
        *_templates(kind),
        "## Ports",
        "\n".join(_ports(kind)),
        "## Behaviour",
        "\n".join(_behaviour(kind)),
        *(("## Best practice", practice) if practice else ()),
        "## Troubleshooting",
        *filter(None, (trouble, _troubles(troubles_of(kind.kind)))),
        "What any node can fail with is in [errors](errors.md).",
    ]
    return "\n\n".join(parts) + "\n"


def parts_of(kind: NodeType) -> tuple[str, str, str]:
    """Return what the description says: the purpose, the best practice, the troubleshooting; maybe empty."""
    rest, _, trouble = kind.doc.partition(_TROUBLE)
    purpose, _, practice = rest.partition(_PRACTICE)
    return purpose.strip(), _sentence(practice), _sentence(trouble)


def errors_page() -> str:
    """Return the page of every error type, with its meaning and what to do."""
    told = (
        "What stands in `error.type` on an error port, in the history and in `retry_on`. Own node types may"
        " use words of their own."
    )
    return f"# Errors\n\n{told}\n\n{_troubles(all_troubles())}\n"


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:]


def _example(kind: NodeType) -> Iterator[str]:
    """Yield the part with the example; nothing for types from elsewhere."""
    path = example_of(kind.kind)
    if path is not None:
        yield "## Example"
        yield f"```yaml\n{path.read_text('utf-8').rstrip()}\n```"


def _troubles(troubles: Sequence[Trouble]) -> str:
    if not troubles:
        return ""
    rows = (f"| `{one.type}` | {_cell(one.meaning)} | {_cell(one.remedy)} |" for one in troubles)
    return "\n".join(("| error | what happened | what to do |", "| --- | --- | --- |", *rows))


def _templates(kind: NodeType) -> Iterator[str]:
    """Yield the part on popular uses; nothing where there are none."""
    found = templates_of(kind)
    if found:
        yield "## Templates"
    for one in found:
        title = f"### {one.title}"
        node = yaml_of({"kind": kind.kind, "config": one.config}).rstrip()
        yield "\n\n".join(filter(None, (title, one.text, f"```yaml\n{node}\n```")))


def nodes_index(types: Iterable[NodeType]) -> str:
    """Return the page that lists node types by category, each with a link to its page."""
    ordered = sorted(types, key=lambda kind: (kind.category, kind.kind))
    parts = ["# Node types", "One page each, made from the models that check a workflow."]
    for category, members in groupby(ordered, key=lambda kind: kind.category):
        rows = [
            f"| [`{kind.kind}`]({kind.kind}.md) | {kind.title} | {_cell(_first_line(kind))} |"
            for kind in members
        ]
        parts += [
            f"## {category}",
            "\n".join(("| kind | title | |", "| --- | --- | --- |", *rows)),
        ]
    return "\n\n".join(parts) + "\n"


def _first_line(kind: NodeType) -> str:
    return kind.doc.partition("\n")[0]


def _table(fields: Sequence[Field]) -> str:
    if not fields:
        return ""
    head = ("| field | type | default | what it is |", "| --- | --- | --- | --- |")
    return "\n".join((*head, *map(_row, fields)))


def _row(field: Field) -> str:
    default = "required" if field.is_required else _code(field.default)
    return f"| `{field.path}` | {_cell(field.type)} | {default} | {_cell(field.description)} |"


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _ports(kind: NodeType) -> Iterator[str]:
    config: Mapping[str, Any] = {}
    takes = () if kind.is_trigger else kind.inputs_of(config)
    gives = () if kind.ends else kind.outputs_of(config)
    yield f"- in: {_named(takes)}"
    yield f"- out: {_named(gives)}"
    yield "- `error`: where a failure leads, with the structured error"


def _named(ports: Iterable[Port]) -> str:
    return ", ".join(f"`{port.name}` ({port.type})" for port in ports) or "none"


def _behaviour(kind: NodeType) -> Iterator[str]:
    yield f"- Effects: {_EFFECTS[kind.effects]}"
    yield f"- An attempt may take {format_duration(kind.timeout)}, unless the node sets `timeout`."
    again = "is made again" if kind.is_idempotent else "is not made again by itself"
    keyed = " unless its config says that the other side knows a repeat" if kind.is_keyed else ""
    yield f"- A step that a crash cut off {again}{keyed}."
    if kind.joins:
        yield "- It waits for several edges."
    if kind.keywords:
        yield f"- Found in the palette by: {', '.join(kind.keywords)}."
