"""Monitors of OpenZeppelin Monitor, rewritten as rules: what can be meant the same is, and the rest is told."""
