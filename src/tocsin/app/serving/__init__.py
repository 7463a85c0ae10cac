"""Serving: everything that responds, and the API, in one process."""
