"""Knows what may flow along an edge and how it is written down: tagged JSON, frames, durations.

Never: knows a workflow, opens a file, or imports pandas before somebody looks into a frame.
"""

from .duration import Duration, format_duration, parse_duration
from .frame import Frame
from .tagged import decode, encode, normalise

__all__ = [
    "Duration",
    "Frame",
    "decode",
    "encode",
    "format_duration",
    "normalise",
    "parse_duration",
]
