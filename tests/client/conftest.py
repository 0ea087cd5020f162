from tests.api.conftest import folder, lab

__all__ = ["folder", "lab"]
