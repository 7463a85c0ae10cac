"""The API's tests run on every database, on a real server."""

from api_server import api

__all__ = ["api"]
