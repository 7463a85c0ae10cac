"""Clocks: what must have happened by when, in an incident."""
