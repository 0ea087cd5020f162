"""Node types of the group `flow`, one file a kind; found by name, not imported here."""
