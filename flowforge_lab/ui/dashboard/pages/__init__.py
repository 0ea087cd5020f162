"""The pages, in the order of the navigation; a new one is a file and a line here."""

from collections.abc import Mapping

from flowforge_lab.ui.dashboard.page import Page

from .alerts import Alerts
from .audit import Audit
from .connections import Connections
from .dead_letters import DeadLetters
from .editor import Editor
from .entrances import Entrances
from .executions import Executions
from .metrics import Metrics
from .people import People
from .queue import Queue
from .schedules import Schedules
from .secrets import Secrets
from .variables import Variables
from .viewer import Viewer
from .workflows import Workflows

_ALL: tuple[type[Page], ...] = (
    Executions,
    Metrics,
    Alerts,
    Workflows,
    Schedules,
    Queue,
    DeadLetters,
    People,
    Variables,
    Connections,
    Secrets,
    Entrances,
    Audit,
    Viewer,
    Editor,
)
PAGES: Mapping[str, type[Page]] = {page.name: page for page in _ALL}
