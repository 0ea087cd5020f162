"""The workflow as a picture that stands still, in SVG: for a README, a page, a mail."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from flowforge_lab.nodes import NodeType, Registry
from flowforge_lab.spec import ERROR_PORT, Workflow

from .picture import draw
from .ports import find_type

_WIDTH, _LEAST_HEIGHT, _MARGIN = 184, 50, 28
_PORT_ROW = 13
_CHARACTER = 6.6  # of the label's font, about
_PLAIN_PORTS = frozenset({"out", "in"})
_UNKNOWN = "#64748b"
_NAMESPACE = "http://www.w3.org/2000/svg"
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path d="M0 0L8 4L0 8z" fill="#94a3b8"/></marker></defs>'
)
_STYLE = (
    "text{font-family:ui-sans-serif,system-ui,Helvetica,Arial,sans-serif}"
    ".label{font-size:12px;font-weight:600;fill:#0f172a}.kind{font-size:10px;fill:#64748b}"
    ".port{font-size:10px;fill:#475569;paint-order:stroke;stroke:#f8fafc;stroke-width:3px}"
    ".state{font-size:10px;font-weight:600}.bar{font-size:10px;fill:#475569}"
    ".edge{fill:none;stroke:#94a3b8;stroke-width:1.5}.error{stroke:#dc2626;stroke-dasharray:4 3}"
)


LOOKS: Mapping[str, tuple[str, str]] = {
    "succeeded": ("#14915a", "✓"),
    "failed": ("#d13438", "✕"),
    "running": ("#1769d2", "▸"),
    "looping": ("#1769d2", "↻"),
    "waiting": ("#a86a00", "⧗"),
    "retrying": ("#a86a00", "↺"),
    "paused": ("#a86a00", "‖"),
    "cancelled": ("#64748b", "⊘"),
    "queued": ("#94a3b8", ""),
}
"""Colour and sign of a state, on paper."""


class _Box(NamedTuple):
    """Where a node stands on the picture."""

    x: float
    y: float
    outputs: tuple[str, ...]

    @property
    def height(self) -> int:
        """How high it is: each port that is used needs a line."""
        return max(_LEAST_HEIGHT, _PORT_ROW * (len(self.outputs) + 1))

    def exit(self, port: str) -> tuple[float, float]:
        """Return where edges of a port begin: the ports that are used share the right side."""
        place = self.outputs.index(port) + 1
        return self.x + _WIDTH, self.y + self.height * place / (len(self.outputs) + 1)

    @property
    def entry(self) -> tuple[float, float]:
        """Where edges end."""
        return self.x, self.y + self.height / 2


class Told(NamedTuple):
    """What a picture tells of a node in an execution: its state, and a few words."""

    state: str
    text: str


class Traffic(NamedTuple):
    """What a picture tells of an edge that executions took: a few words, and its share, 0 to 1."""

    text: str
    share: float


class Strip(NamedTuple):
    """More SVG below the graph, drawn from the left edge at its own top, and how high it is."""

    lines: tuple[str, ...]
    height: float
    width: float


def workflow_svg(
    workflow: Workflow,
    registry: Registry,
    *,
    told: Mapping[str, Told] | None = None,
    below: Strip | None = None,
    along: Mapping[tuple[str, str, str], Traffic] | None = None,
) -> str:
    """Return the graph of a workflow as an SVG document; the same workflow always gives the same text.

    `told` paints nodes as an execution left them; `below` goes under the graph. `along` writes beside
    edges (source, port, target) and draws them the thicker the greater their share is; others fade.
    """
    drawn = draw(workflow, registry)
    nodes, boxes = drawn["nodes"], _boxes(drawn)
    width = max((box.x for box in boxes.values()), default=0) + _WIDTH + _MARGIN
    height = max((box.y + box.height for box in boxes.values()), default=0) + _MARGIN
    strip = _strip(below, height)
    if below is not None:
        width, height = max(width, below.width), height + below.height
    title = escape(workflow.name or workflow.id)
    size = f'width="{_n(width)}" height="{_n(height)}"'
    lines = [
        f'<svg xmlns="{_NAMESPACE}" viewBox="0 0 {_n(width)} {_n(height)}" {size} role="img">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
        '<rect width="100%" height="100%" rx="8" fill="#f8fafc"/>',
        *_edges(drawn, boxes, along),
        *(
            _node(id, nodes[id], box, kind=find_type(nodes[id]["kind"], registry))
            for id, box in boxes.items()
        ),
        *(_state(boxes[id], one) for id, one in (told or {}).items() if id in boxes),
        *strip,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _strip(below: Strip | None, top: float) -> tuple[str, ...]:
    if below is None:
        return ()
    return (f'<g transform="translate(0 {_n(top)})">', *below.lines, "</g>")


def _state(box: _Box, told: Told) -> str:
    """Return the frame and the label of a node that an execution came to; states differ in sign too."""
    color, sign = LOOKS.get(told.state, LOOKS["queued"])
    text = escape(f"{sign} {told.text}".strip())
    return (
        f'<g transform="translate({_n(box.x)} {_n(box.y)})">'
        f'<rect width="{_WIDTH}" height="{box.height}" rx="7" fill="none" stroke="{color}" stroke-width="2"/>'
        f'<text class="state" x="{_WIDTH - 8}" y="-5" text-anchor="end" fill="{color}">{text}</text></g>'
    )


def _boxes(drawn: Mapping[str, Any]) -> dict[str, _Box]:
    nodes = drawn["nodes"]
    places = {id: node["position"] for id, node in nodes.items()}
    left = min((x for x, _ in places.values()), default=0)
    top = min((y for _, y in places.values()), default=0)
    return {
        id: _Box(x - left + _MARGIN, y - top + _MARGIN, _used_ports(id, drawn))
        for id, (x, y) in places.items()
    }


def _used_ports(id: str, drawn: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ports of a node that lead somewhere, as they stand on it from top to bottom."""
    used = dict.fromkeys(edge["from"] for edge in drawn["edges"] if edge["source"] == id)
    known = [port["name"] for port in drawn["nodes"][id]["ports"]["outputs"]]
    ordered = [name for name in known if name in used]
    return tuple(ordered + [name for name in used if name not in known])


