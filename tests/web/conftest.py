"""The API's tests run on every database, on a real server."""

from api_server import api
from stores import postgresql_socket, postgresql_url, store, store_url

__all__ = ["api", "postgresql_socket", "postgresql_url", "store", "store_url"]
