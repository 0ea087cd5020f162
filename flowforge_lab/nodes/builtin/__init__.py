"""Node types of the group `builtin`, one file a kind; found by name, not imported here."""