def _edges(
    drawn: Mapping[str, Any],
    boxes: Mapping[str, _Box],
    along: Mapping[tuple[str, str, str], Traffic] | None,
) -> Iterator[str]:
    for edge in drawn["edges"]:
        if edge["target"] in boxes:
            way = edge["source"], edge["from"], edge["target"]
            traffic = None if along is None else along.get(way, Traffic("", 0.0))
            yield from _edge(edge, boxes, traffic)


def _edge(
    edge: Mapping[str, str], boxes: Mapping[str, _Box], traffic: Traffic | None
) -> Iterator[str]:
    port = edge["from"]
    x1, y1 = boxes[edge["source"]].exit(port)
    x2, y2 = boxes[edge["target"]].entry
    bow = max(40.0, abs(x2 - x1) / 2) if x2 > x1 else 90.0
    points = (x1, y1), (x1 + bow, y1), (x2 - bow, y2), (x2, y2)
    start, *curve = (f"{_n(x)} {_n(y)}" for x, y in points)
    kind = "edge error" if port == ERROR_PORT else "edge"
    look = "" if traffic is None else _look(traffic)
    yield f'<path class="{kind}"{look} d="M{start}C{" ".join(curve)}" marker-end="url(#tip)"/>'
    if traffic is not None and traffic.text:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2 - 5
        text = escape(traffic.text)
        yield f'<text class="port" x="{_n(x)}" y="{_n(y)}" text-anchor="middle">{text}</text>'
    if port not in _PLAIN_PORTS:
        yield f'<text class="port" x="{_n(x1 + 5)}" y="{_n(y1 - 3)}">{escape(port)}</text>'


def _look(traffic: Traffic) -> str:
    if not traffic.share:
        return ' style="opacity:0.35"'
    return f' style="stroke-width:{_n(1.5 + 4.5 * traffic.share)}"'


def _node(id: str, node: Mapping[str, Any], box: _Box, *, kind: NodeType | None) -> str:
    color = escape(kind.color if kind else _UNKNOWN, quote=True)
    label = _cut(node.get("label") or id.replace("_", " ").capitalize())
    x, y, high = _n(box.x), _n(box.y), box.height
    return (
        f'<g transform="translate({x} {y})"><title>{escape(id)}</title>'
        f'<rect width="{_WIDTH}" height="{high}" rx="7" fill="#fff" stroke="#cbd5e1"/>'
        f'<path d="M7 0h-1a6 6 0 0 0-6 6v{high - 12}a6 6 0 0 0 6 6h1z" fill="{color}"/>'
        f'<text class="label" x="16" y="21">{escape(label)}</text>'
        f'<text class="kind" x="16" y="37">{escape(node["kind"])}</text></g>'
    )


def _cut(text: str) -> str:
    most = int((_WIDTH - 24) / _CHARACTER)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _n(number: float) -> str:
    """Return a coordinate, whole where it is."""
    return f"{number:.1f}".removesuffix(".0")
