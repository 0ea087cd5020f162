"""Node types of the group `sql`, one file a kind; found by name, not imported here."""
