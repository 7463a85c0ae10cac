"""Templates of updates that come with tocsin, by the name of the group they are for: plain text with Jinja."""
