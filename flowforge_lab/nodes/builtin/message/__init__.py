"""Node types of the group `message`, one file a kind; found by name, not imported here."""
