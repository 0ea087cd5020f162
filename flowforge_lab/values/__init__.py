"""Knows what may flow along an edge and how it is written down; also durations, cron, phones, patterns.

Never: knows a workflow, opens a file, or imports pandas before somebody looks into a frame.
"""

from .cron import CronSpec
from .duration import Duration, format_duration, lasted, parse_duration
from .exact import (
    UNSET,
    exact,
    is_readable,
    pack_variables,
    readable,
    restored,
    unpack_variables,
)
from .frame import Frame
from .open_hours import OpenHours, parse_clock, parse_days
from .pattern import CompiledPattern, Groups, compile_pattern
from .phone import parse_email, parse_phone
from .plain import NOT_PLAIN, copy_plain
from .rate import Rate, RateText, parse_rate
from .tagged import decode, encode, normalise
from .zones import find_zone

__all__ = [
    "NOT_PLAIN",
    "UNSET",
    "CompiledPattern",
    "CronSpec",
    "Duration",
    "Frame",
    "Groups",
    "OpenHours",
    "Rate",
    "RateText",
    "compile_pattern",
    "copy_plain",
    "decode",
    "encode",
    "exact",
    "find_zone",
    "format_duration",
    "is_readable",
    "lasted",
    "normalise",
    "pack_variables",
    "parse_clock",
    "parse_days",
    "parse_duration",
    "parse_email",
    "parse_phone",
    "parse_rate",
    "readable",
    "restored",
    "unpack_variables",
]
