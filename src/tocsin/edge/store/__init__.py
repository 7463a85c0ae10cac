"""The store: what was found, what is done, and what has still to be told, in SQLite or PostgreSQL."""
