"""Prices that were moved, and used while they were."""
