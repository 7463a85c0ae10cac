"""Work on incidents is tried on every database."""

from incident_room import room
from stores import store

__all__ = ["room", "store"]
