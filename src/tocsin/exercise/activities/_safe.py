"""What those share who use the Safe."""

SAFE = "safe"
"""A Safe transaction is signed for one nonce: only one can be under way."""
