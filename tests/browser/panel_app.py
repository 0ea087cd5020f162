"""Served by the browser suite: one editor on the file that the address names."""

import os
import sys
from pathlib import Path

import panel as pn

sys.path.insert(0, str(Path(__file__).parent))

from scripted import ScriptedRunner

from flowforge_lab.nodes import Registry
from flowforge_lab.ui import open_editor

pn.extension(theme="dark")


def asked(name: str, fallback: str) -> str:
    return pn.state.session_args.get(name, [fallback.encode()])[0].decode()


open_editor(
    Path(os.environ["FLOWFORGE_FOLDER"]) / asked("file", "report.flow.yaml"),
    registry=Registry(own=Path(__file__).parent / "nodes"),
    runner=ScriptedRunner(float(asked("pace", "0.15"))),
    theme=asked("theme", "dark"),
    is_read_only=asked("read_only", "") == "yes",
    sizing_mode="stretch_width",
    height=int(asked("height", "760")),
).servable()
