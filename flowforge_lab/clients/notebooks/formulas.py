"""Formulas of a notebook as MathML, which every browser draws by itself."""

from html import escape

from latex2mathml.converter import convert


def as_mathml(latex: str, *, is_block: bool) -> str:
    """Return a formula as HTML; one that cannot be read stands there as it was written."""
    try:
        return convert(latex.strip(), display="block" if is_block else "inline")
    except Exception:  # noqa: BLE001  # it raises whatever it stumbles over; a page is not lost for that
        return f"<code>{escape(latex)}</code>"


def from_output(latex: str) -> str:
    """Return an output of the kind `text/latex` as HTML: mostly a formula, with its dollars around it."""
    text = latex.strip()
    for mark in ("$$", "$"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            inner = text[len(mark) : -len(mark)]
            return as_mathml(inner.removeprefix(r"\displaystyle"), is_block=True)
    return as_mathml(text, is_block=True)
