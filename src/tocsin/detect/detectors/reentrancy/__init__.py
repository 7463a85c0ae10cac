"""Reentrancy: contracts entered again, or read, before they are done."""
