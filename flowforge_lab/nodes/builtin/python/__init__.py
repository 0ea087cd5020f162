"""Node types of the group `python`, one file a kind; found by name, not imported here."""
