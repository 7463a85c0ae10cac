"""Profits that nothing explains, and loans that nobody stood in for."""
