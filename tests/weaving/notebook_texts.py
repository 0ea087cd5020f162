"""Notebooks as short texts: `=== name` begins one, `---` a cell, with `md` or a tag behind it."""

import json
import re
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def read_corpus(folder: Path = CORPUS) -> dict[str, list[tuple[str, str]]]:
    """Return the cells of each notebook of a folder, with `md` or a tag for each."""
    found: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(folder.glob("*.txt")):
        for part in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            found[name.strip()] = cells_of(text)
    return found


def cells_of(text: str) -> list[tuple[str, str]]:
    """Return the cells of a text that has a line of dashes before each but the first."""
    parts = re.split(r"^---[ ]?(.*)\n", text, flags=re.MULTILINE)
    cells = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    return [(kind.strip(), source.strip("\n")) for kind, source in cells if source.strip()]


def as_notebook(cells: list[tuple[str, str]], *, kernel: str = "python3") -> str:
    """Return the cells as the text of a notebook."""
    return json.dumps(
        {
            "cells": [_cell(kind, source, f"c{at}") for at, (kind, source) in enumerate(cells)],
            "metadata": {
                "kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def _cell(kind: str, source: str, id: str) -> dict[str, object]:
    if kind == "md":
        return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}
    about = {"tags": [kind]} if kind else {}
    more = {"outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": id, "metadata": about, "source": source, **more}


def write_notebook(folder: Path, text: str, name: str = "report.ipynb") -> Path:
    """Write a notebook of a text into a folder, and return its path."""
    path = folder / name
    path.write_text(as_notebook(cells_of(text)), encoding="utf-8")
    return path
