"""Free Python code and pandas, in processes of their own, so that neither can hurt or halt the lab."""

from .formulas import METHODS, TEXT_METHODS, Formula, parse_formula
from .limits import CodeLimits, LogTo, ProgressTo
from .parcel import read_values, write_values
from .runner import CodeJob, CodeRunner

__all__ = [
    "METHODS",
    "TEXT_METHODS",
    "CodeJob",
    "CodeLimits",
    "CodeRunner",
    "Formula",
    "LogTo",
    "ProgressTo",
    "parse_formula",
    "read_values",
    "write_values",
]
