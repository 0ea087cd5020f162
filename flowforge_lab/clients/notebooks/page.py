"""A notebook as one HTML file that needs nothing from elsewhere but the fonts of formulas."""

from pathlib import Path
from typing import Any

from flowforge_lab.errors import NodeError


def write_page(notebook: Path, page: Path, *, has_code: bool = True) -> None:
    """Write a notebook as a page, with its code or without.

    Raises:
        NodeError: nbconvert is not installed (`library.missing`), or cannot make a page of it
            (`notebook.invalid`).
    """
    exporter = _exporter(has_code=has_code)
    try:
        text, _ = exporter.from_filename(str(notebook))
    except Exception as error:  # templates and filters raise whatever they like
        title, detail = (
            f"{notebook.name} cannot be made a page",
            f"{type(error).__name__}: {error}",
        )
        raise NodeError(
            title, type="notebook.invalid", detail=detail, is_transient=False
        ) from error
    page.write_text(text, encoding="utf-8")


def _exporter(*, has_code: bool) -> Any:
    try:
        from nbconvert import HTMLExporter
    except ImportError as error:
        detail = "pages need nbconvert: pip install flowforge-lab[lab]"
        msg = "a library is missing"
        raise NodeError(msg, type="library.missing", detail=detail, is_transient=False) from error
    return HTMLExporter(
        exclude_input=not has_code,
        exclude_input_prompt=not has_code,
        exclude_output_prompt=not has_code,
        embed_images=True,
        require_js_url="",
        jquery_url="",
    )
