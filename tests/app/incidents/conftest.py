"""Work on incidents is tried on every database."""

from incident_room import room
from stores import postgresql_socket, postgresql_url, store, store_url

__all__ = ["postgresql_socket", "postgresql_url", "room", "store", "store_url"]
