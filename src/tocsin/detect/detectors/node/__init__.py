"""Faults of nodes, of the network around them, and of the watching itself."""
