"""Faults of the consensus itself, and of validators."""
