"""The sources of blocks: one module each."""
