"""Node types of the group `notebook`, one file a kind; found by name, not imported here."""
