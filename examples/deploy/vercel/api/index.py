"""FlowForge Lab on a host that starts a function for a request.

The journal is in PostgreSQL (`FLOWFORGE_DATABASE_URL`). What is deployed cannot be written, so the lab is a
copy in the one folder that can.
"""

import shutil
import tempfile
from pathlib import Path

from flowforge_lab.api import Stateless

DEPLOYED = Path(__file__).parents[1]
LAB = Path(tempfile.gettempdir()) / "flowforge-lab"
TAKEN = ("*.flow.yaml", "nodes/**/*.py", ".flowforge/flowforge.toml")

(LAB / ".flowforge").mkdir(mode=0o700, parents=True, exist_ok=True)
for path in (path for pattern in TAKEN for path in DEPLOYED.glob(pattern)):
    place = LAB / path.relative_to(DEPLOYED)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)

app = Stateless(LAB)
