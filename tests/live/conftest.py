"""Live watching is tested on every database."""

from stores import postgresql_socket, store_url

__all__ = ["postgresql_socket", "store_url"]
