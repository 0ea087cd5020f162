"""Knows how a document becomes an executable plan, or all that is wrong with it.

Never: runs anything, or asks the outside whether a name exists.
"""

from .cache import PlanCache
from .compiler import compile_workflow, validate
from .draft import Draft, Surroundings
from .model import Plan, Step
from .notebook_values import faults_of_values, is_template, must_be_given, shape_at
from .shape import BODY

__all__ = [
    "BODY",
    "Draft",
    "Plan",
    "PlanCache",
    "Step",
    "Surroundings",
    "compile_workflow",
    "faults_of_values",
    "is_template",
    "must_be_given",
    "shape_at",
    "validate",
]
