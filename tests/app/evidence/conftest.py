"""Evidence is tested on every kind of store."""

from stores import postgresql_socket, postgresql_url, store, store_url

__all__ = ["postgresql_socket", "postgresql_url", "store", "store_url"]
