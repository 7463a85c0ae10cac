"""Who controls a contract, and what its code is."""
