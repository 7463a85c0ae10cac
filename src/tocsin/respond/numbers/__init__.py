"""Numbers of how response goes, worked out from the journal alone."""
