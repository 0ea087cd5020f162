"""Knows templates and conditions: parses them, says what they need, evaluates them within limits.

Never: runs a user's text in our own process, sees the value of a secret, or fetches what a scope lacks.
"""

from .compiled import Compiled, Field, Path, Role, RoleOf, compile_value
from .condition import KEY, compile_condition
from .evaluator import NEEDS_SANDBOX, Evaluator
from .expression import Expression, parse_expression
from .filling import SecretRef
from .limits import Limits
from .lookup import MissingError, Scope
from .members import MEMBERS, Member
from .paths import Reference
from .template import Slot, Template, parse_template
from .words import FUNCTIONS, MODULES, ROOTS, VARIABLE_SCOPES

__all__ = [
    "FUNCTIONS",
    "KEY",
    "MEMBERS",
    "MODULES",
    "NEEDS_SANDBOX",
    "ROOTS",
    "VARIABLE_SCOPES",
    "Compiled",
    "Evaluator",
    "Expression",
    "Field",
    "Limits",
    "Member",
    "MissingError",
    "Path",
    "Reference",
    "Role",
    "RoleOf",
    "Scope",
    "SecretRef",
    "Slot",
    "Template",
    "compile_condition",
    "compile_value",
    "parse_expression",
    "parse_template",
]
