"""What the tests of the range share."""

from ranges import arena, environment, packages, player

__all__ = ["arena", "environment", "packages", "player"]
