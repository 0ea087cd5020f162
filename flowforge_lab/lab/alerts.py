"""The alert rules of a lab, as a notebook or a script sees them."""

from datetime import datetime
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: pandas is heavy

from flowforge_lab.services import AlertFiring, AlertRule, Alerts, Preview

from .loop import LoopThread

if TYPE_CHECKING:
    import pandas as pd


class LabAlerts:
    """`lab.alerts`: the rules in `alerts/*.yaml`; every call may be made from any thread."""

    def __init__(self, loop: LoopThread, alerts: Alerts) -> None:
        self._loop = loop
        self._alerts = alerts

    def __call__(self) -> "pd.DataFrame":
        """Return what people were told of, the latest first: rule, severity, at, rows."""
        import pandas as pd

        rows = [(one.rule, one.severity, one.at, list(one.rows)) for one in self.fired()]
        return pd.DataFrame(rows, columns=["rule", "severity", "at", "rows"])

    def rules(self) -> list[AlertRule]:
        """Return the rules as they are written now."""
        return self._alerts.rules()

    def fired(self) -> list[AlertFiring]:
        """Return what people were told of in the last ninety days, the latest first."""
        return self._loop.run_sync(self._alerts.fired())

    def check(self, name: str = "") -> list[AlertFiring]:
        """Ask all active rules now, or one; return what fired, and tell people of what is not silent."""
        return self._loop.run_sync(self._alerts.check(name))

    def preview(self, name: str, *, since: datetime) -> Preview:
        """Return when a rule would have told people, had it been there since then."""
        return self._loop.run_sync(self._alerts.preview(name, since=since))
