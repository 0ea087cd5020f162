"""Node types of the group `data`, one file a kind; found by name, not imported here."""
