"""The estate: read, changed, held against the chains."""
