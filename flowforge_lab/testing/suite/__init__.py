"""The rules of a journal, each group a class of tests that a test of a real one inherits."""

from .admission import AdmissionContract
from .appending import AppendingContract
from .claiming import ClaimContract
from .kinship import KinshipContract
from .rig import claim
from .signalling import SignalContract
from .waiting import WaitContract

__all__ = [
    "AdmissionContract",
    "AppendingContract",
    "ClaimContract",
    "KinshipContract",
    "SignalContract",
    "WaitContract",
    "claim",
]
