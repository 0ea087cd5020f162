"""Node types of the group `action`, one file a kind; found by name, not imported here."""
