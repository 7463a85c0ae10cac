"""The store's tables, by subject."""
