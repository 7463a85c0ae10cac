"""The store's tests run on every database."""

from stores import postgresql_socket, postgresql_url, store, store_url

__all__ = ["postgresql_socket", "postgresql_url", "store", "store_url"]
