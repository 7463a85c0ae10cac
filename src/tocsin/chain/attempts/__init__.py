"""Trying out what a contract would do: what to call it with, how a node is asked, what its answer shows."""
