"""The store's tests run on every database."""

from stores import postgresql_socket, store, store_url

__all__ = ["postgresql_socket", "store", "store_url"]
