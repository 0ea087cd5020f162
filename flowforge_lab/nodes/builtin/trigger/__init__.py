"""Node types of the group `trigger`, one file a kind; found by name, not imported here."""
