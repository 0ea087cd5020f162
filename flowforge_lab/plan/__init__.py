"""Knows how a document becomes an executable plan, or all that is wrong with it.

Never: runs anything, or asks the outside whether a name exists.
"""

from .cache import PlanCache
from .compiler import compile_workflow, validate
from .draft import Draft, Surroundings
from .model import Plan, Step
from .shape import BODY

__all__ = [
    "BODY",
    "Draft",
    "Plan",
    "PlanCache",
    "Step",
    "Surroundings",
    "compile_workflow",
    "validate",
]
