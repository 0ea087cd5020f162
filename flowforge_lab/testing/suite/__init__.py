"""The rules of a journal, each group a class of tests that a test of a real one inherits."""

from .admission import AdmissionContract
from .appending import AppendingContract
from .kinship import KinshipContract
from .signalling import SignalContract
from .waiting import WaitContract

__all__ = [
    "AdmissionContract",
    "AppendingContract",
    "KinshipContract",
    "SignalContract",
    "WaitContract",
]
