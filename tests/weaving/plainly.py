"""Notebooks and the nodes made of them, run without a kernel and without an engine: each in a fork of its own.

A program: `python -m tests.weaving.plainly FOLDER FIRST STEP` runs every STEPth notebook of the traps, and prints
what differs as JSON. pandas is imported once, and all else is a fork, so that dozens take seconds.
"""

import ast
import asyncio
import inspect
import json
import os
import sys
import traceback
from pathlib import Path

import numpy as np  # noqa: F401  # so that no fork has to
import pandas as pd  # noqa: F401

from flowforge_lab.clients import read_values, write_values
from flowforge_lab.clients.code import parcel
from flowforge_lab.clients.code.source import run_source
from flowforge_lab.services import import_notebook
from flowforge_lab.services.notebook_check import NotebookCheck, _compared
from flowforge_lab.values import pack_variables

from .notebook_texts import as_notebook, read_corpus

TRAPS = Path(__file__).parent / "traps"


def forked(work, folder, note):
    """Run something in a fork in a folder; return what it raised."""
    pid = os.fork()
    if not pid:
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            work()
        except BaseException as error:  # noqa: BLE001  # what a cell raises is what it says
            note.write_text("".join(traceback.format_exception(error))[-1500:])
        os._exit(0)
    os.waitpid(pid, 0)
    return note.read_text() if note.exists() else ""


def run_cells(cells, names, into):
    space = {"__name__": "__main__"}
    for _kind, source in cells:
        code = compile(source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(code, space)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(waiting)
    write_values(pack_variables(space, kept=names), into)


def run_node(node, given, into):
    write_values(run_source(node.config["code"], parcel.unpack_tables(given, "inputs")), into)


def compared(cells, folder):
    places = [folder / name for name in ("one", "other", "values")]
    for place in places:
        place.mkdir(parents=True)
    path = places[0] / "report.ipynb"
    path.write_text(as_notebook(cells), encoding="utf-8")
    made = import_notebook(path)
    failed = forked(
        lambda: run_cells(cells, list(made.variables), places[2]), places[0], folder / "e"
    )
    if failed:
        return made, NotebookCheck(notebook_error=failed)
    found = {}
    for told in made.nodes:
        node, inputs, outputs = (
            made.workflow.nodes[told.id],
            folder / f"{told.id}.in",
            folder / f"{told.id}.out",
        )
        inputs.mkdir()
        outputs.mkdir()
        parcel.pack(
            {name: found[source][name] for name, source in told.takes.items()}, inputs, "inputs"
        )
        failed = forked(lambda: run_node(node, inputs, outputs), places[1], folder / "e")  # noqa: B023  # it runs now
        if failed:
            return made, NotebookCheck(workflow_error=failed)
        found[told.id] = read_values(outputs) or {}
    return made, _compared(made, read_values(places[2]), found, facts={})


def main(folder, first, step):
    told = {}
    for name, cells in list(read_corpus(TRAPS).items())[int(first) :: int(step)]:
        made, check = compared(cells, Path(folder) / name)
        errors = [error for error in (check.notebook_error, check.workflow_error) if error]
        silent = [one.name for one in check.unequal if not one.announced]
        told[name] = {
            "is_same": check.is_same,
            "silent": silent or (errors if not made.different else []),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
