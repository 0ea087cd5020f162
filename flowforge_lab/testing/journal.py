"""The suite every journal must pass: give it a fixture `rig`, and it runs.

class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def rig(self): ...
"""

from .suite import (
    AdmissionContract,
    AppendingContract,
    ClaimContract,
    KinshipContract,
    SignalContract,
    WaitContract,
)


class JournalContract(
    AppendingContract,
    ClaimContract,
    AdmissionContract,
    SignalContract,
    WaitContract,
    KinshipContract,
):
    """The rules; a subclass brings the fixture `rig`."""
