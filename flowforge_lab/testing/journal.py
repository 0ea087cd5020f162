"""The suite every journal must pass: give it a fixture `rig`, and it runs.

class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def rig(self): ...
"""

from .suite import (
    AdmissionContract,
    AppendingContract,
    KinshipContract,
    SignalContract,
    WaitContract,
)


class JournalContract(
    AppendingContract, AdmissionContract, SignalContract, WaitContract, KinshipContract
):
    """The rules; a subclass brings the fixture `rig`."""
