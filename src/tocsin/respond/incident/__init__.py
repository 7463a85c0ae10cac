"""The incident: what happens to it, and what it is after all that."""
