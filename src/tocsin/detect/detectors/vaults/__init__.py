"""Faults of vaults that give shares for deposits."""
