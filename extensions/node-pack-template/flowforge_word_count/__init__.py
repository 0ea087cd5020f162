"""Node types about words. Nothing is imported here: a node type's module loads when it is first used."""
