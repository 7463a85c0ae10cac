"""Prices that contracts believe and should not: moved on purpose over several transactions, stale or invalid."""
