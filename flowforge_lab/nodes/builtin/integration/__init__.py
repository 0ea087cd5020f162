"""Node types of the group `integration`, one file a kind; found by name, not imported here."""
