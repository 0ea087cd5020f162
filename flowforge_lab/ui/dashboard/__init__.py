"""The dashboard: pages over the services of a lab, served or in a cell."""

from .cell import Dashboard
from .served import ServedDashboard

__all__ = ["Dashboard", "ServedDashboard"]
