"""Node types of the group `logic`, one file a kind; found by name, not imported here."""
