"""Served by the browser suite: one editor on the file named in FLOWFORGE_FILE."""

import os
import sys
from pathlib import Path

import panel as pn

sys.path.insert(0, str(Path(__file__).parent))

from scripted import ScriptedRunner

from flowforge_lab.nodes import Registry
from flowforge_lab.ui import open_editor

pn.extension(theme="dark")
open_editor(
    Path(os.environ["FLOWFORGE_FILE"]),
    registry=Registry(own=Path(__file__).parent / "nodes"),
    runner=ScriptedRunner(float(os.environ.get("FLOWFORGE_PACE", "0.25"))),
    theme=os.environ.get("FLOWFORGE_THEME", "dark"),
    sizing_mode="stretch_width",
    height=int(os.environ.get("FLOWFORGE_HEIGHT", "760")),
).servable()
