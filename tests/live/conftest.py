"""Live watching is tested on every database."""

from stores import postgresql_socket, postgresql_url, store_url

__all__ = ["postgresql_socket", "postgresql_url", "store_url"]
