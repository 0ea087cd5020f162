"""The code of a node that stands for cells of a notebook."""

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping

from flowforge_lab.clients import Piece, WovenCell

_HOUSE = "flowforge_lab.values"
_FUTURE = re.compile(r"^from __future__ import .*$", re.MULTILINE)
_DRAWS = re.compile(r"\b(?:matplotlib|pyplot|plt|seaborn|sns)\b|\.(?:plot|hist|boxplot)\b")
_BACKGROUND = ('import matplotlib\n\nmatplotlib.use("Agg")  # nobody looks at a window here',)
_WIDTH = 95


def code_of(piece: Piece) -> str:
    """Return the code of a piece: what it takes, what it uses of other cells, its cells, what it gives."""
    parts = [_taken(piece), *_body(piece), _given(piece)]
    text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    if futures := dict.fromkeys(_FUTURE.findall(text)):
        text = "\n".join([*futures, "", _FUTURE.sub("", text).strip("\n")])
    return f"{text}\n"


def input_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return what each variable is called among the inputs of a node, which have plain letters only."""
    found: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        found[name] = name if name.isascii() else f"taken_{number}"
    return found


def _taken(piece: Piece) -> str:
    given = input_names(piece.takes)
    from_nodes = [name for name, source in piece.takes.items() if source >= 0]
    lines = [
        f"{name} = {given[name]}"
        for name, source in piece.takes.items()
        if source < 0 and name != given[name]
    ]
    if from_nodes:
        targets = _listed("[", from_nodes, "]")
        sources = _listed("unpack_variables(", (given[name] for name in from_nodes), ")")
        lines = [
            f"from {_HOUSE} import unpack_variables",
            "",
            f"{targets} = {sources}",
            *lines,
        ]
    loose = [name for name in from_nodes if name in piece.loose]
    if loose:
        lines[0] = f"from {_HOUSE} import UNSET, unpack_variables"
    lines += [f"if {name} is UNSET:\n    del {name}" for name in loose]
    return "\n".join(lines)


def _listed(before: str, items: Iterable[str], after: str) -> str:
    """Return items between brackets, over several lines where one is too long."""
    told = ", ".join(items)
    if len(before) + len(told) + len(after) <= _WIDTH:
        return f"{before}{told}{after}"
    lines = textwrap.fill(f"{told},", _WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return f"{before}\n{textwrap.indent(lines, '    ')}\n{after}"


def _body(piece: Piece) -> Iterable[str]:
    text = "\n".join([*(cell.source for cell in piece.cells), *_before(piece)])
    is_drawing = bool(_DRAWS.search(text))
    if is_drawing:
        yield from (
            _BACKGROUND if len(piece.cells) == 1 else (*_BACKGROUND, "import matplotlib.pyplot")
        )
    if re.search(r"\bdisplay\(", text) and "import display" not in text:
        yield "from IPython.display import display"
    for cell in piece.cells:
        definitions = piece.before.get(cell.number, ())
        yield "\n".join(dict.fromkeys(one.source for one in definitions if one.is_import))
        yield "\n\n".join(one.source for one in definitions if not one.is_import)
        yield f"# cell {cell.number}\n{_text_of(cell)}"
        if is_drawing and not piece.keeps_figures and cell is not piece.cells[-1]:
            yield 'matplotlib.pyplot.close("all")  # as a notebook does behind each cell'


def _before(piece: Piece) -> list[str]:
    return [one.source for found in piece.before.values() for one in found]


def _text_of(cell: WovenCell) -> str:
    source = cell.source.strip("\n")
    if not cell.is_forgiving:
        return source
    body = textwrap.indent(ast.unparse(ast.parse(source)), "    ")
    return f"import traceback\n\ntry:\n{body}\nexcept Exception:\n    traceback.print_exc()"


def _given(piece: Piece) -> str:
    if not (piece.gives or piece.keeps):
        return ""
    needed, kept = (
        _listed("[", (f'"{name}"' for name in names), "]") for names in (piece.gives, piece.keeps)
    )
    call = [f"needed={needed}"] if piece.gives else []
    call += [f"kept={kept}"] if piece.keeps else []
    if perhaps := [f'"{name}"' for name in piece.gives if name in piece.loose]:
        call.append(f"perhaps={_listed('[', perhaps, ']')}")
    line = f"result = pack_variables(globals(), {', '.join(call)})"
    return f"from {_HOUSE} import pack_variables\n\n{line}"
