"""Evidence is tested on every kind of store."""

from stores import store

__all__ = ["store"]
