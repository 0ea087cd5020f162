"""Node types of the group `user`, one file a kind; found by name, not imported here."""
